"""A study that is worked on by several: what a worker does, and a run directory made of it."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from network.errors import InputError
from reports.figures.writer import FigureWriter
from studies.experiment.plan import Plan
from studies.experiment.run import StudyResult, answer
from studies.experiment.runners import (
    COLLECT,
    RunnerOptions,
    check_heartbeat,
    check_jobs,
    check_study,
)
from studies.experiment.toml_study import plan_of, study_of
from studies.homework.assignment import grid_study
from studies.objectives.functions.source import UserFunction
from studies.objectives.portable import revive
from sweep.errors import SweepError
from sweep.optuna import worker
from sweep.optuna.storage import StudyStorage
from sweep.optuna.study import SharedStudy
from sweep.progress.signals import Progress
from sweep.store.serialization import readable


def work(
    storage: str,
    study: str,
    jobs: int,
    heartbeat: int,
    patience: float,
    say: Callable[[str], None],
    *,
    function: UserFunction | None = None,
    timeout: float | None = None,
) -> int:
    """Run the waiting trials of a study, and return how many were run here.

    One of a user's function needs the `function`, in the version that the study has.

    Raises
    ------
    InputError, SweepError
        If that can't be done.
    Interrupted
        After Ctrl-C; what was not finished waits again.
    """
    check_jobs(jobs)
    if not patience >= 0:
        raise InputError(f"wait must be a number ≥ 0, got {patience}; 600 is the default.")
    check_study(study)
    check_heartbeat(heartbeat)
    return worker.work(
        StudyStorage.of_url(storage),
        study,
        partial(revive, function=function),
        jobs=jobs,
        heartbeat=heartbeat,
        patience=patience,
        timeout=timeout,
        say=say,
    )


def collect(
    storage: str, study: str, out: Path, progress: Callable[[Plan], Progress | None]
) -> StudyResult:
    """Make a run directory of a study.

    Parameters
    ----------
    storage, study : str
    out : Path
    progress : callable
        Makes what is shown.

    Raises
    ------
    SweepError
        If the study can't be read, or is not finished; what it has is kept in `out` then.
    """
    check_study(study)
    place = StudyStorage.of_url(storage)
    with place.reported_errors(), closing(SharedStudy(place, study)) as there:
        about = there.about
    if "plan" not in about:
        raise SweepError(
            f"the study {study} holds no homework; use another --study, or ask it of its maker."
        )
    with readable("what the study says"):
        objective = revive(about["description"], runs=False)
        given = {name: value for name, value in about["plan"].items() if value is not None}
        plan = plan_of(given, objective.dataset, getattr(objective, "function", None))
        definition, command = about.get("definition"), str(about["command"])
        found = (
            grid_study(plan) if definition is None else study_of(about["study"], definition, plan)
        )
    options, shown = RunnerOptions(COLLECT, storage=storage, study=study), progress(plan)
    with FigureWriter(helper=True) as writer:
        return answer(
            found, out, command=command, writer=writer, options=options, progress=lambda _: shown
        )
