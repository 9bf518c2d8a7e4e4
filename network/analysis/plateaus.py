"""Finds the flat stretch of a loss curve where patience pays: falls come before and after it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FLAT = 0.85
"""On a plateau the loss keeps at least this share of what it was at its beginning."""

FALL = 0.7
"""Before it and after it the loss falls to this share, or lower."""

SHORTEST = 0.1
"""It takes at least this share of all epochs."""


class Plateau(NamedTuple):
    """A flat stretch, as places in the curve."""

    start: int  # its first evaluation
    end: int  # its last evaluation
    fallen: int  # the first evaluation at which the loss has fallen well below it


def find_plateau(epochs: Array, losses: Array) -> Plateau | None:
    """Find the longest plateau of a loss curve.

    A mini-batch makes a loss jump up, so what counts is the lowest loss so far. A plateau is a
    stretch over which it keeps 85 %, that takes a tenth of all epochs, before which the loss fell
    by 30 %, and after which it falls by 30 % at a speed three times that of the plateau or more.
    A curve that falls evenly has none, and neither has one that stays flat to its end.

    Parameters
    ----------
    epochs, losses : ndarray, shape (n,)

    Returns
    -------
    Plateau or None
    """
    lowest = np.fmin.accumulate(losses)
    candidates = [
        plateau
        for start in range(len(lowest))
        if (plateau := _from(start, epochs, lowest)) is not None
    ]
    return max(candidates, key=lambda p: float(epochs[p.end] - epochs[p.start]), default=None)


def _from(start: int, epochs: Array, lowest: Array) -> Plateau | None:
    """Return the longest stretch that begins here, if it is a plateau."""
    if not np.isfinite(lowest[start]):
        return None
    end = int(np.flatnonzero(lowest >= FLAT * lowest[start])[-1])
    fallen = np.flatnonzero(lowest <= FALL * lowest[end])
    length = float(epochs[end] - epochs[start])
    if lowest[start] > FALL * lowest[0] or not len(fallen):
        return None
    if length <= 0 or length < SHORTEST * (epochs[-1] - epochs[0]):
        return None
    plateau_speed = np.log(lowest[start] / lowest[end]) / length
    speed = np.log(lowest[end] / lowest[fallen[0]]) / (epochs[fallen[0]] - epochs[end])
    return Plateau(start, end, int(fallen[0])) if speed >= 3 * plateau_speed else None
