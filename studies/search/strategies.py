"""Searches for good settings over ranges: a grid, random points, and TPE from Optuna.

A search proposes points, is told the value of each, the lower the better, and goes on. Several
searches run side by side and hand in their proposals together, so that they train in lock-step.
How a point gets its value is left to the caller: by training, or from what has been trained.
Equal seeds and values give equal proposals, so a search that was broken off goes on as it began.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.errors import InputError
from sweep.grid import Range
from sweep.trial import Value

N_SEARCHES = 6
"""So many searches of each strategy, for one alone can be lucky."""

PER_AXIS = 4
"""Values of the grid on each axis."""

STARTUP = 5
"""So many points TPE draws at random before it has anything to go by."""

Point = Mapping[str, Value]
Ranges = Mapping[str, Range | list[Value]]
Evaluate = Callable[[Sequence[Point]], Sequence[float]]


class Step(NamedTuple):
    """A trial of a search: the point, and its value."""

    point: Point
    value: float


Search = Sequence[Step]


def ranges_of(axes: Mapping[str, Sequence[Value]]) -> Ranges:
    """Return the lowest and the highest value of each axis.

    Raises
    ------
    InputError
        If a value is no number, or not above 0.
    """
    for name, values in axes.items():
        for value in values:
            if isinstance(value, str) or value is None or value <= 0:
                raise InputError(
                    f"{name} must be numbers > 0, the ends of the range to search in, got "
                    f"{'full' if value is None else value}."
                )
    return {name: _range(min(values), max(values)) for name, values in axes.items()}  # type: ignore


def _range(low: float, high: float) -> Range | list[Value]:
    """Return a range, logarithmic for real numbers; or the one value that there is."""
    return Range(low, high, log=not isinstance(low, int)) if low < high else [low]


def n_trials(ranges: Ranges) -> int:
    """Return how many trials each search has: as many as the grid has points."""
    return int(PER_AXIS ** len(ranges))


def grid(ranges: Ranges, seed: int, evaluate: Evaluate) -> list[Search]:
    """Try the points of a grid, each search in an order of its own.

    Values are evenly spaced, those of real numbers on a logarithmic scale.
    """
    from sweep.optuna.search import even_points

    points = [rounded(point) for point in even_points(ranges, n_trials(ranges))]
    steps = [Step(*pair) for pair in zip(points, evaluate(points), strict=True)]
    rng = np.random.default_rng(seed)
    return [[steps[i] for i in rng.permutation(len(steps))] for _ in range(N_SEARCHES)]


def sampled(sampler: str, ranges: Ranges, seed: int, evaluate: Evaluate) -> list[Search]:
    """Try points that Optuna proposes.

    ``random`` draws them by chance; ``tpe`` proposes points like those that were good so far, by
    tree-structured Parzen estimators. With equal seeds their first points are the same, so that
    the two can be compared.
    """
    import optuna

    from sweep.optuna.search import SAMPLERS, propose

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seeds = np.random.SeedSequence(seed).generate_state(N_SEARCHES)
    studies = [optuna.create_study(sampler=SAMPLERS[sampler](int(s), STARTUP)) for s in seeds]
    found: list[list[Step]] = [[] for _ in studies]
    n = n_trials(ranges)
    at_once = n if sampler == "random" else 1  # chance needs no values to go on
    for _ in range(0, n, at_once):
        asked = [(i, *propose(s, ranges)) for i, s in enumerate(studies) for _ in range(at_once)]
        points = [rounded(point) for _, _, point in asked]
        for (i, trial, _), point, value in zip(asked, points, evaluate(points), strict=True):
            studies[i].tell(trial, value)
            found[i].append(Step(point, value))
    return list(found)


STRATEGIES: Mapping[str, Callable[[Ranges, int, Evaluate], list[Search]]] = {
    "grid": grid,
    "random": partial(sampled, "random"),
    "tpe": partial(sampled, "tpe"),
}
"""All strategies by name."""


def best_so_far(searches: Sequence[Search]) -> NDArray[np.float64]:
    """Return the lowest value up to each trial, shape (n_searches, n_trials)."""
    values = np.array([[step.value for step in search] for search in searches], float)
    return np.minimum.accumulate(values, axis=1)


def rounded(point: Point) -> Point:
    """Return a point with real numbers as people can read and write them."""
    return {n: float(f"{v:.3g}") if isinstance(v, float) else v for n, v in point.items()}
