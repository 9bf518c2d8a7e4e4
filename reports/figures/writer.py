"""Draws figures and writes them, in processes that help.

Drawing takes longer than training. Helpers are started early, so that they have imported what
they need, which takes a second, by the time that there is something to draw. One reads figures
from its standard input and ends when that is closed, be it by the death of its parent. It is in a
session of its own, so that Ctrl-C reaches the parent alone.
"""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, TYPE_CHECKING, Any

from reports.figures.fonts import NO_FONT, chinese_font, with_letters
from reports.files import replacing
from reports.words import current_language, language

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawing = Callable[[], "Figure"]

FigureJob = tuple[Path, Drawing, str]
"""Where a figure goes, without an ending; what draws it; and in which language."""


def draw(function: str, *arguments: Any, **options: Any) -> Any:
    """Call a drawing function, such as ``heat_maps.epochs_map``.

    It is named, so that whoever only says what to draw needn't import Matplotlib, which takes long.
    """
    module, name = function.split(".")
    return getattr(import_module(f"reports.figures.{module}"), name)(*arguments, **options)


ENDINGS = (".png", ".svg", ".pdf")
"""For screens; for the web, of any size; for a document that is printed."""

_SECONDS_TO_END = 2
_HELPERS = 2  # more would wait for the last figure, which takes longest


class FigureWriter:
    """Writes figures; a context, at whose end the helpers are gone.

    Parameters
    ----------
    helper : bool
        Whether to start processes that help; without them this one draws.
    """

    def __init__(self, *, helper: bool) -> None:
        self._helpers: list[subprocess.Popen[bytes]] = []
        self._hinted, n_helpers = False, _HELPERS if helper else 0
        self._folder = mkdtemp(prefix="sweep-figures-") if n_helpers else ""
        with suppress(OSError):  # no more processes may be started; then this one draws
            for _ in range(n_helpers):
                self._helpers.append(_start_helper(self._folder))

    def write(self, figures: Mapping[Path, Drawing]) -> None:
        """Draw and write figures; the parameters are those of `drawing`."""
        with self.drawing(figures):
            pass

    @contextmanager
    def drawing(self, figures: Mapping[Path, Drawing]) -> Iterator[Callable[[], None]]:
        """Draw and write figures, with every ending of `ENDINGS`, while the context goes on.

        It gives what waits until all are written, as the end of the context does.

        Parameters
        ----------
        figures : mapping
            What draws each figure, by its path without an ending; it must be picklable. The last
            ones are drawn first, so those that take longest belong there.
        """
        self._hint()
        name = current_language()
        waiting = deque((path.absolute(), draw, name) for path, draw in figures.items())
        with ThreadPoolExecutor(_HELPERS) as threads:
            helped = [threads.submit(self._hand_over, h, waiting) for h in self._helpers]

            def wait() -> None:
                for each in helped:
                    each.result()
                while waiting:  # no helper, or none that lives
                    _write(*waiting.pop())

            try:
                yield wait
                wait()
            finally:
                waiting.clear()

    def _hand_over(self, helper: "subprocess.Popen[bytes]", waiting: "deque[FigureJob]") -> None:
        """Give a helper one figure after the other, as long as it lives and there are any."""
        while waiting:
            try:
                figure = waiting.pop()
            except IndexError:  # another thread took the last one
                return
            try:
                error = _ask(helper, figure)
            except (OSError, EOFError):  # it was killed
                waiting.append(figure)
                return
            if error is not None:
                raise error

    def _hint(self) -> None:
        """Say once that a font is missing."""
        if current_language() == "zh" and not self._hinted and chinese_font() is None:
            self._hinted = True
            sys.stderr.write(f"sweep: {NO_FONT}\n")

    def __enter__(self) -> "FigureWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for helper in self._helpers:
            if kind is not None:
                helper.kill()  # what it has not finished is never seen
            _end(helper)
        shutil.rmtree(self._folder, ignore_errors=True)


def _write(stem: Path, draw: Drawing, name: str) -> None:
    """Write a figure as ``.png``, ``.svg`` and ``.pdf``, the same bytes for the same drawing.

    It has the look that Matplotlib has by itself, whatever its user has set.
    """
    from matplotlib import rc_context, rcdefaults

    with language(name), rc_context():
        rcdefaults()
        with_letters(draw, partial(_save, stem))


def _save(stem: Path, figure: "Figure") -> None:
    from matplotlib import rc_context

    with replacing(stem.with_suffix(".png")) as file:
        figure.savefig(file, format="png", dpi=150, pil_kwargs={"compress_level": 1})
    with rc_context({"svg.hashsalt": stem.name}), replacing(stem.with_suffix(".svg")) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})
    with replacing(stem.with_suffix(".pdf")) as file:
        figure.savefig(file, format="pdf", metadata={"CreationDate": None})


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
        env={**os.environ, "PYTHONPATH": packages, "MPLBACKEND": "agg"},
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


def _ask(helper: "subprocess.Popen[bytes]", figure: FigureJob) -> Exception | None:
    """Let the helper write a figure; return what it raised."""
    if helper.stdin is None or helper.stdout is None:
        raise EOFError
    pickle.dump(figure, helper.stdin)
    helper.stdin.flush()
    error: Exception | None = pickle.load(helper.stdout)  # noqa: S301 - from our own process
    return error


def _help(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Write one figure after the other, and answer each with what it raised, or None."""
    from matplotlib.backends import backend_agg, backend_pdf, backend_svg  # noqa: F401

    from reports.figures import fits, heat_maps, losses  # noqa: F401 - imported early, for speed

    while True:
        try:
            figure = pickle.load(requests)  # noqa: S301 - from our own parent
        except EOFError:
            return
        error = None
        try:
            _write(*figure)
        except Exception as raised:
            error = raised
        pickle.dump(error, answers)
        answers.flush()


if __name__ == "__main__":
    tempfile.tempdir = sys.argv[1]
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anyone prints is no answer
    _help(sys.stdin.buffer, answers)
    shutil.rmtree(sys.argv[1], ignore_errors=True)  # or it would stay if the parent was killed
    os._exit(0)  # all is written; to tidy up would take a third of a second
