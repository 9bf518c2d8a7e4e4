"""Gradient and curvature of the loss of a whole training set, at given parameters.

Mini-batches make the parameters fluctuate in directions in which the loss is steep, and the
gradient there is mostly this fluctuation. `settle` removes it by some steps with the full set;
what is left is the slope that training follows.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from network.activations import Activation
from network.losses import Task
from network.two_layer import Parameters, backward, forward

Array = NDArray[np.float64]
Gradient = Callable[[Array], Array]
"""From all parameters, in the order of `Parameters.flat`, to the gradient in the same order."""

STEP = 1e-4
"""The differences of the Hessian: large against rounding, small against the parameters."""


def full_gradient(X: Array, Y: Array, shapes: Parameters, f: Activation, task: Task) -> Gradient:
    """Return the gradient of the loss of the samples X and Y, (1) to (10) of ``two_layer.py``.

    `shapes` are any parameters of the network's shapes.
    """

    def gradient(flat: Array) -> Array:
        P = shapes.like(flat)
        return backward(X, Y, *forward(X, P, f, task), P, f).flat()

    return gradient


def hessian(gradient: Gradient, flat: Array) -> Array:
    """Return the matrix of second derivatives, shape (n, n), by central differences.

    Column j is (g(p + h e_j) - g(p - h e_j)) / 2h of the exact gradient g; its error is of the
    order h², and what is not symmetric in it is error, so the two halves are averaged.
    """
    steps = STEP * np.eye(len(flat))
    columns = [(gradient(flat + step) - gradient(flat - step)) / (2 * STEP) for step in steps]
    H: Array = np.column_stack(columns)
    return (H + H.T) / 2


def settle(gradient: Gradient, flat: Array, steps: int = 200) -> Array:
    """Return the parameters after some steps of gradient descent with the whole set.

    The step length is the inverse of the largest curvature at the start, at which no direction
    overshoots.
    """
    largest = np.abs(np.linalg.eigvalsh(hessian(gradient, flat))).max()
    rate = 1.0 / max(largest, 1e-12)
    for _ in range(steps):
        flat = flat - rate * gradient(flat)
    return flat


def signs(eigenvalues: Array) -> tuple[int, int, int]:
    """Count the negative, the vanishing and the positive eigenvalues.

    Those below a millionth of the largest are no more than the error of the differences.
    """
    small = 1e-6 * np.abs(eigenvalues).max()
    negative, positive = int((eigenvalues < -small).sum()), int((eigenvalues > small).sum())
    return negative, len(eigenvalues) - negative - positive, positive
