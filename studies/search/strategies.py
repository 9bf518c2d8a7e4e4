"""Searches for good settings over ranges: a grid, random points, and TPE from Optuna.

A search proposes points, is told the value of each, the lower the better, and goes on. Several
searches run side by side and hand in their proposals together, so that they train in lock-step.
How a point gets its value is left to the caller: by training, or from what has been trained.
Equal seeds and values give equal proposals, so a search that was broken off goes on as it began.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.errors import InputError
from sweep.trial import Value

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.study import Study as OptunaStudy

N_SEARCHES = 6
"""So many searches of each strategy, for one alone can be lucky."""

PER_AXIS = 4
"""Values of the grid on each axis."""

STARTUP = 5
"""So many points TPE draws at random before it has anything to go by."""

Point = Mapping[str, Value]
Ranges = Mapping[str, tuple[float, float] | tuple[int, int]]
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
    return {name: (min(values), max(values)) for name, values in axes.items()}  # type: ignore


def n_trials(ranges: Ranges) -> int:
    """Return how many trials each search has: as many as the grid has points."""
    return int(PER_AXIS ** len(ranges))


def grid(ranges: Ranges, seed: int, evaluate: Evaluate) -> list[Search]:
    """Try the points of a grid, each search in an order of its own.

    Values are evenly spaced, those of real numbers on a logarithmic scale.
    """
    points: list[dict[str, Value]] = [{}]
    for name, (low, high) in ranges.items():
        if isinstance(low, int):
            values = [round(v) for v in np.linspace(low, high, PER_AXIS)]
        else:
            values = [_rounded(v) for v in np.geomspace(low, high, PER_AXIS)]
        points = [{**point, name: value} for point in points for value in values]
    steps = [Step(*pair) for pair in zip(points, evaluate(points), strict=True)]
    rng = np.random.default_rng(seed)
    return [[steps[i] for i in rng.permutation(len(steps))] for _ in range(N_SEARCHES)]


def random(ranges: Ranges, seed: int, evaluate: Evaluate) -> list[Search]:
    """Draw all points by chance, learning nothing from their values."""
    from optuna.samplers import RandomSampler

    searches = [_study(RandomSampler(seed=s)) for s in _seeds(seed)]
    space = _distributions(ranges)
    drawn = [[_ask(search, space)[1] for _ in range(n_trials(ranges))] for search in searches]
    values = iter(evaluate([point for points in drawn for point in points]))
    return [[Step(point, next(values)) for point in points] for points in drawn]


def tpe(ranges: Ranges, seed: int, evaluate: Evaluate) -> list[Search]:
    """Propose points like those that were good so far: tree-structured Parzen estimators.

    With equal seeds the first points are those of `random`, so that the two can be compared.
    """
    from optuna.samplers import TPESampler

    searches = [_study(TPESampler(seed=s, n_startup_trials=STARTUP)) for s in _seeds(seed)]
    space = _distributions(ranges)
    found: list[list[Step]] = [[] for _ in searches]
    for _ in range(n_trials(ranges)):
        asked = [_ask(search, space) for search in searches]
        values = evaluate([point for _, point in asked])
        for search, steps, (number, point), value in zip(
            searches, found, asked, values, strict=True
        ):
            search.tell(number, value)
            steps.append(Step(point, value))
    return list(found)


STRATEGIES: Mapping[str, Callable[[Ranges, int, Evaluate], list[Search]]] = {
    "grid": grid,
    "random": random,
    "tpe": tpe,
}
"""All strategies by name."""


def best_so_far(searches: Sequence[Search]) -> NDArray[np.float64]:
    """Return the lowest value up to each trial, shape (n_searches, n_trials)."""
    values = np.array([[step.value for step in search] for search in searches], float)
    return np.minimum.accumulate(values, axis=1)


def _seeds(seed: int) -> list[int]:
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(N_SEARCHES)]


def _rounded(value: float) -> float:
    """Return a value that people can read and write."""
    return float(f"{value:.3g}")


def _study(sampler: "BaseSampler") -> "OptunaStudy":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=sampler)


def _distributions(ranges: Ranges) -> "dict[str, BaseDistribution]":
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        name: IntDistribution(low, int(high))
        if isinstance(low, int)
        else FloatDistribution(low, high, log=True)
        for name, (low, high) in ranges.items()
    }


def _ask(search: "OptunaStudy", space: "dict[str, BaseDistribution]") -> tuple[int, Point]:
    """Let a search propose a point; return its number there, and the point."""
    trial = search.ask(space)
    shown = {k: _rounded(v) if isinstance(v, float) else v for k, v in trial.params.items()}
    return trial.number, shown
