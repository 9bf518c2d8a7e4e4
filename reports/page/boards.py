"""How the cells of a plan lie on boards: what goes down, what across, and how cells are called.

Two axes of numbers are a board, with one for each combination of the other axes. Other axes, and
points that are scattered over two axes, are a list of cells: a board with one column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from reports.words import WORDS, Text, axis_value, joined, value_text

PLACE = ["row", "column"]
"""The columns that say where on its board the cell of a row is."""

_SPARSE = 0.5  # a board with fewer cells, as a share of its places, is shown as a list

Values = Mapping[str, Any]
"""A cell's value on each of the axes that tell a plan's cells apart."""


@dataclass(frozen=True)
class Axis:
    """One side of a board: what it is, and its values in words."""

    name: Text
    values: Sequence[Text]


@dataclass(frozen=True)
class Board:
    """A board's cells.

    Attributes
    ----------
    name : Text
        What sets it apart from the other boards of the plan; empty if there is one.
    rows : Axis
    columns : Axis or None
        None for a list of cells.
    told : sequence of str
        The axes by which its cells are named.
    cells : mapping
        Each cell by its row and column.
    """

    name: Text
    rows: Axis
    columns: Axis | None
    told: Sequence[str]
    cells: Mapping[tuple[int, int], Values] = field(repr=False)

    @property
    def axes(self) -> list[str]:
        """The columns of trials that tell a plan's cells apart."""
        return list(next(iter(self.cells.values())))

    @cached_property
    def places(self) -> dict[tuple[Any, ...], tuple[int, int]]:
        """Row and column of each cell, by its values on `axes`."""
        return {tuple(cell.values()): at for at, cell in self.cells.items()}

    def short(self, at: tuple[int, int]) -> Text:
        """Name the cell at a row and column in few words."""
        return cell_name(self.cells[at], self.told, 1, " at " if self.columns else ", ")

    def long(self, at: tuple[int, int]) -> Text:
        """Name it in more."""
        return cell_name(self.cells[at], self.told, 2)

    def located(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of this board of a frame with the axes, with the columns of `PLACE`."""
        if frame.empty:
            return frame.reindex(columns=[*frame.columns, *PLACE])
        axes = self.axes
        cells = frame[axes].drop_duplicates().itertuples(index=False, name=None)
        found = np.array([self.places.get(cell, (-1, -1)) for cell in cells])
        row, column = found[frame.groupby(axes, sort=False).ngroup().to_numpy()].T
        placed: pd.DataFrame = frame.assign(row=row, column=column)
        return placed[placed.row >= 0]


def boards(
    trials: pd.DataFrame, axes: Sequence[str], sides: tuple[str, str] | None = None
) -> list[Board]:
    """Lay the cells of a plan out.

    Parameters
    ----------
    trials : DataFrame
        As of `reports.frames.trials_frame`.
    axes : sequence of str
        The first goes across if it has numbers, as in the tables of a plan.
    sides : (str, str), optional
        The axes that go down and across; by default the first two that have several numbers.

    Returns
    -------
    list of Board
        At least one, unless there are no trials.
    """
    every = trials[list(axes)].drop_duplicates().itertuples(index=False, name=None)
    cells = [dict(zip(axes, cell, strict=True)) for cell in every]
    varied = [axis for axis in axes if trials[axis].nunique() > 1]
    sides = sides or _sides(trials, axes)
    if sides is None:
        return [_list_of(cells, varied or list(axes)[:1])]
    others = [axis for axis in varied if axis not in sides]
    groups: dict[tuple[Any, ...], list[Values]] = {}
    for cell in cells:
        groups.setdefault(tuple(cell[axis] for axis in others), []).append(cell)
    return [_board_of(some, sides, others) for some in groups.values()]


def _sides(trials: pd.DataFrame, axes: Sequence[str]) -> tuple[str, str] | None:
    """Return the axes that go down and across; None where the cells are better listed."""
    varied = [axis for axis in axes if trials[axis].nunique() > 1]
    numeric = [axis for axis in varied if all(map(_is_number, trials[axis].unique()))]
    if len(numeric) < 2:
        return None
    across, down = numeric[:2]
    others = [axis for axis in varied if axis not in (across, down)]
    n_boards = len(trials[others].drop_duplicates()) if others else 1
    n_places = n_boards * trials[across].nunique() * trials[down].nunique()
    if len(trials[list(axes)].drop_duplicates()) < _SPARSE * n_places:
        return None
    return down, across


def _is_number(value: Any) -> bool:
    return value == "full" or not isinstance(value, str | bool | np.bool_)


def _board_of(cells: Sequence[Values], sides: tuple[str, str], others: Sequence[str]) -> Board:
    """Lay out cells that differ on two axes only."""
    down, across = (list(dict.fromkeys(cell[side] for cell in cells)) for side in sides)
    rows, columns = (
        Axis(_axis_name(side), [value_text(side, value) for value in values])
        for side, values in zip(sides, (down, across), strict=True)
    )
    places = {(down.index(cell[sides[0]]), across.index(cell[sides[1]])): cell for cell in cells}
    return Board(cell_name(cells[0], others, 2), rows, columns, sides, places)


def _list_of(cells: Sequence[Values], told: Sequence[str]) -> Board:
    """List cells by the axes that have several values."""
    if len(told) == 1:
        shown = [value_text(told[0], cell[told[0]]) for cell in cells]
    else:
        shown = [cell_name(cell, told, 1) for cell in cells]
    rows = Axis(joined([_axis_name(axis) for axis in told]), shown)
    return Board(Text("", ""), rows, None, told, {(i, 0): cell for i, cell in enumerate(cells)})


def _axis_name(axis: str) -> Text:
    return WORDS.get(axis, Text(axis, axis))


def cell_name(cell: Values, axes: Sequence[str], length: int, gap: str = ", ") -> Text:
    """Name a cell by its values on some axes; `length` is that of `axis_value`."""
    parts = [axis_value(axis, value_text(axis, cell[axis]), length) for axis in axes]
    return Text(gap.join(part.en for part in parts), "，".join(part.zh for part in parts))
