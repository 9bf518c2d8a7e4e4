"""The networks of a plan: initial weights, parameters during training, and predictions."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from network.activations import Activation, Array, find_trainable
from network.losses import Task, find_task
from network.two_layer import Parameters, forward, predict
from studies.experiment.result import PlanResult
from studies.objectives.two_layer import PATH, TwoLayerObjective, network_of
from sweep.trial import Trial, TrialState, Value


def objective_of(result: PlanResult) -> TwoLayerObjective:
    """Return the objective of a plan of networks."""
    objective = result.plan.objective
    if not isinstance(objective, TwoLayerObjective):
        raise TypeError(f"{result.plan.model} is no network")
    return objective


def activation_of(result: PlanResult, trial: Trial) -> Activation:
    """Return the activation of a trial's hidden units."""
    return find_trainable(objective_of(result).settings(trial.params).activation)


def task_of(result: PlanResult, trial: Trial) -> Task:
    """Return what a trial learns: values, or one of two or of several classes."""
    return find_task(objective_of(result).settings(trial.params).task)


def initial(result: PlanResult, trial: Trial) -> Parameters:
    """Return what a trial started from."""
    return objective_of(result).lane(trial).initial


def usable(result: PlanResult) -> list[Trial]:
    """Return the trials whose networks are finite, without those that diverged or failed."""
    return [t for t in result.trained if result.outcomes[t.key].state != TrialState.DIVERGED]


def best(result: PlanResult) -> Trial | None:
    """Return the trial with the lowest final training loss; None if there is none."""
    return min(
        usable(result), key=lambda t: result.outcomes[t.key].metrics["train_loss"], default=None
    )


def median_trial(result: PlanResult, **params: Value) -> Trial:
    """Return the trial of a cell whose accuracy is the median, of an even number the lower one."""
    trials = [trial for trial in result.trained if params.items() <= dict(trial.params).items()]
    accuracy = np.nan_to_num(
        [result.outcomes[t.key].metrics["test_r2"] for t in trials], nan=-np.inf
    )
    return trials[int(np.argsort(accuracy, kind="stable")[(len(trials) - 1) // 2])]


def along(result: PlanResult, trial: Trial) -> Iterator[tuple[int, Parameters]]:
    """Give the epoch and the network at each evaluation, as far as they were kept."""
    start, outcome = initial(result, trial), result.outcomes[trial.key]
    for epoch, numbers in zip(outcome.history["epoch"], outcome.arrays.get(PATH, ()), strict=False):
        yield int(epoch), start.like(np.asarray(numbers, np.float64))


def train_losses(result: PlanResult, trial: Trial) -> tuple[Array, Array]:
    """Return the epochs of the evaluations and the loss on the whole training set there."""
    history = result.outcomes[trial.key].history
    return history["epoch"].astype(np.float64), history["train_loss"].astype(np.float64)


@np.errstate(over="ignore", invalid="ignore")
def layers_of(result: PlanResult, trial: Trial, X: Array) -> tuple[Array, Array, Array, Array]:
    """Return Z1, A1, Z2 and A2 of a trained network, each with a row for each row of X."""
    f, task = activation_of(result, trial), task_of(result, trial)
    P = _parameters(result, trial)
    A1, A2 = forward(X, P, f, task)
    return X @ P.W1 + P.B1, A1, A1 @ P.W2 + P.B2, A2


@np.errstate(over="ignore", invalid="ignore")
def loss_of(result: PlanResult, trial: Trial, X: Array, Y: Array) -> float:
    """Return a trained network's loss on any samples, shapes (n, n_inputs) and (n, n_outputs)."""
    f, task = activation_of(result, trial), task_of(result, trial)
    return task.loss(predict(X, _parameters(result, trial), f, task), Y)


@np.errstate(over="ignore", invalid="ignore")
def history_with_test_loss(result: PlanResult, trial: Trial) -> pd.DataFrame:
    """Return one row per evaluation with the loss on the test set, which training never uses.

    It is computed from the parameters that were kept at each evaluation.
    """
    f, task = activation_of(result, trial), task_of(result, trial)
    outcome, shape, data = result.outcomes[trial.key], _parameters(result, trial), result.dataset
    losses = [
        task.loss(predict(data.test_x, shape.like(flat.astype(float)), f, task), data.test_y)
        for flat in outcome.arrays[PATH]
    ]
    return pd.DataFrame(outcome.history).assign(test_loss=losses)


def _parameters(result: PlanResult, trial: Trial) -> Parameters:
    return network_of(result.outcomes[trial.key].arrays)
