"""PDF: tables of text, ruled or aligned; read in a process with bounds of its own.

What a PDF unpacks to shows only as it is unpacked, so a process that may take so much memory and
time reads all PDF files, and is ended if one takes more. Text in pictures is not read.
"""

import io
import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import Any, NamedTuple

from reports.check.text_grids import Block, Part, Span, placed_blocks, unread
from reports.words import Text
from sweep.errors import SweepError

_SECONDS, _MEMORY = 12, 2**30
_MOST_PAGES, _MOST_CHARS, _MOST_LINES = 60, 20_000, 3000
_RAISED = 0.85
"""A sign smaller than this, beside a larger one, is a footnote or an exponent."""

_NUMBER = re.compile(r"(?<![\d.])\d+(?![\d.])")
_PAGE = re.compile(r"page|of|第|页|共|[\s/\-–—.,，]", re.IGNORECASE)
_HEADING = 1.1
"""A line larger than most by this factor is a heading."""


def pdf_blocks(content: bytes) -> list[Block]:
    """Return the blocks of a PDF, page by page."""
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    executor = get_reusable_executor(max_workers=1, initializer=_bound, timeout=60)
    try:
        pages = executor.submit(_pages, content).result(_SECONDS)
    except (TimeoutError, TerminatedWorkerError, MemoryError) as error:
        executor.shutdown(kill_workers=True)
        raise SweepError(f"it takes more than {_SECONDS} s or {_MEMORY:,} bytes to read") from error
    return placed_blocks(
        (part, Text(f"page {number}", f"第 {number} 页"))
        for number, parts in enumerate(_continued(pages), start=1)
        for part in parts
    )


def _continued(pages: list[list[Part]]) -> list[list[Part]]:
    """Join a table that ends a page with one of as many columns that begins the next."""
    pages = _without_margins(pages)
    last = None
    for page in pages:
        if last is not None and page and _goes_on(page[0], last[0]):
            rows = page.pop(0)
            last += rows[rows[0] == last[0] :]
        if page:
            last = page[-1] if isinstance(page[-1], list) else None
    return pages


def _goes_on(part: Part, head: Sequence[Span]) -> bool:
    """Return whether a part is a table like that of a head, but not another with other corner."""
    if not isinstance(part, list) or len(part[0]) != len(head):
        return False
    return bool(part[0] == head or part[0][1:] != head[1:])


def _without_margins(pages: list[list[Part]]) -> list[list[Part]]:
    """Leave out the numbers of pages, and what else stands at the same edge of all of several."""
    pages = [list(page) for page in pages]
    for edge in (0, -1):
        lines = [_edge(page, edge, n, len(pages)) for n, page in enumerate(pages, start=1)]
        is_on_all = len(pages) > 1 and len({*lines}) == 1
        for page, line in zip(pages, lines, strict=True):
            if line is not None and (is_on_all or not _PAGE.sub("", line)):
                kept = str(page[edge]).splitlines()
                kept.pop(edge)
                page[edge : edge + 1 or None] = ["\n".join(kept)] * bool(kept)
    return pages


def _edge(page: list[Part], edge: int, number: int, n_pages: int) -> str | None:
    """Return the line at an edge of a page, without the numbers of this and of all pages."""
    part = page[edge] if page else []
    if not isinstance(part, str) or not part:
        return None
    own = (str(number), str(n_pages))
    return _NUMBER.sub(lambda m: "" if m[0] in own else m[0], part.splitlines()[edge])


def _bound() -> None:
    """Let this process have no more memory than it should need, where systems can tell it so."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _pages(content: bytes) -> list[list[Part]]:
    """Return the parts of each page; what goes wrong is told without objects of libraries."""
    import logging

    import pdfplumber

    logging.disable()
    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            if len(document.pages) > _MOST_PAGES:
                raise SweepError(f"it has more than {_MOST_PAGES} pages")
            pages = [list(_parts(page)) for page in document.pages]
    except (SweepError, MemoryError):
        raise
    except Exception as error:  # whatever a broken file makes the reader raise
        words = "a password" if "assword" in repr(error) else "something damaged or too large"
        raise SweepError(f"the reader stopped at {words}") from None
    if not any(pages):
        raise SweepError("it has no text, only pictures")
    return pages


class _Word(NamedTuple):
    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float


def _parts(page: Any) -> Iterator[Part]:
    """Yield the texts and tables of a page from its top to its bottom."""
    if len(page.chars) > _MOST_CHARS:
        raise SweepError(f"it has more than {_MOST_CHARS:,} signs on a page")
    words = [
        _Word(w["text"], w["x0"], w["x1"], w["top"], w["bottom"], w["size"])
        for w in page.extract_words(extra_attrs=["size"], x_tolerance_ratio=0.15)
    ]
    usual = median([word.size for word in words] or [0])
    tables = page.find_tables() if len(page.edges) < _MOST_LINES else []
    found: list[tuple[float, Part]] = []
    for table in tables:
        inside = [word for word in words if _is_in(word, table.bbox)]
        words = [word for word in words if word not in inside]
        found.append((table.bbox[1], _ruled(table.cells, inside)))
    starts = [top for top, _ in found]
    for _, lines in groupby(_lines(words), lambda line: bisect(starts, line[0].top)):
        found += _aligned(list(lines), usual)
    yield from (part for _, part in sorted(found, key=lambda pair: pair[0]))


def _is_in(word: _Word, box: Sequence[float]) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _ruled(boxes: Sequence[Sequence[float]], words: list[_Word]) -> list[list[Span]]:
    """Return the rows of a table with lines between cells, each written into all it covers."""
    lefts, tops = (sorted({round(box[side], 1) for box in boxes}) for side in (0, 1))
    texts = {
        tuple(box): "\n".join(map(_joined, _lines([w for w in words if _is_in(w, box)])))
        for box in boxes
    }

    def at(x: float, y: float) -> str:
        covering = (b for b in texts if b[0] <= x < b[2] and b[1] <= y < b[3])
        return next((texts[box] for box in covering), "")

    return [[Span(at(left + 1, top + 1)) for left in lefts] for top in tops]


def _lines(words: list[_Word]) -> list[list[_Word]]:
    """Return words in lines, from left to right; what is raised belongs to its line."""
    lines: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: (-word.size, word.top)):
        middle = (word.top + word.bottom) / 2
        for line in lines:
            if line[0].top <= middle <= line[0].bottom:
                line.append(word)
                break
        else:
            lines.append([word])
    return [sorted(line, key=lambda w: w.left) for line in sorted(lines, key=lambda ws: ws[0].top)]


def _joined(words: Sequence[_Word]) -> str:
    """Write the words of a line with spaces where there are some, and mark what is raised."""
    largest = max((word.size for word in words), default=0)
    text = ""
    for before, word in zip([None, *words], words, strict=False):
        is_apart = before is not None and word.left - before.right > 0.1 * largest
        is_raised = word.size < _RAISED * largest
        text += " " * is_apart + (f"<sup>{word.text}</sup>" if is_raised else word.text)
    return text


def _chunks(line: list[_Word]) -> list[list[_Word]]:
    """Cut a line at gaps that are wider than between words."""
    chunks = [[line[0]]]
    for word in line[1:]:
        is_far = word.left - chunks[-1][-1].right > max(word.size, chunks[-1][-1].size)
        chunks += [[word]] if is_far else []
        if not is_far:
            chunks[-1].append(word)
    return chunks


def _aligned(lines: list[list[_Word]], usual: float) -> Iterator[tuple[float, Part]]:
    """Yield texts, and tables of lines that are cut where all of them have a gap."""
    cut = [_chunks(line) for line in lines]
    for is_table, run in groupby(range(len(cut)), lambda i: _is_row(cut, i)):
        rows = [cut[i] for i in run]
        top = rows[0][0][0].top
        if is_table and len(rows) > 1:
            yield top, _grid(rows)
        else:
            yield top, "\n".join(_text(chunks, usual) for chunks in rows)


def _is_row(cut: list[list[list[_Word]]], i: int) -> bool:
    """Return whether a line is a row: it has gaps, or only its first cell is not empty."""
    if len(cut[i]) != 1 or not 0 < i < len(cut) - 1:
        return len(cut[i]) > 1
    above, line, below = cut[i - 1 : i + 2]
    (chunk,), tops = line, [row[0][0].top for row in (above, line, below)]
    apart = sorted((tops[1] - tops[0], tops[2] - tops[1]))
    is_in_column = any(
        row[0][0].left - 1 <= chunk[0].left and chunk[-1].right <= row[0][-1].right + 1
        for row in (above, below)
    )
    return min(len(above), len(below)) > 1 and is_in_column and apart[1] < 1.2 * apart[0]


def _text(chunks: list[list[_Word]], usual: float) -> str:
    is_heading = all(word.size > _HEADING * usual for chunk in chunks for word in chunk)
    return "# " * is_heading + "   ".join(map(_joined, chunks))


def _grid(rows: list[list[list[_Word]]]) -> list[list[Span]]:
    """Put chunks into the columns that all rows have; two in one column are not read."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((chunk[0].left, chunk[-1].right) for row in rows for chunk in row):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    found = []
    for row in rows:
        in_columns = [
            [_joined(chunk) for chunk in row if left <= chunk[0].left <= right]
            for left, right in columns
        ]
        found.append([Span(f" {unread('beside')} ".join(texts)) for texts in in_columns])
    return found
