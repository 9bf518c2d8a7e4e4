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
from typing import Any

import numpy as np

from sweep.errors import SweepError
from sweep.travel import from_blob, to_blob
from sweep.trial import Outcome, Trial, TrialState

SCHEMA_VERSION = 1
"""Written into the file; a file of a later version is refused."""

_NUMBERS = (
    "epochs",
    "updates",
    "train_loss",
    "validation_loss",
    "validation_r2",
    "test_r2",
    "seconds",
)
_TEXTS = ("state", "engine", "reason")
_ARRAYS = ("history", "parameters")

_CREATE = f"""
CREATE TABLE IF NOT EXISTS trials (
    key TEXT PRIMARY KEY,
    repeat INTEGER NOT NULL,
    params TEXT NOT NULL,  -- JSON
    {", ".join(f"{name} TEXT NOT NULL" for name in _TEXTS)},
    {", ".join(f"{name} REAL" for name in _NUMBERS)},  -- NULL is NaN
    {", ".join(f"{name} BLOB NOT NULL" for name in _ARRAYS)}  -- .npz, then zlib
)"""
_COLUMNS = ("key", "repeat", "params", *_TEXTS, *_NUMBERS, *_ARRAYS)
_INSERT = (
    f"INSERT OR REPLACE INTO trials ({', '.join(_COLUMNS)}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)


class Store:
    """The finished trials of a run directory.

    Parameters
    ----------
    path : Path
        The file; it is made if it isn't there.

    Raises
    ------
    SweepError
        If the file is no store, or one of a later version.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise SweepError(
                    f"{path} was written by a later version of this tool (store {version}, known "
                    f"up to {SCHEMA_VERSION}); update the tool, or give another --out."
                )
            self._database.execute(_CREATE)
            self._database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise SweepError(
                f"{path} is no store of this tool, or is damaged ({error}); move it away, or give "
                "another --out."
            ) from error
        except SweepError:
            self._database.close()
            raise

    def add(self, finished: Iterable[tuple[Trial, Outcome]]) -> None:
        """Keep finished trials, all in one transaction; may be called from any thread."""
        rows = [_row(trial, outcome) for trial, outcome in finished]
        try:
            with self._lock, self._database:  # commits, or rolls back
                self._database.executemany(_INSERT, rows)
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
        names = (*_TEXTS, *_NUMBERS, *(_ARRAYS if arrays else ()))
        query = f"SELECT {', '.join(names)} FROM trials WHERE key = ?"  # noqa: S608 - our own names
        for trial in trials:
            row = self._database.execute(query, (trial.key,)).fetchone()
            if row is not None:
                yield trial, _outcome(dict(zip(names, row, strict=True)))

    def close(self) -> None:
        """Close the file; the write-ahead log goes into it."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _row(trial: Trial, outcome: Outcome) -> tuple[object, ...]:
    return (
        *(trial.key, trial.repeat, json.dumps(dict(trial.params))),
        *(getattr(outcome, name) for name in (*_TEXTS, *_NUMBERS)),
        to_blob({"history": outcome.history, "path": outcome.path}),
        to_blob(outcome.parameters),
    )


def _outcome(row: dict[str, Any]) -> Outcome:
    values: dict[str, Any] = {name: row[name] for name in _TEXTS}
    values["state"] = TrialState(row["state"])
    values |= {name: np.nan if row[name] is None else row[name] for name in _NUMBERS}
    values |= {name: int(values[name]) for name in ("epochs", "updates")}
    if "history" in row:
        values |= from_blob(row["history"])
        values["parameters"] = from_blob(row["parameters"])
    return Outcome(**values)
