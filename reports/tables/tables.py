"""The homework's table: rows batch sizes, columns learning rates, cells `epochs / accuracy`.

A cell that used all its epochs shows ``>10000``, never the cap as if it were a result. With
several repeats a cell shows medians; trials that never converged count as slower than any other.
"""

from collections.abc import Sequence
from math import floor

import numpy as np
import pandas as pd

from reports.files import csv_text
from reports.statistics import by_cell
from reports.statistics.order_statistics import median
from reports.tables.best import Best
from reports.words import Text, accuracy_text, number, word
from sweep.trial import TrialState

CORNER = Text("batch size \\ learning rate", "批大小 \\ 学习率")
"""What stands in the corner of the table: the words for rows and for columns."""


_MEASURES = ("updates", "train_loss", "validation_loss", "test_r2")


def cells(
    trials: pd.DataFrame,
    by: Sequence[str] = ("batch_size", "learning_rate"),
    cost: str = "epochs",
) -> pd.DataFrame:
    """Gather the repeats of each cell.

    Parameters
    ----------
    trials : DataFrame
        As of `trials_frame`, of an objective with any metrics; one value of every axis that is
        not in `by`.
    by : sequence of str
        The axes of the cells.
    cost : str
        What a training costs: a name in `reports.statistics.by_cell.COSTS`, and a column of
        `trials`.

    Returns
    -------
    DataFrame
        Indexed by these axes, in the trials' order, with the columns ``epochs`` and ``cost`` (the
        medians; infinite unless more than half of the trials converged), ``accuracy`` (the median
        R² on the test set, for classes the share of right ones), ``loss`` (the median of the last
        validation loss, or of the training loss where there is none), ``updates`` and ``seconds``
        (medians), ``n_trials``, ``n_converged``, and as words ``epochs_text``, ``cost_text``,
        ``accuracy_text`` and ``text``, which joins the last two.
    """
    unmeasured = [name for name in _MEASURES if name not in trials]
    groups = trials.assign(**dict.fromkeys(unmeasured, np.nan)).groupby(list(by), sort=False)
    summaries = [
        {**dict(zip(by, place, strict=True)), **_cell(group, cost)} for place, group in groups
    ]
    return pd.DataFrame(summaries).set_index(list(by))


def _cell(trials: pd.DataFrame, cost: str) -> dict[str, object]:
    """Summarise the repeats of one cell; those that failed tell nothing about the cell."""
    trained = trials[trials.state != TrialState.FAILED]
    accuracy = float(trained.test_r2.replace([np.inf, -np.inf], np.nan).median())
    epochs, epochs_text = _spent(trained, "epochs")
    spent, spent_text = (epochs, epochs_text) if cost == "epochs" else _spent(trained, cost)
    return {
        "epochs": epochs,
        "cost": spent,
        "accuracy": accuracy,
        "loss": float(trained.validation_loss.fillna(trained.train_loss).median()),
        "updates": float(trained.updates.median()),
        "seconds": float(trained.seconds.median()),
        "n_trials": len(trials),
        "n_converged": int((trained.state == TrialState.CONVERGED).sum()),
        "epochs_text": epochs_text,
        "cost_text": spent_text,
        "accuracy_text": accuracy_text(accuracy),
        "text": spent_text if spent_text.isalpha() else f"{spent_text} / {accuracy_text(accuracy)}",
    }


def _spent(trained: pd.DataFrame, cost: str) -> tuple[float, str]:
    """Return the median of a cost, infinite where there is none, and how a table writes it."""
    if trained.empty:
        return np.inf, str(TrialState.FAILED)
    middle = median(by_cell.costs(trained, cost))
    if np.isfinite(middle):
        return middle, cost_text(middle, cost)
    diverged = trained.state == TrialState.DIVERGED
    if diverged.mean() >= 0.5:
        return np.inf, str(TrialState.DIVERGED)
    cap = trained.loc[~diverged & (trained.state != TrialState.CONVERGED), cost].max()
    return np.inf, f">{cost_text(cap, cost)}"


def cost_text(spent: float, cost: str) -> str:
    """Write what a training cost; seconds with digits after the point, more if they are few."""
    if cost == "seconds":
        return f"{spent:.3f}" if spent < 1 else f"{spent:.2f}"
    return str(floor(spent + 0.5))  # as JavaScript rounds on the page


def table(cells: pd.DataFrame, column: str = "text") -> pd.DataFrame:
    """Return a column of `cells` as a table, the first axis down and the second across.

    With `cells` as they are by default: batch sizes down and learning rates across.
    """
    rows, columns = (cells.index.unique(axis) for axis in (0, 1))
    return cells[column].unstack().reindex(index=rows, columns=columns)


def listing(cells: pd.DataFrame) -> pd.DataFrame:
    """Return `cells` as a table in words: a row a cell, its axes first.

    Shown are the epochs, how many of the repeats converged, the last loss, the accuracy, the
    updates and the seconds that a training took.
    """
    rows = cells.reset_index()
    shown = {word(str(axis)): rows[axis].map(number) for axis in cells.index.names}
    shown[word("epochs")] = rows.epochs_text.map(word)
    if rows.n_trials.max() > 1:
        pairs = zip(rows.n_converged, rows.n_trials, strict=True)
        shown[word("converged")] = pd.Series([f"{k}/{n}" for k, n in pairs])
    shown[word("loss")] = rows.loss.map("{:.6f}".format)
    shown[word("accuracy")] = rows.accuracy_text
    shown[word("updates")] = rows.updates.map("{:.0f}".format)
    shown[word("seconds")] = rows.seconds.map("{:.3f}".format)
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
    """Write a table as Markdown, the best combination in bold, in the language of the context."""
    content = content.map(word).rename(columns=number, index=number)
    if marked is not None:
        place = number(marked.batch_size), number(marked.learning_rate)
        content.at[place] = f"**{content.at[place]!s}**"
    content.index.name = str(CORNER)
    return str(content.to_markdown(disable_numparse=True, stralign="right"))
