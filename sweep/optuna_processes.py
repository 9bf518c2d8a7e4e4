"""Trains what was popped: here, or in a process where an objective holds Python's global lock."""

import signal
from collections.abc import Sequence

from sweep.errors import SweepError
from sweep.packs import Keep, make_packs, run_pack
from sweep.progress import Signals
from sweep.trial import Objective, Outcome, Trial

_ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR")
}
"""Processes that compute side by side shall not each start a thread for every core."""


def train(
    objective: Objective, trials: Sequence[Trial], signals: Signals, keep: Keep, jobs: int
) -> None:
    """Train trials that were popped together, pack by pack.

    Parameters
    ----------
    objective : Objective
    trials : sequence of Trial
        Those that can train together do so; most often that is all of them.
    signals : Signals
    keep : callable
    jobs : int
        How many threads of this process call this at the same time.
    """
    for pack in make_packs(trials, objective, jobs=1):
        if not objective.in_processes:
            run_pack(objective, pack, signals, keep)
        elif not signals.stopped:
            for trial, outcome in _in_process(objective, pack, signals, jobs):
                keep(trial, outcome)


def _in_process(
    objective: Objective, pack: list[Trial], signals: Signals, jobs: int
) -> list[tuple[Trial, Outcome]]:
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    executor = get_reusable_executor(max_workers=jobs, env=_ONE_THREAD)
    try:
        outcomes: list[tuple[Trial, Outcome]] = executor.submit(
            _collect, objective, pack, signals
        ).result()
    except BrokenProcessPool as error:
        if signals.stopped:
            return []
        raise SweepError(
            "a worker process died (killed, or out of memory); all finished trials are kept: run "
            "the same command again to go on."
        ) from error
    return outcomes


def _collect(
    objective: Objective, pack: list[Trial], signals: Signals
) -> list[tuple[Trial, Outcome]]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    collected: list[tuple[Trial, Outcome]] = []
    run_pack(objective, pack, signals, lambda *finished: collected.append(finished))
    return collected
