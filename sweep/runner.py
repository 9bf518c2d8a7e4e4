"""Trials → packs → workers → store, on one machine, through joblib.

Threads serve an objective that lets go of Python's global lock, processes one that does not.
Whoever trains, outcomes are kept as they come in, and by this process alone.
"""

import math
import multiprocessing
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from sweep.errors import Interrupted, SweepError
from sweep.progress import Progress, Signals, Silent
from sweep.store import Store
from sweep.trial import Objective, Outcome, Trial, TrialState

Finished = tuple[Trial, Outcome]


def run(
    objective: Objective,
    trials: Sequence[Trial],
    store: Store,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
) -> None:
    """Train all trials that the store doesn't have yet, and keep each as soon as it is finished.

    Parameters
    ----------
    objective : Objective
    trials : sequence of Trial
    store : Store
        Written by this process only.
    jobs : int
        Threads or processes that train at the same time, ≥ 1. Results don't depend on it.
    progress : Progress, optional
        Is shown what happens; by default nobody is.

    Raises
    ------
    Interrupted
        After Ctrl-C. A second Ctrl-C doesn't wait for the workers.
    SweepError
        If the store can't be written, or a worker process dies.
    """
    progress = progress or Silent()
    kept = _kept(store, trials)
    waiting = [trial for trial in trials if trial.key not in kept]
    with Signals(waiting) as signals:
        progress.start(trials, kept, signals)
        try:
            if waiting:
                objective.prepare(waiting)
            with _first_interrupt(signals.stop):
                _train(objective, waiting, signals, jobs, _keeper(store, progress))
        finally:
            progress.stop()
        if signals.stopped:
            raise Interrupted(len(_kept(store, trials)), len(trials))


def _kept(store: Store, trials: Sequence[Trial]) -> dict[str, Outcome]:
    """Return what need not be trained again; what failed is tried anew."""
    found = store.outcomes(trials, arrays=False)
    return {trial.key: o for trial, o in found if o.state is not TrialState.FAILED}


def make_packs(trials: Sequence[Trial], objective: Objective, jobs: int) -> list[list[Trial]]:
    """Group trials that can train together, so that packs are large but every worker has one."""

    def key(trial: Trial) -> str:
        return repr(objective.pack_key(trial))

    size = max(1, min(objective.pack_size, math.ceil(len(trials) / jobs)))
    packs = []
    for _, members in groupby(sorted(trials, key=key), key=key):
        group = list(members)
        n_packs = math.ceil(len(group) / size / jobs) * jobs  # as many for each worker
        n_packs = min(n_packs, len(group))
        packs += [
            group[len(group) * i // n_packs : len(group) * (i + 1) // n_packs]
            for i in range(n_packs)
        ]
    place = {trial.key: number for number, trial in enumerate(trials)}
    return sorted(packs, key=lambda pack: place[pack[0].key])


def _keeper(store: Store, progress: Progress) -> Callable[[Trial, Outcome], None]:
    """Return what workers hand their outcomes to; several threads may do so at once."""
    lock = threading.Lock()

    def keep(trial: Trial, outcome: Outcome) -> None:
        with lock:
            store.add([(trial, outcome)])
            progress.finish(trial, outcome)

    return keep


def _train(
    objective: Objective,
    trials: Sequence[Trial],
    signals: Signals,
    jobs: int,
    keep: Callable[[Trial, Outcome], None],
) -> None:
    packs = make_packs(trials, objective, jobs)
    if objective.in_processes:
        config = parallel_config("loky", inner_max_num_threads=1)
        work = [delayed(_collect_pack)(objective, pack, signals) for pack in packs]
    else:
        config = parallel_config("threading")
        work = [delayed(_run_pack)(objective, pack, signals, keep) for pack in packs]
    with config:
        parallel = Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
        try:
            for finished in parallel(work):
                for trial, outcome in finished or ():
                    keep(trial, outcome)
        except BrokenProcessPool as error:
            if not signals.stopped:
                raise SweepError(
                    "a worker process died (killed, or out of memory); all finished trials are "
                    "kept: run the same command again to go on."
                ) from error


class _Stopped(Exception):  # noqa: N818 - it is no error
    """Ends a training because a stop was asked for."""


def _collect_pack(objective: Objective, pack: list[Trial], signals: Signals) -> list[Finished]:
    """Run a pack in a worker process, which leaves Ctrl-C to its parent."""
    if multiprocessing.current_process().name != "MainProcess":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    collected: list[Finished] = []
    _run_pack(objective, pack, signals, lambda *finished: collected.append(finished))
    return collected


def _run_pack(
    objective: Objective,
    pack: list[Trial],
    signals: Signals,
    keep: Callable[[Trial, Outcome], None],
) -> None:
    """Train a pack and hand on each outcome; after an exception, each trial left alone."""

    def watch(lane: int, epoch: int) -> None:
        signals.report(pack[lane], epoch)
        if signals.stopped:
            raise _Stopped

    left = {trial.key: trial for trial in pack}
    outcomes = iter(objective(pack, watch))
    while left and not signals.stopped:
        try:
            trial, outcome = next(outcomes)
        except _Stopped:
            return
        except Exception as error:
            if len(pack) > 1:
                for trial in left.values():
                    _run_pack(objective, [trial], signals, keep)
                return
            trial, outcome = pack[0], Outcome(TrialState.FAILED, reason=_reason(error))
        del left[trial.key]
        keep(trial, outcome)


def _reason(error: Exception) -> str:
    """Describe an exception in its own words, and say where it was raised."""
    *_, last = traceback.extract_tb(error.__traceback__)
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return f"{type(error).__name__}: {error} ({place})"


@contextmanager
def _first_interrupt(stop: Callable[[], None]) -> Iterator[None]:
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
