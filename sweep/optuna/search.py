"""A search: points that a sampler proposes from what it has seen, instead of a grid.

It goes in rounds of eight. A round is proposed at once and trains in lock-step; its results are
told in order. So what is proposed depends on the seed alone, not on how many train at once.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from typing import Protocol

import numpy as np
import optuna
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import BaseStorage
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
from sweep.optuna.storage import StudyStorage, close
from sweep.optuna.study import ABOUT
from sweep.packs import make_packs, run_pack
from sweep.progress.signals import Signals
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

    def points(self) -> list[dict[str, Value]]:
        """Return the points of an even grid with at most `n_trials` points."""
        ranges = [axis for axis in self.axes.values() if isinstance(axis, Range)]
        lists = [axis for axis in self.axes.values() if not isinstance(axis, Range)]
        room = max(1.0, self.n_trials / prod(len(axis) for axis in lists))
        levels = int(room ** (1 / max(1, len(ranges))) + 1e-9)
        values = [
            axis.spaced(levels) if isinstance(axis, Range) else axis for axis in self.axes.values()
        ]
        points = [dict(zip(self.axes, point, strict=True)) for point in product(*values)]
        return points[: self.n_trials]


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
    """
    with storage.reported_errors():
        database = storage.open(heartbeat=None, connections=jobs + 1)
        try:
            return _Search(database, name, plan, objective, store, signals, jobs, tell).run()
        finally:
            close(database)


class _Search:
    """A study that is searched in."""

    def __init__(
        self,
        database: BaseStorage,
        name: str,
        plan: SearchPlan,
        objective: Prunable,
        store: Store,
        signals: Signals,
        jobs: int,
        tell: Tell,
    ) -> None:
        self._plan, self._objective, self._store = plan, objective, store
        self._signals, self._jobs, self._announce = signals, jobs, tell
        self._study = optuna.create_study(
            storage=database,
            study_name=name,
            pruner=PRUNERS[plan.pruner](plan.rungs),
            load_if_exists=True,
        )
        self._study.set_user_attr(ABOUT, json.dumps({"search": True}))
        self._identity, self._pruning = objective.identity(), threading.Lock()

    def run(self) -> list[Trial]:
        self._enqueue_running()
        n_trials = self._plan.n_trials
        if self._plan.sampler == "grid":
            n_trials = self._enqueue_points()
        while not self._signals.stopped:
            n_finished = len(self._finished())
            if n_finished >= n_trials:
                break
            seeds = np.random.SeedSequence((self._plan.seed, n_finished))
            sampler = SAMPLERS[self._plan.sampler]
            self._study.sampler = sampler(int(seeds.generate_state(1)[0]), _STARTUP)
            # After a kill the rest of a round comes first, and then it goes on as if undisturbed.
            size = min(ROUND - n_finished % ROUND, n_trials - n_finished)
            self._round(size, n_finished, n_trials)
        return self._gather()

    def _enqueue_running(self) -> None:
        """Enqueue anew, in their order, the points that a killed process has left."""
        states = (OptunaState.RUNNING,)
        for theirs in self._study.get_trials(deepcopy=False, states=states):
            if theirs.params.keys() == self._plan.axes.keys():
                again = create_trial(
                    state=OptunaState.WAITING,
                    params=theirs.params,
                    distributions=theirs.distributions,
                )
                self._study.add_trial(again)
            self._study.tell(theirs.number, state=OptunaState.FAIL)

    def _enqueue_points(self) -> int:
        """Enqueue the points of the grid that are not there yet; return how many it has."""
        points = [{n: shown(v) for n, v in point.items()} for point in self._plan.points()]
        trials = self._study.get_trials(deepcopy=False)
        there = [t for t in trials if t.state is not OptunaState.FAIL or has_result(t)]
        for point in points[len(there) :]:
            self._study.enqueue_trial(point)
        return len(points)

    def _finished(self) -> list[FrozenTrial]:
        return [t for t in self._study.get_trials(deepcopy=False) if has_result(t)]

    def _round(self, n: int, done: int, n_trials: int) -> None:
        """Propose trials, train them together, and tell what came of them."""
        asked = [self._ask() for _ in range(n)]  # the same point may be proposed twice
        results = self._train(asked)
        for trial, theirs in asked:
            if trial.key in results:
                result = results[trial.key]
                self._tell(theirs, result)
                self._store.add([(trial, result)])
                done += 1
                self._announce(done, n_trials, trial, result)

    def _ask(self) -> tuple[Trial, optuna.Trial]:
        theirs, params = propose(self._study, self._plan.axes)
        trial = Trial(params, 0, trial_key(self._identity, params, 0))
        for name, value in cell_of(trial).items():
            theirs.set_user_attr(name, value)
        return trial, theirs

    def _train(self, asked: list[tuple[Trial, optuna.Trial]]) -> dict[str, TrialResult]:
        trials = list({trial.key: trial for trial, _ in asked}.values())
        results = {
            trial.key: result
            for trial, result in self._store.outcomes(trials)
            if result.state not in (TrialState.FAILED, TrialState.PRUNED)
        }
        left = [trial for trial in trials if trial.key not in results]
        if not left:
            return results
        their = {trial.key: theirs for trial, theirs in asked}
        prunable = _Pruned(self._objective, partial(self._prune, their))

        def keep(trial: Trial, result: TrialResult) -> None:
            results[trial.key] = result

        with ThreadPoolExecutor(self._jobs) as pool:
            packs = make_packs(left, prunable, self._jobs)
            for one in [pool.submit(run_pack, prunable, p, self._signals, keep) for p in packs]:
                one.result()
        return results

    def _prune(
        self, their: Mapping[str, optuna.Trial], trial: Trial, epoch: int, loss: float
    ) -> bool:
        if self._plan.pruner == "none" or epoch not in self._plan.rungs:
            return False
        with self._pruning:
            their[trial.key].report(loss, epoch)
            return their[trial.key].should_prune()

    def _tell(self, theirs: optuna.Trial, result: TrialResult) -> None:
        write_result(theirs, result)
        if result.state is TrialState.PRUNED:
            self._study.tell(theirs, state=OptunaState.PRUNED)
        elif result.state is TrialState.FAILED:
            self._study.tell(theirs, state=OptunaState.FAIL)
        else:
            self._study.tell(theirs, value_of(result))

    def _gather(self) -> list[Trial]:
        """Return the trials in their order, and keep what a kill had kept from the store."""
        trials = {}
        for theirs in self._finished():
            trial = trial_of(theirs)
            trials[trial.key] = trial
            if not any(True for _ in self._store.outcomes([trial], arrays=False)):
                self._store.add([(trial, read_result(theirs))])
        return list(trials.values())


@dataclass(frozen=True)
class _Pruned:
    """An objective whose trials may be ended early; it trains in threads, which can ask."""

    _objective: Prunable
    _prune: Callable[[Trial, int, float], bool]
    in_processes = False

    @property
    def pack_size(self) -> int:
        return self._objective.pack_size

    @property
    def metrics(self) -> Sequence[str]:
        return self._objective.metrics

    def identity(self) -> Mapping[str, object]:
        return self._objective.identity()

    def prepare(self, trials: Sequence[Trial]) -> None:
        self._objective.prepare(trials)

    def pack_key(self, trial: Trial) -> object:
        return self._objective.pack_key(trial)

    def __call__(
        self, pack: list[Trial], watch: EpochCallback
    ) -> Iterator[tuple[Trial, TrialResult]]:
        def prune(lane: int, epoch: int, loss: float) -> bool:
            return self._prune(pack[lane], epoch, loss)

        yield from self._objective(pack, watch, prune)


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
