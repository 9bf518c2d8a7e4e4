"""Arrays for the page: as text, thinned to what it may weigh, and when losses passed levels."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from reports.page.boards import PLACE
from reports.statistics.measure import Measure

CURVE_BYTES, PATH_BYTES, PASSAGE_BYTES = 500_000, 1_200_000, 300_000
"""How much all loss curves, all parameters, and all passages may take, before they are text: so
the largest page has some 3 MB, and that of the homework 0.3 MB."""

_LEVELS_A_DECADE, _LEVELS = 20, 31
_POINT = 8  # bytes of an epoch and a loss


@dataclass(frozen=True)
class Recording:
    """What a training run left at each of its evaluations.

    Attributes
    ----------
    place : (int, int)
        Row and column of its cell.
    repeat : int
    epochs : ndarray of int, shape (evaluations,)
    losses : ndarray, shape (evaluations,)
        On the validation set, or on the training set where there is no such set.
    path : ndarray, shape (1 + evaluations, numbers)
        The parameters before training and at each evaluation; empty where they were not kept.
    activation : str
        Of the hidden units, if there are any.
    """

    place: tuple[int, int]
    repeat: int
    epochs: NDArray[np.int64] = field(repr=False)
    losses: NDArray[np.float64] = field(repr=False)
    path: NDArray[np.float32] = field(repr=False)
    activation: str = ""


def as_text(values: ArrayLike, kind: str) -> str:
    """Write numbers in base64, little-endian; `kind` is ``f4`` or ``i4``."""
    with np.errstate(over="ignore"):  # what diverges leaves the range of float32
        return base64.b64encode(np.asarray(values).astype(f"<{kind}").tobytes()).decode("ascii")


class Budget:
    """How much of some recordings can be kept in so many bytes.

    Parameters
    ----------
    recordings : sequence of Recording
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        curves = sum(len(r.epochs) for r in recordings) * _POINT
        self._curve_stride = max(1, -(-curves // CURVE_BYTES))
        by_repeat: dict[int, int] = {}
        for r in recordings:
            by_repeat[r.repeat] = by_repeat.get(r.repeat, 0) + 4 * (r.path.size + len(r.path))
        totals = np.cumsum([by_repeat[repeat] for repeat in sorted(by_repeat)])
        fitting = int((totals <= PATH_BYTES).sum())
        self.path_repeats = max(1, fitting)
        """Of so many repeats the parameters are kept."""
        self._path_stride = 1
        if not fitting and totals.size:
            self._path_stride = max(1, -(-int(totals[0]) // PATH_BYTES))

    def texts(self, recording: Recording) -> dict[str, str]:
        """Return the arrays of a recording as text; without ``path`` where it isn't kept."""
        some = _thinned(len(recording.epochs), self._curve_stride)
        texts = {
            "epochs": as_text(recording.epochs[some], "i4"),
            "losses": as_text(recording.losses[some], "f4"),
        }
        if recording.path.size and recording.repeat < self.path_repeats:
            some = _thinned(len(recording.path), self._path_stride)
            epochs = np.append(0, recording.epochs)
            texts["path_epochs"] = as_text(epochs[some], "i4")
            texts["path"] = as_text(recording.path[some], "f4")
            texts["activation"] = recording.activation
        return texts


def _thinned(n: int, stride: int) -> NDArray[np.int64]:
    """Return every stride-th of n places, and the last one."""
    return np.unique(np.append(np.arange(0, n, stride), n - 1)) if n else np.arange(0)


def levels(measure: Measure) -> list[float | None]:
    """Return the targets that the page can recount: that of the run, then looser ones."""
    target = measure.target
    if target is None or target <= 0 or measure.maximize:
        return [target]
    looser = (target * 10 ** (k / _LEVELS_A_DECADE) for k in range(1, _LEVELS))
    return [target, *(float(f"{level:.3g}") for level in looser)]


def passages(
    history: pd.DataFrame, trials: pd.DataFrame, bounds: Sequence[float]
) -> NDArray[np.int64]:
    """Return when the cost of each training run first was at most each of some bounds.

    Parameters
    ----------
    history : DataFrame
        A row for each evaluation: its row, column and repeat, the epoch, and in the last column
        the loss or another cost.
    trials : DataFrame
        The row, column and repeat of the same runs and of those that failed.
    bounds : sequence of float
        From the strictest to the loosest.

    Returns
    -------
    ndarray of int, shape (trials, bounds)
        Epochs; -1 where it never was so low.
    """
    names = [*PLACE, "repeat"]
    found = np.full((len(trials), len(bounds)), -1)
    if history.empty:
        return found
    rows = pd.MultiIndex.from_frame(trials[names])
    for run, evaluations in history.groupby(names, sort=False):
        low = evaluations.iloc[:, -1].to_numpy(float)[:, None] <= bounds  # (evaluations, bounds)
        first = evaluations["epoch"].to_numpy()[low.argmax(axis=0)]
        found[rows.get_loc(run)] = np.where(low.any(axis=0), first, -1)
    return found
