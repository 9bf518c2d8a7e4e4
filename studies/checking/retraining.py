"""Trainings of a run done again: whether they come to what its store has."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from network.errors import InputError, unknown_name
from reports.check import differences
from reports.check.differences import TOLERANCE
from reports.words import Text, number
from studies.checking.comparisons import IN, CheckResult
from studies.checking.remaking import claimed_values
from studies.experiment.plan import Plan
from studies.experiment.run_directory import STORE_FILE
from studies.objectives.two_layer import ENGINES, parameters_of
from studies.saved.saved_run import SavedRun
from sweep.errors import Interrupted
from sweep.progress.signals import Progress
from sweep.run import run as run_sweep
from sweep.runners.local import LocalRunner
from sweep.store.store import Store
from sweep.trial import Trial, TrialResult, TrialState


@dataclass(frozen=True)
class VerifyOptions:
    """How to verify.

    Attributes
    ----------
    sample : int or None
        So many trainings are done again; None for all.
    seed : int
        Decides which.
    engine : str
    jobs : int
    progress : callable
        Makes what is shown, given the most epochs of a training.
    """

    sample: int | None
    seed: int
    engine: str
    jobs: int
    progress: Callable[[int], Progress]

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise unknown_name("engine", self.engine, ENGINES)
        if self.sample is not None and self.sample < 1:
            raise InputError(f"sample must be a whole number ≥ 1, got {self.sample}; default: 8.")
        if self.seed < 0:
            raise InputError(f"seed must be a whole number ≥ 0, got {self.seed}.")


def at_trainings(
    saved: SavedRun, store: Store, damage: str, way: VerifyOptions, beside: Path
) -> list[CheckResult]:
    """Look at the store, and train again; what is not so in the store is put there anew.

    Parameters
    ----------
    saved : SavedRun
        Its plans have the data that its trials learned from.
    store : Store
        The mended copy of the run's.
    damage : str
        What was wrong with it before; an empty word if nothing was.
    way : VerifyOptions
    beside : Path
        Where the outcomes of trainings are kept meanwhile.
    """
    plans = saved.study.plans.values()
    trials = list({trial.key: trial for plan in plans for trial in plan.trials}.values())
    kept = {trial.key: outcome for trial, outcome in store.outcomes(trials, arrays=False)}
    lost = [trial for trial in trials if trial.key not in kept]
    chosen = [*lost, *_chosen([t for t in trials if t.key in kept], kept, way)]
    done = _train(plans, {trial.key for trial in chosen}, beside, way)
    faults = [Text(f"damaged: {damage}", f"已损坏：{damage}")] if damage else []
    for trial in lost:
        claimed = claimed_values(saved.path, trial)
        unlike = _unlike(claimed, done[trial.key]) if claimed else []
        faults += [IN.fill(place=str(trial), fault=fault) for fault in unlike or [_LOST]]
    words = Text("{n} trainings, each as it was written", "{n} 次训练，均为当初写入的内容")
    stored = CheckResult(Text(STORE_FILE, STORE_FILE), words.fill(n=len(kept)), faults)
    wrong, anew = [], list(lost)
    for trial, before in store.outcomes(chosen):
        should = done[trial.key]
        claimed = {**vars(before), **before.metrics}
        found = _unlike(claimed, should) or _unlike_arrays(before, should)
        wrong += [IN.fill(place=str(trial), fault=fault) for fault in found]
        anew += [trial] if found else []
    store.add((trial, _as_measured(done[trial.key], kept.get(trial.key))) for trial in anew)
    words = Text("{n} of {all} trainings done again{which}", "{all} 次训练中的 {n} 次重做{which}")
    seed = "" if way.sample is None else f" (--seed {way.seed})"
    what = words.fill(n=len(chosen), all=len(trials), which=seed)
    words = Text(
        "epochs the same, losses and accuracies within {bound}",
        "轮数相同，损失和准确率相差不超过 {bound}",
    )
    return [stored, CheckResult(what, words.fill(bound=f"{TOLERANCE:g}"), wrong)]


_LOST = Text("not there, or not as it was written", "缺失，或已不是当初写入的内容")


def _train(
    plans: Iterable[Plan], keys: Collection[str], store: Path, way: VerifyOptions
) -> dict[str, TrialResult]:
    """Do trials again, and return what came of them by their keys.

    Parameters
    ----------
    plans : iterable of Plan
    keys : collection of str
        Those of the trials to be done.
    store : Path
        Where results are kept meanwhile.
    way : VerifyOptions
    """
    done: dict[str, TrialResult] = {}
    with Store(store) as kept:
        for plan in plans:
            trials = [trial for trial in plan.trials if trial.key in keys]
            if not trials:
                continue
            objective, progress = replace(plan.objective, engine=way.engine), way.progress
            try:
                runner = LocalRunner(way.jobs)
                run_sweep(objective, trials, kept, runner, progress=progress(plan.max_epochs))
            except Interrupted:  # nothing is kept of it
                raise KeyboardInterrupt from None
            done |= {trial.key: result for trial, result in kept.outcomes(trials)}
    return done


def _chosen(
    trials: Sequence[Trial], kept: Mapping[str, TrialResult], way: VerifyOptions
) -> list[Trial]:
    """Choose the trainings to do again, among those that came to an end of their own."""
    open_ends = (TrialState.FAILED, TrialState.PRUNED)
    some = [trial for trial in trials if kept[trial.key].state not in open_ends]
    if way.sample is None or way.sample >= len(some):
        return some
    places = np.random.default_rng(way.seed).choice(len(some), way.sample, replace=False)
    return [some[place] for place in sorted(places)]


def _as_measured(outcome: TrialResult, before: TrialResult | None) -> TrialResult:
    """Return an outcome with the seconds and the engine of before."""
    if before is None:
        return outcome
    return replace(outcome, seconds=before.seconds, engine=before.engine)


def _unlike(there: Mapping[str, Any], should: TrialResult) -> list[Text]:
    """Return which values differ from those of the same training done again."""
    found = []
    measures = {"state": should.state, "epochs": should.epochs, **should.metrics}
    for name, must in measures.items():
        is_ = there.get(name)
        if isinstance(must, float) and isinstance(is_, float | int | None):
            is_ = np.nan if is_ is None else is_
            if not differences.is_same_number(is_, must):
                found.append(differences.instead(name, f"{is_:.9g}", f"{must:.9g}"))
        elif is_ != must:
            found.append(differences.instead(name, number(is_), must))
    return found


def _unlike_arrays(there: TrialResult, should: TrialResult) -> list[Text]:
    """Return which numbers of the history differ, or else of the final parameters."""
    histories = [
        {name: outcome.history[name] for name in outcome.history.dtype.names or ()}
        for outcome in (there, should)
    ]
    parameters = [parameters_of(outcome.arrays) for outcome in (there, should)]
    return differences.of_arrays(*histories) or differences.of_arrays(*parameters)
