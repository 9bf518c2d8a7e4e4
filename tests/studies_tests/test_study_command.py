"""The command `sweep study`: it lists, runs, changes what flags change, and refuses the rest."""

import json

import pandas as pd
from cases import each_of

from studies.cli import main, studies
from studies.lectures.catalogue import CATALOGUE, find_study

QUICK = ["--max-epochs", "100", "--quiet"]


def test_without_a_name_it_lists_every_study_with_a_line(capsys):
    assert main.run(["study"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [*CATALOGUE, "all"]
    assert all(len(line) < 90 for line in listed)


@each_of("name", CATALOGUE)
def test_every_listed_study_is_there_under_its_name(name):
    study = find_study(name)
    assert study.name == name
    for text in (study.title, study.question):
        assert all(text), "both languages"


def test_flags_change_what_is_trained(tmp_path, no_figures):
    out = tmp_path / "run"
    flags = ["--learning-rate", "0.2,0.4", "--batch-size", "50", "--repeats", "2", "--seed", "7"]
    assert main.run(["study", "learning-rate", "--out", str(out), *flags, *QUICK]) == 0
    trials = pd.read_csv(out / "trials.csv")
    assert sorted(set(trials.learning_rate)) == [0.2, 0.4]
    assert set(trials.updates) == {18 * 100}
    assert len(trials) == 4
    record = json.loads((out / "run.json").read_text())
    assert record["parts"]["rates"]["settings"]["batch_size"] == 50
    assert record["parts"]["rates"]["seed"] == 7
    assert record["command"] == (
        "sweep study learning-rate --learning-rate 0.2,0.4 --batch-size 50 --max-epochs 100 "
        "--repeats 2 --seed 7"
    )
    again = f"```\n{record['command']} --out {out}\n```"
    assert again in (out / "report.md").read_text()


@each_of(
    ("arguments", "message"),
    [
        (["lerning-rate"], "study must be one of activations, "),
        (["learning-rate", "--batch-size", "5,10"], "batch_size is not varied here"),
        (["learning-rate", "--degree", "3"], "the study learning-rate has no degree"),
        (
            ["learning-rate", "--learning-rate", "fast"],
            "--learning-rate takes numbers separated by commas, got 'fast'",
        ),
        (
            ["learning-rate", "--learning-rate", "0"],
            "learning_rate must be a finite number > 0, got 0",
        ),
        (["learning-rate", "--seed", "-1"], "seed must be a whole number ≥ 0, got -1"),
        (["learning-rate", "--engine", "fast"], "engine must be one of compiled, numpy"),
        (["learning-rate", "--data", "none.csv"], "is neither a generated set"),
        (["learning-rate", "--jobs", "0"], "jobs must be a whole number ≥ 1, got 0"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(tmp_path, capsys, arguments, message):
    out = tmp_path / "run"
    assert main.run(["study", *arguments, "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not out.exists()


@each_of("name", CATALOGUE)
def test_flags_for_all_studies_change_what_each_of_them_has(name):
    flags = {"n_hidden": "2,3", "max_epochs": "100"}
    study = find_study(name)
    changed = studies._changed_where_possible(study, flags, {"repeats": 2, "data": "sine"})
    for before, after in zip(study.plans.values(), changed.plans.values(), strict=True):
        assert after.repeats == 2
        if "n_hidden" in before.axes:
            assert list(after.axes["n_hidden"]) == [2, 3]
        if "max_epochs" in before.settings and "max_epochs" not in before.axes:
            assert after.max_epochs == 100
