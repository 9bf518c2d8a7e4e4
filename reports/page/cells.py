"""What the page shows of each cell: numbers and words, all of them computed here."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.page.boards import PLACE
from reports.statistics import by_cell
from reports.statistics.order_statistics import quantiles
from reports.tables import tables
from reports.words import accuracy_text
from sweep.trial import TrialState

COSTS = ("epochs", "updates", "seconds")
"""The costs that the board shows, beside the accuracy and the share of repeats won."""

Record = dict[str, Any]
Columns = Mapping[str, "np.ndarray[Any, Any]"]  # of the trials of a cell, by name


def records(trials: pd.DataFrame, cells: pd.DataFrame) -> list[Record]:
    """Return what the page shows of each cell, as values that JSON knows.

    Parameters
    ----------
    trials : DataFrame
        As of `reports.frames.trials_frame`, of one board, with the columns of `PLACE`.
    cells : DataFrame
        As of `reports.statistics.by_cell.of_cells`, indexed by row and column, with the columns
        ``wins`` and ``p`` of `winners`, and ``law_epochs``, those of the power-law fit.

    Returns
    -------
    list of dict
        In the order of `cells`. ``shown`` has for each of `COSTS`, for ``accuracy`` and for
        ``wins`` a list: a text (letters are the name of a word), the number or None, and a kind:
        ``number``, ``beyond``, ``diverged``, ``failed``, ``none``. ``spread`` has the quartiles of
        costs as texts, and ``interval`` the 95 % intervals of epochs and accuracy, where there are
        such.
    """
    columns = {name: trials[name].to_numpy() for name in ("state", *COSTS)}
    groups = trials.groupby(PLACE, sort=False).indices.values()
    can_tell = bool(cells.p.notna().any())
    return [
        _record({name: values[places] for name, values in columns.items()}, row, can_tell=can_tell)
        for places, row in zip(groups, cells.to_dict("records"), strict=True)
    ]


def _record(cell: Columns, found: Mapping[Any, Any], *, can_tell: bool) -> Record:
    has_trained = cell["state"] != TrialState.FAILED
    trained = {name: values[has_trained] for name, values in cell.items()}
    n = len(trained["state"])
    quartiles = {cost: _quartiles(trained, found, cost) for cost in COSTS}
    shown = {cost: _cost(quartiles[cost][1], trained, cost) for cost in COSTS}
    shown["accuracy"] = _accuracy(found["accuracy"], trained)
    shown["wins"] = [f"{100 * found['wins']:.0f} %", found["wins"], "number"]
    spread = {
        cost: [_cost(quartiles[cost][end], trained, cost)[0] for end in (0, 2)]
        for cost in COSTS
        if n > 1
    }
    interval = {}
    if not np.isnan(found["low"]):
        ends = (found["low"], found["high"])
        interval["epochs"] = [_cost(end, trained, "epochs")[0] for end in ends]
    if not np.isnan(found["accuracy_low"]):
        ends = (found["accuracy_low"], found["accuracy_high"])
        interval["accuracy"] = [accuracy_text(end) for end in ends]
    return {
        "shown": shown,
        "spread": spread,
        "interval": interval,
        "n": n,
        "states": {str(state): int((cell["state"] == state).sum()) for state in TrialState},
        "verdict": _verdict(found["p"]) if can_tell else "unknown",
        "law": f"{found['law_epochs']:.0f}" if np.isfinite(found["law_epochs"]) else None,
        "updates_an_epoch": _updates_an_epoch(trained),
    }


def _verdict(p: float) -> str:
    """Return whether a cell is the best, which alone has no p, or slower than it, or as good."""
    return "best" if np.isnan(p) else "slower" if p <= by_cell.LEVEL else "alike"


def _quartiles(trained: Columns, found: Mapping[Any, Any], cost: str) -> list[float]:
    """Return quartile, median and quartile of a cost.

    Of epochs they are those of ``statistics.csv``, and each epoch has as many updates. Of seconds
    whatever did not converge counts as slower than all that did, as in `statistics.times`.
    """
    epochs = [found[name] for name in ("lower", "median", "upper")]
    if cost == "epochs" or not len(trained["state"]):
        return epochs
    if cost == "updates":
        return [value * _updates_an_epoch(trained) for value in epochs]
    converged = trained["state"] == TrialState.CONVERGED
    spent = np.where(converged, trained[cost].astype(float), np.inf)
    return [float(q) for q in quantiles(spent, (0.25, 0.5, 0.75))]


def _cost(value: float, trained: Columns, cost: str) -> list[Any]:
    """Say what a cell costs, or why that isn't known, by the rules of `tables.cells`."""
    states = trained["state"]
    if not len(states):
        return [str(TrialState.FAILED), None, "failed"]
    if np.isfinite(value):
        return [tables.cost_text(value, cost), float(value), "number"]
    diverged = states == TrialState.DIVERGED
    if diverged.mean() >= 0.5:
        return [str(TrialState.DIVERGED), None, "diverged"]
    watched = float(trained[cost][~diverged & (states != TrialState.CONVERGED)].max())
    return [f">{tables.cost_text(watched, cost)}", None, "beyond"]


def _accuracy(accuracy: float, trained: Columns) -> list[Any]:
    states = trained["state"]
    if not len(states):
        return [str(TrialState.FAILED), None, "failed"]
    if np.isfinite(accuracy):
        return [accuracy_text(accuracy), float(accuracy), "number"]
    if (states == TrialState.DIVERGED).all():
        return [str(TrialState.DIVERGED), None, "diverged"]
    return [accuracy_text(accuracy), None, "none"]


def _updates_an_epoch(trained: Columns) -> int:
    some = np.flatnonzero(trained["epochs"] > 0)
    return int(trained["updates"][some[0]] // trained["epochs"][some[0]]) if len(some) else 0
