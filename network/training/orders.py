"""The order of the samples in each epoch, the same for every engine and model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from network.training.randomness import Stream, generator

Orders = NDArray[np.int32]

_BLOCK_SAMPLES = 90_000
"""About how many samples the orders of one block hold; 100 epochs of the homework."""


@dataclass(frozen=True)
class EpochOrders:
    """The order of the samples in each epoch of a repeat.

    Orders are drawn in blocks of epochs, each from its own Generator, so that any epoch is
    available at any time. All trials of a repeat share the blocks, which are cached.

    Parameters
    ----------
    seed, repeat : int
        Decide the orders, together with the number of samples.
    n_samples : int
        Size of the training set, below 2^31.
    shuffle : str
        A name in `SHUFFLES`.
    """

    seed: int
    repeat: int
    n_samples: int
    shuffle: str = "fresh"

    @property
    def block_size(self) -> int:
        """Return how many epochs are drawn together."""
        return max(1, _BLOCK_SAMPLES // self.n_samples)

    def epochs(self, start: int, stop: int) -> Orders:
        """Return the orders of the epochs start ≤ e < stop, shape (stop - start, n_samples)."""
        return (SHUFFLES | OLD_SHUFFLES)[self.shuffle](self, start, stop)


def fresh(orders: EpochOrders, start: int, stop: int) -> Orders:
    """Give every epoch an order of its own; all orders are equally likely."""
    size = orders.block_size
    blocks = range(start // size, (stop - 1) // size + 1)
    drawn = [_block(orders.seed, orders.repeat, orders.n_samples, size, b) for b in blocks]
    together = drawn[0] if len(drawn) == 1 else np.concatenate(drawn)
    first = blocks.start * size
    return together[start - first : stop - first]


def none(orders: EpochOrders, start: int, stop: int) -> Orders:
    """Give every epoch the order in which the data came."""
    return np.tile(np.arange(orders.n_samples, dtype=np.int32), (stop - start, 1))


SHUFFLES: dict[str, Callable[[EpochOrders, int, int], Orders]] = {
    "fresh": fresh,
    "none": none,
}
"""All ways to order the samples, by name."""


def cycle(orders: EpochOrders, start: int, stop: int) -> Orders:
    """Repeat the first three fresh orders for ever."""
    return fresh(orders, 0, 3)[np.arange(start, stop) % 3]


OLD_SHUFFLES = {"cycle": cycle}
"""Those of runs of earlier versions, which can still be read; no run begins with them."""


@lru_cache(maxsize=128)
def _block(seed: int, repeat: int, n_samples: int, size: int, block: int) -> Orders:
    from network.engine.kernels import shuffle_kernel  # loads LLVM

    rng = generator(seed, repeat, Stream.ORDERS, block)
    bits = rng.integers(0, 2**64, (size, n_samples // 2), np.uint64)
    orders = np.empty((size, n_samples), np.int32)
    shuffle_kernel()(bits, orders, *orders.shape)
    orders.flags.writeable = False
    return orders
