"""Runs trials on a Dask cluster: of our own on this machine, or one of several machines.

A task is a pack. Dask runs a task again whose worker is lost; of a pack that keeps killing its
workers each trial is tried alone at the end. Nothing in here waits for ever: whatever is lost
beside workers, the sweep ends with a sentence.
"""

import pickle
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweep.errors import SweepError
from sweep.packs import ResultCallback, make_packs
from sweep.progress.signals import Signals
from sweep.runners import dask_cluster, dask_worker
from sweep.trial import Objective, Trial, TrialResult, TrialState

if TYPE_CHECKING:
    from distributed import Client, Future

_TICK = 0.1  # seconds between two looks for results
_CHECK = 2.0  # seconds between two checks of the cluster

Pack = list[Trial]


@dataclass(frozen=True)
class DaskRunner:
    """Runs trials on a Dask cluster.

    Parameters
    ----------
    scheduler : str, optional
        The address of an existing cluster; by default there is one of our own on this machine.
    jobs : int
        How many processes our own cluster has.
    timeout : float, optional
        Seconds after which a trial of an objective that wants processes has failed.

    Raises
    ------
    SweepError
        If Dask is not installed, or the address doesn't look like one.
    """

    scheduler: str | None = None
    jobs: int = 1
    timeout: float | None = None

    def __post_init__(self) -> None:
        if self.scheduler is not None:
            dask_cluster.check_address(self.scheduler)
        dask_cluster.check_installed()

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: ResultCallback
    ) -> None:
        """Run all trials; SweepError if the cluster is lost, or can't run them."""
        if not trials:
            return
        with dask_cluster.connected(self.scheduler, self.jobs) as client:
            sweep = _Sweep(client, objective, signals, keep, self.scheduler, self.timeout)
            packs = make_packs(trials, objective, max(1, sweep.threads()))
            for trial in sweep.run(packs):
                sweep.run_alone(trial)


class _Sweep:
    """The packs of one sweep that are at the cluster."""

    def __init__(
        self,
        client: "Client",
        objective: Objective,
        signals: Signals,
        keep: ResultCallback,
        scheduler: str | None,
        timeout: float | None,
    ) -> None:
        self._client, self._signals, self._keep = client, signals, keep
        self._scheduler, self._place = scheduler, scheduler or "this machine"
        self._seen = self._checked = time.monotonic()  # when workers were seen, when looked for
        # The result of a task is no scattered data: if it is lost, Dask makes it again.
        self._job = client.submit(bytes, dask_worker.pack_job(objective, timeout), key=_key())
        self._task = dask_worker.task()
        self._deaths = 0  # of workers, before Dask gives a task up

    def run(self, packs: Sequence[Pack]) -> list[Trial]:
        """Run packs, and return the trials of those that killed their workers."""
        from distributed import KilledWorker, as_completed

        content = [pickle.dumps(pack) for pack in packs]
        jobs, keys = [self._job] * len(packs), [_key() for _ in packs]
        futures = self._client.map(self._task, jobs, content, key=keys)
        running = dict(zip(futures, packs, strict=True))
        with self._client.as_current():
            completed = as_completed(futures)
        suspects: list[Trial] = []
        try:
            while running and not self._signals.stopped:
                ended = completed.next_batch(block=False)
                if not ended:
                    time.sleep(_TICK)
                    self._check()
                for future in ended:
                    try:
                        self._keep_all(future)
                    except KilledWorker as error:
                        suspects += running[future]
                        self._deaths = error.allowed_failures + 1
                    except TimeoutError:  # its worker died with the result: it is run again
                        self.threads()  # unless the scheduler is lost, which this finds
                        completed.add(future)
                        continue
                    del running[future]
        finally:
            self._cancel(list(running))
        return [] if self._signals.stopped else suspects

    def run_alone(self, trial: Trial) -> None:
        """Run a trial with no other at the cluster; if it kills its workers now, it has failed."""
        if self.run([[trial]]):
            reason = f"its worker died {self._deaths} times, with no other trial on it"
            self._keep(trial, TrialResult(TrialState.FAILED, reason=reason))

    def _keep_all(self, future: "Future[bytes]") -> None:
        """Keep what a task came to, or raise what is to be done about it."""
        from distributed import KilledWorker

        try:
            content = future.result(timeout=dask_cluster.PATIENCE)
        except (KilledWorker, TimeoutError, SweepError):
            raise
        except ImportError as error:
            raise SweepError(
                f"a Dask worker lacks a package ({error}); {dask_cluster.HOW_TO_INSTALL}"
            ) from None
        except (CancelledError, OSError):
            raise self._lost() from None
        except Exception as error:
            raise SweepError(
                f"the Dask cluster at {self._place} failed ({type(error).__name__}: {error}); all "
                "finished trials are kept: run the same command again to go on."
            ) from error
        self._seen = time.monotonic()
        for trial, result in pickle.loads(content):  # noqa: S301 - from our workers
            self._keep(trial, result)

    def _check(self) -> None:
        """Raise SweepError if the cluster is gone, or has had no worker for too long."""
        now = time.monotonic()
        if now - self._checked < _CHECK:
            return
        if self.threads():
            self._seen = now
        self._checked = now
        if now - self._seen > dask_cluster.patience(self._client):
            raise dask_cluster.no_worker(self._scheduler)

    def threads(self) -> int:
        """Return how many threads the cluster has; SweepError if the scheduler is lost."""
        try:
            return sum(dask_cluster.ask(self._client, self._client.nthreads).values())
        except OSError:
            raise self._lost() from None

    def _lost(self) -> SweepError:
        return SweepError(
            f"the Dask scheduler at {self._place} is lost (it was stopped, or the network failed); "
            "all finished trials are kept: start it again, and run the same command again to go on."
        )

    def _cancel(self, futures: "list[Future[bytes]]") -> None:
        """Take back what is at the cluster; whoever runs it stops soon."""
        if futures:
            with suppress(OSError):
                dask_cluster.ask(
                    self._client, lambda: self._client.cancel(futures, force=True), seconds=2
                )


def _key() -> str:
    return f"sweep-{uuid.uuid4().hex}"
