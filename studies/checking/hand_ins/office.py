"""Word and Excel files: archives of XML, checked before anything in them is parsed.

Nothing in them is run or followed: no macros, links, fields or formulas; of a formula the value is
read that was kept with it. Pictures are not read.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from reports.check.text_grids import Block, Part, Span, blocks_in, placed_blocks, unread
from reports.words import Text, printable
from sweep.errors import SweepError

_MOST_PARTS, _MOST_XML, _MOST_ELEMENTS, _MOST_MERGED = 2000, 20_000_000, 300_000, 20_000
_MOST_CELLS, _ROWS, _COLUMNS = 200_000, 1000, 50

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHOWN = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_PICTURES = {f"{_W}{name}" for name in ("drawing", "pict", "object", "sym")}
_NOT_SHOWN = {f"{_W}del", f"{_W}moveFrom"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def _parts(content: bytes) -> dict[str, bytes]:
    """Return the XML files of an archive by name, or refuse them as too much.

    Of other files there is no content: nothing of them is read. Office writes no document type, and
    only that could hold entities which grow or lead elsewhere.
    """
    found, left = {}, _MOST_XML
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if len(archive.infolist()) > _MOST_PARTS:
            raise SweepError(f"it has more than {_MOST_PARTS:,} parts")
        for member in archive.infolist():
            found[member.filename] = b""
            if member.filename.endswith((".xml", ".rels", ".vml")):
                left -= member.file_size
                if left < 0:
                    raise SweepError(f"it unpacks to more than {_MOST_XML:,} bytes of XML")
                found[member.filename] = archive.read(member)
    if any(b"<!DOCTYPE" in part.replace(b"\0", b"") for part in found.values()):
        raise SweepError("it declares a document type, which Office never writes")
    if sum(part.count(b"<") for part in found.values()) > _MOST_ELEMENTS:
        raise SweepError(f"it has more than {_MOST_ELEMENTS:,} elements")
    return found


def word_blocks(content: bytes) -> list[Block]:
    """Return the blocks of a .docx."""
    parts = _parts(content)
    if "word/document.xml" not in parts:
        raise SweepError("it is no Word document")
    body = ElementTree.fromstring(parts["word/document.xml"])  # noqa: S314 - checked above
    return blocks_in(_word_parts(body, _headings(parts.get("word/styles.xml"))))


def _headings(styles: bytes | None) -> set[str | None]:
    """Return the ids of headings, which have other names in each language of Word."""
    found = ElementTree.fromstring(styles) if styles else ()  # noqa: S314 - checked above
    names = {each.get(f"{_W}styleId"): each.find(f"{_W}name") for each in found}
    return {
        style
        for style, name in names.items()
        if name is not None and name.get(f"{_W}val", "").lower().startswith("heading")
    }


def _word_parts(node: Element, headings: set[str | None]) -> Iterator[Part]:
    """Yield the texts and tables below a node; tables in tables after these."""
    lines: list[str] = []
    for child in _below(node, {f"{_W}p", f"{_W}tbl"}):
        if child.tag == f"{_W}p":
            style = child.find(f"{_W}pPr/{_W}pStyle")
            is_heading = style is not None and style.get(f"{_W}val") in headings
            lines.append(f"{'# ' * is_heading}{_text(child)}")
        else:
            yield "\n".join(lines)
            lines = []
            yield [_word_row(row) for row in _below(child, {f"{_W}tr"})]
            for inner in child.iter(f"{_W}tbl"):
                if inner is not child:
                    yield [_word_row(row) for row in _below(inner, {f"{_W}tr"})]
    yield "\n".join(lines)


def _below(node: Element, tags: set[str]) -> Iterator[Element]:
    """Yield the outermost elements with some tags, in whatever they are wrapped."""
    for child in node:
        if child.tag in tags:
            yield child
        elif child.tag not in (_FALLBACK, *_NOT_SHOWN):
            yield from _below(child, tags)


def _word_row(row: Element) -> list[Span]:
    skipped = row.find(f"{_W}trPr/{_W}gridBefore")
    spans = [] if skipped is None else [Span("", _whole(skipped.get(f"{_W}val")))]
    for cell in _below(row, {f"{_W}tc"}):
        across = cell.find(f"{_W}tcPr/{_W}gridSpan")
        merged = cell.find(f"{_W}tcPr/{_W}vMerge")
        goes_on = merged is not None and merged.get(f"{_W}val") != "restart"
        paragraphs = [_text(p) for p in _below(cell, {f"{_W}p", f"{_W}tbl"})]
        text = "\n".join(filter(None, paragraphs))
        n_columns = 1 if across is None else _whole(across.get(f"{_W}val"))
        spans.append(Span(None if goes_on else text, n_columns))
    return spans


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 5 else 1


def _text(node: Element) -> str:
    """Return what a paragraph shows."""
    if node.tag == f"{_W}tbl":
        return unread("table")
    return "".join(map(_piece, node)).strip()


def _piece(node: Element) -> str:
    """Return what is shown of a part of a paragraph."""
    if node.tag in (_FALLBACK, *_NOT_SHOWN) or node.find(f"{_W}rPr/{_W}vanish") is not None:
        return ""
    if node.tag in _PICTURES:
        return unread("picture")
    if node.tag in (f"{_W}t", f"{_MATHS}t"):
        return node.text or ""
    if node.tag.startswith(_MATHS) and node.tag[len(_MATHS) :] not in ("oMath", "oMathPara", "r"):
        return "" if node.tag.endswith("Pr") else unread("formula")
    text = _SHOWN.get(node.tag) or "".join(map(_piece, node))
    raised = node.find(f"{_W}rPr/{_W}vertAlign")
    if text and raised is not None and raised.get(f"{_W}val") != "baseline":
        return f"<sup>{text}</sup>"
    is_struck = any(node.find(f"{_W}rPr/{_W}{name}") is not None for name in ("strike", "dstrike"))
    return unread(f"deleted {text}") if text and is_struck else text


def excel_blocks(content: bytes) -> list[Block]:
    """Return the blocks of an .xlsx, sheet by sheet; what is hidden is left out."""
    import openpyxl

    parts, checked = _parts(content), io.BytesIO()
    with zipfile.ZipFile(checked, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
            if b"mergeCell" in part.replace(b"\0", b""):
                _check_merged(part)
    with warnings.catch_warnings(action="ignore"):
        values, formulas = (
            openpyxl.load_workbook(checked, data_only=kept, rich_text=True)
            for kept in (True, False)
        )
    sheets = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible"]
    if sum(prod(_size(sheet)) for sheet in sheets) > _MOST_CELLS:
        raise SweepError(f"its sheets reach over more than {_MOST_CELLS:,} cells")
    return placed_blocks(
        (part, Text(f"sheet {_name(sheet)}", f"工作表 {_name(sheet)}"))
        for sheet in sheets
        for part in (f"# {_name(sheet)}", _sheet(sheet, formulas[sheet.title]))
    )


def _name(sheet: Any) -> str:
    return printable(sheet.title)[:40]


def _size(sheet: Any) -> tuple[int, int]:
    """Return the numbers of rows and columns of a sheet that are read."""
    return min(sheet.max_row, _ROWS), min(sheet.max_column, _COLUMNS)


def _check_merged(part: bytes) -> None:
    """Refuse merged cells that would be too many objects."""
    from openpyxl.utils import range_boundaries

    n_cells = 0
    for element in ElementTree.fromstring(part).iter():  # noqa: S314 - checked before
        if element.tag.endswith("}mergeCell"):
            left, top, right, bottom = (each or 0 for each in range_boundaries(element.get("ref")))
            n_cells += (right - left + 1) * (bottom - top + 1)
    if n_cells > _MOST_MERGED:
        raise SweepError(f"it has more than {_MOST_MERGED:,} merged cells")


def _sheet(values: Any, formulas: Any) -> Sequence[Sequence[Span]]:
    """Return the cells of a sheet that are to be seen; merged ones go over so many of these."""
    n_rows, n_columns = _size(values)
    rows = [i for i in range(1, n_rows + 1) if not values.row_dimensions[i].hidden]
    hidden = _hidden_columns(values)
    columns = [j for j in range(1, n_columns + 1) if j not in hidden]
    merged, inner = {}, set()
    for found in values.merged_cells.ranges:
        left, top, right, bottom = found.bounds
        across = [j for j in columns if left <= j <= right]
        down = [i for i in rows if top <= i <= bottom]
        if across and down:
            merged[down[0], across[0]] = (top, left), len(across), len(down)
            inner |= {*product(down, across)} - {(down[0], across[0])}
    shown: list[list[Span]] = []
    for i in rows:
        shown.append([])
        for j in (j for j in columns if (i, j) not in inner):
            at, *spans = merged.get((i, j), ((i, j),))
            shown[-1].append(Span(_cell(values.cell(*at), formulas.cell(*at)), *spans))
    return shown


def _hidden_columns(sheet: Any) -> set[int]:
    """Return the columns that are hidden; a file tells them in groups."""
    groups = (each for each in sheet.column_dimensions.values() if each.hidden)
    return {j for each in groups for j in range(each.min, min(each.max, _COLUMNS) + 1)}


def _cell(cell: Any, with_formula: Any) -> str:
    """Return what a cell shows; of a formula without a kept value, that it isn't read."""
    value = cell.value
    if value is None:
        return "" if with_formula.value is None else unread("formula")
    if isinstance(value, bool) or not isinstance(value, str | int | float | list):
        return unread(f"{type(value).__name__} {value}")
    if cell.font is not None and cell.font.strike:
        return unread(f"deleted {value}")
    if isinstance(value, list):  # pieces of text, which may have fonts of their own
        return "".join(p if isinstance(p, str) else _marked(p.text, p.font) for p in value)
    if isinstance(value, str):
        return _marked(value, cell.font)
    return _as_shown(value, cell.number_format or "General")


def _marked(text: str, font: Any) -> str:
    """Return a text with what its font says of it."""
    if font is not None and font.strike:
        return unread(f"deleted {text}")
    raised = font is not None and font.vertAlign in ("superscript", "subscript")
    return f"<sup>{text}</sup>" if raised else text


_LITERAL = r'(?:"[^"]*"|\\.|[_*].|[ >+<≥≤()~±]|(?<!\w)-){0,20}'
_FORMAT = re.compile(
    rf"({_LITERAL})(General|[#,]{{0,6}}0(?:\.(0+))?(%?)|@)({_LITERAL})", re.IGNORECASE | re.DOTALL
)
_COLOUR = re.compile(r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+)\]", re.I)


def _as_shown(value: float, number_format: str) -> str:
    """Return a number as a format shows it, which is not read if the format isn't a plain one."""
    section = _COLOUR.sub("", number_format).split(";")[0]
    match = _FORMAT.fullmatch(section)
    if match is None or value < 0 or (value == 0 and ";" in number_format):
        return f"{value} {unread(number_format)}" if match is None else _general(value)
    before, shape, decimals, percent, after = match.groups()
    if shape.lower() in ("general", "@"):
        text = _general(value)
    else:
        text = f"{value * (100 if percent else 1):.{len(decimals or '')}f}{percent}"
    return f"{_literal(before)}{text}{_literal(after)}"


def _general(value: float) -> str:
    return f"{value:.10g}" if isinstance(value, float) and abs(value) < 1e10 else str(value)


def _literal(text: str) -> str:
    return re.sub(r'"([^"]*)"|\\(.)|[_*].', lambda m: m[1] or m[2] or "", text)
