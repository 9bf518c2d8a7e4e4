"""Trains in processes of this machine, any of which may die: what it held is trained again.

Each process is served by a thread, which tells it one pack at a time, and so always knows what
it holds.
"""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

import cloudpickle

from sweep.errors import SweepError
from sweep.packs import Deaths, ResultCallback
from sweep.progress.signals import Signals
from sweep.runners.worker_process import WorkerDied, WorkerProcess
from sweep.trial import Objective, Trial

DEATHS_AT_START = 20
"""So many processes in a row may die in one place before they have begun. A few kills in a row
are bad luck; so many are a machine on which nothing starts."""


class ProcessPool:
    """Some processes that train with one objective.

    Parameters
    ----------
    objective : Objective
        Pickled once; one that was made in a notebook will do.
    signals : Signals
    keep : callable
        Is handed each outcome as soon as it is there.
    """

    def __init__(self, objective: Objective, signals: Signals, keep: ResultCallback) -> None:
        self._job: bytes = cloudpickle.dumps((objective, signals))
        self._signals, self._keep, self._deaths = signals, keep, Deaths(keep)
        self._waiting: deque[list[Trial]] = deque()
        self._processes: set[WorkerProcess] = set()
        self._lock, self._ended = threading.Lock(), False

    def train(self, packs: Sequence[list[Trial]], jobs: int) -> None:
        """Train all packs; return early once a stop was asked for.

        Raises
        ------
        SweepError
            If no process can be started, or `keep` raises it.
        """
        self._waiting.extend(packs)
        with ThreadPoolExecutor(jobs, "trainer") as threads:
            try:
                serving = [threads.submit(self._serve) for _ in range(min(jobs, len(packs)))]
                for served in wait(serving, return_when=FIRST_EXCEPTION).done:
                    served.result()
            finally:
                self._end()

    def _serve(self) -> None:
        """Keep a process at work, and replace it when it dies, until no pack is left."""
        deaths_at_start = 0
        while self._waiting and (process := self._start()) is not None:
            try:
                how = self._feed(process)
            finally:
                process.close()
                self._processes.discard(process)
            deaths_at_start = 0 if process.began else deaths_at_start + 1
            if deaths_at_start == DEATHS_AT_START:
                raise SweepError(
                    f"worker processes die as they start ({how}); see what ends Python here, or "
                    "give --engine compiled, which needs no processes."
                )

    def _feed(self, process: WorkerProcess) -> str:
        """Give a process one pack after the other; return how it died, if it did."""
        while not (self._ended or self._signals.stopped):
            try:
                pack = self._waiting.popleft()
            except IndexError:
                break
            left = {trial.key: trial for trial in pack}
            try:
                for trial, outcome in process.train(pack):
                    del left[trial.key]
                    self._keep(trial, outcome)
            except WorkerDied as death:
                if not process.began:
                    self._waiting.appendleft(pack)
                elif not self._ended:
                    again = self._deaths.retry(pack, [*left.values()], str(death))
                    self._waiting.extendleft(again)  # at once, while another kill is unlikely
                return str(death)
        return ""

    def _start(self) -> WorkerProcess | None:
        with self._lock:
            if self._ended or self._signals.stopped:
                return None
            process = WorkerProcess(self._job)
            self._processes.add(process)
            return process

    def _end(self) -> None:
        """Kill what still runs, since nobody will wait for it."""
        with self._lock:
            self._ended = True
            for process in list(self._processes):
                process.kill()
