"""How the cells of a plan lie on boards: what goes down, what across, and how cells are called.

Two axes of numbers are a board, with one for each combination of the other axes. Other axes, and
points that are scattered over two axes, are a list of cells: a board with one column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from reports.words import WORDS, Text, joined, number

PLACE = ["row", "column"]
"""The columns that say where on its board the cell of a row is."""

_SPARSE = 0.5  # a board with fewer cells, as a share of its places, is shown as a list

_LONGEST = 8  # characters of a number; a longer one is shown with four digits

_NAMES: Mapping[str, tuple[Text, Text]] = {
    "batch_size": (Text("batch {}", "批大小 {}"), Text("batch size {}", "批大小 {}")),
    "learning_rate": (Text("η {}", "η {}"), Text("learning rate {}", "学习率 {}")),
    "n_hidden": (Text("{} hidden units", "{} 个隐层神经元"),) * 2,
}
"""A cell's value on an axis in few words and in more; of other axes the name and the value."""

_VALUES: Mapping[tuple[str, str], Text] = {
    ("batch_size", "full"): Text("full", "全批量"),
    ("init", "zero"): Text("zero", "全零"),
    ("shuffle", "fresh"): Text("fresh", "每轮重新打乱"),
    ("shuffle", "cycle"): Text("cycle", "循环打乱"),
    ("shuffle", "none"): Text("none", "不打乱"),
}


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
    axes : sequence of str
        The columns of trials that tell a plan's cells apart.
    places : mapping
        Row and column of each cell, by its values on these axes.
    short, long : mapping
        The name of the cell at a row and column.
    """

    name: Text
    rows: Axis
    columns: Axis | None
    axes: Sequence[str]
    places: Mapping[tuple[Any, ...], tuple[int, int]] = field(repr=False)
    short: Mapping[tuple[int, int], Text] = field(repr=False)
    long: Mapping[tuple[int, int], Text] = field(repr=False)

    def located(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of this board of a frame with the axes, with the columns of `PLACE`."""
        if frame.empty:
            return frame.reindex(columns=[*frame.columns, *PLACE])
        axes = list(self.axes)
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
    cells = list(trials[list(axes)].drop_duplicates().itertuples(index=False, name=None))
    if sides is None:
        sides = _sides(trials, axes)
    if sides is None:
        return [_list_of(cells, axes)]
    others = [axis for axis in axes if axis not in sides and trials[axis].nunique() > 1]
    down, across = (list(axes).index(axis) for axis in sides)
    groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for cell in cells:
        groups.setdefault(tuple(cell[list(axes).index(axis)] for axis in others), []).append(cell)
    return [_board_of(some, axes, (down, across), others, rest) for rest, some in groups.items()]


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


def _board_of(
    cells: Sequence[tuple[Any, ...]],
    axes: Sequence[str],
    sides: tuple[int, int],
    others: Sequence[str],
    rest: tuple[Any, ...],
) -> Board:
    values = [list(dict.fromkeys(cell[side] for cell in cells)) for side in sides]
    names = [axes[side] for side in sides]
    rows, columns = (
        Axis(axis_name(axis), [value_name(axis, each) for each in some])
        for axis, some in zip(names, values, strict=True)
    )
    places = {
        cell: (values[0].index(cell[sides[0]]), values[1].index(cell[sides[1]])) for cell in cells
    }
    every = {
        (i, j): list(zip(names, pair, strict=True))
        for (i, j), pair in zip(
            product(range(len(values[0])), range(len(values[1]))), product(*values), strict=True
        )
    }
    return Board(
        _together(zip(others, rest, strict=True), 1),
        rows,
        columns,
        axes,
        places,
        {at: _together(every[at], 0, " at ") for at in places.values()},
        {at: _together(every[at], 1) for at in places.values()},
    )


def _list_of(cells: Sequence[tuple[Any, ...]], axes: Sequence[str]) -> Board:
    """List cells by the axes that have several values."""
    varied = [axis for i, axis in enumerate(axes) if len({cell[i] for cell in cells}) > 1]
    told = varied or list(axes)[:1]
    values = [[(axis, cell[i]) for i, axis in enumerate(axes) if axis in told] for cell in cells]
    shown = [value_name(*pairs[0]) if len(told) == 1 else _together(pairs, 0) for pairs in values]
    places = {cell: (row, 0) for row, cell in enumerate(cells)}
    return Board(
        Text("", ""),
        Axis(joined([axis_name(axis) for axis in told]), shown),
        None,
        axes,
        places,
        {(row, 0): _together(pairs, 0) for row, pairs in enumerate(values)},
        {(row, 0): _together(pairs, 1) for row, pairs in enumerate(values)},
    )


def axis_name(axis: str) -> Text:
    """Return an axis's name in both languages, as it is where they have no word for it."""
    return WORDS.get(axis, Text(axis, axis))


def value_name(axis: str, value: Any) -> Text:
    """Write a value of an axis in both languages."""
    shown = number(value.item() if isinstance(value, np.generic) else value)
    if len(shown) > _LONGEST and "." in shown:  # a sampler chose it
        shown = f"{value:.4g}"
    if isinstance(value, str):
        return _VALUES.get((axis, value), WORDS.get(value, Text(shown, shown)))
    return Text(shown, shown)


def _together(values: Any, length: int, gap: str = ", ") -> Text:
    """Name a cell by its values, in few words (length 0) or in more (1)."""
    parts = []
    for axis, value in values:
        name, shown = axis_name(axis), value_name(axis, value)
        words = _NAMES.get(axis, (Text(f"{name.en} {{}}", f"{name.zh} {{}}"),) * 2)[length]
        parts.append(Text(words.en.format(shown.en), words.zh.format(shown.zh)))
    return Text(gap.join(part.en for part in parts), "，".join(part.zh for part in parts))
