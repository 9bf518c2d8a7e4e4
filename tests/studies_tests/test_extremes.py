"""Numbers that nobody should train with: each gets a report with sensible words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases import each_of

from network.data.datasets import Dataset
from network.data.generated import GENERATORS
from studies.cli import main
from studies.experiment import findings
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult

TASKS = {"xor": "binary", "arcs": "binary", "three-arms": "multiclass"}
SHORT = ["--max-epochs", "20", "--eval-every", "10", "--quiet"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, no_figures, request):
    """Return what runs the homework on some rows of data, and returns report and trials."""
    monkeypatch.chdir(tmp_path)

    def run(*flags, rows=None):
        if rows is not None:
            np.savetxt("d.csv", rows, delimiter=",")
            flags = ("--data", "d.csv", *flags)
        code = main.run(["assignment", *SHORT, "--out", "run", *flags])
        said = capsys.readouterr().err
        if code == 2:
            assert not (tmp_path / "run").exists()
            return said
        assert (code, said) == (0, "")
        report = (tmp_path / "run" / "report.md").read_text()
        for figure in ("epochs_map", "accuracy_map") if "draws" in request.keywords else ():
            assert (tmp_path / "run" / "figures" / f"{figure}.png").exists()
        return report, pd.read_csv(tmp_path / "run" / "trials.csv")

    return run


@pytest.mark.draws
def test_a_learning_rate_that_diverges_is_shown_as_that_and_the_others_stay(run):
    report, trials = run("--learning-rate", "0.5,1e9,1e300", "--batch-size", "50")
    assert trials.state.tolist() == ["exhausted", "diverged", "diverged"]
    cells = pd.read_csv("run/table.csv").iloc[0].tolist()
    assert cells[2:] == ["diverged", "diverged"]
    assert "2 of 3 trials diverged" in report
    assert "learning rate 0.5: accuracy" in report


@pytest.mark.draws
def test_inputs_of_1e300_diverge_and_the_report_says_to_scale_them(run):
    rows = np.column_stack([np.linspace(-1e300, 1e300, 40), np.linspace(0, 1e300, 40)])
    report, trials = run("--learning-rate", "0.1,0.5", "--batch-size", "full", rows=rows)
    assert set(trials.state) == {"diverged"}
    assert "to 1e+300. Scale inputs and labels to about -1 to 1" in report
    assert "none has an accuracy, so there is no best one" in report


@pytest.mark.parametrize("command", ["grid", "search", "study"])
def test_a_sorted_file_is_called_so_in_the_terminal_the_report_and_the_page(
    tmp_path, monkeypatch, capsys, no_figures, command
):
    monkeypatch.chdir(tmp_path)
    x = np.sort(np.random.default_rng(0).random((60, 1)), axis=0)[:: -1 if command == "grid" else 1]
    np.savez("d.npz", data=x, label=np.sin(6 * x))
    Path("d.toml").write_text(
        'title = "t"\ndata = "d.npz"\n[axes]\nn_hidden = [2]\n'
        "[settings]\nmax_epochs = 20\nlearning_rate = 0.5\nbatch_size = 5\n"
    )
    asked = ["--data", "d.npz", "--max-epochs", "20", "--batch-size", "full"]
    words = {
        "grid": ["assignment", *asked, "--learning-rate", "0.5"],
        "search": ["assignment", *asked, "--learning-rate", "0.1:1", "--trials", "2"],
        "study": ["run", "d.toml"],
    }[command]
    assert main.run([*words, "--out", "run"]) == 0
    warning = "validation samples have inputs outside the range of the training samples"
    printed = capsys.readouterr().out
    for text in (printed, Path("run/report.md").read_text(), Path("run/report.html").read_text()):
        assert warning in text


@each_of("name", GENERATORS)
def test_nothing_is_odd_in_the_data_of_this_tool(name):
    plan = Plan(axes={"n_hidden": (2,)}, data=name, fixed={"task": TASKS.get(name, "regression")})
    result = PlanResult(plan, pd.DataFrame(), pd.DataFrame(), {})
    assert findings.of_data({name: result}) == []


@each_of(
    ("x", "y", "warns"),
    [
        (1, 1, False),
        (1, 500, True),
        (2000, 1, True),
        (0.001, 1, True),
        (0, 1, False),
    ],
)
def test_columns_of_very_different_size_are_called_so(x, y, warns):
    rows = np.random.default_rng(0).permuted(np.linspace(0, 1, 50))[:, None]
    train, held_out = (rows[5:] * x, rows[5:] * y), (rows[:5] * x, rows[:5] * y)
    data = Dataset("d", *train, *held_out, *held_out)
    result = PlanResult(
        Plan(axes={"n_hidden": (2,)}, dataset=data), pd.DataFrame(), pd.DataFrame(), {}
    )
    said = " ".join(text.en for text in findings.of_data({"": result}))
    assert ("Scale inputs and labels" in said) == warns


@pytest.mark.draws
def test_labels_that_are_all_equal_have_no_accuracy(run):
    rows = np.column_stack([np.linspace(0, 1, 40), np.full(40, 0.5)])
    report, _ = run("--learning-rate", "0.1", "--batch-size", "full", rows=rows)
    assert "all labels of it are equal, so R² is undefined there: n/a" in report


def test_two_training_points_are_enough(run):
    rows = np.column_stack([np.linspace(0, 1, 4), np.linspace(1, 0, 4)])
    report, trials = run("--learning-rate", "0.5", "--batch-size", "2,full", rows=rows)
    assert "2 training, 1 validation, 1 test" in report
    assert set(trials.state) == {"exhausted"}
    assert np.isfinite(trials.validation_loss).all()


def test_a_batch_larger_than_the_data_is_refused_with_what_is_allowed(run):
    rows = np.column_stack([np.linspace(0, 1, 40), np.linspace(1, 0, 40)])
    said = run("--learning-rate", "0.5", "--batch-size", "5,64", rows=rows)
    assert said == (
        "sweep: batch_size must be at most 29, the size of the training set, got 64; use full for "
        "all samples at once.\n"
    )


def test_a_hidden_layer_of_1000_is_trained(run):
    _, trials = run(
        "--learning-rate", "0.01", "--batch-size", "100", "--n-hidden", "1000", "--jobs", "1"
    )
    assert trials.epochs.tolist() == [20]
    assert np.isfinite(trials.validation_loss).all()


@pytest.mark.draws
@pytest.mark.torture
def test_an_axis_of_200_values_has_all_in_the_table_and_few_in_the_figures(run):
    rates = ",".join(f"{0.01 + 0.002 * i:.3f}" for i in range(200))
    _, trials = run("--learning-rate", rates, "--batch-size", "300", "--jobs", "1")
    assert trials.learning_rate.nunique() == 200
    table = pd.read_csv("run/table.csv")
    assert table.shape == (1, 201)
    assert main.run(["report", "run", "--figures", "svg", "--quiet"]) == 0
    assert Path("run/figures/cells.svg").stat().st_size < 3e6
    assert Path("run/figures/epochs_map.svg").stat().st_size < 1e6


MANY = ",".join(map(str, range(1, 400)))


@each_of(
    ("flags", "said"),
    [
        (["--n-hidden", "100000"], "n_hidden must be at most 10000, got 100000"),
        (["--repeats", "1000000000"], "16000000000 trials are more than one sweep holds"),
        (["--jobs", "1000000"], "jobs must be at most 1000, got 1000000"),
        (["--max-epochs", "9" * 30], "max_epochs must be at most 1000000000, got 9999"),
        (
            ["--max-epochs", "1000000", "--eval-every", "1"],
            "eval_every must be at least 10 where max_epochs is 1000000, got 1",
        ),
        (
            ["--n-hidden", "10000", "--max-epochs", "100000"],
            "a network with 30,001 weights and biases is too large to be kept at 10,000",
        ),
        (
            ["--learning-rate", "0.1:1", "--batch-size", MANY, "--n-hidden", MANY],
            "a search chooses from at most 100,000 points of lists",
        ),
    ],
)
def test_what_no_memory_could_hold_is_refused(run, flags, said):
    assert said in run(*flags)
