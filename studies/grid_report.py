"""Everything that a run directory gets from a grid's result, made anew from the store."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd

from network.datasets import Dataset
from network.losses import variance
from reports import tables
from reports.documents import Section, report_document, table_document
from reports.figure_writer import FigureWriter
from reports.files import csv_text, write_text
from reports.words import number
from studies import grid_figures
from studies.grid_figures import GridFigure
from studies.result import HISTORY_REPEATS, GridResult
from studies.run_directory import RunDirectory


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
    writer: FigureWriter,
    stopwatch: Stopwatch,
) -> None:
    """Write all that is made from the store; ``run.json`` is the caller's."""
    trials = list(result.trials.values())
    with stopwatch.time("tables"):
        run.write_trials(result.frame)
        run.write_history(trials)
        run.write_data(result.objective.dataset)
        run.write_weights(result.objective, trials, result.networks.get(result.hidden[0]))
    with stopwatch.time("figures"):
        figures = {n: grid_figures.of(result, n) for n in result.hidden}
        grid_figures.write(run.path / "figures", figures, writer)
    sections = [
        Section(
            n,
            result.table(n),
            result.best(n),
            [(f.path, f.caption) for f in figures[n]],
            _findings(result, n, figures[n]),
        )
        for n in result.hidden
    ]
    write_text(run.path / "table.csv", tables.to_csv({s.n_hidden: s.table for s in sections}))
    write_text(run.path / "statistics.csv", _statistics(result))
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


def _findings(
    result: GridResult, n_hidden: int, figures: Sequence[GridFigure]
) -> list[tuple[str, str]]:
    """Return each finding, and the path of the figure that shows it, if that was drawn."""
    paths = {figure.name.removesuffix(f"_h{n_hidden}"): figure.path for figure in figures}
    return [(str(f.text), paths.get(f.figure, "")) for f in result.findings(n_hidden)]


def _statistics(result: GridResult) -> str:
    """Write ``statistics.csv``: what the repeats say of each cell."""
    parts = [result.statistics(n).reset_index().assign(n_hidden=n) for n in result.hidden]
    return csv_text(pd.concat(parts))


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
    if frame["repeat"].nunique() > HISTORY_REPEATS:
        notes.append(f"The figures of loss curves show the first {HISTORY_REPEATS} repeats.")
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
