"""The board in a Jupyter notebook: the same grid, painted into one output that changes."""

import threading
from collections.abc import Mapping, Sequence

from sweep.progress.signals import Signals
from sweep.progress.terminal import Board
from sweep.trial import Trial, TrialResult

SECONDS = 0.25
"""Between two paintings."""


class NotebookBoard(Board):
    """Paints the grid live in a notebook; the parameters are those of `Board`."""

    def start(
        self, trials: Sequence[Trial], kept: Mapping[str, TrialResult], signals: Signals
    ) -> None:
        """Show the board, and paint it anew again and again."""
        from IPython.display import display

        self._count(trials, kept, signals)
        self._handle = display(self._paint(), display_id=True)
        self._ended = threading.Event()
        self._painter = threading.Thread(target=self._go_on_painting, daemon=True)
        self._painter.start()

    def _go_on_painting(self) -> None:
        while not self._ended.wait(SECONDS):
            self._handle.update(self._paint())

    def stop(self) -> None:
        """Leave the board as it is at the end."""
        self._ended.set()
        self._painter.join()
        self._handle.update(self._paint())

    def say(self, line: str) -> None:
        """Write the line under the board."""
        from IPython.display import display
        from rich.text import Text

        display(Text(line))
