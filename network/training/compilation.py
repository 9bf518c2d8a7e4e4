"""How kernels are compiled: once, under a lock, cached on disk, and again when the code changes."""

import threading
import zlib
from collections.abc import Callable
from functools import cache, partial, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba

from network.errors import InputError

P = ParamSpec("P")
T = TypeVar("T")

if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
    raise InputError("NUMBA_DISABLE_JIT is set, and nothing trains uncompiled; start without it.")

_COMPILING = threading.Lock()


def once(compiled: Callable[P, T]) -> Callable[P, T]:
    """Let a function that compiles run once for each of its arguments, in one thread at a time."""
    kept = cache(compiled)

    @wraps(compiled)
    def locked(*args: P.args, **kwargs: P.kwargs) -> T:
        with _COMPILING:
            return kept(*args, **kwargs)  # type: ignore[arg-type]

    return locked


def kept_on_disk(signature: Any) -> Callable[[Any], Any]:
    """Compile a function, and cache it on disk where there is a folder that can be written.

    Numba finds it by its source file and by the plain numbers that it encloses, and compiles
    again where one of them has changed.
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
    """Return a number that changes with any file that kernels take functions from.

    A kernel encloses it, because Numba itself notices changes in the kernel's own file alone.
    """
    network = Path(__file__).parents[1]
    files = [network / "activations.py", *sorted((network / "engine").glob("*.py"))]
    return zlib.crc32(b"".join(file.read_bytes() for file in files))
