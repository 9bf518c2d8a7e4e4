"""The report that one hands in: name and number, task and model, Word, PDF and Excel."""

import io
import json
import re
import shutil
from datetime import date

import docx
import openpyxl
import pandas as pd
import pdfplumber
import pytest
from cases import each_of
from markdown_it import MarkdownIt
from undrawn import draw_here, draw_one

from network.data import generated
from reports.check.table_layouts import ExpectedTable
from reports.documents import hand_in, pdf
from reports.figures.fonts import chinese_font
from studies.checking.tables import table_in
from studies.cli import main

RATES, SIZES = [0.3, 0.7], [5, 10]
FLAGS = ["--learning-rate", "0.3,0.7", "--batch-size", "5,10", "--max-epochs", "3000"]
FLAGS += ["--target-loss", "0.0045"]
AUTHOR = "*Ada* <b>=1+1</b> | 张三"
WHOSE = ["--author", AUTHOR, "--student-id", "20260001", "--course", "C_1_"]
FORMATS = ["--format", "docx,pdf,xlsx"]
FILES = ("report.md", "report.html", "report.docx", "report.pdf", "table.xlsx")
HEADINGS = {
    "en": [
        "Task",
        "Model and data",
        "Table",
        "Best combination",
        "Findings",
        "Discussion",
        "Settings",
        "Reproduce",
    ],
    "zh": [
        "实验目的",
        "模型与数据",
        "实验结果",
        "最佳组合",
        "结果与分析",
        "讨论",
        "实验设置",
        "复现方法",
    ],
}


def sweep(*words):
    return main.run([*map(str, words), "--quiet"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the run in both languages, with one of its figures."""
    path = tmp_path_factory.mktemp("handed")
    with pytest.MonkeyPatch.context() as patch:
        draw_one(patch, "best_fit")
        draw_here(patch)
        for lang in ("en", "zh"):
            out = path / lang
            assert sweep("assignment", "--out", out, *FLAGS, *WHOSE, *FORMATS, "--lang", lang) == 0
    return path


@pytest.fixture
def plain(tmp_path, no_figures):
    """Return what runs one cell in a directory, without figures."""

    def run(*words):
        flags = ["--learning-rate", "0.5", "--batch-size", "full", "--max-epochs", "50"]
        return sweep("assignment", "--out", tmp_path / "run", *flags, *words)

    return run


def expected(folder, lang):
    """Return what each cell came to: the epochs, if it reached the target, and the accuracy."""
    trials = pd.read_csv(folder / lang / "trials.csv").set_index(["batch_size", "learning_rate"])
    assert set(trials.state) == {"converged", "exhausted"}
    return {
        cell: (row.epochs, row.state == "exhausted", f"{row.test_r2:.3f}")
        for cell, row in trials.iterrows()
    }


def word_tables(path):
    return [[[c.text for c in r.cells] for r in t.rows] for t in docx.Document(path).tables]


def pdf_tables(path):
    with pdfplumber.open(path) as file:
        return [table for page in file.pages for table in page.extract_tables()]


def markdown_tables(path):
    from reports.documents.blocks import blocks_of

    tables = [block.rows for block in blocks_of(path.read_text()) if block.kind == "table"]
    return [[["".join(r.text for r in c) for c in row] for row in rows] for rows in tables]


READERS = {"report.docx": word_tables, "report.pdf": pdf_tables, "report.md": markdown_tables}


@each_of(("lang", "name"), [(lang, name) for lang in HEADINGS for name in READERS])
def test_the_table_of_each_file_is_that_of_the_trials(folder, lang, name):
    tables = READERS[name](folder / lang / name)
    (table,) = [t for t in tables if len(t) == 3 and "/" in t[1][1]][:1]
    assert table[0][1:] == ["0.3", "0.7"]
    comma = {"en": ",", "zh": ""}[lang]
    for (size, rate), (epochs, more, accuracy) in expected(folder, lang).items():
        cell = next(row for row in table if row[0] == str(size))[1 + RATES.index(rate)]
        shown = f"{epochs:,}".replace(",", comma) if epochs >= 1000 else str(epochs)
        assert cell == f"{'>' * more}{shown} / {accuracy}"


def test_the_sheets_of_the_workbook_hold_the_trials_as_numbers(folder):
    epochs, accuracy = openpyxl.load_workbook(folder / "en" / "table.xlsx").worksheets
    for (size, rate), (spent, more, r2) in expected(folder, "en").items():
        at = {"row": 2 + SIZES.index(size), "column": 2 + RATES.index(rate)}
        assert epochs.cell(**at).value == (f">{spent}" if more else spent)
        assert accuracy.cell(**at).value == float(r2)


@each_of("name", ["report.md", "report.docx", "report.pdf", "table.xlsx"])
def test_the_tool_reads_its_own_reports(folder, name):
    for lang in HEADINGS:
        found = table_in(folder / lang / name, ExpectedTable(SIZES, RATES, 4)).entries
        for cell, (epochs, more, _) in expected(folder, lang).items():
            assert (found[cell].more, found[cell].epochs) == (more, epochs)


def test_a_report_has_its_parts_in_the_order_of_a_hand_in(folder):
    for lang, headings in HEADINGS.items():
        report = (folder / lang / "report.md").read_text()
        assert re.findall(r"^## (.*)$", report, re.MULTILINE) == headings
        document = docx.Document(folder / lang / "report.docx")
        assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == headings
        assert len(document.inline_shapes) == 1
        assert report.index("figures/best_fit.png") < report.index(f"## {headings[4]}")
        assert report.count("\n---\n") == 3
        assert generated.FORMULAS["snake"] in report
        assert "1–4–1" in report
        assert "report.html" not in "".join(p.text for p in document.paragraphs)


def test_user_words_are_shown_as_they_were_written(folder):
    html = (
        MarkdownIt("commonmark").enable("table").render((folder / "en" / "report.md").read_text())
    )
    assert "<td>*Ada* &lt;b&gt;=1+1&lt;/b&gt; | 张三</td>" in html
    assert "<td>C_1_</td>" in html
    assert ["Name", AUTHOR] in word_tables(folder / "en" / "report.docx")[0]
    assert docx.Document(folder / "en" / "report.docx").core_properties.author == AUTHOR
    if chinese_font():
        assert ["姓名", AUTHOR] in pdf_tables(folder / "zh" / "report.pdf")[0]
    page = (folder / "zh" / "report.html").read_text()
    assert "<b>=1+1" not in page
    assert "学号：20260001" in page


def test_a_second_run_and_a_report_write_the_same_bytes(folder, monkeypatch):
    draw_one(monkeypatch, "best_fit")
    draw_here(monkeypatch)
    before = {name: (folder / "zh" / name).read_bytes() for name in FILES}
    again = [["assignment", "--out", folder / "zh", *FLAGS], ["report", folder / "zh"]]
    for command in again:  # name, number and course are kept
        assert sweep(*command, *FORMATS, "--lang", "zh") == 0
        assert {name: (folder / "zh" / name).read_bytes() for name in FILES} == before
    assert main.run(["verify", str(folder / "zh"), "--sample", "1"]) == 0


def test_the_command_at_the_end_makes_the_same_report(folder, tmp_path, no_figures):
    report = (folder / "en" / "report.md").read_text()
    command = re.findall(r"^```\n(sweep .*)\n```$", report, re.MULTILINE)[0]
    assert f"--out {folder / 'en'} " in command
    import shlex

    words = shlex.split(command)[1:]
    words[words.index("--out") + 1] = str(tmp_path / "again")
    assert sweep(*words) == 0
    again = (tmp_path / "again" / "report.md").read_text()
    assert again.replace(str(tmp_path / "again"), str(folder / "en")) == report


def test_the_date_is_that_of_the_run_until_another_question_is_asked(tmp_path, plain):
    file = tmp_path / "run" / "run.json"
    assert plain() == 0
    record = json.loads(file.read_text())
    assert record["date"] == date.today().isoformat()
    file.write_text(json.dumps(record | {"date": "2001-02-03"}))
    assert plain("--author", "Ada") == 0
    assert "| Date | 3 February 2001 |" in (tmp_path / "run" / "report.md").read_text()
    assert plain("--repeats", "2") == 0
    record = json.loads(file.read_text())
    assert (record["date"], record["author"]) == (date.today().isoformat(), "Ada")
    assert plain("--repeats", "2", "--author", "") == 0
    assert "author" not in json.loads(file.read_text())


def test_what_a_record_says_of_its_author_is_not_trusted(tmp_path, plain):
    assert plain() == 0
    file = tmp_path / "run" / "run.json"
    forged = {"author": "a\n# b", "student_id": ["x"], "course": "c" * 300, "date": "x"}
    file.write_text(json.dumps(json.loads(file.read_text()) | forged))
    assert sweep("report", tmp_path / "run", *FORMATS) == 0
    assert markdown_tables(tmp_path / "run" / "report.md")[0][1:] == [
        [name, ""] for name in ("Name", "Student number", "Course", "Date")
    ]


def test_a_word_document_that_was_written_into_is_kept(tmp_path, plain, capsys):
    assert plain("--format", "docx") == 0
    path = tmp_path / "run" / "report.docx"
    document = docx.Document(path)
    document.add_paragraph("My discussion")
    document.save(path)
    mine = path.read_bytes()
    assert plain("--format", "docx,pdf") == 2
    assert "report.docx is there already and differs" in capsys.readouterr().err
    assert path.read_bytes() == mine
    path.rename(tmp_path / "mine.docx")
    assert plain("--format", "docx") == 0


def no_library(monkeypatch):
    monkeypatch.setattr(hand_in, "find_spec", lambda name: None)


def no_font(monkeypatch):
    monkeypatch.setattr(pdf, "chinese_files", list)


@each_of(
    ("flags", "lack", "message"),
    [
        (
            ["--format", "odt"],
            None,
            "--format takes docx, pdf, xlsx, separated by commas, got 'odt'",
        ),
        (["--format", "docx"], no_library, 'needs the extra: pip install "sweep-lab[documents]"'),
        (["--author", "a\nb"], None, "--author takes one line of at most 200 characters"),
        (["--student-id", "1" * 201], None, "--student-id takes one line"),
        (["--format", "pdf", "--author", "张"], no_font, "no font is installed for 张"),
        (["--format", "pdf", "--lang", "zh"], no_font, "no font is installed for 名姓"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path, plain, capsys, flags, lack, message
):
    with pytest.MonkeyPatch.context() as patch:
        if lack is not None:
            lack(patch)
        assert plain(*flags) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


@each_of(
    ("flags", "texts"),
    [
        (["--n-hidden", "3", "--activation", "tanh"], ["1–3–1", "with tanh activation"]),
        (
            ["--n-hidden", "2,6", "--repeats", "2"],
            ["1–2–1 and 1–6–1", "trained 2 times", "(2 hidden units)"],
        ),
        (["--data", "sine", "--init", "he"], ["y = sin(6.28x)", "±0.1", "weights: He"]),
        (["--data", "hills"], ["3–4–1", "generated data `hills`, 3 in and 1 out"]),
        (["--decay", "cosine", "--shuffle", "none"], ["schedule: cosine", "not shuffled"]),
        (
            ["--max-epochs", "2000", "--eval-every", "1000"],
            ["2,000 epochs are over", "every 1,000 epochs"],
        ),
    ],
)
def test_the_model_and_the_data_are_those_of_the_run(tmp_path, plain, flags, texts):
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
    assert plain(*flags) == 0
    report = (tmp_path / "run" / "report.md").read_text()
    for text in texts:
        assert text in report


def test_of_a_network_of_ones_own_nothing_is_said_that_is_not_known(
    tmp_path, monkeypatch, no_figures
):
    monkeypatch.chdir(tmp_path)
    loop = "for e in (50, 100):\n        yield e, {'validation_loss': learning_rate / e}\n"
    (tmp_path / "mine.py").write_text(f"def train(learning_rate, batch_size):\n    {loop}")
    flags = ["--objective", "mine.py:train", "--learning-rate", "0.5", "--batch-size", "5"]
    assert sweep("assignment", *flags, "--out", "run", *FORMATS) == 0
    report = (tmp_path / "run" / "report.md").read_text()
    assert "trained by the function mine.py:train" in report
    for text in ("Network", "gradient descent", "snake curve", "R² ="):
        assert text not in report


def test_a_study_can_be_handed_in_too(tmp_path, no_figures, capsys):
    out = tmp_path / "run"
    flags = ["--max-epochs", "50", "--learning-rate", "0.1,0.5"]
    assert sweep("study", "learning-rate", "--out", out, *flags) == 0
    assert sweep("report", out, "--author", "Ada", *FORMATS) == 0
    assert "| Name | Ada |" in (out / "report.md").read_text()
    assert "Student number" not in (out / "report.md").read_text()
    content = io.BytesIO((out / "table.xlsx").read_bytes())
    assert openpyxl.load_workbook(content).worksheets
