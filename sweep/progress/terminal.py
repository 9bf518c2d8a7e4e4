"""What a terminal shows while a sweep runs: `Lines` now and then, or a `Board` painted live.

Both write to the standard error, so that the standard output holds results only.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from sweep.progress.phrases import ENGLISH, Phrases
from sweep.progress.signals import Signals
from sweep.trial import Trial, TrialResult, TrialState, Value

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

MOST_CELLS = 400
"""A board of more cells fits no terminal, and would take longer to paint than trials to train;
then the count of finished trials stands alone."""


class _Tally:
    """Counts what is done, and estimates the time left.

    The estimate takes every unfinished trial to use all its epochs, so it is an upper bound that
    shrinks; of trials that converge early one can't know before.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        kept: Mapping[str, TrialResult],
        signals: Signals,
        max_epochs: int,
        phrases: Phrases,
    ) -> None:
        self._phrases = phrases
        self.outcomes, self._signals = dict(kept), signals
        self._total, self._kept, self._max_epochs = len(trials), len(kept), max_epochs
        self._epochs_done, self._begun = 0, time.monotonic()

    def finish(self, trial: Trial, outcome: TrialResult) -> None:
        """Count a finished trial; its arrays are not needed, and may be large."""
        self.outcomes[trial.key] = TrialResult(outcome.state, outcome.epochs)
        self._epochs_done += outcome.epochs

    def seconds_left(self) -> float | None:
        """Return an upper bound, or None while nothing is known."""
        running = sum(self.running().values())
        done = self._epochs_done + running
        left = (self._total - len(self.outcomes)) * self._max_epochs - running
        return left * (time.monotonic() - self._begun) / done if done else None

    def running(self) -> dict[str, int]:
        """Return the finished epochs of the trials that are running, by their keys."""
        epochs = self._signals.epochs()
        return {key: epoch for key, epoch in epochs.items() if key not in self.outcomes}

    def __str__(self) -> str:
        say = self._phrases
        text = say.done.format(done=len(self.outcomes), total=self._total)
        if self._kept:
            text += say.kept.format(kept=self._kept)
        left = self.seconds_left()
        if left:
            text += say.left.format(time=duration(left))
        elif left is None and len(self.outcomes) < self._total:
            text += say.ready
        return text


def duration(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < 99.5:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5940 else f"{seconds / 3600:.1f} h"


class Lines:
    """Writes a line for each finished trial, or for about every twentieth of many.

    Parameters
    ----------
    max_epochs : int
        The most epochs that a trial takes, for the estimate of the time left.
    stream : text file, optional
        The standard error by default.
    phrases : Phrases
    """

    def __init__(
        self, max_epochs: int, stream: TextIO | None = None, phrases: Phrases = ENGLISH
    ) -> None:
        self._max_epochs, self._phrases = max_epochs, phrases
        self._stream = stream or sys.stderr

    def start(
        self, trials: Sequence[Trial], kept: Mapping[str, TrialResult], signals: Signals
    ) -> None:
        """Begin to count."""
        self._tally = _Tally(trials, kept, signals, self._max_epochs, self._phrases)
        self._every = 1 if len(trials) <= 40 else len(trials) // 20

    def finish(self, trial: Trial, outcome: TrialResult) -> None:
        """Write a line, if it is time for one."""
        self._tally.finish(trial, outcome)
        if len(self._tally.outcomes) % self._every == 0:
            say = self._phrases
            parts = {"trial": say.trial(trial), "result": say.result(outcome)}
            line = say.line.format(**parts, tally=self._tally)
            print(line, file=self._stream, flush=True)

    def stop(self) -> None:
        """Write nothing more of trials."""

    def say(self, line: str) -> None:
        """Write the line."""
        print(line, file=self._stream, flush=True)


class Board:
    """Paints the grid live: each cell waiting, running with its epoch, or with its result.

    Parameters
    ----------
    columns : str
        The axis of the grid that goes across the board.
    rows : str or None
        The axis that goes down. A cell gathers all trials that agree in both.
    max_epochs : int
        The most epochs that a trial takes, for the estimate of the time left.
    phrases : Phrases
    """

    def __init__(
        self, rows: str | None, columns: str, max_epochs: int, phrases: Phrases = ENGLISH
    ) -> None:
        self._rows, self._columns, self._max_epochs = rows, columns, max_epochs
        self._phrases = phrases

    def start(
        self, trials: Sequence[Trial], kept: Mapping[str, TrialResult], signals: Signals
    ) -> None:
        """Show the board."""
        from rich.console import Console
        from rich.live import Live

        self._count(trials, kept, signals)
        self._live = Live(
            get_renderable=self._paint, console=Console(stderr=True), refresh_per_second=8
        )
        self._live.start()

    def _count(
        self, trials: Sequence[Trial], kept: Mapping[str, TrialResult], signals: Signals
    ) -> None:
        """Begin to count, and gather the trials of each cell."""
        self._tally = _Tally(trials, kept, signals, self._max_epochs, self._phrases)
        self._cells: dict[tuple[Value, Value], list[Trial]] = {}
        for trial in trials:
            row = "" if self._rows is None else trial.params[self._rows]
            place = row, trial.params[self._columns]
            self._cells.setdefault(place, []).append(trial)

    def finish(self, trial: Trial, outcome: TrialResult) -> None:
        """Note the result; the board shows it with its next painting."""
        self._tally.finish(trial, outcome)

    def stop(self) -> None:
        """Leave the board as it is."""
        self._live.stop()

    def say(self, line: str) -> None:
        """Write the line under the board."""
        self._live.console.print(line)

    def _paint(self) -> "Table | Text":
        from rich.table import Table
        from rich.text import Text

        say = self._phrases
        if len(self._cells) > MOST_CELLS:
            return Text(str(self._tally))
        columns = list(dict.fromkeys(column for _, column in self._cells))
        board = Table(title=say.name(self._columns), caption=str(self._tally))
        board.add_column(say.name(self._rows or ""), justify="right")
        for column in columns:
            board.add_column(say.name(column), justify="right", min_width=8)
        epochs = self._tally.running()
        for row in dict.fromkeys(row for row, _ in self._cells):
            texts = (self._cell(self._cells.get((row, column), []), epochs) for column in columns)
            board.add_row(say.name(row), *texts)
        return board

    def _cell(self, trials: Sequence[Trial], epochs: Mapping[str, int]) -> str:
        outcomes = [self._tally.outcomes[t.key] for t in trials if t.key in self._tally.outcomes]
        if len(trials) > 1 and outcomes:
            style = "green" if len(outcomes) == len(trials) else "cyan"
            return f"[{style}]{len(outcomes)}/{len(trials)}[/]"
        if outcomes:
            return self._styled(outcomes[0])
        running = [epochs[trial.key] for trial in trials if trial.key in epochs]
        return f"[cyan]{max(running)} …[/]" if running else "[dim]·[/]"

    def _styled(self, outcome: TrialResult) -> str:
        match outcome.state:
            case TrialState.CONVERGED:
                return f"[green]✓ {outcome.epochs}[/]"
            case TrialState.EXHAUSTED:
                return f"[yellow]>{outcome.epochs}[/]"
            case _:
                return f"[red]{self._phrases.name(str(outcome.state))}[/]"
