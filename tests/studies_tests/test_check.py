"""Other people's tables are compared with repeats, which are run once and kept."""

import json
import os
import signal
import sqlite3
import sys
import time

import numpy as np
import pytest

from network.data.datasets import snake
from studies.checking.references.repeats import SEED, ReferenceRuns, cache_folder, repeats_of
from studies.cli import main
from studies.experiment.run_directory import own
from studies.homework.assignment import grid_plan
from sweep.errors import SweepError
from sweep.progress.signals import Silent
from sweep.store.store import Store

SMALL = {
    "learning_rate": [0.3, 0.7],
    "batch_size": [5, None],
    "max_epochs": 300,
    "target_loss": 0.008,
    "repeats": 20,
}
FLAGS = [
    *("--learning-rate", "0.3,0.7", "--batch-size", "5,full", "--repeats", "20"),
    *("--max-epochs", "300", "--target-loss", "0.008"),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache") / "repeats"


@pytest.fixture(scope="module")
def frame(cache):
    said = []
    frame = repeats_of(grid_plan(**SMALL), cache, jobs=2, progress=Silent(), say=said.append)
    assert len(said) == 1
    assert said[0].startswith("80 trials to compare with: a")  # about, or at most, 1 s
    return frame


def check(cache, *arguments):
    return main.run(["check", *map(str, arguments), *FLAGS, "--cache", str(cache), "--quiet"])


def write(path, rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_each_repeat_has_data_of_its_own_and_is_an_ordinary_trial(frame):
    objective = ReferenceRuns(grid_plan(**SMALL))
    assert len(frame) == 80
    trial = objective.trials[4]
    assert trial.repeat == 1
    assert objective._objective(1).dataset.fingerprint == snake(SEED + 1).fingerprint
    ((_, alone),) = grid_plan(**SMALL, seed=0, data_seed=SEED + 1).objective(
        [trial], lambda lane, epoch: None
    )
    row = frame[frame.key == trial.key].iloc[0]
    assert (row.epochs, row.state) == (alone.epochs, str(alone.state))
    assert row.validation_loss == pytest.approx(alone.metrics["validation_loss"], rel=1e-9)


def test_the_repeats_are_run_once(frame, cache):
    def never(line):
        raise AssertionError(line)

    before = (cache / "trials.sqlite").stat().st_mtime_ns
    again = repeats_of(grid_plan(**SMALL), cache, jobs=1, progress=Silent(), say=never)
    assert again.equals(frame)
    assert (cache / "trials.sqlite").stat().st_mtime_ns == before


def test_a_check_tells_what_is_missing_implausible_and_typical(frame, cache, tmp_path, capsys):
    middle = frame[(frame.batch_size == 5) & (frame.learning_rate == 0.7)].epochs.median()
    path = write(
        tmp_path / "作业.md",
        [
            "| 批大小 | eta=0.3 | eta=0.7 |",
            "| --- | --- | --- |",
            f"| bs:5 | 12% | {middle:.0f}次 |",
            "| full | | 未收敛 |",
        ],
    )
    assert check(cache, path, "--json", tmp_path / "answer.json") == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert f"{middle:.0f}次 ✓" in output.out
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert [cell["verdict"] for cell in answer["cells"]] == [
        "implausible",
        "typical",
        "missing",
        "no accuracy",
    ]
    assert answer["repeats"] == 20


def test_the_whole_check_can_be_in_chinese(frame, cache, tmp_path, capsys):
    path = write(tmp_path / "t.csv", ["bs,0.3,0.7", "5,100,100"])
    assert check(cache, path, "--lang", "zh") == 0
    assert "缺失：（全批量" in capsys.readouterr().out


def test_data_of_ones_own_are_used_in_all_repeats(tmp_path):
    data = snake(5)
    for name, arrays in data.course_files().items():
        np.savez(tmp_path / name, **arrays)
    files = {"data": str(tmp_path / "train.npz"), "test_data": str(tmp_path / "test.npz")}
    question = grid_plan(**{**SMALL, "max_epochs": 50, "repeats": 2}, **files)
    objective = ReferenceRuns(question)
    assert not objective.draws_data
    assert objective._objective(1).dataset.fingerprint == data.fingerprint
    assert objective.trials == question.trials
    frame = repeats_of(question, tmp_path / "c", jobs=1, progress=Silent(), say=lambda _: None)
    assert frame["repeat"].tolist() == [0] * 4 + [1] * 4


def test_a_damaged_cache_is_mended(frame, tmp_path, cache, capsys):
    copy = tmp_path / "copy"
    copy.mkdir()
    content = bytearray((cache / "trials.sqlite").read_bytes())
    content[len(content) // 2 :] = b"x" * (len(content) - len(content) // 2)
    (copy / "trials.sqlite").write_bytes(content)
    again = repeats_of(grid_plan(**SMALL), copy, jobs=1, progress=Silent(), say=lambda _: None)
    columns = ["key", "state", "epochs", "test_r2"]
    assert again[columns].equals(frame[columns])
    assert "is set aside as" in capsys.readouterr().err


def test_an_interrupted_first_time_goes_on_where_it_was(start, tmp_path, capsys, monkeypatch):
    write(tmp_path / "t.csv", ["bs,0.3,0.7", "15,100,100"])
    command = [
        *("check", "t.csv", "--cache", "c", "--learning-rate", "0.3,0.7", "--batch-size", "15"),
        *("--target-loss", "1e-9", "--max-epochs", "700", "--repeats", "40", "--jobs", "1"),
    ]
    running = start(*command, cwd=tmp_path)
    while running.poll() is None and _n_kept(tmp_path / "c") == 0:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=120)[1]
    assert running.returncode == 130, said
    assert "run the same command again to resume" in said
    kept = _n_kept(tmp_path / "c")
    assert 0 < kept < 80
    monkeypatch.chdir(tmp_path)
    assert main.run(command) == 0
    assert f"{80 - kept} trials to compare with" in capsys.readouterr().err


def _n_kept(folder):
    if not (folder / "trials.sqlite").exists():
        return 0
    question = grid_plan(
        learning_rate=[0.3, 0.7], batch_size=[15], target_loss=1e-9, max_epochs=700, repeats=40
    )
    try:
        with Store(folder / "trials.sqlite", read_only=True) as store:
            return len(list(store.outcomes(ReferenceRuns(question).trials, arrays=False)))
    except (sqlite3.Error, SweepError):  # it is being made
        return 0


def test_a_cache_belongs_to_one_check_at_a_time(tmp_path, capsys):
    table = write(tmp_path / "t.csv", ["bs,0.3,0.7", "5,100,100"])
    with own(tmp_path / "cache"):
        assert check(tmp_path / "cache", table) == 2
    error = capsys.readouterr().err
    assert "belongs to another sweep that is running now" in error
    assert "choose another directory" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["missing.csv"],
            "missing.csv can't be read: No such file",
        ),
        (["words.md"], "words.md has no table that can be read"),
        (["empty"], "empty has no file that ends in .csv"),
        (["t.csv", "--repeats", "19"], "repeats must be a whole number ≥ 20, got 19"),
        (["t.csv", "--learning-rate", "0"], "learning_rate must be a finite number > 0"),
        (["t.csv", "--batch-size", "901"], "batch_size must be at most 900"),
        (["t.csv", "--data", "none.csv"], "neither a generated set"),
        (["t.csv", "--lang", "fr"], "--lang must be one of en, zh"),
        (["t.csv", "--anonymous"], "--anonymous is for a class"),
        (["t.csv", "--seed-from", "names"], "t.csv has no student number of four digits"),
        (["t.csv", "--seed-from", " "], "the number to take a seed from is empty"),
        (["full", "--seed-from", "2026123"], "got --seed-from 2026123; give names"),
        (["full", "--out", "t.csv"], "t.csv is a file; give --out a folder"),
        (["full", "--out", "full"], "full has other files in it; give --out a new folder"),
        (["t.csv", "--jobs", "0"], "jobs must be a whole number ≥ 1"),
        (["t.csv", "--cache", "t.csv"], "t.csv can't be used"),
        (["t.csv", "--cache", "full"], "full has files in it but is no run directory"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write(tmp_path / "t.csv", ["bs,0.3", "5,100"])
    write(tmp_path / "words.md", ["nothing"])
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    write(tmp_path / "full" / "other.txt", ["mine"])
    before = sorted(tmp_path.rglob("*"))
    assert main.run(["check", *arguments, "--quiet"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("sweep: ")
    assert output.err.count("\n") == 1
    assert message in output.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="another convention")
def test_the_cache_is_where_the_user_keeps_such_things(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "sweep-lab" / "repeats"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "sweep-lab" / "repeats"
