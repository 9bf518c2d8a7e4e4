"""Paired comparisons: the usual difference between the same repeats under two conditions.

In one repeat both start from the same weights, so each pair differs in the condition alone. The
median of the differences and its interval need no assumption about how they are spread.
"""

import numpy as np
from numpy.typing import ArrayLike

from reports.statistics.order_statistics import Interval, median_interval


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
