"""From outcomes to data frames: the rows of ``trials.csv`` and ``history.csv``."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from sweep.trial import Trial, TrialResult

T = TypeVar("T")

TRIAL_COLUMNS = ("repeat", "state", "epochs", "seconds", "engine", "key")
"""The columns of all trials; the others are axes and metrics."""

MOST_SHOWN = 12
"""So many values of an axis get panels or curves of their own: more can't be told apart."""


def trials_frame(
    results: Iterable[tuple[Trial, TrialResult]], metrics: Sequence[str]
) -> pd.DataFrame:
    """Return a row for each trial.

    Parameters
    ----------
    results : iterable of (Trial, TrialResult)
    metrics : sequence of str
        Names, from the objective; if it names none, those that the results have. Where a trial
        has none, it is 0 if the others are whole numbers, else NaN.

    Returns
    -------
    DataFrame
        The axes of the grid (``batch_size`` may be the word full), ``repeat``, ``state``,
        ``epochs``, the metrics, ``seconds``, ``engine`` and ``key``.
    """
    results = list(results)
    found = [result.metrics for _, result in results]
    metrics = metrics or list(dict.fromkeys(name for measured in found for name in measured))
    missing = {
        name: 0 if {type(m[name]) for m in found if name in m} == {int} else np.nan
        for name in metrics
    }
    rows = [
        {
            **naming_columns(trial),
            "state": str(result.state),
            "epochs": result.epochs,
            **{name: result.metrics.get(name, missing[name]) for name in metrics},
            "seconds": result.seconds,
            "engine": result.engine,
            "key": trial.key,
        }
        for trial, result in results
    ]
    return pd.DataFrame(rows)


def history_frame(results: Iterable[tuple[Trial, TrialResult]]) -> pd.DataFrame:
    """Return a row for each evaluation: the columns that name the trial, then its measures.

    ``batch_…`` is the loss and R² on the epoch's last mini-batch, ``train_…`` on the whole
    training set. A trial that failed has no row.
    """
    parts, names = [], list[str]()
    for trial, outcome in results:
        names = list(naming_columns(trial))
        if len(outcome.history):
            part = pd.DataFrame(outcome.history)
            for place, (name, value) in enumerate(naming_columns(trial).items()):
                part.insert(place, name, value)
            parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)


def in_order(values: "pd.Series[Any] | pd.Index[Any]") -> list[Any]:
    """Return the distinct values from small to large; the full batch is the largest."""
    return sorted(values.unique(), key=lambda v: np.inf if isinstance(v, str) else v)


def loss_column(measures: Iterable[Any]) -> str:
    """Return the loss among the columns of a history: the network's, else the first measure.

    It is the network's too where there is no history, for all trials failed.
    """
    names: list[str] = list(measures)
    if "epoch" not in names:
        return "validation_loss"
    known = [name for name in ("validation_loss", "train_loss") if name in names]
    return known[0] if known else names[names.index("epoch") + 1]


def few(values: Sequence[T], most: int = MOST_SHOWN) -> list[T]:
    """Return at most so many of some values, evenly chosen, with both ends."""
    places = np.linspace(0, len(values) - 1, min(len(values), most)).round().astype(int)
    return [values[place] for place in places]


def naming_columns(trial: Trial) -> dict[str, float | int | str]:
    """Return the columns that name a trial: its axes and its repeat."""
    params = {name: "full" if value is None else value for name, value in trial.params.items()}
    return {**params, "repeat": trial.repeat}
