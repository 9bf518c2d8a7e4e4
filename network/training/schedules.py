"""How the learning rate falls while training goes on.

A schedule takes epochs e, counted from 0, and the number of epochs n at which training ends, and
returns what the learning rate is multiplied by in these epochs: 1 in the first one, never more
than before, always above 0.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Epochs = NDArray[np.int64]


def constant(e: Epochs, n: int) -> Array:
    """Return 1: the textbook's gradient descent."""
    del n
    return np.ones(len(e))


def step(e: Epochs, n: int) -> Array:
    """Return 2^-⌊10 e / n⌋: halved after each tenth of the epochs, 1/512 in the last one."""
    return np.asarray(0.5 ** (10 * e // n), float)


def exponential(e: Epochs, n: int) -> Array:
    """Return 100^(-e / n): the same share less every epoch, a hundredth in the end."""
    return np.asarray(100.0 ** (-e / n), float)


def inverse(e: Epochs, n: int) -> Array:
    """Return 1 / (1 + 10 e / n): falls like 1 / e after a tenth of the epochs, 1/11 in the end."""
    return 1.0 / (1.0 + 10.0 * e / n)


def cosine(e: Epochs, n: int) -> Array:
    """Return cos²(π e / 2 n) = (1 + cos(π e / n)) / 2: slow, fast, and slow again towards 0.

    I. Loshchilov and F. Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017,
    formula 5, without restarts. The square doesn't cancel near the end.
    """
    return np.asarray(np.cos(np.pi / 2 * e / n) ** 2, float)


Schedule = Callable[[Epochs, int], Array]

SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "inverse": inverse,
    "cosine": cosine,
}
"""All schedules by name."""
