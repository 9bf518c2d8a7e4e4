"""A run's ``report.html``: what the page needs, gathered from trials and outcomes."""

import base64
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from network.activations import TRAINABLE
from network.data.datasets import ARRAYS
from network.data.generated import CURVES
from network.errors import InputError
from network.initializers import INITIALIZERS
from network.training.orders import SHUFFLES
from network.training.schedules import SCHEDULES
from network.training.settings import TrainingSettings
from reports.page import content
from reports.page.arrays import Recording
from reports.page.boards import PLACE, Board, boards
from reports.page.content import Curve, Figure, Grid, Link, Table
from reports.page.lab import MOST_SAMPLES, Lab
from reports.page.words import PAGE_WORDS
from reports.statistics import by_cell
from reports.words import LANGUAGES, WORDS, Text, current_language, language
from studies.experiment.plan import Model, Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import (
    Report,
    ReportFigure,
    ReportPage,
    ReportTable,
    Results,
    Study,
    failures_of,
)
from studies.objectives.functions.objective import FunctionObjective
from studies.objectives.two_layer import KEPT_PATHS, PATH, TwoLayerObjective

FIGURE_BYTES = 2_000_000
"""How much all figures of a page may take, before they are text."""

TABLE_ROWS = 200
"""So many rows of a table are on the page; its file has all."""

CHOICES = {
    "activation": TRAINABLE,
    "init": tuple(INITIALIZERS),
    "decay": tuple(SCHEDULES),
    "shuffle": tuple(SHUFFLES),
}
"""The settings of a network that are names."""


def make(
    folder: Path,
    study: Study,
    results: Results,
    report: Report,
    shown: ReportPage,
    *,
    command: str,
    byline: Text,
    settings: Callable[[PlanResult], Mapping[str, str]],
) -> str:
    """Return the page of a study, opening in the language of the context.

    Parameters
    ----------
    folder : Path
        The run directory, in which the figures are already.
    study, results, report
    shown : ReportPage
    command : str
        What makes this report again.
    byline : Text
        Whose it is; may be empty.
    settings : callable
        Says in words what a plan's runs were set to, in the language of the context.
    """
    about = []
    for name, result in results.items():
        of = f": {name}" if len(results) > 1 else ""
        heading = Text(*(f"{word}{of}" for word in WORDS["settings"]))
        about.append((heading, _in_both(partial(settings, result))))
    return content.make(
        study.title,
        shown.grids,
        about=[*about, (WORDS["failures"], failures_of(results))],
        command=command,
        grids_name=shown.grids_name,
        question=study.question,
        byline=byline,
        findings=[] if shown.is_whole else report.findings,
        parts=[] if shown.is_whole else _parts(folder, report.parts),
        measure=shown.measure,
        language=current_language(),
    )


def without_runs(
    folder: Path,
    title: Text,
    question: Text,
    *,
    command: str,
    findings: Sequence[Text] = (),
    parts: Sequence[ReportFigure | ReportTable] = (),
    links: Sequence[Link] = (),
) -> str:
    """Return a page that holds no run of its own: a comparison, or an index of other pages."""
    return content.make(
        title,
        [],
        about=[],
        command=command,
        question=question,
        findings=findings,
        parts=_parts(folder, parts),
        links=links,
        language=current_language(),
    )


def page_of(results: Results) -> ReportPage:
    """Return boards, or lists of cells, of all plans by their axes."""
    named = len(results) > 1
    grids = [g for name, result in results.items() for g in grids_of(result, name if named else "")]
    return ReportPage(grids, measure=grids[0].shown[0] if grids else "epochs")


def grids_of(result: PlanResult, name: str = "") -> list[Grid]:
    """Return the boards, or the list of cells, of a plan, whose name sets it apart."""
    found = []
    for board in boards(result.frame, list(result.plan.axes)):
        recordings = recordings_of(result, board)
        trials = board.located(result.valued)
        by = tuple(PLACE)
        won = by_cell.winners(trials, by, result.cost)
        cells = by_cell.of_cells(trials, by)
        parts = [part for part in (Text(name, name), board.name) if part.en]
        found.append(
            Grid(
                board,
                trials,
                cells.assign(wins=won.wins, p=won.p, law_epochs=np.nan),
                board.located(result.history),
                recordings,
                result.measure,
                curve_of(result.plan.objective, recordings),
                shown=shown_of(result),
                lab=lab_of(result.plan),
                name=Text(*(" · ".join(words) for words in zip(*parts, strict=True)))
                if parts
                else None,
            )
        )
    return found


def shown_of(result: PlanResult) -> list[str]:
    """Return what a board of a plan can show, the main measure first."""
    if result.plan.function is None:
        return list(Grid.shown)
    found = ["epochs", "value"] if result.is_timed else ["value"]
    found += ["accuracy"] if "test_r2" in result.frame else []
    return [*found, "wins"] if result.plan.repeats > 1 else found


def recordings_of(result: PlanResult, board: Board) -> list[Recording]:
    """Return what the runs of a board left at each evaluation, in the first repeats."""
    recordings, objective, loss = [], result.plan.objective, result.measure.name
    for trial in result.trained:
        cell = tuple("full" if trial.params[a] is None else trial.params[a] for a in board.axes)
        place, outcome = board.places.get(cell), result.outcomes[trial.key]
        history = outcome.history
        if place is None or not len(history) or trial.repeat >= KEPT_PATHS:
            continue
        path, activation = outcome.arrays.get(PATH, np.empty((0, 0), np.float32)), ""
        if isinstance(objective, TwoLayerObjective) and path.size:
            path = np.vstack([objective.lane(trial).initial.flat(), path]).astype(np.float32)
            activation = objective.settings(trial.params).activation
        recordings.append(
            Recording(place, trial.repeat, history["epoch"], history[loss], path, activation)
        )
    return recordings


def curve_of(objective: Model, recordings: Sequence[Recording]) -> Curve | Text:
    """Return what the networks are drawn over, or why they can't be."""
    if isinstance(objective, FunctionObjective):
        return PAGE_WORDS["own function"].fill(name=objective.function.name)
    if not isinstance(objective, TwoLayerObjective):
        return PAGE_WORDS["no network"]
    data = objective.dataset
    if objective.identity()["task"] != "regression":
        return PAGE_WORDS["classes"]
    if data.n_inputs > 1 or data.n_outputs > 1:
        return PAGE_WORDS["many columns"].fill(inputs=data.n_inputs, outputs=data.n_outputs)
    if not any(recording.path.size for recording in recordings):
        return PAGE_WORDS["no paths"]
    return _curve(objective)


def _curve(objective: TwoLayerObjective) -> Curve:
    data = objective.dataset
    return Curve(
        train_x=data.train_x.ravel(),
        train_y=data.train_y.ravel(),
        test_x=data.test_x.ravel(),
        test_y=data.test_y.ravel(),
        test_is_curve=data.name in CURVES,
    )


def lab_of(plan: Plan) -> Lab | Text | None:
    """Return what the page can train of a plan, or why it can't; None where networks aren't curves.

    See `curve_of`.
    """
    objective = plan.objective
    if not isinstance(objective, TwoLayerObjective):
        return None
    data = objective.dataset
    arrays = {name: getattr(data, name) for name in ARRAYS}
    if objective.identity()["task"] != "regression" or data.n_inputs + data.n_outputs > 2:
        return None
    n = sum(len(arrays[name]) for name in ARRAYS[::2])
    if n > MOST_SAMPLES:
        return PAGE_WORDS["large data"].fill(n=f"{n:,}", most=f"{MOST_SAMPLES:,}")
    return Lab(
        {**objective.fixed, "seed": plan.seed},
        asdict(TrainingSettings(learning_rate=0.5, batch_size=10)),
        CHOICES,
        data.fingerprint,
        {name: array.ravel() for name, array in arrays.items()},
        "" if plan.training_points else _command(plan),
    )


def lab_page(plan: Plan) -> str:
    """Return a page that trains on a plan's data; InputError if these are not those of a curve."""
    lab, objective = lab_of(plan), cast(TwoLayerObjective, plan.objective)
    if not isinstance(lab, Lab):
        data = objective.dataset
        why = f"these have {data.n_inputs} inputs and {data.n_outputs} outputs"
        raise InputError(lab.en if lab else f"the page trains on one input and one output; {why}.")
    return content.make_lab(PAGE_WORDS["lab title"], lab, _curve(objective), current_language())


def _command(plan: Plan) -> str:
    """Return how a command of the homework begins that trains on a plan's data."""
    words = ["sweep", "assignment"]
    for flag, value, usual in (
        ("--data", plan.data, "snake"),
        ("--test-data", plan.test_data, None),
        ("--data-seed", plan.data_seed, 0),
    ):
        words += [] if value == usual else [flag, str(value)]
    return shlex.join(words)


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
