"""HTML and notebooks: what they show, without running or fetching anything."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from reports.check.text_grids import Block, Part, Span, blocks_in, placed_blocks, unread
from reports.words import Text
from sweep.errors import SweepError

_LINES = {*("p", "div", "li", "tr", "pre", "caption", "figcaption", "section", "blockquote", "dt")}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_NOT_SHOWN = {"script", "style", "head", "template", "noscript", "svg"}
_PICTURES = {"img", "canvas", "object", "embed", "iframe", "video", "input", "textarea", "math"}
_RAISED, _DELETED = {"sup", "sub"}, {"del", "s", "strike"}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_MOST_CELLS, _MOST_OUTPUTS, _MOST_TAGS, _MOST_DEPTH = 2000, 5000, 100_000, 200


def html_blocks(text: str) -> list[Block]:
    """Return the blocks of a page, or of Markdown that holds tables of HTML."""
    return blocks_in(_page_parts(text))


def _page_parts(text: str) -> Iterator[Part]:
    """Yield the texts and tables of a page."""
    from lxml import etree

    if text.count("<") > _MOST_TAGS:
        raise SweepError(f"it has more than {_MOST_TAGS:,} tags")
    # libxml2 bounds depth and entities by itself
    parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
    root = etree.fromstring(f"<body>{_body(text)}", parser)
    own = [] if root is None else root.xpath("//script[@id='content']")
    if root is not None:
        yield from _own_boards(own[0].text or "") if own else _parts(root)


def _body(text: str) -> str:
    """Leave out what stands before the document: a declaration would tell another encoding."""
    return re.sub(r"^\s*<\?xml[^>]*>", "", text)


def _parts(root: Any) -> Iterator[Part]:
    """Yield texts, and tables with the tables within them."""
    written: list[str] = []
    for shown in _walk(root):
        if isinstance(shown, str):
            written.append(shown)
        else:
            yield "".join(written)
            written = []
            yield from _tables(shown)
    yield "".join(written)


def _walk(root: Any) -> Iterator[Any]:
    """Yield the texts outside of tables, and the tables."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str) or node.tag == "table":
            yield node
        elif isinstance(node.tag, str) and node.tag not in _NOT_SHOWN:
            is_apart = node.tag == "br" or node.tag in _LINES | _HEADINGS
            start = "\n# " if node.tag in _HEADINGS else "\n" * is_apart
            below = [each for child in node for each in (child, child.tail or "")]
            stack += reversed([start, node.text or "", *below, "\n" * is_apart])


def _tables(table: Any) -> Iterator[Part]:
    for inner in table.iter("table"):
        rows = [row for row in inner.iter("tr") if _table_of(row) is inner]
        yield [_row(row) for row in rows]


def _table_of(node: Any) -> Any:
    return next(node.iterancestors("table"), None)


def _row(row: Any) -> list[Span]:
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    return [
        Span(" ".join(_shown(cell).split(" ")).strip(), _n(cell, "colspan"), _n(cell, "rowspan"))
        for cell in cells
    ]


def _n(cell: Any, name: str) -> int:
    text = cell.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 5 else 1


def _shown(node: Any, depth: int = 0) -> str:
    """Return what a node shows in a cell, in one line for each of its own."""
    if node.tag in _NOT_SHOWN or not isinstance(node.tag, str):
        return ""
    if node.tag in _PICTURES or node.tag == "table" or depth > _MOST_DEPTH:
        return unread(str(node.tag))
    pieces = [_flat(node.text)]
    for child in node:
        pieces += [_shown(child, depth + 1), _flat(child.tail)]
    text = "".join(pieces)
    if node.tag in _DELETED:
        return unread(f"deleted {text}")
    if node.tag in _RAISED:
        return f"<sup>{text}</sup>"
    return f"{text}\n" if node.tag in _LINES or node.tag == "br" else text


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _own_boards(content: str) -> Iterator[Part]:
    """Yield the tables that a page of this tool shows, from the JSON it holds."""
    page = json.loads(content)
    for grid in page["grids"]:
        names, values = ([grid[side][what] for side in ("rows", "columns")] for what in _OF_AXES)
        yield f"# {page['grids_name'][0]} {grid['name'][0]}" if len(page["grids"]) > 1 else ""
        cells: dict[tuple[int, int], str] = {
            (cell["row"], cell["column"]): " / ".join(
                str(cell["shown"][name][0])
                for name in ("epochs", "accuracy")
                if name in cell["shown"]
            )
            for cell in grid["cells"]
        }
        head = [f"{names[0][0]} \\ {names[1][0]}", *(value[0] for value in values[1])]
        yield [
            [Span(str(text)) for text in head],
            *(
                [Span(str(value[0])), *(Span(cells.get((i, j), "")) for j in range(len(values[1])))]
                for i, value in enumerate(values[0])
            ),
        ]


_OF_AXES = ("name", "values")


def notebook_blocks(text: str) -> list[Block]:
    """Return the blocks of a notebook: Markdown cells and outputs, no code."""
    cells = json.loads(text)["cells"]
    if len(cells) > _MOST_CELLS:
        raise SweepError(f"it has more than {_MOST_CELLS:,} cells")
    if sum(len(cell.get("outputs", ())) for cell in cells) > _MOST_OUTPUTS:
        raise SweepError(f"it has more than {_MOST_OUTPUTS:,} outputs")
    return placed_blocks(
        (part, Text(f"cell {number}", f"第 {number} 个单元格"))
        for number, cell in enumerate(cells, start=1)
        for shown in _outputs(cell)
        for part in _text_parts(shown)
    )


def _outputs(cell: Any) -> Iterator[str]:
    """Yield what is shown of a cell: of an output in several forms the richest text."""
    if cell["cell_type"] == "markdown":
        yield _joined(cell["source"])
    for output in cell.get("outputs", ()) if cell["cell_type"] == "code" else ():
        data = output.get("data", {"text/plain": output.get("text", "")})
        kinds = ("text/html", "text/markdown", "text/plain")
        yield next((_joined(data[kind]) for kind in kinds if kind in data), "")


def _joined(text: str | Sequence[str]) -> str:
    return _ANSI.sub("", text if isinstance(text, str) else "".join(text))


def text_blocks(text: str) -> list[Block]:
    """Return the blocks of a text, also of Markdown that holds tables of HTML."""
    return blocks_in(_text_parts(text))


def _text_parts(text: str) -> Iterator[Part]:
    return _page_parts(text) if "<table" in text.lower() else iter([text])
