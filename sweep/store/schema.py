"""What a row of the store is, and the checksum that proves it whole."""

import hashlib
import struct
from collections.abc import Sequence

SCHEMA_VERSION = 4
"""Written into the file; a file of another version is refused."""

NUMBERS = ("epochs", "seconds", "value")
TEXTS = ("state", "engine", "reason")
CONTENT = ("key", "repeat", "params", *TEXTS, *NUMBERS, "metrics", "arrays")
COLUMNS = (*CONTENT, "checksum")

CREATE = f"""CREATE TABLE trials (
    key TEXT PRIMARY KEY,
    repeat INTEGER NOT NULL,
    params TEXT NOT NULL,  -- JSON
    {", ".join(f"{name} TEXT NOT NULL" for name in TEXTS)},
    {", ".join(f"{name} REAL" for name in NUMBERS)},  -- NULL is NaN
    metrics TEXT NOT NULL,  -- JSON
    arrays BLOB NOT NULL,  -- the history too; .npz, then zlib
    checksum TEXT NOT NULL  -- of all that stands before it
)"""
INSERT = (
    f"INSERT OR REPLACE INTO trials ({', '.join(COLUMNS)}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(COLUMNS))})"
)


def checksum(content: Sequence[object]) -> str:
    """Return 32 hexadecimal digits that stand for a row, as it is written and as it is read.

    Parameters
    ----------
    content : sequence
        The values of `CONTENT`.
    """
    digest = hashlib.blake2b(digest_size=16)
    for value in content:
        if isinstance(value, bytes):
            kind, data = b"b", value
        elif value is None or value != value:
            kind, data = b"n", b""
        elif isinstance(value, int | float):
            kind, data = b"f", struct.pack("<d", value)
        else:
            kind, data = b"t", str(value).encode()
        digest.update(kind + struct.pack("<Q", len(data)))
        digest.update(data)
    return digest.hexdigest()


def is_whole(row: Sequence[object]) -> bool:
    """Return whether the values of `COLUMNS` are those that were written."""
    return checksum(row[:-1]) == row[-1]
