"""Order statistics: medians, quartiles and intervals of what repeated runs cost.

A run that used up its epochs did not reach the target, however many epochs it would have needed.
All runs of a cell stop at the same cap, so such a run is simply slower than every one that
converged: its cost is infinite. Sorted values with infinity at their end then say all that a
Kaplan-Meier estimate of these data would say, and the cap never passes for a result.
"""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

CONFIDENCE = 0.95
"""How often an interval holds the true median, at least."""


@dataclass(frozen=True)
class Interval:
    """A median, and an interval that holds the true one in at least 95 of 100 cases.

    Attributes
    ----------
    median : float
        NaN without any value, infinite where it was not reached.
    low, high : float
        Minus and plus infinity if there are too few values for an interval.
    n : int
        How many values there are.
    """

    median: float
    low: float
    high: float
    n: int

    @property
    def known(self) -> bool:
        """Whether there were enough values for an interval, which takes six."""
        return self.n >= 1 and 0.5 ** (self.n - 1) <= 1 - CONFIDENCE

    def excludes(self, value: float) -> bool:
        """Return whether a value lies outside the interval."""
        return self.known and not self.low <= value <= self.high


def quantiles(values: ArrayLike, shares: ArrayLike) -> Array:
    """Return quantiles by linear interpolation between neighbours in the sorted values.

    This is the default of NumPy and pandas, type 7 of R. J. Hyndman and Y. Fan, Sample quantiles
    in statistical packages, 1996. So the median of an even number of values is the mean of the
    middle two. A quantile between two values of which one is infinite is infinite: not reached.

    Parameters
    ----------
    values : array_like, n numbers
        Infinite for what never happened; NaN are left out.
    shares : array_like, k numbers from 0 to 1

    Returns
    -------
    ndarray, shape (k,)
        NaN without any value.
    """
    x = _sorted(values)
    wanted = np.atleast_1d(np.asarray(shares, float))  # (k,)
    if not len(x):
        return np.full(len(wanted), np.nan)
    place = (len(x) - 1) * wanted
    below = np.floor(place).astype(int)
    weight = place - below
    low, high = x[below], x[np.ceil(place).astype(int)]
    with np.errstate(invalid="ignore"):  # ∞ - ∞
        between = low + weight * (high - low)
    found: Array = np.where((weight == 0) | (low == high), low, between)
    return found


def median(values: ArrayLike) -> float:
    """Return the median, as of `quantiles`."""
    return float(quantiles(values, 0.5)[0])


def median_interval(values: ArrayLike) -> Interval:
    """Return the median and its interval between two order statistics (the sign test's).

    The k-th smallest and the k-th largest hold the true median between them unless fewer than k
    of n values lie on one side of it, which has the probability of fewer than k heads in n throws
    of a coin: H. A. David and H. N. Nagaraja, Order Statistics, 2003, section 7.1. Nothing is
    assumed about how the values are distributed.

    Parameters
    ----------
    values : array_like, n numbers
        Infinite numbers count as very large or very small; NaN are left out.
    """
    x = _sorted(values)
    n = len(x)
    k, tail = 0, 0.0
    while n and (tail := tail + comb(n, k) / 2**n) <= (1 - CONFIDENCE) / 2:
        k += 1
    low, high = (float(x[k - 1]), float(x[n - k])) if k else (-np.inf, np.inf)
    return Interval(median(x), low, high, n)


def _sorted(values: ArrayLike) -> Array:
    x = np.ravel(np.asarray(values, float))
    return np.sort(x[~np.isnan(x)])
