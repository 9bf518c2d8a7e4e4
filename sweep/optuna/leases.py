"""Leases: who runs a trial says so, and the trials of those who died are tried again.

Optuna beats the heart of a trial in `Study.optimize` only, one trial at a time, and has none for
journals. A worker here trains a whole pack, so it beats for all trials of its packs, by the same
calls as `optimize` does. In a journal it holds a lock of the kernel for each trial instead,
which is gone the moment its process is.
"""

import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage, fail_stale_trials
from optuna.trial import TrialState

from sweep.errors import SweepError
from sweep.optuna.storage import Journal, Place, experimental


class Leases(Protocol):
    """What a process holds while it trains."""

    def take(self, trial_id: int) -> bool:
        """Hold a trial from before it is popped on; False if another process holds it."""

    def drop(self, trial_id: int) -> None:
        """Hold a trial no longer: it is finished, given back, or wasn't got."""

    def recover(self) -> None:
        """Put trials that run, but whose process is gone, into the queue again."""

    def close(self) -> None:
        """Hold nothing more."""


def leases_of(place: Place, storage: BaseStorage, study: optuna.Study) -> Leases:
    """Return the kind of leases that fits a storage."""
    if isinstance(place, Journal):
        return FileLeases(place.path, storage, study)
    return Heartbeats(storage, study)


class Heartbeats:
    """Optuna's heartbeats, for all trials that this process trains."""

    def __init__(self, storage: BaseStorage, study: optuna.Study) -> None:
        if not isinstance(storage, RDBStorage):
            raise TypeError(f"{type(storage).__name__} has no heartbeats")
        self._storage, self._study = storage, study
        self._held: set[int] = set()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeats", daemon=True)
        self._thread.start()

    def take(self, trial_id: int) -> bool:
        """Beat first, pop then: a running trial without any heartbeat is never found stale."""
        self._storage.record_heartbeat(trial_id)
        self._held.add(trial_id)
        return True

    def drop(self, trial_id: int) -> None:
        """Beat for it no longer."""
        self._held.discard(trial_id)

    def recover(self) -> None:
        """Fail stale trials, and enqueue each again; of several that try, one does."""
        with experimental():
            fail_stale_trials(self._study)

    def close(self) -> None:
        """Stop beating."""
        self._closed.set()
        self._thread.join()

    def _beat(self) -> None:
        interval = self._storage.get_heartbeat_interval()
        while not self._closed.wait(interval):
            for trial_id in tuple(self._held):
                # A database that can't be reached is the training threads' to report; if it is
                # back in time, nobody need know.
                with suppress(Exception):
                    self._storage.record_heartbeat(trial_id)


class FileLeases:
    """A byte of a file for each trial, locked by the process that trains it."""

    def __init__(self, journal: Path, storage: BaseStorage, study: optuna.Study) -> None:
        self._storage, self._study = storage, study
        self._held: set[int] = set()
        self._guard = threading.Lock()
        # One file object for as long as the process works: closing any other one of the same
        # file would let go of all locks.
        self._file: IO[bytes] = Path(f"{journal}.leases").open("ab")  # noqa: SIM115

    def take(self, trial_id: int) -> bool:
        """Lock the trial's byte."""
        with self._guard:
            if trial_id in self._held or not self._lock(trial_id):
                return False
            self._held.add(trial_id)
            return True

    def drop(self, trial_id: int) -> None:
        """Unlock the trial's byte."""
        with self._guard:
            self._held.discard(trial_id)
            _locking().lockf(self._file, _locking().LOCK_UN, 1, trial_id)

    def recover(self) -> None:
        """Let trials wait again that run, but whose byte nobody has locked."""
        running = self._storage.get_all_trials(
            self._study._study_id, deepcopy=False, states=(TrialState.RUNNING,)
        )
        for trial in running:
            if self.take(trial._trial_id):
                try:
                    if self._storage.get_trial(trial._trial_id).state is TrialState.RUNNING:
                        self._storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)
                except UpdateFinishedTrialError:
                    pass
                finally:
                    self.drop(trial._trial_id)

    def close(self) -> None:
        """Let go of all locks."""
        self._file.close()

    def _lock(self, trial_id: int) -> bool:
        locking = _locking()
        try:
            locking.lockf(self._file, locking.LOCK_EX | locking.LOCK_NB, 1, trial_id)
        except (BlockingIOError, PermissionError):
            return False
        return True


def _locking() -> Any:
    """Return the module of Unix' file locks."""
    try:
        import fcntl
    except ImportError:
        raise SweepError(
            "a journal file as storage needs Linux or macOS; give a postgresql:// URL instead."
        ) from None
    return fcntl
