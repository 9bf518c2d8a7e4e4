"""The layouts in which a block of text can be a table of batch sizes × learning rates.

Headers cross, one axis down and another across; or there is a row for each combination, under
names of columns; or each line names all that it says. A header that is no value of an axis, and no
name that is known, stands for nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations, product
from typing import Any, NamedTuple

from reports.check.phrases import (
    ACCURACY,
    AXES,
    BATCH,
    EPOCHS,
    HIDDEN,
    MEASURED,
    OTHER,
    RATE,
    CellEntry,
    Phrase,
    entry_of,
    read_entry,
    read_phrase,
)
from reports.check.text_grids import Block
from reports.words import WORDS, Text, axis_value, joined, number

Cell = tuple[int | None, float]
Coordinates = Mapping[str, Any]

_LEFT, _TOP = 5, 25
"""Headers stand in one of so many first columns and rows."""

_MOST_NAMED = 6

_TITLE = 16
"""A line above a table that is shorter, or a heading, says what its cells are."""

_HIDDEN_UNITS = re.compile(
    r"(?<!\d)(\d{1,4}) ?(?:hidden units|个隐[层藏]?神经元)"
    r"|(?:hidden units|隐[层藏]?神经元数?)[ =:：]{1,3}(\d{1,4})(?!\d)",
    re.IGNORECASE,
)
_CAPTION = 1000
"""What a caption, of any length up to here, may say of the number of hidden units."""


@dataclass(frozen=True)
class ExpectedTable:
    """The axes of the expected table, of one number of hidden units."""

    batch_sizes: Sequence[int | None]
    learning_rates: Sequence[float]
    n_hidden: int = 4

    @property
    def values(self) -> Mapping[str, Sequence[float | None]]:
        """The values of each axis."""
        sizes, rates = self.batch_sizes, self.learning_rates
        return {BATCH: sizes, RATE: rates, HIDDEN: [self.n_hidden]}

    @property
    def varied(self) -> set[str]:
        """The axes of which a table must tell the value, for there are several."""
        return {axis for axis, values in self.values.items() if len(values) > 1}

    @property
    def cells(self) -> list[Cell]:
        """All cells, row by row."""
        return [(size, rate) for size in self.batch_sizes for rate in self.learning_rates]

    def cell(self, at: Coordinates) -> Cell | None:
        """Return the cell at some values of axes, or None if it isn't expected."""
        found: dict[str, Any] = {}
        for axis, values in self.values.items():
            same = [value for value in values if axis not in at or _same(value, at[axis])]
            if len(same) != 1:
                return None
            found[axis] = same[0]
        return (found[BATCH], found[RATE]) if at else None

    def among(self, axis: str, phrases: Iterable[Phrase], *, bare: bool) -> "_Headers":
        """Return the values of an axis that phrases stand for.

        After such a phrase an empty one stands for the same, as where cells were joined.
        """
        found = _Headers(axis, {}, {})
        for place, phrase in enumerate(phrases):
            for given in phrase.values(axis, bare=bare):
                same = [value for value in self.values[axis] if _same(value, given)]
                (found.expected if same else found.others)[place] = (same or [given])[0]
            if not phrase.text and place - 1 in found.expected:
                found.expected[place] = found.expected[place - 1]
        return found

    def __str__(self) -> str:
        sizes, rates = (map(number, values) for values in (self.batch_sizes, self.learning_rates))
        return f"batch sizes {', '.join(sizes)} and learning rates {', '.join(rates)}"


def _same(value: float | None, given: float | None) -> bool:
    if value is None or given is None:
        return value is given
    return abs(value - given) <= 1e-9 * value


class _Headers(NamedTuple):
    """What headers stand for, by place: values of an axis that are expected, and others."""

    axis: str
    expected: dict[int, Any]
    others: dict[int, Any]

    @property
    def n_values(self) -> int:
        """The number of expected values."""
        return len(set(self.expected.values()))


@dataclass(frozen=True)
class StudentsTable:
    """A table that was found: those of the expected cells that it has."""

    entries: Mapping[Cell, CellEntry]
    layout: Text  # and which of the file's tables it is
    remarks: Sequence[Text] = field(default_factory=list)  # on how it was read
    problem: str = ""  # why it is none
    given: frozenset[str] = frozenset()  # axes of which a text above it tells the value

    @property
    def n_filled(self) -> int:
        """The number of cells that tell of a trial."""
        return sum(entry.tells for entry in self.entries.values())

    @property
    def unread(self) -> list[str]:
        """The texts that are not understood."""
        return [entry.text for entry in self.entries.values() if not entry.understood]


_ACROSS = Text("a row for each combination", "每行一个组合")
_DOWN = Text("a column for each combination", "每列一个组合")


def tables_of(block: Block, asked: ExpectedTable) -> Iterator[StudentsTable]:
    """Yield what a block can be read as, and why it can't be."""
    above = map(_HIDDEN_UNITS.findall, (block.caption[:_CAPTION], block.heading[:_CAPTION]))
    told = {int(a or b) for a, b in next(filter(None, above), ())}
    if told and asked.n_hidden not in told:
        problem = f"a table of {min(told)} hidden units, where {asked.n_hidden} were expected"
        yield StudentsTable({}, Text("", ""), problem=problem)
        return
    yield _named_lines(block.lines, asked)
    if len(block.rows) > 1:
        grid = _Grid(block, asked)
        yield grid.listed()
        if len({*map(len, block.rows)}) == 1:
            turned = block._replace(rows=[list(column) for column in zip(*block.rows, strict=True)])
            yield _Grid(turned, asked).listed(_DOWN)
        for down, across in permutations(AXES, 2):
            if asked.varied <= {down, across}:
                yield from grid.crossing(down, across)


def _named_lines(lines: Sequence[str], asked: ExpectedTable) -> StudentsTable:
    """Read lines that name the values of the axes, and what came of them."""
    found = _Entries(asked, Text("a line for each combination", "每行一个组合"))
    for phrase in map(read_phrase, lines):
        at = {number.name: number.value for number in phrase.numbers if number.name in AXES}
        found.add(at | ({BATCH: None} if phrase.full else {}), entry_of(phrase.without_axes()))
    return found.table()


class _Grid:
    """A block's cells as phrases, in rows of one length."""

    def __init__(self, block: Block, asked: ExpectedTable) -> None:
        width = max(map(len, block.rows))
        self._lengths = [len(row) for row in block.rows]
        self._texts = [row + [""] * (width - len(row)) for row in block.rows]
        self._phrases = [[read_phrase(text) for text in row] for row in self._texts]
        self._asked, self._measured = asked, _measured_above(block)
        self._given = _given_above(block)

    def _entry(self, i: int, j: int, head: int, measured: str) -> CellEntry:
        """Read a cell; in a row that is longer than the headers nobody knows what is what."""
        text = self._texts[i][j]
        surplus = self._texts[i][self._lengths[head] :]
        return CellEntry(text, understood=False) if any(surplus) else read_entry(text, measured)

    def listed(self, layout: Text = _ACROSS) -> StudentsTable:
        """Read a row for each combination, under a row with the columns' names."""
        found = _Entries(self._asked, layout)
        for r, names in enumerate(self._phrases[:-1]):
            axes = {n: c for n in AXES if (c := _column(names, {n})) is not None}
            told = {EPOCHS: {EPOCHS}, ACCURACY: {ACCURACY}, "": {EPOCHS, ACCURACY}}
            measured = {n: c for n, of in told.items() if (c := _column(names, of)) is not None}
            if not measured or not axes:
                continue
            given = {axis: v for axis, v in self._given.items() if axis not in axes}
            if lacking := self._asked.varied - axes.keys() - given.keys():
                words = f"a list in which no column is named {_words(lacking)}"
                found.problem = f"{words}; if it is the same in all rows, expect that value only"
                continue
            below = self._phrases[r + 1 :]
            headers = [
                self._asked.among(axis, (row[c] for row in below), bare=True)
                for axis, c in axes.items()
            ]
            for i in range(len(below)):
                at = {h.axis: h.expected[i] for h in headers if i in h.expected}
                for name, c in measured.items() if len(at) == len(axes) else ():
                    found.add(at | given, self._entry(r + 1 + i, c, r, name))
            return replace(found.table(headers), given=frozenset(self._asked.varied & given.keys()))
        return found.table()

    def crossing(self, down: str, across: str) -> Iterator[StudentsTable]:
        """Read headers that cross, at each place where they may do so."""
        among, columns = self._asked.among, list(zip(*self._phrases, strict=True))[:-1]
        heads = [among(across, row, bare=True).n_values for row in self._phrases[:-1][:_TOP]]
        sides = [among(down, column, bare=True).n_values for column in columns[:_LEFT]]
        for r, c in product(range(len(heads)), range(len(sides))):
            if heads[r] and sides[c]:
                corner = self._corner(r, c, down, across)
                if corner.rows.expected and corner.columns.expected:
                    yield self._crossed(corner)
        if max(heads) > 1 and not any(sides):
            below = self._texts[heads.index(max(heads)) + 1 :]
            first = next((row[0] for row in below if row[0]), "")
            words = f"values of {_words([across])} across, but before the rows {first[:40]!r}"
            problem = f"{words}, which is no expected {_words([down])}"
            yield StudentsTable({}, Text("", ""), problem=problem)

    def _corner(self, r: int, c: int, down: str, across: str) -> "_Corner":
        """Return what stands around a place; no headers where it isn't certain what they are.

        Numbers without a name are taken if no other axis is named around. If none is, they must be
        two at least each way, with nothing else among them.
        """
        corner, head = self._phrases[r][c], self._phrases[r][c + 1 :]
        side = [row[c] for row in self._phrases[r + 1 :]]
        above = [phrase for row in self._phrases[max(0, r - 2) : r] for phrase in row]
        other, kept = self._of_other_axis(r, c, {down, across})
        left = [p for row in self._phrases[r:] for j, p in enumerate(row[:c]) if j != other]
        names = set().union(*(phrase.names for phrase in (corner, *above, *left)))
        axes = names & set(AXES)
        bare = corner.is_complete and not corner.numbers and axes <= {down, across}
        rows = self._asked.among(down, side, bare=bare)
        columns = self._asked.among(across, head, bare=bare)
        is_named = axes or any(phrase.axes for phrase in (*side, *head))
        is_plain = all(phrase.values(down, bare=True) for phrase in (*side, *head) if phrase.text)
        is_sure = is_named or (is_plain and min(rows.n_values, columns.n_values) > 1)
        for headers in (rows, columns):
            if not is_sure or len(headers.others) > headers.n_values:
                headers.expected.clear()
        for i in {*rows.expected} - kept:
            del rows.expected[i]
        return _Corner(r, c, rows, columns, names & set(MEASURED) | self._measured)

    def _of_other_axis(self, r: int, c: int, axes: set[str]) -> tuple[int | None, set[int]]:
        """Return the column before the side that tells the value of an axis which doesn't cross.

        With it come the rows below `r` that are to be read: those of the expected value.
        """
        (axis,) = set(AXES) - axes
        column = _column(self._phrases[r][:c], {axis})
        below = self._phrases[r + 1 :]
        if column is None:
            return None, {*range(len(below))}
        return column, {
            *self._asked.among(axis, (row[column] for row in below), bare=True).expected
        }

    def _crossed(self, corner: "_Corner") -> StudentsTable:
        """Read the cells of headers that cross."""
        r, c, rows, columns, measured = corner
        words = Text("{down} down, {across} across", "{down}为行、{across}为列")
        layout = words.fill(down=WORDS[rows.axis], across=WORDS[columns.axis])
        found = _Entries(self._asked, layout)
        if measured == {OTHER}:
            found.problem = "cells of something else than epochs and accuracies of the test set"
            return found.table()
        named: set[str] = set()
        for i, down in rows.expected.items():
            for j, across in columns.expected.items():
                names = self._names_of(r + 1 + i, c + 1 + j, corner) or measured
                named |= names
                if OTHER not in names:
                    name = min(names) if len(names) == 1 else ""
                    entry = self._entry(r + 1 + i, c + 1 + j, r, name)
                    found.add({rows.axis: down, columns.axis: across}, entry)
        if not named and found.may_be_percentages:
            found.problem = "whole numbers that may be percentages or epochs; name what they are"
        return found.table([rows, columns])

    def _names_of(self, i: int, j: int, corner: "_Corner") -> set[str]:
        """Return what a cell holds, by its two headers and what is written beside them."""
        r, c = corner.row, corner.column
        phrases = [self._phrases[r][j], self._phrases[i][c]]
        if 0 not in corner.rows.expected and not any(p.numbers for p in self._phrases[r + 1]):
            phrases.append(self._phrases[r + 1][j])
        beside = [row[c + 1] for row in self._phrases[r + 1 :]]
        if 0 not in corner.columns.expected and not any(phrase.numbers for phrase in beside):
            phrases.append(self._phrases[i][c + 1])
        is_known = all(phrase.is_complete for phrase in phrases)
        return set().union(*(p.names for p in phrases)) & set(MEASURED) if is_known else {OTHER}


class _Corner(NamedTuple):
    """A place where headers cross, and what is named around: epochs, accuracies, other things."""

    row: int
    column: int
    rows: _Headers
    columns: _Headers
    measured: set[str]


def _measured_above(block: Block) -> frozenset[str]:
    """Return what a title above calls the cells; other texts count if they name one thing."""
    is_title = block.caption.startswith("#") or len(block.caption) < _TITLE
    for text, counts in ((block.caption, is_title), (block.heading, False)):
        if names := read_phrase(text).names & set(MEASURED):
            return names if counts or names in ({EPOCHS}, {ACCURACY}) else frozenset()
    return frozenset()


def _given_above(block: Block) -> Coordinates:
    """Return the one value of an axis that a text above names.

    What follows must be named too: `batch sizes 2, 5 and 10` are no value.
    """
    for text in (block.caption, block.heading):
        phrase = read_phrase(_HIDDEN_UNITS.sub("", text))
        if phrase.full and BATCH in phrase.names:
            return {BATCH: None}
        named = [number for number in phrase.numbers if number.name in (BATCH, RATE)]
        after = phrase.numbers[phrase.numbers.index(named[0]) :] if named else ()
        if len(named) == 1 and all(number.name for number in after):
            return {number.name: number.value for number in named}
    return {}


def _column(names: Sequence[Phrase], of: set[str]) -> int | None:
    """Return the one column of some names, of several that of the test set, or None."""
    is_one = [p.is_complete and p.names == of and not p.numbers for p in names]
    fitting = [c for c, fits in enumerate(is_one) if fits]
    of_test = [c for c in fitting if "test" in names[c].text.lower() or "测试" in names[c].text]
    return (of_test or fitting)[0] if 1 in (len(of_test), len(fitting)) else None


def _words(axes: Iterable[str]) -> str:
    return " and ".join(sorted(axis.replace("_", " ") for axis in axes))


class _Entries:
    """Collects the entries of the expected cells; what stands apart of one cell is joined."""

    def __init__(self, asked: ExpectedTable, layout: Text) -> None:
        self.problem = ""
        self._asked, self._layout = asked, layout
        self._cells: dict[Cell, CellEntry] = {}
        self._twice: set[Cell] = set()

    def add(self, at: Coordinates, entry: CellEntry) -> None:
        """Add an entry at some values of axes; it is left out if they are no expected cell."""
        if (cell := self._asked.cell(at)) is not None:
            before = self._cells.get(cell, CellEntry(""))
            self._cells[cell] = before.joined(entry)
            if before.understood and entry.understood and not self._cells[cell].understood:
                self._twice.add(cell)

    @property
    def may_be_percentages(self) -> bool:
        """Whether all entries are numbers such as 97, which are seldom epochs."""
        told = [entry for entry in self._cells.values() if entry.tells]
        are_two_digits = all(e.text.isdecimal() and 50 <= int(e.text) <= 100 for e in told)
        return are_two_digits and any(int(entry.text) % 50 for entry in told)

    def table(self, headers: Iterable[_Headers] = ()) -> StudentsTable:
        """Return the table, and remark on what stands twice and on other values of the axes."""
        twice = Text(
            "combinations with several different entries: {n}; none of these counts",
            "有 {n} 个组合出现了多次且内容不同，均不采用",
        ).fill(n=len(self._twice))
        others = [
            axis_value(each.axis, number(value))
            for each in headers
            for value in dict.fromkeys(each.others.values())
        ]
        words = Text("not part of the expected table: {names}", "表中还有未要求的：{names}")
        other = words.fill(names=joined(others[:_MOST_NAMED]))
        remarks = [*[twice] * bool(self._twice), *[other] * bool(others)]
        return StudentsTable(self._cells, self._layout, remarks, self.problem)
