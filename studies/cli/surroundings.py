"""What the command line finds around it: streams, folders and variables, none of which it trusts.

Whatever is closed, full, missing or set, a command works or ends with one sentence.
"""

import atexit
import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sweep.errors import SweepError

FEWEST_FILES = 64  # that a sweep needs to have open
ADVICE = {
    errno.EMFILE: f"this process may open too few files; allow it {FEWEST_FILES} or more",
    errno.ENFILE: "too many files are open on this machine; close some programs",
    errno.ENAMETOOLONG: "a name is longer than this system allows; give a shorter one",
}
"""What to do about errors of the system that may come from anywhere."""


class _Stream:
    """A stream that loses what can't be written, and keeps the error, instead of ending a sweep."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.error: OSError | None = None
        with suppress(AttributeError):  # for a terminal that lacks η
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        self._try(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, call: Any, *arguments: Any) -> None:
        try:
            call(*arguments)
        except OSError as error:
            self.error = error
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def prepare() -> Any:
    """Take what the surroundings lack from elsewhere, for this process and its children.

    Returns the standard output, whose ``error`` says why something could not be written.
    SweepError if nothing can run here.
    """
    os.environ.setdefault("PYTHONSAFEPATH", "1")  # no child imports from the current folder
    os.environ["MPLBACKEND"] = "agg"
    for name in ("NUMBA_DISABLE_JIT", "NUMBA_NUM_THREADS", "MATPLOTLIBRC"):
        os.environ.pop(name, None)
    for number in range(3):  # or the next file takes the place of a stream that is closed
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name) or Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
        setattr(sys, name, stream if mode == "r" else _Stream(stream))
    os.umask(os.umask(0o077) & 0o077)  # we may use our own files
    with suppress(ImportError):  # Windows
        import resource

        few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if 0 <= most < FEWEST_FILES:  # -1 is no limit
            raise SweepError(f"{ADVICE[errno.EMFILE]}.")
        if 0 <= few < FEWEST_FILES:
            resource.setrlimit(resource.RLIMIT_NOFILE, (FEWEST_FILES, most))
    try:
        Path.home()
    except RuntimeError:
        home = TemporaryDirectory(prefix="sweep-home-")
        atexit.register(home.cleanup)
        os.environ["HOME"] = os.environ["USERPROFILE"] = home.name
    return sys.stdout


def advice_on(error: OSError) -> str | None:
    """Return a sentence on an error that is not ours but that of the surroundings, or None."""
    if "No usable temporary directory" in str(error):
        return "no folder for temporary files can be written; set TMPDIR to one that can."
    found = ADVICE.get(error.errno or 0)
    return None if found is None else f"{found}{f': {error.filename}' if error.filename else ''}."
