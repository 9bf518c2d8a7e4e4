"""What the output is measured by: a loss, and an accuracy that people can read.

A *task* joins the classification function of the output layer, the loss and the accuracy that
belong together. The pairs are chosen so that the gradient at the output is ``A2 - Y`` in all
three (see ``two_layer.py``).

In all functions ``A2`` are outputs and ``Y`` labels, both of shape (m, n_outputs). Losses of
single outputs are summed, and averaged over the m samples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network.activations import sigmoid

Array = NDArray[np.float64]

TINY = float(np.finfo(np.float64).tiny)
"""Added inside logarithms; far below any loss that matters."""


@np.errstate(over="ignore")
def half_mse(A2: Array, Y: Array) -> float:
    """Return half the mean squared error, Σ(a - y)² / (2m)."""
    return float(np.sum((A2 - Y) ** 2) / (2 * len(Y)))


def binary_cross_entropy(A2: Array, Y: Array) -> float:
    """Return -Σ(y ln a + (1 - y) ln(1 - a)) / m, for labels 0 and 1."""
    likelihood = Y * np.log(A2 + TINY) + (1 - Y) * np.log(1 - A2 + TINY)
    return float(-np.sum(likelihood) / len(Y))


def cross_entropy(A2: Array, Y: Array) -> float:
    """Return -Σ y ln a / m, for labels of which one in each row is 1 and the others 0."""
    return float(-np.sum(Y * np.log(A2 + TINY)) / len(Y))


@np.errstate(over="ignore", invalid="ignore")
def variance(Y: Array) -> float:
    """Return the mean squared distance of the labels from their mean; NaN where it is 0."""
    spread = float(np.sum((Y - Y.mean(axis=0)) ** 2) / len(Y))
    return float("nan") if spread == 0 or np.all(Y[0] == Y) else spread


def r2_from_loss(loss: float, variance: float) -> float:
    """Return R² = 1 - MSE / Var(y), given half the MSE and the variance of the labels."""
    return 1.0 - 2.0 * loss / variance


def r2(A2: Array, Y: Array) -> float:
    """Return R² = 1 - MSE / Var(y); NaN where the labels are constant, for Var(y) is 0 then.

    With several outputs both sums run over all of them.
    """
    return r2_from_loss(half_mse(A2, Y), variance(Y))


def accuracy(A2: Array, Y: Array) -> float:
    """Return the share of samples, 0 to 1, whose class is the right one.

    One output means two classes, told apart at 0.5; with several the largest output wins.
    """
    if Y.shape[1] == 1:
        return float(np.mean((A2 >= 0.5) == (Y >= 0.5)))
    return float(np.mean(A2.argmax(axis=1) == Y.argmax(axis=1)))


def identity(Z2: Array) -> Array:
    """Return Z2 itself: regression has no function after the last layer."""
    return Z2


def softmax(Z2: Array) -> Array:
    """Return e^z / Σ e^z for each row, after taking the row's largest z from all (no overflow)."""
    e = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Task:
    """What the network is for."""

    name: str
    output: Callable[[Array], Array]  # the function after the output layer, Z2 to A2
    loss: Callable[[Array, Array], float]  # (A2, Y) to the loss that training descends
    accuracy: Callable[[Array, Array], float]  # (A2, Y) to R², for classes the share of right ones


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("regression", identity, half_mse, r2),
        Task("binary", sigmoid, binary_cross_entropy, accuracy),
        Task("multiclass", softmax, cross_entropy, accuracy),
    )
}
"""All tasks by name."""
