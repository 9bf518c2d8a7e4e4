"""Files of all kinds, as students hand them in, are read as people see them, or refused."""

import contextlib
import io
import json
import socket
import zipfile
from functools import partial
from itertools import product

import numpy as np
import openpyxl
import pandas as pd
import pytest
from cases import each_of
from hostile import archive, deflated
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from reportlab.pdfgen import canvas
from studies_tests.hand_ins import (
    LEFT,
    NEW_PAGE,
    UP,
    html_of,
    write_docx,
    write_html,
    write_latex,
    write_notebook,
    write_pdf,
    write_xlsx,
)
from undrawn import run_here

from network.errors import InputError
from reports.check.table_layouts import ExpectedTable
from studies.checking.hand_ins.files import hand_ins_in
from studies.checking.tables import table_in
from studies.cli import main
from sweep.errors import SweepError

ASKED = ExpectedTable([2, None], [0.1, 0.3])

TABLES = {
    "en": [
        ["batch size \\ learning rate", "0.1", "0.3"],
        ["2", "5400 / 0.969", "2400 / 96.8%"],
        ["full", ">10000 / 0.758", "see page 3"],
    ],
    "zh": [
        ["批大小＼学习率", "η=０.１", "η=0.3"],
        ["2", "5400次／0.969", "2400 轮 / 96.8%"],
        ["全批量", "未收敛 / 0.758", "见下页"],
    ],
}
APART = [
    ["批大小", "η=0.1", LEFT, "η=0.3", LEFT],
    [UP, "轮数", "准确率", "轮数", "准确率"],
    ["2", "5400", "0.969", "2400", "96.8%"],
    ["full", ">10000", "0.758", "见下页", ""],
]
READ = [(5400, False, 0.969), (2400, False, 0.968), (True, 0.758), "?"]


def read(path):
    """Return what is read of each cell: epochs unless they weren't enough, and accuracy."""
    found = table_in(path, ASKED)
    cells = []
    for cell in ASKED.cells:
        entry = found.entries[cell]
        ending = (True,) if entry.more else (entry.epochs, False)
        cells.append((*ending, entry.accuracy) if entry.understood else "?")
    return cells


FORMATS = {
    "a.xlsx": write_xlsx,
    "a.docx": write_docx,
    "a.html": write_html,
    "a.md": write_html,
    "a.ipynb": write_notebook,
    "a.tex": write_latex,
    "a.pdf": write_pdf,
}
PLAIN = {
    "text.ipynb": partial(write_notebook, kind="text/plain"),
    "aligned.pdf": partial(write_pdf, lines=False),
}


def write(name, path, *parts):
    (FORMATS | PLAIN)[name](path, ["Words.", *parts])


@each_of("rows", [*TABLES.values(), APART])
@each_of("name", FORMATS | PLAIN)
def test_every_cell_of_every_format_is_read_right_or_not_at_all(tmp_path, name, rows):
    if rows is APART and name in PLAIN:
        return  # cells of several columns are not to be seen there
    write(name, tmp_path / name, "# 结果", rows)
    assert read(tmp_path / name) == READ


def test_the_place_of_a_table_is_told(tmp_path):
    for name, place in {"a.xlsx": "sheet 结果", "a.pdf": "page 2", "a.ipynb": "cell 3"}.items():
        write(name, tmp_path / name, *[NEW_PAGE] * (name == "a.pdf"), "# 结果", TABLES["en"])
        assert place in table_in(tmp_path / name, ASKED).layout.en


def test_the_table_of_the_asked_number_of_hidden_units_is_taken(tmp_path):
    """In all that this tool writes, and in both languages."""
    run = str(tmp_path / "run")
    flags = ["--n-hidden=4,8", "--learning-rate=0.1,0.3", "--batch-size=full", "--max-epochs=50"]
    flags += ["--engine=numpy"]
    for command in (["assignment", "--out", run, *flags], ["report", run, "--lang=zh"]):
        assert run_here(*command, "--quiet") == 0
        trials = pd.read_csv(tmp_path / "run" / "trials.csv").set_index(
            ["n_hidden", "learning_rate"]
        )
        for name, n_hidden in product(
            ("table.md", "table.csv", "table.tex", "report.md", "report.html"), (4, 8)
        ):
            found = table_in(tmp_path / "run" / name, ExpectedTable([None], [0.1, 0.3], n_hidden))
            for (_, rate), entry in found.entries.items():
                assert f"{trials.test_r2[n_hidden, rate]:.3f}" in entry.text, name


def sheet_of(cell, number_format="General", font=None):
    book = openpyxl.Workbook()
    for row in (["bs", 0.1, 0.3], [2, cell, 2400], ["full", 5000, 5000]):
        book.active.append(row)
    book.active["B2"].number_format = number_format
    if font:
        book.active["B2"].font = font
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


RAISED = CellRichText("540", TextBlock(InlineFont(vertAlign="superscript"), "1"))
SHOWN = [
    ((5400.0,), 5400),
    ((5400, "#,##0"), 5400),
    ((5400, '0"次"'), 5400),
    ((10000, '">"0'), ">"),
    ((0.96934, "0.0%"), 0.969),
    ((0.96934, "0.00"), 0.97),
    ((5400, "dd/mm/yyyy"), "?"),
    ((5400, "[>=5000]0;0.0"), "?"),
    ((5.4, "0.00E+00"), "?"),
    (("=5000+400",), "?"),
    (("#DIV/0!",), "?"),
    ((True,), "?"),
    ((5400, "General", Font(strike=True)), "?"),
    ((RAISED,), 540),
    ((CellRichText("10", TextBlock(InlineFont(vertAlign="superscript"), "4")),), "?"),
]


@each_of(("arguments", "expected"), SHOWN)
def test_a_cell_of_a_sheet_is_what_people_see(tmp_path, arguments, expected):
    (tmp_path / "t.xlsx").write_bytes(sheet_of(*arguments))
    entry = table_in(tmp_path / "t.xlsx", ASKED).entries[2, 0.1]
    values = [entry.accuracy, ">" if entry.more else entry.epochs]
    assert (expected in values) if entry.understood else expected == "?", entry


def test_words_that_were_deleted_or_inserted_in_a_document(tmp_path):
    write_docx(tmp_path / "t.docx", [TABLES["en"]])
    with zipfile.ZipFile(tmp_path / "t.docx") as old:
        parts = {name: old.read(name) for name in old.namelist()}
    text = parts["word/document.xml"].decode()
    new = "<w:ins><w:r><w:t>5400 / 0.969</w:t></w:r></w:ins><w:del><w:r><w:delText>1</w:delText>"
    run = next(r for r in text.split("<w:r>") if "5400 / 0.969" in r).partition("</w:r>")[0]
    parts["word/document.xml"] = text.replace(f"<w:r>{run}</w:r>", f"{new}</w:r></w:del>").encode()
    with zipfile.ZipFile(tmp_path / "t.docx", "w") as changed:
        for name, part in parts.items():
            changed.writestr(name, part)
    assert read(tmp_path / "t.docx") == READ


LATEX = {
    r"\textbf{5400} / 0.969": (5400, False, 0.969),
    r"$5{,}400^{*}$ / 0.969\footnote{again}": (5400, False, 0.969),
    r"\makecell{5400\\0.969}": (5400, False, 0.969),
    r"$\geq 10000$": (True, None),
    r"\cellcolor[gray]{0.9} 5400": (5400, False, None),
    r"\acc": "?",
    r"$10^{4}$": "?",
    r"\input{/etc/passwd}": "?",
    r"\begin{tabular}{c}5400\\0.9\end{tabular}": "?",
}


@each_of(("cell", "expected"), LATEX.items())
def test_commands_in_latex_are_what_they_set_or_not_understood(tmp_path, cell, expected):
    rows = rf"bs & 0.1 & 0.3 \\ 2 & {cell} & 2400 \\ full & 5000 & 5000 \\"
    text = rf"\iffalse \begin{{tabular}}{{c}} 1 \end{{tabular}} \fi\begin{{tabular}}{{ccc}}{rows}"
    (tmp_path / "t.tex").write_text(text + r"\end{tabular}")
    assert read(tmp_path / "t.tex")[:2] == [expected, (2400, False, None)]


def zipped(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in members.items():
            file.writestr(name, part)
    return content.getvalue()


def word(document):
    return zipped(**{"word/document.xml": document})


def with_parts(content, parts):
    """Return an archive in which some parts are others."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return zipped(**{each: file.read(each) for each in file.namelist()} | parts)


def with_part(content, name, part):
    return with_parts(content, {name: part})


SHEET = "xl/worksheets/sheet1.xml"
MERGED = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/>'
    b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'
)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
BOMB = archive([("word/document.xml", deflated(b"", 4), 4 * 2**24)])


def moved(content, sheet):
    """Return a workbook whose sheet is in a part that isn't named as sheets are."""
    parts = {"xl/other.bin": sheet}
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        for name in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
            parts[name] = file.read(name).replace(b"/" + SHEET.encode(), b"/xl/other.bin")
    return with_parts(content, parts)


def far(n_sheets):
    """Return a workbook in whose sheets one cell is far from the first."""
    book = openpyxl.Workbook()
    for _ in range(n_sheets):
        book.create_sheet().cell(1000, 50, "5")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


WIDE = b"<table><tr><td>lr<td colspan=49 rowspan=1000>2" + b"<tr>" * 999 + b"</table>"


def notebook(outputs):
    return json.dumps({"cells": [{"cell_type": "code", "outputs": outputs}]}).encode()


def picture_only():
    content = io.BytesIO()
    page = canvas.Canvas(content)
    page.rect(10, 10, 50, 50)
    page.save()
    return content.getvalue()


def with_password():
    content = io.BytesIO()
    page = canvas.Canvas(content, encrypt="secret")
    page.drawString(100, 100, "5400")
    page.save()
    return content.getvalue()


REFUSED = {
    "empty.xlsx": (b"", "is empty"),
    "text.xlsx": (b"bs,0.1\n2,5400\n", "is not an Excel file"),
    "page.docx": (b"%PDF-1.4", "is a PDF, whatever its name says"),
    "word.pdf": (word("<x/>"), "is a ZIP archive or a file of Office"),
    "old.xlsx": (b"\xd0\xcf\x11\xe0" + bytes(500), "one with a password"),
    "password.pdf": (with_password(), "can't be read as a PDF: the reader stopped at a password"),
    "picture.pdf": (picture_only(), "it has no text, only pictures"),
    "cut.pdf": (b"%PDF-1.7\n1 0 obj <<", "can't be read as a PDF"),
    "cut.xlsx": (sheet_of(1)[:900], "so it is damaged or has a password"),
    "nothing.docx": (zipped(a="b"), "it is no Word document"),
    "broken.docx": (word("<x>"), "is damaged"),
    "laughs.docx": (word(LAUGHS), "declares a document type"),
    "wide.docx": (word(LAUGHS.encode("utf-16")), "declares a document type"),
    "many.docx": (word("<x/>" * 400_000), "more than 300,000 elements"),
    "bomb.docx": (BOMB, "unpacks to more than 20,000,000 bytes"),
    "merged.xlsx": (with_part(sheet_of(1), SHEET, MERGED), "more than 20,000 merged cells"),
    "wide.xlsx": (with_part(sheet_of(1), SHEET, MERGED.decode().encode("utf-16")), "merged cells"),
    "moved.xlsx": (moved(sheet_of(1), MERGED), "can't be read as an Excel file"),
    "far.xlsx": (far(5), "its sheets reach over more than 200,000 cells"),
    "parts.docx": (zipped(**{str(n): "" for n in range(2001)}), "more than 2,000 parts"),
    "rows.html": (b"<table>" + b"<tr>" * 100_000, "more than 100,000 tags"),
    "spans.html": (WIDE * 5, "it has more than 200,000 cells"),
    "outputs.ipynb": (notebook([{"output_type": "x"}] * 5001), "more than 5,000 outputs"),
    "spans.ipynb": (notebook([{"data": {"text/html": WIDE.decode()}}] * 5), "200,000 cells"),
    "laughs.xlsx": (with_part(sheet_of(1), SHEET, LAUGHS), "declares a document type"),
    "no.ipynb": (b"{}", "can't be read as a notebook"),
    "deep.ipynb": (b"[" * 100_000, "can't be read as a notebook"),
    "deep.html": (b"<table><tr><td>" * 20_000, "has no table that can be read"),
    "open.html": (b"<a " * 100_000, "has no table that can be read"),
    "loop.tex": (rb"\begin{tabular}{" * 5000, "has no table that can be read"),
    "odd.tex": (rb"\multirow{{[^\\&" * 5000, "has no table that can be read"),
    "none.zip": (b"PK\3\4", "no archive that can be read"),
    "empty.zip": (zipped(), "has no file that ends in .csv"),
}


@each_of(("name", "content", "message"), [(name, *rest) for name, rest in REFUSED.items()])
def test_what_cannot_be_read_gets_one_sentence(
    tmp_path, capsys, monkeypatch, name, content, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    before = sorted(tmp_path.rglob("*"))
    assert main.run(["check", name, "--quiet"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert message in output.err
    assert output.err.startswith(f"sweep: {name} ")
    assert output.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_library_that_lacks_is_named(tmp_path, monkeypatch):
    write_xlsx(tmp_path / "a.xlsx", [TABLES["en"]])
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(SweepError, match=r'needs the extra: pip install "sweep-lab\[class\]"'):
        table_in(tmp_path / "a.xlsx", ASKED)


def linked(address):
    """Return files of each format that refer to an address, and to others, in all their ways."""
    page = (
        f"<base href='{address}'><link rel=stylesheet href='{address}'><img src='{address}'>"
        f"<iframe src='other.html'></iframe><object data='other.html'></object>"
        f"<script src='{address}'></script><script>open('run', 'w')</script>"
    )
    source = r"\input{other.html}\write18{touch run}\includegraphics{" + address + "}"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'Id="rId9" Type="{kind}/%s" Target="{address}" TargetMode="External"/></Relationships>'
    entity = f'<?xml version="1.0"?><!DOCTYPE x SYSTEM "{address}"><x/>'
    code = {"cell_type": "code", "source": "open('run', 'w')", "outputs": []}
    shown = {"cell_type": "markdown", "source": f"![x]({address})<table>{page}</table>"}
    pdf = io.BytesIO()
    drawn = canvas.Canvas(pdf)
    drawn.drawString(10, 10, "5400")
    drawn.linkURL(address, (0, 0, 99, 99))
    drawn._doc.Catalog.OpenAction = f"<</S/JavaScript/JS(app.launchURL('{address}'))>>"
    drawn.save()
    return {
        "t.html": page.encode(),
        "t.md": f"![x]({address}) <table>{page}".encode(),
        "t.tex": source.encode(),
        "t.ipynb": json.dumps({"cells": [code, shown]}).encode(),
        "t.pdf": pdf.getvalue(),
        "entity.docx": word(entity),
        "entity.xlsx": with_part(sheet_of(1), SHEET, entity),
        "t.docx": with_link(
            word("<x/>"), "word/_rels/document.xml.rels", link % "attachedTemplate"
        ),
        "t.xlsx": with_link(sheet_of(1), "xl/_rels/workbook.xml.rels", link % "externalLink"),
        "t.xlsm": with_parts(sheet_of(1), {"xl/vbaProject.bin": b"Shell 'touch run'"}),
    }


def with_link(content, name, link):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        names = file.namelist()
        old = file.read(name).decode() if name in names else "<Relationships></Relationships>"
    return with_part(content, name, old.replace("</Relationships>", f"<Relationship {link}"))


def test_nothing_that_a_file_refers_to_is_read_and_nothing_in_it_is_run(tmp_path, monkeypatch):
    """Links to a server that listens; it is never called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.html").write_text(html_of(TABLES["en"]))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        for name, content in linked(address).items():
            (tmp_path / name).write_bytes(content)
            with contextlib.suppress(InputError, SweepError):
                assert table_in(tmp_path / name, ASKED).entries[2, 0.1].text == "1"
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not (tmp_path / "run").exists()


def test_a_class_is_read_from_folders_and_archives_of_any_depth(tmp_path):
    table = b"bs,0.1,0.3\n2,5400,2400\n"
    inner = zipped(**{"t.csv": table, "network.py": b"1 / 0", "__MACOSX/t.csv": table})
    outer = zipped(**{"张三/作业.zip": inner, "../../up.md": table, "photo.png": b"x"})
    folder = tmp_path / "class"
    (folder / "run").mkdir(parents=True)
    (folder / "hand-ins.zip").write_bytes(outer)
    (folder / "bad.zip").write_bytes(b"PK")
    (folder / "link.csv").symlink_to("/etc/passwd")
    for name in ("run.json", "table.md", "report.md"):
        (folder / "run" / name).write_bytes(table)
    (folder / "~$a.docx").write_bytes(b"x")
    found, skipped = hand_ins_in(folder, folder / "check.csv")
    assert [each.name for each in found] == [
        "hand-ins.zip/张三/作业.zip/t.csv",
        "run/table.md",
    ]
    assert [each.content() for each in found] == [table] * 2
    assert skipped == {
        "bad.zip": "no archive that can be read",
        "hand-ins.zip/photo.png": "no table is read from .png files",
        "hand-ins.zip/张三/作业.zip/network.py": "no table is read from .py files",
        "link.csv": "a link, a pipe or a device",
        "run/report.md": "of a run directory table.md is read",
        "run/run.json": "no table is read from .json files",
    }


def test_names_in_archives_are_read_in_the_encodings_of_their_systems(tmp_path):
    for encoding in ("gbk", "utf-8"):
        content = zipped(**{"abcd.csv": b"1"}).replace(
            b"abcd", "张三".encode(encoding)[:4].ljust(4)
        )
        (tmp_path / "c.zip").write_bytes(content)
        (hand_in,) = hand_ins_in(tmp_path / "c.zip", tmp_path / "out")[0]
        assert hand_in.name == "张三.csv" or encoding == "utf-8"
        assert hand_in.content() == b"1"


def test_archives_are_bounded(tmp_path):
    nested = zipped(**{"t.csv": b"1"})
    for _ in range(6):
        nested = zipped(**{"a.zip": nested, "t.csv": b"1"})
    (tmp_path / "deep.zip").write_bytes(nested)
    (tmp_path / "many.zip").write_bytes(zipped(**{f"{n}.csv": b"" for n in range(5001)}))
    (tmp_path / "large.zip").write_bytes(archive([("t.csv", b"", 2 * 10**9)]))
    found, skipped = hand_ins_in(tmp_path / "deep.zip", tmp_path)
    assert len(found) == 4
    assert list(skipped.values()) == ["archives in archives more than 4 deep"]
    for name, message in {"many": "5,000 files", "large": "unpacks to more than"}.items():
        with pytest.raises(SweepError, match=f"{name}.zip can't be read: it .*{message}"):
            hand_ins_in(tmp_path / f"{name}.zip", tmp_path)


def test_what_is_skipped_is_listed_once_for_each_reason(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c").mkdir()
    for n in range(7):
        (tmp_path / "c" / f"{n}.py").write_text("1")
    (tmp_path / "c" / "t.csv").write_text("bs,0.5\n5,50\n")
    flags = ["--learning-rate=0.5", "--batch-size=5", "--max-epochs=50", "--repeats=20"]
    assert main.run(["check", "c", "--json=c.json", "--cache=cache", "--quiet", *flags]) == 0
    said = (
        "sweep: skipped 0.py, 1.py, 2.py, 3.py, 4.py and 2 more: no table is read from .py files\n"
    )
    assert capsys.readouterr().err == said
    assert len(json.loads((tmp_path / "c.json").read_text())["skipped"]) == 7


@each_of("name", FORMATS)
def test_whatever_is_damaged_is_read_or_refused(tmp_path, name):
    write(name, tmp_path / name, TABLES["en"])
    whole, random = (tmp_path / name).read_bytes(), np.random.default_rng(len(name))
    for _ in range(12):
        content = bytearray(whole)
        for place in random.integers(0, len(whole), 5):
            content[place] = random.integers(0, 256)
        (tmp_path / name).write_bytes(content[: random.integers(len(whole) // 2, 2 * len(whole))])
        with contextlib.suppress(InputError, SweepError):
            assert table_in(tmp_path / name, ASKED).n_filled


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_in_an_archive_are_read_both(tmp_path):
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as written:
        for text in ("first", "second"):
            written.writestr("a.csv", text)
    found, _ = hand_ins_in(tmp_path / "c.zip", tmp_path / "out")
    assert [hand_in.content() for hand_in in found] == [b"first", b"second"]
