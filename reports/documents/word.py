"""A report as a Word document."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from reports.documents.blocks import Block, Run
from reports.words import current_language

_FONTS = {"Normal": "宋体", "Heading": "黑体", "Title": "黑体"}
"""For Chinese characters; Word has them wherever Chinese is written, or puts others in place."""

_WIDTH_CM, _WRITING_LINES = 15.5, 4
_DATED = re.compile(rb"(?<=W3CDTF\">)[^<]*(?=</dcterms:)")


def to_docx(blocks: Sequence[Block], folder: Path, *, author: str, date: str) -> bytes:
    """Return a Word document, the same bytes for the same content.

    Parameters
    ----------
    blocks : sequence of Block
    folder : Path
        Where the figures are seen from; one that isn't there is left out, but for its caption.
    author : str
    date : str
        Such as 2026-11-28; may be empty.
    """
    from docx import Document

    document = Document()
    _set_fonts(document)
    title = next((block.text for block in blocks if block.kind == "heading"), "")
    about = document.core_properties
    about.title, about.author, about.last_modified_by, about.comments = title, author, author, ""
    about.language = {"en": "en-GB", "zh": "zh-CN"}[current_language()]
    about.created = about.modified = datetime.fromisoformat(date or "2000-01-01")
    for block in blocks:
        _add(document, block, folder)
    content = io.BytesIO()
    document.save(content)
    return fixed_archive(content.getvalue(), date)


def fixed_archive(content: bytes, date: str) -> bytes:
    """Return a file of Office with the same date in all its parts, whenever it was made."""
    day = f"{date or '2000-01-01'}T00:00:00Z".encode()
    fixed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            part = _DATED.sub(day, part) if name == "docProps/core.xml" else part
            new.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _set_fonts(document: Any) -> None:
    from docx.oxml.ns import qn

    for style in document.styles:
        font = _FONTS.get(style.name.split(" ")[0])
        if font is not None and style.type == 1:  # of paragraphs
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in [name for name in fonts.attrib if name.endswith("Theme")]:
                del fonts.attrib[theme]
            style.font.name = "Times New Roman" if style.name == "Normal" else "Arial"
            fonts.set(qn("w:eastAsia"), font)


def _add(document: Any, block: Block, folder: Path) -> None:
    if block.kind == "heading":
        document.add_heading(block.text, level=block.level - 1)
    elif block.kind == "table":
        _add_table(document, block.rows)
    elif block.kind == "figure":
        _add_figure(document, folder / block.path, block.text)
    elif block.kind == "code":
        text = document.add_paragraph().add_run("\n".join(run.text for run in block.runs))
        text.font.name = "Courier New"
    elif block.kind == "space":
        for _ in range(_WRITING_LINES):
            document.add_paragraph()
    else:
        style = "List Bullet" if block.kind == "item" else None
        _add_runs(document.add_paragraph(style=style), block.runs)


def _add_runs(paragraph: Any, runs: Sequence[Run]) -> None:
    for run in runs:
        made = paragraph.add_run(run.text)
        made.bold = run.is_bold or None
        if run.is_code:
            made.font.name = "Courier New"


def _add_table(document: Any, rows: Sequence[Sequence[Sequence[Run]]]) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement

    has_head = any(rows[0])
    shown = rows if has_head else rows[1:]
    table = document.add_table(len(shown), len(rows[0]), style="Table Grid")
    for i, (row, made) in enumerate(zip(shown, table.rows, strict=True)):
        for runs, cell in zip(row, made.cells, strict=True):
            is_head = has_head and i == 0
            _add_runs(
                cell.paragraphs[0], [run._replace(is_bold=run.is_bold or is_head) for run in runs]
            )
            if has_head:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if has_head:
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph()


def _add_figure(document: Any, path: Path, caption: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm

    if path.is_file():
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(str(path), width=Cm(_WIDTH_CM))
        picture._inline.docPr.set("descr", caption)
    document.add_paragraph(caption, style="Caption").alignment = WD_ALIGN_PARAGRAPH.CENTER
