"""What a worker does: take a trial, train it, tell its result, until nothing is left."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from typing import Any

from sweep.errors import Interrupted, SweepError
from sweep.interrupts import first_interrupt
from sweep.optuna.storage import StudyStorage, experimental
from sweep.optuna.study import HEARTBEAT, NoStudy, SharedStudy
from sweep.packs import ResultCallback, run_pack
from sweep.progress.signals import Signals
from sweep.trial import Objective, Trial, TrialResult

Revive = Callable[[Mapping[str, Any]], Objective]
"""Makes an objective from its description; SweepError or the like if it can't."""

POLL = 0.5  # seconds between two readings of a study in which there is nothing to do


def work(
    storage: StudyStorage,
    name: str,
    revive: Revive,
    *,
    jobs: int = 1,
    heartbeat: int = HEARTBEAT,
    patience: float = 600.0,
    say: Callable[[str], None],
) -> int:
    """Train waiting trials of a study until nothing is left.

    Parameters
    ----------
    storage : StudyStorage
    name : str
        The study's; it may be created later.
    revive : callable
        Makes the objective from the study's description.
    jobs : int
        Trials that train at the same time.
    heartbeat : int
        See `study.HEARTBEAT`.
    patience : float
        How many seconds to wait for the study.
    say : callable
        Is given a line now and then.

    Returns
    -------
    int
        How many trials were trained here.

    Raises
    ------
    SweepError
        If the storage is for one process only, or the study can't be worked on.
    Interrupted
        After Ctrl-C; trials that were not finished wait again.
    """
    if storage.one_process_only:
        raise SweepError(
            f"the storage {storage.shown} is SQLite, from which two processes take the same trial; "
            "workers need a postgresql:// URL."
        )
    count = 0

    def tell(trial: Trial, result: TrialResult) -> None:
        nonlocal count
        count += 1
        say(f"{trial}: {result.state}, {result.epochs} epochs; {count} done here")

    with Signals(()) as signals, first_interrupt(signals.stop), storage.reported_errors():
        deadline = time.monotonic() + patience
        while (study := _find(storage, name, jobs, heartbeat, deadline, say)) is None:
            if signals.stopped:
                raise Interrupted(0, 0)
            time.sleep(min(2.0, patience / 10))
        with closing(study):
            objective = revive(study.about["description"])
            say(f"working on study {name} in {storage.shown}")
            work_off(study, objective, signals, jobs, tell)
        if signals.stopped:
            raise Interrupted(count, count)
    return count


def _find(
    storage: StudyStorage,
    name: str,
    jobs: int,
    heartbeat: int,
    deadline: float,
    say: Callable[[str], None],
) -> SharedStudy | None:
    """Return the study, or None if it isn't there yet."""
    try:
        return SharedStudy(storage, name, jobs=jobs, heartbeat=heartbeat)
    except NoStudy as error:
        if time.monotonic() > deadline:
            raise
        say(f"{error} Waiting for it.")
        return None


def work_off(
    study: SharedStudy,
    objective: Objective,
    signals: Signals,
    jobs: int,
    tell: ResultCallback = lambda *_: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Work in threads until nothing is left or a stop is asked for.

    Parameters
    ----------
    study : SharedStudy
    objective : Objective
    signals : Signals
    jobs : int
        How many threads.
    tell : callable
        Is told each result of this process, one at a time.
    meanwhile : callable
        Is called now and then in this thread.
    """
    telling = threading.Lock()

    def train(trial: Trial) -> TrialResult | None:
        results: list[TrialResult] = []
        run_pack(objective, [trial], signals, lambda _, r: results.append(r))
        return results[0] if results else None

    def work_in_thread() -> None:
        while not signals.stopped:
            finished = study.run_next(objective, train)
            if finished is None:
                if study.is_finished():
                    return
                _take_a_break(signals)
            for trial, result in finished or ():
                with telling:
                    tell(trial, result)

    # Optuna hides its warnings of its own heartbeats a thread at a time, which Python can't.
    with experimental(), ThreadPoolExecutor(jobs) as pool:
        left = {pool.submit(work_in_thread) for _ in range(jobs)}
        try:
            while left:
                done, left = wait(left, POLL, FIRST_EXCEPTION)
                for thread in done:
                    thread.result()
                meanwhile()
        except BaseException:
            signals.stop()
            raise


def _take_a_break(signals: Signals) -> None:
    """Wait a little, but not once a stop is asked for."""
    until = time.monotonic() + POLL
    while time.monotonic() < until and not signals.stopped:
        time.sleep(0.05)
