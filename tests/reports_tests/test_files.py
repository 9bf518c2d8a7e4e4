"""What we write as CSV is read as it was meant, by spreadsheets too."""

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest
from test_architecture import ROOT

from reports.files import csv_text, folder_name

FORMULAS = [
    *("=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "-", "=", "-0.3, 0.4"),
    *(" =1", "＝1+1", "＠x", "\tx", "\rx", "\nx"),
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(text):
    cells = pd.DataFrame({text: [text, 1]})
    (name,), (cell,), _ = csv.reader(io.StringIO(csv_text(cells), newline=""))
    assert name == cell == f"'{text}".replace("\r", "\n")


@pytest.mark.parametrize("between", [";", "\t", "\r", "\n"])
def test_so_does_one_that_another_separator_would_make_a_cell(between):
    written = csv_text(pd.DataFrame({"name": [f"a{between}=1"]}))
    assert "'=1" in written
    assert "\r" not in written


def test_numbers_stay_numbers_also_those_written_as_words():
    frame = pd.DataFrame(
        {
            "float": [-0.1, np.nan, -np.inf],
            "int": [-1, 0, 3],
            "mixed": ["full", -5, -0.25],
            "words": ["-2.13e+01", "+5", "-12.0%"],
            0.1: ["5400 / 0.969", ">10000 / -0.927", "diverged"],
        }
    )
    assert csv_text(frame) == frame.to_csv(index=False, lineterminator="\n")
    assert csv_text(frame, header=False) == frame.to_csv(
        index=False, header=False, lineterminator="\n"
    )


def test_the_frame_itself_is_left_as_it_was():
    frame = pd.DataFrame({"=a": ["=1"], "b": [1]})
    csv_text(frame)
    assert list(frame.columns) == ["=a", "b"]
    assert frame.loc[0, "=a"] == "=1"


def test_there_is_no_other_way_to_a_csv_file():
    writers = [
        path.relative_to(ROOT).as_posix()
        for floor in ("network", "sweep", "reports", "studies")
        for path in (ROOT / floor).rglob("*.py")
        if re.search(r"(?<!tables)\.to_csv\(|csv\.writer|DictWriter", path.read_text())
    ]
    assert writers == ["reports/files.py"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mine", "mine"),
        ("数据 1.2_b-c", "数据 1.2_b-c"),
        ("..", "study"),
        (".", "study"),
        ("", "study"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("a\0b\nc\x1b", "a_b_c_"),
        ("CON", "CON_"),
        ("nul.txt", "nul_"),
        ("com1 .x", "com1_"),
        ("console", "console"),
        ("ends with a dot. ", "ends with a dot"),
        ("-rf", "rf"),
        ("長" * 200, "長" * 33),
    ],
)
def test_a_folders_name_leads_nowhere_else(text, name, tmp_path):
    assert folder_name(text) == name
    (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [name]
