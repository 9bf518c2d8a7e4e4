"""A search: points that a sampler proposes from what it has seen, instead of a grid.

It goes in rounds of eight. A round is proposed at once and trains in lock-step; its results are
told in order. So what is proposed depends on the seed alone, not on how many train at once.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Protocol, cast

import numpy as np
import optuna
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from sweep.grid import Range
from sweep.optuna.cells import (
    FULL,
    cell_of,
    has_result,
    read_result,
    shown,
    trial_of,
    value_of,
    write_result,
)
from sweep.optuna.storage import StudyStorage
from sweep.optuna.study import SharedStudy
from sweep.packs import make_packs, run_pack
from sweep.progress.signals import Signals
from sweep.runners.processes import in_processes
from sweep.store.store import Store
from sweep.trial import (
    EpochCallback,
    Objective,
    PruneCallback,
    Trial,
    TrialResult,
    TrialState,
    Value,
    trial_key,
)

ROUND = 8
_HALVING = 3  # one trial in three goes on from each rung
_STARTUP = 10  # so many trials are random, or never pruned, at first

Axes = Mapping[str, Range | Sequence[Value]]
"""A range, or a list to choose from, for each axis."""


class Prunable(Objective, Protocol):
    """An objective that can end single trials of a pack."""

    def __call__(
        self, pack: list[Trial], watch: EpochCallback, prune: PruneCallback = ...
    ) -> Iterable[tuple[Trial, TrialResult]]:
        """Train, and ask at each evaluation whether to end that trial."""


@dataclass(frozen=True)
class SearchPlan:
    """What is searched, and how.

    Attributes
    ----------
    axes : Axes
    n_trials : int
        How many points are tried.
    sampler, pruner : str
        Names in SAMPLERS and PRUNERS.
    rungs : sequence of int
        The epochs at which a trial may be pruned. Only there its loss is written into the study.
    seed : int
    """

    axes: Axes
    n_trials: int
    sampler: str
    pruner: str
    rungs: Sequence[int]
    seed: int


def even_points(axes: Axes, n: int) -> list[dict[str, Value]]:
    """Return the points of an even grid that has at most n of them."""
    n_ranges = sum(isinstance(axis, Range) for axis in axes.values())
    n_chosen = prod(1 if isinstance(axis, Range) else len(axis) for axis in axes.values())
    levels = int(max(1.0, n / n_chosen) ** (1 / max(1, n_ranges)) + 1e-9)
    values = [axis.spaced(levels) if isinstance(axis, Range) else axis for axis in axes.values()]
    return [dict(zip(axes, point, strict=True)) for point in product(*values)][:n]


SAMPLERS: dict[str, Callable[[int, int], BaseSampler]] = {
    "grid": lambda seed, startup: RandomSampler(seed),  # noqa: ARG005 - its points are enqueued
    "random": lambda seed, startup: RandomSampler(seed),  # noqa: ARG005
    "tpe": lambda seed, startup: TPESampler(
        n_startup_trials=startup, constant_liar=True, seed=seed
    ),
}
"""Samplers by name, made of a seed and a number of trials that are random at first."""

PRUNERS: dict[str, Callable[[Sequence[int]], BasePruner]] = {
    "none": lambda rungs: NopPruner(),  # noqa: ARG005
    "median": lambda rungs: MedianPruner(_STARTUP, n_warmup_steps=rungs[0] - 1),
    "halving": lambda rungs: SuccessiveHalvingPruner(rungs[0], _HALVING),
}


Tell = Callable[[int, int, Trial, TrialResult], None]
"""Is told (points done, points in all, the last one of them, what came of it)."""


def rungs_of(pruner: str, max_epochs: int, eval_every: int) -> list[int]:
    """Return the epochs at which a trial may be pruned: few, for each one is written down."""
    if pruner == "halving":
        wanted = [max_epochs / _HALVING**k for k in (3, 2, 1)]
    else:
        wanted = [max_epochs * k / 10 for k in range(1, 10)]
    evaluations = [int(np.ceil(epoch / eval_every)) * eval_every for epoch in wanted]
    return sorted({epoch for epoch in evaluations if epoch < max_epochs}) or [max_epochs]


def search(
    storage: StudyStorage,
    name: str,
    plan: SearchPlan,
    objective: Prunable,
    store: Store,
    signals: Signals,
    *,
    jobs: int,
    tell: Tell,
    timeout: float | None = None,
) -> list[Trial]:
    """Search until so many trials are finished, and return them in their order.

    Parameters
    ----------
    storage : StudyStorage
    name : str
        The study's. One that was begun before goes on; one process at a time searches in it.
    plan : SearchPlan
    objective : Prunable
    store : Store
        Gets each result; what it has is not trained again.
    signals : Signals
        A stop leaves what was being trained to the next run.
    jobs : int
        How many packs train at once.
    tell : callable
        Is told each point that is finished.
    timeout : float, optional
        Seconds after which a trial that runs in a process has failed.
    """
    about = {"search": True, "identity": dict(objective.identity())}
    with (
        storage.reported_errors(),
        closing(SharedStudy(storage, name, jobs=jobs, heartbeat=None, about=about)) as study,
        in_processes(objective, signals, timeout) as trained,
    ):
        prunable = cast(Prunable, trained)
        return _Search(study.optuna, plan, prunable, store, signals, jobs, tell).run()


@dataclass(frozen=True)
class _Search:
    """A study that is searched in, and what `search` is given."""

    study: optuna.Study
    plan: SearchPlan
    objective: Prunable
    store: Store
    signals: Signals
    jobs: int
    announce: Tell
    pruning: threading.Lock = field(default_factory=threading.Lock)
    reported: dict[int, int] = field(default_factory=dict)  # the last rung, by trial

    def run(self) -> list[Trial]:
        plan = self.plan
        self.study.pruner = PRUNERS[plan.pruner](plan.rungs)
        self._enqueue_running()
        n_trials = self._enqueue_points() if plan.sampler == "grid" else plan.n_trials
        while not self.signals.stopped:
            n_finished = len(self._finished())
            if n_finished >= n_trials:
                break
            seeds = np.random.SeedSequence((plan.seed, n_finished))
            seed = int(seeds.generate_state(1)[0])
            self.study.sampler = SAMPLERS[plan.sampler](seed, _STARTUP)
            # After a kill the rest of a round comes first, and then it goes on as if undisturbed.
            size = min(ROUND - n_finished % ROUND, n_trials - n_finished)
            self._round(size, n_finished, n_trials)
        return self._gather()

    def _enqueue_running(self) -> None:
        """Enqueue anew, in their order, the points that a killed process has left."""
        states = (OptunaState.RUNNING,)
        for theirs in self.study.get_trials(deepcopy=False, states=states):
            if theirs.params.keys() == self.plan.axes.keys():
                again = create_trial(
                    state=OptunaState.WAITING,
                    params=theirs.params,
                    distributions=theirs.distributions,
                )
                self.study.add_trial(again)
            self.study.tell(theirs.number, state=OptunaState.FAIL)

    def _enqueue_points(self) -> int:
        """Enqueue the points of the grid that are not there yet; return how many it has."""
        points = [
            {name: shown(value) for name, value in point.items()}
            for point in even_points(self.plan.axes, self.plan.n_trials)
        ]
        trials = self.study.get_trials(deepcopy=False)
        there = [t for t in trials if t.state is not OptunaState.FAIL or has_result(t)]
        for point in points[len(there) :]:
            self.study.enqueue_trial(point)
        return len(points)

    def _finished(self) -> list[FrozenTrial]:
        return [t for t in self.study.get_trials(deepcopy=False) if has_result(t)]

    def _round(self, n: int, done: int, n_trials: int) -> None:
        """Propose trials, train them together, and tell what came of them."""
        asked = [self._ask() for _ in range(n)]  # the same point may be proposed twice
        results = self._train(asked)
        for trial, theirs in asked:
            if trial.key in results:
                result = results[trial.key]
                self._tell(theirs, result)
                self.store.add([(trial, result)])
                done += 1
                self.announce(done, n_trials, trial, result)

    def _ask(self) -> tuple[Trial, optuna.Trial]:
        theirs, params = propose(self.study, self.plan.axes)
        trial = Trial(params, 0, trial_key(self.objective.identity(), params, 0))
        for name, value in cell_of(trial).items():
            theirs.set_user_attr(name, value)
        return trial, theirs

    def _train(self, asked: list[tuple[Trial, optuna.Trial]]) -> dict[str, TrialResult]:
        trials = list({trial.key: trial for trial, _ in asked}.values())
        results = {
            trial.key: result
            for trial, result in self.store.outcomes(trials)
            if result.state not in (TrialState.FAILED, TrialState.PRUNED)
        }
        left = [trial for trial in trials if trial.key not in results]
        if not left:
            return results
        their = {trial.key: theirs for trial, theirs in asked}

        def train(pack: list[Trial], watch: EpochCallback) -> Iterable[tuple[Trial, TrialResult]]:
            if self.plan.pruner == "none":
                return self.objective(pack, watch)

            def prune(lane: int, epoch: int, loss: float) -> bool:
                return self._prune(their[pack[lane].key], epoch, loss)

            return self.objective(pack, watch, prune)

        def keep(trial: Trial, result: TrialResult) -> None:
            results[trial.key] = result

        with ThreadPoolExecutor(self.jobs) as pool:
            packs = make_packs(left, self.objective, self.jobs)
            for one in [pool.submit(run_pack, train, p, self.signals, keep) for p in packs]:
                one.result()
        return results

    def _prune(self, theirs: optuna.Trial, epoch: int, loss: float) -> bool:
        """Report the loss at a rung, or at the first evaluation after it, and ask the pruner."""
        rung = max((rung for rung in self.plan.rungs if rung <= epoch), default=0)
        if rung <= self.reported.get(theirs.number, 0):
            return False
        with self.pruning:
            self.reported[theirs.number] = rung
            theirs.report(loss, rung)
            return theirs.should_prune()

    def _tell(self, theirs: optuna.Trial, result: TrialResult) -> None:
        write_result(theirs, result)
        states = {TrialState.PRUNED: OptunaState.PRUNED, TrialState.FAILED: OptunaState.FAIL}
        state = states.get(result.state)
        self.study.tell(theirs, value_of(result) if state is None else None, state)

    def _gather(self) -> list[Trial]:
        """Return the trials in their order, and keep what a kill had kept from the store."""
        trials = {}
        for theirs in self._finished():
            trial = trial_of(theirs)
            trials[trial.key] = trial
            if not any(True for _ in self.store.outcomes([trial], arrays=False)):
                self.store.add([(trial, read_result(theirs))])
        return list(trials.values())


def propose(study: optuna.Study, axes: Axes) -> tuple[optuna.Trial, dict[str, Value]]:
    """Let a study's sampler propose a point; return its trial there, and the point."""
    theirs = study.ask()
    return theirs, {name: _suggest(theirs, name, axis) for name, axis in axes.items()}


def _suggest(theirs: optuna.Trial, name: str, axis: Range | Sequence[Value]) -> Value:
    if not isinstance(axis, Range):
        value: Value = theirs.suggest_categorical(name, [shown(v) for v in axis])
        return None if value == FULL else value
    if axis.is_whole:
        return theirs.suggest_int(name, int(axis.low), int(axis.high), log=axis.log)
    return theirs.suggest_float(name, axis.low, axis.high, log=axis.log)
