"""Paired comparisons: the usual difference between the same repeats under two conditions.

In one repeat both start from the same weights, so each pair differs in the condition alone. The
median of the differences and its interval need no assumption about how they are spread.
"""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A median, and an interval that holds the true one in 95 of 100 cases.

    Attributes
    ----------
    median, low, high : float
        low and high are infinite if there are too few numbers for any interval.
    n : int
    """

    median: float
    low: float
    high: float
    n: int

    @property
    def known(self) -> bool:
        """Whether there were enough numbers."""
        return self.n >= 1 and 0.5 ** (self.n - 1) <= 1 - LEVEL

    def excludes(self, value: float) -> bool:
        """Tell whether a value lies outside the interval."""
        return self.known and not self.low <= value <= self.high


def median_interval(values: ArrayLike) -> Interval:
    """Return the median of some numbers and the interval of the sign test.

    The k-th smallest and the k-th largest hold the true median between them unless fewer than k
    of n numbers lie on one side of it, which has the probability of fewer than k heads in n
    throws of a coin. Infinite numbers count as very large or very small.

    Parameters
    ----------
    values : array_like, n numbers
        NaN are left out.
    """
    x = np.ravel(np.asarray(values, float))
    x = np.sort(x[~np.isnan(x)])
    n = len(x)
    if not n:
        return Interval(np.nan, -np.inf, np.inf, 0)
    median = float(x[(n - 1) // 2] if np.isinf(x).any() else np.median(x))
    k, tail = 0, 0.0
    while (tail := tail + comb(n, k) / 2**n) <= (1 - LEVEL) / 2:
        k += 1
    if k == 0:
        return Interval(median, -np.inf, np.inf, n)
    return Interval(median, float(x[k - 1]), float(x[n - k]), n)


def ratios(epochs: ArrayLike, base: ArrayLike) -> Interval:
    """Return how many times the epochs of a base were needed, pair by pair.

    Parameters
    ----------
    epochs, base : array_like, n values each
        Infinite where the target was not reached; a pair in which neither reached it tells
        nothing, and is left out.
    """
    with np.errstate(invalid="ignore"):  # ∞ - ∞ is NaN, and left out
        logs = np.log(np.asarray(epochs, float)) - np.log(np.asarray(base, float))
    interval = median_interval(logs)
    median, low, high = np.exp([interval.median, interval.low, interval.high]).tolist()
    return Interval(median, low, high, interval.n)
