"""A run directory belongs to one sweep at a time.

The lock is the kernel's: it is gone the moment its process is, however that ended, so nothing
ever needs unlocking by hand.
"""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sweep.errors import SweepError

LOCK_FILE = ".lock"
OWNER_FILE = ".owner"


@contextmanager
def owned(directory: Path) -> Iterator[None]:
    """Own a run directory for as long as the context lasts.

    Raises
    ------
    SweepError
        At once, if another process owns it; the message names that process.
    """
    lock = FileLock(directory / LOCK_FILE)
    owner = directory / OWNER_FILE
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise SweepError(
            f"{directory} belongs to another sweep that is running now, {_read(owner)}; wait for "
            "it, stop it, or choose another directory."
        ) from None
    except NotImplementedError as error:  # of some filelocks, on a drive without locks
        raise OSError(errno.ENOSYS, str(error)) from error
    try:
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _read(owner: Path) -> str:
    try:
        return owner.read_text(encoding="utf-8", errors="replace")[:100] or "just started"
    except OSError:
        return "just started"
