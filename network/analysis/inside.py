"""The steps from x to the output, one by one (lectures 29 and 30)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network.activations import Activation
from network.models.polynomial import powers
from network.two_layer import Parameters

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """What a model of one input and one output makes of n points, step by step."""

    lines: Array  # (n, units)  the lines Z1 = X · W1 + B1; for a polynomial x itself, one column
    bent: Array  # (n, units)  the curves A1 = f(Z1); for a polynomial x, x², …, x^d
    parts: Array  # (n, units)  each curve times its weight, A1 ⊙ W2ᵀ
    bias: float  # B2, which is added to their sum
    output: Array  # (n,)


def network_steps(X: Array, P: Parameters, f: Activation) -> Steps:
    """Return (1) to (3) of ``two_layer.py`` for X of shape (n, 1), the last one as its parts."""
    Z1 = X @ P.W1 + P.B1  # (n, n_hidden)
    A1 = f.function(Z1)  # (n, n_hidden)
    parts = A1 * P.W2[:, 0]  # (n, n_hidden)
    bias = float(P.B2[0, 0])
    return Steps(Z1, A1, parts, bias, parts.sum(axis=1) + bias)


def polynomial_steps(X: Array, weights: Array) -> Steps:
    """Return the same of z = w1 x + … + wd x^d + b, given the weights w1, …, wd, b."""
    bent = powers(X, len(weights) - 1)[:, :-1]  # (n, degree), without the column of ones
    parts = bent * weights[:-1]  # (n, degree)
    bias = float(weights[-1])
    return Steps(X, bent, parts, bias, parts.sum(axis=1) + bias)
