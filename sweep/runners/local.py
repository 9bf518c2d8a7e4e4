"""Trains on this machine.

Threads serve an objective that lets go of Python's global lock, processes one that does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from joblib import Parallel, delayed, parallel_config

from sweep.packs import ResultCallback, make_packs, run_pack
from sweep.progress.signals import Signals
from sweep.runners.processes import ProcessPool, train_in_processes
from sweep.trial import Objective, Trial


@dataclass(frozen=True)
class LocalRunner:
    """Trains in threads or processes of this machine.

    Parameters
    ----------
    jobs : int
        Threads or processes that train at the same time, ≥ 1. Results don't depend on it.
    timeout : float, optional
        Seconds after which a trial that runs in a process has failed.
    """

    jobs: int = 1
    timeout: float | None = None

    def train(
        self, objective: Objective, trials: Sequence[Trial], signals: Signals, keep: ResultCallback
    ) -> None:
        """Train all trials; processes may die, and SweepError comes only if none can start."""
        if objective.in_processes:
            pool = ProcessPool(objective, signals, self.timeout)
            train_in_processes(pool, trials, self.jobs, keep)
            return
        packs = make_packs(trials, objective, self.jobs)
        work = (delayed(run_pack)(objective, pack, signals, keep) for pack in packs)
        with parallel_config("threading"):
            parallel = Parallel(n_jobs=self.jobs, batch_size=1, return_as="generator_unordered")
            for _ in parallel(work):
                pass
