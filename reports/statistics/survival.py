"""Times that end before what was waited for: the Kaplan-Meier estimate, its median, intervals.

Epochs to converge are such times. A training that used up its epochs says that it needs more than
those, not how many: it is *censored* there. To average the cap as if it were a result would make
slow cells look faster than they are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEVEL = 0.95
"""What intervals hold."""

RESAMPLES = 2000
"""So many draws of the bootstrap."""

FEWEST = 5
"""Of fewer repeats no interval is given: their bootstrap would be far too narrow."""

_AT_ONCE = 200_000  # numbers in memory together


@dataclass(frozen=True)
class Estimate:
    """A number and the interval about it; NaN where there is none, infinite where beyond the cap.

    Attributes
    ----------
    value, low, high : float
    """

    value: float
    low: float = np.nan
    high: float = np.nan


def quantiles(
    times: ArrayLike,
    happened: ArrayLike,
    shares: ArrayLike = 0.5,
    weights: NDArray[np.int64] | None = None,
) -> Array:
    """Return the times by which a share of all have got there, by Kaplan and Meier.

    The share that has not got there after a time is the product over all earlier times of one
    minus (those that got there then) / (those that were still watched): E. L. Kaplan and P. Meier,
    Nonparametric estimation from incomplete observations, 1958. The median is the first time after
    which this is at most one half; no two times are averaged.

    Parameters
    ----------
    times : array_like, n numbers
        When it happened, or until when it was watched; infinite for what never will.
    happened : array_like, n booleans
    shares : array_like, k numbers from 0 to 1
    weights : ndarray, shape (draws, n), optional
        How often each counts; by default once, in one draw.

    Returns
    -------
    ndarray, shape (draws, k)
        Infinite where the share had not got there in the time that was watched.
    """
    t, d = np.asarray(times, float), np.asarray(happened, bool)
    w = np.ones((1, len(t)), int) if weights is None else weights
    order = np.lexsort((~d, t))  # at one time, what happened comes before what was lost sight of
    t, d, w = t[order], d[order], w[:, order]
    watched = np.cumsum(w[:, ::-1], axis=1)[:, ::-1]  # (draws, n)
    left = np.cumprod(1.0 - np.where(d, w, 0) / np.maximum(watched, 1), axis=1)
    wanted = 1.0 - np.atleast_1d(np.asarray(shares, float))  # (k,)
    found = np.full((len(w), len(wanted)), np.inf)
    for column, bound in enumerate(wanted):
        enough = (left <= bound + 1e-12) & d & (w > 0)
        some = enough.any(axis=1)
        found[some, column] = t[enough[some].argmax(axis=1)]
    return found


def draws(n: int, seed: int = 0) -> NDArray[np.int64]:
    """Return how often each of n repeats is in each draw of the bootstrap.

    Returns
    -------
    ndarray, shape (RESAMPLES, n)
    """
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)


def median(
    times: ArrayLike, happened: ArrayLike, drawn: NDArray[np.int64] | None = None
) -> Estimate:
    """Return the median and its interval by the bootstrap's percentiles.

    B. Efron, Censored data and the bootstrap, 1981: what is drawn is pairs of a time and whether
    it happened.

    Parameters
    ----------
    times, happened : array_like, n values each
        As of `quantiles`.
    drawn : ndarray, shape (draws, n), optional
        As of `draws`; without it, or with less than `FEWEST` values, there is no interval.
    """
    t = np.asarray(times, float)
    if not len(t):
        return Estimate(np.nan)
    value = float(quantiles(t, happened)[0, 0])
    if drawn is None or len(t) < FEWEST:
        return Estimate(value)
    step = max(1, _AT_ONCE // len(t))
    parts = [
        quantiles(t, happened, weights=drawn[start : start + step])[:, 0]
        for start in range(0, len(drawn), step)
    ]
    medians = np.sort(np.concatenate(parts))
    tail = int((1 - LEVEL) / 2 * len(medians))
    return Estimate(value, float(medians[tail]), float(medians[-1 - tail]))
