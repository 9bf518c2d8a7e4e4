"""What we write as CSV is read as it was meant, by spreadsheets too."""

import csv
import io
import os
import re
import stat
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases import each_of
from test_architecture import ROOT

from reports.files import csv_text, folder_name, write_output, write_text
from sweep.errors import SweepError

FORMULAS = [
    *("=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "-", "=", "-0.3, 0.4"),
    *(" =1", "＝1+1", "＠x", "\tx", "\rx", "\nx"),
]


@each_of("text", FORMULAS)
def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(text):
    cells = pd.DataFrame({text: [text, 1]})
    (name,), (cell,), _ = csv.reader(io.StringIO(csv_text(cells), newline=""))
    assert name == cell == f"'{text}".replace("\r", "\n")


@each_of("between", [";", "\t", "\r", "\n"])
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


def pipe(path):
    """Make a pipe, and return what reads it."""
    os.mkfifo(path)
    read = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    return lambda: (reader.join(), read[0])[1]


def device(path):
    """Make a device of our own that swallows all, as /dev/null."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        path.write_text("")
    except PermissionError:
        pytest.skip("only root may make a device")
    return lambda: "new"


def private(path):
    path.write_text("old")
    path.chmod(0o640)
    return path.read_text


def link(path):
    path.with_name("target").write_text("old")
    path.symlink_to("target")
    return path.with_name("target").read_text


def link_to_nothing(path):
    path.symlink_to("target")
    return path.with_name("target").read_text


OUTPUTS = [private, link, link_to_nothing, pipe, device]


@pytest.mark.parametrize("make", OUTPUTS)
def test_what_stands_at_an_output_path_stays_what_it_is(tmp_path, make):
    path = tmp_path / "output"
    read, before = make(path), path.lstat().st_mode
    write_output(path, "new")
    assert read() == "new"
    assert path.lstat().st_mode == before
    assert {p.name for p in tmp_path.iterdir()} <= {"output", "target"}


def test_a_dash_is_the_standard_output(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_output(Path("-"), "new")
    assert capsys.readouterr().out == "new"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["folder", "loop", ".", "x" * 300, "file/below"])
def test_where_nothing_can_be_written_one_sentence_says_so(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SweepError, match="can't be written"):
        write_output(tmp_path / name, "new")
    assert {p.name for p in tmp_path.iterdir()} == {"folder", "file", "loop"}


def test_a_name_of_any_length_that_the_system_takes_can_be_written(tmp_path):
    write_text(tmp_path / ("x" * 255), "new")
    assert [len(path.name) for path in tmp_path.iterdir()] == [255]


def test_a_file_that_windows_does_not_replace_is_said_to_be_open(tmp_path, monkeypatch):
    def refuse(*_):
        error = PermissionError(13, "Access is denied")
        error.winerror = 5
        raise error

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(SweepError, match="perhaps it is open in another program: close it there"):
        write_text(tmp_path / "report.pdf", "new")
