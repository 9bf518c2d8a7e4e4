"""Trains as an Optuna study, together with workers on any machine.

`OptunaRunner` enqueues, works and gathers; `work` is what a worker does; `Collector` only
gathers. All three see the study through `SharedStudy`.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sweep.errors import Interrupted, SweepError
from sweep.interrupts import first_interrupt
from sweep.optuna_processes import train
from sweep.optuna_storage import Place
from sweep.optuna_study import HEARTBEAT, PATIENCE, Claim, NoStudy, SharedStudy, check_key
from sweep.packs import Keep
from sweep.progress import Signals
from sweep.trial import Objective, Outcome, Portable, Trial

Revive = Callable[[Mapping[str, Any]], Objective]
"""Makes an objective from its description; SweepError or the like if it can't."""

_POLL = 0.5  # seconds between two looks at a study in which there is nothing to do


@dataclass(frozen=True)
class OptunaRunner:
    """Trains as an Optuna study.

    Parameters
    ----------
    place : Place
        The storage.
    study : str
        Its name; empty for one that is made of what decides the results.
    jobs : int
        Packs that this process trains at the same time, ≥ 1; 0 only enqueues and gathers.
    notes : mapping
        What to keep with the study beside the objective, as JSON values.
    exclusive : bool
        Whether nobody else enqueues, as in a run directory that this process owns.
    heartbeat : int
        See `optuna_study.HEARTBEAT`.
    """

    place: Place
    study: str = ""
    jobs: int = 1
    notes: Mapping[str, Any] = field(default_factory=dict)
    exclusive: bool = False
    heartbeat: int = HEARTBEAT

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: Keep
    ) -> None:
        """Enqueue what nobody has, work, and keep every outcome, whoever trained it."""
        if not trials:
            return
        if not isinstance(objective, Portable):
            raise SweepError("what is trained here can't be sent to others; leave --runner out.")
        about = {
            **self.notes,
            "identity": dict(objective.identity()),
            "description": objective.describe(),
        }
        with self.place.speaking(), closing(self._open(objective, about)) as study:
            if self.exclusive:
                study.recover()
            patience = 0.0 if self.exclusive else PATIENCE
            study.enqueue(trials, objective, self.jobs, patience, lambda: signals.stopped)
            gathering = _Gathering(study, trials, keep)
            with _threads(study, objective, signals, self.jobs, gathering.told) as at_work:
                while not signals.stopped and not gathering.done and at_work():
                    gathering.gather(thorough=False)
                    _pause(signals)
            while not signals.stopped and not gathering.done:
                gathering.gather(thorough=True)
                if not gathering.done and study.is_finished():
                    gathering.gather(thorough=True)
                    gathering.check_complete()
                    return
                _pause(signals)

    def _open(self, objective: Objective, about: Mapping[str, Any]) -> SharedStudy:
        name = self.study or study_name(objective)
        return SharedStudy(self.place, name, jobs=self.jobs, heartbeat=self.heartbeat, about=about)


def study_name(objective: Objective) -> str:
    """Return the name of the study about all trials of an objective, whatever their number."""
    text = json.dumps(dict(objective.identity()), sort_keys=True)
    return f"sweep-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Collector:
    """Trains nothing, and keeps what others have trained."""

    place: Place
    study: str

    def train(
        self,
        objective: Objective,  # noqa: ARG002
        trials: Sequence[Trial],
        signals: Signals,  # noqa: ARG002
        keep: Keep,
    ) -> None:
        """Keep each outcome that is there; SweepError if there isn't one for each trial."""
        with self.place.speaking(), closing(SharedStudy(self.place, self.study)) as study:
            gathering = _Gathering(study, trials, keep)
            gathering.gather(thorough=True)
            gathering.check_complete()


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
        with _threads(study, objective, signals, jobs, told) as at_work:
            while at_work():
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

    def __call__(self, trial: Trial, outcome: Outcome) -> None:
        with self._lock:
            self.count += 1
            self._say(f"{trial}: {outcome.state}, {outcome.epochs} epochs; {self.count} done here")


class _Gathering:
    """Keeps outcomes of the trials asked for, once each."""

    def __init__(self, study: SharedStudy, trials: Sequence[Trial], keep: Keep) -> None:
        self._study, self._keep, self._lock = study, keep, threading.Lock()
        self._asked, self._left = {t.key: t for t in trials}, {t.key for t in trials}

    @property
    def done(self) -> bool:
        return not self._left

    def told(self, trial: Trial, outcome: Outcome) -> None:
        """Keep an outcome, if it was asked for."""
        with self._lock:
            if trial.key not in self._left:
                return
            self._left.discard(trial.key)
        self._keep(self._asked[trial.key], outcome)

    def gather(self, *, thorough: bool) -> None:
        """Keep what others have finished."""
        for key, outcome in self._study.outcomes(self._left, thorough=thorough):
            self.told(self._asked[key], outcome)

    def check_complete(self) -> None:
        if self._left:
            n = len(self._asked)
            raise SweepError(
                f"{n - len(self._left)} of {n} trials of the study {self._study.name} are "
                "finished, and kept; start a worker for the others, then run this command again."
            )


@contextmanager
def _threads(
    study: SharedStudy,
    objective: Objective,
    signals: Signals,
    jobs: int,
    told: Keep,
) -> Iterator[Callable[[], bool]]:
    """Work in threads; what is given tells whether any of them still does."""
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        working = [
            pool.submit(_work_off, study, objective, signals, jobs, told) for _ in range(jobs)
        ]

        def at_work() -> bool:
            return any(not one.done() for one in working) and not any(
                one.done() and one.exception() for one in working
            )

        try:
            yield at_work
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
    study: SharedStudy, objective: Objective, signals: Signals, jobs: int, told: Keep
) -> None:
    """Pop packs and train them until nothing is left, or a stop is asked for."""
    pause = _POLL
    while not signals.stopped:
        claims = study.pop(objective)
        if claims:
            _train_claims(study, objective, claims, signals, jobs, told)
            pause = _POLL
        elif study.is_finished():
            return
        else:
            _pause(signals, pause)
            pause = min(2 * pause, 5.0)


def _train_claims(
    study: SharedStudy,
    objective: Objective,
    claims: Sequence[Claim],
    signals: Signals,
    jobs: int,
    told: Keep,
) -> None:
    """Train what was popped; tell the study first, so that nothing is trained twice."""
    left = {claim.trial.key: claim for claim in claims}

    def keep(trial: Trial, outcome: Outcome) -> None:
        study.tell(left.pop(trial.key), outcome)
        told(trial, outcome)

    try:
        for claim in claims:
            check_key(claim.trial, objective)
        train(objective, [claim.trial for claim in claims], signals, keep, jobs)
    finally:
        study.give_back(left.values())


def _pause(signals: Signals, seconds: float = _POLL) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not signals.stopped:
        time.sleep(0.05)
