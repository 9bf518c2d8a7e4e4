"""Who trains: a table of runners by name, and what each is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib

from network.errors import InputError, check_count
from sweep.run import Runner
from sweep.runners.local import LocalRunner
from sweep.trial import Objective

if TYPE_CHECKING:
    from sweep.optuna.storage import StudyStorage

LOCAL, DASK, OPTUNA, COLLECT = "local", "dask", "optuna", "collect"
STUDY_FILE = "optuna.sqlite"

MOST_JOBS, MOST_SECONDS = 1000, 3600


@dataclass(frozen=True)
class RunnerOptions:
    """Who shall train; each attribute is a flag of ``sweep assignment``.

    Attributes
    ----------
    runner : str
        A name in RUNNERS.
    jobs : int, optional
        How many trainings, or packs of them, run at once; all cores by default.
    scheduler : str, optional
        The address of a Dask cluster, as in ``tcp://10.0.0.1:8786``; without it a local one.
    storage, study : str, optional
        Optuna's storage and the study's name, where Optuna is the runner.
    heartbeat : int, optional
        Seconds between two signs of life of a training, there.
    """

    runner: str = LOCAL
    jobs: int | None = None
    scheduler: str | None = None
    storage: str | None = None
    study: str | None = None
    heartbeat: int | None = None

    def __post_init__(self) -> None:
        check_jobs(self.jobs)
        if self.runner not in RUNNERS:
            choices = ", ".join(name for name in RUNNERS if name != COLLECT)
            raise InputError(f"runner must be one of {choices}, got {self.runner!r}.")
        if self.scheduler is not None and self.runner != DASK:
            raise InputError(
                f"--scheduler {self.scheduler} is for --runner dask, got --runner {self.runner}; "
                "give both or none."
            )
        for name in ("storage", "study", "heartbeat"):
            if getattr(self, name) is not None and self.runner not in (OPTUNA, COLLECT):
                raise InputError(f"--{name} is Optuna's; give --runner optuna with it.")
        check_study(self.study)
        check_heartbeat(self.heartbeat)

    @property
    def all_jobs(self) -> int:
        """How many trainings run at once."""
        return int(joblib.cpu_count()) if self.jobs is None else self.jobs

    def record(self, objective: Objective) -> dict[str, Any]:
        """Return what ``run.json`` tells of them: no password."""
        record: dict[str, Any] = {"jobs": self.all_jobs, "runner": self.runner}
        if self.runner == LOCAL:
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


@dataclass(frozen=True)
class RunnerContext:
    """What a runner is made of.

    Attributes
    ----------
    hands : Hands
    out : Path
        The run directory.
    settings : mapping
        The question's, as JSON values; they are kept where others shall find them.
    command : str
        What asks the question.
    """

    runner_options: RunnerOptions
    out: Path
    settings: Mapping[str, Any]
    command: str


def find_runner(order: RunnerContext) -> Runner:
    """Return the runner that was asked for; SweepError if its storage can't be used."""
    return RUNNERS[order.runner_options.runner](order)


def _local(order: RunnerContext) -> Runner:
    return LocalRunner(order.runner_options.all_jobs)


def _dask(order: RunnerContext) -> Runner:
    from sweep.runners.dask import DaskRunner

    return DaskRunner(order.runner_options.scheduler, order.runner_options.all_jobs)


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


def _optuna(order: RunnerContext) -> Runner:
    from sweep.optuna.runner import OptunaRunner
    from sweep.optuna.study import HEARTBEAT

    options = order.runner_options
    return OptunaRunner(
        storage_of(options, order.out),
        options.study or "",
        options.all_jobs,
        notes={"question": dict(order.settings), "command": order.command},
        heartbeat=options.heartbeat or HEARTBEAT,
    )


def _collect(order: RunnerContext) -> Runner:
    from sweep.optuna.runner import OptunaRunner

    options = order.runner_options
    return OptunaRunner(storage_of(options, order.out), options.study or "", jobs=0)


RUNNERS: dict[str, Callable[[RunnerContext], Runner]] = {
    LOCAL: _local,
    DASK: _dask,
    OPTUNA: _optuna,
    COLLECT: _collect,
}
