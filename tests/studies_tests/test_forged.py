"""Stores, records and studies that others have written by hand get one sentence, and soon."""

import json
import shutil
import sqlite3
import time
from contextlib import closing

import numpy as np
import pytest
from hostile import forge
from undrawn import draw_nothing

from studies.cli import main
from sweep.store.serialization import from_blob, to_blob

SWEEP = ["assignment", "--learning-rate", "0.5", "--batch-size", "10,15", "--max-epochs", "100"]
AGAIN = [*SWEEP, "--jobs", "1", "--quiet", "--out", "run"]
COMMANDS = [["report", "run"], ["report", "run", "--max-epochs", "50"], ["compare", "run", "run"]]
COMMANDS += [["verify", "run", "--jobs", "1", "--quiet"]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return a folder with the run directories ``local`` and ``optuna``."""
    folder = tmp_path_factory.mktemp("forged")
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        for runner in ("local", "optuna"):
            words = [*AGAIN[:-1], str(folder / runner), "--runner", runner]
            assert main.run(words) == 0
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch, no_figures, runs):
    """Return a run directory, in the current folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(runs / "local", "run")
    return tmp_path / "run"


def answers(commands, capsys):
    """Run commands, assert that each has a result or one sentence, and return their codes."""
    codes = []
    for command in commands:
        begun = time.monotonic()
        codes.append(main.run(command))
        assert time.monotonic() - begun < 30
        output = capsys.readouterr()
        assert codes[-1] in (0, 1, 2)
        if codes[-1] == 2:
            assert output.err.startswith("sweep: ")
            assert output.err.count("\n") == 1
    return codes


def other_arrays(**changes):
    """Return what gives a blob with some arrays changed, or left out if None."""

    def change(blob):
        arrays = {
            name: f(a) for name, a in from_blob(blob).items() if (f := changes.get(name, keep))
        }
        return to_blob(arrays)

    return change


def keep(array):
    return array


FORGED = {
    "epochs": ["many", 1e300],
    "state": ["won", b"converged"],
    "engine": [b"\0"],
    "seconds": ["x"],
    "value": ["x", 1e999],
    "metrics": ["[]", '{"updates": "x"}', "[" * 100_000, '{"updates": 1e999}'],
    "arrays": [
        b"",
        other_arrays(history=None),
        other_arrays(W1=lambda W: W[:, :2]),
        other_arrays(path=lambda path: path[1:]),
        other_arrays(history=lambda history: history.reshape(1, -1)),
        other_arrays(history=lambda history: np.full_like(history, -1)),
    ],
}
MORE_FORGED = {
    "epochs": [-1, b"1"],
    "state": ["", 3],
    "seconds": [b""],
    "metrics": ["{}", "x", b"{}"],
    "arrays": [
        "text",
        other_arrays(W1=None),
        other_arrays(B1=lambda B: B.astype("U9")),
        other_arrays(path=lambda path: path[:, 1:]),
        other_arrays(history=lambda history: history["epoch"]),
        other_arrays(history=lambda history: history[:0]),
        other_arrays(history=lambda history: history[["epoch", "train_loss"]].copy()),
    ],
}


def each(forged, *marks):
    return [pytest.param(c, v, marks=marks) for c, values in forged.items() for v in values]


@pytest.mark.parametrize(("column", "value"), each(FORGED) + each(MORE_FORGED, pytest.mark.torture))
def test_a_forged_row_with_the_right_checksum_is_refused_or_told(run, capsys, column, value):
    forge(run / "trials.sqlite", column, value)
    codes = answers([COMMANDS[1], COMMANDS[-1], AGAIN], capsys)
    assert codes[1] or value == 1e999  # verify


RECORDS = {
    "a million repeats": lambda part: part.update(repeats=1_000_000),
    "a thousand repeats": lambda part: part.update(repeats=900),
    "endless repeats": lambda part: part.update(repeats=10**400),
    "many rates": lambda part: part["axes"].update(
        learning_rate=[n / 1e5 for n in range(1, 10**5)]
    ),
    "many points": lambda part: part.update(
        points=[{"learning_rate": 0.1, "batch_size": 2, "n_hidden": 4}] * 10**4
    ),
    "no axes": lambda part: part.update(axes={}),
    "odd axes": lambda part: part["axes"].update(learning_rate=[[1]]),
    "a number for a name": lambda part: part.update(name=[1], folder={}),
    "an odd fingerprint": lambda part: part.update(fingerprint=None),
    "no validation": lambda part: part.update(validation=-5),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_forged_record_is_refused_or_told_soon(run, capsys, kind):
    record = json.loads((run / "run.json").read_text())
    RECORDS[kind](record["parts"]["grid"])
    (run / "run.json").write_text(json.dumps(record))
    assert all(answers(COMMANDS, capsys))


ODD = ["x", None, [], {"params": 3, "repeat": "x"}, '{"state": "won"}']


@pytest.mark.parametrize("value", ODD, ids=lambda value: str(value)[:9])
@pytest.mark.parametrize("name", ["sweep", "key", "cell", "state", "result"])
def test_forged_attributes_of_a_study_are_refused_or_made_anew(
    tmp_path, monkeypatch, no_figures, runs, capsys, name, value
):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(runs / "optuna", "run")
    (file,) = (tmp_path / "run").glob("*optuna*")
    with closing(sqlite3.connect(file)) as database, database:
        for table in ("study_user_attributes", "trial_user_attributes"):
            query = f"UPDATE {table} SET value_json = ? WHERE key = ?"  # noqa: S608
            database.execute(query, (json.dumps(value), name))
        database.execute("DELETE FROM trial_heartbeats")
    (tmp_path / "run" / "trials.sqlite").unlink()
    shutil.rmtree(tmp_path / "run" / "figures", ignore_errors=True)
    answers([[*AGAIN, "--runner", "optuna"]], capsys)
