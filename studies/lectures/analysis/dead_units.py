"""Which hidden units of a plan's networks are dead: before, after, and during training.

The plan's axes are ``learning_rate`` and ``activation``.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.analysis.neurons import dead_units
from network.two_layer import Parameters
from studies.experiment.result import PlanResult
from studies.lectures.analysis import networks
from studies.objectives.two_layer import PATH, network_of
from sweep.trial import Trial, TrialState


def count(result: PlanResult) -> pd.DataFrame:
    """Count dead units.

    Returns
    -------
    DataFrame
        Indexed by ``activation`` and ``learning_rate``: ``born``, the share that is dead before
        training, ``dead``, the share after it, and ``accuracy``, a median; NaN where all diverged;
        ``diverged`` and ``trained``, how many did, and of how many.
    """
    rows = []
    for trial in result.trained:
        outcome = result.outcomes[trial.key]
        diverged = outcome.state == TrialState.DIVERGED
        born = _dead(result, trial, networks.initial(result, trial)).mean()
        units = _dead(result, trial, network_of(outcome.arrays))
        ended = np.array([units.mean(), units.all(), outcome.metrics["test_r2"]])
        at_end = np.full(3, np.nan) if diverged else ended
        rows.append((*place(trial), born, *at_end, diverged, True))
    measures = ["born", "dead", "all_dead", "accuracy", "diverged", "trained"]
    columns = ["activation", "learning_rate", *measures]
    means = {"born": "mean", "dead": "mean", "all_dead": "mean", "accuracy": "median"}
    sums = {"diverged": "sum", "trained": "sum"}
    return pd.DataFrame(rows, columns=columns).groupby(columns[:2]).agg({**means, **sums})


def lives(result: PlanResult, name: str) -> pd.DataFrame:
    """Return which units with an activation are dead at epoch 0 and at each evaluation.

    Returns
    -------
    DataFrame of bool
        Indexed by the epoch; the columns are ``learning_rate``, ``repeat`` and the unit. Of the
        runs that did not diverge and whose parameters were kept; empty if there are none. A run
        that stopped early keeps its last state.
    """
    runs = {}
    for trial in networks.usable(result):
        activation, rate = place(trial)
        if activation == name and PATH in result.outcomes[trial.key].arrays:
            rows = {0: _dead(result, trial, networks.initial(result, trial))}
            rows |= {epoch: _dead(result, trial, P) for epoch, P in networks.along(result, trial)}
            runs[rate, trial.repeat] = pd.DataFrame.from_dict(rows, orient="index", dtype=float)
    return pd.concat(runs, axis=1).sort_index().ffill().astype(bool) if runs else pd.DataFrame()


def deaths(lives: pd.DataFrame) -> tuple[int, int]:
    """Return how many units died up to the first evaluation, and up to the last."""
    dead = lives.sum(axis=1).to_numpy()
    return int(dead[1] - dead[0]), int(dead[-1] - dead[0])


def any_revived(lives: pd.DataFrame) -> bool:
    """Tell whether a unit that was dead at one evaluation is not at the next."""
    dead = lives.to_numpy(bool)
    return bool((dead[:-1] & ~dead[1:]).any())


def born_negative(result: PlanResult) -> bool:
    """Tell whether units are dead at first just for a negative weight: one input, never < 0."""
    x = result.dataset.train_x
    starts = [networks.initial(result, trial) for trial in result.plan.trials]
    return x.shape[1] == 1 and bool(x.min() >= 0) and any((P.W1 < 0).any() for P in starts)


def place(trial: Trial) -> tuple[str, float]:
    """Return the activation and the learning rate of a trial."""
    return str(trial.params["activation"]), float(str(trial.params["learning_rate"]))


def _dead(result: PlanResult, trial: Trial, P: Parameters) -> NDArray[np.bool_]:
    return dead_units(result.dataset.train_x, P, networks.activation_of(result, trial))
