"""A run directory is verified by training again; each kind of edit by hand is found and named."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from undrawn import draw_nothing

from network.data.datasets import snake
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
    """Run a small variation of the homework; its figures are not looked at, so none are drawn."""
    plan = assignment.grid_plan(**{**SMALL, **changes})
    assignment.answer_grid(plan, out, RunnerOptions(jobs=jobs), NoFigures())
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
    assert "8 of 8 trainings done again (--seed " in said
    assert said.endswith("holds what it claims.\n")


def test_another_engine_and_another_number_of_jobs_make_no_difference(tmp_path, verified):
    small = {"batch_size": [15, None], "repeats": 1, "max_epochs": 100, "init": "he"}
    make(tmp_path / "numpy", engine="numpy", jobs=1, **small)
    make(tmp_path / "compiled", jobs=2, **small)
    for name, flags in (("numpy", ["--jobs", "2"]), ("compiled", ["--engine", "numpy"])):
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
    assert "2 of 8 trainings done again (--seed 3)" in said


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
    "classify": ["study", "classify", "--repeats", "2", "--max-epochs", "50"],
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


@pytest.mark.parametrize("name", STUDIES)
def test_a_changed_number_in_a_studys_trials_csv_is_named(studies, tmp_path, verified, name):
    run = shutil.copytree(studies / name, tmp_path / name)
    rows = (run / "trials.csv").read_text().splitlines()
    head, cells = rows[0].split(","), rows[2].split(",")
    cells[head.index("epochs")] = "50000"
    rows[2] = ",".join(cells)
    (run / "trials.csv").write_text("\n".join(rows) + "\n")
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["trials.csv"])
    assert ", column epochs: 50000 instead of" in said
    if name == "own":
        assert "row init xavier, learning rate 0.3, repeat 0, column epochs: 50000" in said


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


def test_a_forged_result_of_a_study_is_found_by_training_again(studies, tmp_path, verified):
    run = shutil.copytree(studies / "own", tmp_path / "run")
    change_store(run, "epochs", 5, forge=True)
    code, said = verified(run, "--all")
    assert code == 1
    assert ": epochs 5 instead of" in said


def test_a_study_that_trains_nothing_cannot_be_verified(tmp_path, verified, no_figures):
    assert main.run(["study", "activations", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    code, said = verified(tmp_path / "run")
    assert code == 2
    assert "trains nothing, so nothing can be verified" in said


# ---- edits by hand ------------------------------------------------------------------------------


def test_a_changed_number_in_trials_csv_is_named(run, verified):
    rows = (run / "trials.csv").read_text().splitlines()
    cells = rows[2].split(",")
    was, cells[5] = cells[5], "50000"
    rows[2] = ",".join(cells)
    (run / "trials.csv").write_text("\n".join(rows) + "\n")
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["trials.csv"])
    assert (
        "row learning rate 0.7, batch size 5, n hidden 4, repeat 0, column epochs: 50000 instead "
        f"of {was}" in said
    )


def test_a_removed_and_an_added_row_are_named(run, verified):
    rows = (run / "trials.csv").read_text().splitlines()
    rows[1] = rows[1].replace("0.3,5,", "0.9,5,", 1)
    (run / "trials.csv").write_text("\n".join(rows) + "\n")
    code, said = verified(run)
    assert code == 1
    assert "the row learning rate 0.3, batch size 5, n hidden 4, repeat 0 is missing" in said
    assert "the row learning rate 0.9, batch size 5" in said


def test_a_row_twice_and_a_row_with_a_cell_less_are_told(run, verified):
    rows = (run / "trials.csv").read_text().splitlines()
    rows[1] = rows[1].rpartition(",")[0]
    rows.append(rows[2])
    (run / "trials.csv").write_text("\n".join(rows) + "\n")
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["trials.csv"])
    assert "repeat 0: cells: 13 instead of 14" in said
    assert "the row learning rate 0.7, batch size 5, n hidden 4, repeat 0 should not be" in said


def test_a_changed_loss_in_history_csv_is_named(run, verified):
    rows = (run / "history.csv").read_text().splitlines()
    cells = rows[3].split(",")
    cells[-1] = str(float(cells[-1]) + 1e-5)
    rows[3] = ",".join(cells)
    (run / "history.csv").write_text("\n".join(rows) + "\n")
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["history.csv"])
    assert "epoch 150, column validation_r2" in said


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("table.md", "row 5, column 0.7"),
        ("table.csv", "row batch size 5, column 0.7"),
        ("table.tex", "line"),
        ("report.md", "row 5, column 0.7"),
        ("report.html", "shown, epochs"),
    ],
)
def test_a_changed_cell_of_a_table_is_named(run, verified, name, place):
    epochs = (run / "table.csv").read_text().splitlines()[1].split(",")[2].split(" /")[0]
    text = (run / name).read_text(encoding="utf-8")
    place_of = text.rindex(f"{epochs} ") if name != "report.html" else text.index(f'"{epochs}"') + 1
    if name in ("table.md", "report.md", "table.csv"):
        place_of = text.index(f"{epochs} /", text.index("0.7"))
    changed = text[:place_of] + "9" + text[place_of:]
    (run / name).write_text(changed, encoding="utf-8")
    code, said = verified(run)
    assert (code, differs(said)) == (1, [name])
    assert place in said


def test_a_changed_sentence_is_named_by_its_line(run, verified):
    edit(run / "table.md", "Best", "Worst")
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["table.md"])
    assert "line 6: Worst" in said


def test_a_changed_number_in_statistics_csv_is_found(run, verified):
    rows = (run / "statistics.csv").read_text().splitlines()
    place = rows[0].split(",").index("converged")
    cells = rows[1].split(",")
    cells[place] = "7"
    rows[1] = ",".join(cells)
    (run / "statistics.csv").write_text("\n".join(rows) + "\n")
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["statistics.csv"])
    assert "column converged: 7 instead of" in said


def change_store(path, name, value, forge):
    """Change a number of the first trial, and its checksum too if it shall be believed."""
    with closing(sqlite3.connect(path / "trials.sqlite")) as database:
        if name == "test_r2":
            metrics = json.loads(database.execute("SELECT metrics FROM trials").fetchone()[0])
            name, value = "metrics", json.dumps({**metrics, name: value})
        database.execute(f"UPDATE trials SET {name} = ? WHERE rowid = 1", (value,))  # noqa: S608
        if forge:
            query = f"SELECT {', '.join(CONTENT)} FROM trials WHERE rowid = 1"  # noqa: S608
            content = database.execute(query).fetchone()
            database.execute("UPDATE trials SET checksum = ? WHERE rowid = 1", (checksum(content),))
        database.commit()


def test_a_changed_number_in_the_store_is_named(run, verified):
    change_store(run, "epochs", 5, forge=False)
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["trials.sqlite"])
    assert ": epochs 5 instead of " in said


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 5), ("test_r2", 0.999), ("state", "failed!")]
)
def test_a_forged_number_in_the_store_is_found_by_training_again(run, verified, name, value):
    if name == "state":
        value = "diverged"
    change_store(run, name, value, forge=True)
    code, said = verified(run, "--all")
    assert code == 1
    assert differs(said) == ["8 of 8 trainings done again"]
    assert f": {name} {value} instead of" in said


def test_a_forged_history_and_forged_parameters_are_found_too(run, verified):
    plan = assignment.grid_plan(**SMALL)
    with Store(run / "trials.sqlite") as store:
        (first, outcome), (second, other) = store.outcomes(plan.trials[:2])
        history = outcome.history.copy()
        history["train_loss"][0] *= 1.01
        arrays = {**other.arrays, "W1": other.arrays["W1"] * 1.01}
        store.add([(first, replace(outcome, history=history))])
        store.add([(second, replace(other, arrays=arrays))])
    code, said = verified(run, "--all")
    assert code == 1
    assert "train_loss, at 1" in said
    assert "W1, at 1, 1" in said


def test_a_truncated_store_is_told_and_everything_is_trained_again(run, verified):
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
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["data"])
    assert "data/train.npz: label, at 7, 1: " in said


def test_a_changed_fingerprint_is_told(run, verified):
    edit(run / "run.json", snake().fingerprint, "0" * 64)
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["data"])
    assert "and run.json has 0000000000000000" in said


def test_changed_settings_ask_for_trainings_that_are_not_there(run, verified):
    edit(run / "run.json", '"seed": 0', '"seed": 1')
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["settings"])
    assert "by its settings the command is" in said
    assert "neither the store nor trials.csv has a training by these settings" in said


def test_changed_data_of_ones_own_leave_nothing_to_judge_by(tmp_path, verified):
    rows = "\n".join(f"{i / 60},{np.sin(i / 9)}" for i in range(60))
    (tmp_path / "mine.csv").write_text(rows)
    run = make(tmp_path / "run", data=str(tmp_path / "mine.csv"), max_epochs=50)
    arrays = dict(np.load(run / "data" / "test.npz"))
    arrays["data"][0, 0] += 1
    np.savez(run / "data" / "test.npz", **arrays)
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["data", "settings"])
    assert "one of the two was changed, and nothing else was looked at" in said


def test_of_another_version_of_the_tool_words_are_not_compared_but_numbers_are(run, verified):
    edit(run / "run.json", '"sweep-lab": "', '"sweep-lab": "0.0.')
    edit(run / "table.md", "Best", "Most excellent")
    code, said = verified(run, "--sample", "1")
    assert code == 0, said
    assert "It was made by version 0.0." in said
    edit(run / "table.md", " / 0.", " / 1.")
    code, said = verified(run, "--sample", "1")
    assert (code, differs(said)) == (1, ["table.md"])


def test_changed_counts_in_the_record_are_told(run, verified):
    record = json.loads((run / "run.json").read_text())
    part = record["parts"]["grid"]
    part["states"], part["validation"] = {"converged": 8}, 50
    (run / "run.json").write_text(json.dumps(record))
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["data", "settings"])
    assert "states {'converged': 8} instead of" in said
    assert "and run.json has" in said


@pytest.mark.parametrize("name", ["initial_h4_r1.npz", "best.npz"])
def test_changed_weights_are_named(run, verified, name):
    arrays = dict(np.load(run / "weights" / name))
    arrays["W2"][2, 0] += 0.01
    np.savez(run / "weights" / name, **arrays)
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["weights"])
    assert f"weights/{name}: W2, at 3, 1: " in said


def test_missing_files_are_told(run, verified):
    (run / "weights" / "initial_h4_r0.npz").write_bytes(b"PK no archive")
    (run / "table.md").unlink()
    (run / "report.html").write_text("<html>")
    code, said = verified(run)
    assert (code, differs(said)) == (1, ["weights", "table.md", "report.html"])


def test_a_training_that_failed_is_no_fault(tmp_path, verified, monkeypatch):
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
    assert "4 of 8 trainings done again" in said


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
        (lambda run: (run / "data" / "train.npz").unlink(), "nor a file that exists"),
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


@pytest.mark.parametrize(
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
