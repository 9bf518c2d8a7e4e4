"""Reports as Word and PDF files, and tables as Excel files: of blocks that Markdown has."""

import io

import docx
import openpyxl
import pandas as pd
import pdfplumber
import pytest
from cases import each_of
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.documents import pdf
from reports.documents.blocks import MOST_COLUMNS, blocks_of
from reports.documents.markdown import escaped, fenced, paragraph
from reports.documents.pdf import to_pdf
from reports.documents.word import to_docx
from reports.tables.workbook import to_xlsx
from reports.words import grouped, language
from sweep.errors import SweepError

NASTY = "*b* _i_ <b>x</b> | `c` [l](http://x) ![p](p.png) # &lt; =1+1 \\ ~~s~~ 张三"
ABOUT = {"author": "Ada 张", "date": "2026-11-28"}


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("\\`*_[]()!<>&;#+-=~|:.1)a '\"/{}$@x张"), min_size=1, max_size=30))
def test_the_words_of_a_document_are_those_that_markdown_shows(text):
    words = " ".join(text.split())
    document = (
        f"# {escaped(text)}.\n\n{paragraph(text)}\n\n| a | {escaped(text)} |\n| --- | --- |\n"
    )
    kinds = {block.kind: block for block in blocks_of(f"{document}\n{fenced(text)}")}
    assert kinds["heading"].text == f"{words}.".strip()
    assert "".join(run.text for run in kinds["table"].rows[0][1]) == words
    assert kinds["code"].text == text.strip("\n")
    if words:
        assert kinds["paragraph"].text == words


def word_texts(content):
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for t in document.tables for row in t.rows for cell in row.cells]
    return [p.text for p in document.paragraphs] + cells


def pdf_texts(content):
    with pdfplumber.open(io.BytesIO(content)) as file:
        return [line for page in file.pages for line in page.extract_text().splitlines()]


WRITERS = {to_docx: word_texts, to_pdf: pdf_texts}


@each_of("write", WRITERS)
def test_a_document_has_all_words_and_the_same_bytes_again(tmp_path, write):
    long = "0123456789" * 40
    document = (
        f"# {escaped(NASTY)}\n\n- {paragraph(NASTY)}\n\n| | |\n|---|---|\n| 名 | {escaped(NASTY)} |"
    )
    document += f"\n\n![Figure 1](nowhere.png)\n\nFigure 1\n\n---\n\n{fenced(long)}"
    blocks = blocks_of(document)
    content = write(blocks, tmp_path, **ABOUT)
    assert write(blocks, tmp_path, **ABOUT) == content
    texts = "\n".join(WRITERS[write](content))
    assert texts.replace("\n", " ").count(NASTY) >= 2
    assert texts.count("Figure 1") == 1
    assert long in texts.replace("\n", "")


@each_of("write", WRITERS)
def test_a_wide_table_stands_in_parts_that_repeat_the_first_column(tmp_path, write):
    n = 2 * MOST_COLUMNS + 1
    head = [f"r{i}" for i in range(n)]
    row = [f"c{i}" for i in range(n)]
    lines = [["corner", *head], ["---"] * (n + 1), ["row", *row]]
    document = "# t\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
    texts = " ".join(WRITERS[write](write(blocks_of(document), tmp_path, **ABOUT))).split()
    assert texts.count("row") == 3
    assert [text for text in texts if text in row] == row


def test_a_figure_has_its_caption_as_its_description(tmp_path):
    from matplotlib.figure import Figure

    Figure().savefig(tmp_path / "f.png")
    blocks = blocks_of("![What it shows](f.png)\n\nWhat it shows")
    assert [block.kind for block in blocks] == ["figure"]
    document = docx.Document(io.BytesIO(to_docx(blocks, tmp_path, **ABOUT)))
    (shape,) = document.inline_shapes
    assert shape._inline.docPr.get("descr") == "What it shows"
    with pdfplumber.open(io.BytesIO(to_pdf(blocks, tmp_path, **ABOUT))) as file:
        (image,) = file.pages[0].images
        assert image["x1"] <= file.pages[0].width


def test_a_pdf_needs_a_font_for_each_character(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "chinese_files", list)
    assert to_pdf(blocks_of("# η ≤ x²"), tmp_path, author="", date="")
    with pytest.raises(SweepError, match="no font is installed for 三张, .* leave pdf out"):
        to_pdf(blocks_of("# 张三"), tmp_path, author="", date="")


def test_numbers_in_a_sheet_are_numbers_and_nothing_is_a_formula():
    frame = pd.DataFrame(
        {
            "=1+1": ["5400", ">10000", "=1+1"],
            "x": ["0.970", "-1e-05", "+1"],
            "y": [1.5, 2, float("nan")],
        }
    )
    content = to_xlsx({"table": frame, "a" * 40: frame}, "2026-11-28")
    assert content == to_xlsx({"table": frame, "a" * 40: frame}, "2026-11-28")
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = [[cell.value for cell in row] for row in book["table"].rows]
    assert rows == [
        ["=1+1", "x", "y"],
        [5400, 0.97, 1.5],
        [">10000", -1e-05, 2],
        ["=1+1", "+1", "nan"],
    ]
    assert {cell.data_type for row in book["table"].rows for cell in row} == {"s", "n"}
    assert book["table"]["B2"].number_format == "0.000"
    assert book["table"]["A1"].font.bold


GROUPED = {
    "10000": "10,000",
    ">10000 / 0.927": ">10,000 / 0.927",
    "4350 [3750, 5200] 18/20": "4,350 [3,750, 5,200] 18/20",
    "after 1234567 epochs.": "after 1,234,567 epochs.",
    "0.00012345, 12345.678, 1e10000": "0.00012345, 12345.678, 1e10000",
    "run_2024.csv 2024.csv x2024 `--seed 12345`": "run_2024.csv 2024.csv x2024 `--seed 12345`",
}


@each_of(("text", "shown"), GROUPED.items())
def test_whole_numbers_have_commas_in_english_only(text, shown):
    assert grouped(text) == shown
    assert grouped(shown) == shown
    with language("zh"):
        assert grouped(text) == text
