"""Bad input gets one clear sentence and exit code 2, and nothing is written or destroyed."""

import subprocess
import sys

import numpy as np
import pytest
from cases import each_of

from studies.cli import main

CASES = [
    (["--etta", "0.1"], "No such option"),
    (["surplus"], "unexpected extra argument"),
    (["--learning-rate", ""], "--learning-rate is an empty list"),
    (["--learning-rate", "0.1,,0.3"], "--learning-rate takes numbers separated by commas, got ''"),
    (["--learning-rate", "fast"], "--learning-rate takes numbers separated by commas, got 'fast'"),
    (["--learning-rate", "0.1,0.3,0.10"], "learning_rate has the value 0.1 twice"),
    (["--learning-rate", "0"], "learning_rate must be a finite number > 0, got 0.0"),
    (["--learning-rate", "-0.1"], "learning_rate must be a finite number > 0, got -0.1"),
    (["--learning-rate", "nan"], "learning_rate must be a finite number > 0, got nan"),
    (["--learning-rate", "nan,nan"], "learning_rate must be a finite number > 0, got nan"),
    (["--learning-rate", "inf"], "learning_rate must be a finite number > 0, got inf"),
    (["--batch-size", "2,2"], "batch_size has the value 2 twice"),
    (["--batch-size", "full,full"], "batch_size has the value full twice"),
    (["--batch-size", "0"], "batch_size must be a whole number ≥ 1, got 0"),
    (["--batch-size", "2.5"], "--batch-size takes whole numbers"),
    (["--batch-size", "901"], "batch_size must be at most 900"),
    (["--n-hidden", "four"], "--n-hidden takes whole numbers"),
    (["--n-hidden", "0"], "n_hidden must be a whole number ≥ 1, got 0"),
    (["--n-hidden", "4,4"], "n_hidden has the value 4 twice"),
    (["--repeats", "0"], "repeats must be a whole number ≥ 1, got 0"),
    (["--repeats", "many"], "--repeats"),
    (["--seed", "-1"], "seed must be a whole number ≥ 0, got -1"),
    (["--data-seed", "-1"], "data_seed must be a whole number ≥ 0, got -1"),
    (["--max-epochs", "0"], "max_epochs must be a whole number ≥ 1, got 0"),
    (["--max-epochs", "1e4"], "--max-epochs"),
    (["--target-loss", "0"], "target_loss must be a finite number > 0, got 0.0"),
    (["--target-loss", "nan"], "target_loss must be a finite number > 0, got nan"),
    (["--target-loss", "inf"], "target_loss must be a finite number > 0, got inf"),
    (["--eval-every", "-5"], "eval_every must be a whole number ≥ 1, got -5"),
    (["--activation", "step"], "can be plotted but not trained"),
    (["--activation", "swish"], "activation must be one of sigmoid, tanh"),
    (["--init", "ones"], "init must be one of zero, normal, xavier, he, got 'ones'"),
    (["--decay", "linear"], "decay must be one of constant, step, exponential, inverse, cosine"),
    (["--shuffle", "riffle"], "shuffle must be one of fresh, none, got 'riffle'"),
    (["--engine", "quantum"], "engine must be one of compiled, numpy, got 'quantum'"),
    (["--jobs", "0"], "jobs must be a whole number ≥ 1, got 0"),
    (["--runner", "cloud"], "runner must be one of local, dask, optuna, got 'cloud'"),
    (["--scheduler", "tcp://127.0.0.1:1"], "is for --runner dask, got --runner local"),
    (
        ["--runner", "dask", "--scheduler", "here:8786"],
        "address of a scheduler looks like tcp://HOST:PORT",
    ),
    (
        ["--runner", "dask", "--scheduler", "tcp://here"],
        "address of a scheduler looks like tcp://HOST:PORT",
    ),
    (
        ["--runner", "dask", "--scheduler", "ftp://h:1"],
        "address of a scheduler looks like tcp://HOST:PORT",
    ),
    (["--data", "missing.csv"], "neither a generated set"),
    (["--data", "data.csv", "--test-data", "missing.csv"], "'missing.csv' is neither"),
    (["--test-data", "data.csv"], "with its own test set"),
    (["--data", "empty.csv"], "is empty"),
    (["--data", "pickled.npz"], "pickled objects are refused"),
    (["--data", "one.csv"], "has 1 sample; at least 3"),
    (["--data", "words.csv"], "is not a number"),
    (
        ["--learning-rate", "0.1:"],
        "--learning-rate takes a range of numbers, from:to or from:to:log",
    ),
    (
        ["--learning-rate", "0.1:1:ln"],
        "--learning-rate takes a range of numbers, from:to or from:to:log",
    ),
    (["--learning-rate", "1:0.1"], "a range goes from a smaller number to a larger one, got 1:0.1"),
    (["--learning-rate", "0:1:log"], "a range with :log must begin above 0, got 0:1:log"),
    (["--learning-rate", "0:1"], "learning_rate must be a finite number > 0, got 0.0"),
    (["--batch-size", "2:5.5"], "--batch-size takes a range"),
    (["--batch-size", "2:5000"], "batch_size must be at most 900"),
    (["--sampler", "luck"], "sampler must be one of grid, random, tpe, got 'luck'"),
    (["--prune", "hard"], "prune must be one of none, median, halving, got 'hard'"),
    (["--trials", "0"], "trials must be a whole number ≥ 1, got 0"),
    (["--trials", "5", "--repeats", "2"], "a search has no repeats, got 2"),
    (["--storage", "x"], "--storage is Optuna's; give --runner optuna with it"),
    (["--study", "x"], "--study is Optuna's; give --runner optuna with it"),
    (["--runner", "optuna", "--study", ""], "--study must have 1 to 200 letters"),
    (["--runner", "optuna", "--heartbeat", "0"], "heartbeat must be a whole number ≥ 1, got 0"),
    (["--runner", "optuna", "--storage", ""], "the storage is empty"),
    (["--runner", "optuna", "--storage", "redis://x"], "can't be of the kind redis://"),
    (["--runner", "optuna", "--storage", "mysql://x/y"], "can't be of the kind mysql://"),
    (["--runner", "optuna", "--storage", "sqlite:///no/folder/x"], "there is no folder no/folder"),
    (["--runner", "optuna", "--storage", "postgresql://a:b@c:d/e"], "is not a valid URL"),
    (["--runner", "optuna", "--storage", "x/journal"], "the storage must be the URL of a database"),
    (["--runner", "optuna", "--storage", "postgresql://127.0.0.1:1/x"], "can't be used (conn"),
    (["--out", "data.csv"], "data.csv can't be used as run directory"),
    (["--out", "data.csv/below"], "data.csv/below can't be used as run directory"),
    (["--out", "/proc/nowhere"], "can't be used as run directory"),
    (["--out", "."], "has files in it but is no run directory"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch, no_figures):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("\n".join(f"{i},{i * i}" for i in range(40)))
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "one.csv").write_text("1,2\n")
    (tmp_path / "words.csv").write_text("1,2\n3,four\n")
    np.savez(tmp_path / "pickled.npz", data=np.array([[None]] * 9), label=np.ones((9, 1)))
    return tmp_path


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@each_of(
    ("arguments", "message"),
    CASES,
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(folder, capsys, arguments, message):
    before = everything(folder)
    assert main.run(["assignment", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("sweep: ")
    assert output.err.count("\n") == 1
    assert message in output.err
    assert "Traceback" not in output.err
    assert everything(folder) == before
    assert not (folder / "runs").exists()


OTHER_CASES = [
    (["worker", "--study", "x", "--storage", "sqlite:///x.db"], "SQLite, from which two"),
    (
        ["worker", "--study", "x", "--storage", "j", "--jobs", "0"],
        "jobs must be a whole number ≥ 1",
    ),
    (["worker", "--study", "x", "--storage", "j", "--heartbeat", "0"], "heartbeat must be"),
    (["worker", "--study", "x", "--storage", "j"], "must be the URL of a database"),
    (["worker", "--study", "x"], "Missing option '--storage'"),
    (["collect", "--study", "x", "--storage", "sqlite:///no/j", "--out", "o"], "is no folder no"),
    (["collect", "--study", "x", "--storage", "sqlite:///j", "--out", "o"], "there is no study x"),
    (["collect", "--study", "x", "--storage", "ftp://j", "--out", "o"], "of the kind ftp://"),
    (["bench", "--overheads", "--cells", "0"], "--cells takes whole numbers"),
]


@each_of(
    ("arguments", "message"),
    OTHER_CASES,
)
def test_bad_input_of_other_commands_leaves_nothing_either(folder, capsys, arguments, message):
    before = everything(folder)
    assert main.run(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("sweep: ")
    assert output.err.count("\n") == 1
    assert message in output.err
    assert everything(folder) == before


def test_a_missing_driver_is_named_with_the_command_that_installs_it(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    flags = ["--runner", "optuna", "--storage", "postgresql://x@127.0.0.1/x"]
    assert main.run(["assignment", *flags]) == 2
    assert "run pip install 'sweep-lab[postgres]'" in capsys.readouterr().err
    assert not (folder / "runs").exists()


def test_the_command_itself_ends_with_code_2_and_without_a_traceback(folder):
    command = [sys.executable, "-m", "studies.cli", "assignment", "--learning-rate", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "sweep: learning_rate must be a finite number > 0, got 0.0; typical values lie between "
        "0.01 and 1.\n"
    )


def test_a_bug_shows_its_traceback(folder, monkeypatch):
    from studies.homework import assignment

    def broken(*arguments, **options):
        raise ValueError("a bug")

    monkeypatch.setattr(assignment, "answer", broken)
    with pytest.raises(ValueError, match="a bug"):
        main.run(["assignment"])


def test_an_unknown_command_is_refused(capsys):
    assert main.run(["asignment"]) == 2
    assert "No such command" in capsys.readouterr().err
