"""What repeats say of each cell, and what luck did: medians, spreads, intervals, winners.

In one repeat all cells start from the same weights and see the samples in the same orders, so
cells are compared within repeats. Costs are epochs, updates, samples seen or seconds; what did
not converge costs more than all that did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.statistics.order_statistics import Array, median, median_interval, quantiles
from sweep.trial import TrialState

COSTS = ("epochs", "updates", "samples", "seconds")
"""What a training can be said to cost."""

LEVEL = 0.1
"""Cells are told apart if luck alone would do so, for any of them, in so few sweeps at most."""

FEWEST_FOR_WINNERS = 6
"""In fewer repeats nothing can be told apart."""

Flags = NDArray[np.bool_]

_WATCHED = (TrialState.EXHAUSTED, TrialState.PRUNED)
_SHUFFLES = 2000
_AT_ONCE = 1_000_000  # numbers in memory together

CELL = ("batch_size", "learning_rate")


@dataclass(frozen=True)
class Winners:
    """Which cell costs least, how often, and which can't be told apart from it.

    Attributes
    ----------
    best : tuple or None
        The cell with the lowest median; None if none converged in more than half.
    medians : Series
        Indexed by cell: as of `of_cells`.
    wins : Series
        Indexed by cell: the share of repeats in which it cost least. Ties share; a repeat in
        which nothing converged has no winner.
    p : Series
        Indexed by cell: how often luck alone, in a grid without any difference, would make some
        cell lag so far behind the best one; NaN where too few repeats were made.
    """

    best: tuple[Any, ...] | None
    medians: "pd.Series[float]"
    wins: "pd.Series[float]"
    p: "pd.Series[float]"

    @property
    def alike(self) -> list[tuple[Any, ...]]:
        """The other cells that can't be told apart from the best one."""
        slower = self.p <= LEVEL
        return [cell for cell in self.p.index if cell != self.best and not slower[cell]]


def with_costs(trials: pd.DataFrame, n_train: int) -> pd.DataFrame:
    """Return the trials with the column ``samples``: those seen in all epochs.

    Parameters
    ----------
    trials : DataFrame
        As of `reports.frames.trials_frame`.
    n_train : int
        Points of the training set.
    """
    return trials.assign(samples=trials.epochs * n_train)


def costs(trials: pd.DataFrame, cost: str = "epochs") -> Array:
    """Return what each trial cost; infinite where it did not converge, NaN where it failed.

    Returns
    -------
    ndarray, shape (trials,)
    """
    spent = trials[cost].astype(float).where(trials.state == TrialState.CONVERGED, np.inf)
    return np.asarray(spent.mask(trials.state == TrialState.FAILED), np.float64)


def of_cells(trials: pd.DataFrame, cost: str = "epochs", by: Sequence[str] = CELL) -> pd.DataFrame:
    """Return what the repeats say of each cell.

    Parameters
    ----------
    trials : DataFrame
        A row a trial, as of `with_costs`; one value of every axis that is not in `by`.
    cost : str
        A name in `COSTS`.
    by : sequence of str
        The axes of the cells.

    Returns
    -------
    DataFrame
        Indexed by cell, in the trials' order: ``median``, ``lower`` and ``upper`` (its quartiles;
        infinite where not reached), ``low`` and ``high`` (the 95 % interval of the median; NaN
        where there are fewer than six trials), ``cap`` (the most that a trial cost without
        converging; NaN if there is none), ``n`` (trials that did not fail), ``converged`` (how
        many of them), ``accuracy``, ``accuracy_low`` and ``accuracy_high`` (the median R² on the
        test set and its interval).
    """
    spent = costs(trials, cost)
    watched = np.asarray(trials[cost].where(trials.state.isin(_WATCHED)), np.float64)
    accuracy = np.asarray(trials.test_r2.replace([np.inf, -np.inf], np.nan), np.float64)
    rows = [
        _of_cell(spent[place], watched[place], accuracy[place])
        for place in trials.groupby(list(by), sort=False).indices.values()
    ]
    cells = trials[list(by)].drop_duplicates()
    return pd.DataFrame(rows, index=pd.MultiIndex.from_frame(cells))


def _of_cell(spent: Array, watched: Array, accuracies: Array) -> dict[str, float]:
    """Return a row of `of_cells`, given what each repeat of the cell came to, shape (repeats,)."""
    middle, accuracy = median_interval(spent), median_interval(accuracies)
    lower, upper = quantiles(spent, (0.25, 0.75)).tolist()
    return {
        "median": middle.median,
        "lower": lower,
        "upper": upper,
        "low": middle.low if middle.known else np.nan,
        "high": middle.high if middle.known else np.nan,
        "cap": np.nan if np.isnan(watched).all() else float(np.nanmax(watched)),
        "n": middle.n,
        "converged": int(np.isfinite(spent).sum()),
        "accuracy": accuracy.median,
        "accuracy_low": accuracy.low if accuracy.known else np.nan,
        "accuracy_high": accuracy.high if accuracy.known else np.nan,
    }


def winners(trials: pd.DataFrame, cost: str = "epochs", by: Sequence[str] = CELL) -> Winners:
    """Find which cell costs least, how often, and what can't be told apart from it.

    For each cell, count the repeats in which the best one was quicker, less those in which it was
    slower: a sign test, which assumes nothing about how costs are spread, and to which a cost that
    is only known to be larger is as good as any. But the best cell was chosen by the same numbers,
    and there are many cells to be beaten. So the count is held against the largest that comes up
    where cells don't matter: within each repeat the cells change places at random, the best one
    is chosen anew, and so 2000 times (P. H. Westfall and S. S. Young, Resampling-based multiple
    testing, 1993). Repeats in which a training failed are left out.

    Parameters
    ----------
    trials, cost, by
        As of `of_cells`.
    """
    table = _by_repeat(trials, cost, by)  # (cells, repeats)
    costs = table.to_numpy(float)
    least = costs.min(axis=0) if costs.size else np.empty(0)
    won = (costs == least) & np.isfinite(least)
    shares = won / np.maximum(won.sum(axis=0), 1)
    wins = pd.Series(shares.sum(axis=1) / max(1, costs.shape[1]), index=table.index)
    unknown = pd.Series(np.full(len(table), np.nan), index=table.index)
    middles = medians(trials, cost, by)
    best = cheapest(middles)
    if best is None:
        return Winners(None, middles, wins, unknown)
    place = table.index.tolist().index(best)
    if costs.shape[1] < FEWEST_FOR_WINNERS or len(table) < 2:
        return Winners(best, middles, wins, unknown)
    p = _told_apart(costs, place)
    p[place] = np.nan
    return Winners(best, middles, wins, pd.Series(p, index=table.index))


def medians(
    trials: pd.DataFrame, cost: str = "epochs", by: Sequence[str] = CELL
) -> "pd.Series[float]":
    """Return the median cost of each cell, as of `of_cells`; the parameters are the same."""
    spent = costs(trials, cost)
    groups = trials.groupby(list(by), sort=False).indices.values()
    cells = pd.MultiIndex.from_frame(trials[list(by)].drop_duplicates())
    return pd.Series([median(spent[place]) for place in groups], index=cells, dtype=float)


def cheapest(medians: "pd.Series[float]") -> tuple[Any, ...] | None:
    """Return the first cell with the lowest median; None if no median is finite."""
    known = medians[np.isfinite(medians)]
    return None if known.empty else known.index.tolist()[int(known.argmin())]


def _by_repeat(trials: pd.DataFrame, cost: str, by: Sequence[str]) -> pd.DataFrame:
    """Return costs, infinite where not converged: cells down, repeats without failures across."""
    whole = trials.assign(spent=costs(trials, cost))[trials.state != TrialState.FAILED]
    cells = pd.MultiIndex.from_frame(trials[list(by)].drop_duplicates())
    table = whole.set_index([*by, "repeat"])["spent"].unstack("repeat").reindex(cells)
    return table.dropna(axis=1)


def _told_apart(costs: Array, best: int) -> Array:
    """Return for each cell how often luck makes one lag so far behind the best."""
    lag = _lags(costs[None], np.array([best]))[0]  # (cells,)
    rng = np.random.default_rng(0)
    step = max(1, _AT_ONCE // costs.size)
    largest = []
    for start in range(0, _SHUFFLES, step):
        some = min(step, _SHUFFLES - start)
        shuffled = rng.permuted(np.broadcast_to(costs, (some, *costs.shape)), axis=1)
        middle = [(costs.shape[1] - 1) // 2, costs.shape[1] // 2]
        medians = np.partition(shuffled, middle, axis=2)[:, :, middle].mean(axis=2)  # (some, cells)
        largest.append(_lags(shuffled, medians.argmin(axis=1)).max(axis=1))
    reference = np.concatenate(largest)
    as_large = (reference[:, None] >= lag).sum(axis=0)
    return np.asarray((1 + as_large) / (1 + len(reference)))


def _lags(costs: Array, best: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return in how many more repeats than not each cell was slower than the best.

    Parameters
    ----------
    costs : ndarray, shape (draws, cells, repeats)
    best : ndarray of int, shape (draws,)
    """
    quickest = costs[np.arange(len(costs)), best][:, None]  # (draws, 1, repeats)
    slower, quicker = (costs > quickest).sum(axis=2), (costs < quickest).sum(axis=2)
    return np.asarray(slower - quicker)
