"""How epochs depend on the batch size and the learning rate together: one law, and what departs.

The law is ``epochs = C · (batch size / learning rate)^s``. A sum of steps of size η · gradient
takes one way to the minimum; an epoch makes n / batch size of them, so if nothing but the way
counted, s would be 1.

Only cells whose median converged decide about the law. A cell that used up its epochs says that
it needs more than those, not how many; such cells are held against the law afterwards. So where
many are missing at one end, the law leans on those that were fast there.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FACTOR = 1.5
"""A cell departs if its epochs are so many times more or fewer than the law says."""

FEWEST = 5
"""So many different ratios are needed for a law."""

ON, SLOWER, FASTER = "on the law", "slower", "faster"
AGREES, OPEN, CONTRADICTS = "agrees", "open", "contradicts"
DIVERGED = "diverged"


@dataclass(frozen=True)
class PowerLaw:
    """The law ``epochs = constant · ratio^slope``."""

    constant: float
    slope: float

    def epochs(self, ratio: ArrayLike) -> NDArray[np.float64]:
        """Return the epochs at some ratios of batch size and learning rate."""
        return np.asarray(self.constant * np.asarray(ratio, float) ** self.slope)


def fit(ratios: ArrayLike, epochs: ArrayLike) -> PowerLaw | None:
    """Fit the law in logarithms, by medians, so that a few cells that depart don't bend it.

    The slope is the median of those between all pairs, the constant the median of what is left:
    P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, 1968.

    Parameters
    ----------
    ratios, epochs : array_like, n values each
        All > 0.

    Returns
    -------
    PowerLaw or None
        None if there are fewer than `FEWEST` different ratios.
    """
    x, y = np.log(np.asarray(ratios, float)), np.log(np.asarray(epochs, float))
    if len(np.unique(x.round(9))) < FEWEST:
        return None
    slopes = [
        (y[j] - y[i]) / (x[j] - x[i])
        for i, j in combinations(range(len(x)), 2)
        if abs(x[j] - x[i]) > 1e-9
    ]
    slope = float(np.median(slopes))
    return PowerLaw(float(np.exp(np.median(y - slope * x))), slope)


def judge(cells: pd.DataFrame, max_epochs: int) -> tuple[PowerLaw | None, pd.DataFrame]:
    """Fit the law to the cells that converged, and hold all cells against it.

    Parameters
    ----------
    cells : DataFrame
        A row a cell: ``ratio`` (batch size / learning rate), ``epochs`` (the median, infinite if
        it did not converge) and ``diverged``.
    max_epochs : int
        After so many epochs trainings were ended.

    Returns
    -------
    law : PowerLaw or None
    cells : DataFrame
        With ``predicted`` (epochs by the law), ``factor`` (times more than predicted, NaN where
        not converged) and ``verdict``: on the law, slower, faster; for a cell that used up all
        epochs agrees (the law says more than those), contradicts (`FACTOR` times fewer), open
        (between); diverged; and without a law an empty word.
    """
    reached = np.isfinite(cells["epochs"].to_numpy(float))
    law = fit(cells["ratio"][reached], cells["epochs"][reached])
    if law is None:
        return None, cells.assign(predicted=np.nan, factor=np.nan, verdict="")
    predicted = law.epochs(cells["ratio"])
    factor = np.where(reached, cells["epochs"] / predicted, np.nan)
    verdict = np.select(
        [
            cells["diverged"].to_numpy(bool) & ~reached,
            factor > FACTOR,
            factor < 1 / FACTOR,
            reached,
            predicted > max_epochs,
            predicted * FACTOR < max_epochs,
        ],
        [DIVERGED, SLOWER, FASTER, ON, AGREES, CONTRADICTS],
        OPEN,
    )
    return law, cells.assign(predicted=predicted, factor=factor, verdict=verdict)
