"""Everything that a run directory gets from a grid's result, made anew from the store."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from network.datasets import Dataset
from network.losses import variance
from reports import tables
from reports.documents import Section, report_document, table_document
from reports.files import remove_others, write_figure, write_text
from reports.words import number
from studies.result import GridResult
from studies.run_directory import RunDirectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = (
    *("loss_by_batch_size", "loss_by_learning_rate", "cells"),
    *("epochs_map", "accuracy_map", "best_fit"),
)
"""The names of a grid's figures; with several numbers of hidden units ``_h4`` and so on follow."""


class Stopwatch(dict[str, float]):
    """Seconds that each part of a run took, by its name."""

    @contextmanager
    def time(self, part: str) -> Iterator[None]:
        """Measure what is done in the context."""
        begun = time.perf_counter()
        yield
        self[part] = round(time.perf_counter() - begun, 3)


def write(
    run: RunDirectory,
    result: GridResult,
    *,
    title: str,
    command: str,
    settings: Mapping[str, str],
    stopwatch: Stopwatch,
) -> None:
    """Write all that is made from the store; ``run.json`` is the caller's."""
    trials = list(result.trials.values())
    with stopwatch.time("tables"):
        run.write_trials(result.frame)
        run.write_history(trials)
        run.write_data(result.objective.dataset)
        run.write_weights(result.objective, trials, result.best_trial())
    with stopwatch.time("figures"):
        figures = {n: _write_figures(run, result, n) for n in result.hidden}
        _remove_old_figures(run, figures)
    sections = [Section(n, result.table(n), result.best(n), figures[n]) for n in result.hidden]
    write_text(run.path / "table.csv", tables.to_csv({s.n_hidden: s.table for s in sections}))
    write_text(run.path / "table.md", table_document(sections))
    document = report_document(
        title,
        sections,
        notes=_notes(result),
        settings=settings,
        data=_data_words(result.objective.dataset),
        failures=result.failures(),
        command=command,
    )
    write_text(run.path / "report.md", document)


def _write_figures(run: RunDirectory, result: GridResult, n_hidden: int) -> list[tuple[str, str]]:
    """Draw and write the figures; return each one's path from the report, and its caption."""
    suffix = f"_h{n_hidden}" if len(result.hidden) > 1 else ""
    written = []
    for name, (caption, draw) in _figures(result, n_hidden).items():
        write_figure(run.path / "figures" / f"{name}{suffix}", draw())
        written.append((f"figures/{name}{suffix}.png", caption))
    return written


def _remove_old_figures(
    run: RunDirectory, written: Mapping[int, Sequence[tuple[str, str]]]
) -> None:
    """Remove figures of an earlier run with other numbers of hidden units."""
    pngs = {run.path / path for paths in written.values() for path, _ in paths}
    patterns = [
        f"{name}{end}" for name in FIGURES for end in (".png", ".svg", "_h*.png", "_h*.svg")
    ]
    remove_others(run.path / "figures", patterns, pngs | {p.with_suffix(".svg") for p in pngs})


def _figures(result: GridResult, n_hidden: int) -> dict[str, tuple[str, Callable[[], "Figure"]]]:
    """Return the caption of each figure, and what draws it."""
    from reports import heat_maps, loss_figures

    losses, cells, best = result.losses(n_hidden), result.cells(n_hidden), result.best(n_hidden)
    place, target = best.place if best else None, result.target_loss
    drawn: dict[str, tuple[str, Callable[[], Figure]]] = {}
    if len(losses):
        drawn["loss_by_batch_size"] = (
            "Validation loss, a panel for each batch size.",
            lambda: loss_figures.loss_by_batch_size(losses, target),
        )
        drawn["loss_by_learning_rate"] = (
            "Validation loss, a panel for each learning rate.",
            lambda: loss_figures.loss_by_learning_rate(losses, target),
        )
        drawn["cells"] = (
            "Each cell by itself: the loss on the last mini-batch jumps, the validation loss "
            "does not.",
            lambda: loss_figures.cells(losses, target),
        )
    drawn["epochs_map"] = (
        "Epochs until the validation loss reached the target.",
        lambda: heat_maps.epochs_map(
            tables.table(cells, "epochs"), tables.table(cells, "epochs_text"), target, place
        ),
    )
    drawn["accuracy_map"] = (
        "Accuracy: R² on the test set.",
        lambda: heat_maps.accuracy_map(
            tables.table(cells, "accuracy"), tables.table(cells, "accuracy_text"), place
        ),
    )
    if best:
        drawn["best_fit"] = (
            "The best combination's network over the data.",
            lambda: result.fit_figure(n_hidden),
        )
    return drawn


def _notes(result: GridResult) -> list[str]:
    """Say what a reader of the tables should know."""
    data, frame = result.objective.dataset, result.frame
    notes = [
        "Each cell shows epochs / accuracy. Epochs: until the validation loss was at most "
        f"{number(result.target_loss)}; `>` marks a cell that used up all its epochs. "
        "Accuracy: R² on the test set."
    ]
    if frame["repeat"].nunique() == 1:
        notes.append(
            "This is one draw of initial weights and sample orders, and another draw can give "
            "another best combination: `--repeats 20` shows what luck does."
        )
    else:
        notes.append(
            f"Each cell holds the medians of {frame['repeat'].nunique()} repeats, each with "
            "weights and orders of its own. `>` stands where less than half of them converged."
        )
    if np.isnan(variance(data.test_y)):
        notes.append("All labels of the test set are equal, so R² is undefined there: n/a.")
    return notes


def _data_words(data: Dataset) -> dict[str, str]:
    sizes = [len(y) for y in (data.train_y, data.validation_y, data.test_y)]
    return {
        "name": data.name,
        "samples": "{} training, {} validation, {} test".format(*sizes),
        "inputs, outputs": f"{data.n_inputs}, {data.n_outputs}",
        "fingerprint (SHA-256)": data.fingerprint,
    }
