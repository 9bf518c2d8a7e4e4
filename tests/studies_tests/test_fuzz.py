"""Whatever is typed, and whatever a file holds: an answer or one sentence, soon, and no mess.

A kind of input is an entry in `KINDS`: what makes a `Case` of random choices. `make torture` tries
thousands of each.
"""

import io
import math
import os
import signal
import time
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from counts import count, tell
from hostile import archive, bomb, header, liars
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from reports import figure_writer, words
from studies import cli

SECONDS, MOST_MEMORY = 20, 1e9


@dataclass
class Case:
    """What is given to the tool: a command line, and the files that it may read."""

    arguments: list[str]
    files: dict[str, bytes] = field(default_factory=dict)
    drawn: bool = False


# ---- what people and programs write ------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("", " ", "-", "--", "0", "-1", "-0.0", "1e400", "1e308", "1e-320", "nan", "inf", "full"),
        *("9" * 30, "9" * 5000, "1_0", "0x10", "٣", "１", "1.", ".5", "1e3", "None", "True", "[]"),
        *(",", "0.1,,0.3", "0.1，0.3", "1:2", "1:2:log", "2:1", ":", "0:1:log", "1e308:1e309"),
        *("a b", "a\nb", "a\0b", "\x1b[31m", "\udcff", "🙂", "数据", "$x^$", "=1+1", "{0}", "%s"),
        *("..", ".", "../x", "a/b", "x" * 300, "CON", "nul.toml", "~", "-x", "--eta", "good.csv"),
        *("snake", "sine", "tanh", "relu", "he", "zero", "cosine", "cycle", "numpy", "halving"),
    ]
)
ANY_TEXT = st.one_of(WORDS, st.text(max_size=8)).filter(lambda text: not text.startswith("/"))
SMALL = st.sampled_from(["1", "2", "3"])
RATES = st.sampled_from(["0.1", "0.1,0.5", "1e300", "5e-324", "1e-3", "0.05:1:log", "0.1:0.2"])
SIZES = st.sampled_from(["10", "2,full", "full", "40", "900", "1", "2:9"])

FLAGS = {
    "--eta": RATES,
    "--batch-size": SIZES,
    "--hidden": st.sampled_from(["4", "1", "2,3", "1:3"]),
    "--repeats": SMALL,
    "--seed": st.sampled_from(["0", "7", "9" * 40]),
    "--data-seed": st.sampled_from(["0", "7", "9" * 40]),
    "--target-loss": st.sampled_from(["0.1", "1e-300", "1e300"]),
    "--activation": st.sampled_from(["sigmoid", "tanh", "relu", "step"]),
    "--init": st.sampled_from(["xavier", "zero", "normal"]),
    "--decay": st.sampled_from(["constant", "cosine", "inverse"]),
    "--shuffle": st.sampled_from(["fresh", "cycle", "none"]),
    "--data": st.sampled_from(["snake", "good.csv", "good.npz", "hills", "missing.csv", "."]),
    "--test-data": st.sampled_from(["good.csv", "good.npz", "missing.npz"]),
    "--jobs": st.sampled_from(["1", "2"]),
    "--out": st.sampled_from(["runs/x", "new", ".", "good.csv", "good.csv/x"]),
    "--runner": st.sampled_from(["local", "cloud"]),
    "--storage": st.sampled_from(["no/folder/x", "ftp://x", "sqlite://", "postgresql://u:p@h:x/d"]),
    "--scheduler": st.sampled_from(["here", "tcp://", "tcp://here:1", "unix:///x:1"]),
    "--sampler": st.sampled_from(["random", "luck"]),
    "--trials": SMALL,
    "--prune": st.sampled_from(["median", "hard"]),
    "--lang": st.sampled_from(["en", "zh", "fr"]),
}
ONCE = ["--max-epochs", "2", "--eval-every", "1", "--jobs", "1"]
REFUSED_ALONE = {  # flags whose other values may train for years, or measure for minutes
    "--max-epochs": ["0", "-1", "1e4", "", "9" * 30, "x"],
    "--eval-every": ["0", "-5", "1.5", "9" * 5000, "x"],
}
STARTS = [
    *(["assignment", *ONCE], ["assignment", *ONCE], ["assignment", *ONCE]),
    ["study", "learning-rate", *ONCE],
    ["study", "polynomial", *ONCE],
    ["worker", "--wait", "0"],
    ["collect"],
    ["estimate", "--eta", "x"],
    ["bench", "--cells", "0"],
    *(["run"], ["run", "good.toml", "--jobs", "1"]),
    *([], ["--help"], ["--version"], ["nothing"]),
]

GOOD_CSV = "x,y\n" + "".join(f"{i / 40},{math.sin(i / 7)}\n" for i in range(40))
GOOD_TOML = """
title = "Wider networks"
question = "What do more units do?"
data = "good.csv"
repeats = 1
figures = []

[axes]
n_hidden = [1, 2]

[settings]
learning_rate = 0.5
batch_size = 5
max_epochs = 2
eval_every = 1
"""


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


X = np.linspace(0, 1, 40).reshape(-1, 1)
GOOD_NPZ = npz(data=X, label=X**2)
GOOD = {
    "good.csv": GOOD_CSV.encode(),
    "good.npz": GOOD_NPZ,
    "good.toml": GOOD_TOML.encode(),
}


@st.composite
def command_lines(draw):
    """Draw a command with flags, most of them good, and some words that nobody expects."""
    arguments = [*draw(st.sampled_from(STARTS))]
    for flag in draw(st.lists(st.sampled_from(list(FLAGS)), max_size=4)):
        is_good = draw(st.integers(0, 3)) > 0
        arguments += [flag, draw(FLAGS[flag] if is_good else ANY_TEXT)]
    if draw(st.integers(0, 4)) == 0:
        flag = draw(st.sampled_from(list(REFUSED_ALONE)))
        arguments += [flag, draw(st.sampled_from(REFUSED_ALONE[flag]))]
    if draw(st.integers(0, 4)) == 0:
        arguments.insert(draw(st.integers(0, len(arguments))), draw(ANY_TEXT))
    return Case(arguments, GOOD)


# ---- files --------------------------------------------------------------------------------------


@st.composite
def mutated(draw, content):
    """Cut, double, overwrite and flip: what a disk, an editor and a friend do to a file."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from([1, 1, 2, 10, 100]))
        piece = draw(
            st.one_of(
                st.binary(max_size=4),
                st.just(bytes(content[start : start + length])),
                st.sampled_from(
                    [b",", b"\n", b"\0", b'"', b"-", b"e999", b"nan", b"[", b"=", b"\xff"]
                ),
            )
        )
        content[start : start + draw(st.sampled_from([0, length]))] = piece
    return bytes(content)


NUMBERS = st.one_of(
    st.sampled_from(["1e300", "-1e308", "5e-324", "nan", "inf", "", "x", "1 000", "1,5", "=1+1"]),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**20), 10**20).map(str),
)


@st.composite
def csv_texts(draw):
    """Draw a table: mostly of numbers, with some rows too long, some cells no numbers."""
    n_columns = draw(st.integers(1, 4))
    same = draw(st.booleans())
    cell = st.just("0.5") if same else NUMBERS
    rows = draw(st.lists(st.lists(cell, min_size=n_columns, max_size=n_columns), max_size=12))
    between = draw(st.sampled_from([",", ",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return end.join(between.join(row) for row in rows).encode()


@st.composite
def data_csvs(draw):
    content = draw(st.one_of(mutated(GOOD["good.csv"]), csv_texts(), st.binary(max_size=60)))
    return draw(using("d.csv", content))


KINDS_OF_NUMBER = ["<f8", ">f8", "<f4", "<f2", "<i8", "|i1", "|b1", "<c16", "<U3", "|V4", "<M8[s]"]


@st.composite
def npy(draw):
    """Draw an array: often of numbers, sometimes extreme, sometimes of another shape than said."""
    shape = draw(
        st.sampled_from([(40, 1), (40, 1), (40, 2), (40,), (3, 1), (2, 1), (1, 1), (0, 1), ()])
    )
    kind = draw(st.sampled_from(KINDS_OF_NUMBER[:3] * 2 + KINDS_OF_NUMBER))
    numbers = np.frombuffer(
        np.random.default_rng(draw(st.integers(0, 9))).bytes(np.dtype(kind).itemsize * 200), kind
    )
    if draw(st.booleans()):
        value = draw(st.sampled_from([0, 1, 0.5, 1e300, -1e308, 5e-324]))
        with np.errstate(all="ignore"):
            numbers = np.linspace(0, value, 200).astype("<f8")
        kind = "<f8"
    said = draw(st.sampled_from([shape, shape, shape, (10**12, 1), (-1, 1), (2**63,), (80, 1)]))
    content = header(said, kind) + numbers[: math.prod(shape)].tobytes()
    return draw(st.one_of(st.just(content), st.just(content), mutated(content)))


@st.composite
def data_npzs(draw):
    members = [(f"{name}.npy", draw(npy())) for name in ("data", "label")]
    stored = archive([(name, content, len(content)) for name, content in members], 0)
    lies = st.sampled_from([*liars(("data", "label")).values()])
    content = draw(st.one_of(st.just(stored), st.just(stored), mutated(GOOD_NPZ), lies))
    return draw(using("d.npz", content))


@st.composite
def using(draw, name, content):
    """Draw a command that reads a data file."""
    files = {**GOOD, name: content}
    if draw(st.integers(0, 3)) == 0:
        flags = ["--data", name, "--batch-size", "full", "--hidden", "2", "--eta", "0.5"]
        return Case(["assignment", *ONCE, *flags], files)
    model = draw(st.sampled_from(["network", "network", "polynomial"]))
    text = GOOD_TOML.replace("good.csv", name).replace("batch_size = 5", 'batch_size = "full"')
    if model == "polynomial":
        text = text.replace("n_hidden", "degree").replace(
            "repeats", 'model = "polynomial"\nrepeats'
        )
    return Case(["run", "mine.toml", "--jobs", "1"], {**files, "mine.toml": text.encode()})


VALUES = st.one_of(
    st.integers(-2, 5),
    st.sampled_from(
        [0.5, 1e300, math.inf, math.nan, True, "full", "tanh", "x", 10**400, -(10**30)]
    ),
    st.just([]),
    st.just({}),
)
TOML_KEYS = [
    *("title", "question", "figures", "data", "test_data", "engine", "model", "repeats", "seed"),
    *("data_seed", "training_points", "axes", "settings", "learning_rate", "n_hidden", "degree"),
    *("activation", "init", "target_loss", "decay", "shuffle", "task", "batch_size", "é", "a.b"),
]


def toml(value):
    """Write a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{}"
    return repr(value) if isinstance(value, float | int) else f'"{value}"'


@st.composite
def tomls(draw):
    """Draw a study: a good one with lines changed, or with bytes changed."""
    lines = GOOD_TOML.splitlines()
    for _ in range(draw(st.integers(0, 3))):
        value = draw(st.one_of(VALUES, st.lists(VALUES, max_size=3)))
        line = f"{draw(st.sampled_from(TOML_KEYS))} = {toml(value)}"
        place = draw(st.integers(0, len(lines) - 1))
        lines[place : place + draw(st.integers(0, 1))] = [line]
    text = "\n".join(lines).encode()
    content = draw(st.one_of(st.just(text), st.just(text), mutated(text)))
    name = draw(
        st.sampled_from(["mine.toml", "mine.toml", "...toml", "..toml", "CON.toml", "=x.toml"])
    )
    return Case(["run", name, "--jobs", "1"], {**GOOD, name: content})


KINDS = {
    "command line": command_lines(),
    "TOML": tomls(),
    "CSV": data_csvs(),
    "npz": data_npzs(),
}


# ---- what must hold -----------------------------------------------------------------------------


@contextmanager
def no_longer_than(seconds):
    def too_long(*_):
        raise TimeoutError(f"it takes longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


def peak_memory():
    """Return the most bytes of memory that this process had since `forget_peak`."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    return 1024 * int(line.split()[1])


def tree(folder):
    return {
        path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))
    }


def try_case(case, undrawn):
    """Run a case in a folder of its own, and assert what holds for each; return the exit code."""
    with TemporaryDirectory() as top, chdir(top):
        folder = Path(top) / "below" / "here"
        folder.mkdir(parents=True)
        for name, content in case.files.items():
            (folder / name).write_bytes(content)
        before = tree(Path(top))
        shown, said = io.StringIO(), io.StringIO()
        forget_peak()
        with chdir(folder), redirect_stdout(shown), redirect_stderr(said), undrawn(case):
            with no_longer_than(SECONDS):
                code = cli.run(case.arguments)
        said = said.getvalue()
        assert code in (0, 1, 2)
        assert peak_memory() < MOST_MEMORY
        if code == 1:  # the one other thing that may happen: trainings failed, and it is said
            assert "trainings failed" in said
        if code == 2 and case.arguments:
            assert said.startswith("sweep: ")
            assert said.count("\n") == 1, said
            assert shown.getvalue() == ""
            assert tree(Path(top)) == before
        outside = [path for path in Path(top).rglob("*") if folder not in (path, *path.parents)]
        assert {*outside} <= {folder, folder.parent}
        return code


@pytest.fixture
def undrawn(monkeypatch):
    """Let few cases draw figures, which take a hundred times as long as all else."""
    write, every, ran = figure_writer.FigureWriter.write, count("FUZZ_DRAWN", 40), [0]

    @contextmanager
    def some(case):
        ran[0] += 1
        with monkeypatch.context() as patch:
            if ran[0] % every:
                patch.setattr(figure_writer.FigureWriter, "write", lambda self, drawings: None)
            try:
                yield
            finally:
                words.speak("en")

    assert write
    return some


@pytest.mark.parametrize("kind", KINDS)
def test_any_input_gets_an_answer_or_a_sentence(kind, undrawn):
    codes, begun = [], time.monotonic()

    @seed(count("SEED", 0))
    @settings(
        max_examples=max(1, count("FUZZ", 240) // len(KINDS)),
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


def test_bombs_are_refused_too(undrawn):
    for name, content in [("d.npz", bomb(("data", "label"))), ("d.csv", b"1," * 40_000_000)]:
        case = Case(["assignment", "--data", name], {name: content})
        assert try_case(case, undrawn) == 2
    assert os.getpid()
