"""Whatever is typed, and whatever a file holds: an answer or one sentence, soon, and no mess.

What is tried is in ``inputs.py``. `make torture` tries thousands of cases.
"""

import io
import signal
import time
from contextlib import chdir, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from counts import count, tell
from hostile import COSTLY, bomb
from hypothesis import HealthCheck, given, seed, settings
from inputs import KINDS, Case

from reports import words
from reports.figures import writer
from reports.figures.writer import FigureWriter
from studies.cli import main

SECONDS = 20 if count("FUZZ", 0) else 60  # what is promised is held by `make torture`
MOST_MEMORY = 1e9
IMPORTED = 0.25e9
"""Bytes that a process of its own holds once all is imported; here others' tests were before."""


class TooLong(BaseException):
    """Nothing that the tool catches."""


@contextmanager
def in_time():
    """End what computes longer than it may, or hangs; others may use the machine too."""

    def too_long(*_):
        raise TooLong

    timers = {
        signal.SIGPROF: (signal.ITIMER_PROF, SECONDS),
        signal.SIGALRM: (signal.ITIMER_REAL, 200),
    }
    before = {number: signal.signal(number, too_long) for number in timers}
    for timer, seconds in timers.values():
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for number, (timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


def memory(what):
    """Return bytes of memory: VmRSS, what it is now; VmHWM, the most since `forget_peak`."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if what in line)
    return 1024 * int(line.split()[1])


def tree(folder):
    return {
        path: path.read_bytes() if path.is_file() else path.lstat().st_mode
        for path in sorted(folder.rglob("*"))
    }


def try_case(case, undrawn):
    """Run a case in a folder of its own, and assert what holds for each; return the exit code."""
    with TemporaryDirectory() as top, chdir(top):
        folder = Path(top) / "below" / "here"
        folder.mkdir(parents=True)
        for name, content in case.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                (folder / name).symlink_to(content)
            else:
                (folder / name).write_bytes(content)
        before = tree(Path(top))
        shown, said = io.StringIO(), io.StringIO()
        forget_peak()
        held = memory("VmRSS")
        with (
            chdir(folder),
            redirect_stdout(shown),
            redirect_stderr(said),
            undrawn(),
            in_time(),
        ):
            code = main.run(case.arguments)
        said = said.getvalue()
        assert code in (0, 1, 2)
        assert IMPORTED + memory("VmHWM") - held < MOST_MEMORY
        if code == 1:  # the one other thing that may happen: trainings failed, and it is said
            assert "Failed trials" in said
        if code == 2 and case.arguments:
            assert said.startswith("sweep: ")
            assert said.count("\n") == 1, said
            assert shown.getvalue() == ""
            assert tree(Path(top)) == before
        outside = [path for path in Path(top).rglob("*") if folder not in (path, *path.parents)]
        assert {*outside} <= {folder, folder.parent}
        return code


class Undrawn(FigureWriter):
    """Draws nothing, and starts no process for it."""

    def __init__(self, **_):
        super().__init__(helper=False)

    def drawing(self, figures):
        """Leave them out."""
        return nullcontext(lambda: None)


@pytest.fixture
def undrawn(monkeypatch):
    """Let few cases draw figures, which take a hundred times as long as all else."""
    every, ran = count("FUZZ_DRAWN", 40), [0]

    @contextmanager
    def some():
        ran[0] += 1
        with monkeypatch.context() as patch:
            if ran[0] % every:
                patch.setattr(writer, "FigureWriter", Undrawn)
            try:
                yield
            finally:
                words.set_language("en")

    return some


@pytest.mark.parametrize("kind", KINDS)
def test_any_input_gets_an_answer_or_a_sentence(kind, undrawn):
    codes, begun = [], time.monotonic()

    @seed(count("SEED", 0))
    @settings(
        max_examples=max(1, count("FUZZ", 60) // len(KINDS)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind])
    def fuzz(case):
        codes.append(try_case(case, undrawn))

    fuzz()
    often = {code: codes.count(code) for code in sorted(set(codes))}
    tell(f"{kind}: {len(codes)} cases, by exit code {often}, {time.monotonic() - begun:.0f} s")
    assert 0 in often or kind == "command line"
    assert 2 in often


@pytest.mark.torture
@pytest.mark.parametrize("name", COSTLY)
def test_hand_ins_that_cost_much_get_a_sentence_in_time(name, undrawn):
    case = Case(["check", name], {name: COSTLY[name]()})
    begun = time.monotonic()
    assert try_case(case, undrawn) == 2
    tell(f"{name}: {time.monotonic() - begun:.0f} s")


def test_bombs_are_refused_too(undrawn):
    for name, content in [("d.npz", bomb(("data", "label"))), ("d.csv", b"1," * 40_000_000)]:
        case = Case(["assignment", "--data", name], {name: content})
        assert try_case(case, undrawn) == 2
