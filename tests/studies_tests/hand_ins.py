"""A class of forty hand-ins with known content, in the files and layouts that students use.

`write_class` writes a folder a student, some of them zipped, by the libraries that write such
files. What stands in a cell is known: a `Told`, `MISSING`, or `UNREADABLE`.
"""

import csv
import re
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import docx
import nbformat
import numpy as np
import openpyxl
import pandas as pd
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table
from undrawn import run_here

SIZES, RATES = (2, 5, 10, 15), (0.1, 0.3, 0.5, 0.7)
CELLS = [(size, rate) for size in SIZES for rate in RATES]
MISSING, UNREADABLE = "missing", "?"
LEFT, UP = "←", "↑"
"""In a table's rows: this cell is one with its neighbour."""

NEW_PAGE = "\f"
"""In a PDF."""

SONG = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(SONG))
TEXT, HEADING = (
    getSampleStyleSheet()[name].clone("song", fontName=SONG) for name in ("Normal", "Heading2")
)


class Told(NamedTuple):
    """What a cell tells: epochs, whether these were not enough, and the accuracy if it has one."""

    epochs: int | None
    more: bool
    accuracy: float | None


# ---- files: texts, "# headings" and tables (rows of texts) by the libraries that write them ----


def spans(rows):
    """Yield the cells of rows with their places, and over how many columns and rows they go."""
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            if text not in (LEFT, UP):
                across = down = 1
                while j + across < len(row) and row[j + across] == LEFT:
                    across += 1
                while i + down < len(rows) and rows[i + down][j] == UP:
                    down += 1
                yield i, j, text, across, down


def is_merged(rows):
    return any(text in (LEFT, UP) for row in rows for text in row)


def write_docx(path, parts):
    document = docx.Document()
    for part in parts:
        if isinstance(part, str):
            is_heading = part.startswith("# ")
            add = document.add_heading if is_heading else document.add_paragraph
            add(part.removeprefix("# "))
            continue
        table = document.add_table(len(part), len(part[0]), style="Table Grid")
        for i, j, text, across, down in spans(part):
            cell = table.cell(i, j)
            if (across, down) != (1, 1):
                cell = cell.merge(table.cell(i + down - 1, j + across - 1))
            cell.paragraphs[0].add_run(text.strip("*")).bold = text.startswith("**")
    document.save(path)


def typed(cell, text):
    """Put a text into a cell of a sheet as Excel takes it: numbers are numbers, with a format."""
    cell.font = openpyxl.styles.Font(bold=text.startswith("**"))
    text = text.strip("*")
    digits = text.strip(">%").replace(".", "", 1)
    if not digits.isdecimal() or text.startswith("%"):
        cell.value = text or None
        return
    places = "0" * len(text.strip(">%").partition(".")[2])
    shape = f"0.{places}" if places else "0"
    cell.value = float(text.strip(">%")) / (100 if text.endswith("%") else 1)
    cell.number_format = '">"' * text.startswith(">") + shape + "%" * text.endswith("%")


def write_xlsx(path, parts):
    """Write a sheet for each heading, and an empty row after each table."""
    book, row = openpyxl.Workbook(), 1
    for part in parts:
        if isinstance(part, str) and part.startswith("# "):
            sheet, row = book.create_sheet(part[2:30]), 1
        elif isinstance(part, str):
            book.worksheets[-1].cell(row, 1, part)
            row += 1
        else:
            sheet = book.worksheets[-1]
            for i, j, text, across, down in spans(part):
                typed(sheet.cell(row + i, 1 + j), text)
                if (across, down) != (1, 1):
                    sheet.merge_cells(None, row + i, 1 + j, row + i + down - 1, j + across)
            row += len(part) + 1
    if len(book.worksheets) > 1 and book.worksheets[0]["A1"].value is None:
        book.remove(book.worksheets[0])
    book.save(path)


def html_of(rows):
    if not is_merged(rows):
        frame = pd.DataFrame([[bold(t, "<b>{}</b>") for t in row] for row in rows[1:]])
        return frame.to_html(index=False, header=False, escape=False).replace(
            "<tbody>", f"<thead><tr>{''.join(f'<th>{t}</th>' for t in rows[0])}</tr></thead><tbody>"
        )
    lines = [""] * len(rows)
    for i, _, text, across, down in spans(rows):
        lines[i] += f"<td colspan={across} rowspan='{down}'>{bold(text, '<b>{}</b>')}</td>"
    return f"<table border>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def bold(text, how):
    return how.format(text.strip("*")) if text.startswith("**") else text


def html_parts(parts):
    for part in parts:
        if not isinstance(part, str):
            yield html_of(part)
        else:
            tag = "h2" if part.startswith("# ") else "p"
            yield f"<{tag}>{part.removeprefix('# ')}</{tag}>"


def write_html(path, parts):
    body = "\n".join(html_parts(parts))
    path.write_text(f"<!DOCTYPE html><html><body>{body}</body></html>", encoding="utf-8")


def markdown_of(rows):
    return pd.DataFrame(rows[1:], columns=rows[0]).to_markdown(index=False, disable_numparse=True)


def write_markdown(path, parts):
    texts = [part if isinstance(part, str) else markdown_of(part) for part in parts]
    path.write_text("\n\n".join(texts) + "\n", encoding="utf-8")


def printed(rows):
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    return frame.to_string(index=False)


def write_text(path, parts, encoding="utf-8"):
    texts = [part if isinstance(part, str) else printed(part) for part in parts]
    path.write_text("\n\n".join(texts) + "\n", encoding=encoding)


def write_csv(path, parts, delimiter=",", encoding="utf-8-sig"):
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=delimiter)
        for part in parts:
            writer.writerows([[part]] if isinstance(part, str) else [*part, []])


def write_notebook(path, parts, kind="text/html"):
    cells = []
    for part in parts:
        if isinstance(part, str):
            cells.append(nbformat.v4.new_markdown_cell(part))
        else:
            text = html_of(part) if kind == "text/html" else printed(part)
            code = nbformat.v4.new_code_cell("1 / 0")
            shown = {kind: text, "text/plain": printed(part)}
            code.outputs = [nbformat.v4.new_output("execute_result", data=shown)]
            cells.append(code)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


SIGNS = {
    "\\": r"\textbackslash ",
    "%": r"\%",
    ">": "$>$",
    "η": r"$\eta$",
    "±": r"$\pm$",
    "_": r"\_",
}


def latex_of(rows):
    def text(cell):
        return bold("".join(SIGNS.get(sign, sign) for sign in cell), r"\textbf{{{}}}")

    if not is_merged(rows):
        frame = pd.DataFrame([[text(t) for t in row] for row in rows[1:]])
        return frame.to_latex(index=False, header=[*map(text, rows[0])], escape=False)
    lines = [[] for _ in rows]
    for i, row in enumerate(rows):
        found = {j: rest for k, j, *rest in spans(rows) if k == i}
        for j, cell in enumerate(row):
            shown, across, down = found.get(j, ("", 1, 1))
            shown = text(shown)
            shown = rf"\multirow{{{down}}}{{*}}{{{shown}}}" if down > 1 else shown
            shown = rf"\multicolumn{{{across}}}{{c}}{{{shown}}}" if across > 1 else shown
            lines[i] += [shown] if cell != LEFT else []
    body = "\n".join(" & ".join(line) + r" \\" for line in lines)
    return f"\\begin{{tabular}}{{{'c' * len(rows[0])}}}\n\\hline\n{body}\n\\hline\n\\end{{tabular}}"


def write_latex(path, parts):
    texts = [
        latex_of(part)
        if not isinstance(part, str)
        else f"\\section{{{part[2:]}}}" * part.startswith("# ")
        or "".join(SIGNS.get(sign, sign) for sign in part)
        for part in parts
    ]
    start = "\\documentclass{ctexart}\n\\usepackage{booktabs,multirow}\n\\begin{document}\n"
    path.write_text(start + "\n\n".join(texts) + "\n\\end{document}\n", encoding="utf-8")


def write_pdf(path, parts, lines=True, repeated=0, height=842, on_page=lambda *_: None):
    content = []
    for part in parts:
        if part == NEW_PAGE:
            content.append(PageBreak())
        if isinstance(part, str):
            how = HEADING if part.startswith("# ") else TEXT
            content.append(Paragraph(part.removeprefix("# "), how))
            continue
        style = [("FONT", (0, 0), (-1, -1), SONG)]
        style += [("GRID", (0, 0), (-1, -1), 0.5, "black")] * lines
        rows = [["" if text in (LEFT, UP) else text.strip("*") for text in row] for row in part]
        style += [
            ("SPAN", (j, i), (j + across - 1, i + down - 1))
            for i, j, _, across, down in spans(part)
            if (across, down) != (1, 1)
        ]
        content.append(Table(rows, style=style, repeatRows=repeated))
    document = SimpleDocTemplate(str(path), pagesize=(595, height))
    document.build(content, onFirstPage=on_page, onLaterPages=on_page)


def write_figure(path, parts):
    """Write the last table as Matplotlib draws one."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3))
    axes = figure.add_subplot()
    axes.axis("off")
    (*_, rows) = (part for part in parts if not isinstance(part, str))
    axes.table([[text.strip("*") for text in row] for row in rows], loc="center", cellLoc="center")
    figure.savefig(path)


# ---- what students write ------------------------------------------------------------------------


class Words(NamedTuple):
    """The words of a language in a table."""

    batch: str
    rate: str
    epochs: str
    accuracy: str
    results: str
    more: tuple[str, ...] = (">{}", "{}+", "{} (not converged)")
    unreadable: tuple[str, ...] = ("see page 3", "loss 0.0013", "54oo", "5400 or 5450", "#REF!")
    missing: tuple[str, ...] = ("", "—", "n/a")


ENGLISH = Words("batch size", "learning rate", "epochs", "accuracy", "Results")
CHINESE = Words(
    *("批大小", "学习率", "轮数", "准确率", "结果"),
    more=("＞{}", "{}以上", "{}（未收敛）"),
    unreadable=("见下页", "损失 0.0013", "54oo", "5400 或 5450", "图2"),
    missing=("", "—", "无"),
)


class Style(NamedTuple):
    """How numbers are written: each by its own format."""

    epochs: str = "{}"
    accuracy: str = "{:.3f}"
    joint: str = " / "
    more: int = 0  # which of the words

    def accuracy_of(self, told):
        return "" if told.accuracy is None else self.accuracy.format(told.accuracy)

    def rounded(self, accuracy):
        """Return the accuracy as it is written."""
        if accuracy is None:
            return None
        number = re.search(r"[\d.]+", self.accuracy.format(accuracy))[0]
        return round(float(number) / 100, 6) if "%" in self.accuracy else float(number)


class Content:
    """A student's cells as texts, in a language and a style, with some that are no good."""

    def __init__(self, table, words, style, odd):
        self.words, self.style, self.odd = words, style, odd
        self.best = min(table, key=lambda cell: (table[cell].more, table[cell].epochs or 0))
        self.table = table

    def epochs(self, cell):
        told = self.table[cell]
        if cell in self.odd:
            return self.odd[cell]
        how = self.words.more[self.style.more] if told.more else self.style.epochs
        return how.format(told.epochs)

    def accuracy(self, cell):
        return "" if cell in self.odd else self.style.accuracy_of(self.table[cell])

    def both(self, cell):
        if cell in self.odd:
            return self.odd[cell]
        text = self.style.joint.join(filter(None, (self.epochs(cell), self.accuracy(cell))))
        return f"**{text}**" if cell == self.best else text

    def known(self):
        """Return what is to be read."""
        empty = {*ENGLISH.missing, *CHINESE.missing}
        found = {
            cell: told._replace(accuracy=self.style.rounded(told.accuracy))
            for cell, told in self.table.items()
        }
        odd = {c: MISSING if text in empty else UNREADABLE for c, text in self.odd.items()}
        return found | odd


def matrix(of, text=None, corner=None, rate="{}", size="{}"):
    text = text or of.both
    corner = f"{of.words.batch} \\ {of.words.rate}" if corner is None else corner
    head = [corner, *(rate.format(each) for each in RATES)]
    return [head, *([size.format(s), *(text((s, r)) for r in RATES)] for s in SIZES)]


def plain(of):
    return [f"# {of.words.results}", matrix(of)]


def by_rate(of):
    corner = f"{of.words.rate}\\{of.words.batch}"
    rows = matrix(of, corner=corner, rate="η={}", size="bs={}")
    return [f"# {of.words.results}", [list(column) for column in zip(*rows, strict=True)]]


def two_matrices(of):
    words = of.words
    return [
        *(f"# {words.epochs}", matrix(of, of.epochs, words.batch, rate="lr={}")),
        *(f"# {words.accuracy}", matrix(of, of.accuracy, words.batch, rate="lr={}")),
    ]


def two_with_captions(of):
    """Write the accuracies first, under a sentence."""
    words = of.words
    captions = {
        ENGLISH: ("Table 1: the accuracy on the test set for each combination", "Table 2: epochs"),
        CHINESE: ("表1 每种组合训练结束后在测试集上的准确率如下表所示", "表2 训练轮数"),
    }[words]
    return [captions[0], matrix(of, of.accuracy, ""), captions[1], matrix(of, of.epochs, "")]


def side_by_side(of):
    one = matrix(of, of.epochs, of.words.epochs)
    two = matrix(of, of.accuracy, of.words.accuracy)
    return [[[*a, "", *b] for a, b in zip(one, two, strict=True)]]


def long(of, extra=True):
    words = of.words
    names = ["No.", words.batch, words.rate, words.epochs, words.accuracy, "loss", "time (s)"]
    rows = [
        [str(n), *map(str, cell), of.epochs(cell), of.accuracy(cell), "0.00099", f"{n + 3.2:.1f}"]
        for n, cell in enumerate(CELLS, 1)
    ]
    rows = [names, *rows]
    return [f"# {words.results}", rows if extra else [row[1:5] for row in rows]]


def short(of):
    return long(of, extra=False)


def long_merged(of):
    """Write a batch size once for its four rows."""
    rows = long(of, extra=False)[1]
    return [
        [
            [UP if i % 4 != 1 and i and j == 0 else t for j, t in enumerate(row)]
            for i, row in enumerate(rows)
        ]
    ]


def table_per_size(of):
    words, parts = of.words, []
    for size in SIZES:
        rows = [[str(r), of.epochs((size, r)), of.accuracy((size, r))] for r in RATES]
        parts += [f"{words.batch} = {size}", [[words.rate, words.epochs, words.accuracy], *rows]]
    return [f"# {words.results}", *parts]


def table_per_rate(of):
    """Write a rate into the heading over a list of batch sizes."""
    words, parts = of.words, []
    for rate in RATES:
        rows = [[str(s), of.both((s, rate))] for s in SIZES]
        parts += [f"# η = {rate}", [[words.batch, f"{words.epochs} / {words.accuracy}"], *rows]]
    return parts


def titled(of):
    rows = matrix(of, corner="", rate="η={}", size=f"{of.words.batch} {{}}")
    title = {
        ENGLISH: "Homework 3: hidden units 4, Xavier",
        CHINESE: "作业三 隐层神经元数 4，Xavier 初始化",
    }
    return [[[title[of.words], *[LEFT] * 4], *rows]]


def grouped(of):
    """Write the names of the axes over all columns and beside all rows."""
    rows = matrix(of, corner="")
    beside = [["", *row] for row in rows]
    for i, row in enumerate(beside[1:]):
        row[0] = UP if i else of.words.batch
    return [[["", "", of.words.rate, *[LEFT] * 3], *beside]]


def apart(of):
    """Write epochs and accuracies into columns under each rate."""
    words = of.words
    head = [
        [words.batch, *(t for r in RATES for t in (f"η={r}", LEFT))],
        [UP, *[words.epochs, words.accuracy] * 4],
    ]
    rows = [
        [str(s), *(t(c) for r in RATES for c in [(s, r)] for t in (of.epochs, of.accuracy))]
        for s in SIZES
    ]
    return [f"# {words.results}", [*head, *rows]]


def apart_in_rows(of):
    words = of.words
    rows = [[words.batch, "", *map(str, RATES)]]
    for s in SIZES:
        rows.append([str(s), words.epochs, *(of.epochs((s, r)) for r in RATES)])
        rows.append([UP, words.accuracy, *(of.accuracy((s, r)) for r in RATES)])
    return [rows]


def pivoted(of):
    """Write what pandas shows of a pivot table of two values."""
    words = of.words
    rows = [
        [str(s), *(text((s, r)) for text in (of.epochs, of.accuracy) for r in RATES)] for s in SIZES
    ]
    return [
        [
            ["", words.epochs, *[LEFT] * 3, words.accuracy, *[LEFT] * 3],
            [words.rate, *map(str, RATES * 2)],
            [words.batch, *[""] * 8],
            *rows,
        ]
    ]


def report(of):
    """Several tables: settings, a first attempt, other hidden units, the answer, and times."""
    words, other = of.words, ["1200", "2350", "4700", "900"]
    is_english = words is ENGLISH
    settings = [["parameter", "value"], ["learning rate", "0.1, 0.3, 0.5, 0.7"], ["hidden", "4"]]
    first = [[words.rate, *map(str, RATES)], [words.epochs, *other]]
    loss = [["loss", *map(str, RATES)], *([str(s), *["0.0012"] * 4] for s in SIZES)]
    eight = [[f"{words.batch} \\ η", *map(str, RATES)], *([str(s), *other] for s in SIZES)]
    texts = (
        ["Settings", "First attempt", "With 8 hidden units", "Loss"]
        if is_english
        else ["参数设置", "初步尝试", "8个隐层神经元", "损失函数值"]
    )
    parts = [
        t
        for heading, rows in zip(texts, (settings, first, eight, loss), strict=True)
        for t in (f"# {heading}", rows)
    ]
    answer = [f"# {words.results}", "All combinations:" if is_english else "所有组合：", matrix(of)]
    return [*parts[:6], *answer, *parts[6:]]


def drafts(of):
    """Write a first attempt that is as full as the answer."""
    words = of.words
    draft = [
        [f"{words.batch} \\ η", *map(str, RATES)],
        *([str(s), "1000", "950", "900", "850"] for s in SIZES),
    ]
    heading = (
        "# A first attempt with target loss 0.01"
        if words is ENGLISH
        else "# 初步尝试（目标损失 0.01）"
    )
    return [heading, draft, f"# {words.results}", matrix(of)]


def lines(of):
    """Write a line for each combination."""
    words = of.words
    return [
        "\n".join(
            f"{words.batch} {s}, {words.rate} {r}: {of.both((s, r)).strip('*')}" for s, r in CELLS
        )
    ]


def log(of):
    return [
        "\n".join(
            f"bs={s} lr={r} epochs={of.epochs((s, r))} acc={of.accuracy((s, r))}" for s, r in CELLS
        )
    ]


class HandIn(NamedTuple):
    """A hand-in by its name: the folder, file and writer, and how its table looks."""

    student: str
    file: str
    write: Callable
    layout: Callable
    words: Words
    style: Style = Style()
    n_odd: int = 0
    zipped: bool = False


UNITS = Style("{} epochs", "{:.1%}", ", ")
ROUNDS = Style("{}轮", "准确率{:.1%}", "，")
PERCENT, WHOLE, FINE = Style(accuracy="{:.1%}"), Style(accuracy="{:.0%}"), Style(accuracy="{:.4f}")
COMMAS = Style("{:,}", "{:.3f}", "; ")
PAIR = Style("{}", "{:.2%}", "（")
E, Z = ENGLISH, CHINESE

STUDENTS = [
    HandIn("王芳", "作业三.docx", write_docx, plain, Z, PERCENT),
    HandIn("Li Na", "homework.xlsx", write_xlsx, plain, E, n_odd=2),
    HandIn("张伟_2026003", "hw3.ipynb", write_notebook, pivoted, Z),
    HandIn("Tom Brown", "report.pdf", write_pdf, report, E, zipped=True),
    HandIn("刘洋", "结果.xlsx", write_xlsx, two_matrices, Z, PERCENT, 1),
    HandIn("Anna Schmidt", "table.tex", write_latex, apart, E),
    HandIn("陈静", "作业/报告.docx", write_docx, report, Z, ROUNDS, 1, True),
    HandIn("Ken Sato", "results.csv", write_csv, long, E, n_odd=2),
    HandIn("杨帆", "结果.csv", partial(write_csv, encoding="gb18030"), plain, Z, ROUNDS),
    HandIn("Maria Rossi", "report.html", write_html, grouped, E, UNITS, 1),
    HandIn("黄磊", "hw3.pdf", write_pdf, titled, Z, FINE, 1),
    HandIn("Emma Jones", "answer.md", write_markdown, by_rate, E, UNITS, 2),
    HandIn("周敏", "作业.md", write_markdown, two_with_captions, Z, WHOLE, 1),
    HandIn("Lucas Martin", "homework.docx", write_docx, two_with_captions, E, WHOLE),
    HandIn("吴昊", "表.xlsx", write_xlsx, grouped, Z, n_odd=1, zipped=True),
    HandIn("Olga Ivanova", "hw.pdf", partial(write_pdf, lines=False), plain, E),
    HandIn("徐丽", "hw3.docx", write_docx, long_merged, Z, n_odd=1),
    HandIn("Peter Novak", "results.xlsx", write_xlsx, long_merged, E, PERCENT),
    HandIn("孙悦", "实验报告.docx", write_docx, table_per_size, Z, PERCENT, 1),
    HandIn("Sara Lopez", "report.html", write_html, table_per_size, E, n_odd=1),
    HandIn("马超", "notebook.ipynb", write_notebook, long, Z, n_odd=1, zipped=True),
    HandIn("John Smith", "hw3.ipynb", partial(write_notebook, kind="text/plain"), short, E),
    HandIn("朱琳", "log.txt", write_text, log, Z),
    HandIn("Amy Chen", "results.txt", write_text, lines, E, UNITS),
    HandIn("胡斌", "结果.txt", partial(write_text, encoding="gb18030"), lines, Z, ROUNDS, 1),
    HandIn("Mark Lee", "homework.xlsx", write_xlsx, side_by_side, E, PERCENT),
    HandIn("林晓", "作业3.xlsx", write_xlsx, apart, Z, n_odd=2),
    HandIn("Nina Weber", "hw3.docx", write_docx, apart_in_rows, E, n_odd=1),
    HandIn("郭强", "论文.tex", write_latex, grouped, Z, Style(more=2)),
    HandIn("David Kim", "main.tex", write_latex, report, E, n_odd=1),
    HandIn("何雨", "report.pdf", partial(write_pdf, height=420, repeated=1), long, Z),
    HandIn("Eva Berg", "homework.pdf", partial(write_pdf, height=420), long, E, PERCENT),
    HandIn("高翔", "图.pdf", write_figure, plain, E),
    HandIn("Noah Clark", "hw3.html", write_html, drafts, E, FINE),
    HandIn("罗佳", "初稿与结果.docx", write_docx, drafts, Z, PERCENT, 0, True),
    HandIn("Ines Silva", "results.tsv", partial(write_csv, delimiter="\t"), by_rate, E, COMMAS),
    HandIn("梁艳", "作业.docx", write_docx, table_per_rate, Z, PAIR),
]  # fmt: skip
OWN = {"谢涛": "run/table.md", "Paul Green": "report.html", "唐宁": "table.tex"}
"""Three more hand in what the tool has written: the whole directory, zipped, or one file of it."""


def honest_table(random):
    """Draw a table of epochs that look like a student's."""
    table = {}
    for size, rate in CELLS:
        epochs = 50 * int(random.lognormal(np.log(900 * size**0.8 / rate), 0.4) // 50 + 1)
        more = epochs > 10_000
        accuracy = round(float(random.uniform(0.7, 0.9) if more else random.uniform(0.95, 0.99)), 4)
        table[size, rate] = Told(min(epochs, 10_000), more, accuracy)
    return table


def write_class(folder: Path, tables: Mapping[str, Mapping] | None = None, seed: int = 0):
    """Write forty hand-ins below a folder, and return what is known of them.

    Parameters
    ----------
    folder : Path
        A folder that is made: one folder a student in it, or an archive of one.
    tables : dict, optional
        By student, what is to stand in all cells of the table: ``{(batch_size, learning_rate):
        Told}``. Students who are not named hand in something that looks honest.
    seed : int
        Of what is drawn: tables, and which cells are missing or unreadable.

    Returns
    -------
    dict
        By the name of the file with the table, as the tool names it: its cells, each a `Told`,
        `MISSING` or `UNREADABLE`.
    """
    folder.mkdir()
    known = {}
    for number, hand_in in enumerate(STUDENTS):
        random = np.random.default_rng([seed, number])
        table = (tables or {}).get(hand_in.student) or honest_table(random)
        content = _content(hand_in, table, random)
        file = folder / hand_in.student / hand_in.file
        file.parent.mkdir(parents=True)
        hand_in.write(file, hand_in.layout(content))
        (folder / hand_in.student / "network.py").write_text("1 / 0\n")
        known[_placed(folder, hand_in.student, hand_in.file, hand_in.zipped)] = content.known()
    return known | _write_own(folder)


def any_hand_in(folder, random):
    """Write one in a layout, format, language and style that are drawn; return file and cells.

    Where a format joins no cells, empty ones stand for those that would be joined.
    """
    of_texts = [each for each in STUDENTS if each.write is not write_figure]
    first, second, third, fourth = (of_texts[i] for i in random.choice(len(of_texts), 4))
    hand_in = first._replace(layout=second.layout, style=third.style, words=fourth.words)
    content = _content(hand_in._replace(n_odd=random.integers(4)), honest_table(random), random)
    parts = hand_in.layout(content)
    if hand_in.write not in JOINING:
        parts = [_unjoined(part) for part in parts]
    file = folder / hand_in.file.rpartition("/")[2]
    hand_in.write(file, parts)
    return file, content.known()


JOINING = (write_docx, write_xlsx, write_html, write_latex, write_pdf, write_notebook)


def _unjoined(part):
    if isinstance(part, str):
        return part
    return [["" if text in (LEFT, UP) else text for text in row] for row in part]


def _content(hand_in, table, random):
    odd = {}
    for n, place in enumerate(random.permutation(len(CELLS))[: hand_in.n_odd]):
        texts = (hand_in.words.unreadable, hand_in.words.missing)[n % 2]
        odd[CELLS[place]] = texts[random.integers(len(texts))]
    return Content(table, hand_in.words, hand_in.style, odd)


def _placed(folder, student, file, zipped):
    """Zip a student's folder, if it is to be, and return the name of a file in it."""
    if not zipped:
        return f"{student}/{file}"
    shutil.make_archive(folder / student, "zip", folder / student)
    shutil.rmtree(folder / student)
    return f"{student}.zip/{file}"


def _write_own(folder):
    """Write what the tool makes of the homework; a larger target takes a moment only."""
    run, known = folder / "run", {}
    flags = ["--target-loss=0.01", "--max-epochs=400", "--jobs=1", "--quiet"]
    assert run_here("assignment", "--out", run, *flags) == 0
    trials = pd.read_csv(run / "trials.csv").set_index(["batch_size", "learning_rate"])
    cells = {
        cell: Told(row.epochs, row.state != "converged", round(row.test_r2, 3))
        for cell, row in trials.iterrows()
    }
    for student, file in OWN.items():
        (folder / student).mkdir()
        if file.startswith("run/"):
            shutil.copytree(run, folder / student / "run")
        else:
            shutil.copy(run / file, folder / student / file)
        known[_placed(folder, student, file, file.startswith("run/"))] = cells
    shutil.rmtree(run)
    return known
