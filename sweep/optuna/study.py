"""A sweep as an Optuna study that many processes work on, by Optuna's public interface."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import TrialPruned, UpdateFinishedTrialError
from optuna.samplers import RandomSampler
from optuna.storages import fail_stale_trials
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from sweep.errors import SweepError
from sweep.optuna.cells import (
    KEY,
    by_cell,
    check_key,
    distributions,
    has_result,
    is_done,
    trial_of,
    value_of,
    waiting_trial,
    write_result,
)
from sweep.optuna.storage import StudyStorage, close
from sweep.packs import ResultCallback, run_pack
from sweep.progress.signals import Signals
from sweep.runners.processes import in_processes
from sweep.store.serialization import readable
from sweep.trial import Objective, Trial, TrialResult, TrialState

HEARTBEAT = 10
"""Seconds between two heartbeats of a trial; after three times as many without one it is tried
again."""

POLL = 0.5  # seconds between two readings of a study in which there is nothing to do

ABOUT, ENQUEUED = "sweep", "enqueued"  # a study's user attributes


class NoStudy(SweepError):  # noqa: N818 - it may still come
    """There is no study of that name."""


class SharedStudy:
    """A study, seen by one process.

    Parameters
    ----------
    storage : StudyStorage
    name : str
    jobs : int
        How many threads work, or use it otherwise.
    heartbeat : int or None
        See HEARTBEAT; the same in all processes. None does without, in a search.
    about : mapping, optional
        With it the study is created if it isn't there: ``description``, what workers make the
        objective of; ``identity``, what decides results; ``search``, whether it is one; and what
        else its maker wants to find.

    Attributes
    ----------
    optuna : optuna.Study
    about : dict

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
        heartbeat: int | None = HEARTBEAT,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self._storage, self._jobs = name, storage, jobs
        if about is None and not storage.exists:
            storage.check()
            raise NoStudy(f"there is no study {name} in {storage.shown}; there is none.")
        self._database = storage.open(heartbeat=heartbeat, connections=2 * jobs + 3)
        try:
            self.optuna = self._open(is_wanted=about is not None)
            self.about = self._agree(about)
        except BaseException:
            close(self._database)
            raise
        self._taking = threading.Lock()
        self._beaten: set[int] = set()

    def _open(self, *, is_wanted: bool) -> optuna.Study:
        names = optuna.get_all_study_names(self._database)
        if not is_wanted and self.name not in names:
            raise NoStudy(
                f"there is no study {self.name} in {self._storage.shown}; there "
                f"{'are ' + ', '.join(sorted(names)) if names else 'is none'}."
            )
        return optuna.create_study(
            storage=self._database,
            study_name=self.name,
            sampler=RandomSampler(),  # which a sweep never asks, and costs nothing
            load_if_exists=True,
        )

    def _agree(self, about: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what the study is about, and write it if that is given."""
        attributes = self.optuna.user_attrs
        with readable("what the study says"):
            there = about if ABOUT not in attributes else dict(json.loads(attributes[ABOUT]))
        if there is None:
            raise NoStudy(
                f"the study {self.name} was not created by this tool, or is only just being "
                "created; choose another study."
            )
        if ("search" in there) != ("search" in (about or {})):
            kind = "search, in which one process works" if "search" in there else "sweep"
            raise SweepError(f"the study {self.name} is a {kind}; choose another study.")
        if about is None:
            if not attributes.get(ENQUEUED):
                raise NoStudy(
                    f"the study {self.name} is enqueued in part only; if that doesn't go on, run "
                    "the command again that created it."
                )
            return dict(there)
        if there.get("identity") != about["identity"]:
            raise SweepError(
                f"the study {self.name} is about other data, settings or a seed of its own; choose "
                "another study."
            )
        if attributes.get(ABOUT) != json.dumps(about):
            self.optuna.set_user_attr(ABOUT, json.dumps(about))
        return dict(about)

    def close(self) -> None:
        """Close the connections."""
        close(self._database)

    def read(self) -> list[FrozenTrial]:
        """Read all trials; those that were finished before come from memory."""
        with readable("what the study says"), self._storage.reported_errors():
            return self.optuna.get_trials(deepcopy=False)

    def enqueue(self, trials: Sequence[Trial], signals: Signals) -> None:
        """Enqueue what is not there yet, was lost or has failed, until a stop is asked for.

        Only then workers find the study.
        """
        self.optuna.set_user_attr(ENQUEUED, False)
        if self._storage.one_process_only:  # nobody else can be running anything
            for theirs in self.read():
                if theirs.state is OptunaState.RUNNING:
                    self.optuna.tell(theirs.number, state=OptunaState.FAIL)
        there = self.read()
        cells = by_cell(there)
        axes = distributions(trials, there)
        for trial in trials:
            if signals.stopped:
                return
            last = cells.get(trial.key)
            if last is None or (last.state.is_finished() and not is_done(last)):
                self.optuna.add_trial(waiting_trial(trial, axes))
        self.optuna.set_user_attr(ENQUEUED, True)

    def work(
        self,
        objective: Objective,
        signals: Signals,
        tell: ResultCallback = lambda *_: None,
        meanwhile: Callable[[], None] = lambda: None,
        *,
        timeout: float | None = None,
    ) -> None:
        """Train in threads until nothing is left or a stop is asked for.

        Trials of an objective that wants processes run in processes of these threads.

        Parameters
        ----------
        objective : Objective
        signals : Signals
        tell : callable
            Is told each result of this process, in any thread.
        meanwhile : callable
            Is called now and then in this thread.
        timeout : float, optional
            Seconds after which a trial that runs in a process has failed.
        """
        for theirs in list(by_cell(self.read()).values())[:1]:
            check_key(trial_of(theirs), objective)

        def work_in_thread(trained: Objective) -> None:
            while not signals.stopped:
                if not self._run_next(trained, signals, tell):
                    if self._is_finished():
                        return
                    time.sleep(POLL)

        with (
            in_processes(objective, signals, timeout) as trained,
            ThreadPoolExecutor(self._jobs) as pool,
        ):
            left = {pool.submit(work_in_thread, trained) for _ in range(self._jobs)}
            try:
                while left:
                    done, left = wait(left, POLL, FIRST_EXCEPTION)
                    for thread in done:
                        thread.result()
                    meanwhile()
            except BaseException:
                signals.stop()
                raise

    def _run_next(self, objective: Objective, signals: Signals, tell: ResultCallback) -> bool:
        """Take a waiting trial and train it; False if nothing waits."""
        with ExitStack() as taking:
            # Threads take turns, or they take the same trial from SQLite. The next one may come as
            # soon as this one has its trial.
            taking.enter_context(self._taking)
            trials = self.read()
            if not any(t.state is OptunaState.WAITING for t in trials):
                return False
            done = {key for key, theirs in by_cell(trials).items() if is_done(theirs)}
            over: list[int] = []

            def run(theirs: optuna.Trial) -> float:
                taking.close()
                key = theirs.user_attrs.get(KEY)
                is_needless = key is None or key in done
                value = np.nan if is_needless else self._run(theirs, objective, signals, tell)
                over.append(theirs.number)
                if is_needless:
                    # Others have taken all that waited, and Optuna has made an empty trial; or the
                    # cell was enqueued twice.
                    raise TrialPruned
                return value

            try:
                self.optuna.optimize(run, n_trials=1)
            except (ValueError, UpdateFinishedTrialError, AssertionError):
                # If this process was taken for dead, its trial is tried elsewhere. Then Optuna
                # raises one of these, by what it was about to tell.
                if not over or not self.read()[over[0]].state.is_finished():
                    raise
        return True

    def _run(
        self, theirs: optuna.Trial, objective: Objective, signals: Signals, tell: ResultCallback
    ) -> float:
        """Train a trial and return its value; not a number lets Optuna note it as failed."""
        trial, results = trial_of(theirs), list[TrialResult]()
        run_pack(objective, [trial], signals, lambda _, result: results.append(result))
        if not results:  # a stop was asked for
            self.optuna.add_trial(waiting_trial(trial, theirs.distributions))
            return np.nan
        with suppress(UpdateFinishedTrialError):  # if this process was taken for dead
            write_result(theirs, results[0])
            tell(trial, results[0])
        return np.nan if results[0].state is TrialState.FAILED else value_of(results[0])

    def _is_finished(self) -> bool:
        """Tell whether nothing is left; else enqueue anew what processes had that are gone."""
        trials = self.read()
        running = {t.number for t in trials if t.state is OptunaState.RUNNING}
        for number in running - self._beaten:
            # A process killed before the first heartbeat leaves a trial without any, which Optuna
            # would never find stale. So it gets one from here.
            study = self._database.get_study_id_from_name(self.name)
            self._database.record_heartbeat(
                self._database.get_trial_id_from_study_id_trial_number(study, number)
            )
        self._beaten |= running
        fail_stale_trials(self.optuna)
        lost = [t for t in by_cell(trials).values() if t.state.is_finished() and not has_result(t)]
        for theirs in lost:
            self.optuna.add_trial(waiting_trial(trial_of(theirs), theirs.distributions))
        return not lost and all(t.state.is_finished() for t in trials)
