"""A report as a PDF, with the fonts that it needs in it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reports.documents.blocks import Block, Run
from reports.figures.fonts import chinese_files
from reports.words import current_language
from sweep.errors import SweepError

if TYPE_CHECKING:
    from fpdf import FPDF

_LATIN, _CODE, _CHINESE = "latin", "code", "chinese"
_FILES = {
    (_LATIN, ""): "DejaVuSans.ttf",
    (_LATIN, "B"): "DejaVuSans-Bold.ttf",
    (_CODE, ""): "DejaVuSansMono.ttf",
}
"""Fonts that come with Matplotlib."""

_SIZES = {1: 17, 2: 13, 3: 11}
_SIZE, _SMALLEST = 10, 6  # points
_LINE, _INDENT, _WRITING = 6, 5, 28  # millimetres
_MOST_OF_PAGE, _WIDEST = 0.33, 0.75

_WIDE = "⺀-鿿豈-﫿！-｠"
_TOKENS = re.compile(
    rf"[（《「【]*(?:[{_WIDE}]|[^\s{_WIDE}]+|\s)[，。；：、！？）》」】]*\s*", re.UNICODE
)
"""What stays in one line: a word, or a wide character, with the signs that must stay with it."""


def to_pdf(blocks: Sequence[Block], folder: Path, *, author: str, date: str) -> bytes:
    """Return a PDF, the same bytes for the same content; the parameters are those of `to_docx`.

    Raises
    ------
    SweepError
        If no font has some of the characters.
    """
    from fpdf import FPDF

    class Document(FPDF):  # type: ignore[misc]
        def footer(self) -> None:
            self.set_y(-15)
            self.set_font(size=8, style="")
            self.cell(0, 5, str(self.page_no()), align="C")

    text = "".join(_texts(blocks))
    pdf = Document(format="A4")
    pdf.set_margin(20)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.set_creation_date(datetime.fromisoformat(date or "2000-01-01").replace(tzinfo=UTC))
    pdf.set_title(next((block.text for block in blocks if block.kind == "heading"), ""))
    pdf.set_author(author)
    pdf.set_lang({"en": "en", "zh": "zh-Hans"}[current_language()])
    with _fonts(pdf, text):
        pdf.add_page()
        for block in blocks:
            _add(pdf, block, folder)
        return bytes(pdf.output())


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    yield "0123456789"  # the numbers of pages
    for block in blocks:
        for runs in (block.runs, *(cell for row in block.rows for cell in row)):
            yield from (run.text for run in runs)


def check_fonts(text: str) -> None:
    """Raise SweepError if no font has a character of a text."""
    from fpdf import FPDF

    with _fonts(FPDF(), text):
        pass


# ---- fonts --------------------------------------------------------------------------------------


@contextmanager
def _fonts(pdf: "FPDF", text: str) -> Iterator[None]:
    """Let a document have the fonts that a text needs, and close their files at the end."""
    with TemporaryDirectory(prefix="sweep-fonts-") as folder:
        try:
            _add_fonts(pdf, text, Path(folder))
            yield
        finally:
            for font in pdf.fonts.values():
                font.ttfont.close()


def _add_fonts(pdf: "FPDF", text: str, folder: Path) -> None:
    """Let a document have the fonts that a text needs; SweepError if there are none."""
    import matplotlib as mpl

    for (family, style), name in _FILES.items():
        pdf.add_font(family, style, Path(mpl.get_data_path()) / "fonts" / "ttf" / name)
    lacking = set(text) - {chr(code) for code in pdf.fonts[_LATIN].cmap}
    if lacking:
        for style, (file, place) in zip(("", "B"), chinese_files(), strict=False):
            subset = folder / f"{_CHINESE}{style}.ttf"
            lacking -= _write_subset(file, place, text, subset)
            pdf.add_font(_CHINESE, style, subset)
    if lacking:
        shown = "".join(sorted(lacking)[:10])
        raise SweepError(
            f"no font is installed for {shown}, which a PDF needs; install one, such as Noto Sans "
            "CJK, or leave pdf out of --format."
        )
    is_chinese = _CHINESE in pdf.fonts
    main = _CHINESE if is_chinese and current_language() == "zh" else _LATIN
    pdf.set_fallback_fonts([_CHINESE, _LATIN] if is_chinese else [_LATIN], exact_match=False)
    pdf.set_font(main, size=_SIZE)


def _write_subset(file: str, place: int, text: str, target: Path) -> set[str]:
    """Write a font's characters of a text as TrueType, and return which they are.

    Of PostScript outlines many readers of PDF files find no text.
    """
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=[], notdef_outline=True, hinting=False, glyph_names=False)
    options.drop_tables += ["vhea", "vmtx", "VORG", "GPOS", "GSUB", "BASE"]
    with TTFont(file, fontNumber=place, recalcTimestamp=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(text=text)
        subsetter.subset(font)
        if "glyf" not in font:
            shapes, glyphs = font.getGlyphSet(), {}
            for name in font.getGlyphOrder():
                pen = TTGlyphPen(None)
                shapes[name].draw(Cu2QuPen(pen, 1.0, reverse_direction=True))
                glyphs[name] = pen.glyph()
            for table in {"CFF ", "CFF2"} & set(font.keys()):
                del font[table]
            builder = FontBuilder(font=font)
            builder.isTTF = True
            builder.setupGlyf(glyphs)
            builder.setupMaxp()
            builder.setupPost(keepGlyphNames=False)
            font.sfntVersion = "\x00\x01\x00\x00"
        font.save(target)
        return {chr(code) for code in font.getBestCmap()}


# ---- blocks -------------------------------------------------------------------------------------


def _add(pdf: "FPDF", block: Block, folder: Path) -> None:
    if block.kind == "heading":
        _add_heading(pdf, block)
    elif block.kind == "table":
        _add_table(pdf, block.rows)
    elif block.kind == "figure":
        _add_figure(pdf, folder / block.path, block)
    elif block.kind == "space":
        pdf.ln(_WRITING)
    elif block.kind == "code":
        _flow(pdf, [run._replace(is_code=True) for run in block.runs])
        pdf.ln(2)
    elif block.kind == "item":
        pdf.set_x(pdf.l_margin)
        pdf.cell(_INDENT, _LINE, "•")
        pdf.set_left_margin(pdf.l_margin + _INDENT)
        _flow(pdf, block.runs)
        pdf.set_left_margin(pdf.l_margin - _INDENT)
        pdf.ln(1)
    else:
        if block.text.endswith((":", "：")) and pdf.will_page_break(8 * _LINE):
            pdf.add_page()
        _flow(pdf, block.runs)
        pdf.ln(2)


def _flow(pdf: "FPDF", runs: Sequence[Run]) -> None:
    """Write words from here on, in lines that end where they may."""
    family, end = pdf.font_family, pdf.w - pdf.r_margin
    for run in runs:
        pdf.set_font(_CODE if run.is_code else family, style="B" * run.is_bold)
        for token in _TOKENS.findall(run.text):
            width = pdf.get_string_width(token.rstrip())
            if pdf.x > pdf.l_margin and pdf.x + width > end:
                pdf.ln(_LINE)
            if width > pdf.epw:
                pdf.write(_LINE, token, wrapmode="CHAR")
            else:
                pdf.cell(pdf.get_string_width(token), _LINE, token)
    pdf.set_font(family, style="")
    pdf.ln(_LINE)


def _add_heading(pdf: "FPDF", block: Block) -> None:
    size = _SIZES.get(block.level, _SIZE)
    if pdf.will_page_break(8 * _LINE):  # with what follows
        pdf.add_page()
    pdf.ln(0 if block.level == 1 else 3)
    pdf.set_font(size=size)
    _flow(pdf, [run._replace(is_bold=True) for run in block.runs])
    pdf.set_font(size=_SIZE)
    pdf.ln(4 if block.level == 1 else 1)


def _add_table(pdf: "FPDF", rows: Sequence[Sequence[Sequence[Run]]]) -> None:
    from fpdf.fonts import FontFace

    has_head = any(rows[0])
    shown = rows if has_head else rows[1:]
    texts = [["".join(run.text for run in cell) for cell in row] for row in shown]
    pdf.set_font(size=_SIZE - 1, style="B")  # the widest
    columns = zip(*texts, strict=True)
    widths = [min(5 + max(map(pdf.get_string_width, c)), _WIDEST * pdf.epw) for c in columns]
    fits = min(1.0, pdf.epw / sum(widths))
    pdf.set_font(size=max(_SMALLEST, (_SIZE - 1) * fits), style="")
    if pdf.eph > len(rows) * _LINE > pdf.h - pdf.b_margin - pdf.y:
        pdf.add_page()
    with pdf.table(
        first_row_as_headings=has_head,
        headings_style=FontFace(emphasis="BOLD", fill_color=(235, 235, 235)),
        text_align="RIGHT" if has_head else "LEFT",
        line_height=_LINE,
        col_widths=tuple(widths),
        width=min(sum(widths), pdf.epw),
        align="LEFT",
        padding=(0, 1),
    ) as table:
        for row, words in zip(shown, texts, strict=True):
            made = table.row()
            for runs, text in zip(row, words, strict=True):
                is_bold = any(run.is_bold for run in runs)
                made.cell(text, style=FontFace(emphasis="BOLD") if is_bold else None)
    pdf.set_font(size=_SIZE)
    pdf.ln(3)


def _add_figure(pdf: "FPDF", path: Path, block: Block) -> None:
    """Draw a figure with its caption, both on one page."""
    if path.is_file():
        from PIL import Image

        with Image.open(path) as image:
            ratio = image.height / image.width
        height = min(pdf.epw * ratio, pdf.eph * _MOST_OF_PAGE)
        if pdf.will_page_break(height + 3 * _LINE):
            pdf.add_page()
        pdf.image(
            path, pdf.l_margin + (pdf.epw - height / ratio) / 2, h=height, alt_text=block.text
        )
    pdf.set_font(size=_SIZE - 1)
    _flow(pdf, block.runs)
    pdf.set_font(size=_SIZE)
    pdf.ln(2)
