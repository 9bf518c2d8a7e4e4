"""What repeats say of each cell, in words: the median, its middle half, how many converged."""

import numpy as np
import pandas as pd

from reports.tables import cost_text, table
from sweep.trial import TrialState


def spread_table(statistics: pd.DataFrame, cost: str = "epochs") -> pd.DataFrame:
    """Return a table of words such as ``4350 [3750, 5200] 18/20``, in the shape of the homework's.

    What lies beyond the epochs that were watched is written as ``>10000``.

    Parameters
    ----------
    statistics : DataFrame
        As of `reports.statistics.of_cells`.
    cost : str
        What it was made with.
    """
    return table(statistics.assign(text=[_words(row, cost) for _, row in statistics.iterrows()]))


def _words(row: "pd.Series[float]", cost: str) -> str:
    if not row["n"]:
        return str(TrialState.FAILED)
    if not row["converged"] and np.isnan(row["cap"]):
        return str(TrialState.DIVERGED)
    median, lower, upper = (_bounded(row, name, cost) for name in ("median", "lower", "upper"))
    return f"{median} [{lower}, {upper}] {int(row['converged'])}/{int(row['n'])}"


def _bounded(row: "pd.Series[float]", name: str, cost: str) -> str:
    """Write a number of a cell; beyond the cap only that is known, and what diverged never ends."""
    if np.isfinite(row[name]):
        return cost_text(row[name], cost)
    return f">{cost_text(row['cap'], cost)}" if np.isfinite(row["cap"]) else "∞"
