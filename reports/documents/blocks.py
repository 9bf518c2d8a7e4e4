"""What a Markdown document of ours consists of, for those who write it as another kind of file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reports.words import printable

if TYPE_CHECKING:
    from markdown_it.token import Token

MOST_COLUMNS = 8
"""Of a wider table the columns after the first stand in several tables, one under the other."""


class Run(NamedTuple):
    """Words of one kind in a line."""

    text: str
    is_bold: bool = False
    is_code: bool = False


@dataclass(frozen=True)
class Block:
    """A part of a document.

    Attributes
    ----------
    kind : str
        ``heading``, ``paragraph``, ``item``, ``figure``, ``code``, ``space`` or ``table``.
    runs : sequence of Run
        Its words; of a figure the caption.
    level : int
        Of a heading, from 1.
    path : str
        Of a figure, seen from the document.
    rows : sequence of sequence of sequence of Run
        Of a table the cells; the first row is its head, which may be empty.
    """

    kind: str
    runs: Sequence[Run] = ()
    level: int = 0
    path: str = ""
    rows: Sequence[Sequence[Sequence[Run]]] = ()

    @property
    def text(self) -> str:
        """Its words."""
        return "".join(run.text for run in self.runs)


def blocks_of(document: str) -> list[Block]:
    """Return the blocks of a Markdown document; a figure's caption under it is part of it."""
    from markdown_it import MarkdownIt

    found = list[Block]()
    for block in _blocks(MarkdownIt("commonmark", {"html": False}).enable("table").parse(document)):
        is_caption = found and found[-1].kind == "figure" and found[-1].text == block.text
        if not is_caption:
            found.append(block)
    return found


def _blocks(tokens: "list[Token]") -> Iterator[Block]:
    kind, level, rows = "paragraph", 0, list[list[Sequence[Run]]]()
    for token in tokens:
        if token.type == "heading_open":
            kind, level = "heading", int(token.tag[1:])
        elif token.type == "list_item_open":
            kind = "item"
        elif token.type in ("heading_close", "list_item_close"):
            kind = "paragraph"
        elif token.type == "table_open":
            kind, rows = "cell", []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "table_close":
            kind = "paragraph"
            yield from _tables(rows)
        elif token.type == "fence":
            yield Block("code", [Run(_plain(line)) for line in token.content.splitlines()])
        elif token.type == "hr":
            yield Block("space")
        elif token.type == "inline" and kind == "cell":
            rows[-1].append(_runs(token.children or []))
        elif token.type == "inline":
            yield _of_line(token.children or [], kind, level)


def _of_line(children: "list[Token]", kind: str, level: int) -> Block:
    if len(children) == 1 and children[0].type == "image":
        image = children[0]
        return Block("figure", [Run(_plain(image.content))], path=str(image.attrs["src"]))
    return Block(kind, _runs(children), level)


def _runs(children: "list[Token]") -> list[Run]:
    runs, is_bold = list[Run](), False
    for child in children:
        if child.type in ("strong_open", "strong_close"):
            is_bold = child.type == "strong_open"
        elif child.type in ("softbreak", "hardbreak"):
            runs.append(Run(" ", is_bold))
        elif child.content:
            runs.append(Run(_plain(child.content), is_bold, child.type == "code_inline"))
    return runs


def _tables(rows: Sequence[Sequence[Sequence[Run]]]) -> Iterator[Block]:
    for start in range(1, max(2, len(rows[0])), MOST_COLUMNS):
        yield Block("table", rows=[[*row[:1], *row[start : start + MOST_COLUMNS]] for row in rows])


def _plain(text: str) -> str:
    return printable(text)
