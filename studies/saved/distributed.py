"""A study that is worked on by several: what a worker does, and a run directory made of it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from network.errors import InputError
from reports.figures.writer import FigureWriter
from studies.experiment.runners import (
    COLLECT,
    RunnerOptions,
    check_heartbeat,
    check_jobs,
    check_study,
)
from studies.homework.assignment import Assignment, answer, renamed
from studies.homework.result import GridResult
from studies.objectives.two_layer import TwoLayerObjective
from sweep.errors import SweepError
from sweep.optuna import worker
from sweep.optuna.storage import StudyStorage
from sweep.optuna.study import SharedStudy
from sweep.progress.signals import Progress


def work(
    storage: str,
    study: str,
    jobs: int,
    heartbeat: int,
    patience: float,
    say: Callable[[str], None],
) -> int:
    """Train what waits in a study, and return how many trainings were done here.

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
        TwoLayerObjective.from_description,
        jobs=jobs,
        heartbeat=heartbeat,
        patience=patience,
        say=say,
    )


def collect(storage: str, study: str, out: Path, progress: Callable[[int], Progress]) -> GridResult:
    """Make a run directory of a study.

    Parameters
    ----------
    storage, study : str
    out : Path
    progress : callable
        Makes what is shown, given the most epochs of a training.

    Raises
    ------
    SweepError
        If the study can't be read, or is not finished; what it has is kept in `out` then.
    """
    check_study(study)
    place = StudyStorage.of_url(storage)
    with place.reported_errors(), closing(SharedStudy(place, study)) as there:
        about = there.about
    if "question" not in about:
        raise SweepError(
            f"the study {study} holds no homework; use another --study, or ask it of its maker."
        )
    objective = TwoLayerObjective.from_description(about["description"])
    question = Assignment(**renamed(about["question"]), dataset=objective.dataset)
    runner_options = RunnerOptions(COLLECT, storage=storage, study=study)
    with FigureWriter(helper=True) as writer:
        return answer(question, out, runner_options, writer, progress=progress(question.max_epochs))
