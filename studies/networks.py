"""Looks into the networks of a plan: how they began, how they went, and which came out best."""

from collections.abc import Iterator

import numpy as np

from network.activations import Activation, Array, find_trainable
from network.two_layer import Parameters
from reports.words import Text
from studies.objective import TwoLayerObjective
from studies.plan_result import PlanResult
from sweep.trial import Trial, TrialState


def objective_of(result: PlanResult) -> TwoLayerObjective:
    """Return the objective of a plan of networks."""
    objective = result.plan.objective
    if not isinstance(objective, TwoLayerObjective):
        raise TypeError(f"{result.plan.model} is no network")
    return objective


def activation_of(result: PlanResult, trial: Trial) -> Activation:
    """Return the activation of a trial's hidden units."""
    return find_trainable(objective_of(result).settings(trial.params).activation)


def initial(result: PlanResult, trial: Trial) -> Parameters:
    """Return what a trial started from."""
    return objective_of(result).lane(trial).initial


def usable(result: PlanResult) -> list[Trial]:
    """Return the trials whose networks are finite, without those that diverged or failed."""
    bad = (TrialState.DIVERGED, TrialState.FAILED)
    return [
        trial
        for trial in result.plan.trials
        if trial.key in result.outcomes and result.outcomes[trial.key].state not in bad
    ]


def best(result: PlanResult) -> Trial | None:
    """Return the trial of the least training loss at its end; None if there is none."""
    return min(usable(result), key=lambda t: result.outcomes[t.key].train_loss, default=None)


def along(result: PlanResult, trial: Trial) -> Iterator[tuple[int, Parameters]]:
    """Give the epoch and the network at each evaluation, as far as they were kept."""
    start, outcome = initial(result, trial), result.outcomes[trial.key]
    for epoch, numbers in zip(outcome.history["epoch"], outcome.path, strict=False):
        yield int(epoch), start.like(np.asarray(numbers, np.float64))


def train_losses(result: PlanResult, trial: Trial) -> tuple[Array, Array]:
    """Return the epochs of the evaluations and the loss on the whole training set there."""
    history = result.outcomes[trial.key].history
    return history["epoch"].astype(np.float64), history["train_loss"].astype(np.float64)


NOTHING = Text(
    "No training ended with a usable network, so there is nothing to look into.",
    "没有一次训练得到可用的网络，因此无可分析。",
)
"""What a report says where all trainings diverged or failed."""
