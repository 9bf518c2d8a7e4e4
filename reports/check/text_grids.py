"""Files cut into blocks, and blocks into cells: Markdown, CSV, columns of spaces, and grids."""

import csv
import re
from collections.abc import Iterable, Sequence
from itertools import groupby, islice, product
from typing import NamedTuple

from reports.words import Text
from sweep.errors import SweepError

_PARTS, _BLOCKS, _ROWS, _COLUMNS = 10_000, 1000, 200, 50
"""What is read of a file, of a text, of each block and of each row."""

_GRID_ROWS, _WIDTH, _MOST_CELLS = 1000, 1000, 200_000

NOWHERE = Text("", "")
"""The place of what fills a file."""

_PIPE = re.compile(r"(?<!\\)[|│┃]")
_BLANK = " ,;\t，；"
_NO_CELLS = f"{_BLANK}|:+-=─━┼╇╋"
"""A line of only the former separates blocks, one of only the latter is no row."""

_DELIMITERS = "\t;；，,"  # of two that are in as many lines, the former


class Block(NamedTuple):
    """Lines with no empty one between them; they belong to the line above, if there is one.

    `rows` are the cells of those lines that are rows of a table, each as many as its line has.
    """

    lines: list[str]
    caption: str
    rows: list[list[str]]
    place: Text = NOWHERE
    heading: str = ""  # the last one above, without its marks


class Span(NamedTuple):
    """What a cell of a file's own table shows, over how many columns and rows.

    Without a text it goes on with the cell above.
    """

    text: str | None
    across: int = 1
    down: int = 1


Part = str | Sequence[Sequence[Span]]
"""What a file consists of: texts, and tables as rows of cells."""


def unread(what: str) -> str:
    """Return what stands in a cell for something that isn't read, so that it isn't understood."""
    return f"⟨{what}⟩"


def blocks_in(parts: Iterable[Part]) -> list[Block]:
    """Return the blocks of a file's parts."""
    return placed_blocks((part, NOWHERE) for part in parts)


def placed_blocks(parts: Iterable[tuple[Part, Text]]) -> list[Block]:
    """Return the blocks of parts that have a place in a file; SweepError if it is too much."""
    found: list[Block] = []
    heading, caption, n_cells = "", "", 0
    for part, place in islice(parts, _PARTS):
        blocks = (
            blocks_of(part, caption) if isinstance(part, str) else _blocks_of_grid(part, caption)
        )
        for i, block in enumerate(blocks):
            own = [line.strip("# ") for line in block.lines if line.startswith("#")]
            heading = own[-1] if own else heading
            caption = block.lines[-1] if block.lines else ""
            blocks[i] = block._replace(place=place, heading=heading)
        n_cells += sum(len(row) for block in blocks for row in block.rows)
        if n_cells > _MOST_CELLS:
            raise SweepError(f"it has more than {_MOST_CELLS:,} cells")
        found += blocks
    return found


def _blocks_of_grid(rows: Sequence[Sequence[Span]], caption: str) -> list[Block]:
    """Cut a table at empty rows, and between tables side by side."""
    found = []
    for is_filled, part in groupby(_spread(rows), lambda row: any(map(str.strip, row))):
        if is_filled:
            block = list(part)
            texts = [" ".join(filter(None, row)) for row in block]
            if all(sum(map(bool, row)) == 1 for row in block):  # a text in one column
                found += blocks_of("\n".join(texts))
                caption = texts[-1]
            else:
                found += _tables([], caption, block)
                caption = ""
    return found


def _spread(rows: Sequence[Sequence[Span]]) -> list[list[str]]:
    """Write a cell into all places that it takes; a title over all columns into the first."""
    rows = rows[:_GRID_ROWS]
    at: dict[tuple[int, int], str] = {}
    for i, row in enumerate(rows):
        j = 0
        for text, across, down in row:
            while (i, j) in at:
                j += 1
            if j >= _COLUMNS:
                break
            shown = at.get((i - 1, j), "") if text is None else text
            last = j + (1 if len(row) == 1 else across)
            for place in product(range(i, min(i + down, len(rows))), range(j, min(last, _COLUMNS))):
                at.setdefault(place, shown)
            j = last
    width = 1 + max((j for _, j in at), default=0)
    return [[at.get((i, j), "") for j in range(width)] for i in range(len(rows))]


def _tables(lines: list[str], caption: str, rows: list[list[str]]) -> list[Block]:
    """Return the tables of rows; the first ones, if they have one text only, say what they are."""
    for row in rows[:-1]:
        texts = list(filter(None, map(str.strip, row)))
        if len(texts) > 1:
            break
        caption = texts[0] if texts else caption
    parts = _side_by_side(rows) if len({*map(len, rows)}) == 1 else [rows]
    return [Block(lines * (i == 0), caption, part) for i, part in enumerate(parts)]


def _side_by_side(rows: list[list[str]]) -> list[list[list[str]]]:
    """Cut where the headers of the rows stand once more, or most of them after an empty column."""
    columns = [[text.strip() for text in column] for column in zip(*rows, strict=True)]
    filled = [j for j, column in enumerate(columns) if any(column)]
    if not filled:
        return [rows]
    starts, side = [j for j in filled if j - 1 not in filled], columns[filled[0]]
    is_sure = len({*side[1:]} - {""}) > 1
    own = [
        j
        for j in filled[1:]
        if (is_sure and columns[j][1:] == side[1:])
        or (j in starts and len({*columns[j]} & {*side} - {""}) > 1)
    ]
    ends = [*own, len(columns)]
    return [
        [row[start:end] for row in rows] for start, end in zip([starts[0], *own], ends, strict=True)
    ]


def blocks_of(text: str, caption: str = "") -> list[Block]:
    """Return the blocks of a text under some caption."""
    found: list[Block] = []
    parts = groupby(text.splitlines(), lambda line: bool(line.strip(_BLANK)))
    for is_filled, part in islice(parts, 2 * _BLOCKS):
        if is_filled:
            lines = list(islice(part, _ROWS))
            cut = [line for line in lines if line.strip(_NO_CELLS)]
            piped = [len(_PIPE.findall(line)) > 1 for line in cut]
            if sum(piped) > 1:
                start = piped.index(True)
                rows = [_at_pipes(line) for line, is_row in zip(cut, piped, strict=True) if is_row]
                caption = cut[start - 1] if start else caption
            else:
                rows = _at_delimiters(cut)
            found += _tables(lines, caption, [row[:_COLUMNS] for row in rows])
            caption = "" if piped and piped[-1] else lines[-1]
    return found


def _at_pipes(line: str) -> list[str]:
    cells = _PIPE.split(line)
    return cells[not cells[0].strip() : len(cells) - (not cells[-1].strip())]


def _at_delimiters(lines: list[str]) -> list[list[str]]:
    """Cut at columns, at the delimiter that most lines have, or at spaces if all get one length."""
    if rows := _at_columns(lines):
        return rows
    n_lines = {mark: sum(mark in line for line in lines) for mark in _DELIMITERS}
    delimiter = max(n_lines, key=n_lines.__getitem__)
    if 2 * n_lines[delimiter] > len(lines):
        with_ends = (f"{line}\n" for line in lines)  # for cells of several lines
        try:
            return list(csv.reader(with_ends, delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            return []
    for spaces in ("  ", None):
        rows = [list(_at_spaces(line, spaces)) for line in lines]
        if len(rows) > 2 and len(rows[1]) == 1:  # the name of an index, as pandas prints it
            rows[1] += [""] * (len(rows[0]) - 1)
        if len({len(row) for row in rows}) == 1 and len(rows[0]) > 1:
            return rows
    return []


def _at_columns(lines: list[str]) -> list[list[str]]:
    """Cut what is aligned at the right, as pandas prints it, where all lines have a space.

    What has nothing above or nothing below it belongs to the column at its right.
    """
    ends = [len(line.rstrip()) for line in lines]
    width = max(ends, default=0)
    last = {line.rstrip().rfind(" ") for line in lines}
    is_right = len(last) > 1 or any(line[0].isspace() for line in lines)
    is_even = len(ends) > 2 and ends[0] == width and 2 * ends.count(width) > len(ends)
    if not is_right or not is_even or width > _WIDTH:
        return []
    lines = [line[:width].ljust(width) for line in lines]
    is_filled = [any(map(str.strip, signs)) for signs in zip(*lines, strict=True)]
    starts = [j for j in range(width) if is_filled[j] and not (j and is_filled[j - 1])]
    between = list(zip(starts, [*starts[1:], width], strict=True))
    rows = [[line[start:end].strip() for start, end in between] for line in lines]
    for j in reversed(range(len(starts) - 1)):
        if (j and not rows[0][j]) or not any(row[j] for row in rows[1:]):
            rows = [[*row[:j], f"{row[j]} {row[j + 1]}".strip(), *row[j + 2 :]] for row in rows]
    is_even = not any(row[-1] for row, end in zip(rows, ends, strict=True) if end < width)
    return rows if len(rows[0]) > 1 and is_even else []


def _at_spaces(line: str, spaces: str | None) -> Iterable[str]:
    """Cut at two or more spaces, or at any; a slash joins what is around it."""
    if line[0].isspace():
        yield ""
    joined = "/".join(part.strip() for part in line.split("/"))
    yield from (part.strip() for part in joined.split(spaces) if part.strip())
