"""A run directory is verified by running trials again; edits by hand are found and named."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from time import process_time

import numpy as np
import pytest
from cases import each_of
from undrawn import draw_nothing

from reports.check.differences import of_document
from reports.words import language
from studies.checking.remaking import NoFigures
from studies.cli import main
from studies.experiment.runners import RunnerOptions
from studies.homework import assignment
from studies.objectives.two_layer import TwoLayerObjective
from studies.saved.report_again import report_again
from studies.saved.saved_run import open_run
from sweep.store.schema import CONTENT, checksum
from sweep.store.store import Store

SMALL = {
    "learning_rate": [0.3, 0.7],
    "batch_size": [5, None],
    "max_epochs": 150,
    "target_loss": 0.006,
    "repeats": 2,
}


def make(out, jobs=2, **changes):
    """Run a small variation of the homework; its figures are not compared, so none are drawn."""
    question = assignment.grid_plan(**{**SMALL, **changes})
    assignment.answer_grid(question, out, RunnerOptions(jobs=jobs), NoFigures())
    return out


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "run")


@pytest.fixture
def run(made, tmp_path):
    return shutil.copytree(made, tmp_path / "run")


@pytest.fixture
def verified(capsys):
    """Return what `sweep verify` says of a directory, and its exit code."""

    def verify(path, *flags):
        before = everything(path)
        code = main.run(["verify", str(path), "--quiet", *flags])
        assert everything(path) == before  # nothing is written there
        output = capsys.readouterr()
        return code, output.out + output.err

    return verify


def everything(path):
    return {p: p.read_bytes() if p.is_file() else b"" for p in path.rglob("*")}


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def differs(said):
    """Return the things that differ, by name."""
    return [line.split("  ")[1].strip() for line in said.splitlines() if line.startswith("✗")]


def test_an_honest_directory_holds(run, verified):
    code, said = verified(run)
    assert code == 0, said
    assert said.count("✓ holds") == 13
    assert "8 of 8 trials run again (--seed " in said
    assert said.endswith("holds what it claims.\n")


def test_another_engine_and_another_number_of_jobs_make_no_difference(tmp_path, verified):
    small = {"batch_size": [100, None], "repeats": 1, "max_epochs": 20}
    make(tmp_path / "numpy", engine="numpy", jobs=1, **small)
    make(tmp_path / "compiled", jobs=2, **small)
    for name, flags in (
        ("numpy", ["--jobs", "2"]),
        ("compiled", ["--engine", "numpy", "--jobs", "1"]),
    ):
        code, said = verified(tmp_path / name, "--all", *flags)
        assert code == 0, said


def test_a_report_in_another_language_and_by_another_cost_holds(run, verified):
    with language("zh"):
        report_again(open_run(run), NoFigures(), cost="updates", changes={})
    code, said = verified(run, "--sample", "1", "--lang", "zh")
    assert code == 0, said
    assert "✓ 相符  table.md" in said


def test_data_of_ones_own_are_verified_without_their_file(tmp_path, verified):
    rows = "\n".join(f"{i / 60},{np.sin(i / 9)}" for i in range(60))
    (tmp_path / "mine.csv").write_text(rows)
    make(tmp_path / "run", data=str(tmp_path / "mine.csv"), max_epochs=50)
    (tmp_path / "mine.csv").unlink()
    code, said = verified(tmp_path / "run", "--sample", "2", "--seed", "3")
    assert code == 0, said
    assert "2 of 8 trials run again (--seed 3)" in said


# ---- studies ------------------------------------------------------------------------------------

TOML = """
repeats = 2

[axes]
init = ["he", "xavier"]
learning_rate = [0.3, 0.7]

[settings]
batch_size = 15
max_epochs = 100
target_loss = 0.006
"""

STUDIES = {
    "own": ["run", "own.toml"],
    "classify": ["study", "classify", "--repeats", "1", "--max-epochs", "20"],
    "polynomial": ["study", "polynomial", "--repeats", "1", "--max-epochs", "20"],
}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Make run directories of studies: a TOML file, one with several parts, and polynomials."""
    folder = tmp_path_factory.mktemp("studies")
    (folder / "own.toml").write_text(TOML)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(folder)
        draw_nothing(monkeypatch)
        for name, command in STUDIES.items():
            assert main.run([*command, "--out", name, "--quiet"]) == 0
    return folder


@pytest.mark.parametrize("name", STUDIES)
def test_an_untouched_study_holds(studies, tmp_path, verified, name):
    run = shutil.copytree(studies / name, tmp_path / name)
    code, said = verified(run, "--sample", "3")
    assert code == 0, said
    assert "✓ holds    trials.csv" in said
    assert "✓ holds    report.html" in said


def test_a_forged_and_a_changed_number_of_a_study_are_found(studies, tmp_path, verified):
    run = shutil.copytree(studies / "own", tmp_path / "run")
    change_cell(run / "trials.csv", 2, "epochs", "50000")
    change_store(run, 0, "epochs", 5)
    code, said = verified(run, "--all")
    assert code == 1
    assert "row init xavier, learning rate 0.3, repeat 0, column epochs: 50000 instead" in said
    assert ": epochs 5 instead of" in said


def test_other_edits_in_a_study_are_named_too(studies, tmp_path, verified):
    run = shutil.copytree(studies / "classify", tmp_path / "run")
    parts = list(json.loads((run / "run.json").read_text())["parts"])
    assert len(parts) > 1
    rows = (run / f"history_{parts[1]}.csv").read_text().splitlines()
    rows[1] = rows[1].rpartition(",")[0] + ",7"
    (run / f"history_{parts[1]}.csv").write_text("\n".join(rows) + "\n")
    weights = sorted((run / "weights").rglob("*.npz"))[0]
    arrays = dict(np.load(weights))
    arrays["W1"][0, 0] += 0.01
    np.savez(weights, **arrays)
    record = json.loads((run / "run.json").read_text())
    record["parts"][parts[0]]["states"] = {"converged": 1000}
    (run / "run.json").write_text(json.dumps(record))
    code, said = verified(run, "--sample", "1")
    assert code == 1
    assert differs(said) == ["settings", "weights", f"history_{parts[1]}.csv"]


def test_a_study_that_trains_nothing_cannot_be_verified(tmp_path, verified, no_figures):
    assert main.run(["study", "activations", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    code, said = verified(tmp_path / "run")
    assert code == 2
    assert "trains nothing, so nothing can be verified" in said


# ---- edits by hand ------------------------------------------------------------------------------


def test_each_changed_file_is_named_with_the_place(run, verified):
    was = change_cell(run / "trials.csv", 2, "epochs", "50000")
    change_cell(run / "history.csv", 3, "validation_r2", "0.12345")
    change_cell(run / "statistics.csv", 1, "converged", "7")
    epochs = (run / "table.csv").read_text().splitlines()[1].split(",")[2].split(" /")[0]
    for name in ("table.csv", "table.md", "report.md", "table.tex", "report.html"):
        text = (run / name).read_text(encoding="utf-8")
        if name == "report.html":
            place = text.index(f'"{epochs}"') + 1
        elif name == "table.tex":
            place = text.rindex(f"{epochs} ")
        else:
            place = text.index(f"{epochs} /", text.index("0.7"))
        (run / name).write_text(text[:place] + "9" + text[place:], encoding="utf-8")
    code, said = verified(run, "--sample", "1")
    assert code == 1
    assert differs(said) == [
        *("history.csv", "statistics.csv", "table.csv", "trials.csv"),
        *("report.md", "table.md", "table.tex", "report.html"),
    ]
    for words in (
        "row learning rate 0.7, batch size 5, n hidden 4, repeat 0, column epochs: 50000 instead "
        f"of {was}",
        "epoch 150, column validation_r2: 0.12345 instead of",
        "column converged: 7 instead of",
        "row batch size 5, column 0.7: ",
        "row 5, column 0.7: ",
        "shown, epochs",
    ):
        assert words in said
    assert said.count("row 5, column 0.7: ") == 2


def test_rows_and_sentences_that_are_missing_or_new_are_named(run, verified):
    rows = (run / "trials.csv").read_text().splitlines()
    rows[1] = rows[1].replace("0.3,5,", "0.9,5,", 1)
    rows[3] = rows[3].rpartition(",")[0]
    rows.append(rows[2])
    (run / "trials.csv").write_text("\n".join(rows) + "\n")
    edit(run / "table.md", "Best", "Worst")
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["trials.csv", "table.md"])
    assert "the row learning rate 0.3, batch size 5, n hidden 4, repeat 0 is missing" in said
    assert "the row learning rate 0.9, batch size 5, n hidden 4, repeat 0 should not be" in said
    assert "the row learning rate 0.7, batch size 5, n hidden 4, repeat 0 should not be" in said
    assert f"column {rows[0].rpartition(',')[2]}:  instead of" in said
    assert "line 6: Worst" in said


def change_cell(path, row, column, value):
    """Put a value into a CSV, and return what was there."""
    rows = path.read_text().splitlines()
    head, cells = rows[0].split(","), rows[row].split(",")
    place = head.index(column)
    was, cells[place] = cells[place], value
    rows[row] = ",".join(cells)
    path.write_text("\n".join(rows) + "\n")
    return was


def change_store(path, row, name, value, forge=True):
    """Change a number of a trial, and its checksum too if it shall be believed."""
    with closing(sqlite3.connect(path / "trials.sqlite")) as database:
        (key,) = database.execute("SELECT key FROM trials ORDER BY key LIMIT 1 OFFSET ?", (row,))
        if name == "test_r2":
            (text,) = database.execute("SELECT metrics FROM trials WHERE key = ?", key).fetchone()
            name, value = "metrics", json.dumps({**json.loads(text), name: value})
        database.execute(f"UPDATE trials SET {name} = ? WHERE key = ?", (value, *key))  # noqa: S608
        if forge:
            query = f"SELECT {', '.join(CONTENT)} FROM trials WHERE key = ?"  # noqa: S608
            content = database.execute(query, key).fetchone()
            query = "UPDATE trials SET checksum = ? WHERE key = ?"
            database.execute(query, (checksum(content), *key))
        database.commit()


def test_changed_and_forged_results_in_the_store_are_found_by_running_them_again(run, verified):
    trials = sorted(assignment.grid_plan(**SMALL).trials, key=lambda trial: trial.key)
    with Store(run / "trials.sqlite") as store:
        (first, outcome), (second, other) = store.outcomes(trials[:2])
        history = outcome.history.copy()
        history["train_loss"][0] *= 1.01
        arrays = {**other.arrays, "W1": other.arrays["W1"] * 1.01}
        store.add([(first, replace(outcome, history=history))])
        store.add([(second, replace(other, arrays=arrays))])
    change_store(run, 2, "epochs", 5)
    change_store(run, 3, "test_r2", 0.999)
    change_store(run, 4, "state", "diverged")
    change_store(run, 5, "epochs", 7, forge=False)
    code, said = verified(run, "--all")
    assert (code, differs(said)) == (1, ["trials.sqlite", "8 of 8 trials run again"])
    for words in (
        "train_loss, at 1",
        "W1, at 1, 1",
        ": epochs 5 instead of",
        ": test_r2 0.999 instead of",
        ": state diverged instead of",
        ": epochs 7 instead of",
    ):
        assert words in said


def test_a_truncated_store_is_told_and_everything_is_run_again(run, verified):
    content = (run / "trials.sqlite").read_bytes()
    (run / "trials.sqlite").write_bytes(content[: len(content) // 3])
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["trials.sqlite"])
    assert "damaged: " in said


def test_without_its_store_a_directory_is_still_compared(run, verified):
    (run / "trials.sqlite").unlink()
    edit(run / "table.md", "5 |", "6 |")
    code, said = verified(run, "--sample", "1")
    assert code == 1
    assert differs(said) == ["trials.sqlite", "table.md"]


def test_a_changed_sample_is_named_and_the_rest_is_judged_by_the_seeds_data(run, verified):
    arrays = dict(np.load(run / "data" / "train.npz"))
    arrays["label"][6, 0] += 0.01
    np.savez(run / "data" / "train.npz", **arrays)
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["data"])
    assert "data/train.npz: label, at 7, 1: " in said


def test_changed_settings_ask_for_trials_that_are_not_there(run, verified):
    edit(run / "run.json", '"seed": 0', '"seed": 1')
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["settings"])
    assert "by its settings the command is" in said
    assert "the store and trials.csv have few or none of the trials with these settings" in said


def test_a_directory_without_its_results_is_said_to_lack_them(run, verified):
    for name in ("trials.sqlite", "trials.csv"):
        (run / name).unlink()
    code, said = verified(run)
    assert code == 1
    assert "trials.sqlite and trials.csv are missing, so nothing else was checked" in said


def test_changed_data_of_ones_own_leave_nothing_to_judge_by(tmp_path, verified):
    rows = "\n".join(f"{i / 60},{np.sin(i / 9)}" for i in range(60))
    (tmp_path / "mine.csv").write_text(rows)
    run = make(tmp_path / "run", data=str(tmp_path / "mine.csv"), max_epochs=50)
    arrays = dict(np.load(run / "data" / "test.npz"))
    arrays["data"][0, 0] += 1
    np.savez(run / "data" / "test.npz", **arrays)
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["data", "settings"])
    assert "one of the two was changed, and nothing else was checked" in said


def test_of_another_version_of_the_tool_words_are_not_compared_but_numbers_are(run, verified):
    edit(run / "run.json", '"sweep-lab": "', '"sweep-lab": "0.0.')
    edit(run / "table.md", "Best", "Most excellent")
    code, said = verified(run, "--sample", "1")
    assert code == 0, said
    assert "It was made by version 0.0." in said
    edit(run / "table.md", " / 0.", " / 1.")
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["table.md"])


def test_a_changed_fingerprint_and_changed_counts_in_the_record_are_told(run, verified):
    record = json.loads((run / "run.json").read_text())
    record["parts"]["grid"] |= {"states": {"converged": 8}, "fingerprint": "0" * 64}
    (run / "run.json").write_text(json.dumps(record))
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["data", "settings"])
    assert "states {'converged': 8} instead of" in said
    assert "and run.json has 0000000000000000" in said


def test_changed_weights_are_named(run, verified):
    for name in ("initial_h4_r1.npz", "best.npz"):
        arrays = dict(np.load(run / "weights" / name))
        arrays["W2"][2, 0] += 0.01
        np.savez(run / "weights" / name, **arrays)
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["weights"])
    assert "weights/initial_h4_r1.npz: W2, at 3, 1: " in said
    assert "weights/best.npz: W2, at 3, 1: " in said


def test_missing_files_are_told(run, verified):
    (run / "weights" / "initial_h4_r0.npz").write_bytes(b"PK no archive")
    (run / "table.md").unlink()
    (run / "report.html").write_text("<html>")
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["weights", "table.md", "report.html"])


def test_a_trial_that_failed_is_no_fault(tmp_path, verified, monkeypatch):
    outcome = TwoLayerObjective._outcome

    def failing(self, trial, result):
        if trial.params["learning_rate"] == 0.7:
            raise MemoryError("no room")
        return outcome(self, trial, result)

    with monkeypatch.context() as patch:
        patch.setattr(TwoLayerObjective, "_outcome", failing)
        run = make(tmp_path / "run", max_epochs=50, jobs=1)
    code, said = verified(run, "--all")
    assert code == 0, said
    assert "4 of 8 trials run again" in said


# ---- what can't be judged -----------------------------------------------------------------------


def test_another_training_version_can_not_be_judged(run, verified):
    edit(run / "run.json", '"training_version": 2', '"training_version": 1')
    code, said = verified(run)
    assert code == 2
    assert "was made with training version 1, and here it is 2" in said


def test_a_rescored_report_is_no_run_of_its_own(run, verified):
    report_again(open_run(run), NoFigures(), changes={"max_epochs": 100})
    code, said = verified(run / "rescored")
    assert code == 2
    assert "verify the run itself" in said
    assert verified(run)[0] == 0


def test_a_store_of_another_version_can_not_be_judged(run, verified):
    with closing(sqlite3.connect(run / "trials.sqlite")) as database:
        database.execute("PRAGMA user_version = 9")
        database.commit()
    code, said = verified(run)
    assert code == 2
    assert f"{run}/trials.sqlite was written by another version" in said


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda run: (run / "run.json").unlink(), "has no run.json"),
        (lambda run: (run / "run.json").write_text("[]"), "holds no record of a run"),
        (lambda run: (run / "data" / "train.npz").unlink(), "train.npz is missing"),
        (lambda run: (run / "data" / "train.npz").write_bytes(b"x"), "is not an .npz file"),
    ],
)
def test_what_is_no_run_is_refused(run, verified, spoil, message):
    spoil(run)
    code, said = verified(run)
    assert code == 2
    assert said.startswith("sweep: ")
    assert said.count("\n") == 1
    assert message in said


@each_of(
    ("flags", "message"),
    [
        (["--sample", "0"], "sample must be a whole number ≥ 1, got 0"),
        (["--seed", "-1"], "seed must be a whole number ≥ 0, got -1"),
        (["--engine", "quantum"], "engine must be one of compiled, numpy"),
        (["--jobs", "0"], "jobs must be a whole number ≥ 1"),
    ],
)
def test_bad_flags_are_refused(made, verified, flags, message):
    code, said = verified(made, *flags)
    assert code == 2
    assert message in said


def test_a_report_of_very_many_lines_is_compared_at_once():
    begin = process_time()
    assert of_document("\n" * 400_000, "a line\n\n" * 50)
    assert process_time() - begin < 3
