"""The homework end to end: what a run directory holds, and what decides its content."""

import inspect
import json
import re

import numpy as np
import pandas as pd
import pytest
from counts import with_torture
from matplotlib.figure import Figure

from network.data.datasets import load, snake
from network.two_layer import Parameters
from reports.figures import writer
from reports.words import grouped
from studies.cli import main
from studies.homework import assignment
from sweep.errors import SweepError

pytestmark = pytest.mark.usefixtures("no_figures")

SMALL = {"learning_rate": [0.3, 0.7], "batch_size": [5, None], "max_epochs": 150}

TRIAL_COLUMNS = [
    *("learning_rate", "batch_size", "n_hidden", "repeat", "state", "epochs", "updates"),
    *("train_loss", "validation_loss", "validation_r2", "test_r2", "seconds", "engine", "key"),
]
HISTORY_COLUMNS = [
    *("learning_rate", "batch_size", "n_hidden", "repeat", "epoch", "updates"),
    *("batch_loss", "batch_r2", "train_loss", "train_r2", "validation_loss", "validation_r2"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("small") / "run"
    return assignment.run(out, **SMALL, repeats=2, target_loss=0.006, shuffle="none", jobs=1)


def test_trials_csv_has_a_row_a_trial_in_full_precision(run):
    trials = pd.read_csv(run.directory / "trials.csv")
    assert list(trials.columns) == TRIAL_COLUMNS
    assert len(trials) == 8
    assert trials.batch_size.astype(str).tolist() == ["5", "5", "full", "full"] * 2
    assert trials.repeat.tolist() == [0] * 4 + [1] * 4
    assert set(trials.state) == {"converged", "exhausted"}
    assert trials.test_r2.tolist() == run.frame.test_r2.tolist()


def test_history_csv_has_a_row_an_evaluation_and_ends_in_the_trials_values(run):
    history = pd.read_csv(run.directory / "history.csv")
    trials = pd.read_csv(run.directory / "trials.csv")
    assert list(history.columns) == HISTORY_COLUMNS
    names = ["learning_rate", "batch_size", "n_hidden", "repeat"]
    last = history.groupby(names, sort=False).tail(1).reset_index(drop=True)
    assert last.epoch.tolist() == trials.epochs.tolist()
    assert last.updates.tolist() == trials.updates.tolist()
    for name in ("train_loss", "validation_loss", "validation_r2"):
        assert last[name].tolist() == trials[name].tolist()


def test_converged_trials_reached_the_target_and_the_others_did_not(run):
    reached = run.history.groupby("repeat").size()
    assert len(reached) == 2
    for _, trial in run.frame.iterrows():
        assert (trial.validation_loss <= 0.006) == (trial.state == "converged")


def test_the_weights_are_those_that_training_began_and_ended_with(run):
    folder = run.directory / "weights"
    assert sorted(p.name for p in folder.iterdir()) == [
        "best.npz",
        "initial_h4_r0.npz",
        "initial_h4_r1.npz",
    ]
    with np.load(folder / "initial_h4_r0.npz") as initial:
        assert sorted(initial) == ["B1", "B2", "W1", "W2"]
        assert np.abs(initial["W1"]).max() <= np.sqrt(6 / 5)
        assert not initial["B1"].any()
    best, data = run.best_trial(), snake()
    row = run.frame[run.frame.key == best.key].iloc[0]
    W1, B1, W2, B2 = Parameters.load(folder / "best.npz")
    A2 = 1 / (1 + np.exp(-(data.test_x @ W1 + B1))) @ W2 + B2
    r2 = 1 - ((A2 - data.test_y) ** 2).mean() / data.test_y.var()
    assert r2 == pytest.approx(row.test_r2, rel=1e-12)


def test_the_data_can_be_used_again(run):
    folder = run.directory / "data"
    again = load(str(folder / "train.npz"), str(folder / "test.npz"))
    assert again.fingerprint == snake().fingerprint


def test_the_record_tells_what_ran(run):
    record = json.loads((run.directory / "run.json").read_text())
    part = record["parts"]["grid"]
    assert part["fingerprint"] == snake().fingerprint
    assert record["engines"] == ["compiled"]
    assert sum(part["states"].values()) == 8
    assert set(record["seconds"]) == {"data", "training", "report"}
    assert {"python", "numpy", "numba", "sweep-lab"} <= set(record["versions"])


def test_the_recorded_command_asks_the_same_question(run, tmp_path, capsys):
    record = json.loads((run.directory / "run.json").read_text())
    words = record["command"].split()
    assert words[:2] == ["sweep", "assignment"]
    assert main.run([*words[1:], "--out", str(tmp_path / "again"), "--quiet"]) == 0
    for name in ("table.csv", "table.md", "report.md"):
        again = (tmp_path / "again" / name).read_text().replace(str(tmp_path / "again"), "HERE")
        assert again == (run.directory / name).read_text().replace(str(run.directory), "HERE")
    assert capsys.readouterr().out == ""


def test_the_report_holds_the_table_and_shows_figures_that_are_there(run):
    report = (run.directory / "report.md").read_text()
    for row in (run.directory / "table.md").read_text().splitlines()[2:4]:
        shown = [grouped(cell.strip()) for cell in row.split("|")]
        assert shown in [[cell.strip() for cell in line.split("|")] for line in report.splitlines()]
    figures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", report)
    assert len(figures) == 6
    for path in figures:
        assert (run.directory / path).read_bytes().startswith(b"\x89PNG")
    assert run.best().sentence.en in report


@pytest.mark.draws
def test_the_table_is_shown_before_figures_are_drawn(tmp_path, monkeypatch, capsys):
    shown = []

    def drawn(*_, **__):
        shown.append(capsys.readouterr().out)

    monkeypatch.setattr(writer, "_write", drawn)
    words = ["--learning-rate", "0.5", "--batch-size", "5", "--max-epochs", "50", "--jobs", "1"]
    assert main.run(["assignment", *words, "--out", str(tmp_path / "run")]) == 0
    assert shown[0].startswith("|   batch size")
    assert "report.md" not in shown[0]
    assert "report.md" in capsys.readouterr().out


def test_no_temporary_file_is_left(run):
    hidden = {p.name for p in run.directory.rglob(".*")}
    assert hidden <= {".lock"}


def test_the_result_shows_its_table_in_a_notebook(run):
    page = run._repr_html_()
    for text in run.table().to_numpy().ravel():
        assert text.replace(">", "&gt;") in page


def test_every_plot_draws_on_the_axes_it_is_given(run):
    for plot in (run.plot_losses, run.plot_epochs, run.plot_accuracy, run.plot_fit):
        ax = Figure().subplots()
        assert plot(ax=ax) is ax
        assert ax.has_data() or ax.texts


def files_without_times(directory):
    """Return what must not change between runs, by name."""
    trials = pd.read_csv(directory / "trials.csv").drop(columns=["seconds", "engine"])
    return {
        "trials": trials.to_csv(),
        **{n: (directory / n).read_bytes() for n in ("table.csv", "table.md", "history.csv")},
    }


def test_a_second_run_trains_nothing_and_writes_the_same(tmp_path):
    first = assignment.run(tmp_path / "run", **SMALL)
    before = files_without_times(tmp_path / "run")
    for name in ("table.csv", "trials.csv", "report.md"):
        (tmp_path / "run" / name).unlink()
    second = assignment.run(tmp_path / "run", **SMALL)
    assert second.frame.seconds.tolist() == first.frame.seconds.tolist()  # kept, not trained
    assert files_without_times(tmp_path / "run") == before


@pytest.mark.parametrize("change", [{"seed": 1}, {"decay": "cosine"}, {"shuffle": "none"}])
def test_a_changed_setting_is_another_trial(tmp_path, change):
    first = assignment.run(tmp_path / "run", **SMALL)
    other = assignment.run(tmp_path / "other", **SMALL, **change)
    assert not set(first.frame.key) & set(other.frame.key)
    has_order = first.frame.batch_size != "full"
    assert (first.frame.train_loss != other.frame.train_loss)[has_order].all()


def test_another_question_is_refused_where_a_run_is_and_a_larger_one_is_not(tmp_path):
    out = tmp_path / "run"
    assignment.run(out, **SMALL, repeats=2)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    fewer = {**SMALL, "learning_rate": [0.3, 0.5]}
    for other in ({"seed": 1}, {"max_epochs": 100}, {"repeats": 1}, {"data": "sine"}, fewer):
        with pytest.raises(SweepError, match=r"another run, `sweep .*of its own: sweep .* --out"):
            assignment.run(out, **{**SMALL, "repeats": 2, **other})
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    larger = {**SMALL, "repeats": 3, "learning_rate": [*SMALL["learning_rate"], 0.5]}
    assert len(assignment.run(out, **larger).frame) == 18


def test_files_of_a_smaller_question_do_not_linger(tmp_path):
    assignment.run(tmp_path / "run", **SMALL)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert "cells" in record["figures"]
    (tmp_path / "run" / "figures").mkdir(exist_ok=True)
    for name in record["figures"]:
        (tmp_path / "run" / "figures" / f"{name}.svg").write_text("<svg/>")
    assignment.run(tmp_path / "run", **SMALL, n_hidden=[4, 3])
    names = {p.name for p in (tmp_path / "run").rglob("*")}
    assert {"initial_h4_r0.npz", "initial_h3_r0.npz"} <= names
    assert "cells.svg" not in names


def test_several_hidden_sizes_get_a_table_each(tmp_path):
    result = assignment.run(tmp_path / "run", **SMALL, n_hidden=[2, 6])
    document = (tmp_path / "run" / "table.md").read_text()
    assert document.index("## 2 hidden units") < document.index("## 6 hidden units")
    table = pd.read_csv(tmp_path / "run" / "table.csv")
    assert table.n_hidden.tolist() == [2, 2, 6, 6]
    assert not result.table(2).equals(result.table(6))
    assert sorted(p.name for p in (tmp_path / "run" / "weights").glob("initial*")) == [
        "initial_h2_r0.npz",
        "initial_h6_r0.npz",
    ]


def test_a_diverging_sweep_reports_what_it_is(tmp_path):
    result = assignment.run(
        tmp_path / "run",
        learning_rate=[0.1, 1e9],
        batch_size=[5],
        max_epochs=50,
        activation="relu",
    )
    assert result.table().to_numpy().ravel().tolist()[1] == "diverged"
    assert result.frame.state.tolist() == ["exhausted", "diverged"]


def test_constant_labels_give_no_accuracy_but_a_report(tmp_path):
    (tmp_path / "flat.csv").write_text("\n".join(f"{i / 50},0.5" for i in range(50)))
    result = assignment.run(tmp_path / "run", data=str(tmp_path / "flat.csv"), max_epochs=100)
    assert all("n/a" in text for text in result.table().to_numpy().ravel())
    assert "R² is undefined" in (tmp_path / "run" / "report.md").read_text()


def test_several_inputs_are_learned_and_drawn_against_the_truth(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.random((200, 3))
    rows = np.hstack([X, X.sum(axis=1, keepdims=True)])
    np.savetxt(tmp_path / "d.csv", rows, delimiter=",")
    result = assignment.run(tmp_path / "run", data=str(tmp_path / "d.csv"), max_epochs=400)
    assert result.frame.test_r2.max() > 0.9
    ax = result.plot_fit(ax=Figure().subplots())
    assert ax.get_xlabel() == "true value"


def test_a_failed_trial_is_reported_and_the_exit_code_is_one(tmp_path, capsys, monkeypatch):
    from studies.objectives.two_layer import TwoLayerObjective

    outcome = TwoLayerObjective._outcome

    def failing(self, trial, result):
        if trial.params["learning_rate"] == 0.7:
            raise MemoryError("no room")
        return outcome(self, trial, result)

    monkeypatch.setattr(TwoLayerObjective, "_outcome", failing)
    arguments = [
        "assignment",
        "--out",
        str(tmp_path / "run"),
        "--max-epochs",
        "50",
        "--learning-rate",
        "0.1,0.7",
    ]
    assert main.run(arguments) == 1
    output = capsys.readouterr()
    assert "| failed |" in output.out
    assert "Failed trials: 4" in output.err
    report = (tmp_path / "run" / "report.md").read_text()
    assert report.count("MemoryError: no room") == 1  # all of them together
    monkeypatch.undo()
    assert main.run(arguments) == 0
    assert "| failed |" not in capsys.readouterr().out


def test_twelve_repeats_have_the_courses_medians(tmp_path):
    """Compare with the 50 % points of the course's own repetitions, for batch size 10."""
    result = assignment.run(
        tmp_path / "run", learning_rate=[0.3, 0.5, 0.7], batch_size=[10], repeats=12
    )
    cells = result.cells().xs(10)
    for rate, median in ((0.3, 7025), (0.5, 5100), (0.7, 4350)):
        assert cells.epochs[rate] == pytest.approx(median, rel=0.3)
    slow = assignment.run(tmp_path / "slow", learning_rate=0.1, batch_size=[10], repeats=4)
    assert slow.cells().n_converged.item() <= 1


@pytest.mark.parametrize("changes", [{"jobs": 2}, {"engine": "numpy", "jobs": 2}])
def test_the_table_is_the_same_bytes_whoever_trains(tmp_path, changes):
    question = {"learning_rate": [0.1, 0.7], "batch_size": [15, None], "repeats": 2}
    question |= {"max_epochs": 50, "target_loss": 0.0115, "eval_every": 10}
    one = assignment.run(tmp_path / "one", **question, jobs=1)
    assert set(one.frame.state) == {"converged", "exhausted"}
    assignment.run(tmp_path / "other", **question, **changes)
    one, other = ((tmp_path / name / "table.csv").read_bytes() for name in ("one", "other"))
    assert one == other
    engines = pd.read_csv(tmp_path / "other" / "trials.csv").engine.unique().tolist()
    assert engines == [changes.get("engine", "compiled")]


@pytest.mark.parametrize("engine", with_torture(["compiled", "numpy"], "numpy"))
def test_the_table_is_the_same_bytes_on_a_dask_cluster(tmp_path, engine):
    question = {"learning_rate": [0.1, 0.7], "batch_size": [30, None], "repeats": 2}
    question |= {"max_epochs": 20, "target_loss": 0.012, "eval_every": 10}
    assignment.run(tmp_path / "one", **question, jobs=1)
    assignment.run(tmp_path / "other", **question, engine=engine, runner="dask", jobs=2)
    one, other = ((tmp_path / name / "table.csv").read_bytes() for name in ("one", "other"))
    assert one == other
    record = json.loads((tmp_path / "other" / "run.json").read_text())
    assert (record["runner"], record["engines"]) == ("dask", [engine])


def test_flags_and_python_have_the_same_names_and_defaults():
    flags = inspect.signature(main.assignment).parameters
    for name, default in assignment.DEFAULTS.items():
        values = default if isinstance(default, tuple) else [default]
        text = ",".join(map(str, values))
        assert str(flags[name].default) == text


def test_a_single_value_is_a_list_of_one_and_old_names_still_work(tmp_path):
    new = assignment.run(
        tmp_path / "new", learning_rate=0.5, batch_size=None, n_hidden=3, max_epochs=50
    )
    old = assignment.run(
        tmp_path / "old", learning_rates=[0.5], batch_sizes=[None], hidden=[3], max_epochs=50
    )
    flags = ["--eta", "0.5", "--batch-size", "full", "--hidden", "3", "--max-epochs", "50"]
    assert main.run(["assignment", *flags, "--quiet", "--out", str(tmp_path / "flags")]) == 0
    table = (tmp_path / "new" / "table.csv").read_text()
    assert table == (tmp_path / "old" / "table.csv").read_text()
    assert table == (tmp_path / "flags" / "table.csv").read_text()
    assert list(new.frame.key) == list(old.frame.key)
    record = json.loads((tmp_path / "flags" / "run.json").read_text())
    assert record["command"] == (
        "sweep assignment --learning-rate 0.5 --batch-size full --n-hidden 3 --max-epochs 50"
    )


def test_an_unknown_keyword_is_refused(tmp_path):
    with pytest.raises(TypeError, match="unexpected keyword argument 'rate'"):
        assignment.run(tmp_path / "run", rate=0.5)
