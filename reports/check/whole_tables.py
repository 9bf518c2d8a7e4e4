"""A table as a whole: how odd it is, and how quick, beside repeats that are judged by each other.

Cells of one repeat go together, for they share data and weights. So how odd a table is can't be
reckoned from its cells, as if each were a draw of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.check.cell_parser import CellEntry
from reports.check.plausibility import OUTSIDE, Array, JudgedTable, Rules, reached
from reports.statistics.ranks import ranks


@dataclass(frozen=True)
class TableJudgement:
    """A table as a whole, beside the repeats, each of which is judged by the others.

    Attributes
    ----------
    n_odd : int
        Cells with implausible epochs.
    as_odd : float
        The share of repeats that have as many; so often an honest table is as odd.
    quicker : float
        The share of repeats that are quicker by the mean of the cells' ranks; NaN where no epochs
        are written.
    """

    n_odd: int
    as_odd: float
    quicker: float

    @property
    def too_quick(self) -> bool:
        """Whether hardly any repeat is so quick in all of its cells."""
        return self.quicker < OUTSIDE

    @property
    def too_slow(self) -> bool:
        """Whether hardly any repeat is so slow in all of its cells."""
        return self.quicker > 1 - OUTSIDE


def judge_table(judged: Sequence[JudgedTable], rules: Rules) -> TableJudgement:
    """Hold all cells whose epochs are written against whole repeats."""
    written = [j for j in judged if j.entry.understood and (j.entry.epochs or j.entry.more)]
    if not written:
        return TableJudgement(0, 1.0, np.nan)
    n_odd = sum(j.odd_epochs for j in written)
    odd = np.array([_odd_ones(j.reference.times, rules.eval_every) for j in written])
    theirs = np.array([ranks(j.reference.times, j.reference.times) for j in written])
    own = np.array([ranks(_times(j.entry, rules), j.reference.times) for j in written])
    return TableJudgement(
        n_odd,
        float((odd.sum(axis=0) >= n_odd).mean()),  # (cells, repeats) over the repeats
        float((theirs.mean(axis=0) < own.mean() - 1e-9).mean()),
    )


def _times(entry: CellEntry, rules: Rules) -> Array:
    """Return the epochs of an entry as those of repeats are, shape (1,)."""
    return np.array([entry.epochs if reached(entry, rules) else np.inf], float)


def _odd_ones(times: Array, slack: int) -> "NDArray[np.int64]":
    """Return for each repeat whether the others make it implausible, as 0 or 1."""
    others = len(times) - 1
    ordered = np.sort(times)
    as_quick = np.searchsorted(ordered, times + slack, "right") - 1
    as_slow = len(times) - np.searchsorted(ordered, times - slack, "left") - 1
    return ((as_quick < OUTSIDE * others) | (as_slow < OUTSIDE * others)).astype(np.int64)
