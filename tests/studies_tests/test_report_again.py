"""Reports made anew, from the store and without training: other languages, costs, looser rules."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from cases import each_of
from undrawn import draw_nothing

from network.errors import InputError
from reports.figures.fonts import chinese_font
from studies.cli import main
from studies.homework import assignment
from studies.objectives.two_layer import TwoLayerObjective
from sweep.store.store import Store

pytestmark = pytest.mark.usefixtures("no_figures")

QUESTION = {
    "learning_rate": [0.3, 0.7],
    "batch_size": [5, 15],
    "max_epochs": 300,
    "target_loss": 0.0055,
    "eval_every": 10,
    "repeats": 2,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_nothing(monkeypatch)
        result = assignment.run(tmp_path_factory.mktemp("again") / "run", **QUESTION)
    assert set(result.frame.state) == {"converged", "exhausted"}
    return result


@pytest.fixture(autouse=True)
def nothing_trains(monkeypatch, request):
    """Let training raise, but where a test asks for it."""
    if "trains" in request.keywords:
        return

    def refuse(*arguments, **options):
        raise AssertionError("trained")

    monkeypatch.setattr(TwoLayerObjective, "__call__", refuse)


def files(directory, names=("trials.csv", "history.csv", "table.csv", "table.md", "report.md")):
    return {name: (directory / name).read_bytes() for name in names}


def test_the_same_report_comes_out_again(run, capsys):
    before = files(run.directory)
    for name in ("report.md", "table.csv", "trials.csv"):
        (run.directory / name).unlink()
    assert main.run(["report", str(run.directory)]) == 0
    again = files(run.directory)
    assert again == before
    assert "Best combination by median" in capsys.readouterr().out


@pytest.mark.draws
def test_another_language_changes_words_and_no_number(run, capsys):
    assert main.run(["report", str(run.directory), "--quiet"]) == 0
    english = files(run.directory)
    english_figure = (run.directory / "figures" / "epochs_map.png").read_bytes()
    assert main.run(["report", str(run.directory), "--lang", "zh"]) == 0
    chinese = files(run.directory)
    for name in ("trials.csv", "history.csv", "table.csv"):
        assert chinese[name] == english[name]
    tables = (
        re.findall(r"\d+ / [0-9.]+", each["table.md"].decode()) for each in (english, chinese)
    )
    assert next(tables) == next(tables)
    figure = (run.directory / "figures" / "epochs_map.png").read_bytes()
    assert (figure == english_figure) == (chinese_font() is None)
    for name in ("table.md", "report.md"):
        assert "学习率" in chinese[name].decode()
        assert "batch size" not in chinese[name].decode()
    assert "按中位数" in capsys.readouterr().out
    assert json.loads((run.directory / "run.json").read_text())["language"] == "zh"


def test_the_language_ends_with_the_command(run, capsys):
    main.run(["report", str(run.directory), "--lang", "zh"])
    capsys.readouterr()
    main.run(["report", str(run.directory)])
    assert "学习率" not in capsys.readouterr().out


def test_another_cost_has_another_table_and_statistics(run, capsys):
    assert main.run(["report", str(run.directory), "--cost", "updates"]) == 0
    updates = pd.read_csv(run.directory / "statistics.csv")
    trials = pd.read_csv(run.directory / "trials.csv")
    table = pd.read_csv(run.directory / "table.csv", index_col="batch_size")
    for row in updates.itertuples():
        cell = trials[
            (trials.batch_size == row.batch_size) & (trials.learning_rate == row.learning_rate)
        ]
        spent = np.sort(np.where(cell.state == "converged", cell.updates, np.inf))
        assert row.median == (spent[(len(spent) - 1) // 2] + spent[len(spent) // 2]) / 2
        text = table.loc[row.batch_size, f"{row.learning_rate:g}"]
        start = f"{row.median:.0f} / " if np.isfinite(row.median) else f">{cell.updates.max()} / "
        assert text.startswith(start)
    assert re.search(r"lowest median.* \d+ updates, is that of", capsys.readouterr().out)
    main.run(["report", str(run.directory), "--quiet"])


@pytest.mark.trains
@pytest.mark.parametrize(
    "changes",
    [
        {"target_loss": 0.007, "eval_every": 50},
        {"target_loss": 0.0065, "max_epochs": 200, "eval_every": 20},
    ],
    ids=str,
)
def test_rescored_is_what_a_run_with_those_rules_gives(run, tmp_path, changes):
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in changes.items()]
    assert main.run(["report", str(run.directory), *flags, "--quiet"]) == 0
    assignment.run(tmp_path / "trained", **QUESTION | changes)
    rescored, trained = (
        pd.read_csv(folder / "trials.csv")
        for folder in (run.directory / "rescored", tmp_path / "trained")
    )
    inexact = ["test_r2", "seconds"]  # parameters are kept as float32
    pd.testing.assert_frame_equal(
        rescored.drop(columns=inexact), trained.drop(columns=inexact), check_exact=True
    )
    assert rescored.test_r2.to_numpy() == pytest.approx(trained.test_r2.to_numpy(), abs=1e-6)
    for name in ("table.csv", "history.csv"):
        again = (run.directory / "rescored" / name).read_bytes()
        assert again == (tmp_path / "trained" / name).read_bytes()


def test_the_runs_own_files_are_left_as_they_are(run):
    before = files(run.directory, ("trials.csv", "table.csv", "report.md", "run.json"))
    assert main.run(["report", str(run.directory), "--target-loss", "0.007", "--quiet"]) == 0
    assert files(run.directory, tuple(before)) == before
    record = json.loads((run.directory / "rescored" / "run.json").read_text())
    assert record["parts"]["grid"]["settings"]["target_loss"] == 0.007
    assert record["rescored_from"]["grid"]["settings"]["target_loss"] == 0.0055


@each_of(
    ("flags", "reason"),
    [
        (["--target-loss", "0.005"], "at least 0.0055, that of the run, got 0.005"),
        (["--max-epochs", "400"], "at most 300, that of the run, got 400"),
        (["--eval-every", "15"], "a multiple of 10, that of the run, got 15"),
        (["--eval-every", "100"], "was never made: it ended with epoch"),
        (["--max-epochs", "155"], "the evaluation after epoch 155 of"),
        (["--cost", "money"], "--cost must be one of epochs, updates"),
        (["--lang", "fr"], "--lang must be one of en, zh, got 'fr'"),
    ],
)
def test_what_the_histories_cannot_answer_is_refused_with_the_reason(run, capsys, flags, reason):
    before = {p: p.read_bytes() for p in run.directory.rglob("*") if p.is_file()}
    assert main.run(["report", str(run.directory), *flags]) == 2
    output = capsys.readouterr()
    assert reason in output.err
    assert output.err.count("\n") == 1
    assert {p: p.read_bytes() for p in run.directory.rglob("*") if p.is_file()} == before


@pytest.mark.trains
def test_a_run_with_the_order_cycle_is_read_and_none_begins(tmp_path, capsys, monkeypatch):
    small = QUESTION | {"max_epochs": 50, "repeats": 1, "batch_size": [15], "shuffle": "cycle"}
    with pytest.raises(InputError, match="shuffle must be one of fresh, none, got 'cycle'"):
        assignment.run(tmp_path / "new", **small)
    assert not (tmp_path / "new").exists()
    with monkeypatch.context() as patch:
        patch.setattr("studies.experiment.plan.OLD_SHUFFLES", {})
        assignment.run(tmp_path / "old", **small)
    for command in ("report", "verify"):
        assert main.run([command, str(tmp_path / "old")]) == 0, capsys.readouterr()


@pytest.mark.trains
def test_fewer_epochs_are_refused_where_the_schedule_depends_on_them(tmp_path, capsys):
    small = QUESTION | {"max_epochs": 50, "repeats": 1, "batch_size": [15]}
    assignment.run(tmp_path / "run", **small, decay="cosine")
    assert main.run(["report", str(tmp_path / "run"), "--max-epochs", "20"]) == 2
    assert "the rates of the schedule 'cosine' depend on it" in capsys.readouterr().err


@pytest.mark.trains
def test_accuracy_is_unknown_where_no_parameters_were_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("studies.objectives.two_layer.KEPT_PATHS", 1)
    small = QUESTION | {"max_epochs": 50, "batch_size": [15]}
    assignment.run(tmp_path / "run", **small)
    assert main.run(["report", str(tmp_path / "run"), "--max-epochs", "20", "--quiet"]) == 0
    trials = pd.read_csv(tmp_path / "run" / "rescored" / "trials.csv")
    assert trials.groupby("repeat").test_r2.count().tolist() == [2, 0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "has no run.json"),
        ("{", "run.json can't be read"),
        ("[]", "holds no record of a run"),
        ('{"study": "assignment", "training_version": 1}', "made with training version 1"),
        ('{"study": "assignment", "training_version": 2}', "lacks settings or data"),
    ],
    ids=str,
)
def test_what_is_no_run_is_refused(tmp_path, capsys, content, reason):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    assert main.run(["report", str(tmp_path)]) == 2
    assert reason in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ([] if content is None else ["run.json"])


@pytest.mark.trains
def test_the_report_of_a_study_is_made_anew_from_what_is_kept(tmp_path, capsys, monkeypatch):
    out = ["--out", str(tmp_path / "decay")]
    flags = [
        "--learning-rate",
        "0.5",
        "--decay",
        "constant,step",
        "--max-epochs",
        "50",
        "--repeats",
        "1",
    ]
    assert main.run(["study", "decay", *flags, *out, "--quiet"]) == 0
    names = ("trials.csv", "history.csv")
    before = files(tmp_path / "decay", names)

    def refuse(*arguments, **options):
        raise AssertionError("trained")

    monkeypatch.setattr(TwoLayerObjective, "__call__", refuse)
    assert main.run(["report", str(tmp_path / "decay"), "--lang", "zh"]) == 0
    assert files(tmp_path / "decay", names) == before
    assert "学习率" in (tmp_path / "decay" / "report.md").read_text()
    assert main.run(["report", str(tmp_path / "decay"), "--cost", "updates"]) == 2
    assert "--cost is for runs of sweep assignment" in capsys.readouterr().err
    (tmp_path / "decay" / "trials.sqlite").unlink()
    Store(tmp_path / "decay" / "trials.sqlite").close()
    assert main.run(["report", str(tmp_path / "decay")]) == 2
    assert "2 of the 2 trials of this report are not kept" in capsys.readouterr().err


def test_a_command_that_was_changed_by_hand_is_not_run(tmp_path, capsys):
    record = {"study": "decay", "command": "sweep study decay; touch x"}
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert main.run(["report", str(tmp_path)]) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]
