"""The linear model, z = X · W + b: what a network with many inputs has to beat.

Its weights of the least loss come from least squares, as in the course's linear regression, of
microsoft/ai-edu, chapter 5.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.data.datasets import Dataset
from network.losses import half_mse, r2

Array = NDArray[np.float64]


class Fit(NamedTuple):
    """What least squares makes of a data set."""

    weights: Array
    loss: float  # half MSE, of a linear model in validation, of a polynomial in training
    accuracy: float  # R² on the test set


def best(data: Dataset) -> Fit:
    """Fit the training set."""
    w = least_squares(data.train_x, data.train_y)
    loss = half_mse(predict(data.validation_x, w), data.validation_y)
    return Fit(w, loss, r2(predict(data.test_x, w), data.test_y))


def least_squares(X: Array, Y: Array) -> Array:
    """Return W and, as the last row, b of the least mean squared error.

    Shapes (n, n_inputs) and (n, n_outputs) give (n_inputs + 1, n_outputs); where several weights
    are best, the shortest.
    """
    return np.asarray(np.linalg.lstsq(_with_one(X), Y, rcond=None)[0], np.float64)


def predict(X: Array, weights: Array) -> Array:
    """Compute the outputs, shape (n, n_outputs), for inputs of shape (n, n_inputs)."""
    Z: Array = _with_one(X) @ weights
    return Z


def _with_one(X: Array) -> Array:
    return np.column_stack([X, np.ones(len(X))])  # (n, n_inputs + 1)
