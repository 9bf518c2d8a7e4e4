"""Trains on this machine, through joblib.

Threads serve an objective that lets go of Python's global lock, processes one that does not.
"""

import multiprocessing
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from sweep.errors import SweepError
from sweep.packs import Keep, make_packs, run_pack
from sweep.progress import Signals
from sweep.trial import Objective, Outcome, Trial


@dataclass(frozen=True)
class LocalRunner:
    """Trains in threads or processes of this machine.

    Parameters
    ----------
    jobs : int
        Threads or processes that train at the same time, ≥ 1. Results don't depend on it.
    """

    jobs: int = 1

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: Keep
    ) -> None:
        """Train all trials; SweepError if a worker process dies."""
        packs = make_packs(trials, objective, self.jobs)
        if objective.in_processes:
            config = parallel_config("loky", inner_max_num_threads=1)
            work = [delayed(_collect_pack)(objective, pack, signals) for pack in packs]
        else:
            config = parallel_config("threading")
            work = [delayed(run_pack)(objective, pack, signals, keep) for pack in packs]
        with config:
            parallel = Parallel(n_jobs=self.jobs, batch_size=1, return_as="generator_unordered")
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


def _collect_pack(
    objective: Objective, pack: list[Trial], signals: Signals
) -> list[tuple[Trial, Outcome]]:
    """Run a pack in a worker process, which leaves Ctrl-C to its parent."""
    if multiprocessing.current_process().name != "MainProcess":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    collected: list[tuple[Trial, Outcome]] = []
    run_pack(objective, pack, signals, lambda *finished: collected.append(finished))
    return collected
