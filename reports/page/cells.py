"""What the page shows of each cell: numbers and words, all of them computed here."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.page.boards import PLACE
from reports.statistics import by_cell
from reports.statistics.by_cell import COSTS
from reports.statistics.measure import Measure
from reports.tables.tables import spent_text
from reports.words import accuracy_text
from sweep.trial import TrialState

Row = Mapping[Any, Any]


def records(trials: pd.DataFrame, cells: pd.DataFrame, measure: Measure) -> list[dict[str, Any]]:
    """Return what the page shows of each cell, as values that JSON knows.

    Parameters
    ----------
    trials : DataFrame
        As of `reports.frames.trials_frame`, of one board, with the columns of `PLACE`.
    cells : DataFrame
        As of `reports.statistics.by_cell.of_cells`, indexed by row and column, with the columns
        ``wins`` and ``p`` of `winners`, and ``law_epochs``, those of the power-law fit.
    measure : Measure

    Returns
    -------
    list of dict
        In the order of `cells`. ``shown`` has for each of `COSTS`, for ``accuracy``, ``wins`` and
        ``value``, the last value of the measure, a list: a text (letters are the name of a word),
        the number or None, and a kind: ``number``, ``beyond``, ``diverged``, ``failed``, ``none``.
        ``spread`` has the quartiles of costs as texts, and ``interval`` the 95 % intervals of
        epochs and accuracy, where there are such.
    """
    is_counted = "updates" in trials
    trials = trials if is_counted else trials.assign(updates=np.nan)
    found = {cost: by_cell.of_cells(trials, PLACE, cost) for cost in COSTS}
    texts = {
        (cost, column): dict(zip(cells.index, spent_text(frame, column), strict=True))
        for cost, frame in found.items()
        for column in ("median", "lower", "upper", "low", "high")
    }
    states = pd.crosstab([trials[name] for name in PLACE], trials.state)
    each_epoch = (trials.updates // trials.epochs.where(trials.epochs > 0)).fillna(0)
    updates = trials.assign(updates=each_epoch).groupby(PLACE).updates.max()
    can_tell = bool(cells.p.notna().any())
    values = _values(trials, measure)
    made = []
    for at, row, own in zip(
        cells.index, found["epochs"].to_dict("records"), cells.to_dict("records"), strict=True
    ):
        shown = {
            cost: _shown(texts[cost, "median"][at], found[cost]["median"][at]) for cost in COSTS
        }
        if not is_counted:
            shown["updates"] = [accuracy_text(np.nan), None, "none"]
        shown["accuracy"] = _accuracy(row)
        shown["value"] = values[at]
        shown["wins"] = [f"{100 * own['wins']:.0f} %", own["wins"], "number"]
        spread, interval = {}, {}
        if row["n"] > 1:
            spread = {cost: [texts[cost, end][at] for end in ("lower", "upper")] for cost in COSTS}
        if not np.isnan(row["low"]):
            interval["epochs"] = [texts["epochs", end][at] for end in ("low", "high")]
        if not np.isnan(row["accuracy_low"]):
            ends = ("accuracy_low", "accuracy_high")
            interval["accuracy"] = [accuracy_text(row[end]) for end in ends]
        made.append(
            {
                "shown": shown,
                "spread": spread,
                "interval": interval,
                "n": row["n"],
                "states": {str(s): int(states[s][at]) if s in states else 0 for s in TrialState},
                "verdict": _verdict(own["p"]) if can_tell else "unknown",
                "law": f"{own['law_epochs']:.0f}" if np.isfinite(own["law_epochs"]) else None,
                "updates_an_epoch": int(updates[at]),
            }
        )
    return made


def _shown(text: str, spent: float) -> list[Any]:
    """Return a text, the number or None, and the kind of the text."""
    if text.isalpha():
        return [text, None, text]
    return [text, None, "beyond"] if text.startswith(">") else [text, float(spent), "number"]


def _values(trials: pd.DataFrame, measure: Measure) -> dict[Any, list[Any]]:
    """Return the median of the measure in each cell, and how good it is: the number shades."""
    if measure.name not in trials:
        return {at: [accuracy_text(np.nan), None, "none"] for at in trials.groupby(PLACE).groups}
    costs = by_cell.of_cells(by_cell.with_values(trials, measure), PLACE, by_cell.VALUE)
    is_loss = not measure.maximize and bool((costs["median"].dropna() > 0).all())
    found = {}
    for at, row in zip(costs.index, costs.to_dict("records"), strict=True):
        text, cost = by_cell.value_text(row, measure), row["median"]
        number = float(-np.log(cost) if is_loss else -cost) if np.isfinite(cost) else None
        found[at] = [text, number, text if number is None else "number"]
    return found


def _accuracy(row: Row) -> list[Any]:
    if not row["n"]:
        return [str(TrialState.FAILED), None, "failed"]
    if np.isfinite(row["accuracy"]):
        return [accuracy_text(row["accuracy"]), float(row["accuracy"]), "number"]
    if row["diverged"] == row["n"]:
        return [str(TrialState.DIVERGED), None, "diverged"]
    return [accuracy_text(row["accuracy"]), None, "none"]


def _verdict(p: float) -> str:
    """Return whether a cell is the best, which alone has no p, or slower than it, or as good."""
    return "best" if np.isnan(p) else "slower" if p <= by_cell.LEVEL else "alike"
