"""The polynomial as a linear model on the powers of x, and its gradient.

::

    z = w1 x + w2 x² + … + wd x^d + b

With the powers x, x², …, x^d, 1 of m samples as the rows of X, and w = (w1, …, wd, b):

    (1) z  = X · w                     (3) dw = Xᵀ · dz / m
    (2) dz = z - y                     (4) w ← w - η dw

(3) is the gradient of half the mean squared error, Σ(z - y)² / (2m). The formulas are those of
the course for linear regression with several features, of microsoft/ai-edu, chapter 9.

Gradient descent itself is in ``polynomial_training.py``; `least_squares` is its bound.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from network.data.datasets import Dataset
from network.data.generated import Samples
from network.errors import InputError
from network.losses import r2
from network.models import linear
from network.models.linear import Fit

Array = NDArray[np.float64]


def training_samples(dataset: Dataset) -> Samples:
    """Return the validation and the training set as one, for here all points train."""
    arrays = dataset.course_files()["train.npz"]
    return arrays["data"], arrays["label"]


def powers(X: Array, degree: int) -> Array:
    """Return x, x², …, x^d and 1 for inputs of shape (n, 1), shape (n, degree + 1).

    Raises
    ------
    InputError
        If there is more than one input, or a power is too large for a number.
    """
    if X.ndim != 2 or X.shape[1] != 1:
        raise InputError(
            f"a polynomial needs one input, shape (n, 1), got the shape {X.shape}; "
            "leave the other columns out."
        )
    with np.errstate(over="ignore"):
        table: Array = X ** np.array([*range(1, degree + 1), 0])  # (n, degree + 1)
    if not np.isfinite(table).all():
        raise InputError(
            f"x must have finite powers up to {degree}, got |x| up to {np.abs(X).max()}; "
            "scale x to values between 0 and 1."
        )
    return table


def predict(X: Array, weights: Array) -> Array:
    """Compute the outputs, shape (n, 1), for inputs of shape (n, 1)."""
    Z: Array = powers(X, len(weights) - 1) @ weights[:, None]
    return Z


def half_mse_of(X: Array, y: Array, w: Array) -> float:
    """Return half the mean squared error, given powers (n, degree + 1) and labels (n,)."""
    dz = X @ w - y
    return float(dz @ dz / (2 * len(y)))


def gradient(X: Array, y: Array, w: Array) -> Array:
    """Return the gradient of `half_mse_of` by the weights, for powers (m, degree + 1)."""
    z = X @ w  # (1)  (m,)
    dz = z - y  # (2)  (m,)
    dw: Array = X.T @ dz / len(y)  # (3)  (degree + 1,)
    return dw


def least_squares(X: Array, Y: Array, degree: int) -> Array:
    """Return the weights of the least loss, shape (degree + 1,), for X and Y of shape (n, 1)."""
    table, _ = powers_and_labels(X, Y, degree)
    return linear.least_squares(table[:, :-1], Y)[:, 0]


def powers_and_labels(X: Array, Y: Array, degree: int) -> tuple[Array, Array]:
    """Return the powers (n, degree + 1) and the labels (n,); InputError if there are none."""
    table = powers(X, degree)
    if Y.shape != X.shape or not len(Y):
        raise InputError(
            f"a polynomial needs samples with one label each, got the shapes {X.shape} of x "
            f"and {Y.shape} of y."
        )
    return table, Y[:, 0].copy()


def bounds(dataset: Dataset, degrees: Iterable[int]) -> dict[int, Fit]:
    """Solve each degree by least squares, on the samples that gradient descent has."""
    found, (X, Y) = {}, training_samples(dataset)
    for degree in degrees:
        w = least_squares(X, Y, degree)
        loss = half_mse_of(*powers_and_labels(X, Y, degree), w)
        found[degree] = Fit(w, loss, r2(predict(dataset.test_x, w), dataset.test_y))
    return found
