"""What ``report.html`` holds: an interactive page, one file that needs no network.

All that it shows is computed here and embedded in it: numbers as JSON, arrays in base64, sentences
in both languages. `reports.page.file` makes the file of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.page import arrays
from reports.page.arrays import Budget, Recording, as_text
from reports.page.boards import PLACE, Board
from reports.page.cells import records
from reports.page.file import render
from reports.page.lab import Lab, content_of
from reports.statistics.measure import Measure
from reports.words import Text

_POINTS = 1000  # so many training points, and test points, are drawn


@dataclass(frozen=True)
class Curve:
    """What networks of one input and one output are drawn over.

    Attributes
    ----------
    train_x, train_y, test_x, test_y : ndarray, one value a sample
    test_is_curve : bool
        The test set has no noise, and is drawn as a line.
    """

    train_x: NDArray[np.float64] = field(repr=False)
    train_y: NDArray[np.float64] = field(repr=False)
    test_x: NDArray[np.float64] = field(repr=False)
    test_y: NDArray[np.float64] = field(repr=False)
    test_is_curve: bool = True


@dataclass(frozen=True)
class Grid:
    """A board, or a list of cells, with all that is known of its cells.

    Attributes
    ----------
    board : Board
    trials : DataFrame
        As of `reports.frames.trials_frame`.
    cells : DataFrame
        What the repeats say of each cell by epochs, as `reports.page.cells.records` takes it.
    history : DataFrame
        As of `reports.frames.history_frame`, of the first repeats or all.
    recordings : sequence of Recording
        Of the first repeats, whose curves can be shown.
    measure : Measure
        What trials are judged by, and the target at which training stopped.
    curve : Curve or Text
        What networks are drawn over, or a sentence that says why they can't be.
    findings : sequence of (Text, sequence of (int, int))
        Sentences, each with the rows and columns of the cells that it is about.
    name : Text, optional
        What sets it apart from the other grids; by default that of its board.
    shown : sequence of str
        What the board can show: of `MEASURES`, the main one first.
    lab : Lab or Text, optional
        What the page can train, or a sentence that says why it can't.
    """

    board: Board
    trials: pd.DataFrame = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    history: pd.DataFrame = field(repr=False)
    recordings: Sequence[Recording] = field(repr=False)
    measure: Measure
    curve: Curve | Text
    findings: Sequence[tuple[Text, Sequence[tuple[int, int]]]] = ()
    name: Text | None = None
    shown: Sequence[str] = ("epochs", "accuracy", "updates", "wins")
    lab: Lab | Text | None = None


@dataclass(frozen=True)
class Figure:
    """A figure by name: its file as a data URI is None where the page would be too large."""

    figure: str
    caption: Text
    source: str | None


@dataclass(frozen=True)
class Table:
    """A table: its caption, and its rows as words in each language, the names of columns first."""

    caption: Text
    rows: Sequence[Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Link:
    """A page below this one: where it is, its title, its question, and its first finding."""

    path: str
    title: Text
    question: Text
    finding: Text


def make(
    title: Text,
    grids: Sequence[Grid],
    *,
    about: Sequence[tuple[Text, Mapping[Any, Any]]],
    command: str,
    grids_name: Text | None = None,
    question: Text | None = None,
    byline: Text | None = None,
    findings: Sequence[Text] = (),
    parts: Sequence[Figure | Table] = (),
    links: Sequence[Link] = (),
    measure: str = "epochs",
    language: str = "en",
) -> str:
    """Return ``report.html``.

    Parameters
    ----------
    title : Text
    grids : sequence of Grid
        None where nothing was trained.
    about : sequence of (Text, mapping)
        What was set, what was learned from, and what failed: a heading, and words by their names.
    command : str
        What makes this run again.
    grids_name : Text, optional
        What the grids differ in.
    question : Text, optional
        What the run is to answer.
    byline : Text, optional
        Whose report it is.
    findings : sequence of Text
        Sentences about all grids.
    parts : sequence of Figure and Table
    links : sequence of Link
        The pages that this one is an index of.
    measure : str
        What the board shows first: one of the grids' `shown`.
    language : str
        In which the page opens, ``en`` or ``zh``.
    """
    budget = Budget([recording for grid in grids for recording in grid.recordings])
    n_cells = sum(len(grid.cells) for grid in grids)
    content = {
        "language": language,
        "title": title,
        "question": question,
        "byline": byline,
        "findings": findings,
        "measure": measure,
        "paths": budget.path_repeats,
        "grids_name": grids_name,
        "grids": [_grid(grid, n_cells, budget) for grid in grids],
        "parts": [asdict(part) for part in parts],
        "links": [asdict(link) for link in links],
        "about": [[heading, list(words.items())] for heading, words in about],
        "command": command,
        **content_of([grid.lab for grid in grids if isinstance(grid.lab, Lab)]),
    }
    return render(content, language)


def make_lab(title: Text, lab: Lab, curve: Curve, language: str) -> str:
    """Return a page that holds no run, but trains.

    Parameters
    ----------
    title : Text
    lab : Lab
    curve : Curve
        What its networks are drawn over.
    language : str
        In which the page opens, ``en`` or ``zh``.
    """
    measure = Measure(target=lab.defaults["target_loss"])
    nothing: list[Any] = []
    grid = {
        "name": "",
        "rows": None,
        "columns": None,
        "cells": nothing,
        "shown": ["epochs"],
        "target": measure.target,
        "levels": [measure.target],
        "metric": measure.title,
        "maximize": False,
        "curve": _samples(curve),
        "why": None,
        "lab": lab.content(),
        "repeats": 1,
        "curves": 1,
        "compared": True,
        "counted": {"repeats": 1},
        "recordings": nothing,
        "findings": nothing,
    }
    content = {
        "language": language,
        "title": title,
        "question": None,
        "byline": None,
        "findings": nothing,
        "measure": "epochs",
        "paths": 1,
        "grids_name": None,
        "grids": [grid],
        "parts": nothing,
        "links": nothing,
        "about": nothing,
        "command": "sweep lab",
        **content_of([lab]),
    }
    return render(content, language)


def _grid(grid: Grid, n_cells: int, budget: Budget) -> dict[str, Any]:
    """Return all that the page needs of a grid, as values for JSON."""
    board, index, measure = grid.board, list(grid.cells.index), grid.measure
    place = {cell: i for i, cell in enumerate(index)}
    bounds = arrays.levels(measure) if "epochs" in grid.shown else [measure.target]
    is_curve = isinstance(grid.curve, Curve)
    return {
        "name": grid.name or board.name,
        "rows": asdict(board.rows),
        "columns": board.columns and asdict(board.columns),
        "cells": [
            {
                **dict(zip(PLACE, at, strict=True)),
                "name": board.short(at),
                "long": board.long(at),
                "settings": _settings(grid, at),
                **record,
            }
            for at, record in zip(index, records(grid.trials, grid.cells, measure), strict=True)
        ],
        "shown": grid.shown,
        "target": measure.target,
        "levels": bounds,
        "metric": measure.title,
        "maximize": measure.maximize,
        "curve": _samples(grid.curve) if isinstance(grid.curve, Curve) else None,
        "why": None if is_curve else grid.curve,
        "lab": grid.lab.content() if isinstance(grid.lab, Lab) else grid.lab,
        "repeats": int(grid.trials["repeat"].nunique()),
        "counted": _counted(grid, place, bounds, n_cells),
        "curves": len({recording.repeat for recording in grid.recordings}),
        "compared": is_curve or any(len(recording.epochs) > 1 for recording in grid.recordings),
        "recordings": [
            {"cell": place[r.place], "repeat": r.repeat, **budget.texts(r)} for r in grid.recordings
        ],
        "findings": [
            {"text": text, "cells": [place[cell] for cell in cells if cell in place]}
            for text, cells in grid.findings
        ],
    }


def _settings(grid: Grid, at: tuple[int, int]) -> dict[str, Any] | None:
    """Return what the lab is filled with from a cell."""
    if not isinstance(grid.lab, Lab):
        return None
    return {name: np.asarray(value).item() for name, value in grid.board.cells[at].items()}


def _counted(
    grid: Grid, place: Mapping[Any, int], bounds: Sequence[float | None], n_cells: int
) -> dict[str, Any]:
    """Return when each run of the first repeats reached each looser target, as far as it fits."""
    repeats = max(1, arrays.PASSAGE_BYTES // max(1, 4 * n_cells * len(bounds)))
    history = grid.history
    drawn = history["repeat"].nunique() if len(history) else 0
    repeats = min(repeats, grid.trials["repeat"].nunique(), drawn or 1)
    some = grid.trials[grid.trials["repeat"] < repeats]
    if len(history):
        columns = [*PLACE, "repeat", "epoch"]
        history = history[history["repeat"] < repeats]
        history = history[columns].assign(cost=grid.measure.as_cost(history[grid.measure.name]))
    return {
        "repeats": repeats,
        "cell": [place[cell] for cell in zip(some.row, some.column, strict=True)],
        "repeat": some["repeat"].tolist(),
        "state": some.state.tolist(),
        "watched": some.epochs.tolist(),
        "passages": as_text(arrays.passages(history, some, _costs(grid.measure, bounds)), "i4"),
    }


def _costs(measure: Measure, bounds: Sequence[float | None]) -> list[float]:
    return [-np.inf if bound is None else measure.as_cost(bound) for bound in bounds]


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
        "test_is_curve": curve.test_is_curve,
        "all": len(curve.train_x),
        **{name: as_text(values, "f4") for name, values in arrays.items()},
    }
