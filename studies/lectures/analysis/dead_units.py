"""Which hidden units of a plan's networks are dead: before, after, and while training goes on.

The plan's axes are ``learning_rate`` and ``activation``.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.analysis.neurons import dead_units
from network.two_layer import Parameters
from studies.experiment.result import PlanResult
from studies.lectures.analysis import networks
from studies.objectives.two_layer import PATH, network_of
from sweep.trial import Trial, TrialState

Lives = Sequence[tuple[float, pd.DataFrame]]
"""Learning rates, each with the `life` of a network's units."""


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
        shown = (units.mean(), units.all(), outcome.metrics["test_r2"])
        dead, all_dead, r2 = (np.nan if diverged else float(value) for value in shown)
        rows.append((*place(trial), born, dead, all_dead, r2, diverged, True))
    measures = ["born", "dead", "all_dead", "accuracy", "diverged", "trained"]
    columns = ["activation", "learning_rate", *measures]
    means = {"born": "mean", "dead": "mean", "all_dead": "mean", "accuracy": "median"}
    sums = {"diverged": "sum", "trained": "sum"}
    return pd.DataFrame(rows, columns=columns).groupby(columns[:2]).agg({**means, **sums})


def life(result: PlanResult, trial: Trial) -> pd.DataFrame:
    """Return which units are dead: a column a unit, a row for epoch 0 and each evaluation."""
    rows = {0: _dead(result, trial, networks.initial(result, trial))}
    rows |= {epoch: _dead(result, trial, P) for epoch, P in networks.along(result, trial)}
    return pd.DataFrame.from_dict(rows, orient="index")


def lives(result: PlanResult, name: str) -> Lives:
    """Return the life of each network with an activation that can be followed."""
    return [(place(trial)[1], life(result, trial)) for trial in followed(result, name)]


def shares_in_time(lives: Lives) -> pd.DataFrame:
    """Return the share of dead units by epoch, a column for each learning rate.

    A training that stopped early keeps its last share.
    """
    columns = {}
    for rate in sorted({rate for rate, _ in lives}):
        each = [units.mean(axis=1) for other, units in lives if other == rate]
        columns[rate] = pd.concat(each, axis=1).ffill().mean(axis=1)
    return pd.DataFrame(columns).ffill()


def deaths(lives: Lives) -> tuple[int, int]:
    """Return how many units died up to the first evaluation, and up to the last."""
    counts = [units.to_numpy(bool).sum(axis=1) for _, units in lives]
    return sum(int(n[1] - n[0]) for n in counts), sum(int(n[-1] - n[0]) for n in counts)


def any_revived(units: pd.DataFrame) -> bool:
    """Tell whether a unit that was dead at one evaluation is not at the next."""
    dead = units.to_numpy(bool)
    return bool((dead[:-1] & ~dead[1:]).any())


def born_negative(result: PlanResult) -> bool:
    """Tell whether units are born dead for their negative weight alone: one input, never < 0."""
    x = result.dataset.train_x
    starts = [networks.initial(result, trial) for trial in result.plan.trials]
    return x.shape[1] == 1 and bool(x.min() >= 0) and any((P.W1 < 0).any() for P in starts)


def followed(result: PlanResult, name: str) -> list[Trial]:
    """Return the trials with an activation that went well and whose parameters were kept."""
    return [
        trial
        for trial in networks.usable(result)
        if place(trial)[0] == name and PATH in result.outcomes[trial.key].arrays
    ]


def place(trial: Trial) -> tuple[str, float]:
    """Return the activation and the learning rate of a trial."""
    return str(trial.params["activation"]), float(str(trial.params["learning_rate"]))


def _dead(result: PlanResult, trial: Trial, P: Parameters) -> NDArray[np.bool_]:
    return dead_units(result.dataset.train_x, P, networks.activation_of(result, trial))
