"""From the axes of a grid to its trials, in a stable order, each with a stable key."""

from collections.abc import Mapping, Sequence
from itertools import product

from sweep.errors import SweepError
from sweep.trial import Trial, Value, trial_key


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
