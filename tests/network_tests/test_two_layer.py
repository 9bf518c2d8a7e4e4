"""The network: every gradient against central differences, and the files of parameters."""

from itertools import product

import numpy as np
import pytest
from cases import each_of

from network.activations import ACTIVATIONS, TRAINABLE
from network.errors import InputError
from network.initializers import INITIALIZERS
from network.losses import TASKS
from network.two_layer import Parameters, backward, forward, initial_parameters, predict

SHAPES = [(1, 4, 1), (3, 5, 1), (2, 1, 3), (1, 2, 2)]  # inputs, hidden units, outputs


def labels(task, rng, m, n_outputs):
    if task == "regression":
        return rng.normal(size=(m, n_outputs))
    if task == "binary":
        return rng.integers(0, 2, (m, n_outputs)).astype(float)
    return np.eye(n_outputs)[rng.integers(0, n_outputs, m)]


@each_of(("name", "task", "shape"), list(product(TRAINABLE, TASKS, SHAPES)))
@each_of("m", [1, 7])
def test_gradients_agree_with_central_differences(name, task, shape, m):
    rng = np.random.default_rng(5)
    n_inputs, _, n_outputs = shape
    X, Y = rng.normal(size=(m, n_inputs)), labels(task, rng, m, n_outputs)
    P = initial_parameters(rng, INITIALIZERS["normal"], *shape)
    P.B1 += rng.normal(size=P.B1.shape)
    P.B2 += rng.normal(size=P.B2.shape)
    f, of_task = ACTIVATIONS[name], TASKS[task]
    gradients = backward(X, Y, *forward(X, P, f, of_task), P, f)
    h = 1e-6
    for p, dp in zip(P, gradients, strict=True):
        assert p.shape == dp.shape
        for index in np.ndindex(p.shape):
            value = p[index]
            p[index] = value + h
            above = of_task.loss(predict(X, P, f, of_task), Y)
            p[index] = value - h
            below = of_task.loss(predict(X, P, f, of_task), Y)
            p[index] = value
            assert dp[index] == pytest.approx((above - below) / (2 * h), rel=1e-5, abs=1e-8)


def test_parameters_survive_a_file_unchanged(tmp_path):
    P = initial_parameters(np.random.default_rng(0), INITIALIZERS["xavier"], 3, 4, 2)
    P.save(tmp_path / "p.npz")
    for saved, original in zip(Parameters.load(tmp_path / "p.npz"), P, strict=True):
        np.testing.assert_array_equal(saved, original)


@pytest.mark.parametrize(
    "arrays",
    [
        {"W1": np.ones((1, 4))},
        {
            "W1": np.ones((1, 4)),
            "B1": np.ones((1, 3)),
            "W2": np.ones((4, 1)),
            "B2": np.ones((1, 1)),
        },
        {"W1": np.array([None]), "B1": 0, "W2": 0, "B2": 0},
    ],
)
def test_files_that_hold_no_parameters_are_refused(tmp_path, arrays):
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(InputError, match=r"p\.npz"):
        Parameters.load(tmp_path / "p.npz")


def test_huge_inputs_give_no_overflow_warning():
    P = initial_parameters(np.random.default_rng(0), INITIALIZERS["normal"], 1, 4, 1)
    X = np.array([[1e308], [-1e308], [0.0]])
    for name in TRAINABLE:
        forward(X, P, ACTIVATIONS[name], TASKS["binary"])
