"""How much alike the tables of a class are: which cells two share, and how surprising that is.

Two honest tables share cells by chance: where nearly nothing converges, "not reached" is in most of
them. So a shared value counts by how rare it is among tables that were trained: the surprise of a
pair is the sum of -log₁₀ of these shares over its shared cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reports.check.document import Check
from reports.check.plausibility import reached

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

COPIED = 12.0
"""From this surprise on, two tables are called alike. Of the 500,500 pairs of the tool's tables
for the seeds 0 to 1000, on the same data, one has as much; copies with one cell changed have 15."""

_UNREAD, _NEVER = -1.0, np.inf


class Contents(NamedTuple):
    """What tables say, each array of shape (tables, cells)."""

    epochs: Array  # infinite for not reached, and -1 where that can't be read
    accuracies: Array  # NaN where there is none
    roundings: Array  # half a unit of the last digit

    @classmethod
    def of(cls, checks: Sequence[Check]) -> "Contents":
        """Take the contents of checked tables."""
        cells = [
            [
                (_epochs(check, k), _or_nan(each.entry.accuracy), each.entry.rounding)
                for k, each in enumerate(check.judged)
            ]
            for check in checks
        ]
        shape = (len(checks), len(checks[0].judged) if checks else 0, 3)
        return cls(*np.array(cells, float).reshape(shape).transpose(2, 0, 1))

    def shared_with(self, table: int, others: "Contents") -> Flags:
        """Return which cells other tables share with one of these, shape (other tables, cells).

        Accuracies are compared where both tables have them, to the digits of the shorter one.
        """
        epochs, accuracies, roundings = (array[table] for array in self)
        apart = np.abs(others.accuracies - accuracies)
        same = (others.epochs == epochs) & (epochs != _UNREAD)
        return np.asarray(same & ~(apart > others.roundings + roundings + 1e-7))


def _epochs(check: Check, cell: int) -> float:
    entry = check.judged[cell].entry
    if not entry.understood or entry.diverged or not entry.ends:
        return _UNREAD
    return float(entry.epochs or 0) if reached(entry, check.rules) else _NEVER


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def surprises(epochs: Array, trained: Array) -> Array:
    """Return -log₁₀ of the share of trained tables that have each value in its cell.

    Parameters
    ----------
    epochs : ndarray, shape (tables, cells)
    trained : ndarray, shape (trained tables, cells)
        A value that none of them has counts as if half a table had it.

    Returns
    -------
    ndarray, shape (tables, cells)
    """
    ordered = np.sort(trained, axis=0)
    counts = [
        np.searchsorted(known, values, "right") - np.searchsorted(known, values, "left")
        for known, values in zip(ordered.T, epochs.T, strict=True)
    ]
    return np.asarray(-np.log10(np.maximum(counts, 0.5) / len(trained)).T, float)


class SeedMatch(NamedTuple):
    """The seed with which the tool gives a table, and how many of the table's cells agree."""

    seed: int
    n_cells: int


@dataclass(frozen=True)
class Similarity:
    """The tables of a class beside each other.

    Attributes
    ----------
    seeds : sequence of SeedMatch or None
        For each table, the seed of the tool's own table that it equals, but for a few cells.
    shared : ndarray, shape (tables, tables)
        The number of cells that two tables share, without those of a seed that both equal.
    surprise : ndarray, shape (tables, tables)
        How rare this is; see the module.
    clusters : list of list of int
        Groups of tables that are alike, by `COPIED`.
    """

    seeds: Sequence[SeedMatch | None]
    shared: NDArray[np.int64]
    surprise: Array
    clusters: list[list[int]]

    @classmethod
    def of(cls, contents: Contents, trained: Array, seeds: Contents | None) -> "Similarity":
        """Compare all tables with each other, and with those of the tool by seed.

        Parameters
        ----------
        contents : Contents
        trained : ndarray, shape (trained tables, cells)
            Epochs of tables that were trained by the same settings.
        seeds : Contents, optional
            The tool's own tables of the seeds 0, 1, 2, …
        """
        rare = surprises(contents.epochs, trained)
        found = [_seed_of(contents, k, rare[k], seeds) for k in range(len(rare))]
        shared, surprise = np.zeros((2, len(rare), len(rare)))
        by_seed = np.array([match.seed if match else -1 for match, _ in found])
        for k, (match, explained) in enumerate(found):
            like = (by_seed == by_seed[k]) & (match is not None)
            same = contents.shared_with(k, contents) & ~(like[:, None] & explained)
            shared[k], surprise[k] = same.sum(axis=1), same @ rare[k]
        np.fill_diagonal(surprise, 0)
        matches = [match for match, _ in found]
        return cls(matches, shared.astype(int), surprise, _clusters(surprise >= COPIED))


def _seed_of(
    contents: Contents, table: int, rare: Array, seeds: Contents | None
) -> tuple[SeedMatch | None, Flags]:
    """Return the seed whose table one is, and which cells that explains."""
    none = np.zeros(len(rare), bool)
    if seeds is None:
        return None, none
    same = contents.shared_with(table, seeds)
    best = int((same @ rare).argmax())
    if same[best] @ rare < COPIED:
        return None, none
    return SeedMatch(best, int(same[best].sum())), same[best]


def _clusters(alike: Flags) -> list[list[int]]:
    """Return the groups that are connected by being alike, each of two or more."""
    found: list[list[int]] = []
    left = set(np.flatnonzero(alike.any(axis=1)).tolist())
    while left:
        group, new = set[int](), {min(left)}
        while new:
            group |= new
            new = set(np.flatnonzero(alike[sorted(new)].any(axis=0)).tolist()) - group
        left -= group
        found.append(sorted(group))
    return found
