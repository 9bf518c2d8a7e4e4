"""Trained networks, to be looked into: their functions, and their losses along the way."""

import numpy as np
import pandas as pd

from network.activations import Activation, Array, find_trainable
from network.generated import sine_function, snake_function
from network.losses import Task, find_task
from network.training import TrainingSettings
from network.two_layer import Parameters, forward, predict
from studies.plan_result import PlanResult
from sweep.trial import Trial, Value

CURVE_FUNCTIONS = {"sine": sine_function, "snake": snake_function}
"""The true curves of generated data, by its name: their loss is what the noise leaves."""


def functions_of(result: PlanResult, trial: Trial) -> tuple[Activation, Task]:
    """Return the activation of a network's hidden units, and its task."""
    settings = result.plan.objective.settings(trial.params)
    if not isinstance(settings, TrainingSettings):
        raise TypeError(f"{trial} is no network")
    return find_trainable(settings.activation), find_task(settings.task)


def median_trial(result: PlanResult, **params: Value) -> Trial:
    """Return the trial of a cell whose accuracy is the median, of an even number the lower one."""
    trials = [
        trial
        for trial in result.plan.trials
        if trial.key in result.outcomes and params.items() <= dict(trial.params).items()
    ]
    accuracy = np.nan_to_num([result.outcomes[t.key].test_r2 for t in trials], nan=-np.inf)
    return trials[int(np.argsort(accuracy, kind="stable")[(len(trials) - 1) // 2])]


@np.errstate(over="ignore", invalid="ignore")
def layers_of(result: PlanResult, trial: Trial, X: Array) -> tuple[Array, Array, Array, Array]:
    """Return Z1, A1, Z2 and A2 of a trained network, each with a row for each row of X."""
    f, task = functions_of(result, trial)
    P = _parameters(result, trial)
    A1, A2 = forward(X, P, f, task)
    return X @ P.W1 + P.B1, A1, A1 @ P.W2 + P.B2, A2


@np.errstate(over="ignore", invalid="ignore")
def loss_of(result: PlanResult, trial: Trial, X: Array, Y: Array) -> float:
    """Return a trained network's loss on any samples, shapes (n, n_inputs) and (n, n_outputs)."""
    f, task = functions_of(result, trial)
    return task.loss(predict(X, _parameters(result, trial), f, task), Y)


@np.errstate(over="ignore", invalid="ignore")
def history_with_test_loss(result: PlanResult, trial: Trial) -> pd.DataFrame:
    """Return a row an evaluation, and the loss on the test set, which training never looks at.

    It is computed from the parameters that were kept at each evaluation.
    """
    f, task = functions_of(result, trial)
    outcome, shape, data = result.outcomes[trial.key], _parameters(result, trial), result.dataset
    losses = [
        task.loss(predict(data.test_x, shape.like(flat.astype(float)), f, task), data.test_y)
        for flat in outcome.path
    ]
    return pd.DataFrame(outcome.history).assign(test_loss=losses)


def _parameters(result: PlanResult, trial: Trial) -> Parameters:
    return Parameters(**result.outcomes[trial.key].parameters)
