"""Opens a store's file with care, finds damage, and makes a new store of all whole rows.

A file that others may have written is read only after its schema was compared with ours, so that
no view and no trigger of theirs ever runs.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from sweep.errors import SweepError
from sweep.store.schema import COLUMNS, CREATE, INSERT, SCHEMA_VERSION, is_whole

QUERY_SECONDS = 60
"""A file that takes longer to be checked is none of ours."""

_NO_VERSION = 1000  # no version of ours counts that high
LEAST_ROW = 64
"""Bytes, so a file's size bounds how many rows it may have."""

_TEMPORARY = ".trials.sqlite.part"
_SCHEMA = {("table", "trials"): CREATE, ("index", "sqlite_autoindex_trials_1"): None}
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM trials"  # noqa: S608 - our own names


def journal(path: Path) -> Path:
    """Return the file in which SQLite keeps what a transaction changes, until it is done."""
    return path.with_name(path.name + "-journal")


def connect(path: Path, *, mode: str) -> sqlite3.Connection:
    """Open a database whose schema is not trusted, and whose check must end in time."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    database = sqlite3.connect(uri, uri=True, check_same_thread=False)
    database.execute("PRAGMA trusted_schema = OFF")
    end = time.monotonic() + QUERY_SECONDS
    database.set_progress_handler(lambda: time.monotonic() > end, 100_000)
    return database


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a store and write nothing; once its schema is known to be ours, no time is limited."""
    database = connect(path, mode="ro")
    try:
        check_schema(database, path)
    except BaseException:
        database.close()
        raise
    database.set_progress_handler(None, 0)
    return database


def check_schema(database: sqlite3.Connection, path: Path) -> None:
    """Raise SweepError if a database has another version, or holds what we never make."""
    for kind, name in database.execute("SELECT type, name FROM sqlite_schema"):
        if (kind, name) not in _SCHEMA:
            raise SweepError(
                f"{path} holds a {kind} that this tool never makes, {str(name)[:40]!r}; it is left "
                "as it is: remove it, or choose another run directory."
            )
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION and 0 < version < _NO_VERSION:
        raise SweepError(
            f"{path} was written by another version of this tool (store {version}, not "
            f"{SCHEMA_VERSION}); use that version, or choose another run directory."
        )


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error says that the file's content is wrong, not that it can't be had."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    environment = (
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM),
    )
    is_short = code == sqlite3.SQLITE_IOERR_SHORT_READ
    return is_short or code & 0xFF not in (*environment, sqlite3.SQLITE_IOERR)


def roll_back(path: Path) -> None:
    """Undo what a killed process was in the middle of writing; only the file's owner may."""
    if journal(path).exists():
        with suppress(sqlite3.DatabaseError), closing(connect(path, mode="rw")) as database:
            database.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def find_damage(path: Path) -> str:
    """Return what is wrong with a store's file, or nothing; the file stays as it is.

    Raises
    ------
    SweepError
        If it is no store of this version.
    OSError, sqlite3.Error
        If it can't be read for another reason than its content.
    """
    if path.stat().st_size == 0:
        return ""
    try:
        with closing(connect(path, mode="ro")) as database:
            check_schema(database, path)
            return _damage_in(database)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return str(error)


def _damage_in(database: sqlite3.Connection) -> str:
    schema = database.execute("SELECT type, name, sql FROM sqlite_schema")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION or {(kind, name): sql for kind, name, sql in schema} != _SCHEMA:
        return "its version and its columns don't fit together"
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        return str(found).splitlines()[-1]
    wrong = sum(not is_whole(row) for row in database.execute(_SELECT))
    return f"{wrong} of its trials are not as they were written" if wrong else ""


def make_table(database: sqlite3.Connection) -> None:
    """Make the table of a new store, all in one transaction."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        if not database.execute("PRAGMA user_version").fetchone()[0]:
            database.execute(CREATE)
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def repair(path: Path) -> tuple[Path, int]:
    """Set a damaged store aside, and put one of all its whole rows in its place.

    Whatever is killed in the middle leaves the damaged file where it was, or a whole one.

    Returns
    -------
    aside : Path
        The damaged file, ``trials.damaged-1.sqlite`` or the next free number.
    kept : int
        How many trials could be kept.
    """
    new = path.with_name(_TEMPORARY)
    new.unlink(missing_ok=True)
    with closing(sqlite3.connect(new)) as database:
        make_table(database)
        with database:
            database.executemany(INSERT, _whole_rows(path))
        (kept,) = database.execute("SELECT count(*) FROM trials").fetchone()
    number = 1
    while (aside := path.with_stem(f"{path.stem}.damaged-{number}")).exists():
        number += 1
    shutil.copy2(path, aside)
    journal(path).unlink(missing_ok=True)
    os.replace(new, path)  # noqa: PTH105 - as one step
    return aside, kept


def _whole_rows(path: Path) -> Iterator[tuple[object, ...]]:
    """Give each row that can be read and fits its checksum, each by a search of its own."""
    try:
        with closing(open_to_read(path)) as database:
            for number in range(1, path.stat().st_size // LEAST_ROW + 1):
                try:
                    row = database.execute(f"{_SELECT} WHERE rowid = ?", (number,)).fetchone()
                except sqlite3.Error:
                    continue
                if row is not None and is_whole(row):
                    yield row
    except sqlite3.Error:
        return
