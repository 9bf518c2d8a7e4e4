"""Where trials run: the options of the command line, and the runner that they stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib

from network.errors import InputError, check_count, check_positive
from studies.objectives.polynomial import PolynomialObjective
from studies.objectives.portable import describe
from sweep.run import Runner
from sweep.runners.local import LocalRunner
from sweep.trial import Objective

if TYPE_CHECKING:
    from studies.experiment.plan import Plan
    from sweep.optuna.storage import StudyStorage

LOCAL, DASK, OPTUNA, COLLECT = "local", "dask", "optuna", "collect"
RUNNERS = (LOCAL, DASK, OPTUNA, COLLECT)
STUDY_FILE = "optuna.sqlite"

MOST_JOBS, MOST_SECONDS = 1000, 3600


@dataclass(frozen=True)
class RunnerOptions:
    """Where trials run; each attribute is a flag of ``sweep assignment``.

    Attributes
    ----------
    runner : str
        A name in RUNNERS.
    jobs : int, optional
        Parallel trials, or packs of them; all cores by default.
    scheduler : str, optional
        The address of a Dask cluster, as in ``tcp://10.0.0.1:8786``; without it a local one.
    storage, study : str, optional
        Optuna's storage and the study's name, where Optuna is the runner.
    timeout : float, optional
        Seconds after which a trial has failed that runs in a process of its own.
    heartbeat : int, optional
        Seconds between heartbeats of a trial, where Optuna is the runner.
    """

    runner: str = LOCAL
    jobs: int | None = None
    scheduler: str | None = None
    storage: str | None = None
    study: str | None = None
    heartbeat: int | None = None
    timeout: float | None = None

    def __post_init__(self) -> None:
        check_jobs(self.jobs)
        if self.runner not in RUNNERS:
            choices = ", ".join(RUNNERS[:-1])
            raise InputError(f"runner must be one of {choices}, got {self.runner!r}.")
        if self.scheduler is not None and self.runner != DASK:
            raise InputError(
                f"--scheduler {self.scheduler} is for --runner dask, got --runner {self.runner}; "
                "give both or none."
            )
        for name in ("storage", "study", "heartbeat"):
            if getattr(self, name) is not None and self.runner not in (OPTUNA, COLLECT):
                raise InputError(f"--{name} is Optuna's; give --runner optuna with it.")
        if self.timeout is not None:
            check_positive("timeout", self.timeout, "it is in seconds; default: none")
        check_study(self.study)
        check_heartbeat(self.heartbeat)

    @property
    def all_jobs(self) -> int:
        """How many trials run in parallel."""
        return int(joblib.cpu_count()) if self.jobs is None else self.jobs

    def record(self, objective: Objective | None) -> dict[str, Any]:
        """Return what ``run.json`` tells of them, without a password."""
        record: dict[str, Any] = {"jobs": self.all_jobs, "runner": self.runner}
        if self.runner not in (OPTUNA, COLLECT) or objective is None:
            return record
        from sweep.optuna.runner import study_name
        from sweep.optuna.storage import StudyStorage

        storage = STUDY_FILE if self.storage is None else StudyStorage.of_url(self.storage).shown
        name = self.study or study_name(objective)
        return record | {"storage": storage, "optuna_study": name}


def check_jobs(jobs: int | None) -> None:
    """Raise InputError if so many packs can't run at once."""
    if jobs is not None:
        check_count("jobs", jobs, "default: all cores", MOST_JOBS)


def check_study(name: str | None) -> None:
    """Raise InputError if a study can't have this name."""
    if name is not None and not 0 < len(name.strip()) <= 200:
        raise InputError("--study must have 1 to 200 letters; leave it out for a name of its own.")


def check_heartbeat(seconds: int | None) -> None:
    """Raise InputError if there can't be so many seconds between heartbeats."""
    if seconds is not None:
        check_count("heartbeat", seconds, "default: 10", MOST_SECONDS)


def find_runner(
    options: RunnerOptions, out: Path, about: Mapping[str, Any]
) -> "Callable[[Plan], Runner]":
    """Return what gives each plan the runner that was asked for.

    Parameters
    ----------
    options : RunnerOptions
    out : Path
        The run directory.
    about : mapping
        What is said of the study, as JSON values. Optuna's study keeps it, and the plan, so that
        `sweep collect` finds them.

    Raises
    ------
    SweepError
        If Dask is missing, or a storage can't be used.
    """
    if options.runner == DASK:
        from sweep.runners.dask import DaskRunner

        dask = DaskRunner(options.scheduler, options.all_jobs, options.timeout)
        return lambda _: dask
    if options.runner == LOCAL:
        return lambda _: LocalRunner(options.all_jobs, options.timeout)
    from sweep.optuna.runner import OptunaRunner
    from sweep.optuna.study import HEARTBEAT

    storage = storage_of(options, out)
    if options.runner == COLLECT:
        return lambda _: OptunaRunner(storage, options.study or "", jobs=0)

    def optuna_runner(plan: "Plan") -> Runner:
        if isinstance(plan.objective, PolynomialObjective):
            raise InputError(
                "polynomials can't be sent to Optuna's workers; choose another runner."
            )
        notes = {**about, "plan": plan.record(), "description": describe(plan.objective)}
        return OptunaRunner(
            storage,
            options.study or "",
            options.all_jobs,
            notes=notes,
            heartbeat=options.heartbeat or HEARTBEAT,
            timeout=options.timeout,
        )

    return optuna_runner


def storage_of(options: RunnerOptions, out: Path) -> "StudyStorage":
    """Return the storage that was asked for, or that of the run directory.

    Raises
    ------
    SweepError
        If it was asked for and can't be used.
    """
    from sweep.optuna.storage import StudyStorage

    if options.storage is None:
        return StudyStorage.of_file(out / STUDY_FILE)
    storage = StudyStorage.of_url(options.storage)
    storage.check()
    return storage
