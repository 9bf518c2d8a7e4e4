"""Where a study's trials are trained, by name."""

from collections.abc import Callable

import joblib

from network.errors import InputError
from sweep.dask_runner import DaskRunner
from sweep.local_runner import LocalRunner
from sweep.runner import Runner

RUNNERS: dict[str, Callable[[int, str | None], Runner]] = {
    "local": lambda jobs, _: LocalRunner(jobs),
    "dask": lambda jobs, scheduler: DaskRunner(scheduler, jobs),
}
"""What makes each runner of (jobs, scheduler)."""


def make_runner(
    name: str = "local", jobs: int | None = None, scheduler: str | None = None
) -> Runner:
    """Return the runner of a name.

    Parameters
    ----------
    name : str
        One of `RUNNERS`.
    jobs : int, optional
        How many trainings, or packs of them, run at once; all cores by default.
    scheduler : str, optional
        The address of a Dask cluster, as in ``tcp://10.0.0.1:8786``.

    Raises
    ------
    InputError, SweepError
        If one of them can't be.
    """
    if name not in RUNNERS:
        raise InputError(f"runner must be one of {', '.join(RUNNERS)}, got {name!r}.")
    if scheduler is not None and name != "dask":
        raise InputError(
            f"--scheduler {scheduler} is for --runner dask, got --runner {name}; give both or none."
        )
    return RUNNERS[name](number_of_jobs(jobs), scheduler)


def number_of_jobs(jobs: int | None) -> int:
    """Return how many trainings run at once, by default as many as there are cores."""
    if jobs is None:
        return int(joblib.cpu_count())
    if jobs < 1:
        raise InputError(
            f"jobs must be a whole number ≥ 1, got {jobs}; leave it out for all cores."
        )
    return jobs
