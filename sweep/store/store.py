"""Finished trials, durable and resumable: one SQLite file in the run directory.

A row is a finished trial. It is on the disk before `Store.add` returns (write-ahead log, full
synchronisation), so whatever is killed at whatever moment keeps all finished trials. Only one
process writes.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sweep.errors import SweepError
from sweep.store.repair import bring_up_to_date, find_damage, open_to_read, repair
from sweep.store.schema import (
    ARRAYS,
    CREATE,
    INSERT,
    NUMBERS,
    SCHEMA_VERSION,
    TEXTS,
    checksum,
)
from sweep.store.serialization import from_blob, to_blob
from sweep.trial import Outcome, Trial, TrialState


class Outcomes(Protocol):
    """Whatever gives the outcomes of trials."""

    def outcomes(
        self, trials: Iterable[Trial], *, arrays: bool = True
    ) -> Iterator[tuple[Trial, Outcome]]:
        """Give the outcomes of those trials that are here, in the trials' order."""


class Store:
    """The finished trials of a run directory.

    A damaged file is set aside, and a store of all that is whole in it takes its place; one of an
    earlier version is brought up to date, after a copy.

    Parameters
    ----------
    path : Path
        The file; it is made if it isn't there.
    read_only : bool
        Leave the file as it is: make, repair and bring up to date nothing. A damaged file is
        refused then.

    Attributes
    ----------
    notices : list of str
        What was done to the file at opening, in sentences for the user.

    Raises
    ------
    SweepError
        If the file can't be used, or is of a later version.
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
                self._database = sqlite3.connect(path, check_same_thread=False)
            try:
                self._begin(read_only)
            except BaseException:
                self._database.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise SweepError(
                f"{path} can't be used ({error}); see that it can be read and written and that the "
                "disk isn't full, or give another --out."
            ) from error

    def _refuse_damage(self) -> None:
        if damage := find_damage(self._path, is_alone=False):
            raise SweepError(
                f"{self._path} is damaged ({damage}); run the sweep that made it again: it keeps "
                "what is whole, and trains the rest."
            )

    def _mend(self) -> None:
        """Make a whole file of a damaged one; a log without its file is damage too."""
        log = self._path.with_name(self._path.name + "-wal")
        if not self._path.exists() and log.exists():
            self._path.touch()
        if self._path.exists() and (damage := find_damage(self._path, is_alone=True)):
            aside, kept = repair(self._path)
            self.notices.append(
                f"{self._path} was damaged ({damage}); it is set aside as {aside.name}, the "
                f"{kept} trainings that are whole in it are kept, and the others are done again."
            )

    def _begin(self, read_only: bool) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise SweepError(
                f"{self._path} was written by a later version of this tool (store {version}, known "
                f"up to {SCHEMA_VERSION}); update the tool, or give another --out."
            )
        if read_only:
            return
        if version == 1:
            copy = bring_up_to_date(self._path)
            self.notices.append(
                f"{self._path} was written by an earlier version of this tool and is brought up "
                f"to date; {copy.name} is a copy of it as it was."
            )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(CREATE)
        self._database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def add(self, finished: Iterable[tuple[Trial, Outcome]]) -> None:
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
    ) -> Iterator[tuple[Trial, Outcome]]:
        """Give the outcomes of those trials that are here, in the trials' order.

        Parameters
        ----------
        trials : iterable of Trial
        arrays : bool
            Whether histories and parameters are read too; without them it is much faster.
        """
        self._look_after_file()
        names = (*TEXTS, *NUMBERS, *(ARRAYS if arrays else ()))
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
        """Close the file; the write-ahead log goes into it."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _row(trial: Trial, outcome: Outcome) -> tuple[object, ...]:
    content = (
        *(trial.key, trial.repeat, json.dumps(dict(trial.params))),
        *(getattr(outcome, name) for name in (*TEXTS, *NUMBERS)),
        to_blob({"history": outcome.history, "path": outcome.path}),
        to_blob(outcome.parameters),
    )
    return (*content, checksum(content))


def _outcome(row: dict[str, Any]) -> Outcome:
    values: dict[str, Any] = {name: row[name] for name in TEXTS}
    values["state"] = TrialState(row["state"])
    values |= {name: np.nan if row[name] is None else row[name] for name in NUMBERS}
    values |= {name: int(values[name]) for name in ("epochs", "updates")}
    if "history" in row:
        values |= from_blob(row["history"])
        values["parameters"] = from_blob(row["parameters"])
    return Outcome(**values)
