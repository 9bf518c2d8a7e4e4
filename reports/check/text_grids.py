"""Files of text, in whatever encoding, cut into cells: Markdown, CSV, columns of spaces."""

import codecs
import csv
import os
import re
from collections.abc import Callable, Iterable
from itertools import groupby, islice
from pathlib import Path

from sweep.errors import SweepError

Grid = list[list[str]]
"""Rows of cells, all of one length."""

LARGEST = 500_000
"""Bytes of a file; no table of a homework is larger."""

Cut = Callable[[list[str]], list[list[str]]]

_BLOCKS, _ROWS, _COLUMNS = 1000, 200, 50
"""What is read of a file, and of each grid."""

_SLASH = re.compile(r" */ *")
_PIPE = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, UTF-16 or GBK, as editors and Excel write it.

    SweepError if it can't be read, or is no text.
    """
    try:
        if not path.is_file():
            raise SweepError(f"{path} is no file; give a CSV or a Markdown file with a table.")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise SweepError(f"{path} can't be read: {os.strerror(error.errno or 0)}.") from error
    if not content.strip():
        raise SweepError(f"{path} is empty.")
    if len(content) > LARGEST:
        raise SweepError(f"{path} has more than {LARGEST} bytes; no table is that large.")
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SweepError(
        f"{path} is no text in UTF-8, UTF-16 or GBK; if it comes from Excel or Word, save the "
        "table as CSV."
    )


def _encodings(content: bytes) -> Iterable[str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    if b"\0" in content[:2]:
        return ("utf-16-be",)
    if b"\0" in content:
        return ("utf-16-le",)
    return ("utf-8-sig", "gb18030")


def grids_of(text: str) -> list[list[list[Grid]]]:
    """Return the grids that may be a table, for each way of cutting and each block of lines.

    The ways to cut lines into cells are as Markdown, at the usual delimiters and at spaces, the
    most credible first. A block has no empty line in it.
    """
    blocks = _blocks(text.splitlines())
    return [[[g for cut in cuts if (g := _grid(cut(b)))] for b in blocks] for cuts in _CUTS]


def _blocks(lines: Iterable[str]) -> list[list[str]]:
    """Return the runs of lines that have more than delimiters in them."""
    parts = groupby(lines, lambda line: bool(line.strip(" ,;\t，；")))
    return [list(block) for is_filled, block in islice(parts, 2 * _BLOCKS) if is_filled]


def _markdown(block: list[str]) -> list[list[str]]:
    rows = []
    for line in block:
        if "|" in line and not _RULE.fullmatch(line):
            bare = line.strip().removeprefix("|")
            rows.append(_PIPE.split(bare[:-1] if bare.endswith("|") else bare))
    return rows


def _at(delimiter: str) -> Cut:
    def cut(block: list[str]) -> list[list[str]]:
        lines = (f"{line}\n" for line in block)  # for cells of several lines
        try:
            return list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            return []

    return cut


def _by(spaces: str) -> Cut:
    return lambda block: [re.split(spaces, _SLASH.sub("/", line).rstrip()) for line in block]


_CUTS: list[list[Cut]] = [
    [_markdown],
    [_at(delimiter) for delimiter in ",;\t，；"],
    [_by(r"\s{2,}"), _by(r"\s+")],
]


def _grid(rows: Iterable[list[str]]) -> Grid:
    """Fill rows up to one length; empty if there is only one column."""
    some = [row[:_COLUMNS] for row in islice(rows, _ROWS)]
    width = max(map(len, some), default=0)
    return [row + [""] * (width - len(row)) for row in some] if width > 1 else []
