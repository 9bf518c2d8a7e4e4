"""Makes a run directory's report anew, from its store and without training.

In another language, by another cost, or *rescored*: under looser rules than those of the run, which
its kept histories can answer. A rescored report gets a folder of its own, so that the run's own
files go on telling what was run.
"""

import shlex
from pathlib import Path
from typing import Any

from network.errors import unknown_name
from reports.figures.writer import FigureWriter
from reports.statistics.by_cell import COSTS
from reports.words import current_language, in_language
from studies.experiment.run_directory import RunDirectory, own
from studies.homework import report
from studies.homework.report import Stopwatch
from studies.homework.result import GridResult
from studies.saved.reopening import reopen
from studies.saved.rescoring import Rescored, rescored

FOLDER = "rescored"
"""Where a rescored report lies in the run directory."""


def report_again(
    path: Path, writer: FigureWriter, *, cost: str = "epochs", changes: dict[str, Any]
) -> GridResult:
    """Write the report of a run again, in the language of the context.

    Parameters
    ----------
    path : Path
        A run directory of the homework, or of a variation of it.
    writer : FigureWriter
    cost : str
        What cells are compared by: a name in `reports.statistics.by_cell.COSTS`.
    changes : dict
        Looser rules: some of ``target_loss``, ``eval_every``, ``max_epochs``.

    Raises
    ------
    InputError, SweepError
        If that can't be answered without training; nothing is written then.
    """
    if cost not in COSTS:
        raise unknown_name("--cost", cost, COSTS)
    opened = reopen(path)
    run, stopwatch = opened.question, Stopwatch()
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
        record = {**opened.record, "language": current_language(), "cost": cost}
        if changes:
            record |= {"settings": asked.settings(), "rescored_from": run.settings()}
        target.write_record(record)
    return result
