"""Whether a user's network is right, what is right in it already, and where it goes wrong first."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from network.errors import InputError, check_positive
from reports.words import Text
from studies.checking.grade.calls import (
    AGAIN,
    CALLS,
    FULL,
    GRID,
    LABELS,
    NOTHING,
    OTHER_START,
    RATES,
    START,
    TWINS,
    Call,
    GradedFunction,
    answer_of,
    check_function,
    make_calls,
)
from studies.checking.grade.gradients import NAMES, GradientCheck
from studies.checking.grade.matching import Match, Matcher, difference, has_exploded
from studies.checking.grade.mistakes import Candidate, candidates
from studies.objectives.functions.source import UserFunction
from sweep.trial import TrialResult

LEVELS = (1e-9, 1e-6, 1e-3)
GRADIENT_TOLERANCE = 1e-6

MINI_BATCHES = [call for call in GRID if call.batch_size != FULL]
FULL_BATCHES = [call for call in GRID if call.batch_size == FULL]


@dataclass(frozen=True)
class Part:
    """A part of the function that was looked at alone: whether it is right; None if unknown."""

    what: Text
    is_right: bool | None


@dataclass(frozen=True)
class CellComparison:
    """A cell of the grid: the first epochs with a difference above each of `LEVELS`, if any."""

    call: Call
    n_evaluations: int
    worst: float
    first: tuple[int | None, ...]
    at_first: tuple[int, float, float]  # the first one that differs, or the last: epoch, losses


@dataclass(frozen=True)
class GradientComparison:
    """A gradient beside its central differences: the error relative to the largest of them.

    `ratio` is what all its numbers are of the central differences, where that is one number.
    """

    name: str
    error: float
    ratio: float | None


@dataclass(frozen=True)
class Grade:
    """All that was found.

    Attributes
    ----------
    function : UserFunction
    failure : str
        Why a call failed; nothing else is known then.
    matcher : Matcher or None
    gradients : sequence of GradientComparison or None
        None if the file has no ``forward`` and ``backward``, or they are not understood.
    gradient_note : str
        Why they are not understood.
    """

    function: UserFunction
    failure: str = ""
    matcher: Matcher | None = None
    gradients: Sequence[GradientComparison] | None = None
    gradient_note: str = ""

    @property
    def known(self) -> Matcher:
        """The losses, which are there if no call failed."""
        if self.matcher is None:
            raise ValueError(self.failure)
        return self.matcher

    @property
    def is_right(self) -> bool:
        """Whether all losses, and gradients, are the reference's but for rounding."""
        return (
            not self.failure
            and self.has_right_losses
            and self.has_right_gradients
            and not self.wrong_parts
        )

    @property
    def has_right_losses(self) -> bool:
        """Whether the losses of all cells are the reference's."""
        return not self.known.is_float32 and [m.mistakes for m in self.matches] == [()]

    @property
    def wrong_parts(self) -> list[Part]:
        """The parts that are wrong."""
        return [part for part in self.parts if part.is_right is False]

    @property
    def has_right_gradients(self) -> bool:
        """Whether no gradient differs from its central differences."""
        return all(each.error <= GRADIENT_TOLERANCE for each in self.gradients or ())

    @cached_property
    def matches(self) -> list[Match]:
        """The mistakes that explain the losses in all cells."""
        return self.known.match()

    @property
    def matches_at_start(self) -> list[Match]:
        """The mistakes of the forward pass that explain the loss before the first update."""
        forward = [c for c in candidates(1) if c.mistakes[0].switch in ("hidden", "output")]
        found = [Match(c.mistakes, self.known.at_start(c)) for c in forward]
        return [match for match in found if match.worst <= self.known.tolerance]

    @cached_property
    def matches_with_one_batch(self) -> list[Match]:
        """The mistakes that explain the losses where the whole training set is one batch."""
        return self.known.match(FULL_BATCHES, together=1)

    @cached_property
    def matches_with_twins(self) -> list[Match]:
        """The mistakes that explain the losses where all samples are equal, in one batch."""
        return self.known.match([TWINS[0]], together=1)

    @cached_property
    def base(self) -> Candidate | None:
        """How the loss is evaluated, right or wrong, as seen before the first update."""
        fitting = [c for c in candidates(0) if self.known.at_start(c) <= self.known.tolerance]
        return fitting[0] if fitting else None

    @cached_property
    def is_repeatable(self) -> bool:
        """Whether the same call gave the same losses twice."""
        return self.known.same(GRID[1], AGAIN)

    @property
    def explodes(self) -> bool:
        """Whether a loss is too large to be compared."""
        answers = (self.known.answers[call] for call in GRID)
        return any(has_exploded(loss) for answer in answers for loss in answer.losses.values())

    @property
    def uses_initial(self) -> bool:
        """Whether other initial weights gave another loss, or none that can be compared."""
        losses = self.known.answers[START].losses.values()
        return any(map(has_exploded, losses)) or not self.known.same(START, OTHER_START)

    @property
    def asked(self) -> Sequence[int]:
        """The epochs whose orders were asked for in a cell."""
        return self.known.answers[GRID[1]].asked

    @cached_property
    def parts(self) -> list[Part]:
        """The parts of the function, each looked at alone, in the order of the computation.

        Of what needs a part that is wrong nothing can be told.
        """
        gradient = self._agree([TWINS[0]])
        samples = self._agree(FULL_BATCHES, gradient)
        steps = self._agree([TWINS[1]], gradient)
        start = self.known.at_start(Candidate.of()) <= self.known.tolerance
        return [
            Part(START_PART, start or (False if self.known.decimals is None else None)),
            Part(GRADIENT_PART, gradient),
            Part(SAMPLES_PART, samples),
            Part(STEPS_PART, steps),
            Part(BATCHES_PART, self._agree(MINI_BATCHES, samples, steps)),
            Part(AGAIN_PART, self.is_repeatable),
            Part(VALIDATION_PART, self._ignores_labels()),
        ]

    def _agree(self, calls: Sequence[Call], *needed: bool | None) -> bool | None:
        """Tell whether losses are the reference's, if all that is needed for it is right."""
        if self.base is None or not all(needed):
            return None
        return math.isfinite(self.known.worst(self.base, calls))

    def _ignores_labels(self) -> bool | None:
        """Tell whether training is the same with other labels in the validation set.

        The loss is quadratic in these labels, as long as the outputs don't depend on them; its
        second difference is then the same before and after training.
        """
        if self.base is None or self.base.measure.loss in ("root", "absolute"):
            return None
        if not self.is_repeatable:
            return None
        found = []
        for rate, middle in ((NOTHING, START), (RATES[0], GRID[1])):
            calls = (LABELS[rate][0], middle, LABELS[rate][1])
            losses = [self.known.answers[call].losses for call in calls]
            epochs = set(losses[0]) & set(losses[1]) & set(losses[2])
            found.append({e: [losses[i][e] for i in range(3)] for e in epochs})
        for epoch in found[0].keys() & found[1].keys():
            before, after = (each[epoch] for each in found)
            if any(map(has_exploded, (*before, *after))):
                return None
            bends = [a - 2 * b + c for a, b, c in (before, after)]
            if not abs(bends[0] - bends[1]) <= 100 * self.known.tolerance * max(map(abs, before)):
                return False
        return True

    @cached_property
    def cells(self) -> list[CellComparison]:
        """The cells of the grid beside the reference without any mistake."""
        return [self._cell(call) for call in GRID]

    def _cell(self, call: Call) -> CellComparison:
        rows = list(self.known.differences(Candidate.of(), call))
        unlike = [difference(mine, theirs) for _, mine, theirs in rows]
        first = tuple(
            next((row[0] for row, d in zip(rows, unlike, strict=True) if d > level), None)
            for level in LEVELS
        )
        shown = next((r for r, d in zip(rows, unlike, strict=True) if d > LEVELS[0]), rows[-1])
        return CellComparison(call, len(rows), max(unlike), first, shown)


START_PART = Text(
    "initial weights, forward pass and loss (before any update)",
    "初始权重、前向计算和损失（更新之前）",
)
GRADIENT_PART = Text(
    "gradient and update (equal samples in one batch)", "梯度和更新（样本全部相同，只有一批）"
)
SAMPLES_PART = Text(
    "each sample once an epoch (the training set as one batch)",
    "每轮每个样本恰用一次（整个训练集为一批）",
)
STEPS_PART = Text(
    "number and size of the mini-batches (equal samples)", "小批量的个数和大小（样本全部相同）"
)
BATCHES_PART = Text("order of the samples (mini-batches)", "样本的顺序（小批量）")
AGAIN_PART = Text(
    "the same numbers each time (the same call twice)", "每次结果相同（同一调用两次）"
)
VALIDATION_PART = Text(
    "training without the validation set (other validation labels)",
    "训练不用验证集（换验证集的标签）",
)


def grade(function: UserFunction, seed: int = 0, timeout: float = 20.0) -> Grade:
    """Call a function a dozen times with little data, and compare it with the reference.

    Parameters
    ----------
    function : UserFunction
    seed : int
        Decides initial weights and orders.
    timeout : float
        Seconds that a call may take.

    Raises
    ------
    InputError, SweepError
        If it doesn't take what is needed, or no process can be started.
    """
    check_positive("timeout", timeout, "it is in seconds; default: 20")
    if seed < 0:
        raise InputError(f"seed must be a whole number ≥ 0, got {seed}; default: 0.")
    check_function(function)
    graded = GradedFunction(function, seed, GradientCheck.of(function))
    return judged(graded, *make_calls(graded, timeout))


def judged(graded: GradedFunction, results: Sequence[TrialResult], failure: str = "") -> Grade:
    """Return what the results of all calls say, or why one failed."""
    function = graded.function
    if failure:
        return Grade(function, failure)
    answers = {c: answer_of(r) for c, r in zip(CALLS, results, strict=False)}
    matcher = Matcher(graded.seed, answers)
    if len(results) == len(CALLS):
        return Grade(function, matcher=matcher)
    checked = results[-1]
    if checked.reason:
        return Grade(function, matcher=matcher, gradient_note=checked.reason)
    return Grade(function, matcher=matcher, gradients=compared(checked.arrays))


def compared(arrays: Mapping[str, Any]) -> list[GradientComparison]:
    """Compare the gradients that `GradientCheck.run` computed; none if there are none."""
    found = list[GradientComparison]()
    if not arrays:
        return found
    for name in NAMES:
        mine, numeric = arrays[name], arrays[f"{name} numeric"]
        scale = float(np.abs(numeric).max())
        error = float(np.abs(mine - numeric).max()) / max(scale, 1e-12)
        ratio = float(np.sum(mine * numeric) / np.sum(numeric**2)) if scale > 0 else None
        if ratio is not None and np.abs(mine - ratio * numeric).max() > 1e-6 * scale:
            ratio = None
        found.append(GradientComparison(name, error if np.isfinite(error) else np.inf, ratio))
    return found
