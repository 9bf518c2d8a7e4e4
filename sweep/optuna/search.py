"""A search: points that a sampler proposes from what it has seen, instead of a grid.

It goes in rounds of eight. A round is proposed at once and trains in lock-step; its results are
told in order. So what is proposed depends on the seed alone, not on how many train at once.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from typing import Any, Protocol

import numpy as np
import optuna
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from sweep.grid import Range
from sweep.optuna.queue import FULL
from sweep.optuna.storage import Place, close, experimental
from sweep.optuna.study import ABOUT, OUTCOME, describe_outcome
from sweep.packs import make_packs, run_pack
from sweep.progress.signals import Signals
from sweep.store.serialization import result_from_json
from sweep.store.store import Store
from sweep.trial import (
    EpochCallback,
    Objective,
    PruneCallback,
    Trial,
    TrialResult,
    Value,
    trial_key,
)
from sweep.trial import TrialState as State

ROUND = 8
_HALVING = 3  # one trial in three goes on from each rung
_STARTUP = 10  # so many trials are random, or never pruned, at first


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
    axes : mapping
        A range, or a list to choose from, for each axis.
    n_trials : int
        How many points are tried.
    sampler, pruner : str
        Names in SAMPLERS and PRUNERS.
    rungs : sequence of int
        The epochs at which a trial may be pruned. Only there its loss is written into the study.
    seed : int
    """

    axes: Mapping[str, Range | Sequence[Value]]
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


SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "grid": lambda seed: RandomSampler(seed),  # its points are enqueued
    "random": lambda seed: RandomSampler(seed),
    "tpe": lambda seed: TPESampler(n_startup_trials=_STARTUP, constant_liar=True, seed=seed),
}
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
    place: Place,
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
    place : Place
    name : str
        The study's. One that was begun before goes on; one process at a time searches in it.
    plan : Plan
    objective : Prunable
    store : Store
        Gets each outcome; what it has is not trained again.
    signals : Signals
        A stop leaves what was being trained to the next run.
    jobs : int
        How many packs train at once.
    tell : callable
        Is told each point that is finished.
    """
    with place.speaking():
        storage = place.open(heartbeat=None, connections=jobs + 1)
        try:
            with experimental():
                return _Search(storage, name, plan, objective, store, signals, jobs, tell).run()
        finally:
            close(storage)


class _Search:
    """A study that is searched in."""

    def __init__(
        self,
        storage: optuna.storages.BaseStorage,
        name: str,
        plan: SearchPlan,
        objective: Prunable,
        store: Store,
        signals: Signals,
        jobs: int,
        tell: Tell,
    ) -> None:
        self._storage, self._plan, self._objective, self._store = storage, plan, objective, store
        self._signals, self._jobs, self._announce = signals, jobs, tell
        self._study = optuna.create_study(
            storage=storage,
            study_name=name,
            pruner=PRUNERS[plan.pruner](plan.rungs),
            load_if_exists=True,
        )
        self._study.set_metric_names(["validation loss"])
        storage.set_study_system_attr(self._study._study_id, ABOUT, {"search": True})
        self._identity, self._pruning = objective.identity(), threading.Lock()

    def run(self) -> list[Trial]:
        for frozen in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._storage.set_trial_state_values(frozen._trial_id, TrialState.WAITING)
        n_trials = self._plan.n_trials
        if self._plan.sampler == "grid":
            n_trials = self._enqueue_points()
        while not self._signals.stopped:
            finished = self._finished()
            if len(finished) >= n_trials:
                break
            seeds = np.random.SeedSequence((self._plan.seed, len(finished)))
            self._study.sampler = SAMPLERS[self._plan.sampler](int(seeds.generate_state(1)[0]))
            # After a kill the rest of a round comes first, and then it goes on as if undisturbed.
            size = min(ROUND - len(finished) % ROUND, n_trials - len(finished))
            self._round(size, len(finished), n_trials)
        return self._gather()

    def _enqueue_points(self) -> int:
        points = self._plan.points()
        for point in points[len(self._study.get_trials(deepcopy=False)) :]:
            self._study.enqueue_trial({n: FULL if v is None else v for n, v in point.items()})
        return len(points)

    def _finished(self) -> list[optuna.trial.FrozenTrial]:
        trials = self._study.get_trials(deepcopy=False)
        return [t for t in trials if t.state.is_finished() and OUTCOME in t.system_attrs]

    def _round(self, n: int, done: int, n_trials: int) -> None:
        """Propose trials, train them together, and tell what came of them."""
        asked = [self._ask() for _ in range(n)]  # the same point may be proposed twice
        outcomes = self._train(asked)
        for trial, theirs in asked:
            if trial.key in outcomes:
                outcome = outcomes[trial.key]
                self._tell(theirs, outcome)
                self._store.add([(trial, outcome)])
                done += 1
                self._announce(done, n_trials, trial, outcome)

    def _ask(self) -> tuple[Trial, optuna.Trial]:
        theirs = self._study.ask()
        params = {name: _suggest(theirs, name, axis) for name, axis in self._plan.axes.items()}
        trial = Trial(params, 0, trial_key(self._identity, params, 0))
        theirs.set_user_attr("key", trial.key)
        return trial, theirs

    def _train(self, asked: list[tuple[Trial, optuna.Trial]]) -> dict[str, TrialResult]:
        trials = list({trial.key: trial for trial, _ in asked}.values())
        outcomes = {
            trial.key: o
            for trial, o in self._store.outcomes(trials)
            if o.state not in (State.FAILED, State.PRUNED)
        }
        left = [trial for trial in trials if trial.key not in outcomes]
        if not left:
            return outcomes
        their = {trial.key: theirs for trial, theirs in asked}
        prunable = _Pruned(self._objective, partial(self._prune, their))

        def keep(trial: Trial, outcome: TrialResult) -> None:
            outcomes[trial.key] = outcome

        with ThreadPoolExecutor(self._jobs) as pool:
            packs = make_packs(left, prunable, self._jobs)
            for one in [pool.submit(run_pack, prunable, p, self._signals, keep) for p in packs]:
                one.result()
        return outcomes

    def _prune(
        self, their: Mapping[str, optuna.Trial], trial: Trial, epoch: int, loss: float
    ) -> bool:
        if self._plan.pruner == "none" or epoch not in self._plan.rungs:
            return False
        theirs = their[trial.key]
        with self._pruning:
            known = self._storage.get_trial(theirs._trial_id).intermediate_values
            if epoch not in known:  # as it is after a kill
                theirs.report(loss, epoch)
            return theirs.should_prune()

    def _tell(self, theirs: optuna.Trial, outcome: TrialResult) -> None:
        describe_outcome(self._storage, theirs._trial_id, outcome)
        if outcome.state is State.PRUNED:
            self._study.tell(theirs, state=TrialState.PRUNED)
        elif outcome.state is State.FAILED:
            self._study.tell(theirs, state=TrialState.FAIL)
        else:
            loss = outcome.validation_loss
            self._study.tell(theirs, loss if np.isfinite(loss) else np.inf)

    def _gather(self) -> list[Trial]:
        """Return the trials in their order, and keep what a kill had kept from the store."""
        trials = {}
        for frozen in self._finished():
            params = {name: frozen.params[name] for name in self._plan.axes}
            params = {name: None if value == FULL else value for name, value in params.items()}
            trial = Trial(params, 0, frozen.user_attrs["key"])
            trials[trial.key] = trial
            if not any(True for _ in self._store.outcomes([trial], arrays=False)):
                outcome = result_from_json(frozen.system_attrs[OUTCOME])
                self._store.add([(trial, outcome)])
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


def _suggest(theirs: optuna.Trial, name: str, axis: Range | Sequence[Value]) -> Any:
    if not isinstance(axis, Range):
        value = theirs.suggest_categorical(name, [FULL if v is None else v for v in axis])
        return None if value == FULL else value
    if axis.is_whole:
        return theirs.suggest_int(name, int(axis.low), int(axis.high), log=axis.log)
    return theirs.suggest_float(name, axis.low, axis.high, log=axis.log)
