"""Activation functions of the hidden layer, each with its derivative (lecture 24).

Every derivative is written in terms of the activation ``A = f(Z)`` itself, because that is what
the backward pass still holds: the sigmoid's is ``A (1 - A)``, and the other functions allow the
same. Exponentials are only ever taken of non-positive numbers, so no finite input overflows.

``engine/one_sample.py`` has the same formulas for vectors of the compiled engine.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network.errors import InputError, unknown_name

Array = NDArray[np.float64]

LEAKY_SLOPE = 0.01
"""Slope of the leaky ReLU for negative inputs."""

ELU_SCALE = 1.0
"""The α of the ELU: it saturates at -α."""


@dataclass(frozen=True)
class Activation:
    """A function of one number, applied to each element of an array, and its derivative."""

    name: str
    function: Callable[[Array], Array]  # of Z
    derivative: Callable[[Array], Array]  # dA/dZ, as a function of A, not Z
    trainable: bool = True  # False where the derivative is zero everywhere


def sigmoid(Z: Array) -> Array:
    """Return 1 / (1 + e^-z), the logistic function, for any finite z without overflow."""
    e = np.exp(-np.abs(Z))  # in (0, 1]
    return np.where(Z >= 0, 1.0, e) / (1.0 + e)


def tanh(Z: Array) -> Array:
    """Return 2 / (1 + e^-2z) - 1, the form of the hyperbolic tangent with one exponential.

    It is written as (1 - e^-2|z|) / (1 + e^-2|z|) with the sign of z.
    """
    e = np.exp(-np.abs(Z))
    return np.sign(Z) * (1.0 - e * e) / (1.0 + e * e)


def relu(Z: Array) -> Array:
    """Return max(z, 0)."""
    return np.maximum(Z, 0.0)


def leaky_relu(Z: Array) -> Array:
    """Return z where z > 0, and 0.01 z elsewhere."""
    return np.where(Z > 0, Z, LEAKY_SLOPE * Z)


def elu(Z: Array) -> Array:
    """Return z where z > 0, and α (e^z - 1) elsewhere."""
    return np.where(Z > 0, Z, ELU_SCALE * np.expm1(np.minimum(Z, 0.0)))


def softplus(Z: Array) -> Array:
    """Return ln(1 + e^z), written as max(z, 0) + ln(1 + e^-|z|)."""
    return np.maximum(Z, 0.0) + np.log1p(np.exp(-np.abs(Z)))


def step(Z: Array) -> Array:
    """Return 1 where z > 0, and 0 elsewhere: the relay of the lecture."""
    return np.where(Z > 0, 1.0, 0.0)


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("sigmoid", sigmoid, lambda A: A * (1.0 - A)),
        Activation("tanh", tanh, lambda A: 1.0 - A * A),
        Activation("relu", relu, lambda A: np.where(A > 0, 1.0, 0.0)),
        Activation("leaky_relu", leaky_relu, lambda A: np.where(A > 0, 1.0, LEAKY_SLOPE)),
        Activation("elu", elu, lambda A: np.where(A > 0, 1.0, A + ELU_SCALE)),
        Activation("softplus", softplus, lambda A: -np.expm1(-A)),
        Activation("step", step, np.zeros_like, trainable=False),
    )
}
"""All activations by name."""

TRAINABLE = tuple(name for name, activation in ACTIVATIONS.items() if activation.trainable)
"""Names of the activations that gradient descent can train."""


def find_trainable(name: str) -> Activation:
    """Look up an activation; InputError if it is unknown or lets no gradient through."""
    if name not in ACTIVATIONS:
        raise unknown_name("activation", name, TRAINABLE)
    if not ACTIVATIONS[name].trainable:
        raise InputError(
            f"activation {name!r} can be plotted but not trained: its derivative is 0 "
            f"everywhere, so no gradient comes through; choose one of {', '.join(TRAINABLE)}."
        )
    return ACTIVATIONS[name]
