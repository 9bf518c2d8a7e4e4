"""Trains what was popped: here, or in a process where an objective holds Python's global lock."""

import signal
import threading
from collections.abc import Sequence
from typing import Any

from sweep.errors import SweepError
from sweep.packs import Keep, make_packs, run_pack
from sweep.progress import Signals
from sweep.trial import Objective, Outcome, Trial

_ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR")
}
"""Processes that compute side by side shall not each start a thread for every core."""


class Trainers:
    """Trains for several threads of this process.

    Parameters
    ----------
    objective : Objective
    signals : Signals
    jobs : int
        How many threads there are.
    """

    def __init__(self, objective: Objective, signals: Signals, jobs: int) -> None:
        self.objective, self._signals, self._jobs = objective, signals, jobs
        self._guard = threading.Lock()
        self._executor: Any = None

    def train(self, trials: Sequence[Trial], keep: Keep) -> None:
        """Train trials that were popped together; those that can train in one pack do so."""
        for pack in make_packs(trials, self.objective, jobs=1):
            if not self.objective.in_processes:
                run_pack(self.objective, pack, self._signals, keep)
            elif not self._signals.stopped:
                for trial, outcome in self._in_process(pack):
                    keep(trial, outcome)

    def close(self) -> None:
        """End the processes."""
        if self._executor is not None:
            self._executor.shutdown(kill_workers=True)

    def _in_process(self, pack: list[Trial]) -> list[tuple[Trial, Outcome]]:
        from joblib.externals.loky.process_executor import BrokenProcessPool

        work = (_collect, self.objective, pack, self._signals)
        try:
            outcomes: list[tuple[Trial, Outcome]] = self._processes().submit(*work).result()
        except BrokenProcessPool as error:
            if self._signals.stopped:
                return []
            raise SweepError(
                "a worker process died (killed, or out of memory); all finished trials are kept: "
                "run the same command again to go on."
            ) from error
        return outcomes

    def _processes(self) -> Any:
        """Start processes for the first pack; the reusable ones of loky are joblib's own."""
        from joblib.externals.loky import ProcessPoolExecutor

        with self._guard:
            if self._executor is None:
                self._executor = ProcessPoolExecutor(self._jobs, env=_ONE_THREAD)
            return self._executor


def _collect(
    objective: Objective, pack: list[Trial], signals: Signals
) -> list[tuple[Trial, Outcome]]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    collected: list[tuple[Trial, Outcome]] = []
    run_pack(objective, pack, signals, lambda *finished: collected.append(finished))
    return collected
