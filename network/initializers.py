"""Initial weights. Each initializer takes a Generator and a shape, and returns new weights.

The course keeps the initial weights and uses them again in every run of the same shape; here
that holds by construction, because the same seed and repeat give the same Generator.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def zero(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Return zeros, shape (n_in, n_out): all hidden units stay equal, so it learns nothing."""
    del rng
    return np.zeros((n_in, n_out))


def normal(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Return draws of N(0, 1), shape (n_in, n_out)."""
    return rng.normal(0.0, 1.0, (n_in, n_out))


def xavier(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Return uniform draws on ±√(6 / (n_in + n_out)), shape (n_in, n_out).

    X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural
    networks, 2010, formula 16.
    """
    bound = np.sqrt(6.0 / (n_in + n_out))
    return rng.uniform(-bound, bound, (n_in, n_out))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Return draws of N(0, √(2 / n_out)), shape (n_in, n_out).

    K. He and others, Delving deep into rectifiers, 2015, formula 14 (its variant that preserves
    the backward signal: n_out). The course calls it MSRA.
    """
    return rng.normal(0.0, np.sqrt(2.0 / n_out), (n_in, n_out))


Initializer = Callable[[np.random.Generator, int, int], Array]

INITIALIZERS: dict[str, Initializer] = {
    "zero": zero,
    "normal": normal,
    "xavier": xavier,
    "he": he,
}
"""All initializers by name."""
