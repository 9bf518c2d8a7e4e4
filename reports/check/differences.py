"""Where a file differs from what it should be: the row and the column, in words."""

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.words import Text, printable

TOLERANCE = 1e-6
"""Numbers that differ by less, relative to the larger one, are the same."""

_TINY = 1e-9  # so near to zero the relative difference means nothing
_LONGEST = 60  # characters of a line that are shown

MOST_NAMED = 5
"""If there are more differences of one kind, the others are counted."""

IN = Text("{place}: {fault}", "{place}：{fault}")


@dataclass(frozen=True)
class CheckResult:
    """One thing that was compared: what to add if it holds, and what differs."""

    what: Text
    found: Text | None = None
    faults: Sequence[Text] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.faults:
            found = self.found and _FOUND.fill(what=self.what, found=self.found)
            return f"{_HOLDS}  {found or self.what}"
        lines = [f"{_DIFFERS}  {self.what}", *(f"    {f}" for f in self.faults[:MOST_NAMED])]
        if len(self.faults) > MOST_NAMED:
            lines.append(f"    {_MORE.fill(n=len(self.faults) - MOST_NAMED)}")
        return "\n".join(lines)


_HOLDS, _DIFFERS = Text("✓ holds  ", "✓ 相符"), Text("✗ differs", "✗ 不符")
_FOUND = Text("{what}: {found}", "{what}：{found}")
_MORE = Text("and {n} more", "以及另外 {n} 处")


def is_same_number(a: float, b: float) -> bool:
    """Return whether two numbers are the same within `TOLERANCE`, or both are none."""
    return bool(np.isclose(a, b, rtol=TOLERANCE, atol=_TINY, equal_nan=True))


def _is_same_text(a: str, b: str) -> bool:
    try:
        return a == b or is_same_number(float(a), float(b))
    except ValueError:
        return False


def _instead(there: object, should: object) -> Text:
    shown = (_short(str(there)), _short(str(should)))
    return Text(f"{shown[0]} instead of {shown[1]}", f"{shown[0]}，应为 {shown[1]}")


def instead(name: str, there: object, should: object) -> Text:
    """Say what stands under a name, and what should."""
    what = _instead(there, should)
    return Text(f"{name} {what.en}", f"{name} {what.zh}")


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


# ---- CSV ----------------------------------------------------------------------------------------


def of_csv(
    there: str, should: str, naming: Collection[str], *, but: Collection[str] = ()
) -> list[Text]:
    """Compare two CSV texts: rows by their columns in `naming`, all columns but those in `but`."""
    if there == should:
        return []
    heads = [text.partition("\n")[0] for text in (there, should)]
    if heads[0] != heads[1]:
        return [_COLUMNS.fill(what=_instead(*(head or "-" for head in heads)))]
    try:
        theirs, mine = (_by_name(text, naming) for text in (there, should))
    except (ValueError, csv.Error):
        return [Text("its rows can't be read", "各行无法读取")]
    missing, extra = mine.index.difference(theirs.index), theirs.index.difference(mine.index)
    found = [_MISSING_ROW.fill(row=_row(mine.index.names, name)) for name in missing]
    found += [_OTHER_ROW.fill(row=_row(mine.index.names, name)) for name in extra]
    both = mine.index.intersection(theirs.index, sort=False)
    is_, must = theirs.reindex(both), mine.reindex(both)
    for row, column in np.argwhere((is_ != must).to_numpy()):
        name, pair = mine.columns[column], (is_.iat[row, column], must.iat[row, column])
        if name not in but and not _is_same_text(*map(str, pair)):
            names = _row(mine.index.names, both[row])
            found.append(_CELL.fill(row=names, column=name, what=_instead(*pair)))
    return found


def _by_name(text: str, naming: Collection[str]) -> pd.DataFrame:
    """Return a CSV's cells as text, the index the names of its rows; a number tells equal ones."""
    head, *rows = csv.reader(text.splitlines())
    last = len(head) - 1
    rows = [[*row[:last], ",".join(row[last:])] for row in rows]  # with all surplus cells
    frame = pd.DataFrame([row + [""] * (last + 1 - len(row)) for row in rows], columns=head)
    names = [column for column in frame if column in naming]
    again = frame.groupby(names).cumcount() if names else frame.index
    return frame.set_index([*names, pd.Index(again.astype(str))])


def _row(columns: Sequence[Any], name: Any) -> str:
    pairs = zip(columns, name, strict=True) if isinstance(name, tuple) else []
    words = [f"{c.replace('_', ' ')} {value}" for c, value in pairs if c and value]
    return ", ".join(words) or str(name)


_COLUMNS = Text("columns {what}", "列名 {what}")
_MISSING_ROW = Text("the row {row} is missing", "缺少行 {row}")
_OTHER_ROW = Text("the row {row} should not be there", "多出行 {row}")
_CELL = Text("row {row}, column {column}: {what}", "行 {row}，列 {column}：{what}")


# ---- documents ----------------------------------------------------------------------------------


def of_document(there: str, should: str) -> list[Text]:
    """Compare two documents line by line, and the lines of their tables cell by cell."""
    mine = should.splitlines()
    theirs = there.splitlines()[: 2 * len(mine) + 1]  # more of them would only take longer
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for place in range(max(b - a, d - c)):
            is_ = theirs[c + place] if c + place < d else ""
            must = mine[a + place] if a + place < b else ""
            found += _of_line(is_, must, c + place + 1, _header(mine, a + place))
    return found


def _header(lines: Sequence[str], place: int) -> list[str]:
    """Return the columns' names of the table that a line belongs to."""
    while 0 < place < len(lines) and lines[place - 1].startswith("|"):
        place -= 1
    return _cells(lines[place]) if place < len(lines) else []


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _of_line(is_: str, must: str, number: int, head: Sequence[str]) -> list[Text]:
    cells, wanted = _cells(is_), _cells(must)
    if is_.startswith("|") and must.startswith("|") and len(cells) == len(wanted) == len(head):
        return [
            _CELL.fill(row=wanted[0], column=column, what=_instead(a, b))
            for column, a, b in zip(head, cells, wanted, strict=True)
            if a != b
        ]
    if is_ and must:
        return [_LINE.fill(number=number, what=_instead(is_, must))]
    words = _OTHER_LINE if is_ else _MISSING_LINE
    return [words.fill(number=number, line=_short(is_ or must))] if (is_ or must).strip() else []


_LINE = Text("line {number}: {what}", "第 {number} 行：{what}")
_MISSING_LINE = Text("before line {number} is missing: {line}", "第 {number} 行前缺少：{line}")
_OTHER_LINE = Text("line {number} should not be there: {line}", "多出第 {number} 行：{line}")


# ---- arrays and values of JSON ------------------------------------------------------------------


def of_arrays(
    there: Mapping[str, NDArray[np.float64]], should: Mapping[str, NDArray[np.float64]]
) -> list[Text]:
    """Compare arrays by name, number by number; the first one of each that differs is named."""
    found = []
    for name, wanted in should.items():
        given = there.get(name)
        if given is None or given.dtype.kind not in "biuf" or given.shape != wanted.shape:
            shape = "-" if given is None else f"{given.shape} of {given.dtype}"
            found.append(
                _SHAPE.fill(name=name, what=_instead(shape, f"{wanted.shape} of {wanted.dtype}"))
            )
            continue
        same = np.isclose(given, wanted, rtol=TOLERANCE, atol=_TINY, equal_nan=True)
        if not same.all():
            place = tuple(int(i) for i in np.argwhere(~same)[0])
            at = ", ".join(str(i + 1) for i in place)
            what = _instead(f"{given[place]:.6g}", f"{wanted[place]:.6g}")
            found.append(_NUMBER.fill(name=name, at=at, n=int((~same).sum()), what=what))
    return found


_SHAPE = Text("{name}: shape {what}", "{name}：形状 {what}")
_NUMBER = Text(
    "{name}, at {at}: {what} (numbers that differ: {n})",
    "{name} 第（{at}）个：{what}（共 {n} 个数不同）",
)


def of_values(there: Any, should: Any, *, but: Collection[str] = (), place: str = "") -> list[Text]:
    """Compare what was read from JSON, at a place in the whole, without the names in `but`."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(there, dict) and isinstance(should, dict) and there.keys() == should.keys():
        pairs = [(name, name) for name in should if name not in but]
    elif isinstance(there, list) and isinstance(should, list) and len(there) == len(should):
        pairs = enumerate(range(len(should)), start=1)
    else:
        are_numbers = isinstance(there, int | float) and isinstance(should, int | float)
        is_same = there == should or (are_numbers and _is_same_text(str(there), str(should)))
        return [] if is_same else [instead(place, there, should)]
    found = []
    for name, key in pairs:
        inner = f"{place}, {name}" if place else str(name)
        found += of_values(there[key], should[key], but=but, place=inner)
    return found
