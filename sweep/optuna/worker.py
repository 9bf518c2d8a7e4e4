"""What a worker does: pop, train, tell, until nothing is left in a study."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from typing import Any

from sweep.errors import Interrupted, SweepError
from sweep.interrupts import first_interrupt
from sweep.optuna.storage import Place
from sweep.optuna.study import HEARTBEAT, Claim, NoStudy, SharedStudy, check_key
from sweep.packs import ResultCallback
from sweep.progress.signals import Signals
from sweep.runners.local import LocalRunner
from sweep.trial import Objective, Trial, TrialResult

Revive = Callable[[Mapping[str, Any]], Objective]
"""Makes an objective from its description; SweepError or the like if it can't."""

POLL = 0.5  # seconds between two looks at a study in which there is nothing to do


def work(
    place: Place,
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
    place : Place
    name : str
        The study's; it may be made later.
    revive : callable
        Makes the objective from the study's description.
    jobs : int
        Packs that train at the same time.
    heartbeat : int
        See `optuna_study.HEARTBEAT`.
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
    if place.one_process_only:
        raise SweepError(
            f"the storage {place.shown} is SQLite, from which two processes pop the same trial; "
            "for workers give a postgresql:// URL, or the path of a journal file."
        )
    told = _Told(say)
    with (
        place.speaking(),
        Signals(()) as signals,
        first_interrupt(signals.stop),
        closing(_wait_for(place, name, jobs, heartbeat, patience, signals, say)) as study,
    ):
        objective = revive(study.about["description"])
        say(f"working on study {name} in {place.shown}")
        with at_work(study, objective, signals, jobs, told) as any_at_work:
            while any_at_work():
                time.sleep(0.1)
        if signals.stopped:
            raise Interrupted(told.count, told.count)
    return told.count


def _wait_for(
    place: Place,
    name: str,
    jobs: int,
    heartbeat: int,
    patience: float,
    signals: Signals,
    say: Callable[[str], None],
) -> SharedStudy:
    """Return the study as soon as somebody has made it."""
    begun, is_said = time.monotonic(), False
    while True:
        try:
            return SharedStudy(place, name, jobs=jobs, heartbeat=heartbeat)
        except NoStudy as error:
            if time.monotonic() - begun > patience:
                raise
            if signals.stopped:
                raise Interrupted(0, 0) from None
            if not is_said:
                say(f"{error} Waiting for it.")
            is_said = True
            time.sleep(min(2.0, patience / 10))


class _Told:
    """Counts what was trained here, and says it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._lock, self.count = say, threading.Lock(), 0

    def __call__(self, trial: Trial, outcome: TrialResult) -> None:
        with self._lock:
            self.count += 1
            self._say(f"{trial}: {outcome.state}, {outcome.epochs} epochs; {self.count} done here")


@contextmanager
def at_work(
    study: SharedStudy,
    objective: Objective,
    signals: Signals,
    jobs: int,
    told: ResultCallback,
) -> Iterator[Callable[[], bool]]:
    """Work in threads; what is given tells whether any of them still does."""
    with ThreadPoolExecutor(jobs) as pool:
        working = [pool.submit(_work_off, study, objective, signals, told) for _ in range(jobs)]

        def any_at_work() -> bool:
            return any(not one.done() for one in working) and not any(
                one.done() and one.exception() for one in working
            )

        try:
            yield any_at_work
        except BaseException:
            signals.stop()
            raise
        finally:
            if any(one.done() and one.exception() for one in working):
                signals.stop()
            wait(working)
    for one in working:
        one.result()


def _work_off(
    study: SharedStudy, objective: Objective, signals: Signals, told: ResultCallback
) -> None:
    """Pop packs and train them until nothing is left, or a stop is asked for."""
    pause = POLL
    while not signals.stopped:
        claims = study.pop(objective)
        if claims:
            _train_claims(study, claims, objective, signals, told)
            pause = POLL
        elif study.is_finished():
            return
        else:
            take_a_break(signals, pause)
            pause = min(2 * pause, 5.0)


def _train_claims(
    study: SharedStudy,
    claims: Sequence[Claim],
    objective: Objective,
    signals: Signals,
    told: ResultCallback,
) -> None:
    """Train what was popped; tell the study first, so that nothing is trained twice."""
    left = {claim.trial.key: claim for claim in claims}

    def keep(trial: Trial, outcome: TrialResult) -> None:
        study.tell(left.pop(trial.key), outcome)
        told(trial, outcome)

    twice = [claim for claim in claims if left[claim.trial.key] is not claim]
    try:
        for claim in claims:
            check_key(claim.trial, objective)
        popped = [claim.trial for claim in left.values()]
        LocalRunner(1).train(objective, popped, signals, keep)
    finally:
        study.give_back([*left.values(), *twice])


def take_a_break(signals: Signals, seconds: float = POLL) -> None:
    """Wait a little, but not once a stop is asked for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not signals.stopped:
        time.sleep(0.05)
