"""Makes a run directory's report anew, from its store and without training.

In another language, by another cost, or *rescored*: under looser rules than those of the run, which
its kept histories can answer. A rescored report gets a folder of its own, so that the run's own
files go on telling what was run.
"""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from network.errors import InputError, unknown_name
from reports.figures.writer import FigureWriter
from reports.statistics.by_cell import COSTS
from reports.words import in_language
from studies.experiment.run import StudyResult
from studies.experiment.run_directory import RunDirectory, own
from studies.homework import assignment, prediction
from studies.saved.rescoring import Rescored, rescored
from studies.saved.saved_run import SavedRun

FOLDER = "rescored"
"""Where a rescored report lies in the run directory."""


def report_again(
    saved: SavedRun, writer: FigureWriter, *, cost: str = "epochs", changes: Mapping[str, Any]
) -> StudyResult:
    """Write the report of a run again, in the language of the context.

    Parameters
    ----------
    saved : SavedRun
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
    path, study = saved.path, saved.study
    plans = {name: rescored(plan, changes) for name, plan in study.plans.items()}
    words = [f"--{n.replace('_', '-')}={value:g}" for n, value in changes.items()]
    if study.name == assignment.NAME:
        words += [f"--cost={cost}"] if cost != "epochs" else []
        plan = study.plans[assignment.PART]
        study = assignment.grid_study(plan, cost, prediction.kept(path))
    elif cost != "epochs":
        raise InputError(
            f"{path} holds the study {study.name!r}, which has costs of its own; --cost is for "
            "runs of sweep assignment."
        )
    asked = replace(saved, study=replace(study, plans=plans))
    record: dict[str, Any] = {"cost": cost} if study.name == assignment.NAME else {}
    then = in_language(shlex.join(["sweep", "report", str(path), *words])) if words else ""
    with own(path, read_only=True) as directory:
        target = RunDirectory(path, directory.store)
        if changes:
            target = RunDirectory(
                path / FOLDER, Rescored(directory.store, saved.study.plans, plans)
            )
            record["rescored_from"] = saved.parts
        return asked.write(target, writer, command=saved.command, then=then, record=record)
