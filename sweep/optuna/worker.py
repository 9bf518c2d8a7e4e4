"""A worker: it waits for a study, and trains what waits there until nothing is left."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from sweep.errors import Interrupted, SweepError
from sweep.interrupts import first_interrupt
from sweep.optuna.storage import StudyStorage
from sweep.optuna.study import HEARTBEAT, NoStudy, SharedStudy
from sweep.progress.signals import Signals
from sweep.store.serialization import readable
from sweep.trial import Objective, Trial, TrialResult

Revive = Callable[[Mapping[str, Any]], Objective]
"""Makes an objective from its description; SweepError or the like if it can't."""


def work(
    storage: StudyStorage,
    name: str,
    revive: Revive,
    *,
    jobs: int = 1,
    heartbeat: int = HEARTBEAT,
    patience: float = 600.0,
    timeout: float | None = None,
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
    timeout : float, optional
        Seconds after which a trial that runs in a process has failed.
    say : callable
        Is given a line now and then, in any thread.

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
    done: list[Trial] = []

    def tell(trial: Trial, result: TrialResult) -> None:
        done.append(trial)
        say(f"{trial}: {result.state}, {result.epochs} epochs; {len(done)} done here")

    def find() -> SharedStudy | None:
        try:
            return SharedStudy(storage, name, jobs=jobs, heartbeat=heartbeat)
        except NoStudy as error:
            if time.monotonic() > deadline:
                raise
            say(f"{error} Waiting for it.")
            return None

    deadline = time.monotonic() + patience
    with Signals(()) as signals, first_interrupt(signals.stop), storage.reported_errors():
        while (study := find()) is None and not signals.stopped:
            time.sleep(min(2.0, patience / 10))
        if study is not None:
            with closing(study):
                with readable("what the study says"):
                    objective = revive(study.about["description"])
                say(f"working on study {name} in {storage.shown}")
                study.work(objective, signals, tell, timeout=timeout)
        if signals.stopped:
            raise Interrupted(len(done), len(done))
    return len(done)
