"""The Hessian against differences of the loss, and settling."""

import numpy as np
import pytest
from cases import each_of

from network.activations import ACTIVATIONS
from network.analysis.curvature import full_gradient, hessian, settle, signs
from network.initializers import INITIALIZERS
from network.losses import TASKS
from network.two_layer import initial_parameters, predict


def problem(name="sigmoid", task="regression", shape=(1, 3, 1), m=20):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(m, shape[0]))
    Y = rng.normal(size=(m, shape[2]))
    if task == "binary":
        Y = (Y > 0).astype(float)
    P = initial_parameters(rng, INITIALIZERS["normal"], *shape)
    f, of_task = ACTIVATIONS[name], TASKS[task]

    def loss(flat):
        return of_task.loss(predict(X, P.like(flat), f, of_task), Y)

    return full_gradient(X, Y, P, f, of_task), loss, P.flat()


@each_of(
    ("name", "task", "shape"),
    [
        ("sigmoid", "regression", (1, 3, 1)),
        ("tanh", "regression", (2, 2, 2)),
        ("softplus", "binary", (2, 2, 1)),
    ],
)
def test_the_hessian_agrees_with_central_differences_of_the_loss(name, task, shape):
    gradient, loss, p = problem(name, task, shape)
    H, h = hessian(gradient, p), 1e-3
    np.testing.assert_array_equal(H, H.T)
    for i, a in enumerate(h * np.eye(len(p))):
        for j, b in enumerate(h * np.eye(len(p))):
            corners = loss(p + a + b) - loss(p + a - b) - loss(p - a + b) + loss(p - a - b)
            assert H[i, j] == pytest.approx(corners / (4 * h * h), rel=1e-3, abs=1e-5)


def test_the_hessian_of_a_saddle_has_its_curvatures():
    H = hessian(lambda p: np.array([2.0, -3.0, 0.0]) * p, np.array([0.3, 0.1, 5.0]))
    np.testing.assert_allclose(H, np.diag([2.0, -3.0, 0.0]), atol=1e-9)
    assert signs(np.linalg.eigvalsh(H)) == (1, 1, 1)


def test_settling_takes_away_what_shakes_along_steep_directions():
    slope = np.array([1e-6, 0.0])
    steep = np.array([0.0, 2.0])
    settled = settle(lambda p: slope + steep * p, np.array([1.0, 0.5]), steps=200)
    assert settled[1] == pytest.approx(0.0, abs=1e-12)
    assert settled[0] == pytest.approx(1.0 - 200 * 1e-6 / 2)


def test_settling_lowers_the_loss():
    gradient, loss, p = problem()
    assert loss(settle(gradient, p)) < loss(p)
