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
from sweep.store.serialization import readable, result_from_json, result_to_json
from sweep.trial import Objective, Trial, TrialResult, TrialState, Value, trial_key

FULL = "full"
KEY, CELL, STATE, RESULT = "key", "cell", "state", "result"


def distributions(
    trials: Sequence[Trial], there: Sequence[FrozenTrial]
) -> dict[str, BaseDistribution]:
    """Return what Optuna shall know of each axis, so that its figures have sensible axes.

    An axis that Optuna would not take beside the trials that are there is left out: an axis of
    words can't grow, for instance.
    """
    known = {name: axis for theirs in there for name, axis in theirs.distributions.items()}
    found: dict[str, BaseDistribution] = {}
    for name in trials[0].params:
        values = list(dict.fromkeys(trial.params[name] for trial in trials))
        axis = _axis(values, known.get(name))
        try:
            check_distribution_compatibility(known.get(name, axis), axis)
        except ValueError:
            continue
        found[name] = axis
    return {**found, "repeat": IntDistribution(0, max(trial.repeat for trial in trials))}


def _axis(values: list[Value], known: BaseDistribution | None) -> BaseDistribution:
    whole = [v for v in values if isinstance(v, int)]
    if len(whole) == len(values):
        return IntDistribution(min(whole), max(whole))
    real = [v for v in values if isinstance(v, float)]
    if len(real) == len(values):
        return FloatDistribution(min(real), max(real))
    words = [shown(v) for v in values]
    if isinstance(known, CategoricalDistribution) and set(words) <= set(known.choices):
        return known
    return CategoricalDistribution(words)


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
    with readable("what the study says"):
        trial = Trial(**theirs.user_attrs[CELL], key=theirs.user_attrs[KEY])
        if not (isinstance(trial.params, dict) and type(trial.repeat) is int):
            raise TypeError(f"{trial.params!r:.60}, repeat {trial.repeat!r:.20}")
        return trial


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
    with readable("a result that was kept"):
        return result_from_json(json.loads(theirs.user_attrs[RESULT]))


def has_result(theirs: FrozenTrial) -> bool:
    """Tell whether a trial is finished with a result.

    One whose process was killed before it could say so has been given up, whatever it wrote: it is
    run again, or Optuna would never know the value of its cell.
    """
    is_finished = theirs.state.is_finished() and RESULT in theirs.user_attrs
    is_given_up = theirs.state is OptunaState.FAIL
    return is_finished and (not is_given_up or theirs.user_attrs.get(STATE) == TrialState.FAILED)


def is_done(theirs: FrozenTrial) -> bool:
    """Tell whether a trial has a result, and has not failed."""
    return has_result(theirs) and theirs.user_attrs.get(STATE) != TrialState.FAILED


def value_of(result: TrialResult) -> float:
    """Return what Optuna minimizes; a value that is not finite is the worst of all."""
    return result.value if np.isfinite(result.value) else np.inf


def by_cell(trials: Sequence[FrozenTrial]) -> dict[str, FrozenTrial]:
    """Return the trial that counts for each cell, by its key: the first that is done, or the last.

    Parameters
    ----------
    trials : sequence of FrozenTrial
        All of a study, in their order.
    """
    found: dict[str, FrozenTrial] = {}
    for theirs in trials:
        key = theirs.user_attrs.get(KEY)  # there is none if others had taken all that waited
        if isinstance(key, str) and not (key in found and is_done(found[key])):
            found[key] = theirs
    return found
