"""The runs in a folder are listed, and their pages opened."""

import json
import os

import pytest
from undrawn import run_here

from studies.cli.main import run

SMALL = ["assignment", "--eta", "0.5", "--batch-size", "100", "--max-epochs", "50", "--quiet"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_here(*SMALL, "--out", "runs/first") == 0
    assert run_here(*SMALL, "--n-hidden", 3, "--out", "runs/class/second") == 0
    os.utime("runs/first/run.json", (0, 0))  # the older one
    return tmp_path


def test_runs_are_listed_with_their_command_and_first_finding(folder, capsys):
    (folder / "link").symlink_to(folder / "runs")
    assert run(["runs"]) == 0
    second, first = capsys.readouterr().out.strip().split("\n\n")
    assert second.startswith("runs/class/second  (20")
    assert "--n-hidden 3" in second
    assert "1 exhausted" in second
    finding = json.loads((folder / "runs/first/run.json").read_text())["finding"]
    assert first.endswith(finding[0])
    assert run(["runs", "runs/class", "--lang", "zh"]) == 0
    assert "1 用完轮数" in capsys.readouterr().out
    (folder / "runs/first/run.json").write_text('{"parts": 3}')
    assert run(["runs", "."]) == 0
    assert "its run.json can't be read" in capsys.readouterr().out


def test_a_page_is_opened_in_the_browser(folder, monkeypatch, capfd):
    monkeypatch.setenv("BROWSER", "echo %s")
    assert run(["open", "runs/first"]) == 0
    assert capfd.readouterr().out.strip() == (folder / "runs/first/report.html").as_uri()
    for words in (["open", "runs"], ["runs", "runs/first/figures"], ["runs", "gone"]):
        assert run(words) == 2
        assert capfd.readouterr().err.count("\n") == 1
