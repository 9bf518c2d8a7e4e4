"""The exceptions of this floor."""


class SweepError(Exception):
    """A sweep can't be done as asked; the message says why, and what to do, in one sentence."""


class Interrupted(Exception):  # noqa: N818 - it is no error
    """A sweep was stopped from outside; all finished trials are kept.

    Attributes
    ----------
    kept, total : int
        How many of the sweep's trials are in the store.
    """

    def __init__(self, kept: int, total: int) -> None:
        super().__init__(f"interrupted with {kept} of {total} trials kept")
        self.kept, self.total = kept, total
