"""Finds damage in a store's file, and makes a new store of all rows that are proven whole.

Nothing here writes into the damaged file: it is set aside under another name first.
"""

import os
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sweep.store.schema import COLUMNS, CONTENT, CREATE, INSERT, SCHEMA_VERSION, checksum, is_whole

_WAL_HEADER, _FRAME_HEADER = 32, 24
_WAL_MAGIC = (0x377F0682, 0x377F0683)  # the checksums' words are little-endian, or big-endian
_NO_VERSION = 1000  # no version of ours counts that high
_LEAST_ROW = 64  # bytes; so a file's size bounds how many rows it may have
_TEMPORARY = ".trials.sqlite.part"

_SELECT = f"SELECT {', '.join(COLUMNS)} FROM trials"  # noqa: S608 - our own names
_SELECT_OLD = f"SELECT {', '.join(CONTENT)} FROM trials"  # noqa: S608 - our own names


def beside(path: Path, end: str) -> Path:
    """Return a file of SQLite's beside a database, such as ``-wal``."""
    return path.with_name(path.name + end)


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a database and leave no trace of it: nothing is written, recovered or made."""
    wal = beside(path, "-wal")
    has_wal = wal.exists() and wal.stat().st_size > 0
    mode = "mode=ro" if has_wal else "mode=ro&immutable=1"
    uri = f"{path.absolute().as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error says that the file's content is wrong, not that it can't be had."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    environment = (
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM),
    )
    is_short = code == sqlite3.SQLITE_IOERR_SHORT_READ
    return is_short or code & 0xFF not in (*environment, sqlite3.SQLITE_IOERR)


def find_damage(path: Path, *, is_alone: bool) -> str:
    """Return what is wrong with a store's file, or nothing; the file stays as it is.

    Parameters
    ----------
    path : Path
        A file that is there.
    is_alone : bool
        Whether no other process may be writing; only then is the log looked at too.

    Raises
    ------
    OSError, sqlite3.Error
        If it can't be read for another reason than its content.
    """
    wal = beside(path, "-wal")
    log = wal.read_bytes() if is_alone and wal.exists() else b""
    if log and not _wal_is_whole(log):
        return "its write-ahead log is torn"
    if path.stat().st_size == 0:
        return "it is empty" if log else ""
    try:
        with closing(open_to_read(path)) as database:
            return _damage_in(database)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return str(error)


def _damage_in(database: sqlite3.Connection) -> str:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if SCHEMA_VERSION < version < _NO_VERSION:
        return ""  # not ours to judge
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        return str(found).splitlines()[-1]
    columns = {name for _, name, *_ in database.execute("PRAGMA table_info(trials)")}
    if not columns:
        (tables,) = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return "it holds other tables" if tables or version not in (0, SCHEMA_VERSION) else ""
    if version == 1 and columns == set(CONTENT):
        return ""
    if version != SCHEMA_VERSION or columns != set(COLUMNS):
        return "its version and its columns don't fit together"
    wrong = sum(not is_whole(row) for row in database.execute(_SELECT))
    return f"{wrong} of its trials are not as they were written" if wrong else ""


def _wal_is_whole(log: bytes) -> bool:
    """Return whether each frame of a write-ahead log, but for the last, is as it was written.

    SQLite ends its reading at the first frame that isn't, and says nothing. The last one may be
    half written, by a process that was killed; SQLite rightly leaves it out. Frames after the last
    one with the header's salt are of an earlier round, and mean nothing. The format is at
    https://www.sqlite.org/fileformat2.html#walformat.
    """
    if len(log) < _WAL_HEADER:
        return False
    magic, _, page_size, _, *salts, first, second = struct.unpack(">8I", log[:_WAL_HEADER])
    if magic not in _WAL_MAGIC:
        return False
    order = ">" if magic & 1 else "<"
    sums = _add(order, log[: _WAL_HEADER - 8], (0, 0))
    if sums != (first, second):
        return False
    size = _FRAME_HEADER + page_size
    frames = [log[start : start + size] for start in range(_WAL_HEADER, len(log), size)]
    salt = struct.pack(">2I", *salts)
    ours = [number for number, frame in enumerate(frames) if frame[8:16] == salt]
    for frame in frames[: ours[-1] if ours else 0]:
        sums = _add(order, frame[:8], sums)
        sums = _add(order, frame[_FRAME_HEADER:], sums)
        if frame[8:16] != salt or sums != struct.unpack(">2I", frame[16:24]):
            return False
    return True


def _add(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    a, b = sums
    for x, y in struct.iter_unpack(f"{order}2I", data):
        a = (a + x + b) & 0xFFFFFFFF
        b = (b + y + a) & 0xFFFFFFFF
    return a, b


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
        database.execute(CREATE)
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        with database:
            database.executemany(INSERT, _whole_rows(path))
        (kept,) = database.execute("SELECT count(*) FROM trials").fetchone()
    number = 1
    while (aside := path.with_stem(f"{path.stem}.damaged-{number}")).exists():
        number += 1
    for end in ("-wal", ""):
        if beside(path, end).exists():
            shutil.copy2(beside(path, end), beside(aside, end))
    for end in ("-wal", "-shm"):
        beside(path, end).unlink(missing_ok=True)
    os.replace(new, path)  # noqa: PTH105 - as one step
    return aside, kept


def _whole_rows(path: Path) -> Iterator[tuple[object, ...]]:
    """Give each row that can be read and fits its checksum, each by a search of its own."""
    try:
        with closing(open_to_read(path)) as database:
            last = sum(
                file.stat().st_size for end in ("", "-wal") if (file := beside(path, end)).exists()
            )
            for number in range(1, last // _LEAST_ROW + 1):
                try:
                    row = database.execute(f"{_SELECT} WHERE rowid = ?", (number,)).fetchone()
                except sqlite3.Error:
                    continue
                if row is not None and is_whole(row):
                    yield row
    except sqlite3.Error:
        return


def bring_up_to_date(path: Path) -> Path:
    """Give a store of version 1 its checksums, after a copy of it; return the copy's place."""
    copy, new = path.with_stem(f"{path.stem}.v1"), path.with_name(_TEMPORARY)
    new.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        with closing(sqlite3.connect(new)) as target:
            database.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        os.replace(new, copy)  # noqa: PTH105 - as one step
        rows = [(*row, checksum(row)) for row in database.execute(_SELECT_OLD)]
        database.execute("BEGIN IMMEDIATE")
        database.execute("DROP TABLE trials")
        database.execute(CREATE)
        database.executemany(INSERT, rows)
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute("COMMIT")
    return copy
