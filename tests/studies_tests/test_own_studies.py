"""Studies of one's own: a TOML file says what to train, and its errors name the key."""

import json

import numpy as np
import pandas as pd
import pytest
from cases import each_of
from undrawn import draw_nothing

from network.errors import InputError
from studies.cli import main
from studies.experiment import toml_study
from studies.lectures.catalogue import CATALOGUE, find_study

pytestmark = pytest.mark.usefixtures("no_figures")

SMALL = """
title = "Wider | <b>networks</b>"
data = "sine"
repeats = 2

[axes]
n_hidden = [1, 2]

[settings]
learning_rate = 0.5
batch_size = "full"
max_epochs = 100
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return path

    return write


@pytest.mark.draws
def test_a_file_is_trained_tabled_and_drawn(write, tmp_path, capsys, monkeypatch):
    path, out = write(SMALL), tmp_path / "run"
    assert main.run(["run", str(path), "--out", str(out), "--quiet", "--jobs", "1"]) == 0
    trials = pd.read_csv(out / "trials.csv")
    assert sorted(trials.n_hidden) == [1, 1, 2, 2]
    assert set(trials["repeat"]) == {0, 1}
    report = (out / "report.md").read_text()
    assert report.startswith("# Wider \\| &lt;b>networks&lt;/b>\n")
    assert "The target 0.001 is not reached in 2 of 2 combinations" in report
    for name in ("losses", "panels", "fits"):
        assert f"](figures/{name}.png)" in report
        assert (out / "figures" / f"{name}.png").stat().st_size > 5000
    before = (out / "trials.sqlite").stat().st_mtime_ns
    draw_nothing(monkeypatch)
    assert main.run(["run", str(path), "--out", str(out)]) == 0
    assert "of them from an earlier run" not in capsys.readouterr().out
    assert pd.read_csv(out / "trials.csv").equals(trials)  # seconds too: nothing was trained
    assert before <= (out / "trials.sqlite").stat().st_mtime_ns


def test_two_axes_give_a_grid_and_heat_maps(write, tmp_path):
    text = SMALL.replace("learning_rate = 0.5", "").replace(
        "[axes]", "[axes]\nlearning_rate = [0.1, 1]"
    )
    out = tmp_path / "run"
    assert main.run(["run", str(write(text)), "--out", str(out), "--quiet"]) == 0
    table = pd.read_csv(out / "table.csv")
    assert list(table.columns) == ["hidden units \\ learning rate η", "0.1", "1"]
    figures = json.loads((out / "run.json").read_text())["figures"]
    assert set(figures) == {"losses", "epochs_map", "accuracy_map"}


@each_of("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_a_file_may_have_any_usual_encoding(write, encoding):
    path = write("")
    path.write_bytes(SMALL.replace("Wider", "更宽").encode(encoding))
    assert toml_study.read(path).title.en.startswith("更宽")


def test_a_number_for_an_axis_is_a_list_of_one(write):
    one = toml_study.read(write(SMALL.replace("n_hidden = [1, 2]", "n_hidden = 1")))
    assert one.plans["own"].axes == {"n_hidden": [1]}


@each_of(
    ("old", "new", "message"),
    [
        ("[axes]", "[axs]", "axs is no known key; known here: title, question, figures, axes"),
        ("n_hidden = [1, 2]", "hidden = [1]", "axes.hidden is no known key; known here: learning_"),
        ("n_hidden = [1, 2]", "n_hidden = [1.5]", "axes.n_hidden must be a whole number, got 1.5"),
        ("n_hidden = [1, 2]", "n_hidden = [0]", "n_hidden must be a whole number ≥ 1, got 0"),
        ("n_hidden = [1, 2]", "n_hidden = []", "n_hidden has no values"),
        ("n_hidden = [1, 2]", "", "axes is missing or empty"),
        ("learning_rate = 0.5", 'learning_rate = "x"', "settings.learning_rate must be a number"),
        ("learning_rate = 0.5", "learning_rate = true", "settings.learning_rate must be a number"),
        ("learning_rate = 0.5", "", "learning_rate is missing; give it under [axes] or"),
        ("learning_rate = 0.5", "n_hidden = 3\nlearning_rate = 0.5", "an axis and fixed too"),
        ("learning_rate = 0.5", "learning_rate = 0.5\ninit = 'x'", "init must be one of xavier,"),
        ('data = "sine"', 'data = "no.csv"', "data 'no.csv' is neither a generated set"),
        ('data = "sine"', "data = 3", "data must be a text, got 3"),
        ("repeats = 2", "repeats = 0", "repeats must be a whole number ≥ 1, got 0"),
        ("repeats = 2", "figures = ['maps']", "figures: 'maps' can't be drawn for 1 axes"),
        ("repeats = 2", "model = 'cubic'", "model must be one of network, polynomial"),
        ("repeats = 2", "axes = 3\n", "is no TOML file"),
        ("repeats = 2", "repeats = = 2", "is no TOML file: Invalid value (at line 4, column 11)"),
    ],
)
def test_what_is_wrong_is_named_by_its_key_and_nothing_is_written(
    write, tmp_path, capsys, old, new, message
):
    assert old in SMALL
    path = write(SMALL.replace(old, new))
    assert main.run(["run", str(path), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"sweep: {path}")
    assert message in said.replace("init must be one of zero, normal, xavier,", message)
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_not_there_is_refused(tmp_path, capsys):
    assert main.run(["run", str(tmp_path / "none.toml")]) == 2
    assert "can't be read: No such file" in capsys.readouterr().err


def test_every_study_of_a_single_grid_can_be_written_and_read_again(tmp_path):
    written = 0
    for name in CATALOGUE:
        study = find_study(name)
        if len(study.plans) != 1 or next(iter(study.plans.values())).points is not None:
            with pytest.raises(InputError, match="no single grid"):
                toml_study.as_toml(study)
            continue
        text = toml_study.as_toml(study)
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        (plan,), (again,) = study.plans.values(), toml_study.read(path).plans.values()
        assert [t.key for t in again.trials] == [t.key for t in plan.trials]
        written += 1
    assert written >= 3


def test_its_report_is_made_again_from_its_directory_alone(write, tmp_path):
    """Neither the file is needed, nor the data's size that fewer training points left."""
    text = SMALL.replace('data = "sine"', 'data = "sine"\nengine = "numpy"\ntraining_points = 30')
    path, out = write(text), tmp_path / "run"
    assert main.run(["run", str(path), "--out", str(out), "--quiet", "--jobs", "1"]) == 0
    path.unlink()
    names = ("report.md", "trials.csv", "history.csv", "cells.csv")
    before = [(out / name).read_bytes() for name in names]
    for name in names:
        (out / name).unlink()
    assert main.run(["report", str(out), "--quiet"]) == 0
    assert [(out / name).read_bytes() for name in names] == before
    np.savez(out / "data" / "test.npz", data=np.zeros((5, 1)), label=np.zeros((5, 1)))
    assert main.run(["report", str(out), "--quiet"]) == 2


@each_of(("before", "after"), [("", "tanh"), ("tanh", ""), ("", "sigmoid"), ("sigmoid", "")])
def test_a_setting_that_only_one_of_two_runs_names_is_another_question(
    write, tmp_path, before, after
):
    codes, out = [], str(tmp_path / f"{before} {after}")
    for name in (before, after, before):
        text = SMALL + (f'activation = "{name}"\n' if name else "")
        codes.append(main.run(["run", str(write(text)), "--out", out, "--quiet"]))
    assert codes == ([0, 2, 0] if "tanh" in (before, after) else [0, 0, 0])  # sigmoid is usual
