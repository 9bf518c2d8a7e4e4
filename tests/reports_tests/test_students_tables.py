"""Tables are read back to the same numbers, in whatever style people write them."""

import contextlib

import numpy as np
import pytest
from cases import each_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.errors import InputError
from reports.check.phrases import BATCH, HIDDEN, RATE, read_entry, read_phrase
from reports.check.table_layouts import ExpectedTable
from studies.checking.tables import table_in
from sweep.errors import SweepError

SIZES, RATES = (2, 5, 10, 15), (0.1, 0.3, 0.5, 0.7)
ASKED = ExpectedTable(SIZES, RATES)

CELLS = [
    # text, epochs, more, accuracy
    ("8200", 8200, False, None),
    ("８２００次", 8200, False, None),
    ("8200轮", 8200, False, None),
    ("8,200", 8200, False, None),
    ("8.200", 8200, False, None),
    ("8 200 / 0.97", 8200, False, 0.97),
    ("8.2k", 8200, False, None),
    ("1万", 10000, False, None),
    ("8200.0", 8200, False, None),
    ("1e4", 10000, False, None),
    ("约3500", 3500, False, None),
    (">10000", 10000, True, None),
    ("＞10000", 10000, True, None),
    ("&gt;10000 / 0.927", 10000, True, 0.927),
    ("$>10000$", 10000, True, None),
    ("10000+", 10000, True, None),
    ("10000以上", 10000, True, None),
    ("10000（未收敛）/ 75.8％", 10000, True, 0.758),
    ("未收敛", None, True, None),
    ("未达到 0.76", None, True, 0.76),
    ("did not converge", None, True, None),
    ("not reached", None, True, None),
    ("3500 / 0.97", 3500, False, 0.97),
    ("3500/97%", 3500, False, 0.97),
    ("3500 / 97", 3500, False, 0.97),
    ("3500 / 97.0", 3500, False, 0.97),
    ("97.0% (3500)", 3500, False, 0.97),
    ("0.97/3500", 3500, False, 0.97),
    ("3500，0.97", 3500, False, 0.97),
    ("3500,0,97", 3500, False, 0.97),
    ("3500、0.97", 3500, False, 0.97),
    ("3500<br>0.97", 3500, False, 0.97),
    ("**1750 / 0.984**", 1750, False, 0.984),
    ("epoch=3500, acc=0.97", 3500, False, 0.97),
    ("3500 R²: 0.97", 3500, False, 0.97),
    ("5400轮，准确率96.9%", 5400, False, 0.969),
    ("3500 / 0.97 / loss 0.00099", 3500, False, 0.97),
    ("3500 12.3s", 3500, False, None),
    ("10000 - 0.76", 10000, False, 0.76),
    ("10000-0.76", 10000, False, 0.76),
    ("10000 / -0.5", 10000, False, -0.5),
    ("0.97", None, False, 0.97),
    (".97", None, False, 0.97),
    ("0,97", None, False, 0.97),
    ("97%", None, False, 0.97),
    ("97,5 %", None, False, 0.975),
    *(
        (text, 5400, False, None)
        for text in ("5'400", "5’400", "5_400", "5\xa0400", "5400.", "5.4k")
    ),
    *((f"5400{aside}", 5400, False, None) for aside in ("±25", " +/- 25", " (3 runs)", " (n=3)")),
    *(
        (f"5400{note}", 5400, False, None)
        for note in ("¹", "[1]", "[^1]", "<sup>a</sup>", "†", " ★")
    ),
    ("0.969±0.002", None, False, 0.969),
    (">1w", 10000, True, None),
    ("3500 / 1.000", 3500, False, 1.0),
    ("test acc 0.97", None, False, 0.97),
    ("10000轮未收敛，准确率为75.8%", 10000, True, 0.758),
    ("在5400轮收敛", 5400, False, None),
    ("not converged (R²=0.758)", None, True, 0.758),
]


@each_of(("text", "epochs", "more", "accuracy"), CELLS)
def test_a_cell_is_read_as_what_it_means(text, epochs, more, accuracy):
    entry = read_entry(text)
    assert entry.understood
    assert (entry.epochs, entry.more, entry.accuracy) == (epochs, more, accuracy)


@each_of("text", ["", " ", "-", "--", "—", "/", "…", "无", "n/a", "NaN", "待填", "?"])
def test_what_stands_for_nothing_is_empty(text):
    assert read_entry(text).is_empty


@each_of(
    "text",
    [
        *("hello", "5/6/7", "<10000", "5.5", "9" * 400, "1 / 2 / 0.3 / 0.4", "0.97" + " " * 300),
        *(
            "#DIV/0!",
            "#N/A",
            "5400-5600",
            "2000~3000",
            "5400 (25)",
            "5400 [2000, 3000]",
            "5400 / 12",
        ),
        *(
            "10^4",
            "10⁴",
            "10<sup>4</sup>",
            "1.000",
            "0.00098",
            "5400 / 0.001",
            "900%",
            "12.3 s",
            "3:20",
        ),
        *(
            "5400 steps",
            "5400 updates",
            "5400 €",
            "$5400",
            "loss 0.97",
            "train acc 0.97",
            "2024-11-05",
        ),
        *(
            "10000 -0.76",
            "[5400](a.txt)",
            "收敛",
            "not 5400",
            "0",
            "-5",
            ">0.9",
            "5400, 5600",
            "batch 2",
        ),
    ],
)
def test_what_is_not_understood_says_so(text):
    entry = read_entry(text)
    assert not entry.understood
    assert not entry.is_empty


@each_of("text", ["发散", "diverged", "溢出 nan"])
def test_divergence_is_told_apart(text):
    assert read_entry(text).diverged


@each_of(
    ("text", "rounding"),
    [("0.97", 0.005), ("97%", 0.005), ("97.0%", 0.0005), ("0.970", 0.0005), ("3500 / 97", 0.005)],
)
def test_an_accuracy_knows_how_it_was_rounded(text, rounding):
    assert read_entry(text).rounding == pytest.approx(rounding)


@each_of(
    ("text", "means"),
    [
        ("eta=0.1", {RATE: 0.1}),
        ("η＝０.１", {RATE: 0.1}),
        ("学习率0,1", {RATE: 0.1}),
        ("lr: 1e-1", {RATE: 0.1}),
        ("bs:5", {BATCH: 5}),
        ("批大小 5", {BATCH: 5}),
        ("batch_size=5", {BATCH: 5}),
        ("full batch", {BATCH: None}),
        ("hidden=4", {HIDDEN: 4}),
        ("5", {BATCH: 5, RATE: 5, HIDDEN: 5}),
        ("batch size", {}),
        *(
            (text, {})
            for text in (
                "2 to 5",
                "No. 2",
                "ne",
                "2%",
                "5轮",
                ">5",
                "error 0.1",
                "lr decay 0.1",
                "批数 2",
                "batch数 2",
            )
        ),
        ("ne=2", {HIDDEN: 2}),
        ("", {}),
    ],
)
def test_a_header_stands_for_a_value_of_an_axis(text, means):
    phrase = read_phrase(text)
    assert {a: v for a in (BATCH, RATE, HIDDEN) for v in phrase.values(a, bare=True)} == means


# ---- whole tables, in many styles ---------------------------------------------------------------

EPOCH_STYLES = ["{e}", "{e}次", "{e} 轮", "{e:,}", "epoch={e}"]
ACCURACY_STYLES = ["{a:.3f}", "{p:.1f}%", "准确率{p:.1f}％", "R2={a:.3f}"]
JOINTS = [" / ", "/", " ", "（", "; "]
SIZE_STYLES = ["{}", "bs:{}", "批={}", "batch {}", "**{}**", "批大小 {}"]
RATE_STYLES = ["{}", "eta={}", "η={}", "lr: {}", "学习率{}", " {} "]
CORNERS = ["", "batch \\ lr", "批大小/学习率", "bs", "η"]
WIDE = str.maketrans("0123456789.%", "０１２３４５６７８９．％")
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16"]


@st.composite
def written_tables(draw):
    """Return the bytes of a file, and what was written into its cells."""
    cells, texts = {}, {}
    styles = [draw(st.sampled_from(s)) for s in (EPOCH_STYLES, ACCURACY_STYLES, JOINTS)]
    layout = draw(st.sampled_from(["markdown", ",", ";", "\t", "list"]))
    for size in SIZES:
        for rate in RATES:
            epochs = draw(st.none() | st.integers(1, 200).map(lambda n: 50 * n))
            accuracy = draw(st.none() | st.integers(200, 999).map(lambda n: n / 1000))
            parts = [] if epochs is None else [styles[0].format(e=epochs)]
            if accuracy is not None:
                parts.append(styles[1].format(a=accuracy, p=100 * accuracy))
            text = styles[2].join(parts)
            wide = draw(st.booleans()) and layout != "list"
            texts[size, rate] = text.translate(WIDE) if wide else text
            cells[size, rate] = (epochs, accuracy)
    if layout == "list":
        lines = ["批大小;学习率;轮数;准确率"]
        lines += [f"{s};{r};{e or ''};{'' if a is None else a}" for (s, r), (e, a) in cells.items()]
        rows = [line.split(";") for line in lines]
        layout = draw(st.sampled_from(["markdown", ";"]))
    else:
        size_style, rate_style = (draw(st.sampled_from(s)) for s in (SIZE_STYLES, RATE_STYLES))
        rows = [[draw(st.sampled_from(CORNERS)), *(rate_style.format(r) for r in RATES)]]
        rows += [[size_style.format(s), *(texts[s, r] for r in RATES)] for s in SIZES]
        if draw(st.booleans()):
            rows = [list(column) for column in zip(*rows, strict=True)]
        before, left = draw(st.integers(0, 2)), draw(st.integers(0, 2))
        rows = [[""] * left + row for row in rows]
        rows = [["作业"] + [""] * (len(rows[0]) - 1)] * before + rows
    if layout == "markdown":
        rule = "|" + "---|" * len(rows[0])
        lines = ["|" + "|".join(row) + "|" for row in rows]
        lines = ["# 张三的作业", "", lines[0], rule, *lines[1:], "", "谢谢老师！"]
    else:
        lines = [
            layout.join(f'"{cell}"' if layout in cell else cell for cell in row) for row in rows
        ]
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines) + "\n"
    return text.encode(draw(st.sampled_from(ENCODINGS))), cells


@given(written_tables())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_tables_in_many_styles_are_read_back_to_the_same_numbers(tmp_path, written):
    content, cells = written
    if all(epochs is None for epochs, _ in cells.values()):
        return
    path = tmp_path / "table.txt"
    path.write_bytes(content)
    found = table_in(path, ASKED).entries
    for cell, (epochs, accuracy) in cells.items():
        entry = found[cell]
        assert entry.epochs == epochs, (cell, entry)
        assert entry.accuracy == (None if accuracy is None else pytest.approx(accuracy)), cell


def read(tmp_path, text):
    path = tmp_path / "table.md"
    path.write_text(text, encoding="utf-8")
    return table_in(path, ASKED)


def epochs_of(table):
    return {cell: entry.epochs for cell, entry in table.entries.items() if not entry.is_empty}


def test_the_table_of_this_projects_readme_is_read(tmp_path):
    text = (
        "|   batch size \\ learning rate |            0.1 |            0.3 |\n"
        "|-----------------------------:|---------------:|---------------:|\n"
        "|                            2 |   5400 / 0.969 | **2400 / 0.968** |\n"
        "|                           15 | >10000 / 0.758 | >10000 / 0.919 |\n"
    )
    assert epochs_of(read(tmp_path, text)) == {
        (2, 0.1): 5400,
        (2, 0.3): 2400,
        (15, 0.1): 10000,
        (15, 0.3): 10000,
    }


def test_of_several_tables_the_one_that_fits_is_taken_and_named(tmp_path):
    other = "|层数|神经元|\n|-|-|\n|1|4|\n\n"
    small = "|bs|0.1|\n|-|-|\n|2|100|\n\n"
    large = "|bs|0.1|0.3|\n|-|-|-|\n|2|5400|2400|\n"
    table = read(tmp_path, other + small + large)
    assert epochs_of(table) == {(2, 0.1): 5400, (2, 0.3): 2400}
    assert str(table.layout).startswith("table 2 of 2 that can be read, batch size down")


def test_accuracies_in_a_table_of_their_own_are_joined(tmp_path):
    text = "轮数,0.1,0.3\n2,5400,2400\n5,,\n\n准确率,0.1,0.3\n2,0.97,96.5%\n5,,\n"
    entries = read(tmp_path, text).entries
    assert [(e.epochs, e.accuracy) for e in entries.values() if e.tells] == [
        (5400, 0.97),
        (2400, 0.965),
    ]


def test_a_title_over_the_rates_and_numbers_before_the_rows_do_no_harm(tmp_path):
    text = ",,学习率,\n序号,,0.1,0.3\n1,2,5400,2400\n2,5,10000,4650\n"
    assert epochs_of(read(tmp_path, text)) == {
        (2, 0.1): 5400,
        (2, 0.3): 2400,
        (5, 0.1): 10000,
        (5, 0.3): 4650,
    }


APART = [
    "bs,0.1,,0.3,\n,轮数,准确率,轮数,准确率\n2,5400,0.969,未收敛,76%\n",  # joined cells in a sheet
    "bs,η=0.1 轮数,η=0.1 准确率,η=0.3 轮数,η=0.3 准确率\n2,5400,0.969,>10000,0.76\n",
    "bs,0.1,,,0.3,,\n,轮数,loss,acc,轮数,loss,acc\n2,5400,9e-4,0.969,>10000,0.002,0.76\n",
    "bs,,0.1,0.3\n2,轮数,5400,10000+\n,用时,3,4\n,准确率,0.969,0.76\n",
    "学习率,2,\n,次数,准确率\n0.1,5400,96.9%\n0.3,10000以上,76%\n",
]


@each_of("text", APART)
def test_epochs_and_accuracies_that_stand_apart_come_together(tmp_path, text):
    table = read(tmp_path, text)
    first, second = table.entries[2, 0.1], table.entries[2, 0.3]
    assert (first.epochs, first.accuracy) == (5400, 0.969)
    assert (second.more, second.accuracy) == (True, 0.76)
    assert not table.remarks


def test_rows_and_columns_that_were_not_asked_for_are_named(tmp_path):
    table = read(tmp_path, "bs,0.1,0.3,0.9\n1,5400,2400,10\n5,1000,200,10\n平均,9,9,9\n")
    assert set(epochs_of(table)) == {(5, 0.1), (5, 0.3)}
    (remark,) = table.remarks
    assert remark.en == "not part of the expected table: batch size 1 and η 0.9"


def test_columns_with_spaces_between_are_read(tmp_path):
    text = "   0.1   0.3\n2  5400 / 0.969  2400 / 0.968\n5  10000 / 0.9 4650 / 0.9\n"
    assert epochs_of(read(tmp_path, text))[(5, 0.3)] == 4650


def test_a_cell_of_two_lines_is_one_cell(tmp_path):
    text = 'bs,0.1,0.3\n2,"3500\n0.97","2400\n0.96"\n'
    assert epochs_of(read(tmp_path, text)) == {(2, 0.1): 3500, (2, 0.3): 2400}


def test_a_combination_that_stands_there_twice_counts_if_it_says_the_same(tmp_path):
    table = read(tmp_path, "batch_size,lr,epochs\n2,0.1,100\n2,0.1,200\n5,0.1,300\n5,0.1,300\n")
    assert {c: (e.epochs, e.understood) for c, e in table.entries.items()} == {
        (2, 0.1): (None, False),
        (5, 0.1): (300, True),
    }
    assert "combinations with several different entries: 1" in str(table.remarks[0])


def test_other_batch_sizes_can_be_asked_for(tmp_path):
    (tmp_path / "t.csv").write_text("bs,1,2\nfull,300,400\n20,500,600\n")
    table = table_in(tmp_path / "t.csv", ExpectedTable([20, None], [1.0, 2.0]))
    assert epochs_of(table) == {(None, 1.0): 300, (None, 2.0): 400, (20, 1.0): 500, (20, 2.0): 600}


LISTS = [
    "|No.|批大小|学习率|epoch|\n|-|-|-|-|\n|1|2|0.1|5400|\n|2|5|0.3|>10000|\n",
    "hidden,batch,lr,epochs\n4,2,0.1,5400\n8,2,0.1,900\n4,5,0.3,>10000\n",
    "batch,lr,epochs,train acc,loss\n2,0.1,5400,0.99,0.001\n5,0.3,>10000,0.5,0.1\n",
    "batch=2 eta=0.1 epoch=5400 loss=0.001\nbatch=5 eta=0.3 epoch>10000\n",
    "# Results\n- batch 2, eta 0.1: 5400 epochs\n- batch 5, eta 0.3: >10000\n",
    "批大小 2，学习率 0.1：5400 轮\n批大小 5，学习率 0.3：超过 10000 轮\n",
    "batch;lr;epochs;;\n2;0,1;5400;;\n5;0,3;>10000;;\n",
]


@each_of("text", LISTS)
def test_a_list_is_read_by_the_names_of_what_it_lists(tmp_path, text):
    table = read(tmp_path, text)
    assert epochs_of(table) == {(2, 0.1): 5400, (5, 0.3): 10000}
    assert not any(entry.accuracy for entry in table.entries.values())


def test_an_axis_of_one_value_need_not_be_named(tmp_path):
    text = "|学习率|迭代次数|说明|\n|-|-|-|\n|0.1|10000|不收敛|\n|0.5|8200||\n"
    (tmp_path / "t.md").write_text(text, encoding="utf-8")
    table = table_in(tmp_path / "t.md", ExpectedTable([10], RATES))
    assert epochs_of(table) == {(10, 0.1): 10000, (10, 0.5): 8200}


def test_rows_longer_than_their_headers_are_not_understood(tmp_path):
    table = read(tmp_path, "bs,0.1,0.3\n2,5400,0,97,2400,0,96\n5,1000,900\n")
    assert epochs_of(table) == {(2, 0.1): None, (2, 0.3): None, (5, 0.1): 1000, (5, 0.3): 900}
    assert not table.entries[2, 0.1].understood


GRID = "|{corner}|0.1|0.3|\n|-|-|-|\n|2|{cell}|{cell}|\n|5|{cell}|{cell}|\n"
REFUSED = [
    *((GRID.format(corner=corner, cell=5400), "first row '") for corner in ("GPU", "n", "hidden")),
    (GRID.format(corner="batch \\ dropout", cell=5400), "first row 'batch dropout'"),
    *((GRID.format(corner=corner, cell=12), "something else") for corner in ("loss", "用时（秒）")),
    (f"## Final loss\n\n{GRID.format(corner='bs', cell=12)}", "something else than epochs"),
    *(
        (GRID.format(corner="bs", cell=c), f"not understood, such as '{c}'")
        for c in ("9e-4", "12 s")
    ),
    *(
        (GRID.format(corner="bs", cell=c), f"nothing calls epochs or .*'{c}'")
        for c in ("45%", "0.6")
    ),
    (GRID.format(corner="bs", cell=97), "may be percentages or epochs"),
    ("||η=0.1|η=0.3|\n|-|-|-|\n|ne=2|0.6|0.7|\n|ne=5|0.8|0.9|\n", "before the rows 'ne=2', which"),
    ("lr,epochs\n0.1,5400\n0.3,2400\n", "a list in which no column is named batch size"),
    ("bs,0,1,0,3\n2,5400,2400\n", "first row 'bs', '0', '1', '0', '3'"),
    ("0.1 0.3\n2 5400 2400\n5 1000 900\n", "no line with more than one cell"),
    ("batch=2 eta=0.1 epoch=50\nbatch=2 eta=0.1 epoch=100\n", "not understood"),
    ("--batch-size 2 --eta 0.1 --epochs 10000\n", "not understood"),
]


@each_of(
    "corner",
    [
        "",
        "bs",
        "η",
        "批大小↓ 学习率→",
        "Batch大小 / LR值",
        "epoch数",
        "参数",
        "batch_size \\ eta (η)",
    ],
)
@each_of("before", ["", "The loss is half the mean squared error:\n\n", "## 结果\n"])
def test_a_corner_and_a_text_above_may_say_many_things(tmp_path, corner, before):
    table = read(tmp_path, before + GRID.format(corner=corner, cell=5400))
    assert [entry.epochs for entry in table.entries.values()] == [5400] * 4


@each_of(("text", "found"), REFUSED)
def test_what_may_be_something_else_is_refused_with_what_was_found(tmp_path, text, found):
    with pytest.raises(SweepError, match=f"no table that can be read: .* found .*{found}"):
        read(tmp_path, text)


def test_a_table_that_can_be_read_in_two_ways_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text(",1,2\n1,300,400\n2,500,600\n")
    with pytest.raises(SweepError, match="two ways"):
        table_in(tmp_path / "t.csv", ExpectedTable([1, 2], [1.0, 2.0]))


@each_of(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello", "no line with more than one cell"),
        (b"1,2,3\n4,5,6\n", "found 2 × 3 cells, the first row '1', '2', '3'"),
        (b"0.1,0.3\n", "epochs / accuracy, in the cells; found 1 × 2 cells"),
        (b"bs,0.1,0.3\n2,,\n", "has no table that can be read"),
        (
            b"PK\x03\x04\x00\x00\xff\xff\xffxl",
            "is a ZIP archive or a file of Office, whatever its name says",
        ),
        (b"\x00" * 50, "save it as CSV"),
        (b"0.1," * 200_000, "has 800,000 bytes; a table as CSV"),
    ],
)
def test_what_holds_no_table_is_refused_with_what_was_found(tmp_path, content, message):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises((InputError, SweepError), match="table.csv") as caught:
        table_in(path, ASKED)
    assert message in str(caught.value)


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda t: t.encode("utf-8", "replace")))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with contextlib.suppress(InputError, SweepError):
        table = table_in(path, ASKED)
        assert table.n_filled
        assert all(np.isfinite(e.accuracy or 0) for e in table.entries.values())
