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
    """A table as a whole, beside the repeats, each of which is judged by the others."""

    n_read: int  # cells whose epochs are written; the rest is NaN if they aren't most of the table
    n_odd: int = 0  # cells with implausible epochs
    as_odd: float = np.nan  # share of repeats with as many: so often an honest table is as odd
    quicker: float = np.nan  # share of repeats that are faster by the mean of the cells' ranks

    @property
    def too_quick(self) -> bool:
        """Whether hardly any repeat is so fast in all of its cells."""
        return self.quicker < OUTSIDE

    @property
    def too_slow(self) -> bool:
        """Whether hardly any repeat is so slow in all of its cells."""
        return self.quicker > 1 - OUTSIDE


def judge_table(judged: Sequence[JudgedCell], rules: Rules) -> TableJudgement:
    """Compare all cells whose epochs are written with whole repeats."""
    written = [j for j in judged if j.entry.understood and (j.entry.epochs or j.entry.more)]
    if 2 * len(written) <= len(judged):
        return TableJudgement(len(written))
    n_odd = sum(j.odd_epochs for j in written)
    repeats = [j.reference.times for j in written]
    epochs = [float(j.entry.epochs or 0) if reached(j.entry, rules) else np.inf for j in written]
    odd = np.array([_odd_ones(times, rules.eval_every) for times in repeats])
    theirs = np.array([ranks(times) for times in repeats])
    own = np.array([ranks([e], times) for e, times in zip(epochs, repeats, strict=True)])
    return TableJudgement(
        len(written),
        n_odd,
        float((odd.sum(axis=0) >= n_odd).mean()),  # (cells, repeats) over the repeats
        float((theirs.mean(axis=0) < own.mean() - 1e-9).mean()),
    )


def _odd_ones(times: Array, slack: int) -> NDArray[np.int64]:
    """Return for each repeat whether the others make it implausible, as 0 or 1."""
    others = len(times) - 1
    ordered = np.sort(times)
    as_quick = np.searchsorted(ordered, times + slack, "right") - 1
    as_slow = len(times) - np.searchsorted(ordered, times - slack, "left") - 1
    return ((as_quick < OUTSIDE * others) | (as_slow < OUTSIDE * others)).astype(np.int64)
