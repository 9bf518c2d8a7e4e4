"""Files of a run directory appear whole or not at all."""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SweepError

if TYPE_CHECKING:
    from pandas import DataFrame  # a drawing process, which needs this room, needs no pandas

PART = ".part"
"""How a file's name ends while it is being written."""

_LONGEST_NAME = 100  # bytes of a folder's name
_RESERVED = {
    *("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"),
    *(f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"),
}
"""What can't be a name on Windows, whatever follows after a dot."""

_FORMULA = re.compile(r"^(?=\s*[=+\-@＝＋－＠]|[\t\n])|(?<=[;\t\n])(?=[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?%?")


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a binary file to write into, and move it to `path` once all is written.

    Raises
    ------
    SweepError
        If the file can't be written; what stood at `path` before stands there still.
    """
    beside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART)
        beside = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
        beside.chmod(0o666 & ~_umask())
        beside.replace(path)
    except OSError as error:
        raise SweepError(
            f"{path} can't be written ({error.strerror or error}); all finished trials are kept: "
            "put that right and run the same command again."
        ) from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, with plain line ends everywhere."""
    with replacing(path) as file:
        file.write(text.encode(errors="backslashreplace"))  # a file's name may be no text


def csv_text(frame: "DataFrame", *, header: bool = True) -> str:
    """Write a table as CSV, without its index; every CSV of ours is written by this.

    A spreadsheet computes a text that begins with ``=``, ``+``, ``-`` or ``@``, even if it came
    from somebody else's data; an apostrophe in front lets it be a text. So does one after a
    semicolon, a tab and a line end, which begin a cell too in some spreadsheets. Numbers, also
    those that were written as words, stay as they are.

    Parameters
    ----------
    frame : DataFrame
    header : bool
        Whether a row of the columns' names comes first.
    """
    safe = frame.rename(columns=_no_formula)
    for place, kind in enumerate(frame.dtypes):
        if kind.kind not in "biuf":
            cells = [_no_formula(value) for value in frame.iloc[:, place]]
            safe.isetitem(place, np.array(cells, object))
    return str(safe.to_csv(index=False, header=header, lineterminator="\n"))


def _no_formula(value: Any) -> Any:
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n")  # which are quoted; a \r alone is not
    return _FORMULA.sub("'", lines)


def write_arrays(path: Path, arrays: dict[str, NDArray[np.float64]]) -> None:
    """Write arrays by name as ``.npz``."""
    with replacing(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def folder_name(text: str) -> str:
    """Return a name like this text for a folder, which leads nowhere else on any system."""
    signs = "".join(c if c.isalnum() or c in " ._-" else "_" for c in text)
    name = signs.strip(" .-").encode()[:_LONGEST_NAME].decode(errors="ignore").strip(" .-")
    if name.partition(".")[0].upper().rstrip() in _RESERVED:
        return f"{name.partition('.')[0].rstrip()}_"
    return name or "study"


def remove_parts(directory: Path) -> None:
    """Remove what a process that was killed had not finished writing."""
    for path in directory.rglob(f".*{PART}"):
        path.unlink(missing_ok=True)


def remove_others(directory: Path, patterns: Iterable[str], wanted: set[Path]) -> None:
    """Remove what an earlier run left under the names of generated files."""
    for pattern in patterns:
        for path in set(directory.glob(pattern)) - wanted:
            path.unlink(missing_ok=True)
