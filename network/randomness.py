"""Where all chance comes from: the seed, the repeat, and what is drawn; never order or time.

In one repeat every cell of a grid starts from the same weights (of its shape) and sees the
samples in the same orders, so cells differ in nothing but what is tuned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

Orders = NDArray[np.int32]

_BLOCK_SAMPLES = 45_000
"""About how many samples the orders of one block hold; 50 epochs of the homework."""


class Stream(IntEnum):
    """What is drawn; each has random numbers of its own."""

    WEIGHTS = 0
    ORDERS = 1


def generator(seed: int, repeat: int, *stream: int) -> np.random.Generator:
    """Return the Generator of one stream in one repeat."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(repeat, *stream)))


@dataclass(frozen=True)
class EpochOrders:
    """In which order each epoch of a repeat takes the samples: a new one every epoch.

    Orders are drawn in blocks of epochs, each from a Generator of its own, so that any epoch can
    be had at any time. All trials of a repeat share the blocks, which are kept for a while.

    Parameters
    ----------
    seed, repeat : int
        Decide the orders, together with the number of samples.
    n_samples : int
        Size of the training set.
    """

    seed: int
    repeat: int
    n_samples: int

    def epochs(self, start: int, stop: int) -> Orders:
        """Return the orders of the epochs start ≤ e < stop, shape (stop - start, n_samples)."""
        size = max(1, _BLOCK_SAMPLES // self.n_samples)
        draw = partial(_block, self.seed, self.repeat, self.n_samples, size)
        return from_blocks(draw, size, start, stop)


def from_blocks(draw: Callable[[int], Orders], size: int, start: int, stop: int) -> Orders:
    """Return the orders of the epochs start ≤ e < stop out of blocks of `size` epochs each."""
    blocks = range(start // size, (stop - 1) // size + 1)
    drawn = [draw(block) for block in blocks]
    orders = drawn[0] if len(drawn) == 1 else np.concatenate(drawn)
    first = blocks.start * size
    return orders[start - first : stop - first]


@lru_cache(maxsize=256)
def _block(seed: int, repeat: int, n_samples: int, size: int, block: int) -> Orders:
    rng = generator(seed, repeat, Stream.ORDERS, block)
    orders = np.empty((size, n_samples), np.int32)
    for order in orders:
        order[:] = rng.permutation(n_samples)
    orders.flags.writeable = False
    return orders
