"""The runs in a folder are listed, and their pages opened."""

import json
import os
import shlex

import pytest
from undrawn import draw_nothing, run_here

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
    assert "1 次用完轮数" in capsys.readouterr().out
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


def test_a_run_has_a_name_and_another_question_gets_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    draw_nothing(monkeypatch)
    few = ["--learning-rate", "0.5", "--batch-size", "5", "--max-epochs", "50", "--quiet"]
    assert run(["assignment", *few]) == 0
    assert run(["assignment", *few, "--seed", "1"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    command = shlex.split(error.partition("of its own: sweep ")[2])
    assert command[-2:] == ["--name", "assignment-2"]
    assert run([*command, "--quiet"]) == 0
    assert (tmp_path / "runs" / "assignment-2" / "table.md").exists()
    search = ["assignment", *few, "--sampler", "random", "--trials", "2", "--name", "search"]
    assert run(search) == 0
    assert run([*search, "--trials", "3"]) == 0
    assert run([*search, "--sampler", "tpe"]) == 2
    assert "--name search-2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--name", "../up"], "can't be the name of a folder"),
        (["--name", "a", "--out", "b"], "--out and --name can't be used together"),
    ],
)
@pytest.mark.parametrize("command", [["assignment"], ["study", "batch-size"], ["run", "m.toml"]])
def test_a_name_is_a_plain_one(tmp_path, monkeypatch, capsys, flags, message, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.toml").write_text(
        'title = "m"\n[axes]\nlearning_rate = [0.5]\nbatch_size = [5]\n'
    )
    assert run([*command, *flags, "--quiet"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
