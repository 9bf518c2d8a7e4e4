"""Files of a run directory appear whole or not at all."""

import errno
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SweepError
from sweep.store.lock import LOCK_FILE, OWNER_FILE

if TYPE_CHECKING:
    from pandas import DataFrame  # a drawing process, which needs this room, needs no pandas

PART = ".part"
"""How a file's name ends while it is being written."""

_JUNCTION = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT: what Windows has as a link to a folder
_LONGEST_NAME = 100  # bytes of a folder's name
_RESERVED = {
    *("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"),
    *(f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"),
}
"""What can't be a name on Windows, whatever follows after a dot."""

_FORMULA = re.compile(r"^(?=\s*[=+\-@＝＋－＠]|[\t\n])|(?<=[;\t\n])(?=[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?%?")


def refuse_links(directory: Path) -> None:
    """Refuse a run directory that holds anything but files of its own and folders.

    By a link, what is written or removed would be so elsewhere; a pipe or a device never ends.
    Hidden entries are nobody's but the user's, except those of the lock.

    Raises
    ------
    SweepError
        It names what else is there.
    """
    folders = [directory]
    try:
        while folders:
            for path in folders.pop().iterdir():
                if not path.name.startswith(".") or path.name in (LOCK_FILE, OWNER_FILE):
                    folders += _own_folder(path)
    except OSError as error:
        raise SweepError(
            f"{error.filename} can't be read ({error.strerror}); give another run directory."
        ) from error


def _own_folder(path: Path) -> list[Path]:
    """Return what is a folder; of what may lead elsewhere `refuse_links` tells."""
    try:
        found = path.lstat()
    except FileNotFoundError:  # a sweep may be running there
        return []
    if stat.S_ISDIR(found.st_mode) and getattr(found, "st_reparse_tag", 0) != _JUNCTION:
        return [path]
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
        return []
    raise SweepError(
        f"{path} is a link, a pipe or a device, and could lead out of the run directory; put a "
        "copy of the file in its place, or remove it."
    )


def read_text(path: Path, most: int = 2**25, errors: str = "strict") -> str:
    """Read a text in UTF-8 that others may have written.

    OSError if it can't be read, is no file, or is too large; ValueError if it is no text.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no file")
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return content.decode(errors=errors)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a binary file to write into, and move it to `path` once all is written.

    A file that is there keeps its mode.

    Raises
    ------
    SweepError
        If the file can't be written; what stood at `path` before stands there still.
    """
    beside = path.parent / f".{secrets.token_hex(4)}{PART}"
    with _reported(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("xb") as file:
                yield file
            if path.exists():
                shutil.copymode(path, beside)
            beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink()


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """Report in one sentence why a file can't be written or removed."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if getattr(error, "winerror", None) in (5, 32):  # Windows replaces no file that is open
            reason += "; perhaps it is open in another program: close it there"
        raise SweepError(
            f"{path} can't be written ({reason}); all finished trials are kept: put that right and "
            "run the same command again."
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, with plain line ends everywhere."""
    with replacing(path) as file:
        file.write(_encoded(text))


def write_output(path: Path, text: str) -> None:
    """Write a text where a user wants it: into what a link leads to, a pipe or a device as well.

    ``-`` is the standard output.
    """
    if str(path) in ("-", "/dev/stdout"):  # which may be a file that others write into too
        sys.stdout.write(text.removeprefix("\ufeff"))
        return
    with _reported(path):
        target = Path(os.path.realpath(path))
        if path.is_file() or not (path.exists() or target.is_symlink()):
            write_text(target, text)
        else:
            path.write_bytes(_encoded(text))


def _encoded(text: str) -> bytes:
    return text.encode(errors="backslashreplace")  # a file's name may be no text


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
    safe = frame.rename(columns=no_formula)
    for place, kind in enumerate(frame.dtypes):
        if kind.kind not in "biuf":
            cells = [no_formula(value) for value in frame.iloc[:, place]]
            safe.isetitem(place, np.array(cells, object))
    return str(safe.to_csv(index=False, header=header, lineterminator="\n"))


def no_formula(value: Any) -> Any:
    """Return what a spreadsheet shows as this value and does not compute."""
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


def remove(path: Path) -> None:
    """Remove a file, if it is there; SweepError if it can't be removed."""
    with _reported(path):
        path.unlink(missing_ok=True)


def remove_parts(directory: Path) -> None:
    """Remove what a process that was killed had not finished writing."""
    for path in directory.rglob(f".*{PART}"):
        remove(path)


def remove_others(directory: Path, patterns: Iterable[str], wanted: set[Path]) -> None:
    """Remove what an earlier run left under the names of generated files."""
    for pattern in patterns:
        for path in set(directory.glob(pattern)) - wanted:
            remove(path)
