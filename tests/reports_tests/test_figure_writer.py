"""Figures are written whole, by this process and its helper, and survive the helper's death."""

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from reports.figures import fonts, heat_maps
from reports.figures.writer import ENDINGS, FigureWriter
from reports.files import remove_parts, write_text
from reports.words import language
from sweep.errors import SweepError

TABLE = pd.DataFrame({0.1: [1.0, 2.0]}, index=[2, 5])


def drawings(folder, n=3):
    draw = partial(heat_maps.accuracy_map, TABLE, TABLE.map(str))
    return {folder / f"figure{i}": draw for i in range(n)}


def assert_all_written(folder, n=3):
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        f"figure{i}{end}" for i in range(n) for end in ENDINGS
    )
    for i in range(n):
        assert (folder / f"figure{i}.png").read_bytes().startswith(b"\x89PNG")
        ET.parse(folder / f"figure{i}.svg")  # noqa: S314 - our own file
        assert (folder / f"figure{i}.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("helper", [False, True])
def test_all_figures_are_written_with_or_without_a_helper(tmp_path, helper):
    with FigureWriter(helper=helper, endings=list(ENDINGS)) as writer:
        writer.write(drawings(tmp_path))
    assert_all_written(tmp_path)


def test_figures_in_a_format_that_is_not_asked_for_do_not_linger(tmp_path):
    for endings in ([".png", ".pdf"], [".png"]):
        with FigureWriter(helper=False, endings=endings) as writer:
            writer.write(drawings(tmp_path, 1))
        assert {path.suffix for path in tmp_path.iterdir()} == {*endings}


def test_the_same_drawing_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        with FigureWriter(helper=False, endings=list(ENDINGS)) as writer:
            writer.write(drawings(tmp_path / name, 1))
    for end in ENDINGS:
        first, second = ((tmp_path / name / f"figure0{end}").read_bytes() for name in ("a", "b"))
        assert first == second


def test_a_helper_that_is_killed_costs_nothing(tmp_path):
    with FigureWriter(helper=True, endings=list(ENDINGS)) as writer:
        os.kill(writer._helper.pid, signal.SIGKILL)
        writer.write(drawings(tmp_path))
    assert_all_written(tmp_path)


def test_a_helper_ends_with_its_parent_and_leaves_nothing(tmp_path):
    code = (
        "import os\n"
        "from reports.figures.writer import FigureWriter\n"
        "print(FigureWriter(helper=True)._helper.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    helper = int(done.stdout)
    for _ in range(100):
        if not Path(f"/proc/{helper}").exists():
            assert list(tmp_path.iterdir()) == []
            return
        time.sleep(0.05)
    pytest.fail("the helper outlives its parent")


def test_a_killed_process_leaves_no_part_of_a_file_for_long(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / ".cells.png.x1.part").write_text("half")
    (tmp_path / "figures" / "cells.png").write_text("whole")
    remove_parts(tmp_path)
    assert [p.name for p in (tmp_path / "figures").iterdir()] == ["cells.png"]


@pytest.mark.parametrize("helper", [False, True])
def test_an_error_in_a_drawing_is_not_swallowed(tmp_path, helper):
    with (
        pytest.raises(ZeroDivisionError),
        FigureWriter(helper=helper) as writer,
    ):
        writer.write({tmp_path / "a": partial(divmod, 1, 0)})


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_says_so(tmp_path):
    write_text(tmp_path / "file", "old")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SweepError, match=r"folder can't be written \(Is a directory\)"):
        write_text(tmp_path / "folder", "new")
    write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def write_in(name, folder):
    with language(name), FigureWriter(helper=False) as writer:
        writer.write(drawings(folder, 1))
    return (folder / "figure0.png").read_bytes()


def test_chinese_labels_are_drawn_where_a_font_has_them(tmp_path, capsys):
    if fonts.chinese_font() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "there is no Chinese font here (apt-get install fonts-noto-cjk)"
        )
    assert write_in("zh", tmp_path / "zh") != write_in("en", tmp_path / "en")
    assert capsys.readouterr().err == ""


def test_without_a_chinese_font_labels_are_english_and_it_is_said_once(
    tmp_path, capsys, monkeypatch
):
    english = write_in("en", tmp_path / "en")
    monkeypatch.setattr(fonts, "CHINESE", ())
    with language("zh"), FigureWriter(helper=False) as writer:
        for _ in range(2):
            writer.write(drawings(tmp_path / "zh", 1))
    assert (tmp_path / "zh" / "figure0.png").read_bytes() == english
    assert capsys.readouterr().err.count("未安装中文字体") == 1


def test_a_font_that_lacks_a_character_gets_english_labels_not_boxes(tmp_path, monkeypatch):
    english = write_in("en", tmp_path / "en")
    monkeypatch.setattr(fonts, "CHINESE", ("DejaVu Serif",))  # which has no Chinese
    assert write_in("zh", tmp_path / "zh") == english
