"""Trials of a run that are run again, and compared with what its store has."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from network.errors import InputError, unknown_name
from reports.check import differences
from reports.check.differences import IN, TOLERANCE, CheckResult
from reports.words import Text, number
from studies.experiment.plan import Plan
from studies.experiment.run_directory import STORE_FILE
from studies.objectives.two_layer import ENGINES, parameters_of
from studies.saved.saved_run import SavedRun
from sweep.errors import Interrupted, SweepError
from sweep.progress.signals import Progress
from sweep.run import run as run_sweep
from sweep.runners.local import LocalRunner
from sweep.store.repair import find_damage, open_to_read, roll_back
from sweep.store.schema import NUMBERS, TEXTS
from sweep.store.store import Store
from sweep.trial import Trial, TrialResult, TrialState


@dataclass(frozen=True)
class VerifyOptions:
    """How to verify: how many trials to run again (None for all), and the seed that chooses them.

    `progress` makes the progress display of a plan.
    """

    sample: int | None
    seed: int
    engine: str
    jobs: int
    progress: Callable[[Plan], Progress]

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise unknown_name("engine", self.engine, ENGINES)
        if self.sample is not None and self.sample < 1:
            raise InputError(f"sample must be a whole number ≥ 1, got {self.sample}; default: 8.")
        if self.seed < 0:
            raise InputError(f"seed must be a whole number ≥ 0, got {self.seed}.")


@contextmanager
def copied_store(run: Path, folder: Path) -> Iterator[tuple[Store, str]]:
    """Copy a run's store into a folder, mend it there, and give it with what was wrong, or ``""``.

    SweepError if it is no store of this version.
    """
    for name in (STORE_FILE, f"{STORE_FILE}-journal"):
        if (run / name).is_file():
            shutil.copyfile(run / name, folder / name)
    copy = folder / STORE_FILE
    try:
        damage = ""
        if copy.exists():
            roll_back(copy)
            damage = find_damage(copy)
        store = Store(copy)
    except (SweepError, sqlite3.Error, OSError) as error:
        raise SweepError(str(error).replace(str(folder), str(run))) from error
    with store:
        yield store, damage


def check_trials(
    saved: SavedRun, store: Store, damage: str, options: VerifyOptions, beside: Path
) -> list[CheckResult]:
    """Compare a run's store, copied and mended, with trials run again; what differs is replaced.

    The new results are kept in the file `beside` meanwhile.
    """
    trials = list({t.key: t for plan in saved.study.plans.values() for t in plan.trials}.values())
    kept = {trial.key: outcome for trial, outcome in store.outcomes(trials, arrays=False)}
    lost = [trial for trial in trials if trial.key not in kept]
    chosen = [*lost, *_chosen([t for t in trials if t.key in kept], kept, options)]
    done = _run_again(saved, {trial.key for trial in chosen}, beside, options)
    faults = [Text(f"damaged: {damage}", f"已损坏：{damage}")] if damage else []
    for trial in lost:
        claimed = _claimed_values(saved.path, trial)
        unlike = _unlike(claimed, done[trial.key]) if claimed else []
        faults += [IN.fill(place=str(trial), fault=fault) for fault in unlike or [_LOST]]
    words = Text("{n} trials, each as it was written", "{n} 次训练，均为当初写入的内容")
    stored = CheckResult(Text(STORE_FILE, STORE_FILE), words.fill(n=len(kept)), faults)
    wrong, anew = [], list(lost)
    for trial, before in store.outcomes(chosen):
        should = done[trial.key]
        claimed = {**vars(before), **before.metrics}
        found = _unlike(claimed, should) or _unlike_arrays(before, should)
        wrong += [IN.fill(place=str(trial), fault=fault) for fault in found]
        anew += [trial] if found else []
    store.add((trial, _as_measured(done[trial.key], kept.get(trial.key))) for trial in anew)
    words = Text("{n} of {all} trials run again{which}", "{all} 次训练中的 {n} 次重做{which}")
    seed = "" if options.sample is None else f" (--seed {options.seed})"
    what = words.fill(n=len(chosen), all=len(trials), which=seed)
    words = Text(
        "epochs the same, losses and accuracies within {bound}",
        "轮数相同，损失和准确率相差不超过 {bound}",
    )
    return [stored, CheckResult(what, words.fill(bound=f"{TOLERANCE:g}"), wrong)]


_LOST = Text("not there, or not as it was written", "缺失，或已不是当初写入的内容")


def _claimed_values(run: Path, trial: Trial) -> dict[str, Any]:
    """Return what a store says of a trial, whether or not it can be believed; empty if nothing."""
    names = (*TEXTS, *NUMBERS, "metrics")
    query = f"SELECT {', '.join(names)} FROM trials WHERE key = ?"  # noqa: S608 - our own names
    try:
        with closing(open_to_read(run / STORE_FILE)) as database:
            row = database.execute(query, (trial.key,)).fetchone()
        return {**dict(zip(names, row, strict=True)), **json.loads(row[-1])} if row else {}
    except (SweepError, sqlite3.Error, TypeError, ValueError, RecursionError):
        return {}


def _run_again(
    saved: SavedRun, keys: Collection[str], store: Path, options: VerifyOptions
) -> dict[str, TrialResult]:
    """Run the trials with these keys, and return their results."""
    done: dict[str, TrialResult] = {}
    with Store(store) as kept:
        for plan in saved.study.plans.values():
            if not (trials := [trial for trial in plan.trials if trial.key in keys]):
                continue
            objective = replace(plan.objective, engine=options.engine)
            progress = options.progress(plan)
            try:
                run_sweep(objective, trials, kept, LocalRunner(options.jobs), progress=progress)
            except Interrupted:  # nothing is kept of it
                raise KeyboardInterrupt from None
            done |= {trial.key: result for trial, result in kept.outcomes(trials)}
    return done


def _chosen(
    trials: Sequence[Trial], kept: Mapping[str, TrialResult], options: VerifyOptions
) -> list[Trial]:
    """Choose the trials to run again, among those that came to an end of their own."""
    open_ends = (TrialState.FAILED, TrialState.PRUNED)
    some = [trial for trial in trials if kept[trial.key].state not in open_ends]
    if options.sample is None or options.sample >= len(some):
        return some
    places = np.random.default_rng(options.seed).choice(len(some), options.sample, replace=False)
    return [some[place] for place in sorted(places)]


def _as_measured(outcome: TrialResult, before: TrialResult | None) -> TrialResult:
    """Return a result with the seconds and the engine of before."""
    if before is None:
        return outcome
    return replace(outcome, seconds=before.seconds, engine=before.engine)


def _unlike(there: Mapping[str, Any], should: TrialResult) -> list[Text]:
    """Return which values differ from those of the same trial run again."""
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
