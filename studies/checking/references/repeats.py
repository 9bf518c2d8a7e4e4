"""The repeats that somebody else's table is compared with, run once and kept.

The course gives all its students one draw of the data, which is not here. So each repeat draws its
own data, as it does weights and orders: from one draw for all, the ranges would be too narrow for
whoever has another one. Where the course's own files are given, all repeats use those.
"""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pandas as pd

from network.data.datasets import generated
from network.data.generated import GENERATORS
from reports.frames import trials_frame
from reports.words import Text
from studies.bench.estimate import estimate
from studies.experiment.plan import Plan
from studies.experiment.run_directory import kept_results, own
from studies.objectives.two_layer import METRICS, TwoLayerObjective
from sweep.errors import SweepError
from sweep.grid import grid
from sweep.progress.signals import Progress
from sweep.progress.terminal import duration
from sweep.run import run
from sweep.runners.local import LocalRunner
from sweep.trial import EpochCallback, Trial, TrialResult, TrialState

SEED = 1729
"""Other weights, orders and data than those of any sweep that begins with the seed 0."""


@dataclass(frozen=True)
class ReferenceRuns:
    """The objective of a plan's repeats, each with data of its own; keeps no arrays."""

    plan: Plan

    @property
    def draws_data(self) -> bool:
        """Whether data are drawn anew, which those of a file can't be."""
        return self.plan.data in GENERATORS

    metrics = METRICS
    in_processes = False

    @property
    def pack_size(self) -> int:
        """The number of lanes in a pack."""
        return self.plan.objective.pack_size

    def identity(self) -> Mapping[str, object]:
        """Return what decides results beside a trial's params and repeat."""
        shared = self.plan.objective.identity()
        if not self.draws_data:
            return shared
        first = generated(self.plan.data, SEED)
        return {**shared, "data": f"{first.fingerprint}, and of the next seeds"}

    def prepare(self, trials: Sequence[Trial]) -> None:
        """Compile what these trials need."""
        self.plan.objective.prepare(trials)

    def pack_key(self, trial: Trial) -> object:
        """Return what lanes of one pack share, the data among it."""
        key = self.plan.objective.pack_key(trial)
        return (key, trial.repeat) if self.draws_data else key

    def __call__(
        self, pack: list[Trial], watch: EpochCallback
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Run a pack, and yield each result, without its arrays, when its lane is done."""
        for trial, outcome in self._objective(pack[0].repeat)(pack, watch):
            nothing = TrialResult(TrialState.FAILED)
            yield trial, replace(outcome, history=nothing.history, arrays={})

    def _objective(self, repeat: int) -> TwoLayerObjective:
        shared = cast(TwoLayerObjective, self.plan.objective)
        if not self.draws_data:
            return shared
        return replace(shared, dataset=generated(self.plan.data, SEED + repeat))

    @property
    def trials(self) -> list[Trial]:
        """All trials."""
        return grid(self.plan.axes, self.plan.repeats, self.identity())


def cache_folder() -> Path:
    """Return where this user's programs keep what they can make again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        given = os.environ.get("XDG_CACHE_HOME", "")
        base = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    return base / "sweep-lab" / "repeats"


def repeats_of(
    plan: Plan,
    cache: Path,
    *,
    jobs: int,
    progress: Progress,
    say: Callable[[str], None],
) -> pd.DataFrame:
    """Return the repeats of a plan, a row each, from the cache, or else run now and kept there.

    Before they run, `say` is told how long it will take. InputError or SweepError if they can't be
    run or kept; Interrupted after Ctrl-C, with what is finished kept.
    """
    objective = ReferenceRuns(plan)
    trials = objective.trials
    try:
        kept = kept_results(cache, trials)
    except (SweepError, sqlite3.Error):  # damaged, or just being made: see it as its owner
        kept = {}
    if len(kept) < len(trials):
        with own(cache) as directory:
            n = len(trials) - len(kept_results(cache, trials))
            say(str(_announced(plan, jobs, n / len(trials)).fill(n=n, cache=str(cache))))
            run(objective, trials, directory.store, LocalRunner(jobs), progress=progress)
        kept = kept_results(cache, trials)
    failed = [o.reason for o in kept.values() if o.state is TrialState.FAILED]
    if failed:
        raise SweepError(
            f"{len(failed)} of the trials to compare with failed ({failed[0]}); run the same "
            "command again."
        )
    return trials_frame(((trial, kept[trial.key]) for trial in trials), objective.metrics)


def _announced(plan: Plan, jobs: int, share: float) -> Text:
    """Say how long a share of the repeats takes; their number and the cache are to be filled in."""
    expected = estimate(plan, jobs)
    is_bound = expected.training == expected.at_most  # nothing converged in its short probe
    about = Text("at most", "至多") if is_bound else Text("about", "约")
    time = duration(expected.training * share)
    return Text(
        f"{{n}} trials to compare with: {about.en} {time}, once; they are kept in {{cache}}",
        f"需要 {{n}} 次训练作比较：{about.zh} {time}，只需一次，保存在 {{cache}}",
    )
