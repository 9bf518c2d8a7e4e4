"""Draws figures and writes them, with a second process that helps.

Drawing takes longer than training. The helper is started early, so that it has imported what it
needs, which takes a second, by the time that there is something to draw. It reads figures from
its standard input and ends when that is closed, be it by the death of its parent. It is in a
session of its own, so that Ctrl-C reaches the parent alone.
"""

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING

from reports.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawing = Callable[[], "Figure"]

_SECONDS_TO_END = 2


class FigureWriter:
    """Writes figures; a context, at whose end the helper is gone.

    Parameters
    ----------
    helper : bool
        Whether to start a second process.
    """

    def __init__(self, *, helper: bool) -> None:
        self._helper = _start_helper() if helper else None

    def write(self, figures: Mapping[Path, Drawing]) -> None:
        """Draw and write figures as PNG and SVG.

        Parameters
        ----------
        figures : mapping
            What draws each figure, by its path without an ending; it must be picklable. This
            process begins with the last ones, so those that take longest belong there, and the
            helper, once it is ready, with the first.
        """
        waiting = deque(figures.items())
        with ThreadPoolExecutor(1) as thread:
            helped = thread.submit(self._hand_over, waiting)
            try:
                while waiting:
                    _write(*waiting.pop())
            finally:
                waiting.clear()
            helped.result()

    def _hand_over(self, waiting: "deque[tuple[Path, Drawing]]") -> None:
        """Give the helper one figure after the other, as long as it lives and there are any."""
        while waiting and self._helper is not None:
            try:
                figure = waiting.popleft()
            except IndexError:  # the other thread took the last one
                return
            try:
                error = _ask(self._helper, figure)
            except (OSError, EOFError):  # it was killed
                self._end_helper()
                _write(*figure)
            else:
                if error is not None:
                    raise error

    def _end_helper(self) -> None:
        if self._helper is not None:
            try:
                self._helper.communicate(timeout=_SECONDS_TO_END)
            except (OSError, subprocess.TimeoutExpired):
                self._helper.kill()
                self._helper.communicate()
            self._helper = None

    def __enter__(self) -> "FigureWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._helper is not None:
            self._helper.kill()  # what it has not finished is never seen
        self._end_helper()


def _write(stem: Path, draw: Drawing) -> None:
    """Write a figure as ``.png`` and ``.svg``, the same bytes for the same drawing."""
    from matplotlib import rc_context

    figure = draw()
    with replacing(stem.with_suffix(".png")) as file:
        figure.savefig(file, format="png", dpi=150)
    with rc_context({"svg.hashsalt": stem.name}), replacing(stem.with_suffix(".svg")) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})


# ---- the helper, seen from the parent and from inside ---------------------------------------


def _start_helper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "reports.figure_writer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )


def _ask(helper: "subprocess.Popen[bytes]", figure: tuple[Path, Drawing]) -> Exception | None:
    """Let the helper write a figure; return what it raised."""
    if helper.stdin is None or helper.stdout is None:
        raise EOFError
    pickle.dump(figure, helper.stdin)
    helper.stdin.flush()
    error: Exception | None = pickle.load(helper.stdout)  # noqa: S301 - from our own process
    return error


def _help(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Write one figure after the other, and answer each with what it raised, or None."""
    from reports import fits, heat_maps, loss_figures  # noqa: F401 - imported early, for speed

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
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anyone prints is no answer
    _help(sys.stdin.buffer, answers)
