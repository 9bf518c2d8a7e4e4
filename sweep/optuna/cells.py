"""A cell of one repeat as an Optuna trial: what is enqueued, and what is read back.

A trial's parameters are the cell's values and the repeat; its user attributes are the key, what
people look for, and the whole result as text. One cell may have several trials: it was tried again
after a kill, or enqueued by two processes at once. Equal keys have equal results, so any will do.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    check_distribution_compatibility,
)
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from sweep.errors import SweepError
from sweep.store.serialization import result_from_json, result_to_json
from sweep.trial import Objective, Trial, TrialResult, TrialState, Value, trial_key

FULL = "full"
KEY, CELL, STATE, RESULT = "key", "cell", "state", "result"


def distributions(
    trials: Sequence[Trial], there: Sequence[FrozenTrial]
) -> dict[str, BaseDistribution]:
    """Return what Optuna shall know of each axis, so that its figures have sensible axes.

    Parameters
    ----------
    trials : sequence of Trial
        What is to be enqueued.
    there : sequence of FrozenTrial
        What the study has. An axis that Optuna would not take beside these is left out: an axis of
        words can't grow, for instance.
    """
    axes = {n: list(dict.fromkeys(t.params[n] for t in trials)) for n in trials[0].params}
    found = {name: _axis(values) for name, values in axes.items()}
    found["repeat"] = IntDistribution(0, max(trial.repeat for trial in trials))
    known = {name: axis for theirs in there for name, axis in theirs.distributions.items()}
    for name in found.keys() & known.keys():
        other = known[name]
        if _has_choices_of(found[name], other):
            found[name] = other
        try:
            check_distribution_compatibility(other, found[name])
        except ValueError:
            del found[name]
    return found


def _has_choices_of(axis: BaseDistribution, other: BaseDistribution) -> bool:
    if isinstance(axis, CategoricalDistribution) and isinstance(other, CategoricalDistribution):
        return set(axis.choices) <= set(other.choices)
    return False


def _axis(values: list[Value]) -> BaseDistribution:
    whole = [v for v in values if isinstance(v, int)]
    if len(whole) == len(values):
        return IntDistribution(min(whole), max(whole))
    real = [v for v in values if isinstance(v, float)]
    if len(real) == len(values):
        return FloatDistribution(min(real), max(real))
    return CategoricalDistribution([shown(v) for v in values])


def shown(value: Value) -> float | int | str:
    """Return a value as Optuna may have it."""
    return FULL if value is None else value


def waiting_trial(trial: Trial, axes: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """Return what is enqueued for a trial."""
    params = {name: shown(value) for name, value in trial.params.items()}
    return create_trial(
        state=OptunaState.WAITING,
        params={name: v for name, v in {**params, "repeat": trial.repeat}.items() if name in axes},
        distributions=dict(axes),
        user_attrs=cell_of(trial),
    )


def cell_of(trial: Trial) -> dict[str, Any]:
    """Return the user attributes by which `trial_of` knows a trial."""
    return {KEY: trial.key, CELL: {"params": dict(trial.params), "repeat": trial.repeat}}


def trial_of(theirs: FrozenTrial | optuna.Trial) -> Trial:
    """Return which trial was enqueued so."""
    return Trial(**theirs.user_attrs[CELL], key=theirs.user_attrs[KEY])


def check_key(trial: Trial, objective: Objective) -> None:
    """Raise SweepError if a trial means something else to this objective."""
    if trial_key(objective.identity(), trial.params, trial.repeat) != trial.key:
        raise SweepError(
            f"the trial {trial} was enqueued by another version of this tool; install the same "
            "version on all machines."
        )


def write_result(theirs: optuna.Trial, result: TrialResult) -> None:
    """Write what people look for, then all of a result as one text."""
    content = result_to_json(result)
    theirs.set_user_attr(STATE, content[STATE])
    theirs.set_user_attr("epochs", result.epochs)
    for name, number in result.metrics.items():
        if np.isfinite(number):  # JSON has no NaN
            theirs.set_user_attr(name, number)
    theirs.set_user_attr(RESULT, json.dumps(content))


def read_result(theirs: FrozenTrial) -> TrialResult:
    """Read what `write_result` wrote."""
    content: dict[str, Any] = json.loads(theirs.user_attrs[RESULT])
    return result_from_json(content)


def has_result(theirs: FrozenTrial) -> bool:
    """Tell whether a trial is finished, and not only given up."""
    return theirs.state.is_finished() and RESULT in theirs.user_attrs


def value_of(result: TrialResult) -> float:
    """Return what Optuna minimizes; a value that is not finite is the worst of all."""
    return result.value if np.isfinite(result.value) else np.inf


class Cells:
    """The trials of a study by their cells, as they were at one moment.

    Attributes
    ----------
    waiting, running : list of FrozenTrial
    results : dict of str to FrozenTrial
        A trial that has the result, by the cell's key.
    pending : set of str
        Cells without a result that wait or run.
    lost : dict of str to FrozenTrial
        Cells without a result that neither wait nor run, and their last trial.
    """

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        self.waiting = [t for t in trials if t.state is OptunaState.WAITING]
        self.running = [t for t in trials if t.state is OptunaState.RUNNING]
        self.results: dict[str, FrozenTrial] = {}
        self.pending: set[str] = set()
        self.lost: dict[str, FrozenTrial] = {}
        by_key: dict[str, list[FrozenTrial]] = {}
        for theirs in trials:
            if KEY in theirs.user_attrs:
                by_key.setdefault(theirs.user_attrs[KEY], []).append(theirs)
        for key, those in by_key.items():
            self._sort_in(key, those)

    def _sort_in(self, key: str, those: list[FrozenTrial]) -> None:
        told = [t for t in those if has_result(t)]
        good = [t for t in told if t.user_attrs[STATE] != TrialState.FAILED]
        if good:
            self.results[key] = good[0]
        elif not all(t.state.is_finished() for t in those):
            self.pending.add(key)
        elif told:
            self.results[key] = told[-1]
        else:
            self.lost[key] = those[-1]

    @property
    def keys(self) -> set[str]:
        """The keys of all cells."""
        return {*self.results, *self.pending, *self.lost}

    def is_done(self, key: str) -> bool:
        """Tell whether a cell has a result, and has not failed."""
        return key in self.results and self.results[key].user_attrs[STATE] != TrialState.FAILED

    def is_missing(self, trial: Trial) -> bool:
        """Tell whether a trial is to be enqueued: it never was, was lost, or has failed."""
        return trial.key not in self.pending and not self.is_done(trial.key)
