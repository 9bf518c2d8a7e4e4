"""The linear model by least squares."""

import numpy as np
import pytest

from network.models import linear


def test_least_squares_find_the_weights_of_data_without_noise():
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(20, 3)), rng.normal(size=(4, 2))
    Y = linear.predict(X, weights)
    assert pytest.approx(X @ weights[:3] + weights[3]) == Y
    assert linear.least_squares(X, Y) == pytest.approx(weights)


def test_the_numerical_gradient_is_zero_at_the_least_squares_weights():
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(30, 3)), rng.normal(size=(30, 1))
    best, h = linear.least_squares(X, Y), 1e-5

    def loss(weights):
        return ((linear.predict(X, weights) - Y) ** 2).mean() / 2

    for i in range(len(best)):
        step = np.zeros_like(best)
        step[i] = h
        assert (loss(best + step) - loss(best - step)) / (2 * h) == pytest.approx(0, abs=1e-9)
        assert loss(best + 100 * step) > loss(best)
