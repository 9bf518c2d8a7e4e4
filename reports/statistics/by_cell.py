"""What repeats say of each cell, and what chance did: medians, spreads, intervals, winners.

In one repeat all cells start from the same weights and see the samples in the same orders, so
cells are compared within repeats. Costs are epochs or updates; what did not converge costs more
than all that did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.statistics.measure import Measure
from reports.statistics.order_statistics import Array, median, median_interval, quantiles
from sweep.trial import TrialState

COSTS = ("epochs", "updates")
"""What a trial can be said to cost. Not seconds: trials of a pack share its time."""

VALUE = "final value"
"""The cost where no epochs are counted: how good a trial's last value of a measure is."""

LEVEL = 0.1
"""Cells are told apart if chance alone would do so, for any of them, in so few sweeps at most."""

FEWEST_FOR_WINNERS = 6
"""In fewer repeats nothing can be told apart."""

_SHUFFLES = 2000
_AT_ONCE = 1_000_000  # numbers in memory together


@dataclass(frozen=True)
class Winners:
    """Which cell costs least, how often, and which can't be told apart from it.

    Attributes
    ----------
    best : tuple or None
        The cell with the lowest median, of several the most accurate one; None if none converged in
        more than half.
    medians : Series
        Indexed by cell: as of `of_cells`.
    wins : Series
        Indexed by cell: the share of repeats in which it cost least. Ties share; a repeat in
        which nothing converged has no winner.
    p : Series
        Indexed by cell: how often chance alone, in a grid without any difference, would make some
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


def costs(trials: pd.DataFrame, cost: str = "epochs") -> "pd.Series[float]":
    """Return what each trial cost; infinite where it did not converge, NaN where it failed.

    `VALUE` is infinite only where the trial diverged.
    """
    known = trials.state == TrialState.CONVERGED
    if cost == VALUE:
        known = (trials.state != TrialState.DIVERGED) & trials[VALUE].notna()
    spent = trials[cost].astype(float).where(known, np.inf)
    return spent.mask(trials.state == TrialState.FAILED)


def with_values(trials: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return trials with the column `VALUE`: the last value of a measure as a cost."""
    values = trials.reindex(columns=[measure.name])[measure.name].astype(float)
    return trials.assign(**{VALUE: measure.as_cost(values)})


def as_values(cells: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return rows of `of_cells` by `VALUE` with values of the measure in place of costs."""
    ends = ["median", "lower", "upper", "low", "high"]
    found = cells.drop(columns=["cap", "converged"])  # no limit, and no target
    if measure.maximize:
        found[ends] = -found[["median", "upper", "lower", "high", "low"]].to_numpy()
    return found


def as_rows(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells with their axes as columns; one with the name of another says it is an axis."""
    return cells.rename_axis(index=lambda a: f"{a} (axis)" if a in cells else a).reset_index()


def value_text(cell: Mapping[Any, Any], measure: Measure) -> str:
    """Write the median `VALUE` of a cell, a row of `of_cells`, or why there is none."""
    if np.isfinite(cell["median"]):
        return measure.text(measure.as_cost(cell["median"]))
    return str(TrialState.DIVERGED if cell["n"] else TrialState.FAILED)


def by_repeat(trials: pd.DataFrame, by: Sequence[str], cost: str = "epochs") -> pd.DataFrame:
    """Return the `costs` of trials as a table: cells down in the trials' order, repeats across."""
    cells = trials.groupby(list(by), sort=False).size().index
    spent = trials.assign(spent=costs(trials, cost)).set_index([*by, "repeat"])["spent"]
    return spent.unstack("repeat").reindex(cells)


def _accuracies(trials: pd.DataFrame) -> "pd.Series[float]":
    """Return the R² on the test set of each trial; NaN where there is none that is finite."""
    known = trials.reindex(columns=["test_r2"])["test_r2"].astype(float)
    return known.where(np.isfinite(known))


def of_cells(trials: pd.DataFrame, by: Sequence[str], cost: str = "epochs") -> pd.DataFrame:
    """Return what the repeats say of each cell.

    Parameters
    ----------
    trials : DataFrame
        A row a trial, as of `reports.frames.trials_frame`; one value of every axis that is not in
        `by`.
    by : sequence of str
        The axes of the cells.
    cost : str
        A name in `COSTS`, or `VALUE` of trials `with_values`.

    Returns
    -------
    DataFrame
        Indexed by cell, in the trials' order: ``median``, ``lower`` and ``upper`` (its quartiles;
        infinite where not reached), ``low`` and ``high`` (the 95 % interval of the median; NaN
        where there are fewer than six trials), ``cap`` (the most that a trial cost that neither
        converged nor diverged; NaN if there is none), ``n`` (trials that did not fail),
        ``converged`` and ``diverged`` (how many of them), ``accuracy``, ``accuracy_low`` and
        ``accuracy_high`` (the median R² on the test set and its interval).
    """
    groups = trials.groupby(list(by), sort=False)
    spent = np.asarray(costs(trials, cost), np.float64)
    capped = trials.state.isin([TrialState.EXHAUSTED, TrialState.PRUNED])
    caps = np.asarray(trials[cost].where(capped), np.float64)
    diverged = (trials.state == TrialState.DIVERGED).to_numpy()
    accuracy = np.asarray(_accuracies(trials), np.float64)
    rows = [
        _of_cell(spent[at], caps[at], diverged[at], accuracy[at]) for at in groups.indices.values()
    ]
    return pd.DataFrame(rows, groups.size().index)


def _of_cell(
    spent: Array, caps: Array, diverged: NDArray[np.bool_], accuracies: Array
) -> dict[str, float]:
    """Return a row of `of_cells`, given what each repeat of the cell came to, shape (repeats,)."""
    middle, accuracy = median_interval(spent), median_interval(accuracies)
    lower, upper = quantiles(spent, (0.25, 0.75)).tolist()
    return {
        "median": middle.median,
        "lower": lower,
        "upper": upper,
        "low": middle.low if middle.known else np.nan,
        "high": middle.high if middle.known else np.nan,
        "cap": float(np.fmax.reduce(caps)),
        "n": middle.n,
        "converged": int(np.isfinite(spent).sum()),
        "diverged": int(diverged.sum()),
        "accuracy": accuracy.median,
        "accuracy_low": accuracy.low if accuracy.known else np.nan,
        "accuracy_high": accuracy.high if accuracy.known else np.nan,
    }


def winners(trials: pd.DataFrame, by: Sequence[str], cost: str = "epochs") -> Winners:
    """Find which cell costs least, how often, and what can't be told apart from it.

    For each cell, count the repeats in which the best one was quicker, less those in which it was
    slower: a sign test, which assumes nothing about how costs are spread, and to which a cost that
    is only known to be larger is as good as any. But the best cell was chosen by the same numbers,
    and there are many cells to be beaten. So the count is held against the largest that comes up
    where cells don't matter: within each repeat the cells change places at random, the best one
    is chosen anew, and so 2000 times (P. H. Westfall and S. S. Young, Resampling-based multiple
    testing, 1993). Repeats in which a trial failed are left out.

    Parameters
    ----------
    trials, by, cost
        As of `of_cells`.
    """
    table = by_repeat(trials, by, cost)
    middles = table.apply(median, axis=1)
    spent = table.dropna(axis=1).to_numpy(float)  # (cells, repeats)
    least = spent.min(axis=0, initial=np.inf)
    won = (spent == least) & np.isfinite(least)
    shares = won / np.maximum(won.sum(axis=0), 1)
    wins = shares.sum(axis=1) / max(1, spent.shape[1])
    cells = [trials[name] for name in by]
    accuracy = _accuracies(trials).groupby(cells, sort=False).median()
    best, p = cheapest(middles, accuracy), np.full(len(table), np.nan)
    if best is not None and spent.shape[1] >= FEWEST_FOR_WINNERS and len(table) > 1:
        place = table.index.tolist().index(best)
        p = _told_apart(spent, place)
        p[place] = np.nan
    return Winners(best, middles, pd.Series(wins, table.index), pd.Series(p, table.index))


def medians(trials: pd.DataFrame, by: Sequence[str], cost: str = "epochs") -> "pd.Series[float]":
    """Return the median cost of each cell, as of `of_cells`."""
    return by_repeat(trials, by, cost).apply(median, axis=1)


def cheapest(medians: "pd.Series[float]", accuracy: "pd.Series[float]") -> tuple[Any, ...] | None:
    """Return the cell with the lowest median, of several the most accurate one.

    Tables, findings and pages all take their best cell from here. None if no median is finite.
    """
    lowest = medians[np.isfinite(medians) & (medians == medians.min())]
    if lowest.empty:
        return None
    known = accuracy.reindex(lowest.index).fillna(-np.inf)
    cell: tuple[Any, ...] = lowest.index.tolist()[int(known.argmax())]
    return cell


def _told_apart(costs: Array, best: int) -> Array:
    """Return for each cell how often chance makes one lag so far behind the best."""
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


def _lags(costs: Array, best: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return in how many more repeats than not each cell was slower than the best.

    Parameters
    ----------
    costs : ndarray, shape (draws, cells, repeats)
    best : ndarray of int, shape (draws,)
    """
    quickest = costs[np.arange(len(costs)), best][:, None]  # (draws, 1, repeats)
    slower, quicker = (costs > quickest).sum(axis=2), (costs < quickest).sum(axis=2)
    return np.asarray(slower - quicker)
