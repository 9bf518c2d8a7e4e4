"""What a row of the store is, and the checksum that proves it whole."""

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from sweep.trial import TrialState

SCHEMA_VERSION = 4
"""Written into the file; a file of another version is refused."""

NUMBERS = ("epochs", "seconds", "value")
TEXTS = ("state", "engine", "reason")
CONTENT = ("key", "repeat", "params", *TEXTS, *NUMBERS, "metrics", "arrays")
COLUMNS = (*CONTENT, "checksum")

_MOST_EPOCHS = 2**53  # up to which floating-point numbers are exact

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


def is_whole(row: Sequence[Any]) -> bool:
    """Return whether the values of `COLUMNS` are those that were written, and of their kinds.

    A checksum can be computed anew, so by itself it says nothing about who wrote a row.
    """
    try:
        values = dict(zip(COLUMNS, row, strict=True))
        check_kinds({**values, "metrics": json.loads(values["metrics"])})
        return isinstance(values["arrays"], bytes) and checksum(row[:-1]) == row[-1]
    except (TypeError, ValueError, AttributeError, RecursionError):
        return False


def check_kinds(values: Mapping[str, Any]) -> None:
    """Raise ValueError or TypeError if the values of a result are not what they must be."""
    numbers = [values[name] for name in NUMBERS if values[name] is not None]
    if not all(type(value) in (int, float) for value in (*numbers, *values["metrics"].values())):
        raise ValueError("there are no numbers where numbers must be")
    if values["state"] not in set(TrialState) or not all(type(values[n]) is str for n in TEXTS):
        raise ValueError(f"there is no state {str(values['state'])[:40]!r}")
    if not 0 <= values["epochs"] < _MOST_EPOCHS:
        raise ValueError(f"there can't be {values['epochs']} epochs")
