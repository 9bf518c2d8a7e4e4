"""Makes a run directory's report anew, from its store and without training.

In another language, by another cost, or *rescored*: under looser rules than those of the run, which
its kept histories can answer. A rescored report gets a folder of its own, so that the run's own
files go on telling what was run.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from network.errors import unknown_name
from reports.figures.writer import FigureWriter
from reports.statistics.by_cell import COSTS
from reports.words import current_language, in_language
from studies.experiment.run import StudyResult, record_of_plan
from studies.experiment.run_directory import RunDirectory, Stopwatch, own
from studies.homework import report
from studies.homework.assignment import PART
from studies.homework.result import GridResult
from studies.saved.rescoring import Rescored, rescored
from studies.saved.saved_run import SavedAssignment, SavedStudy

FOLDER = "rescored"
"""Where a rescored report lies in the run directory."""


def report_again(
    saved: SavedAssignment,
    writer: FigureWriter,
    *,
    cost: str = "epochs",
    changes: Mapping[str, Any],
) -> GridResult:
    """Write the report of a run again, in the language of the context.

    Parameters
    ----------
    saved : SavedAssignment
    writer : FigureWriter
    cost : str
        What cells are compared by: a name in `reports.statistics.by_cell.COSTS`.
    changes : mapping
        Looser rules: some of ``target_loss``, ``eval_every``, ``max_epochs``.

    Raises
    ------
    InputError, SweepError
        If that can't be answered without training; nothing is written then.
    """
    if cost not in COSTS:
        raise unknown_name("--cost", cost, COSTS)
    path, run, stopwatch = saved.path, saved.question, Stopwatch()
    asked = rescored(run, changes) if changes else run
    words = [f"--{n.replace('_', '-')}={getattr(asked, n):g}" for n in changes]
    words += [f"--cost={cost}"] if cost != "epochs" else []
    command = in_language(shlex.join(["sweep", "report", str(path), *words]))
    with own(path, read_only=True) as directory:
        target = RunDirectory(path, directory.store)
        if changes:
            target = RunDirectory(path / FOLDER, Rescored(directory.store, run, asked))
        result = GridResult.read(target.path, asked.objective, asked.trials, target.store, cost)
        report.write(
            target,
            result,
            command=f"{run.command()}\n{command}",
            settings=asked.shown_settings(),
            writer=writer,
            stopwatch=stopwatch,
        )
        record = {**saved.record, "language": current_language(), "cost": cost}
        if changes:
            parts = {PART: record_of_plan(asked.plan, result.frame, "data")}
            record |= {"parts": parts, "rescored_from": saved.parts}
        target.write_record(record)
    return result


def report_study(saved: SavedStudy, writer: FigureWriter) -> StudyResult:
    """Write the report of a study again, in the language of the context."""
    with own(saved.path, read_only=True) as directory:
        result = saved.write(directory, writer)
        directory.write_record({**saved.record, "language": current_language()})
    return result
