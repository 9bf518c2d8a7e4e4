"""Ranks among values, and the correlation of two orders."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ranks(values: ArrayLike, among: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return the rank of each value among others, or among each other, from 1.

    Equal ones share the mean of their ranks; infinite ones are equal too, and come last.
    """
    given = np.asarray(values, float)
    ordered = np.sort(given if among is None else np.asarray(among, float))
    below, upto = (np.searchsorted(ordered, given, side) for side in ("left", "right"))
    return np.asarray((below + upto + 1) / 2, float)


def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """Return Spearman's rank correlation, which is Pearson's of the ranks; NaN if all are equal."""
    x, y = (ranks(values) - ranks(values).mean() for values in (a, b))
    spread = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / spread) if spread else np.nan
