"""Trains on a Dask cluster: on this machine, or on several.

A task is a pack. Dask itself runs tasks again whose worker is lost; what keeps killing workers is
tried alone, and fails alone. Whatever is lost beside workers, the sweep ends with a sentence.
"""

import itertools
import pickle
import queue
import time
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweep.errors import SweepError
from sweep.packs import Deaths, ResultCallback, make_packs
from sweep.progress.signals import Signals
from sweep.runners import dask_cluster, dask_worker
from sweep.runners.dask_versions import HOW_TO_INSTALL
from sweep.trial import Objective, Trial

if TYPE_CHECKING:
    from distributed import Client, Future

IN_FLIGHT = 256
"""At most so many packs are at the cluster, or two for each of its threads, if that is more."""

_TICK = 0.2  # seconds between two looks at whether a stop was asked for
_LOOK = 2.0  # seconds without a result, after which we look whether the cluster is there

Pack = list[Trial]


@dataclass(frozen=True)
class DaskRunner:
    """Trains on a Dask cluster.

    Parameters
    ----------
    scheduler : str, optional
        The address of an existing cluster; by default there is one of our own on this machine.
    jobs : int
        How many processes our own cluster has.

    Raises
    ------
    SweepError
        If Dask is not installed, or the address doesn't look like one.
    """

    scheduler: str | None = None
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.scheduler is not None:
            dask_cluster.check_address(self.scheduler)
        dask_cluster.check_installed()

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: ResultCallback
    ) -> None:
        """Train all trials; SweepError if the cluster is lost, or can't train them."""
        if not trials:
            return
        with dask_cluster.connected(self.scheduler, self.jobs) as client:
            sweep = _Sweep(client, objective, signals, keep, self.scheduler)
            try:
                threads = max(1, sweep.threads())
                packs = make_packs(trials, objective, threads)
                sweep.train(packs, limit=max(IN_FLIGHT, 2 * threads))
            finally:
                sweep.cancel()


class _Sweep:
    """The packs of one sweep: those that wait, and those that are at the cluster."""

    def __init__(
        self,
        client: "Client",
        objective: Objective,
        signals: Signals,
        keep: ResultCallback,
        scheduler: str | None,
    ) -> None:
        self._client, self._signals, self._keep = client, signals, keep
        self._scheduler, self._place = scheduler, scheduler or "this machine"
        self._waiting: deque[Pack] = deque()
        self._suspects: deque[Pack] = deque()  # of one trial; trained with no other at the cluster
        self._with_suspect, self._deaths = False, Deaths(keep)
        self._running: dict[Future[bytes], Pack] = {}
        self._ended: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
        self._name, self._numbers = f"sweep-{uuid.uuid4().hex[:8]}", itertools.count()
        self._job, self._train = dask_worker.pack_job(objective), dask_worker.task()
        self._seen = self._looked = time.monotonic()  # when workers were seen, when looked for

    def train(self, packs: Sequence[Pack], limit: int) -> None:
        """Train packs, of which no more than a limit are at the cluster."""
        self._waiting.extend(packs)
        # The result of a task is no scattered data: if it is lost, Dask makes it again.
        job = self._client.submit(bytes, self._job, key=f"{self._name}-job")
        while self._waiting or self._running or self._suspects:
            if self._signals.stopped:
                return
            self._submit(job, limit)
            try:
                ended = self._ended.get(timeout=_TICK)
            except queue.Empty:
                self._look()
            else:
                self._take(ended, self._running.pop(ended.future))

    def _submit(self, job: "Future[bytes]", limit: int) -> None:
        """Hand packs to the cluster, many at once since each message costs; or one suspect."""
        packs: list[Pack] = []
        if not self._running:
            self._with_suspect = not self._waiting
            if self._with_suspect:
                packs = [self._suspects.popleft()]
        if not self._with_suspect and len(self._running) <= limit * 3 // 4:
            count = min(limit - len(self._running), len(self._waiting))
            packs = [self._waiting.popleft() for _ in range(count)]
        if not packs:
            return
        if self._client.status != "running":
            raise self._lost()
        keys = [f"{self._name}-{next(self._numbers)}" for _ in packs]
        content = [pickle.dumps(pack) for pack in packs]
        futures = self._client.map(self._train, [job] * len(packs), content, key=keys)
        self._running.update(zip(futures, packs, strict=True))
        for future in futures:
            self._client.loop.add_callback(self._follow, future)

    async def _follow(self, future: "Future[bytes]") -> None:
        """Wait for a task, on the client's thread, however often Dask has it run again."""
        try:
            self._ended.put(_Ended(future, await future.result()))
        except (Exception, CancelledError) as error:
            self._ended.put(_Ended(future, error=error))

    def _take(self, ended: "_Ended", pack: Pack) -> None:
        """Keep what a task came to, or see what is to be done about it."""
        from distributed import KilledWorker

        match ended.error:
            case None:
                self._seen = time.monotonic()
                for trial, outcome in pickle.loads(ended.content):  # noqa: S301 - from our workers
                    self._keep(trial, outcome)
            case KilledWorker() as error if len(pack) > 1 or self._with_suspect:
                deaths = error.allowed_failures + 1
                how = f"{deaths} workers of the Dask cluster, one after the other"
                again = self._deaths.retry(pack, pack, how, times=deaths)
                (self._suspects if self._with_suspect else self._waiting).extend(again)
            case KilledWorker():
                self._suspects.append(pack)  # another that was on the same worker may have done it
            case SweepError() as error:
                raise error
            case ImportError() as error:
                raise SweepError(
                    f"a Dask worker lacks a package ({error}); {HOW_TO_INSTALL}"
                ) from None
            case CancelledError() | OSError():
                raise self._lost()
            case error:
                raise SweepError(
                    f"the Dask cluster at {self._place} failed ({type(error).__name__}: {error}); "
                    "all finished trials are kept: run the same command again to go on."
                ) from error

    def _look(self) -> None:
        """Raise SweepError if the cluster is gone, or has had no worker for too long."""
        if time.monotonic() - self._looked < _LOOK:
            return
        dask_cluster.revive(self._client)
        if self.threads():
            self._seen = time.monotonic()
        self._looked = time.monotonic()
        if self._looked - self._seen > dask_cluster.patience(self._client):
            raise dask_cluster.no_worker(self._scheduler)

    def threads(self) -> int:
        """Return how many threads the cluster has; SweepError if the scheduler is lost."""
        try:
            return dask_cluster.threads(self._client)
        except OSError:
            raise self._lost() from None

    def _lost(self) -> SweepError:
        return SweepError(
            f"the Dask scheduler at {self._place} is lost (it was stopped, or the network failed); "
            "all finished trials are kept: start it again, and run the same command again to go on."
        )

    def cancel(self) -> None:
        """Take back what is at the cluster; whoever trains it stops soon."""
        if self._running:
            with suppress(OSError):
                dask_cluster.ask(self._client, self._cancel, seconds=2)

    async def _cancel(self) -> None:
        await self._client.cancel(list(self._running), force=True)


@dataclass(frozen=True)
class _Ended:
    """A task that ended, and what it came to: content, unless there is an error."""

    future: "Future[bytes]"
    content: bytes = b""
    error: BaseException | None = None
