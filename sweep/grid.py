"""From the axes of a grid to its trials, in a stable order, each with a stable key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite, prod

from sweep.errors import SweepError
from sweep.trial import Trial, Value, trial_key

MOST_TRIALS = 1_000_000
"""So many trials are listed in a minute and in a gigabyte; see Scale in CONTRIBUTING.md."""


@dataclass(frozen=True)
class Range:
    """All values from one to another, instead of a list.

    Attributes
    ----------
    low, high : float or int
        Both whole numbers: only whole numbers are in between.
    log : bool
        Whether equal factors are equally far apart, instead of equal differences.

    Raises
    ------
    SweepError
        If there is nothing in between, or no logarithm.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise SweepError(f"a range goes from a smaller number to a larger one, got {self}.")
        if self.log and self.low <= 0:
            raise SweepError(f"a range with :log must begin above 0, got {self}.")

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}{':log' if self.log else ''}"

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are in it."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def spaced(self, n: int) -> list[Value]:
        """Return n evenly spaced values with both ends, or fewer whole ones; one is the middle."""
        steps = [i / (n - 1) for i in range(n)] if n > 1 else [0.5]
        if self.log:
            values = [self.low * (self.high / self.low) ** step for step in steps]
        else:
            values = [self.low + (self.high - self.low) * step for step in steps]
        return list(dict.fromkeys(round(v) if self.is_whole else v for v in values))


def grid(
    axes: Mapping[str, Sequence[Value]], repeats: int, identity: Mapping[str, object]
) -> list[Trial]:
    """Return a trial for each point of the grid and each repeat.

    Parameters
    ----------
    axes : mapping
        The values of each axis. The first axis varies fastest, the repeat slowest, so that whole
        grids come to an end one after the other.
    repeats : int
        How many trials each point gets, ≥ 1.
    identity : mapping
        What decides the results beside the axes; goes into the trials' keys.

    Raises
    ------
    SweepError
        If an axis is empty or has a value twice, or there is no repeat.
    """
    if repeats < 1:
        raise SweepError(f"repeats must be a whole number ≥ 1, got {repeats}; 1 is the default.")
    for name, values in axes.items():
        if not values:
            raise SweepError(f"{name} has no values; give at least one.")
        seen: dict[Value, Value] = {}
        for value in values:
            if value in seen:
                shown = "full" if value is None else seen[value]
                raise SweepError(f"{name} has the value {shown} twice; give each value once.")
            seen[value] = value
    n_trials = repeats * prod(len(values) for values in axes.values())
    if n_trials > MOST_TRIALS:
        raise SweepError(
            f"{n_trials} trials are more than one sweep holds, {MOST_TRIALS:,}; give shorter "
            "lists or fewer repeats, and make several sweeps of the rest."
        )
    slowest_first = product(*reversed(list(axes.values())))
    points = [dict(zip(axes, reversed(values), strict=True)) for values in slowest_first]
    return at_points(points, repeats, identity)


def at_points(
    points: Sequence[Mapping[str, Value]], repeats: int, identity: Mapping[str, object]
) -> list[Trial]:
    """Return a trial for each of the points and each repeat, as `grid` does for all of a grid."""
    return [
        Trial(point, repeat, trial_key(identity, point, repeat))
        for repeat in range(repeats)
        for point in points
    ]
