"""The layouts in which a grid of cells can be a table of batch sizes × learning rates.

The expected headers cross, batch sizes down and learning rates across or transposed; or there is a
row for each combination. A layout is a function in `LAYOUTS`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reports.check.cell_parser import (
    BATCH,
    RATE,
    CellEntry,
    axes_named,
    plain,
    read_entry,
    read_header,
)
from reports.check.text_grids import Grid
from reports.words import Text, number

Cell = tuple[int | None, float]

_EPOCHS = re.compile(r"epoch|轮|次数|迭代|iteration", re.IGNORECASE)
_ASIDE = re.compile(r"loss|损失|误差|时间|用时|time|second|秒", re.IGNORECASE)
_ACCURACY = re.compile(r"acc|精度|准确|正确率|r\s*\^?2", re.IGNORECASE)


@dataclass(frozen=True)
class ExpectedTable:
    """The axes of the expected table."""

    batch_sizes: Sequence[int | None]
    learning_rates: Sequence[float]

    @property
    def cells(self) -> list[Cell]:
        """All cells, row by row."""
        return [(size, rate) for size in self.batch_sizes for rate in self.learning_rates]

    def among(self, axis: str, texts: Iterable[str]) -> dict[int, Any]:
        """Return the values of an axis that texts stand for, by the texts' places.

        After such a text an empty one stands for the same, as where cells were joined.
        """
        values = self.batch_sizes if axis == BATCH else self.learning_rates
        found: dict[int, Any] = {}
        for place, text in enumerate(texts):
            header = read_header(text)
            same = [value for value in values if axis in header and _same(value, header[axis])]
            if same:
                found[place] = same[0]
            elif not text.strip() and place - 1 in found:
                found[place] = found[place - 1]
        return found

    def __str__(self) -> str:
        sizes, rates = (map(number, values) for values in (self.batch_sizes, self.learning_rates))
        return f"batch sizes {', '.join(sizes)} and learning rates {', '.join(rates)}"


def _same(value: float | None, given: float | None) -> bool:
    if value is None or given is None:
        return value is given
    return abs(value - given) <= 1e-9 * value


@dataclass(frozen=True)
class StudentsTable:
    """A table that was found: those of the expected cells that it has."""

    entries: Mapping[Cell, CellEntry]
    layout: Text  # and which of the file's tables it is
    remarks: Sequence[Text] = field(default_factory=list)  # on how it was read

    @property
    def n_filled(self) -> int:
        """The number of cells that tell of a trial."""
        return sum(entry.tells for entry in self.entries.values())


_LAYOUT = Text("batch sizes down, learning rates across", "批大小为行、学习率为列")

NO_TABLE = StudentsTable({}, _LAYOUT)
"""What a layout returns for a grid that can't be read so."""


def _crossing(grid: Grid, asked: ExpectedTable) -> StudentsTable:
    """Read a grid by the row and the column of headers that have most of the expected ones."""
    heads = [asked.among(RATE, row) for row in grid]
    sides = [asked.among(BATCH, column) for column in zip(*grid, strict=True)]

    def n_cells(place: tuple[int, int]) -> int:
        r, c = place
        rates = {rate for j, rate in heads[r].items() if j != c}
        return len(rates) * len({size for i, size in sides[c].items() if i != r})

    places = [
        (r, c) for r, head in enumerate(heads) if head for c, side in enumerate(sides) if side
    ]
    if not places:
        return NO_TABLE
    r, c = max(places, key=n_cells)
    rows = {i: s for i, s in sides[c].items() if i != r and not _aside(grid[i][c : c + 2])}
    columns = {
        j: rate
        for j, rate in heads[r].items()
        if j != c and not _aside(row[j] for row in grid[r : r + 2])
    }
    found = _gathered(
        ((size, rate), grid[i][j]) for i, size in rows.items() for j, rate in columns.items()
    )
    others = _others(grid, (r, c), rows, columns)
    return replace(found, remarks=[*found.remarks, *others])


def _aside(names: Iterable[str]) -> bool:
    """Return whether a row or a column holds something other than epochs and accuracies."""
    return any(_ASIDE.search(plain(name)) for name in names)


def _others(
    grid: Grid, corner: tuple[int, int], rows: Mapping[int, Any], columns: Mapping[int, Any]
) -> list[Text]:
    """Name headers beside the expected ones, if there is something in their cells."""
    r, c = corner
    sizes = {i: read_header(row[c]).get(BATCH) for i, row in enumerate(grid) if i not in rows}
    rates = {j: read_header(text).get(RATE) for j, text in enumerate(grid[r]) if j not in columns}
    named = [
        f"batch size {size:g}"
        for i, size in sizes.items()
        if size
        and size.is_integer()
        and any(read_entry(grid[i][j]).tells for j in columns if i != r)
    ]
    named += [
        f"learning rate {rate:g}"
        for j, rate in rates.items()
        if rate and j != c and any(read_entry(grid[i][j]).tells for i in rows)
    ]
    words = Text("not part of the expected table: {names}", "表中还有未要求的：{names}")
    return [words.fill(names=", ".join(named))] if named else []


def _transposed(grid: Grid, asked: ExpectedTable) -> StudentsTable:
    turned = _crossing([list(column) for column in zip(*grid, strict=True)], asked)
    return replace(
        turned, layout=Text("learning rates down, batch sizes across", "学习率为行、批大小为列")
    )


def _listed(grid: Grid, asked: ExpectedTable) -> StudentsTable:
    """Read a grid that has a row for each combination, under a row with the columns' names."""
    for r, names in enumerate(grid):
        columns = {
            axis: [c for c, name in enumerate(names) if axes_named(name) == {axis}]
            for axis in (BATCH, RATE)
        }
        told = [c for words in (_EPOCHS, _ACCURACY) for c in _named(names, words)]
        if not (columns[BATCH] and columns[RATE] and told):
            continue
        below = grid[r + 1 :]
        sizes = asked.among(BATCH, (row[columns[BATCH][0]] for row in below))
        rates = asked.among(RATE, (row[columns[RATE][0]] for row in below))
        found = _gathered(
            ((sizes[i], rates[i]), " / ".join(row[c] for c in told))
            for i, row in enumerate(below)
            if i in sizes and i in rates
        )
        return replace(found, layout=Text("a row for each combination", "每行一个组合"))
    return NO_TABLE


def _named(names: Sequence[str], words: re.Pattern[str]) -> list[int]:
    """Return the first column of such a name, preferring one of the test set, if there is one."""
    fitting = [c for c, name in enumerate(names) if words.search(plain(name))]
    of_test = [c for c in fitting if re.search("test|测试", names[c], re.IGNORECASE)]
    return (of_test or fitting)[:1]


def _gathered(cells: Iterable[tuple[Cell, str]]) -> StudentsTable:
    """Read the cells' texts; epochs and accuracy of a cell may stand apart.

    Of a cell that stands there twice the first one counts.
    """
    entries: dict[Cell, CellEntry] = {}
    twice = set()
    for cell, text in cells:
        entry, before = read_entry(text), entries.get(cell)
        if before is None or before.is_empty:
            entries[cell] = entry
        elif (joined := before.joined(entry)) is not None:
            entries[cell] = joined
        elif before.tells and entry.tells:
            twice.add(cell)
    remark = Text(
        "{n} combinations appear more than once; the first of each counts",
        "有 {n} 个组合出现了不止一次，以第一次为准",
    ).fill(n=len(twice))
    return StudentsTable(entries, _LAYOUT, [remark] if twice else [])


LAYOUTS = (_listed, _crossing, _transposed)
"""The layouts; where two of them give as many cells, the earlier one is taken."""
