"""Runs trials in processes of this machine, any of which may die: what it held is tried again.

Each thread has an executor with one process, given one trial at a time. So a process that dies took
one trial with it and no other, and whatever is finished has reached the parent.
"""

import math
import os
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker
from queue import SimpleQueue
from typing import Any, cast

import cloudpickle
from joblib.externals.loky import BrokenProcessPool, ProcessPoolExecutor
from joblib.externals.loky.backend import resource_tracker as loky_tracker

from sweep.errors import SweepError
from sweep.interrupts import interrupts_held
from sweep.packs import DEATHS_ALONE, ResultCallback, run_pack
from sweep.progress.signals import Signals
from sweep.trial import EpochCallback, Objective, PruneCallback, Trial, TrialResult, TrialState

DEATHS_AT_START = 3
"""After so many processes that die as they start, with no trial finished meanwhile, no other is
started."""

_BLAS_THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS"),
)

_POLL, _GRACE = 0.2, 1.0
"""Seconds between two looks whether to stop, and until a process is ended that does not heed it."""

_Finished = list[tuple[Trial, TrialResult]]

_Question = tuple[int, float]
"""An epoch and the value there: shall the trial go on?"""


class ProcessPool:
    """Processes that run trials, one for each thread that asks.

    Parameters
    ----------
    objective : Objective
        Pickled by value where it was defined in a script or a notebook.
    signals : Signals
        Tells the processes to stop, and how far their trials are.
    timeout : float, optional
        Seconds after which a trial has failed, and its process is ended.
    """

    def __init__(
        self, objective: Objective, signals: Signals, timeout: float | None = None
    ) -> None:
        self._job: bytes = cloudpickle.dumps((objective, signals))
        self._signals, self._timeout = signals, timeout
        self._executors: dict[int, ProcessPoolExecutor] = {}  # by thread
        self._lock, self._ended = threading.Lock(), False
        self._deaths_at_start = 0

    def run(
        self,
        trial: Trial,
        watch: Callable[[], None] = lambda: None,
        prune: Callable[[int, float], bool] | None = None,
    ) -> TrialResult | None:
        """Run a trial in the process of this thread, which is replaced if it dies.

        Parameters
        ----------
        trial : Trial
        watch : callable
            Is called now and then; what it raises ends the process.
        prune : callable, optional
            Is asked at each evaluation, here, whether to end the trial.

        Returns
        -------
        TrialResult or None
            None if a stop was asked for.

        Raises
        ------
        SweepError
            If no process can be started.
        """
        how = ""
        for _ in range(DEATHS_ALONE):
            executor = self._executor()
            if executor is None:
                return None
            try:
                finished = self._ask(executor, trial, watch, prune)
            except TimeoutError:
                self.release(kill=True)
                reason = f"it took longer than {self._timeout:g} s"
                return TrialResult(TrialState.FAILED, reason=reason)
            except BrokenProcessPool as death:
                self.release()
                if self._ended or self._signals.stopped:
                    return None
                how = _how(death)
                continue
            except BaseException:
                self.release(kill=True)
                raise
            self._deaths_at_start = 0
            return finished[0][1] if finished else None
        reason = f"its worker died {DEATHS_ALONE} times, with no other trial on it ({how})"
        return TrialResult(TrialState.FAILED, reason=reason)

    def release(self, *, kill: bool = False) -> None:
        """End the process of this thread."""
        with self._lock:
            executor = self._executors.pop(threading.get_ident(), None)
        if executor is not None:
            executor.shutdown(kill_workers=kill or self._ended or self._signals.stopped)

    def close(self) -> None:
        """End all processes; nobody waits for them any more."""
        with self._lock:
            self._ended = True
            for executor in list(self._executors.values()):
                executor.shutdown(wait=False, kill_workers=True)

    def __enter__(self) -> "ProcessPool":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ask(
        self,
        executor: ProcessPoolExecutor,
        trial: Trial,
        watch: Callable[[], None],
        prune: Callable[[int, float], bool] | None,
    ) -> _Finished:
        """Let a process run a trial, and answer what it asks on the way."""
        deadline = math.inf if self._timeout is None else time.monotonic() + self._timeout
        finished = self._wait(executor.submit(_run, trial, prune is not None), watch, deadline)
        while isinstance(finished, tuple):
            answer = prune is not None and prune(*finished)
            finished = self._wait(executor.submit(_go_on, answer), watch, deadline)
        return finished

    def _wait(
        self, future: "Future[_Finished | _Question]", watch: Callable[[], None], deadline: float
    ) -> "_Finished | _Question":
        """Wait for an answer; after a stop a process has a second to heed it, and is ended then."""
        stopped_at = math.inf
        while True:
            try:
                return future.result(_POLL)
            except TimeoutError:
                now = time.monotonic()
                if now > deadline:
                    raise
                watch()
                if self._signals.stopped:
                    stopped_at = min(stopped_at, now)
                if now - stopped_at > _GRACE:
                    self.release(kill=True)
                    return []

    def _executor(self) -> ProcessPoolExecutor | None:
        """Return the process of this thread, started if need be; None after a stop."""
        me = threading.get_ident()
        while not (self._ended or self._signals.stopped):
            if me in self._executors:
                return self._executors[me]
            executor = self._start()
            try:
                problem = executor.submit(_began).result()
            except BrokenProcessPool as death:
                self.release()
                self._deaths_at_start += 1
                if self._deaths_at_start >= DEATHS_AT_START:
                    raise SweepError(
                        f"worker processes die as they start ({_how(death)}); see what ends Python "
                        "here, or choose the compiled engine, which needs no processes."
                    ) from None
                continue
            if problem:
                raise SweepError(f"a worker process can't begin: {problem}")
        return None

    def _start(self) -> ProcessPoolExecutor:
        with self._lock:
            executor = ProcessPoolExecutor(
                1,
                initializer=_begin,
                initargs=(self._job, os.getpid()),
                env={**dict.fromkeys(_BLAS_THREADS, "1"), "PYTHONSAFEPATH": "1"},
            )
            self._executors[threading.get_ident()] = executor
            with interrupts_held(resource_tracker, loky_tracker):
                executor.submit(_began)
            return executor


def train_in_processes(
    pool: ProcessPool, trials: Sequence[Trial], jobs: int, keep: ResultCallback
) -> None:
    """Run trials in so many processes, and hand on each result; return early after a stop.

    Raises
    ------
    SweepError
        If no process can be started, or `keep` raises it.
    """
    waiting = deque(trials)

    def serve() -> None:
        try:
            while waiting:
                try:
                    trial = waiting.popleft()
                except IndexError:
                    return
                result = pool.run(trial)
                if result is None:
                    return
                keep(trial, result)
        finally:
            pool.release(kill=True)  # a thread that the objective left would keep it

    with ThreadPoolExecutor(jobs, "slot") as slots, pool:
        serving = [slots.submit(serve) for _ in range(min(jobs, len(trials)))]
        for served in wait(serving, return_when=FIRST_EXCEPTION).done:
            served.result()


@contextmanager
def in_processes(
    objective: Objective, signals: Signals, timeout: float | None = None
) -> Iterator[Objective]:
    """Give an objective whose trials run in processes, if they run best there; else itself."""
    if not objective.in_processes:
        yield objective
        return
    with ProcessPool(objective, signals, timeout) as pool:
        yield cast(Objective, _InProcesses(objective, pool))


class _InProcesses:
    """An objective that runs its trials in processes, whichever thread calls it."""

    def __init__(self, objective: Objective, pool: ProcessPool) -> None:
        self._objective, self._pool = objective, pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objective, name)

    def __call__(
        self, pack: list[Trial], watch: EpochCallback, prune: PruneCallback | None = None
    ) -> Iterator[tuple[Trial, TrialResult]]:
        for lane, trial in enumerate(pack):
            asked = None if prune is None else partial(prune, lane)
            result = self._pool.run(trial, partial(watch, lane, 0), asked)
            if result is None:
                watch(lane, 0)  # which raises, since a stop was asked for
                return
            yield trial, result


def _how(death: BrokenProcessPool) -> str:
    """Return how a process died: ``killed by SIGKILL`` or ``exit code 9``."""
    if signal_name := re.search(r"(SIG\w{1,12})\(-\d+\)", str(death)):
        return f"killed by {signal_name[1]}"
    code = re.search(r"EXIT\((\d+)\)", str(death))
    return f"exit code {code[1]}" if code else "for a reason unknown"


# ---- inside a process ---------------------------------------------------------------------------

_job: Any = None
_problem = ""


def _begin(job: bytes, parent: int) -> None:
    """Take the objective, and end this process soon after its parent."""
    global _job, _problem
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # what an objective prints goes to the parent's standard error
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        _job = cloudpickle.loads(job)
    except Exception as error:
        _problem = f"{type(error).__name__}: {error}"


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _began() -> str:
    return _problem


def _run(trial: Trial, asks: bool) -> "_Finished | _Question":
    """Run a trial; nothing is finished if a stop was asked for.

    One that `asks` runs in a thread, and stands still at each evaluation until `_go_on`.
    """
    objective, signals = _job
    finished: _Finished = []

    def keep(*each: Any) -> None:
        finished.append(each)

    if not asks:
        run_pack(objective, [trial], signals, keep)
        return finished

    def prune(_: int, epoch: int, value: float) -> bool:
        _questions.put((epoch, value))
        return _answers.get()

    def train() -> None:
        run_pack(partial(objective, prune=prune), [trial], signals, keep)
        _questions.put(finished)

    threading.Thread(target=train, daemon=True).start()
    return _questions.get()


def _go_on(answer: bool) -> "_Finished | _Question":
    """Answer the question of the trial that runs, and return its next one, or its result."""
    _answers.put(answer)
    return _questions.get()


_questions: "SimpleQueue[_Finished | _Question]" = SimpleQueue()
_answers: "SimpleQueue[bool]" = SimpleQueue()
