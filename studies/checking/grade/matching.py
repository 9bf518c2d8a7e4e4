"""The reference's losses, with and without mistakes, and which of them a function's losses are."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from network.training.mistakes import Measure
from network.two_layer import Parameters
from studies.checking.grade.calls import AGAIN, GRID, MAX_EPOCHS, START, Answer, Call, order
from studies.checking.grade.mistakes import KEEPS_WEIGHTS, Candidate, Mistake, candidates

SAME = 1e-9
"""Losses that differ by less, relative to the larger one, are the same but for rounding."""

SAME_FLOAT32 = 2e-5
"""The same where numbers have the seven digits of float32."""

MOST_TOGETHER = 2
"""So many mistakes of training are looked for together."""

EXPLODED = 1e3
"""Losses above this are not compared."""


def has_exploded(loss: float) -> bool:
    """Tell whether a loss is no number, or so large that rounding decides its digits."""
    return not loss < EXPLODED


def difference(a: float, b: float) -> float:
    """Return by how much two losses differ, relative to the larger one."""
    both = [has_exploded(loss) for loss in (a, b)]
    if any(both):
        return 0.0 if all(both) else math.inf
    return abs(a - b) / max(abs(a), abs(b), 1e-300)


@dataclass(frozen=True)
class Match:
    """Mistakes whose losses a function has, and by how much they differ at most."""

    mistakes: tuple[Mistake, ...]
    worst: float


@dataclass(frozen=True)
class Matcher:
    """Holds the losses of a function against those of the reference.

    Parameters
    ----------
    seed : int
    answers : mapping of Call to Answer
        Of all `CALLS`.
    """

    seed: int
    answers: Mapping[Call, Answer]

    @cached_property
    def is_float32(self) -> bool:
        """Whether all losses are numbers of float32, which by chance they never are."""
        return self._different.size > 1 and bool(
            np.all(self._different.astype(np.float32) == self._different)
        )

    @cached_property
    def decimals(self) -> int | None:
        """The few decimals to which all losses are rounded; None if they are not."""
        losses = self._different
        fitting = [n for n in range(1, 9) if np.array_equal(losses.round(n), losses)]
        return fitting[0] if fitting and losses.size > 1 else None

    @property
    def _different(self) -> NDArray[np.float64]:
        """All different losses that can be compared."""
        losses = {loss for a in self.answers.values() for loss in a.losses.values()}
        return np.array([loss for loss in losses if not has_exploded(loss)])

    @property
    def tolerance(self) -> float:
        """By how much losses may differ that are the same."""
        return SAME_FLOAT32 if self.is_float32 else SAME

    def same(self, a: Call, b: Call) -> bool:
        """Whether two calls gave the same losses."""
        there, here = self.answers[a].losses, self.answers[b].losses
        return there.keys() == here.keys() and all(
            difference(there[epoch], here[epoch]) < 1e-3 * SAME for epoch in there
        )

    def at_start(self, candidate: Candidate) -> float:
        """Return by how much losses differ before anything is learned."""
        loop, measure = candidate.loop, candidate.measure
        key = (loop.hidden, loop.output, loop.precision, measure)  # all that matters here
        if key not in self._starts:
            loss = next(iter(self.answers[START].losses.values()))
            initial = loop.start(START.lane(self.seed).initial)
            with np.errstate(all="ignore"):
                self._starts[key] = difference(loss, measure(loop, START.dataset(), initial))
        return self._starts[key]

    @cached_property
    def _starts(self) -> dict[tuple[str, str, str, Measure], float]:
        return {}

    def differences(
        self, candidate: Candidate, call: Call, P: Parameters | None = None
    ) -> Iterator[tuple[int, float, float]]:
        """Give the epochs of a call, each with the function's loss and the reference's.

        `P` is what the reference begins with, by default the initial weights; it is changed.
        """
        loop, measure = candidate.loop, candidate.measure
        losses, data, lane = self.answers[call].losses, call.dataset(), call.lane(self.seed)
        end = max(losses) if P is None else max(*losses, MAX_EPOCHS)  # weights that are kept
        P = loop.start(lane.initial) if P is None else P
        before = P.copy()
        training = loop.epochs(
            data, P, partial(order, lane.orders), call.learning_rate, call.batch_size
        )
        with np.errstate(all="ignore"):
            for epoch in training:
                if epoch in losses:
                    state = before if measure.early else P
                    yield epoch, losses[epoch], measure(loop, data, state)
                if epoch >= end:
                    break
                if measure.early:
                    before = P.copy()

    def worst(self, candidate: Candidate, calls: Sequence[Call], *, keeps: bool = False) -> float:
        """Return the largest difference in some calls; infinity if they are not the same.

        With `keeps` each call begins with the weights that the one before it left.
        """
        found, P = 0.0, None
        for call in calls:
            if keeps and P is None:
                P = candidate.loop.start(call.lane(self.seed).initial)
            for _, mine, theirs in self.differences(candidate, call, P):
                found = max(found, difference(mine, theirs))
                if found > self.tolerance:
                    return math.inf
        return found

    def match(
        self, calls: Sequence[Call] = (*GRID, AGAIN), together: int = MOST_TOGETHER
    ) -> list[Match]:
        """Return the mistakes, so many of training, with which the reference has these losses.

        Of those the fewest that explain them, all that do so equally well; one with no mistake
        means that the function is right.
        """
        keeps = (False,) if self.same(GRID[1], AGAIN) else (False, True)
        for n in range(together + 1):
            found = [
                Match((*c.mistakes, *([KEEPS_WEIGHTS] if kept else ())), worst)
                for c in candidates(n)
                if self._is_possible(c, calls[0])
                for kept in keeps
                if (worst := self.worst(c, calls, keeps=kept)) <= self.tolerance
            ]
            if found:
                fewest = min(len(match.mistakes) for match in found)
                return [match for match in found if len(match.mistakes) == fewest]
        return []

    def _is_possible(self, candidate: Candidate, call: Call) -> bool:
        """Whether losses agree before the first update, and in one call."""
        return (
            not (self.is_float32 and candidate.loop.precision != "float64")
            and self.at_start(candidate) <= self.tolerance
            and self.worst(candidate, [call]) <= self.tolerance
        )
