"""Random numbers depend on the seed, the repeat and what is drawn; never on order or time.

In one repeat every cell of a grid starts from the same weights (of its shape) and sees the
samples in the same orders, so cells differ only in what is tuned.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What is drawn; each has its own random numbers."""

    WEIGHTS = 0
    ORDERS = 1
    USER = 2  # of a function that users write


def generator(seed: int, repeat: int, *stream: int) -> np.random.Generator:
    """Return the Generator of one stream in one repeat."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(repeat, *stream)))
