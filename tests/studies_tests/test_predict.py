"""A guess is kept before the run, refused after it, and the report says how it did."""

import io
import json
import os
import pty

import pytest

from reports.words import language
from studies.checking.remaking import NoFigures
from studies.cli import main
from studies.experiment.runners import RunnerOptions
from studies.homework import prediction
from studies.homework.assignment import answer_grid, grid_of, grid_plan
from studies.homework.summary import show
from studies.saved.report_again import report_again
from studies.saved.saved_run import open_run

SMALL = {"learning_rate": [0.3, 0.7], "batch_size": [5, None], "max_epochs": 150}
FLAGS = ["--learning-rate", "0.3,0.7", "--batch-size", "5,full"]


def guess(out, *flags):
    return main.run(["predict", "--out", str(out), *FLAGS, *flags])


def run(out):
    plan = grid_plan(**SMALL, target_loss=0.006)
    return answer_grid(plan, out, RunnerOptions(jobs=1), NoFigures())


def test_a_guess_is_kept_and_its_report_says_how_it_did(tmp_path, capsys):
    out = tmp_path / "run"
    assert guess(out, "--best", "full, 0.3; 5,0.3") == 0
    assert guess(out, "--best", "5,0.7; 5,0.3; full,0.7") == 0  # a second thought
    assert "3 of the cells guessed, the best one 5, 0.7" in capsys.readouterr().out
    assert [path.name for path in out.iterdir()] == ["prediction.json"]
    run(out)
    report = (out / "report.md").read_text()
    assert "## The guess" in report
    assert "- The guess for the best cell was (batch size 5, η 0.7), and none of the 4" in report
    assert "The guessed order of 3 cells" in report
    assert main.run(["verify", str(out), "--quiet"]) == 0
    with language("zh"):
        show(grid_of(report_again(open_run(out), NoFigures(), changes={})))
    assert "猜测最佳的是（批大小 5" in (out / "report.md").read_text()
    assert "猜测最佳的是（批大小 5" in capsys.readouterr().out


def test_a_table_of_ranks_is_a_guess(tmp_path):
    table = tmp_path / "ranks.csv"
    table.write_text("bs,0.3,0.7\n5,2,1\nfull,4,\n", encoding="utf-8")
    assert guess(tmp_path / "run", "--ranking", str(table)) == 0
    kept = json.loads((tmp_path / "run" / "prediction.json").read_text())["cells"]
    assert [(cell["batch_size"], cell["learning_rate"], cell["rank"]) for cell in kept] == [
        (5, 0.7, 1),
        (5, 0.3, 2),
        ("full", 0.3, 4),
    ]
    assert prediction.kept(tmp_path / "run").best == (5, 0.7)


def test_without_a_guess_a_report_has_no_such_part(tmp_path):
    run(tmp_path / "run")
    assert "The guess" not in (tmp_path / "run" / "report.md").read_text()
    before = sorted((tmp_path / "run").rglob("*"))
    assert guess(tmp_path / "run", "--best", "5,0.3") == 2
    assert sorted((tmp_path / "run").rglob("*")) == before


@pytest.mark.parametrize("content", ["", "[]", '{"cells": []}', '{"cells": [{"rank": []}]}'])
def test_a_guess_that_was_spoiled_is_left_out(tmp_path, content):
    (tmp_path / "prediction.json").write_text(content)
    assert prediction.kept(tmp_path) is None


def test_in_a_terminal_it_asks(start, tmp_path):
    mine, theirs = pty.openpty()
    asking = start("predict", "--out", "run", cwd=tmp_path, stdin=theirs)
    os.write(mine, b"2,0.5; 2,0.7\n")
    said = asking.communicate(timeout=120)[0]
    os.close(mine)
    os.close(theirs)
    assert asking.returncode == 0
    assert "Which cells need the fewest epochs?" in said
    assert prediction.kept(tmp_path / "run").best == (2, 0.5)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--best", "5,0.5"], "got '5,0.5', and the grid has the batch sizes 5, full and learning"),
        (["--best", "5"], "got '5', and the grid has"),
        (["--best", "5,fast"], "got '5,fast'"),
        (["--best", ""], "a guess takes cells such as 2,0.5"),
        (["--best", "5,0.3;5,0.3"], "each once"),
        (["--best", "5,0.3", "--ranking", "x"], "give one of them"),
        (["--ranking", "none.csv"], "none.csv can't be read: No such file"),
        (["--ranking", "accuracies.csv"], "accuracies.csv: 'acc 0.97' is no rank"),
        (["--best", "5,0.3", "--out", "mine"], "mine has files in it"),
        ([], "give a guess: --best 2,0.5 or --ranking FILE"),
    ],
)
def test_what_is_no_guess_is_refused(tmp_path, monkeypatch, capsys, flags, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "accuracies.csv").write_text("bs,0.3,0.7\n5,1,acc 0.97\n")
    before = sorted(tmp_path.rglob("*"))
    assert guess("run", *flags) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert message in output.err
    assert sorted(tmp_path.rglob("*")) == before
