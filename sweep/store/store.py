"""Finished trials, durable and resumable: one SQLite file in the run directory.

A row is a finished trial. It is in the file before `Store.add` returns, and SQLite's rollback
journal undoes what was half written, so whatever is killed at whatever moment keeps all finished
trials. Only one process writes.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from sweep.errors import SweepError
from sweep.store.repair import (
    connect,
    find_damage,
    make_table,
    open_to_read,
    repair,
    roll_back,
)
from sweep.store.schema import INSERT, NUMBERS, TEXTS, checksum
from sweep.store.serialization import from_blob, result_of, to_blob
from sweep.trial import Trial, TrialResult, TrialState

_NO_HISTORY = TrialResult(TrialState.FAILED).history


class TrialResults(Protocol):
    """Whatever gives the outcomes of trials."""

    def outcomes(
        self, trials: Iterable[Trial], *, arrays: bool = True
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Give the outcomes of those trials that are here, in the trials' order."""


class Store:
    """The finished trials of a run directory.

    A damaged file is set aside, and a store of all that is whole in it takes its place. A file that
    is no store of this version is refused, and stays as it is.

    Parameters
    ----------
    path : Path
        The file; it is made if it isn't there.
    read_only : bool
        Leave the file as it is: make and repair nothing. A damaged file is refused then.

    Attributes
    ----------
    notices : list of str
        What was done to the file at opening, in sentences for the user.

    Raises
    ------
    SweepError
        If the file can't be used, is of another version, or holds what this tool never makes.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path, self._lock = path, threading.Lock()
        self.notices: list[str] = []
        try:
            if read_only:
                self._refuse_damage()
                self._database = open_to_read(path)
            else:
                self._mend()
                self._database = _open_to_write(path)
        except (sqlite3.Error, OSError) as error:
            raise SweepError(
                f"{path} can't be used ({error}); see that it can be read and written and that the "
                "disk isn't full, or choose a run directory on a disk of this machine."
            ) from error

    def _refuse_damage(self) -> None:
        if damage := find_damage(self._path):
            raise SweepError(
                f"{self._path} is damaged ({damage}); run the sweep that made it again: it keeps "
                "what is whole, and trains the rest."
            )

    def _mend(self) -> None:
        """Make a whole file of a damaged one."""
        if not self._path.exists():
            return
        roll_back(self._path)
        if damage := find_damage(self._path):
            aside, kept = repair(self._path)
            self.notices.append(
                f"{self._path} was damaged ({damage}); it is set aside as {aside.name}, the "
                f"{kept} intact trials in it are kept, and the others are run again."
            )

    def add(self, finished: Iterable[tuple[Trial, TrialResult]]) -> None:
        """Keep finished trials, all in one transaction; may be called from any thread."""
        self._look_after_file()
        rows = [_row(trial, outcome) for trial, outcome in finished]
        try:
            with self._lock, self._database:  # commits, or rolls back
                self._database.executemany(INSERT, rows)
        except sqlite3.Error as error:
            raise SweepError(
                f"{self._path} can't be written ({error}); all trials that were finished before "
                "are kept: make room, then run the same command again to go on."
            ) from error

    def outcomes(
        self, trials: Iterable[Trial], *, arrays: bool = True
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Give the outcomes of those trials that are here, in the trials' order.

        Parameters
        ----------
        trials : iterable of Trial
        arrays : bool
            Whether histories and arrays are read too; without them it is much faster.
        """
        self._look_after_file()
        names = (*TEXTS, *NUMBERS, "metrics", *(["arrays"] if arrays else []))
        query = f"SELECT {', '.join(names)} FROM trials WHERE key = ?"  # noqa: S608 - our own names
        for trial in trials:
            row = self._database.execute(query, (trial.key,)).fetchone()
            if row is not None:
                yield trial, _outcome(dict(zip(names, row, strict=True)))

    def _look_after_file(self) -> None:
        """Refuse to go on with a file that has no name any more, which SQLite would do."""
        if not self._path.exists():
            raise SweepError(
                f"{self._path} is gone, removed or moved while it was in use; put it back, or run "
                "the same command again to begin anew."
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _open_to_write(path: Path) -> sqlite3.Connection:
    """Open a store that is whole, or make one."""
    database = connect(path, mode="rwc")
    try:
        database.set_progress_handler(None, 0)
        database.execute("PRAGMA journal_mode = DELETE")
        # Kills lose nothing even without synchronisation. When the power fails, NORMAL may in rare
        # cases damage the file, which is noticed then; FULL would cost another wait a trial.
        database.execute("PRAGMA synchronous = NORMAL")
        make_table(database)
    except BaseException:
        database.close()
        raise
    return database


def _row(trial: Trial, outcome: TrialResult) -> tuple[object, ...]:
    content = (
        *(trial.key, trial.repeat, json.dumps(dict(trial.params))),
        *(getattr(outcome, name) for name in (*TEXTS, *NUMBERS)),
        json.dumps(dict(outcome.metrics)),
        to_blob({"history": outcome.history, **outcome.arrays}),
    )
    return (*content, checksum(content))


def _outcome(row: dict[str, Any]) -> TrialResult:
    arrays = from_blob(row["arrays"]) if "arrays" in row else {"history": _NO_HISTORY}
    return result_of({**row, "metrics": json.loads(row["metrics"]), "arrays": arrays})
