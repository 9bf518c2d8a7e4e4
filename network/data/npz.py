"""Reads ``.npz`` files from untrusted sources: they are checked first, then loaded.

A small file can unpack to many gigabytes, claim to hold more numbers than there are atoms, or
hold pickled objects, which can run any code when they are loaded. The archive's directory and the
header of each array show all this without unpacking anything.
"""

import math
import struct
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from network.errors import InputError

MOST_NUMBERS = 10_000_000
"""The most numbers in a file of data, more than a hundred times what the course has."""

_MOST_BYTES = 16 * MOST_NUMBERS  # of one array; the widest real number has 16
_MOST_DIRECTORY = 1_000_000  # bytes of the archive's own directory; some ten thousand arrays
_END, _END_SIZE, _MOST_COMMENT = b"PK\5\6", 22, 65_535  # what such a file ends with
_WRITTEN_BY_NUMPY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    """Read some arrays of plain numbers; others in the file are left alone.

    Raises
    ------
    InputError
        If one of them is missing, is not of plain numbers, or is too large; nothing of it has
        been unpacked then.
    OSError
        If the file can't be read.
    """
    try:
        _check_directory(path)
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path) as archive:
            there = [name.removesuffix(".npy") for name in archive.namelist()]
            missing = [name for name in names if name not in there]
            if missing:
                raise InputError(
                    f"{path} lacks the array{'s' * (len(missing) > 1)} {' and '.join(missing)}; "
                    f"it has {', '.join(there[:10]) or 'none'}."
                )
            count = sum(_count(path, archive, name) for name in names)
            if count > MOST_NUMBERS:
                raise InputError(f"{path} holds {count:,} numbers; {too_many()}")
            return {name: _array(archive, name) for name in names}
    except (InputError, OSError):
        raise
    except Exception as error:  # whatever a broken or hostile file makes the reader raise
        raise InputError(
            f"{path} can't be read as an .npz file of plain numbers; pickled objects are refused "
            f"({error})."
        ) from error


def too_many() -> str:
    """Return how many numbers are allowed, as the end of a sentence."""
    return f"at most {MOST_NUMBERS:,} are allowed: give fewer samples."


def _check_directory(path: Path) -> None:
    """Refuse an archive whose directory alone would fill the memory."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_SIZE - _MOST_COMMENT))
        tail = file.read()
    (size,) = struct.unpack_from("<L", tail, tail.rfind(_END) + 12)
    if size > _MOST_DIRECTORY:
        raise InputError(f"{path} is an archive of too many files; give one with few arrays.")


def _count(path: Path, archive: zipfile.ZipFile, name: str) -> int:
    """Return how many numbers an array has, from its header alone."""
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in _WRITTEN_BY_NUMPY:
        raise InputError(f"{path}: {name} is not packed as NumPy does; write it with numpy.savez.")
    if member.file_size > _MOST_BYTES:
        raise InputError(f"{path}: {name} unpacks to {member.file_size:,} bytes; {too_many()}")
    with archive.open(member) as file:
        version = npy.read_magic(file)
        if version not in _HEADERS:
            raise InputError(f"{path}: {name} is not an array of numbers.")
        shape, _, kind = _HEADERS[version](file)
        header = file.tell()
    if kind.hasobject:
        raise InputError(f"{path}: {name} holds objects; pickled objects are refused.")
    if header + math.prod(shape) * kind.itemsize != member.file_size:
        raise InputError(
            f"{path}: {name} is said to have the shape {shape}, but what is there is "
            f"{member.file_size - header:,} bytes."
        )
    return math.prod(shape)


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        return np.asarray(npy.read_array(file, allow_pickle=False))
