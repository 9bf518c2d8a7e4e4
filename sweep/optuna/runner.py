"""Runs a sweep as an Optuna study, together with workers on any machine.

`OptunaRunner` enqueues, works and collects; `Collector` only collects.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from sweep.errors import SweepError
from sweep.optuna.cells import read_result
from sweep.optuna.storage import StudyStorage
from sweep.optuna.study import HEARTBEAT, SharedStudy
from sweep.optuna.worker import work_off
from sweep.packs import ResultCallback
from sweep.progress.signals import Signals
from sweep.trial import Objective, Portable, Trial

MOST_TRIALS = 2000
"""Taking a trial reads all that wait: 43 ms at 400 of them, 250 ms at 2000, on PostgreSQL."""


@dataclass(frozen=True)
class OptunaRunner:
    """Runs trials as an Optuna study.

    Parameters
    ----------
    storage : StudyStorage
    study : str
        Its name; empty for one that is made of what decides the results.
    jobs : int
        Trials that this process trains at the same time, ≥ 1.
    notes : mapping
        What to keep with the study beside the objective, as JSON values.
    heartbeat : int
        See `study.HEARTBEAT`.
    """

    storage: StudyStorage
    study: str = ""
    jobs: int = 1
    notes: Mapping[str, Any] = field(default_factory=dict)
    heartbeat: int = HEARTBEAT

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: ResultCallback
    ) -> None:
        """Enqueue what nobody has, work, and keep every result, whoever got it."""
        if not trials:
            return
        if not isinstance(objective, Portable):
            raise SweepError("this objective can't be sent to workers; run it on this machine.")
        if len(trials) > MOST_TRIALS:
            raise SweepError(
                f"{len(trials)} trials are too many for an Optuna study, which holds up to "
                f"{MOST_TRIALS}; run them with Dask."
            )
        about = {
            **self.notes,
            "identity": dict(objective.identity()),
            "description": objective.describe(),
        }
        name = self.study or study_name(objective)
        with (
            self.storage.reported_errors(),
            closing(
                SharedStudy(
                    self.storage, name, jobs=self.jobs, heartbeat=self.heartbeat, about=about
                )
            ) as study,
        ):
            if self.storage.one_process_only:
                study.free_running()
            study.enqueue(trials, lambda: signals.stopped)
            collecting = _Collecting(study, trials, keep)
            work_off(study, objective, signals, self.jobs, meanwhile=collecting.collect)
            if not signals.stopped:
                collecting.collect()
                collecting.check_complete()


def study_name(objective: Objective) -> str:
    """Return the name of the study about all trials of an objective, whatever their number."""
    text = json.dumps(dict(objective.identity()), sort_keys=True)
    return f"sweep-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Collector:
    """Trains nothing, and keeps the results of a study."""

    storage: StudyStorage
    study: str

    def train(
        self,
        objective: Objective,  # noqa: ARG002
        trials: Sequence[Trial],
        signals: Signals,  # noqa: ARG002
        keep: ResultCallback,
    ) -> None:
        """Keep each result that is there; SweepError if there isn't one for each trial."""
        with (
            self.storage.reported_errors(),
            closing(SharedStudy(self.storage, self.study)) as study,
        ):
            collecting = _Collecting(study, trials, keep)
            collecting.collect()
            collecting.check_complete()


class _Collecting:
    """Keeps the results of the trials asked for, once each."""

    def __init__(self, study: SharedStudy, trials: Sequence[Trial], keep: ResultCallback) -> None:
        self._study, self._keep = study, keep
        self._size, self._left = len(trials), {t.key: t for t in trials}

    def collect(self) -> None:
        """Keep what is finished by now."""
        results = self._study.read().results
        for key in self._left.keys() & results.keys():
            self._keep(self._left.pop(key), read_result(results[key]))

    def check_complete(self) -> None:
        """Raise SweepError if a result is missing."""
        if self._left:
            raise SweepError(
                f"{self._size - len(self._left)} of {self._size} trials of the study "
                f"{self._study.name} are finished, and kept; start a worker for the others, then "
                "run this command again."
            )
