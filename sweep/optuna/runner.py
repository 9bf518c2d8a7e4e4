"""Trains as an Optuna study, together with workers on any machine.

`OptunaRunner` enqueues, works and gathers; `Collector` only gathers. Both see the study through
`SharedStudy`, as workers do.
"""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from sweep.errors import SweepError
from sweep.optuna.enqueueing import enqueue
from sweep.optuna.storage import Place
from sweep.optuna.study import HEARTBEAT, PATIENCE, SharedStudy
from sweep.optuna.worker import at_work, take_a_break
from sweep.packs import ResultCallback
from sweep.progress.signals import Signals
from sweep.trial import Objective, Portable, Trial, TrialResult


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
        Packs that this process trains at the same time, ≥ 1.
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
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: ResultCallback
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
            enqueue(study, trials, objective, self.jobs, patience, lambda: signals.stopped)
            gathering = _Gathering(study, trials, keep)
            with at_work(study, objective, signals, self.jobs, gathering.told) as working:
                while not signals.stopped and not gathering.done and working():
                    gathering.gather(thorough=False)
                    take_a_break(signals)
            while not signals.stopped and not gathering.done:
                gathering.gather(thorough=True)
                if not gathering.done and study.is_finished():
                    gathering.gather(thorough=True)
                    gathering.check_complete()
                    return
                take_a_break(signals)

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
        keep: ResultCallback,
    ) -> None:
        """Keep each outcome that is there; SweepError if there isn't one for each trial."""
        with self.place.speaking(), closing(SharedStudy(self.place, self.study)) as study:
            gathering = _Gathering(study, trials, keep)
            gathering.gather(thorough=True)
            gathering.check_complete()


class _Gathering:
    """Keeps outcomes of the trials asked for, once each."""

    def __init__(self, study: SharedStudy, trials: Sequence[Trial], keep: ResultCallback) -> None:
        self._study, self._keep, self._lock = study, keep, threading.Lock()
        self._asked, self._left = {t.key: t for t in trials}, {t.key for t in trials}

    @property
    def done(self) -> bool:
        return not self._left

    def told(self, trial: Trial, outcome: TrialResult) -> None:
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
