"""A run's ``report.html``: what the page needs, gathered from trials and outcomes."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from network.data.generated import CURVES
from reports.page import content
from reports.page.arrays import Recording
from reports.page.boards import PLACE, Board, boards
from reports.page.content import Curve, Figure, Grid, Table
from reports.page.words import PAGE_WORDS
from reports.statistics import by_cell
from reports.words import LANGUAGES, WORDS, Text, current_language, language
from studies.experiment.plan import Model
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study
from studies.objectives.two_layer import KEPT_PATHS, TwoLayerObjective
from sweep.trial import Trial, TrialResult, TrialState

FIGURE_BYTES = 2_000_000
"""How much all figures of a page may take, before they are text."""

TABLE_ROWS = 200
"""So many rows of a table are on the page; its file has all."""

TrialResults = Iterable[tuple[Trial, TrialResult]]


def of_study(
    folder: Path,
    study: Study,
    results: Results,
    report: Report,
    *,
    command: str,
    settings: Callable[[PlanResult], Mapping[str, str]],
) -> str:
    """Return the page of a study, opening in the language of the context.

    Parameters
    ----------
    folder : Path
        The run directory, in which the figures are already.
    study, results, report
    command : str
        What makes this report again.
    settings : callable
        Says in words what a plan's runs were set to, in the language of the context.
    """
    named = len(results) > 1
    grids = [
        grid
        for name, result in results.items()
        for grid in grids_of(
            result.plan.objective,
            result.frame,
            result.history,
            ((trial, result.outcomes[trial.key]) for trial in result.trained),
            list(result.plan.axes),
            name=name if named else "",
        )
    ]
    about = [
        (
            Text(*(f"{word}: {name}" for word in WORDS["settings"]))
            if named
            else WORDS["settings"],
            _in_both(partial(settings, result)),
        )
        for name, result in results.items()
    ]
    failures = {trial: why for r in results.values() for trial, why in r.failures.items()}
    return make(
        folder,
        study.title,
        grids,
        report,
        question=study.question,
        about=[*about, (WORDS["failures"], failures)],
        command=command,
    )


def make(
    folder: Path,
    title: Text,
    grids: Sequence[Grid],
    report: Report,
    *,
    about: Sequence[tuple[Text, Mapping[Any, Any]]],
    command: str,
    question: Text | None = None,
) -> str:
    """Return the page of grids and a report, whose figures lie in the run directory."""
    return content.make(
        title,
        grids,
        about=about,
        command=command,
        question=question,
        findings=report.findings,
        parts=_parts(folder, report.parts),
        language=current_language(),
    )


def grids_of(
    objective: Model,
    frame: pd.DataFrame,
    history: pd.DataFrame,
    outcomes: TrialResults,
    axes: Sequence[str],
    *,
    name: str = "",
) -> list[Grid]:
    """Return the boards, or the list of cells, of trials of one objective.

    Parameters
    ----------
    objective
    frame, history : DataFrame
        As of `reports.frames.trials_frame` and `history_frame`.
    outcomes : iterable of (Trial, Outcome)
        Those whose curves and parameters are shown.
    axes : sequence of str
    name : str
        Of the part of the run, where there are several.
    """
    shown = list(outcomes)
    found = []
    for board in boards(frame, axes):
        recordings = recordings_of(objective, shown, board)
        trials = board.located(frame)
        by = tuple(PLACE)
        won = by_cell.winners(trials, by)
        cells = by_cell.of_cells(trials, by)
        parts = [part for part in (Text(name, name), board.name) if part.en]
        found.append(
            Grid(
                board,
                trials,
                cells.assign(wins=won.wins, p=won.p, law_epochs=np.nan),
                board.located(history),
                recordings,
                float(str(objective.identity()["target_loss"])),
                curve_of(objective, recordings),
                name=Text(*(" · ".join(words) for words in zip(*parts, strict=True)))
                if parts
                else None,
            )
        )
    return found


def recordings_of(objective: Model, outcomes: TrialResults, board: Board) -> list[Recording]:
    """Return what the runs of a board left at each evaluation, in the first repeats."""
    recordings = []
    for trial, outcome in outcomes:
        cell = tuple("full" if trial.params[a] is None else trial.params[a] for a in board.axes)
        place, history = board.places.get(cell), outcome.history
        kept = outcome.state is not TrialState.FAILED and len(history)
        if place is None or not kept or trial.repeat >= KEPT_PATHS:
            continue
        names = history.dtype.names or ()
        loss = "validation_loss" if "validation_loss" in names else "train_loss"
        path, activation = outcome.path, ""
        if isinstance(objective, TwoLayerObjective) and path.size:
            path = np.vstack([objective.lane(trial).initial.flat(), path]).astype(np.float32)
            activation = objective.settings(trial.params).activation
        recordings.append(
            Recording(place, trial.repeat, history["epoch"], history[loss], path, activation)
        )
    return recordings


def curve_of(objective: Model, recordings: Sequence[Recording]) -> Curve | Text:
    """Return what the networks are drawn over, or why they can't be."""
    if not isinstance(objective, TwoLayerObjective):
        return PAGE_WORDS["no network"]
    data = objective.dataset
    if objective.identity()["task"] != "regression":
        return PAGE_WORDS["classes"]
    if data.n_inputs > 1 or data.n_outputs > 1:
        return PAGE_WORDS["many columns"].fill(inputs=data.n_inputs, outputs=data.n_outputs)
    if not any(recording.path.size for recording in recordings):
        return PAGE_WORDS["no paths"]
    return Curve(
        train_x=data.train_x.ravel(),
        train_y=data.train_y.ravel(),
        test_x=data.test_x.ravel(),
        test_y=data.test_y.ravel(),
        test_is_curve=data.name in CURVES,
    )


def _parts(folder: Path, parts: Sequence[ReportFigure | ReportTable]) -> list[Figure | Table]:
    """Return figures and tables as the page takes them; what was not drawn is left out."""
    left, found = FIGURE_BYTES, list[Figure | Table]()
    for part in parts:
        if isinstance(part, ReportTable):
            found.append(Table(part.caption, [_rows(part, name) for name in LANGUAGES]))
            continue
        files = [folder / "figures" / f"{part.name}{end}" for end in (".svg", ".png")]
        smallest = min((f for f in files if f.exists()), key=_size, default=None)
        if smallest is None:
            continue
        fits = _size(smallest) <= left
        left -= _size(smallest) if fits else 0
        found.append(Figure(part.name, part.caption, _data_uri(smallest) if fits else None))
    return found


def _size(path: Path) -> int:
    return path.stat().st_size


def _data_uri(path: Path) -> str:
    kind = {".svg": "svg+xml", ".png": "png"}[path.suffix]
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _rows(sheet: ReportTable, name: str) -> list[list[str]]:
    """Return a table as words in a language, numbers with up to six digits."""
    with language(name):
        frame = sheet.content().head(TABLE_ROWS)
    shown = frame.map(lambda v: f"{v:.6g}" if isinstance(v, float) else str(v))
    return [[str(column) for column in frame.columns], *shown.to_numpy().tolist()]


def _in_both(words: Callable[[], Mapping[str, str]]) -> dict[Text, Text]:
    """Return names and values in both languages, given what writes them in one."""
    written = []
    for name in LANGUAGES:
        with language(name):
            written.append(words().items())
    return {
        Text(*(name for name, _ in pairs)): Text(*(value for _, value in pairs))
        for pairs in zip(*written, strict=True)
    }
