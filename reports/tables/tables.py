"""The table of a grid: one axis down, another across, cells `epochs / accuracy`.

A cell that used all its epochs shows ``>10000``, never the cap as if it were a result. With
several repeats a cell shows medians; trials that never converged count as slower than any other.
"""

from collections.abc import Sequence
from math import floor

import numpy as np
import pandas as pd

from reports.files import csv_text
from reports.statistics import by_cell
from reports.tables.best import Best
from reports.words import Text, accuracy_text, axis_name, number, word
from sweep.trial import TrialState

_MEASURES = ("updates", "train_loss", "validation_loss", "test_r2")


def cells(trials: pd.DataFrame, by: Sequence[str], cost: str = "epochs") -> pd.DataFrame:
    """Summarize the repeats of each cell.

    Parameters
    ----------
    trials : DataFrame
        As of `trials_frame`, of an objective with any metrics; one value of every axis that is
        not in `by`.
    by : sequence of str
        The axes of the cells.
    cost : str
        What cells are compared by: a name in `reports.statistics.by_cell.COSTS`, and a column of
        `trials`.

    Returns
    -------
    DataFrame
        Indexed by these axes, in the trials' order, with the columns ``epochs`` and ``cost`` (the
        medians; infinite where not reached), ``accuracy`` (the median R² on the test set, for
        classes the share of right ones), ``loss`` (the median of the last validation loss, or of
        the training loss where there is none), ``updates`` (the median), ``n_trials``,
        ``n_converged``, and as words ``epochs_text``, ``cost_text``, ``accuracy_text`` and
        ``text``, which joins the last two.
    """
    measured = set(_MEASURES) & set(trials)
    trials = trials.assign(**dict.fromkeys(set(_MEASURES) - measured, np.nan))
    epochs = by_cell.of_cells(trials, by)
    spent = epochs if cost == "epochs" else by_cell.of_cells(trials, by, cost)
    trained = trials[trials.state != TrialState.FAILED]  # the others tell nothing about a cell
    trained = trained.assign(loss=trained.validation_loss.fillna(trained.train_loss))
    groups = trained.groupby(list(by), sort=False)
    medians = groups[["loss", "updates"]].median().reindex(epochs.index)
    found = pd.DataFrame(
        {
            "epochs": epochs["median"].fillna(np.inf),
            "cost": spent["median"].fillna(np.inf),
            "accuracy": epochs.accuracy,
            **medians,
            "n_trials": trials.groupby(list(by), sort=False).size(),
            "n_converged": epochs.converged,
            "epochs_text": spent_text(epochs, "median"),
            "cost_text": spent_text(spent, "median"),
            "accuracy_text": epochs.accuracy.map(accuracy_text),
        }
    )
    both = found.cost_text
    if "test_r2" in measured:
        both = both.where(both.str.isalpha(), both + " / " + found.accuracy_text)
    return found.assign(text=both)


def spent_text(cells: pd.DataFrame, column: str) -> "pd.Series[str]":
    """Write a quantile of the cost of each cell, or why it isn't known.

    Parameters
    ----------
    cells : DataFrame
        As of `reports.statistics.by_cell.of_cells`.
    column : str
        One of its columns, such as ``median``.
    """
    rows = zip(cells[column], cells.n, cells.diverged, cells.cap, strict=True)
    texts = [_spent_text(spent, n, diverged, cap) for spent, n, diverged, cap in rows]
    return pd.Series(texts, cells.index, dtype=object)


def _spent_text(spent: float, n: int, diverged: int, cap: float) -> str:
    if np.isfinite(spent):
        return cost_text(spent)
    if not n:
        return str(TrialState.FAILED)
    if 2 * diverged >= n:
        return str(TrialState.DIVERGED)
    return beyond_text(cap)


def beyond_text(cap: float) -> str:
    """Write a cost of which only the cap is known that it lies beyond, or not even that."""
    return f">{cost_text(cap)}" if np.isfinite(cap) else "∞"


def cost_text(spent: float) -> str:
    """Write what a trial cost."""
    return str(floor(spent + 0.5))  # as JavaScript rounds on the page


def table(cells: pd.DataFrame, column: str = "text") -> pd.DataFrame:
    """Return a column of `cells` as a table, the first axis down and the second across."""
    rows, columns = (cells.index.unique(axis) for axis in (0, 1))
    return cells[column].unstack().reindex(index=rows, columns=columns)


def corner(table: pd.DataFrame) -> Text:
    """Return what stands in a table's corner: the names of its axes, rows first.

    Columns without a common name are no axis.
    """
    if table.columns.name is None:
        return axis_name(str(table.index.name))
    rows, columns = (axis_name(str(index.name)) for index in (table.index, table.columns))
    return Text(f"{rows.en} \\ {columns.en}", f"{rows.zh} \\ {columns.zh}")


def listing(cells: pd.DataFrame) -> pd.DataFrame:
    """Return `cells` as a table in words: a row a cell, its axes first.

    Shown are the epochs, how many of the repeats converged, the last loss, the accuracy and the
    updates of a trial.
    """
    rows = cells.reset_index()
    shown = {word(str(axis)): rows[axis].map(number) for axis in cells.index.names}
    shown[word("epochs")] = rows.epochs_text.map(word)
    if rows.n_trials.max() > 1:
        pairs = zip(rows.n_converged, rows.n_trials, strict=True)
        shown[word("converged")] = pd.Series([f"{k}/{n}" for k, n in pairs])
    if not rows.updates.isna().all():  # else it is not measured, or all trials failed
        shown[word("loss")] = rows.loss.map("{:.6f}".format)
        shown[word("accuracy")] = rows.accuracy_text
        shown[word("updates")] = rows.updates.map("{:.0f}".format)
    return pd.DataFrame(shown)


def to_csv(tables: dict[int, pd.DataFrame]) -> str:
    """Write tables by hidden units as CSV; a column n_hidden leads where there are several."""
    parts = []
    for n_hidden, content in tables.items():
        part = content.rename(columns=number).reset_index()
        if len(tables) > 1:
            part.insert(0, "n_hidden", n_hidden)
        parts.append(part)
    return csv_text(pd.concat(parts))


def to_markdown(content: pd.DataFrame, marked: Best | None = None) -> str:
    """Write a table as Markdown, the best cell in bold, in the language of the context."""
    shown = content.map(word).rename(columns=number, index=number)
    if marked is not None:
        place = number(marked.place[0]), number(marked.place[1])
        shown.at[place] = f"**{shown.at[place]!s}**"
    shown.index.name = str(corner(content))
    return str(shown.to_markdown(disable_numparse=True, stralign="right"))
