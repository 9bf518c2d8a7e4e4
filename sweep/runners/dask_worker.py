"""What runs on the workers of a Dask cluster: it takes and returns bytes.

So only workers need our package; the scheduler, which passes everything on, does not.
"""

import json
import multiprocessing
import pickle
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from typing import Any

import cloudpickle

from sweep.errors import SweepError
from sweep.packs import run_pack
from sweep.progress.signals import Signals
from sweep.runners.processes import in_processes
from sweep.trial import Objective, Trial, TrialResult


def task() -> Callable[[bytes, bytes], bytes]:
    """Return what a task runs; a local function travels whole, so schedulers needn't know it."""

    def train(job: bytes, pack: bytes) -> bytes:
        from sweep.runners.dask_worker import train as train_pack

        return train_pack(job, pack)

    return train


def pack_job(objective: Objective, timeout: float | None) -> bytes:
    """Pickle an objective for workers, with what it must be like there, and a trial's timeout."""
    content = (cloudpickle.dumps(objective), _identity(objective), timeout)
    return cloudpickle.dumps(content)  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def load(job: bytes) -> tuple[Objective, float | None]:
    """Unpickle an objective and the timeout, once in each process.

    Raises
    ------
    ImportError
        If its package isn't here.
    SweepError
        If the package that is here gives other answers.
    """
    pickled, wanted, timeout = pickle.loads(job)  # noqa: S301 - from our own client
    objective: Objective = pickle.loads(pickled)  # noqa: S301
    found = _identity(objective)
    if found != wanted:
        names = [n for n in {**wanted, **found} if wanted.get(n) != found.get(n)]
        raise SweepError(
            f"a Dask worker has another version of this tool, whose {', '.join(names)} would "
            "differ; install the same version on all machines."
        )
    return objective, timeout


def train(job: bytes, pack: bytes) -> bytes:
    """Train a pack in a task of Dask; return the trials that are done with their results."""
    objective, timeout = load(job)
    collected: list[tuple[Trial, TrialResult]] = []
    trials: list[Trial] = pickle.loads(pack)  # noqa: S301 - from our own client
    with ExitStack() as stack:
        if timeout is not None:  # only a process can be ended
            _check_may_start_processes()
            signals = stack.enter_context(Signals(()))
            objective = stack.enter_context(in_processes(objective, signals, timeout))
        run_pack(objective, trials, _TaskListener(), lambda *finished: collected.append(finished))
    return pickle.dumps(collected)


def _check_may_start_processes() -> None:
    if multiprocessing.current_process().daemon:
        raise SweepError(
            "the Dask workers can't start processes, which --timeout needs; start them with "
            "`dask worker --no-nanny`, or leave --timeout out."
        )


def _identity(objective: Objective) -> dict[str, Any]:
    """Return an objective's identity as it comes back from JSON."""
    content: dict[str, Any] = json.loads(json.dumps(dict(objective.identity())))
    return content


class _TaskListener:
    """Stops a pack whose task was cancelled, or whose client is gone."""

    def __init__(self) -> None:
        from distributed import get_worker

        self._worker = get_worker()
        self._key = self._worker.get_current_task()

    @property
    def stopped(self) -> bool:
        task = self._worker.state.tasks.get(self._key)
        return task is None or task.state != "executing"

    def report(self, trial: Trial, epoch: int) -> None:
        """Tell nobody: only finished trials are shown."""
