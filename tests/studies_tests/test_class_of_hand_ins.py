"""Of forty hand-ins with known content, every cell is read right, and what is no good is told."""

from functools import partial

import numpy as np
import openpyxl
import pytest
from cases import each_of
from counts import count, tell
from studies_tests.hand_ins import (
    CELLS,
    LEFT,
    MISSING,
    NEW_PAGE,
    RATES,
    SIZES,
    SONG,
    UNREADABLE,
    UP,
    Told,
    any_hand_in,
    write_class,
    write_docx,
    write_html,
    write_latex,
    write_notebook,
    write_pdf,
    write_xlsx,
)

from reports.check.table_layouts import ExpectedTable
from studies.checking.hand_ins.files import hand_ins_in
from studies.checking.tables import table_in
from sweep.errors import SweepError

ASKED = ExpectedTable(SIZES, RATES)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "class"
    return folder, write_class(folder)


def read(file):
    """Return what is read of each cell, as it is known."""
    found = {}
    for cell, entry in table_in(file, ASKED).entries.items():
        told = Told(entry.epochs, entry.more, entry.accuracy)
        found[cell] = told if entry.understood and entry.tells else UNREADABLE
        if entry.is_empty:
            found[cell] = MISSING
    return found


def test_every_cell_of_forty_hand_ins_is_read_right(written):
    folder, known = written
    found, _ = hand_ins_in(folder, folder / "check.csv")
    assert len(known) == 40
    assert {each.name for each in found} == {*known}
    wrong = {}
    for hand_in in found:
        cells = read(hand_in)
        expected = known[hand_in.name]
        wrong |= {
            (hand_in.name, cell): (told, cells.get(cell))
            for cell, told in expected.items()
            if cells.get(cell, MISSING) != told
        }
    assert not wrong


def test_no_layout_in_any_format_is_read_as_something_else(tmp_path):
    n, refused = count("HAND_INS", 40), 0
    for i in range(n):
        file, known = any_hand_in(tmp_path, np.random.default_rng([count("SEED", 0), i]))
        try:
            cells = read(file)
        except SweepError:
            refused += 1
            continue
        wrong = {
            cell: (told, cells.get(cell))
            for cell, told in known.items()
            if cells.get(cell, MISSING) not in (told, UNREADABLE)
        }
        assert not wrong, (i, file.name)
    tell(f"hand-ins: {n}, of these refused {refused}")
    assert refused < 0.1 * n + 2


def board(*cells, corner="batch size"):
    """Return a table of two batch sizes and two rates."""
    return [[corner, "0.1", "0.3"], ["2", *cells[:2]], ["5", *cells[2:]]]


def epochs_and_accuracies(path):
    """Return the epochs and accuracies that are read, in the order of the cells; ? for others."""
    cells = table_in(path, ExpectedTable(SIZES[:2], RATES[:2])).entries.values()
    return [(e.epochs, e.accuracy) if e.understood else UNREADABLE for e in cells]


ONE, TWO = board("5400", "2400", "9000", "4650"), board("900", "800", "700", "4650")
GOOD = board("97%", "96%", "95%", "94%")
BAD = board("77%", "76%", "75%", "74%")
OF_ONE, OF_TWO = [5400, 2400, 9000, 4650], [900, 800, 700, 4650]
AS_LIST = [["batch size", "learning rate", "epochs", "accuracy"]]
AS_LIST += [["2", "0.1", "5400", "96.9%"], ["2", "0.3", "2400", "96.4%"]]
AS_LIST += [["5", "0.1", "10000", "70.2%"], ["5", "0.3", "4650", "96.0%"]]
FORMATS = {
    "t.docx": write_docx,
    "t.html": write_html,
    "t.tex": write_latex,
    "t.ipynb": write_notebook,
    "t.pdf": write_pdf,
}
CHOICES = [
    # what stands in a file, the epochs that are read, and the place that is told
    ([ONE], OF_ONE, ""),
    (["# Results", ONE, "# Fit", TWO], OF_ONE, "table 1 of 2 that can be read, under “Results”"),
    (["# 初步尝试", TWO, "# 批大小", ONE], OF_ONE, "table 2 of 2 that can be read, under “批大小”"),
    (["# With 8 hidden units", "Epochs for all:", TWO, "# With 4", ONE], OF_ONE, ""),
    (["# Preliminary results", TWO, "# Results, tanh", TWO, "# Sigmoid", ONE], OF_ONE, "3 of 3"),
    ([TWO, board("5400 / 0.97", "2400 / 0.96", ">10000 / 0.7", "4650 / 0.96")], None, "2 of 2"),
    (["a", ONE, "b", TWO], [*["?"] * 3, 4650], "table 1 of 2"),
    (["a", ONE, "b", ONE], OF_ONE, "table 1 of 2"),
    (["Training time in s", TWO, "Epochs", ONE], OF_ONE, "table 2 of 2"),
    (["a", board("5400 / 0.97", "2400 / 0.96", ">10000 / 0.70", "4650 / 0.96"), AS_LIST], None, ""),
]  # fmt: skip


@each_of(("parts", "epochs", "place"), CHOICES)
def test_of_several_tables_the_one_that_answers_is_read_and_told(tmp_path, parts, epochs, place):
    for name, write in FORMATS.items():
        write(tmp_path / name, parts)
        table = table_in(tmp_path / name, ExpectedTable(SIZES[:2], RATES[:2]))
        read = [e.epochs if e.understood else "?" for e in table.entries.values()]
        assert read == (epochs or [5400, 2400, 10000, 4650])
        assert place in table.layout.en
        assert bool(table.remarks) == ("?" in read)


@each_of(
    ("parts", "accuracies"),
    [
        (["# Epochs", ONE, "# Accuracy", GOOD], GOOD),
        (["# First accuracy", BAD, "# Epochs", ONE, "# Accuracy", GOOD], GOOD),
        (["# Accuracy", BAD, "# Epochs", ONE, "# Accuracy on the training set", GOOD], BAD),
        (["# Accuracy", GOOD, "# First epochs", TWO, "# Epochs", ONE], GOOD),
    ],
)
def test_accuracies_come_from_the_table_that_belongs_to_the_epochs(tmp_path, parts, accuracies):
    write_docx(tmp_path / "t.docx", parts)
    told = [float(text.strip("%")) / 100 for row in accuracies[1:] for text in row[1:]]
    expected = list(zip(OF_ONE, told, strict=True))
    assert epochs_and_accuracies(tmp_path / "t.docx") == expected


LIST = [["learning rate", "epochs"], ["0.1", "5400"], ["0.3", "2400"]]
ABOVE = {
    "Table 3: batch size 2, 4 hidden units": [5400, 2400, None, None],
    "批大小 5 的结果": [None, None, 5400, 2400],
    "batch sizes 2, 5 and 10": None,
    "Best: batch size 5, learning rate 0.3": None,
    "Some words": None,
}


@each_of(("caption", "epochs"), ABOVE.items())
def test_an_axis_that_a_caption_names_once_is_taken_from_there(tmp_path, caption, epochs):
    asked = ExpectedTable(SIZES[:2], RATES[:2])
    write_docx(tmp_path / "t.docx", [caption, LIST])
    if epochs is None:
        with pytest.raises(SweepError, match="no table that can be read"):
            table_in(tmp_path / "t.docx", asked)
    else:
        found = table_in(tmp_path / "t.docx", asked).entries
        assert [found[c].epochs if c in found else None for c in asked.cells] == epochs


def test_what_a_sheet_hides_is_not_read(tmp_path):
    write_xlsx(tmp_path / "t.xlsx", ["# Results", apart_of_two(), "# Old", TWO])
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    sheet = book.worksheets[0]
    sheet.insert_rows(4)
    for j, text in enumerate(["2", "1", "0.1", "1", "0.1"], start=1):
        sheet.cell(4, j, text)
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions.group("D", "D", hidden=True)
    book.worksheets[1].sheet_state = "hidden"
    book.save(tmp_path / "t.xlsx")
    read = epochs_and_accuracies(tmp_path / "t.xlsx")
    assert read == [(5400, 0.97), (None, 0.96), (9000, 0.95), (None, 0.94)]


def apart_of_two():
    return [
        ["batch size", "0.1", LEFT, "0.3", LEFT],
        [UP, *["epochs", "accuracy"] * 2],
        ["2", "5400", "0.97", "2400", "0.96"],
        ["5", "9000", "0.95", "4650", "0.94"],
    ]


ROWS = [["batch size", "learning rate", "epochs"]]
ROWS += [
    [str(s), str(r), str(n)] for (s, r), n in zip(CELLS, range(1000, 17000, 1000), strict=True)
]


@each_of("lines", [True, False])
@each_of("footer", [None, "Homework 3", "- {} -", "第 {} 页"])
@each_of("repeated", [0, 1])
def test_a_table_over_pages_is_one(tmp_path, lines, footer, repeated):
    def draw(page, document):
        page.setFont(SONG, 10)
        page.drawString(300, 20, (footer or "").format(document.page))

    write = partial(write_pdf, lines=lines, height=350, repeated=repeated, on_page=draw)
    write(tmp_path / "t.pdf", ["# Results", "Some words.", ROWS])
    found = table_in(tmp_path / "t.pdf", ASKED).entries
    assert [found[cell].epochs for cell in CELLS] == [*range(1000, 17000, 1000)]


def test_of_two_tables_on_two_pages_neither_goes_on_with_the_other(tmp_path):
    one, two = board(*"5421", corner="epochs"), board("97%", "96%", "95%", "94%", corner="accuracy")
    write_pdf(tmp_path / "t.pdf", [one, NEW_PAGE, two])
    expected = [(5, 0.97), (4, 0.96), (2, 0.95), (1, 0.94)]
    assert epochs_and_accuracies(tmp_path / "t.pdf") == expected
