"""Runs a sweep: trials → runner → store.

Whoever trains, outcomes are kept as they come in, and by this process alone.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from sweep.errors import Interrupted
from sweep.packs import Keep
from sweep.progress import Progress, Signals, Silent
from sweep.store import Store
from sweep.trial import Objective, Outcome, Trial, TrialState


class Runner(Protocol):
    """Where trials are trained."""

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: Keep
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
        After Ctrl-C. A second Ctrl-C doesn't wait for the workers.
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
                objective.prepare()
            with first_interrupt(signals.stop):
                runner.train(objective, waiting, signals, _keeper(store, progress))
        finally:
            progress.stop()
        if signals.stopped:
            raise Interrupted(len(_kept(store, trials)), len(trials))


def _kept(store: Store, trials: Sequence[Trial]) -> dict[str, Outcome]:
    """Return what need not be trained again; what failed, or was ended early, is tried anew."""
    found = store.outcomes(trials, arrays=False)
    again = (TrialState.FAILED, TrialState.PRUNED)
    return {trial.key: o for trial, o in found if o.state not in again}


def _keeper(store: Store, progress: Progress) -> Keep:
    """Return what workers hand their outcomes to; several threads may do so at once."""
    lock = threading.Lock()

    def keep(trial: Trial, outcome: Outcome) -> None:
        with lock:
            store.add([(trial, outcome)])
            progress.finish(trial, outcome)

    return keep


@contextmanager
def first_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C ask for a stop; a second one is Python's own again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(*_: object) -> None:
        stop()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
