"""The exceptions of this floor."""

import signal


class SweepError(Exception):
    """A sweep can't be done as asked; the message says why, and what to do, in one sentence."""


class Interrupted(Exception):  # noqa: N818 - it is no error
    """A sweep was stopped from outside; all finished trials are kept.

    Attributes
    ----------
    kept, total : int
        How many of the sweep's trials are in the store.
    signal : int
        What stopped it: SIGINT, which is Ctrl-C, or SIGTERM.
    """

    def __init__(self, kept: int, total: int, number: int = signal.SIGINT) -> None:
        super().__init__(f"interrupted with {kept} of {total} trials kept")
        self.kept, self.total, self.signal = kept, total, number
