"""Whether a result that a store has can be one of an objective: others may have written it."""

import numpy as np

from network.models.polynomial_training import POLYNOMIAL_HISTORY
from network.training.loop import HISTORY
from studies.objectives.polynomial import PolynomialObjective
from studies.objectives.two_layer import PATH, TwoLayerObjective
from sweep.errors import SweepError
from sweep.trial import Objective, Trial, TrialResult, TrialState


def check_result(objective: Objective, trial: Trial, result: TrialResult) -> None:
    """Raise SweepError if a result has another kind of history, or other arrays and not none."""
    arrays, history = result.arrays, result.history
    if result.state is TrialState.FAILED:
        return
    if isinstance(objective, TwoLayerObjective):
        initial, kind = objective.lane(trial).initial, HISTORY
        shapes = {name: array.shape for name, array in initial.as_dict().items()}
        if PATH in arrays:
            shapes[PATH] = (len(history), len(initial.flat()))
    elif isinstance(objective, PolynomialObjective):
        kind = POLYNOMIAL_HISTORY
        shapes = {"weights": (objective.settings(trial.params).degree + 1,)}
    else:
        return
    if not (
        history.dtype == kind
        and history.shape == (history.size,) != (0,)
        and (np.diff(history["epoch"], prepend=0) > 0).all()
        and not any((history[name] < 0).any() for name in kind.names or () if "loss" in name)
        and result.metrics.get("updates") == history["updates"][-1]
        and {name: array.shape for name, array in arrays.items()} in (shapes, {})
        and all(array.dtype.kind == "f" for array in arrays.values())
    ):
        raise SweepError(
            f"the store holds a result of the trial {trial} that is none of its model; another "
            "program wrote it: run the sweep in a new directory."
        )
