"""``sweep.toml`` in the current folder sets defaults of the commands."""

import json

import pytest
from undrawn import draw_nothing

from studies.cli.main import run
from studies.homework.assignment import seed_from

SMALL = """
learning_rate = [0.3, 0.5]
batch_size = [5, "full"]
max_epochs = 50
lang = "zh"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw_nothing(monkeypatch)
    (tmp_path / "sweep.toml").write_text(SMALL, encoding="utf-8")
    return tmp_path


def test_commands_take_their_defaults_from_it(folder, capsys):
    assert run(["assignment", "--jobs", "1", "--max-epochs", "100"]) == 0
    assert "批大小" in capsys.readouterr().out
    record = json.loads((folder / "runs/assignment/run.json").read_text())
    (part,) = record["parts"].values()
    assert part["axes"]["batch_size"] == [5, None]
    assert part["settings"]["max_epochs"] == 100
    assert record["command"] == (
        "sweep assignment --learning-rate 0.3,0.5 --batch-size 5,full --max-epochs 100 --lang zh"
    )
    (folder / "t.csv").write_text("bs,0.3,0.5\n5,>50 / 0.7,>50 / 0.7\n")
    assert run(["check", "t.csv", "--cache", "c", "--repeats", "20", "--quiet"]) == 0
    assert "4 格中" in capsys.readouterr().out  # the grid of the file


def test_where_each_setting_comes_from_is_shown(folder, capsys):
    (folder / "sweep.toml").write_text(SMALL + 'seed_from = "2026123"\n')
    assert run(["assignment", "--show-settings", "--max-epochs", "100"]) == 0
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert rows["learning_rate"].split() == ["0.3,0.5", "sweep.toml"]
    assert rows["max_epochs"].split() == ["100", "command", "line"]
    assert rows["repeats"].split() == ["1", "default"]
    assert rows["seed"].split() == [str(seed_from("2026123")), "seed_from"]
    assert not (folder / "runs").exists()
    assert run(["assignment", "--show-settings", "--seed", "3"]) == 0
    assert "seed           3" in capsys.readouterr().out
    (folder / "sweep.toml").write_text('student_id = "2026123"\nseed_from = "student-id"\n')
    assert run(["assignment", "--show-settings"]) == 0
    assert str(seed_from("2026123")) in capsys.readouterr().out
    assert run(["assignment", "--show-settings", "--name", "../x"]) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("repeat = 2", "repeat is no known key; known here: learning_rate"),
        ('objective = "mine.py:train"', "objective is no known key"),
        ('repeats = "many"', "repeats takes a whole number, got 'many'"),
        ("repeats = [1, 2]", "repeats takes a number or a text, got [1, 2]"),
        ("learning_rate = []", "learning_rate takes a number or a text, or a list of these"),
        ("learning_rate = [0.1, true]", "learning_rate takes a number or a text, or a list"),
        ('batch_size = "2,x"', "batch_size takes a whole number, got '2,x'"),
        ("repeats = ", "sweep.toml is no TOML"),
        ("", "sweep.toml is empty"),
        ("[a]\nb = 1", "a is no known key"),
        ("a" * 200_000, "sweep.toml has 200,000 bytes"),
        ('lang = "fr"', "--lang must be one of en, zh, got 'fr'"),
        ("max_epochs = 0", "max_epochs must be a whole number"),
    ],
)
def test_a_wrong_one_is_refused_in_a_sentence(folder, capsys, content, message):
    (folder / "sweep.toml").write_text(content)
    assert run(["assignment", "--quiet"]) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.count("\n") == 1
    assert not (folder / "runs").exists()
