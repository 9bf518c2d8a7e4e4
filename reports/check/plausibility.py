"""Somebody else's table compared with repeated trials: each cell, and the table as a whole.

A cell is *implausible* if fewer than a share `OUTSIDE` of all repeats were so fast, or so slow, or
came to so low or so high an accuracy. A target that was never reached counts as infinite epochs, so
a cell that used up its epochs is compared with the share of repeats that did so too.

Cells of one repeat go together, for they share data and weights. So how odd a table is can't be
computed from its cells as if each were a draw of its own: repeats are judged by each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.check.phrases import CellEntry
from reports.check.table_layouts import Cell
from reports.statistics.ranks import ranks
from reports.words import Text
from sweep.trial import TrialState

Array = NDArray[np.float64]

OUTSIDE = 0.005
"""The share of repeats at each end that is outside what is plausible."""

UNEVEN = 0.01
"""The share of repeats whose cells fit each other as badly, below which it is said of a table."""

_RIDGE = 0.03
"""As a share of the mean variance: keeps cells that hardly vary from deciding alone."""

FEWEST_ALIKE = 50
"""An accuracy is compared with repeats that ended the same way, if there are so many of them."""


class Verdict(StrEnum):
    """The judgement on a cell."""

    TYPICAL = "typical"
    IMPLAUSIBLE = "implausible"
    NO_ACCURACY = "no accuracy"  # although all epochs were used
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Reference:
    """The repeats of a cell."""

    times: Array  # epochs to the target, infinite where it was not reached
    accuracies: Array  # R² on the test set
    validation: Array  # R² on the validation set
    diverged: float  # the share that did

    @classmethod
    def of(cls, trials: pd.DataFrame) -> "Reference":
        """Take a cell's rows of a frame as of `reports.frames.trials_frame`, by repeat."""
        rows = trials.sort_values("repeat")
        return cls(
            rows.epochs.where(rows.state == TrialState.CONVERGED, np.inf).to_numpy(float),
            rows.test_r2.to_numpy(float),
            rows.validation_r2.to_numpy(float),
            float((rows.state == TrialState.DIVERGED).mean()),
        )

    @property
    def range(self) -> tuple[float, float, float]:
        """The smallest plausible epochs, the median and the largest; infinite for not reached."""
        return _ends(self.times)

    @property
    def accuracy_range(self) -> tuple[float, float, float]:
        """The smallest plausible accuracy, the median and the largest; NaN if there are none."""
        return _ends(self.accuracies[np.isfinite(self.accuracies)])

    @property
    def reached(self) -> float:
        """The share that reached the target."""
        return float(np.isfinite(self.times).mean())

    def accuracies_like(self, is_reached: bool | None) -> tuple[Array, Array]:
        """Return R² on test and validation set of those repeats that ended likewise."""
        ends = np.isfinite(self.times)
        alike = ends == is_reached if is_reached is not None else np.ones(len(ends), bool)
        if alike.sum() < FEWEST_ALIKE:
            alike = np.ones(len(ends), bool)
        return self.accuracies[alike], self.validation[alike]


@dataclass(frozen=True)
class JudgedCell:
    """A cell and the judgement on it.

    `reasons` say why it is implausible, `odd_epochs` whether because of its epochs. `remarks` are
    what else there is to say, in the same words for all cells of which it holds.
    """

    cell: Cell
    entry: CellEntry
    verdict: Verdict
    reference: Reference
    reasons: Sequence[Text] = field(default_factory=list)
    remarks: Sequence[Text] = field(default_factory=list)
    odd_epochs: bool = False


@dataclass(frozen=True)
class Rules:
    """The rules of the trials: maximum number of epochs, and epochs between evaluations."""

    max_epochs: int = 10_000
    eval_every: int = 50


def judge(
    cell: Cell, entry: CellEntry | None, reference: Reference, rules: Rules = Rules()
) -> JudgedCell:
    """Compare a cell with its repeats."""
    if entry is None or entry.is_empty:
        return JudgedCell(cell, entry or CellEntry(""), Verdict.MISSING, reference)
    if not entry.understood:
        return JudgedCell(cell, entry, Verdict.UNREADABLE, reference)
    used_up = not entry.diverged and reached(entry, rules) is False
    of_epochs = _epochs(entry, used_up, reference, rules)
    of_accuracy, remarks = _accuracy(entry, used_up, reference)
    remarks += _remarks(entry, used_up, rules)
    reasons = [*of_epochs, *of_accuracy]
    lacks_accuracy = used_up and entry.accuracy is None
    verdict = Verdict.NO_ACCURACY if lacks_accuracy else Verdict.TYPICAL
    verdict = Verdict.IMPLAUSIBLE if reasons else verdict
    return JudgedCell(cell, entry, verdict, reference, reasons, remarks, bool(of_epochs))


def _epochs(entry: CellEntry, used_up: bool, reference: Reference, rules: Rules) -> list[Text]:
    """Say if the epochs are implausible; an evaluation more or less makes no difference."""
    times, n = reference.times, len(reference.times)
    if entry.diverged:
        if reference.diverged >= OUTSIDE:
            return []
        return [Text("none of {n} repeats diverged", "{n} 次重复没有一次发散").fill(n=n)]
    if entry.epochs is None and not used_up:
        return []
    epochs = min(entry.epochs or rules.max_epochs, rules.max_epochs)
    n_fast = int((times <= epochs + rules.eval_every).sum())
    n_slow = int((times >= epochs - rules.eval_every).sum())
    if not used_up and n_fast < OUTSIDE * n:
        words, count = _TOO_FEW, n_fast
    elif n_slow < OUTSIDE * n:
        words, count = (_NOT_REACHED if used_up else _TOO_MANY), n_slow
    else:
        return []
    none = Text(f"not one of {n} repeats was", "没有一次")
    some = Text(f"{count} of {n} repeats were", f"有 {count} 次")
    return [words.fill(epochs=epochs, n=n, count=some if count else none)]


_TOO_FEW = Text(
    "{epochs} epochs are too few: {count} so fast", "{epochs} 轮太少：{n} 次重复中{count}这么快"
)
_TOO_MANY = Text(
    "{epochs} epochs are too many: {count} so slow", "{epochs} 轮太多：{n} 次重复中{count}这么久"
)
_NOT_REACHED = Text(
    "not reached in {epochs} epochs: {count} so slow",
    "{epochs} 轮未达到：{n} 次重复中{count}这么久",
)


def reached(entry: CellEntry, rules: Rules) -> bool | None:
    """Return whether an entry says that the target was reached; None if it says neither."""
    if entry.more or entry.diverged:
        return False
    return None if entry.epochs is None else entry.epochs < rules.max_epochs


def _accuracy(
    entry: CellEntry, used_up: bool, reference: Reference
) -> tuple[list[Text], list[Text]]:
    """Say if the accuracy is implausible, or else fits the validation set only."""
    if entry.accuracy is None:
        return [], []
    value, half = entry.accuracy, entry.rounding + 1e-9
    ended = entry.epochs is not None or used_up
    of_test, of_validation = reference.accuracies_like(not used_up if ended else None)
    if not np.isfinite(of_test).any() or _fits(of_test, value, half):
        return [], []
    if _fits(of_validation, value, half):
        return [], [
            Text(
                "the accuracy is unusual for the test set, but usual for the validation set",
                "准确率不像测试集上的，而像验证集上的",
            )
        ]
    low, _, high = _ends(of_test[np.isfinite(of_test)])
    words = Text(
        "an accuracy of {value} is outside {low} to {high}",
        "准确率 {value} 不在 {low} 到 {high} 之间",
    )
    return [words.fill(value=f"{value:.3g}", low=f"{low:.3f}", high=f"{high:.3f}")], []


def _fits(values: Array, value: float, half: float) -> bool:
    """Return whether a value, rounded by up to a half of its last digit, is inside the range."""
    below, above = (values <= value + half).mean(), (values >= value - half).mean()
    return bool(below >= OUTSIDE and above >= OUTSIDE)


def _ends(values: Array) -> tuple[float, float, float]:
    """Return the ends of what is plausible, and the median between them."""
    if not len(values):
        return (np.nan,) * 3
    shares = [OUTSIDE, 0.5, 1 - OUTSIDE]
    low, middle, high = np.quantile(values, shares, method="inverted_cdf")
    return float(low), float(middle), float(high)


def _remarks(entry: CellEntry, used_up: bool, rules: Rules) -> list[Text]:
    epochs, most, step = entry.epochs, rules.max_epochs, rules.eval_every
    if epochs is None:
        told = used_up or entry.diverged
        return [] if told else [Text("an accuracy without epochs", "只有准确率，没有轮数")]
    if epochs > most:
        words = Text(
            "more than the {most} epochs allowed; counted as not reached",
            "轮数超过了上限 {most}，按未达到计",
        )
    elif entry.more and epochs < most:
        words = Text("stopped before the {most} epochs allowed", "未到上限 {most} 轮就停止了")
    elif (epochs + 1) % step > 1:
        words = Text(
            "the epochs are not a multiple of {step}, although the loss is evaluated every {step} "
            "epochs; a program that evaluates or counts differently does that too",
            "轮数不是 {step} 的倍数，而损失每 {step} 轮才评估一次；若程序的评估时刻或计数方式不同，"
            "也会这样",
        )
    else:
        return []
    return [words.fill(most=most, step=step)]


# ---- a table as a whole -------------------------------------------------------------------------


@dataclass(frozen=True)
class TableJudgement:
    """A table as a whole, beside whole repeats. Shares are NaN if it has too few epochs for it."""

    n_read: int  # cells whose epochs are written
    n_odd: int = 0  # cells with implausible epochs
    as_odd: float = np.nan  # share of repeats with as many, each judged by the others
    quicker: float = np.nan  # share of repeats that are faster by the mean of the cells' ranks
    as_far: float = np.nan  # share of repeats whose mean rank is as far from the middle
    as_uneven: float = np.nan  # share of repeats whose cells fit each other as badly

    @property
    def is_implausible(self) -> bool:
        """Whether hardly any repeat is so fast, so slow, or has so many implausible cells."""
        return self.as_far < OUTSIDE or self.as_odd < OUTSIDE

    @property
    def is_uneven(self) -> bool:
        """Whether the cells go together as those of hardly any repeat do.

        So do those of a table that was made up, and those of a program that draws initial weights
        anew for each cell.
        """
        return self.as_uneven < UNEVEN


def judge_table(judged: Sequence[JudgedCell], rules: Rules) -> TableJudgement:
    """Compare all cells whose epochs are written with whole repeats."""
    written = [j for j in judged if j.entry.understood and (j.entry.epochs or j.entry.more)]
    if 2 * len(written) <= len(judged):
        return TableJudgement(len(written))
    n_odd = sum(j.odd_epochs for j in written)
    repeats = np.array([j.reference.times for j in written])  # (cells, repeats)
    epochs = [float(j.entry.epochs or 0) if reached(j.entry, rules) else np.inf for j in written]
    odd = np.array([_odd_ones(times, rules.eval_every) for times in repeats])
    among = np.array([ranks([e, *times]) for e, times in zip(epochs, repeats, strict=True)]).T
    means, uneven = among.mean(axis=1), _unevenness(among)
    far = _distance(means)
    return TableJudgement(
        len(written),
        n_odd,
        as_odd=float((odd.sum(axis=0) >= n_odd).mean()),
        quicker=float((means[1:] < means[0] - 1e-9).mean()),
        as_far=float((far[1:] >= far[0] - 1e-9).mean()),
        as_uneven=float((uneven[1:] >= uneven[0] - 1e-9).mean()),
    )


def _distance(values: Array) -> Array:
    """Return how far values are from their median, in distances of the decile on their side."""
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    side = np.where(values < middle, middle - low, high - middle)
    return np.asarray(np.abs(values - middle) / np.maximum(side, 1e-9), float)


def _odd_ones(times: Array, slack: int) -> NDArray[np.int64]:
    """Return for each repeat whether the others make it implausible, as 0 or 1."""
    others = len(times) - 1
    ordered = np.sort(times)
    as_quick = np.searchsorted(ordered, times + slack, "right") - 1
    as_slow = len(times) - np.searchsorted(ordered, times - slack, "left") - 1
    return ((as_quick < OUTSIDE * others) | (as_slow < OUTSIDE * others)).astype(np.int64)


def _unevenness(among: Array) -> Array:
    """Return how badly the cells of each table fit each other.

    Each cell's rank is predicted from those of the table's other cells by ridge regression over all
    tables. What remains, in standard deviations, is the cell's row of the inverse covariance times
    the ranks; the sum of its absolute values over the cells is returned.

    Parameters
    ----------
    among : ndarray, shape (tables, cells)
        The rank of each table among all, cell by cell.

    Returns
    -------
    ndarray, shape (tables,)
    """
    centred = among - among.mean(axis=0)
    covariance = np.atleast_2d(np.cov(centred.T))
    ridge = _RIDGE * np.trace(covariance) / len(covariance) + 1e-9  # all cells may be constant
    precision = np.linalg.inv(covariance + ridge * np.eye(len(covariance)))
    remains = centred @ precision / np.sqrt(np.diag(precision))
    return np.asarray(np.abs(remains).sum(axis=1), float)
