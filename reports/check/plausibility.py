"""What repeats say of a table that somebody else made: each cell held against its distribution.

A cell is *implausible* if of all repeats less than `OUTSIDE` were so quick, or so slow, or came to
so low or so high an accuracy. Epochs that were never reached are later than any number, so a cell
that used up its epochs is held against the share of repeats that did so too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.check.cell_parser import CellEntry
from reports.check.table_layouts import Cell
from reports.words import Text
from sweep.trial import TrialState

Array = NDArray[np.float64]

OUTSIDE = 0.005
"""The share of repeats at each end that is outside what is plausible."""

FEWEST_ALIKE = 50
"""An accuracy is compared with repeats that ended likewise, if there are so many of them."""


class Verdict(StrEnum):
    """What is said of a cell."""

    TYPICAL = "typical"
    IMPLAUSIBLE = "implausible"
    NO_ACCURACY = "no accuracy"  # although all epochs were used
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Reference:
    """The repeats of a cell.

    Attributes
    ----------
    times : ndarray, shape (repeats,)
        Epochs to the target, infinite where it was not reached.
    accuracies, validation : ndarray, shape (repeats,)
        R² on the test set and on the validation set.
    diverged : float
        The share that did.
    """

    times: Array
    accuracies: Array
    validation: Array
    diverged: float

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
class JudgedTable:
    """A cell and what is said of it.

    Attributes
    ----------
    cell : (batch_size, learning_rate)
    entry : Entry
    verdict : Verdict
    reference : Reference
    reasons : sequence of Text
        Why it is implausible, in sentences.
    remarks : sequence of Text
        What else there is to say, in words that are the same for all cells of which they hold.
    odd_epochs : bool
        Whether it is the epochs that are implausible.
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
    """By which rules the trainings ran: the most epochs, and how often the losses are looked at."""

    max_epochs: int = 10_000
    eval_every: int = 50


def judge(
    cell: Cell, entry: CellEntry | None, reference: Reference, rules: Rules = Rules()
) -> JudgedTable:
    """Hold a cell against its repeats."""
    if entry is None or entry.is_empty:
        return JudgedTable(cell, entry or CellEntry(""), Verdict.MISSING, reference)
    if not entry.understood:
        return JudgedTable(cell, entry, Verdict.UNREADABLE, reference)
    used_up = not entry.diverged and reached(entry, rules) is False
    of_epochs = _epochs(entry, used_up, reference, rules)
    of_accuracy, remarks = _accuracy(entry, used_up, reference)
    remarks += _remarks(entry, used_up, rules)
    reasons = [*of_epochs, *of_accuracy]
    verdict = Verdict.TYPICAL
    if reasons:
        verdict = Verdict.IMPLAUSIBLE
    elif used_up and entry.accuracy is None:
        verdict = Verdict.NO_ACCURACY
    return JudgedTable(cell, entry, verdict, reference, reasons, remarks, bool(of_epochs))


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
    as_quick = (times <= epochs + rules.eval_every).mean()
    as_slow = (times >= epochs - rules.eval_every).mean()
    if not used_up and as_quick < OUTSIDE:
        words = Text(
            "{epochs} epochs are too few: {count} so fast",
            "{epochs} 轮太少：{n} 次重复中{count}这么快",
        )
        return [words.fill(epochs=epochs, n=n, count=_how_many(as_quick, n))]
    if as_slow < OUTSIDE:
        words = Text(
            "{epochs} epochs are too many: {count} so slow",
            "{epochs} 轮太多：{n} 次重复中{count}这么久",
        )
        if used_up:
            words = Text(
                "not reached in {epochs} epochs: {count} so slow",
                "{epochs} 轮未达到：{n} 次重复中{count}这么久",
            )
        return [words.fill(epochs=epochs, n=n, count=_how_many(as_slow, n))]
    return []


def reached(entry: CellEntry, rules: Rules) -> bool | None:
    """Return whether an entry says that the target was reached; None if it says neither."""
    if entry.more or entry.diverged:
        return False
    return None if entry.epochs is None else entry.epochs < rules.max_epochs


def _how_many(share: float, n: int) -> Text:
    count = round(share * n)
    if not count:
        return Text(f"not one of {n} repeats was", "没有一次")
    return Text(f"{count} of {n} repeats were", f"有 {count} 次")


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
    remarks = []
    if entry.epochs is None and not used_up and not entry.diverged:
        remarks.append(Text("an accuracy without epochs", "只有准确率，没有轮数"))
    if entry.epochs is not None and entry.epochs > rules.max_epochs:
        remarks.append(
            Text(
                "more than the {most} epochs allowed; counted as not reached",
                "轮数超过了上限 {most}，按未达到计",
            ).fill(most=rules.max_epochs)
        )
    elif entry.more and entry.epochs is not None and entry.epochs < rules.max_epochs:
        remarks.append(
            Text(
                "stopped before the {most} epochs allowed",
                "未到上限 {most} 轮就停止了",
            ).fill(most=rules.max_epochs)
        )
    elif entry.epochs is not None and (entry.epochs + 1) % rules.eval_every > 1:
        remarks.append(
            Text(
                "the epochs are not a multiple of {step}, although the loss is evaluated every "
                "{step} epochs; a program that evaluates or counts differently does that too",
                "轮数不是 {step} 的倍数，而损失每 {step} 轮才评估一次；若程序的评估时刻或计数方式"
                "不同，也会这样",
            ).fill(step=rules.eval_every)
        )
    return remarks
