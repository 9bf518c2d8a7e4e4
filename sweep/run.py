"""Runs a sweep: trials → runner → store.

Whoever trains, outcomes are kept as they come in, and by this process alone.
"""

import threading
from collections.abc import Sequence
from typing import Protocol

from sweep.errors import Interrupted, SweepError
from sweep.interrupts import first_interrupt, no_interrupt_lost
from sweep.packs import ResultCallback
from sweep.progress.signals import Progress, Signals, Silent
from sweep.store.store import Store
from sweep.trial import Objective, Trial, TrialResult, TrialState


class Runner(Protocol):
    """Where trials are trained."""

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: ResultCallback
    ) -> None:
        """Train all trials, and hand each outcome to `keep` as soon as it is there.

        Returns early once ``signals.stopped``; raises SweepError if it can't go on.
        """


def run(
    objective: Objective,
    trials: Sequence[Trial],
    store: Store,
    runner: Runner,
    *,
    progress: Progress | None = None,
) -> None:
    """Train all trials that the store doesn't have yet, and keep each as soon as it is finished.

    Parameters
    ----------
    objective : Objective
    trials : sequence of Trial
    store : Store
        Written by this process only.
    runner : Runner
        Trains them; results don't depend on it.
    progress : Progress, optional
        Is shown what happens; by default nobody is.

    Raises
    ------
    Interrupted
        After Ctrl-C or SIGTERM. A second one doesn't wait for the workers.
    SweepError
        If the store can't be written, or the runner can't go on.
    """
    progress = progress or Silent()
    kept = _kept(store, trials)
    waiting = [trial for trial in trials if trial.key not in kept]
    with Signals(waiting) as signals:
        progress.start(trials, kept, signals)
        try:
            if waiting:
                with no_interrupt_lost():
                    objective.prepare(waiting)
            with first_interrupt(signals.stop) as received:
                runner.train(objective, waiting, signals, _keeper(store, progress, signals))
        finally:
            progress.stop()
        if signals.stopped:
            raise Interrupted(len(_kept(store, trials)), len(trials), *received)


def _kept(store: Store, trials: Sequence[Trial]) -> dict[str, TrialResult]:
    """Return what need not be trained again; what failed, or was ended early, is tried anew."""
    found = store.outcomes(trials, arrays=False)
    again = (TrialState.FAILED, TrialState.PRUNED)
    return {trial.key: o for trial, o in found if o.state not in again}


def _keeper(store: Store, progress: Progress, signals: Signals) -> ResultCallback:
    """Return what workers hand their outcomes to; several threads may do so at once."""
    lock = threading.Lock()

    def keep(trial: Trial, outcome: TrialResult) -> None:
        try:
            store.add([(trial, outcome)])
        except SweepError:
            signals.stop()  # nobody could keep what the other workers are at
            raise
        with lock:
            signals.forget(trial)
            progress.finish(trial, outcome)

    return keep
