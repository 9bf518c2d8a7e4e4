"""Packs: trials that train together. How they are made up, and how one is run.

Every runner runs its packs by `run_pack`, in a thread, a process, or on another machine.
"""

import math
import traceback
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Protocol

from sweep.trial import EpochCallback, Objective, Trial, TrialResult, TrialState

ResultCallback = Callable[[Trial, TrialResult], None]
"""Takes a finished trial, in any thread."""

TrainPack = Callable[[list[Trial], EpochCallback], Iterable[tuple[Trial, TrialResult]]]
"""Trains a pack, as an objective does."""


class Listener(Protocol):
    """Is told how far trials are, and says whether they shall stop; see `Signals`."""

    @property
    def stopped(self) -> bool:
        """Whether trials shall stop."""

    def report(self, trial: Trial, epoch: int) -> None:
        """Take note of how many epochs a trial has finished."""


def make_packs(trials: Sequence[Trial], objective: Objective, jobs: int) -> list[list[Trial]]:
    """Group trials that can train together, so that packs are large but every worker has one."""

    def key(trial: Trial) -> str:
        return repr(objective.pack_key(trial))

    size = max(1, min(objective.pack_size, math.ceil(len(trials) / jobs)))
    packs = []
    for _, members in groupby(sorted(trials, key=key), key=key):
        group = list(members)
        n_packs = math.ceil(len(group) / size / jobs) * jobs  # as many for each worker
        n_packs = min(n_packs, len(group))
        packs += [
            group[len(group) * i // n_packs : len(group) * (i + 1) // n_packs]
            for i in range(n_packs)
        ]
    place = {trial.key: number for number, trial in enumerate(trials)}
    return sorted(packs, key=lambda pack: place[pack[0].key])


class _Stopped(Exception):  # noqa: N818 - it is no error
    """Ends a pack because a stop was asked for."""


def run_pack(
    train: TrainPack,
    pack: list[Trial],
    listener: Listener,
    keep: ResultCallback,
    *,
    is_again: bool = False,
) -> None:
    """Train a pack and hand on each outcome; after an exception, each trial left alone.

    A trial that was alone at once is tried once more only where memory ran out: others may have
    had it, while any other exception would come again.
    """

    def watch(lane: int, epoch: int) -> None:
        if epoch:
            listener.report(pack[lane], epoch)
        if listener.stopped:
            raise _Stopped

    left = {trial.key: trial for trial in pack}
    outcomes = iter(train(pack, watch))
    while left and not listener.stopped:
        try:
            trial, outcome = next(outcomes)
        except _Stopped:
            return
        except Exception as error:
            if len(pack) > 1 or (isinstance(error, MemoryError) and not is_again):
                for trial in left.values():
                    run_pack(train, [trial], listener, keep, is_again=True)
                return
            trial, outcome = pack[0], TrialResult(TrialState.FAILED, reason=_reason(error))
        del left[trial.key]
        keep(trial, outcome)


def _reason(error: Exception) -> str:
    """Describe an exception in its own words, and say where it was raised."""
    *_, last = traceback.extract_tb(error.__traceback__)
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return f"{type(error).__name__}: {error} ({place})"


DEATHS_ALONE = 2
"""A trial has failed when so many workers died that ran it alone: it is tried once more."""
