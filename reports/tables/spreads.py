"""Tables of words beside that of medians: how repeats spread, and what the power-law fit says."""

import numpy as np
import pandas as pd

from reports.statistics import power_law
from reports.tables.tables import beyond_text, cost_text, table
from reports.words import word
from sweep.trial import TrialState


def spread_table(statistics: pd.DataFrame) -> pd.DataFrame:
    """Return a table of words such as ``4350 [3750, 5200] 18/20``.

    What lies beyond the epochs, or other cost, that was trained is written as ``>10000``.

    Parameters
    ----------
    statistics : DataFrame
        As of `reports.statistics.by_cell.of_cells`.
    """
    return table(statistics.assign(text=[_words(row) for _, row in statistics.iterrows()]))


def _words(row: "pd.Series[float]") -> str:
    if not row["n"]:
        return str(TrialState.FAILED)
    if not row["converged"] and np.isnan(row["cap"]):
        return str(TrialState.DIVERGED)
    beyond = beyond_text(row["cap"])
    median, lower, upper = (
        cost_text(row[name]) if np.isfinite(row[name]) else beyond
        for name in ("median", "lower", "upper")
    )
    return f"{median} [{lower}, {upper}] {int(row['converged'])}/{int(row['n'])}"


def law_table(statistics: pd.DataFrame) -> pd.DataFrame | None:
    """Return a table of the epochs by the power-law fit, with a word where a cell departs from it.

    Parameters
    ----------
    statistics : DataFrame
        Indexed by cell, with ``law_epochs`` and ``law_verdict``: what
        `reports.statistics.power_law.judge` calls `predicted` and `verdict`.

    Returns
    -------
    DataFrame or None
        None without a fit.
    """
    if not statistics.law_epochs.notna().any():
        return None
    rows = zip(statistics.law_epochs, statistics.law_verdict, strict=True)
    texts = [
        _two_digits(epochs) + (f" ({word(verdict)})" if verdict in power_law.DEPARTS else "")
        for epochs, verdict in rows
    ]
    return table(statistics.assign(text=texts))


def _two_digits(epochs: float) -> str:
    return f"{float(f'{epochs:.2g}'):.0f}" if np.isfinite(epochs) else "-"
