"""Runs trials in processes of this machine, any of which may die: what it held is tried again.

Each slot is an executor with one process, given one trial at a time. So a process that dies took
one trial with it and no other, and whatever is finished has reached the parent.
"""

import os
import re
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from multiprocessing import resource_tracker
from typing import Any

import cloudpickle
from joblib.externals.loky import BrokenProcessPool, ProcessPoolExecutor
from joblib.externals.loky.backend import resource_tracker as loky_tracker

from sweep.errors import SweepError
from sweep.interrupts import interrupts_held
from sweep.packs import DEATHS_ALONE, ResultCallback, run_pack
from sweep.progress.signals import Signals
from sweep.trial import Objective, Trial, TrialResult, TrialState

DEATHS_AT_START = 3
"""After so many processes that die as they start, with no trial finished meanwhile, no other is
started."""

_BLAS_THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS"),
)

_Finished = list[tuple[Trial, TrialResult]]


class ProcessPool:
    """Runs trials in processes.

    Parameters
    ----------
    objective : Objective
        Pickled by value where it was defined in a script or a notebook.
    signals : Signals
    keep : callable
        Is handed each result as soon as it is there.
    timeout : float, optional
        Seconds after which a trial has failed, and its process is ended.
    """

    def __init__(
        self,
        objective: Objective,
        signals: Signals,
        keep: ResultCallback,
        timeout: float | None = None,
    ) -> None:
        self._job: bytes = cloudpickle.dumps((objective, signals))
        self._signals, self._keep, self._deaths = signals, keep, Counter[str]()
        self._timeout = timeout
        self._waiting: deque[Trial] = deque()
        self._executors: set[ProcessPoolExecutor] = set()
        self._lock, self._ended = threading.Lock(), False
        self._deaths_at_start = 0

    def train(self, trials: Sequence[Trial], jobs: int) -> None:
        """Run all trials; return early once a stop was asked for.

        Raises
        ------
        SweepError
            If no process can be started, or `keep` raises it.
        """
        self._waiting.extend(trials)
        with ThreadPoolExecutor(jobs, "slot") as slots:
            try:
                serving = [slots.submit(self._serve) for _ in range(min(jobs, len(trials)))]
                for served in wait(serving, return_when=FIRST_EXCEPTION).done:
                    served.result()
            finally:
                self._end()

    def _serve(self) -> None:
        """Keep a process at work, and replace it when it dies, until no trial is left."""
        while self._waiting and (executor := self._start()) is not None:
            hangs = False
            try:
                problem = executor.submit(_began).result()
                if problem:
                    raise SweepError(f"a worker process can't begin: {problem}")
                hangs = self._feed(executor)
            except BrokenProcessPool as death:
                self._deaths_at_start += 1
                if self._deaths_at_start == DEATHS_AT_START:
                    raise SweepError(
                        f"worker processes die as they start ({_how(death)}); see what ends Python "
                        "here, or choose the compiled engine, which needs no processes."
                    ) from None
            finally:
                self._executors.discard(executor)
                executor.shutdown(kill_workers=hangs or self._ended or self._signals.stopped)

    def _feed(self, executor: ProcessPoolExecutor) -> bool:
        """Give a process one trial after the other, until it dies or none is left.

        Returns whether it hangs.
        """
        while not (self._ended or self._signals.stopped):
            try:
                trial = self._waiting.popleft()
            except IndexError:
                break
            try:
                finished: _Finished = executor.submit(_run, trial).result(self._timeout)
            except TimeoutError:
                reason = f"it took longer than {self._timeout:g} s"
                self._keep(trial, TrialResult(TrialState.FAILED, reason=reason))
                return True
            except BrokenProcessPool as death:
                if not self._ended:
                    self._lose(trial, _how(death))
                break
            self._deaths_at_start = 0
            for each in finished:
                self._keep(*each)
        return False

    def _lose(self, trial: Trial, how: str) -> None:
        """Run a trial again whose process died, or let it fail."""
        self._deaths[trial.key] += 1
        if self._deaths[trial.key] < DEATHS_ALONE:
            self._waiting.appendleft(trial)
        else:
            reason = f"its worker died {DEATHS_ALONE} times, with no other trial on it ({how})"
            self._keep(trial, TrialResult(TrialState.FAILED, reason=reason))

    def _start(self) -> ProcessPoolExecutor | None:
        with self._lock:
            if self._ended or self._signals.stopped:
                return None
            executor = ProcessPoolExecutor(
                1,
                initializer=_begin,
                initargs=(self._job, os.getpid()),
                env={**dict.fromkeys(_BLAS_THREADS, "1"), "PYTHONSAFEPATH": "1"},
            )
            self._executors.add(executor)
            with interrupts_held(resource_tracker, loky_tracker):
                executor.submit(_began)
            return executor

    def _end(self) -> None:
        """End the processes that still run, since nobody will wait for them."""
        with self._lock:
            self._ended = True
            for executor in list(self._executors):
                executor.shutdown(wait=False, kill_workers=True)


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


def _run(trial: Trial) -> _Finished:
    """Run a trial; nothing is finished if a stop was asked for."""
    objective, signals = _job
    finished: _Finished = []
    run_pack(objective, [trial], signals, lambda *each: finished.append(each))
    return finished
