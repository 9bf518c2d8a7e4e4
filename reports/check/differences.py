"""Where a file differs from what it should be: the row and the column, in words."""

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports.words import Text

TOLERANCE = 1e-6
"""Numbers that differ by less, relative to the larger one, are the same."""

_TINY = 1e-9  # so near to zero the relative difference means nothing
_LONGEST = 60  # characters of a line that are shown


def is_same_number(a: float, b: float) -> bool:
    """Return whether two numbers are the same within `TOLERANCE`, or both are none."""
    if not (np.isfinite(a) and np.isfinite(b)):
        return bool(a == b or (np.isnan(a) and np.isnan(b)))
    return bool(abs(a - b) <= TOLERANCE * max(abs(a), abs(b)) + _TINY)


def _is_same_text(a: str, b: str) -> bool:
    if a == b:
        return True
    try:
        return is_same_number(float(a), float(b))
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
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


# ---- CSV ----------------------------------------------------------------------------------------


def of_csv(
    there: str, should: str, naming: Collection[str], *, but: Collection[str] = ()
) -> list[Text]:
    """Compare two CSV texts, by the names of rows and columns.

    Parameters
    ----------
    there, should : str
        What is in the file, and what ought to be.
    naming : collection of str
        Columns that say which row it is.
    but : collection of str
        Columns that may differ.
    """
    heads = [_parsed(text.splitlines()[:1]) for text in (there, should)]
    if heads[0] != heads[1]:
        shown = [",".join(head[0]) if head else "-" for head in heads]
        return [_COLUMNS.fill(what=_instead(*shown))]
    head = heads[0][0] if heads[0] else []
    lines = [Counter(text.splitlines()[1:]) for text in (there, should)]  # most are the same
    places = [place for place, name in enumerate(head) if name in naming]
    theirs = _by_name(_parsed((lines[0] - lines[1]).elements()), places)
    mine = _by_name(_parsed((lines[1] - lines[0]).elements()), places)
    found = [_MISSING_ROW.fill(row=_row(head, places, name)) for name in mine if name not in theirs]
    found += [_OTHER_ROW.fill(row=_row(head, places, name)) for name in theirs if name not in mine]
    for name in [name for name in mine if name in theirs]:
        row = _row(head, places, name)
        if len(theirs[name]) != len(mine[name]):
            found.append(_CELLS.fill(row=row, what=_instead(len(theirs[name]), len(mine[name]))))
        for column, is_, must in zip(head, theirs[name], mine[name], strict=False):
            if column not in but and not _is_same_text(is_, must):
                found.append(_CELL.fill(row=row, column=column, what=_instead(is_, must)))
    return found


def _parsed(lines: Iterable[str]) -> list[list[str]]:
    return list(csv.reader(lines))


def _by_name(rows: Iterable[list[str]], naming: Sequence[int]) -> dict[tuple[str, ...], list[str]]:
    """Return rows by their names, and by a number for those that have the same."""
    found: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        name = tuple(row[place] for place in naming if place < len(row))
        again = 0
        while (key := (*name, str(again)) if again or not name else name) in found:
            again += 1
        found[key] = row
    return found


def _row(head: Sequence[str], naming: Sequence[int], name: tuple[str, ...]) -> str:
    words = [
        f"{head[place].replace('_', ' ')} {value}"
        for place, value in zip(naming, name, strict=False)
        if value  # parts of a run may have different axes
    ]
    return ", ".join(words) or " ".join(name)


_COLUMNS = Text("columns {what}", "列名 {what}")
_MISSING_ROW = Text("the row {row} is missing", "缺少行 {row}")
_OTHER_ROW = Text("the row {row} should not be there", "多出行 {row}")
_CELLS = Text("row {row}: cells: {what}", "行 {row}：格数 {what}")
_CELL = Text("row {row}, column {column}: {what}", "行 {row}，列 {column}：{what}")


# ---- documents ----------------------------------------------------------------------------------


def of_document(there: str, should: str) -> list[Text]:
    """Compare two documents line by line, and the lines of their tables cell by cell."""
    mine, theirs = should.splitlines(), there.splitlines()
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
    if not is_:
        return [_MISSING_LINE.fill(number=number, line=_short(must))] if must.strip() else []
    if not must:
        return [_OTHER_LINE.fill(number=number, line=_short(is_))] if is_.strip() else []
    return [_LINE.fill(number=number, what=_instead(is_, must))]


_LINE = Text("line {number}: {what}", "第 {number} 行：{what}")
_MISSING_LINE = Text("before line {number} is missing: {line}", "第 {number} 行前缺少：{line}")
_OTHER_LINE = Text("line {number} should not be there: {line}", "多出第 {number} 行：{line}")


# ---- arrays -------------------------------------------------------------------------------------


def of_arrays(
    there: Mapping[str, NDArray[np.float64]], should: Mapping[str, NDArray[np.float64]]
) -> list[Text]:
    """Compare arrays by name, number by number; the first one of each that differs is named."""
    found = []
    for name, wanted in should.items():
        given = there.get(name)
        if given is None or given.shape != wanted.shape:
            shape = "-" if given is None else given.shape
            found.append(_SHAPE.fill(name=name, what=_instead(shape, wanted.shape)))
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


# ---- values of JSON -----------------------------------------------------------------------------


def of_values(there: Any, should: Any, *, but: Collection[str] = (), place: str = "") -> list[Text]:
    """Compare what was read from JSON, whatever is in what; numbers within `TOLERANCE`.

    Parameters
    ----------
    there, should : JSON values
    but : collection of str
        Names of what may differ.
    place : str
        Where in the whole these values are.
    """
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(there, dict) and isinstance(should, dict) and there.keys() == should.keys():
        pairs = [(name, name) for name in should if name not in but]
    elif isinstance(there, list) and isinstance(should, list) and len(there) == len(should):
        pairs = enumerate(range(len(should)), start=1)
    elif there == should or _are_same_numbers(there, should):
        return []
    else:
        return [instead(place, there, should)]
    found = []
    for name, key in pairs:
        inner = f"{place}, {name}" if place else str(name)
        found += of_values(there[key], should[key], but=but, place=inner)
    return found


def _are_same_numbers(a: Any, b: Any) -> bool:
    return isinstance(a, int | float) and isinstance(b, int | float) and is_same_number(a, b)
