"""The signals that workers send and heed, and what a progress is.

A progress is handed in; `Silent`, the default, shows nothing.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np

from sweep.trial import Trial, TrialResult


class Signals:
    """A few whole numbers in a small file, which threads and processes alike can map.

    The first is the request to stop; then comes the number of finished epochs of each trial that
    is running.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._keys = [trial.key for trial in trials]
        self._slots = {key: slot for slot, key in enumerate(self._keys, start=1)}
        handle, self._path = tempfile.mkstemp(prefix="sweep-", suffix=".signals")
        os.truncate(handle, 8 * (1 + len(trials)))
        os.close(handle)
        self._map()

    def _map(self) -> None:
        self._numbers = np.memmap(self._path, np.int64, "r+")

    def __getstate__(self) -> dict[str, object]:
        return {"_keys": self._keys, "_slots": self._slots, "_path": self._path}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._map()

    def stop(self) -> None:
        """Ask all workers to stop."""
        self._numbers[0] = 1

    @property
    def stopped(self) -> bool:
        """Whether workers were asked to stop."""
        return bool(self._numbers[0])

    def report(self, trial: Trial, epoch: int) -> None:
        """Note how many epochs a trial has finished; of a trial unknown here nothing is noted."""
        slot = self._slots.get(trial.key)
        if slot is not None:
            self._numbers[slot] = epoch

    def forget(self, trial: Trial) -> None:
        """Note that a trial is no longer running."""
        self._numbers[self._slots[trial.key]] = 0

    def epochs(self) -> dict[str, int]:
        """Return the finished epochs of each trial that is running, by its key."""
        running = np.flatnonzero(self._numbers[1:])
        return {self._keys[place]: int(self._numbers[1 + place]) for place in running}

    def __enter__(self) -> "Signals":
        return self

    def __exit__(self, *exception: object) -> None:
        del self._numbers
        with suppress(OSError):  # a worker that still maps it, on Windows
            Path(self._path).unlink()


class Progress(Protocol):
    """Is shown what happens in a sweep."""

    def start(
        self, trials: Sequence[Trial], kept: Mapping[str, TrialResult], signals: Signals
    ) -> None:
        """Begin: all trials, the outcomes by key that were there before, and the live epochs."""

    def finish(self, trial: Trial, outcome: TrialResult) -> None:
        """Take note of a finished trial; called by any thread, one at a time."""

    def stop(self) -> None:
        """End, whether or not all trials are finished."""

    def say(self, line: str) -> None:
        """Tell what is done after that."""


class Silent:
    """Shows nothing."""

    def start(
        self, trials: Sequence[Trial], kept: Mapping[str, TrialResult], signals: Signals
    ) -> None:
        """Show nothing."""

    def finish(self, trial: Trial, outcome: TrialResult) -> None:
        """Show nothing."""

    def stop(self) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""
