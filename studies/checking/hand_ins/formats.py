"""What a file is, by the ending of its name: each kind is read into blocks, within bounds."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import NamedTuple

from network.data.text import as_text
from network.errors import InputError
from reports.check.text_grids import Block
from studies.checking.hand_ins.latex import latex_blocks
from studies.checking.hand_ins.office import excel_blocks, word_blocks
from studies.checking.hand_ins.pdf import pdf_blocks
from studies.checking.hand_ins.web import html_blocks, notebook_blocks, text_blocks
from sweep.errors import SweepError

A_TABLE = "a table as CSV, Markdown, Excel, Word, PDF, HTML, LaTeX or notebook"

_TEXT_BYTES, _BYTES = 500_000, 20_000_000


class Format(NamedTuple):
    """A kind of file: what it is called, how it begins, how much it may be, and its reader."""

    name: str
    beginning: bytes | None  # None where it is a text
    most_bytes: int
    read: Callable[..., list[Block]]  # takes bytes, or a text


_PLAIN = Format("a text", None, _TEXT_BYTES, text_blocks)
_PAGE = Format("an HTML page", None, _BYTES, html_blocks)
FORMATS: Mapping[str, Format] = {
    **dict.fromkeys((".csv", ".tsv", ".md", ".markdown", ".txt"), _PLAIN),
    ".xlsx": Format("an Excel file", b"PK\3\4", _BYTES, excel_blocks),
    ".xlsm": Format("an Excel file", b"PK\3\4", _BYTES, excel_blocks),
    ".docx": Format("a Word file", b"PK\3\4", _BYTES, word_blocks),
    ".ipynb": Format("a notebook", None, _BYTES, notebook_blocks),
    ".html": _PAGE,
    ".htm": _PAGE,
    ".tex": Format("a LaTeX source", None, _TEXT_BYTES, latex_blocks),
    ".pdf": Format("a PDF", b"%PDF-", _BYTES, pdf_blocks),
}
"""The kinds of files by the endings of their names."""

_BEGINNINGS = {
    b"%PDF-": "a PDF",
    b"PK\3\4": "a ZIP archive or a file of Office",
    b"\xd0\xcf\x11\xe0": "a file of an old Office, or one with a password",
    b"{\\rtf": "an RTF text",
}


def most_bytes(name: str) -> int:
    """Return how large a file may be by its name."""
    return FORMATS.get(PurePath(name).suffix.lower(), _PLAIN).most_bytes


def blocks_of_file(content: bytes, name: str) -> list[Block]:
    """Return the blocks of a file's content; InputError or SweepError if it can't be read."""
    kind = FORMATS.get(PurePath(name).suffix.lower(), _PLAIN)
    if not content.strip():
        raise InputError(f"{name} is empty; give {A_TABLE}.")
    is_ours = content.lstrip().startswith(kind.beginning) if kind.beginning else True
    other = next((what for how, what in _BEGINNINGS.items() if content.startswith(how)), None)
    if not is_ours or (other and kind.beginning is None):
        is_what = f"{other}, whatever its name says" if other else f"not {kind.name}"
        raise InputError(
            f"{name} is {is_what}; save it as one of {', '.join(FORMATS)}, without a password."
        )
    try:
        if kind.beginning is None:
            with as_text(content, name, A_TABLE) as file:
                return kind.read(file.read())
        return kind.read(content)
    except InputError:
        raise
    except ImportError as error:
        raise SweepError(
            f"{name} is {kind.name}, and to read it needs the extra: "
            'pip install "sweep-lab[class]".'
        ) from error
    except SweepError as error:
        raise SweepError(f"{name} can't be read as {kind.name}: {error}.") from error
    except Exception as error:  # whatever a broken or hostile file makes a library raise
        raise SweepError(
            f"{name} can't be read as {kind.name}, so it is damaged or has a password "
            f"({type(error).__name__}); save it anew."
        ) from error
