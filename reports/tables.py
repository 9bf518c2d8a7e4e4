"""The homework's table: rows batch sizes, columns learning rates, cells `epochs / accuracy`.

A cell that used all its epochs shows ``>10000``, never the cap as if it were a result. With
several repeats a cell shows medians; trials that never converged count as slower than any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.files import csv_text
from reports.words import number, word
from sweep.trial import TrialState, Value

NOT_APPLICABLE = "n/a"


@dataclass(frozen=True)
class Best:
    """The best combination of a table.

    Attributes
    ----------
    batch_size, learning_rate
        Its place.
    sentence : str
        Which it is, and by which rule.
    """

    batch_size: Value
    learning_rate: float
    sentence: str

    @property
    def place(self) -> tuple[Value, float]:
        """Batch size and learning rate."""
        return self.batch_size, self.learning_rate


def cells(
    trials: pd.DataFrame, by: Sequence[str] = ("batch_size", "learning_rate")
) -> pd.DataFrame:
    """Gather the repeats of each cell.

    Parameters
    ----------
    trials : DataFrame
        As of `trials_frame`; one value of every axis that is not in `by`.
    by : sequence of str
        The axes of the cells.

    Returns
    -------
    DataFrame
        Indexed by these axes, in the trials' order, with the columns ``epochs`` (the median;
        infinite where less than half of the trials converged), ``accuracy`` (the median R² on the
        test set, for classes the share of right ones), ``loss`` (the median of the last
        validation loss, or of the training loss where there is none), ``updates`` and ``seconds``
        (medians), ``n_trials``, ``n_converged``, and as words ``epochs_text``, ``accuracy_text``
        and ``text``, which joins the two.
    """
    groups = trials.groupby(list(by), sort=False)
    summaries = [{**dict(zip(by, place, strict=True)), **_cell(group)} for place, group in groups]
    return pd.DataFrame(summaries).set_index(list(by))


def _cell(trials: pd.DataFrame) -> dict[str, object]:
    """Summarise the repeats of one cell; those that failed tell nothing about the cell."""
    trained = trials[trials.state != TrialState.FAILED]
    converged = trained.state == TrialState.CONVERGED
    epochs = _median_epochs(trained.epochs.where(converged, np.inf).to_numpy(float))
    accuracy = float(trained.test_r2.replace([np.inf, -np.inf], np.nan).median())
    if trained.empty:
        words = str(TrialState.FAILED)
    elif np.isfinite(epochs):
        words = f"{epochs:.0f}"
    elif (trained.state == TrialState.DIVERGED).mean() > 0.5:
        words = str(TrialState.DIVERGED)
    else:
        words = f">{trained.epochs[~converged].max()}"
    return {
        "epochs": epochs,
        "accuracy": accuracy,
        "loss": float(trained.validation_loss.fillna(trained.train_loss).median()),
        "updates": float(trained.updates.median()),
        "seconds": float(trained.seconds.median()),
        "n_trials": len(trials),
        "n_converged": int(converged.sum()),
        "epochs_text": words,
        "accuracy_text": accuracy_text(accuracy),
        "text": words if words.isalpha() else f"{words} / {accuracy_text(accuracy)}",
    }


def _median_epochs(epochs: NDArray[np.float64]) -> float:
    """Return the epoch by which at least half have converged; infinite if they never did.

    This is the Kaplan-Meier median where all who did not converge were watched to the end.
    """
    if not len(epochs):
        return np.inf
    return float(np.sort(epochs)[(len(epochs) - 1) // 2])


def accuracy_text(accuracy: float) -> str:
    """Write an R² with three digits; n/a where it is undefined."""
    if not np.isfinite(accuracy):
        return NOT_APPLICABLE
    return f"{accuracy:.3f}" if accuracy > -10 else f"{accuracy:.2e}"


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
    shown[word("epochs")] = rows.epochs_text
    if rows.n_trials.max() > 1:
        pairs = zip(rows.n_converged, rows.n_trials, strict=True)
        shown[word("converged")] = pd.Series([f"{k}/{n}" for k, n in pairs])
    shown[word("loss")] = rows.loss.map("{:.6f}".format)
    shown[word("accuracy")] = rows.accuracy_text
    shown[word("updates")] = rows.updates.map("{:.0f}".format)
    shown[word("seconds")] = rows.seconds.map("{:.3f}".format)
    return pd.DataFrame(shown)


def best(cells: pd.DataFrame) -> Best | None:
    """Find the best combination: the fewest epochs among the converged, ties by accuracy.

    Where none converged the highest accuracy is the best that can be said; None where there is
    not even that.
    """
    converged = cells[np.isfinite(cells.epochs)]
    if len(converged):
        fewest = converged[converged.epochs == converged.epochs.min()]
        cell = fewest.iloc[int(fewest.accuracy.fillna(-np.inf).argmax())]
        what = f"{cell.epochs:.0f} epochs, accuracy {accuracy_text(cell.accuracy)}"
        rule = "fewest epochs among the combinations that converged; ties decided by accuracy"
        if len(fewest) > 1:
            rule += f", as here between {len(fewest)}"
    elif cells.accuracy.notna().any():
        cell = cells.iloc[int(cells.accuracy.fillna(-np.inf).argmax())]
        what = f"accuracy {accuracy_text(cell.accuracy)}"
        rule = "no combination converged, so the highest accuracy decides"
    else:
        return None
    if cell.n_trials > 1:
        what += f" (medians of {cell.n_trials} repeats, {cell.n_converged} of which converged)"
    batch_size, learning_rate = cell.name
    place = f"batch size {batch_size}, learning rate {number(learning_rate)}"
    head = "Best combination" if cell.n_trials == 1 else "Best by its median"
    return Best(batch_size, learning_rate, f"{head}: {place}: {what}. Rule: {rule}.")


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
    """Write a table as Markdown, the best combination in bold."""
    content = content.rename(columns=number)
    if marked is not None:
        row = content.index.tolist().index(marked.batch_size)
        column = content.columns.tolist().index(number(marked.learning_rate))
        content.iat[row, column] = f"**{content.iat[row, column]!s}**"
    content.index.name = "batch size \\ learning rate"
    return str(content.to_markdown(disable_numparse=True, stralign="right"))
