"""Files of a run directory appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SweepError

PART = ".part"
"""How a file's name ends while it is being written."""


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
            f"{path} can't be written ({os.strerror(error.errno or 0)}); all finished trials are "
            "kept: put that right and run the same command again."
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
        file.write(text.encode())


def write_arrays(path: Path, arrays: dict[str, NDArray[np.float64]]) -> None:
    """Write arrays by name as ``.npz``."""
    with replacing(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def remove_parts(directory: Path) -> None:
    """Remove what a process that was killed had not finished writing."""
    for path in directory.rglob(f".*{PART}"):
        path.unlink(missing_ok=True)


def remove_others(directory: Path, patterns: Iterable[str], wanted: set[Path]) -> None:
    """Remove what an earlier run left under the names of generated files."""
    for pattern in patterns:
        for path in set(directory.glob(pattern)) - wanted:
            path.unlink(missing_ok=True)
