"""Opens text files that people and programs write, whatever their encoding."""

import codecs
import io
import os
from pathlib import Path
from typing import TextIO

from network.errors import InputError


def open_text(path: Path, kind: str, most_bytes: int) -> TextIO:
    """Open a file of text in UTF-8, UTF-16 or GBK, with or without a byte order mark.

    Parameters
    ----------
    path : Path
    kind : str
        What is wanted, such as ``a TOML file``, for the error.
    most_bytes : int
        A larger file is refused.

    Raises
    ------
    InputError
        If it isn't a file, can't be read, is empty, too large, or no text.
    """
    return as_text(bytes_of(path, kind, most_bytes), str(path), kind)


def bytes_of(path: Path, kind: str, most_bytes: int) -> bytes:
    """Read a file; InputError if it isn't one, can't be read or is too large."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no file; give {kind}.")
        if (size := path.stat().st_size) > most_bytes:
            raise InputError(f"{path} has {size:,} bytes; {kind} may have {most_bytes:,}.")
        with path.open("rb") as file:
            return file.read(most_bytes)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise InputError(f"{path} can't be read: {reason}; give {kind}.") from error


def as_text(content: bytes, name: str, kind: str) -> TextIO:
    """Open the content of a file as `open_text` does; InputError if it is empty or no text."""
    if not content.strip():
        raise InputError(f"{name} is empty; give {kind}.")
    for encoding in _encodings(content):
        try:
            is_text = "\0" not in content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if is_text:
            return io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    raise InputError(
        f"{name} is no text file in UTF-8, UTF-16 or GBK; give {kind}. If it comes from Excel or "
        "Word, save it as CSV."
    )


def _encodings(content: bytes) -> tuple[str, ...]:
    """Return what a text may be encoded in; without a mark, UTF-16 shows by its many zeros."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    zeros_first, zeros_second = (content[place::2].count(0) for place in (0, 1))
    if 4 * max(zeros_first, zeros_second) > len(content):
        return ("utf-16-be" if zeros_first > zeros_second else "utf-16-le",)
    return ("utf-8-sig", "gb18030")
