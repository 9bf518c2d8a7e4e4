"""Draws figures and writes them, in a process that helps.

Drawing takes longer than training. The helper is started early, so that it has imported what it
needs, which takes most of a second, by the time that there is something to draw. It reads figures
from its standard input and ends when that is closed, be it by the death of its parent. It is in a
session of its own, so that Ctrl-C reaches the parent alone.
"""

import gc
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, TYPE_CHECKING, Any

from reports.figures.fonts import NO_FONT, chinese_font, with_letters
from reports.files import remove, replacing
from reports.words import current_language, language
from sweep.errors import SweepError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawing = Callable[[], "Figure"]

FigureJob = tuple[Path, Drawing, str, Sequence[str]]
"""Where a figure goes, without an ending; what draws it; in which language; and the endings."""


def draw(function: str, *arguments: Any, **options: Any) -> Any:
    """Call a drawing function, such as ``heat_maps.epochs_map``.

    It is named, so that whoever only says what to draw needn't import Matplotlib, which takes long.
    """
    module, name = function.split(".")
    return getattr(import_module(f"reports.figures.{module}"), name)(*arguments, **options)


ENDINGS: dict[str, dict[str, Any]] = {
    ".png": {"dpi": 150, "pil_kwargs": {"compress_level": 1}},
    ".svg": {"metadata": {"Date": None}},
    ".pdf": {"metadata": {"CreationDate": None}},
}
"""For screens; for the web, of any size; for a document that is printed. How each is saved."""

USUAL = (".png",)
"""What reports show; the others take as long again, and are drawn where they are asked for."""

_SECONDS_TO_END = 2
_ALONE = {"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"}  # without threads it may be forked


def endings_of(formats: str) -> list[str]:
    """Return the endings of formats such as ``svg,pdf``, PNG always among them.

    Raises
    ------
    SweepError
        If a format is none of these.
    """
    asked = {f".{each.strip()}" for each in formats.replace("，", ",").split(",")}
    if asked - ENDINGS.keys():
        known = ", ".join(ending[1:] for ending in ENDINGS)
        raise SweepError(f"--figures takes {known}, separated by commas, got {formats!r}.")
    return [ending for ending in ENDINGS if ending in {*asked, *USUAL}]


class FigureWriter:
    """Writes figures; a context, at whose end the helper is gone.

    Parameters
    ----------
    helper : bool
        Whether to start a process that helps; without it this one draws.
    endings : sequence of str
        Of the files, from `ENDINGS`. Those with others, of earlier reports, are removed.
    """

    def __init__(self, *, helper: bool, endings: Sequence[str] = USUAL) -> None:
        self._endings, self._hinted = endings, False
        self._helper: subprocess.Popen[bytes] | None = None
        self._folder = mkdtemp(prefix="sweep-figures-") if helper else ""
        if helper:
            with suppress(OSError):  # no more processes may be started; then this one draws
                self._helper = _start_helper(self._folder)

    def write(self, figures: Mapping[Path, Drawing]) -> None:
        """Draw and write figures; the parameters are those of `drawing`."""
        with self.drawing(figures):
            pass

    @contextmanager
    def drawing(self, figures: Mapping[Path, Drawing]) -> Iterator[Callable[[], None]]:
        """Draw and write figures, while the context goes on.

        It gives what waits until all are written, as the end of the context does.

        Parameters
        ----------
        figures : mapping
            What draws each figure, by its path without an ending; it must be picklable.
        """
        self._hint()
        name, others = current_language(), ENDINGS.keys() - set(self._endings)
        for file in (path.with_suffix(ending) for path in figures for ending in others):
            remove(file)
        jobs = [(path.absolute(), draw, name, self._endings) for path, draw in figures.items()]
        with ThreadPoolExecutor(1) as thread:
            helped = thread.submit(self._hand_over, jobs)

            def wait() -> None:
                if not helped.result():
                    _write_all(jobs)
                    jobs.clear()

            try:
                yield wait
                wait()
            except BaseException:
                self._kill()  # or the thread would wait for it
                raise

    def _hand_over(self, jobs: list[FigureJob]) -> bool:
        """Let the helper write figures; tell whether there is one, and it lives."""
        if self._helper is None:
            return False
        try:
            error = _ask(self._helper, jobs)
        except (OSError, EOFError):  # it was killed
            return False
        if error is not None:
            raise error
        return True

    def _kill(self) -> None:
        """Kill the helper and the process that it may have forked; their figures are never seen."""
        if self._helper is not None and hasattr(os, "killpg"):
            with suppress(ProcessLookupError):
                os.killpg(self._helper.pid, signal.SIGKILL)
        elif self._helper is not None:
            self._helper.kill()

    def _hint(self) -> None:
        """Say once that a font is missing."""
        if current_language() == "zh" and not self._hinted and chinese_font() is None:
            self._hinted = True
            sys.stderr.write(f"sweep: {NO_FONT}\n")

    def __enter__(self) -> "FigureWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._kill()
        if self._helper is not None:
            _end(self._helper)
        shutil.rmtree(self._folder, ignore_errors=True)


def _write_all(jobs: Sequence[FigureJob]) -> None:
    for job in jobs:
        _write(*job)


def _write(stem: Path, draw: Drawing, name: str, endings: Sequence[str]) -> None:
    """Write a figure, the same bytes for the same drawing.

    It has the look that Matplotlib has by itself, whatever its user has set.
    """
    from matplotlib import rc_context, rcdefaults, rcParams

    def save(figure: "Figure") -> None:
        for ending in endings:
            with replacing(stem.with_suffix(ending)) as file:
                figure.savefig(file, format=ending[1:], **ENDINGS[ending])

    with language(name), rc_context():
        rcdefaults()
        rcParams["axes.titley"] = 1.0  # or it measures all labels to find a place for a title
        rcParams["svg.hashsalt"] = stem.name
        with_letters(draw, save)


# ---- the helper, seen from the parent and from inside ---------------------------------------


def _start_helper(folder: str) -> "subprocess.Popen[bytes]":
    """Start a helper in a folder of its own, whose settings of Matplotlib come before others."""
    Path(folder, "matplotlibrc").touch()
    packages = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)  # noqa: PTH100
    return subprocess.Popen(  # noqa: S603 - this module
        [sys.executable, "-P", "-m", "reports.figures.writer", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": packages,
            "MPLBACKEND": "agg",
            "OPENBLAS_NUM_THREADS": "1",
        },
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
    )


def _end(helper: "subprocess.Popen[bytes]") -> None:
    """Close what the helper reads, and wait until it has ended."""
    try:
        helper.communicate(timeout=_SECONDS_TO_END)
    except (OSError, subprocess.TimeoutExpired):
        helper.kill()
        helper.communicate()


def _ask(helper: "subprocess.Popen[bytes]", jobs: list[FigureJob]) -> Exception | None:
    """Let the helper write figures; return what it raised."""
    if helper.stdin is None or helper.stdout is None:
        raise EOFError
    pickle.dump(jobs, helper.stdin)
    helper.stdin.flush()
    error: Exception | None = pickle.load(helper.stdout)  # noqa: S301 - from our own process
    return error


def _help(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Write the figures of one request after the other, and answer with what was raised or None."""
    from matplotlib.backends import backend_agg  # noqa: F401

    from reports.figures import fits, heat_maps, losses  # noqa: F401 - imported early, for speed

    while True:
        try:
            jobs = pickle.load(requests)  # noqa: S301 - from our own parent
        except EOFError:
            return
        error = None
        try:
            _write_in_two(jobs)
        except Exception as raised:
            error = raised
        pickle.dump(error, answers)
        answers.flush()


def _write_in_two(jobs: Sequence[FigureJob]) -> None:
    """Write figures, half of them in a fork of this process, which has all imports already."""
    if not hasattr(os, "fork"):  # Windows
        _write_all(jobs)
        return
    if (other := os.fork()) == 0:
        with suppress(Exception):
            _write_all(jobs[::2])
            os._exit(0)
        os._exit(1)
    _write_all(jobs[1::2])
    if os.waitpid(other, 0)[1]:  # here again, for its error
        _write_all(jobs[::2])


if __name__ == "__main__":
    gc.set_threshold(100_000)  # as in the command
    tempfile.tempdir = sys.argv[1]
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anyone prints is no answer
    _help(sys.stdin.buffer, answers)
    shutil.rmtree(sys.argv[1], ignore_errors=True)  # or it would stay if the parent was killed
    os._exit(0)  # all is written; to tidy up would take a third of a second
