"""What ``report.html`` holds: a page to play with, one file that needs no network.

All that it shows is computed here and embedded in it: numbers as JSON, arrays in base64, findings
in both languages. `reports.page.file` makes the file of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.findings.finding import Finding
from reports.page import arrays
from reports.page.arrays import Budget, Recording, as_text
from reports.page.cells import records
from reports.page.file import render
from reports.statistics import by_cell
from reports.words import Text, number

_POINTS = 1000  # so many training points, and test points, are drawn


@dataclass(frozen=True)
class Grid:
    """The part of a result with one number of hidden units.

    Attributes
    ----------
    n_hidden : int
    trials : DataFrame
        As of `reports.frames.trials_frame`.
    cells : DataFrame
        What the repeats say of each cell by epochs, as `reports.page.cells.records` takes it.
    history : DataFrame
        As of `reports.frames.history_frame`, of the first repeats or all.
    recordings : sequence of Recording
        Of the first repeats, whose curves can be looked at.
    findings : sequence of Finding
    initial : sequence of ndarray
        The parameters before training, as one row of numbers, for each repeat with a recording;
        empty where there is no playback.
    """

    n_hidden: int
    trials: pd.DataFrame = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    history: pd.DataFrame = field(repr=False)
    recordings: Sequence[Recording] = field(repr=False)
    findings: Sequence[Finding] = ()
    initial: Sequence[NDArray[np.float64]] = ()


@dataclass(frozen=True)
class Curve:
    """What networks of one input and one output are drawn over.

    Attributes
    ----------
    activation : str
    train_x, train_y, test_x, test_y : ndarray, one value a sample
    test_is_curve : bool
        The test set has no noise, and is drawn as a line.
    """

    activation: str
    train_x: NDArray[np.float64] = field(repr=False)
    train_y: NDArray[np.float64] = field(repr=False)
    test_x: NDArray[np.float64] = field(repr=False)
    test_y: NDArray[np.float64] = field(repr=False)
    test_is_curve: bool = True


def make(
    title: Text,
    grids: Sequence[Grid],
    *,
    target_loss: float,
    curve: Curve | Text,
    settings: Mapping[str, str],
    data: Mapping[Text, Text | str],
    failures: Mapping[str, str],
    command: str,
    measure: str = "epochs",
    language: str = "en",
) -> str:
    """Return ``report.html``.

    Parameters
    ----------
    title : Text
    grids : sequence of Grid
        One for each number of hidden units.
    target_loss : float
        The validation loss at which training stopped.
    curve : Curve or Text
        What networks are drawn over, or a sentence that says why they can't be.
    settings, data : mapping
        What was set, and what was learned from, as words.
    failures : mapping
        The reason for each trial that failed.
    command : str
        What makes this run again.
    measure : str
        What the board shows first: one of `reports.page.cells.COSTS`.
    language : str
        In which the page opens, ``en`` or ``zh``.

    Raises
    ------
    SweepError
        If Plotly's JavaScript is missing.
    """
    bounds = arrays.levels(target_loss)
    budget = Budget([recording for grid in grids for recording in grid.recordings])
    n_cells = sum(len(grid.cells) for grid in grids)
    counted = max(1, arrays.PASSAGE_BYTES // max(1, 4 * n_cells * len(bounds)))
    content = {
        "language": language,
        "title": title,
        "measure": measure,
        "target": target_loss,
        "levels": bounds,
        "paths": budget.path_repeats,
        "curve": _samples(curve) if isinstance(curve, Curve) else None,
        "why": None if isinstance(curve, Curve) else curve,
        "grids": [_grid(grid, bounds, counted, budget) for grid in grids],
        "about": [
            ["settings", list(settings.items())],
            ["data", list(data.items())],
            ["failures", list(failures.items())],
        ],
        "command": command,
    }
    return render(content, language)


def _grid(grid: Grid, bounds: Sequence[float], counted: int, budget: Budget) -> dict[str, Any]:
    """Return all that the page needs of one number of hidden units, as values for JSON."""
    trials, index = grid.trials, grid.cells.index
    sizes, rates = (list(trials[axis].unique()) for axis in by_cell.CELL)
    place = {cell: i for i, cell in enumerate(index)}
    counted = min(counted, trials["repeat"].nunique(), grid.history["repeat"].nunique() or 1)
    some = trials[trials["repeat"] < counted]
    history = grid.history[grid.history["repeat"] < counted]
    cells = zip(some.batch_size, some.learning_rate, strict=True)
    return {
        "n_hidden": grid.n_hidden,
        "sizes": [number(size) for size in sizes],
        "rates": [number(rate) for rate in rates],
        "cells": [
            {**record, "row": sizes.index(at[0]), "column": rates.index(at[1])}
            for at, record in zip(index, records(trials, grid.cells), strict=True)
        ],
        "repeats": int(trials["repeat"].nunique()),
        "counted": {
            "repeats": counted,
            "cell": [place[cell] for cell in cells],
            "repeat": some["repeat"].tolist(),
            "state": some.state.tolist(),
            "watched": some.epochs.tolist(),
            "passages": as_text(arrays.passages(history, some, bounds), "i4"),
        },
        "curves": len({recording.repeat for recording in grid.recordings}),
        "recordings": [
            {
                "cell": place[recording.batch_size, recording.learning_rate],
                "repeat": recording.repeat,
                **budget.texts(recording),
            }
            for recording in grid.recordings
        ],
        "initial": [as_text(numbers, "f4") for numbers in grid.initial],
        "findings": [
            {"text": f.text, "cells": [place[cell] for cell in f.cells if cell in place]}
            for f in grid.findings
        ],
    }


def _samples(curve: Curve) -> dict[str, Any]:
    """Return the samples as text; of many only some."""
    order = np.argsort(curve.test_x, kind="stable")
    trained, tested = (
        slice(None, None, max(1, -(-len(x) // _POINTS))) for x in (curve.train_x, curve.test_x)
    )
    arrays = {
        "train_x": curve.train_x[trained],
        "train_y": curve.train_y[trained],
        "test_x": curve.test_x[order][tested],
        "test_y": curve.test_y[order][tested],
    }
    return {
        "activation": curve.activation,
        "test_is_curve": curve.test_is_curve,
        "all": len(curve.train_x),
        **{name: as_text(values, "f4") for name, values in arrays.items()},
    }
