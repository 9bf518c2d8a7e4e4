"""Texts cut into blocks of lines, and blocks into cells: Markdown, CSV, columns of spaces."""

import csv
import re
from collections.abc import Iterable
from itertools import groupby, islice
from typing import NamedTuple

_BLOCKS, _ROWS, _COLUMNS = 1000, 200, 50
"""What is read of a text, of each block and of each row."""

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


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a text."""
    found: list[Block] = []
    caption = ""
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
            found.append(Block(lines, caption, [row[:_COLUMNS] for row in rows]))
            caption = lines[-1]
    return found


def _at_pipes(line: str) -> list[str]:
    cells = _PIPE.split(line)
    return cells[not cells[0].strip() : len(cells) - (not cells[-1].strip())]


def _at_delimiters(lines: list[str]) -> list[list[str]]:
    """Cut at the delimiter that is in most lines, or at spaces if all rows get one length."""
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
        if len({len(row) for row in rows}) == 1 and len(rows[0]) > 1:
            return rows
    return []


def _at_spaces(line: str, spaces: str | None) -> Iterable[str]:
    """Cut at two or more spaces, or at any; a slash joins what is around it."""
    if line[0].isspace():
        yield ""
    joined = "/".join(part.strip() for part in line.split("/"))
    yield from (part.strip() for part in joined.split(spaces) if part.strip())
