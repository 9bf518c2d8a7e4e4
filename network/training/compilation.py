"""How kernels are compiled: once, under a lock, kept on the disk, and anew when code changes."""

import threading
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numba

COMPILING = threading.Lock()
"""Held while a kernel is compiled, lest two threads do so at once."""


def kept_on_disk(signature: Any) -> Callable[[Any], Any]:
    """Compile a function, and keep it on the disk where there is a folder that can be written.

    Numba looks it up by the file that it stands in and by the plain numbers that it encloses, and
    compiles anew where one of them has changed.
    """

    def decorate(function: Any) -> Any:
        compiled = partial(numba.njit, signature, error_model="numpy", nogil=True)
        try:
            return compiled(cache=True)(function)
        except (OSError, RuntimeError):  # no folder, or a full or read-only one
            return compiled()(function)

    return decorate


@cache
def code_number() -> int:
    """Return a number that changes with any file of this room.

    A kernel encloses it, so that a change in a file that it takes functions from is noticed.
    """
    files = sorted(Path(__file__).parent.glob("*.py"))
    return zlib.crc32(b"".join(file.read_bytes() for file in files))
