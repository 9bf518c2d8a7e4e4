"""Runs a sweep as an Optuna study, together with workers on any machine."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from sweep.errors import SweepError
from sweep.optuna.cells import by_cell, has_result, read_result
from sweep.optuna.storage import StudyStorage
from sweep.optuna.study import HEARTBEAT, SharedStudy
from sweep.packs import ResultCallback
from sweep.progress.signals import Signals
from sweep.trial import Objective, Trial

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
        Trials that this process trains at the same time; with 0 it only collects what others have.
    notes : mapping
        What to keep with the study, as JSON values: ``description``, of which workers elsewhere
        make the objective, and what else its maker wants to find.
    timeout : float, optional
        Seconds after which a trial that runs in a process has failed.
    heartbeat : int
        See `study.HEARTBEAT`.
    """

    storage: StudyStorage
    study: str = ""
    jobs: int = 1
    notes: Mapping[str, Any] = field(default_factory=dict)
    heartbeat: int = HEARTBEAT
    timeout: float | None = None

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: ResultCallback
    ) -> None:
        """Enqueue what nobody has, work, and keep every result, whoever got it."""
        if not trials:
            return
        left = {trial.key: trial for trial in trials}

        def collect() -> None:
            for key, theirs in by_cell(study.read()).items():
                if key in left and has_result(theirs):
                    keep(left.pop(key), read_result(theirs))

        with (
            self.storage.reported_errors(),
            closing(self._open(objective, len(trials))) as study,
        ):
            if self.jobs:
                study.enqueue(trials, signals)
                study.work(objective, signals, meanwhile=collect, timeout=self.timeout)
            if not signals.stopped:
                collect()
        if left and not signals.stopped:
            raise SweepError(
                f"{len(trials) - len(left)} of {len(trials)} trials of the study {study.name} are "
                "finished, and kept; start a worker for the others, then run this command again."
            )

    def _open(self, objective: Objective, n_trials: int) -> SharedStudy:
        if not self.jobs:
            return SharedStudy(self.storage, self.study)
        if n_trials > MOST_TRIALS:
            raise SweepError(
                f"{n_trials} trials are too many for an Optuna study, which holds up to "
                f"{MOST_TRIALS}; run them with Dask."
            )
        about = {**self.notes, "identity": dict(objective.identity())}
        name = self.study or study_name(objective)
        return SharedStudy(
            self.storage, name, jobs=self.jobs, heartbeat=self.heartbeat, about=about
        )


def study_name(objective: Objective) -> str:
    """Return the name of the study about all trials of an objective, whatever their number."""
    text = json.dumps(dict(objective.identity()), sort_keys=True)
    return f"sweep-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
