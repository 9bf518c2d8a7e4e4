"""Draws figures and writes them, with a second process that helps.

Drawing takes longer than training. The helper is started early, so that it has imported what it
needs, which takes a second, by the time that there is something to draw.
"""

import signal
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool

from reports.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawing = Callable[[], "Figure"]

_IDLE_SECONDS = 60  # after which a helper whose parent was killed ends


class FigureWriter:
    """Writes figures; a context, at whose end the helper is gone.

    Parameters
    ----------
    helper : bool
        Whether to start a second process.
    """

    def __init__(self, *, helper: bool) -> None:
        self._helper: ProcessPoolExecutor | None = None
        if helper:
            self._helper = ProcessPoolExecutor(1, timeout=_IDLE_SECONDS, initializer=_prepare)
            self._helper.submit(int)  # starts it now

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
        """Give the helper one figure after the other, as long as there are any."""
        while waiting and self._helper is not None:
            try:
                figure = waiting.popleft()
            except IndexError:  # the other thread took the last one
                return
            try:
                self._helper.submit(_write, *figure).result()
            except BrokenProcessPool:  # it was killed
                self._helper = None
                _write(*figure)

    def __enter__(self) -> "FigureWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._helper is not None:
            self._helper.shutdown(kill_workers=True)


def _prepare() -> None:
    """Let the parent hear Ctrl-C alone, and import what takes long."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from reports import fits, heat_maps, loss_figures  # noqa: F401


def _write(stem: Path, draw: Drawing) -> None:
    """Write a figure as ``.png`` and ``.svg``, the same bytes for the same drawing."""
    from matplotlib import rc_context

    figure = draw()
    with replacing(stem.with_suffix(".png")) as file:
        figure.savefig(file, format="png", dpi=150)
    with rc_context({"svg.hashsalt": stem.name}), replacing(stem.with_suffix(".svg")) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})
