"""A sweep as an Optuna study that many processes work on, by Optuna's public interface."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import optuna
from optuna.exceptions import TrialPruned, UpdateFinishedTrialError
from optuna.samplers import RandomSampler
from optuna.storages import fail_stale_trials
from optuna.trial import TrialState as OptunaState

from sweep.errors import SweepError
from sweep.optuna.cells import (
    KEY,
    Cells,
    check_key,
    distributions,
    trial_of,
    value_of,
    waiting_trial,
    write_result,
)
from sweep.optuna.storage import StudyStorage, close, experimental
from sweep.trial import Objective, Trial, TrialResult, TrialState

HEARTBEAT = 10
"""Seconds between two heartbeats of a trial; after three times as many without one it is tried
again."""

PATIENCE = 60.0
"""After so many seconds without a new trial, whoever was enqueueing is taken to be gone."""

ABOUT, CELLS = "sweep", "cells"

Finished = tuple[Trial, TrialResult]

Train = Callable[[Trial], TrialResult | None]
"""Trains a trial; None if a stop was asked for."""


class NoStudy(SweepError):  # noqa: N818 - it may still come
    """There is no study of that name."""


class _Failed(Exception):  # noqa: N818 - an outcome
    """Ends an Optuna trial as failed."""


class SharedStudy:
    """A study, seen by one process.

    Parameters
    ----------
    storage : StudyStorage
    name : str
    jobs : int
        How many threads will use it at once.
    heartbeat : int
        See HEARTBEAT; the same in all processes.
    about : mapping, optional
        With it the study is created if it isn't there: ``description``, what workers make the
        objective of; ``identity``, what decides results; and what else its maker wants to find.

    Raises
    ------
    SweepError
        If the study isn't there, or is about something else.
    """

    def __init__(
        self,
        storage: StudyStorage,
        name: str,
        *,
        jobs: int = 1,
        heartbeat: int = HEARTBEAT,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.storage, self.name = storage, name
        if about is None and not storage.exists:
            storage.check()
            raise NoStudy(f"there is no study {name} in {storage.shown}; there is none.")
        self._has_heartbeats = not storage.one_process_only  # alone, nobody else has to know
        self._database = storage.open(
            heartbeat=heartbeat if self._has_heartbeats else None, connections=2 * jobs + 3
        )
        try:
            self._study = self._load() if about is None else self._create()
            self.about = self._agree(about)
        except BaseException:
            close(self._database)
            raise
        self._taking = threading.Lock()
        self._beaten: set[int] = set()
        self._suspects: set[str] = set()
        self._grown, self._size = time.monotonic(), 0

    def _create(self) -> optuna.Study:
        return optuna.create_study(
            storage=self._database,
            study_name=self.name,
            sampler=RandomSampler(),  # which is never asked, and costs nothing
            load_if_exists=True,
        )

    def _load(self) -> optuna.Study:
        try:
            return optuna.load_study(
                storage=self._database, study_name=self.name, sampler=RandomSampler()
            )
        except KeyError:
            names = optuna.get_all_study_names(self._database)
            raise NoStudy(
                f"there is no study {self.name} in {self.storage.shown}; there "
                f"{'are ' + ', '.join(sorted(names)) if names else 'is none'}."
            ) from None

    def _agree(self, about: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what the study is about, which is what it was created for if it was there."""
        attributes = self._study.user_attrs
        there: dict[str, Any] | None = (
            json.loads(attributes[ABOUT]) if ABOUT in attributes else None
        )
        if there is not None and "search" in there:
            raise SweepError(
                f"the study {self.name} is a search, in which one process works; choose another "
                "study."
            )
        if about is None:
            if there is None:
                raise NoStudy(
                    f"the study {self.name} was not created by this tool, or is only just being "
                    "created; choose another study."
                )
            return there
        if there is not None and there["identity"] != about["identity"]:
            raise SweepError(
                f"the study {self.name} is about other data, settings or a seed of its own; choose "
                "another study."
            )
        if there != about:
            self._study.set_user_attr(ABOUT, json.dumps(about))
        return dict(about)

    def close(self) -> None:
        """Close the connections."""
        close(self._database)

    def read(self) -> Cells:
        """Read all trials; those that were finished before come from memory."""
        return Cells(self._study.get_trials(deepcopy=False))

    # ---- enqueueing --------------------------------------------------------------------------

    def enqueue(self, trials: Sequence[Trial], stopped: Callable[[], bool]) -> None:
        """Enqueue what is not there yet, or has failed, until a stop is asked for."""
        cells = self.read()
        self._study.set_user_attr(CELLS, len(cells.keys | {trial.key for trial in trials}))
        axes = distributions(trials, self._study.get_trials(deepcopy=False))
        for trial in trials:
            if stopped():
                return
            if cells.is_missing(trial):
                self._study.add_trial(waiting_trial(trial, axes))

    def free_running(self) -> None:
        """Give up what runs, where no other process can be running it."""
        for theirs in self.read().running:
            self._study.tell(theirs.number, state=OptunaState.FAIL)

    # ---- work --------------------------------------------------------------------------------

    def run_next(self, objective: Objective, train: Train) -> list[Finished] | None:
        """Take a waiting trial and train it; None if nothing waits.

        Returns
        -------
        list of (Trial, TrialResult), or None
            What was trained; nothing if others had been quicker.
        """
        finished: list[Finished] = []
        with ExitStack() as taking:
            # Threads take turns, or they take the same trial from SQLite. The next one may come as
            # soon as this one has its trial.
            taking.enter_context(self._taking)
            cells = self.read()
            if not cells.waiting:
                return None
            for theirs in cells.waiting[:1]:
                if KEY in theirs.user_attrs:
                    check_key(trial_of(theirs), objective)
            self._optimize(partial(self._run, taking, cells, train, finished))
        return finished

    def _optimize(self, run: Callable[[optuna.Trial], float]) -> None:
        number = -1

        def objective(theirs: optuna.Trial) -> float:
            nonlocal number
            number = theirs.number
            return run(theirs)

        try:
            self._study.optimize(objective, n_trials=1, catch=(_Failed, UpdateFinishedTrialError))
        except ValueError:
            # Its process was taken for dead, and it is tried elsewhere: then it can't be told.
            if number < 0 or not self._study.get_trials(deepcopy=False)[number].state.is_finished():
                raise

    def _run(
        self,
        taking: ExitStack,
        cells: Cells,
        train: Train,
        finished: list[Finished],
        theirs: optuna.Trial,
    ) -> float:
        taking.close()
        key = theirs.user_attrs.get(KEY)
        if key is None or cells.is_done(key):
            # Others have taken all that waited, and Optuna has made an empty trial; or the cell was
            # enqueued twice.
            raise TrialPruned
        trial = trial_of(theirs)
        result = train(trial)
        if result is None:
            self._study.add_trial(waiting_trial(trial, theirs.distributions))
            raise _Failed("interrupted")
        finished.append((trial, result))
        write_result(theirs, result)
        if result.state is TrialState.FAILED:
            raise _Failed(result.reason)
        return value_of(result)

    def is_finished(self) -> bool:
        """Tell whether every cell has its result, once nothing waits; else see to what was lost.

        Raises
        ------
        SweepError
            If whoever was enqueueing is gone.
        """
        cells = self.read()
        if cells.waiting:
            return False
        is_complete = len(cells.keys) >= self._study.user_attrs.get(CELLS, len(cells.keys) + 1)
        if is_complete and not cells.pending and not cells.lost:
            for theirs in cells.running:  # of cells that were finished elsewhere
                with suppress(ValueError, UpdateFinishedTrialError):
                    self._study.tell(theirs.number, state=OptunaState.FAIL)
            return True
        self._recover(cells)
        if not is_complete and not cells.running:
            self._check_patience(len(cells.keys))
        return False

    def _recover(self, cells: Cells) -> None:
        """Enqueue anew what was taken by processes that are gone."""
        for theirs in cells.running if self._has_heartbeats else ():
            if theirs.number not in self._beaten:
                # A process killed before the first heartbeat leaves a trial without any, which
                # Optuna would never find stale. So it gets one from here.
                self._beaten.add(theirs.number)
                self._beat(theirs.number)
        with experimental():
            fail_stale_trials(self._study)
        for key, theirs in cells.lost.items():
            if key in self._suspects:  # else somebody may be about to enqueue it
                self._study.add_trial(waiting_trial(trial_of(theirs), theirs.distributions))
        self._suspects = set(cells.lost) - self._suspects

    def _beat(self, number: int) -> None:
        study_id = self._database.get_study_id_from_name(self.name)
        trial_id = self._database.get_trial_id_from_study_id_trial_number(study_id, number)
        self._database.record_heartbeat(trial_id)

    def _check_patience(self, size: int) -> None:
        if size != self._size:
            self._grown, self._size = time.monotonic(), size
        if time.monotonic() - self._grown >= PATIENCE:
            raise SweepError(
                f"the study {self.name} is enqueued in part only, and nobody goes on; run the "
                "command again that created it."
            )
