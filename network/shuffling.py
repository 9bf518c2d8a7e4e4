"""Orders of the samples for long trainings: a fresh uniform one each epoch, drawn compiled.

NumPy's ``permutation`` takes 13 µs for 1000 samples, more than a polynomial takes to learn from
them. Here the random bits come from the repeat's Generator too, and a compiled shuffle (Fisher
and Yates; Knuth's Algorithm P) makes orders of them in a quarter of that time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, partial

import numba
import numpy as np
from numpy.typing import NDArray

from network.compiling import COMPILING, kept_on_disk
from network.randomness import Orders, Stream, from_blocks, generator

Bits = NDArray[np.uint64]

_BLOCK_SAMPLES = 500_000
"""About how many samples the orders of one block hold: some milliseconds of training."""

_FOR_SHUFFLES = 1
"""Keeps the bits that are drawn here apart from those of `EpochOrders`."""


@dataclass(frozen=True)
class ShuffledOrders:
    """In which order each epoch of a repeat takes the samples, as `EpochOrders` but faster.

    Orders are drawn in blocks of epochs, each from a Generator of its own, so that any epoch can
    be had at any time. They are other orders than those of `EpochOrders`.

    Parameters
    ----------
    seed, repeat : int
        Decide the orders, together with the number of samples.
    n_samples : int
        Size of the training set, below 2^31.
    """

    seed: int
    repeat: int
    n_samples: int

    @property
    def block_size(self) -> int:
        """Return how many epochs are drawn together."""
        return max(1, _BLOCK_SAMPLES // self.n_samples)

    def epochs(self, start: int, stop: int) -> Orders:
        """Return the orders of the epochs start ≤ e < stop, shape (stop - start, n_samples)."""
        draw = partial(_block, self.seed, self.repeat, self.n_samples, self.block_size)
        return from_blocks(draw, self.block_size, start, stop)


@lru_cache(maxsize=8)
def _block(seed: int, repeat: int, n_samples: int, size: int, block: int) -> Orders:
    rng = generator(seed, repeat, Stream.ORDERS, _FOR_SHUFFLES, block)
    bits = rng.integers(0, 2**64, (size, n_samples // 2), np.uint64)
    orders = np.empty((size, n_samples), np.int32)
    _compiled_shuffle()(bits, orders)
    orders.flags.writeable = False
    return orders


def _shuffle(bits: Bits, orders: Orders) -> None:
    """Fill each row of `orders` with an order, made of the random bits in the same row of `bits`.

    The place i, from the last down, gets one of the i + 1 samples that are not placed yet. One
    number of 64 random bits, read as a fraction of 1, decides on two places: times i + 1 its
    whole part is the first choice, and what remains is the fraction for the second (Brackett-
    Rozinsky and Lemire 2024, "Batched ranged random integer generation"). Nothing is rejected,
    so a pair of choices is off its probability 1 / (i (i + 1)) by a share of i (i + 1) / 2^64
    at most: 1e-13 for 1000 samples, far below what any training could show.
    """
    n_samples = orders.shape[1]
    half, low_half = np.uint64(32), np.uint64(2**32 - 1)
    for epoch in range(len(orders)):
        order = orders[epoch]
        for k in range(n_samples):
            order[k] = k
        for pair in range(n_samples // 2):
            fraction = bits[epoch, pair]
            last = n_samples - 1 - 2 * pair
            for i in (last, last - 1):
                n_left = np.uint64(i + 1)
                carry = ((fraction & low_half) * n_left) >> half
                choice = np.intp(((fraction >> half) * n_left + carry) >> half)
                fraction = fraction * n_left  # modulo 2^64: the whole part falls away
                chosen = order[choice]
                order[choice] = order[i]
                order[i] = chosen


def _compiled_shuffle() -> Callable[[Bits, Orders], None]:
    with COMPILING:
        return _compile()


@cache
def _compile() -> Callable[[Bits, Orders], None]:
    kind = numba.void(numba.uint64[:, ::1], numba.int32[:, ::1])
    compiled: Callable[[Bits, Orders], None] = kept_on_disk(kind)(_shuffle)
    return compiled
