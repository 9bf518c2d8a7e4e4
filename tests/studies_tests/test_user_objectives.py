"""What can be swept beside a generator: numbers, Optuna objectives, estimators; by any metric."""

import json
import os
import signal
import time

import numpy as np
import pandas as pd
import pytest
from cases import each_of

from network.errors import InputError
from studies import grid
from studies.cli import main
from studies.objectives.functions.source import find
from sweep.grid import Range

pytestmark = pytest.mark.usefixtures("no_figures")

CONTENT = """
import time

import numpy as np
import optuna


def old(t):
    return t.suggest_loguniform("a", 0.5, 8) + t.suggest_discrete_uniform("b", 0, 1, 0.5)


def number(a, b=1):
    return (a - 2) ** 2 + b


def scores(a, b, c, max_epochs, seed):
    for epoch in range(10, max_epochs + 1, 10):
        yield epoch, {"score": 1 - 1 / (a * b + c + epoch + seed % 3), "size": a * b}


LOW = 0.01


def _suggest_rate(trial):
    return trial.suggest_float("rate", LOW, 1, log=True)


def layers(trial):
    return sum(trial.suggest_int(f"units_{i}", 1, 9) for i in range(2))


def taken(epochs, size):
    return {"validation_loss": 1, "size": 2}


def objective(trial):
    rate, kind = _suggest_rate(trial), trial.suggest_categorical("kind", ["a", "b"])
    for step in range(30):
        trial.report((rate - 0.1) ** 2 + 10 / (step + 1), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return (rate - 0.1) ** 2 + (kind == "b")


def slow(a, max_epochs):
    open(__file__ + " runs", "w").close()
    yield 1, {"validation_loss": a}
    time.sleep(600)
    yield 2, {"validation_loss": a}


def rated(learning_rate, b):
    return learning_rate * b


class Mean:
    def __init__(self, shrink, random_state=None):
        self.shrink = shrink

    def fit(self, X, y):
        self.mean = y.mean() * self.shrink

    def predict(self, X):
        return np.full(len(X), self.mean)


class Half(Mean):
    pass
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(CONTENT)
    return tmp_path


def run(*arguments):
    """Run a study, in one process unless told otherwise: to start processes takes longest."""
    return main.run(["run", "--jobs", "1", *arguments, "--quiet"])


def trials_of(out):
    return pd.read_csv(f"{out}/trials.csv")


def test_a_function_that_returns_a_number_has_a_table_of_its_values(folder):
    assert run("mine.py:number", "--axis", "a=1,2,3", "--axis", "b=4,0", "--out", "run") == 0
    table = pd.read_csv("run/table.csv", index_col=0)
    assert table.to_numpy().tolist() == [[5, 4, 5], [1, 0, 1]]
    report = (folder / "run/report.md").read_text()
    assert "The lowest validation loss is that of a 2 and b 0: 0." in report
    assert "epochs" not in report.lower()
    assert r"4 & 5 & 4 & 5 \\" in (folder / "run/table.tex").read_text()
    statistics = pd.read_csv("run/statistics.csv")
    assert statistics["median"].tolist() == [5, 4, 5, 1, 0, 1]
    page = (folder / "run/report.html").read_bytes()
    assert main.run(["report", "run"]) == 0
    assert (folder / "run/report.html").read_bytes() == page
    assert run("mine.py:number", "--axis", "a=1,2", "--out", "one") == 0  # with one axis
    assert "a 2: 1." in (folder / "one/report.md").read_text()


def test_any_metric_can_be_maximized_to_a_target_over_three_axes(folder):
    axes = [word for name in "abc" for word in ("--axis", f"{name}=1,5")]
    judged = ["--metric", "score", "--direction", "maximize", "--target", "0.98"]
    flags = [*axes, *judged, "--max-epochs", "40", "--repeats", "2"]
    assert run("mine.py:scores", *flags, "--out", "run") == 0
    trials = trials_of("run")
    reached = 1 - 1 / (trials.a * trials.b + trials.c + 40 + 2) >= 0.98
    assert (trials.state[~reached] == "exhausted").all()
    converged = trials[trials.state == "converged"]
    assert len(converged)
    assert (converged.score >= 0.98).all()
    report = (folder / "run/report.md").read_text()
    for name in ("With c 1: Epochs", "With c 5: Final score of each cell", "table_2.csv"):
        assert name in report or (folder / "run" / name).exists()
    assert "The target 0.98 is not reached in" in report
    best = trials[trials.state == "converged"].groupby(["a", "b", "c"]).epochs.median().idxmin()
    assert f"a {best[0]}, b {best[1]} and c {best[2]}" in report
    assert run("mine.py:scores", *axes, *judged[:4], "--max-epochs", "40", "--out", "free") == 0
    free = trials_of("free")  # without a target all go to their end
    assert set(free.state) == {"exhausted"}
    statistics = pd.read_csv("free/statistics.csv")
    assert statistics["median"].tolist() == pytest.approx(free.score.tolist())
    assert (
        "The highest score is that of a 5, b 5 and c 5" in (folder / "free/report.md").read_text()
    )


def test_an_optuna_objective_runs_unchanged_in_a_grid_and_in_a_search(folder):
    assert run("mine.py:objective", "--axis", "rate=0.1,0.5", "--out", "grid") == 0
    trials = trials_of("grid").set_index(["rate", "kind"])  # the list is read off the file
    assert trials.value[0.1, "a"] == 0
    assert trials.value[0.5, "b"] == pytest.approx(1.16)
    assert (pd.read_csv("grid/history.csv").epoch.value_counts() <= 4).all()

    search = ["mine.py:objective", "--trials", "20", "--prune", "median", "--max-epochs", "30"]
    assert run(*search, "--jobs", "2", "--out", "search") == 0
    found = trials_of("search")
    assert len(found) == 20
    assert found.rate.between(0.01, 1).all()
    assert "pruned" in set(found.state)
    units = ["--axis", "units_0=1,2", "--axis", "units_1=3,4"]  # names that the file computes
    assert run("mine.py:layers", *units, "--out", "layers") == 0
    assert trials_of("layers").value.tolist() == [4, 5, 5, 6]
    assert run("mine.py:layers", *units[:2], "--out", "missing") == 1
    reason = (folder / "missing/report.md").read_text().replace("\\", "")
    assert "there are no values of units_1; give --axis units_1=VALUES (mine.py, line" in reason
    assert find("mine.py:old").ranges == {"a": Range(0.5, 8.0, True), "b": [0, 0.5, 1]}
    ranged = ["mine.py:number", "--axis", "a=0.5:8:log", "--axis", "b=1,2", "--trials", "4"]
    assert run(*ranged, "--out", "ranged") == 0
    assert trials_of("ranged").a.between(0.5, 8).all()
    assert "A search: mine.py:number" in (folder / "ranged/report.md").read_text()


def test_estimators_of_libraries_and_of_ones_own_give_the_table(folder):
    rates, sizes = "learning_rate_init=0.1,0.3,0.5,0.7", "batch_size=50,100,300,full"
    network = ["--objective", "sklearn.neural_network:MLPRegressor"]
    fixed = [word for each in ("solver=sgd", "momentum=0") for word in ("--axis", each)]
    flags = [*network, "--axis", rates, "--axis", sizes, *fixed, "--max-epochs", "10", "--quiet"]
    assert main.run(["assignment", *flags, "--jobs", "1", "--out", "theirs"]) == 0
    trials = trials_of("theirs")
    assert len(trials) == 16
    assert trials.test_r2.notna().all()
    assert set(pd.read_csv("theirs/history.csv").epoch) == {10}
    assert pd.read_csv("theirs/table.csv").shape == (4, 5)
    for name in ("Mean", "Half"):  # the second inherits all
        assert run(f"mine.py:{name}", "--axis", "shrink=0.5,1", "--out", name) == 0
        own = trials_of(name).set_index("shrink")
        assert own.validation_loss.nunique() == 2
    judged = ["--metric", "validation_accuracy", "--direction", "maximize"]
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (300, 2))
    inside = (np.hypot(*x.T) < 0.7).astype(int)
    pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "y": inside}).to_csv("circle.csv", index=False)
    tree = "sklearn.tree:DecisionTreeClassifier"
    assert (
        run(tree, "--axis", "max_depth=1,8", *judged, "--data", "circle.csv", "--out", "tree") == 0
    )
    found = trials_of("tree").set_index("max_depth")
    accuracy = found.validation_accuracy
    assert accuracy[8] > max(0.8, accuracy[1])


def test_a_changed_file_is_run_again_and_the_report_says_so(folder):
    flags = ["mine.py:number", "--axis", "a=1,2", "--out", "run"]
    assert run(*flags) == 0
    before = json.loads((folder / "run/run.json").read_text())["parts"]["own"]["function"]
    (folder / "mine.py").write_text(CONTENT.replace("+ b\n", "+ b + 1\n"))
    assert run(*flags) == 0
    assert trials_of("run").validation_loss.tolist() == [3, 2]
    note = f"it replaces version {before['version']}"
    assert note in (folder / "run/report.md").read_text()
    assert run(*flags) == 0
    assert note in (folder / "run/report.md").read_text()
    assert run(*flags, "--version", "mine") == 0
    (folder / "mine.py").write_text(CONTENT)
    assert run(*flags, "--version", "mine") == 0  # the user's word that it is the same
    assert trials_of("run").validation_loss.tolist() == [3, 2]


def test_ctrl_c_ends_a_function_that_does_not_heed_it(start, folder):
    process = start("run", "mine.py:slow", "--axis", "a=1,2", "--out", "run", draws=False)
    while not (folder / "mine.py runs").exists():
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)  # it would sleep for ten minutes
    assert process.returncode == 130
    assert "interrupted" in said


def test_a_function_runs_on_dask_and_as_an_optuna_study_of_several(folder, postgres_url):
    kinds = ["mine.py:slow", "--axis", "a=0.0001,2", "--max-epochs", "5", "--timeout", "2"]
    assert run(*kinds, "--runner", "dask", "--jobs", "1", "--out", "dask") == 1
    assert trials_of("dask").state.tolist() == ["converged", "failed"]
    flags = ["mine.py:number", "--axis", "a=1,2,3", "--axis", "b=1,2", "--repeats", "2"]
    there = ["--storage", postgres_url, "--study", f"numbers {time.time()}"]
    assert run(*flags, "--runner", "optuna", *there, "--out", "shared") == 0
    assert main.run(["collect", *there, "--out", "collected", "--quiet"]) == 0
    tables = [(folder / out / "table.csv").read_bytes() for out in ("shared", "collected")]
    assert tables[0] == tables[1]


def test_a_worker_elsewhere_needs_the_same_file(folder, postgres_url, capsys):
    there = ["--storage", postgres_url, "--study", f"worker {time.time()}"]
    flags = ["mine.py:number", "--axis", "a=1,2", "--runner", "optuna", *there, "--out", "run"]
    assert run(*flags) == 0
    worker = ["worker", *there, "--quiet"]
    assert main.run(worker) == 2
    assert "copy the same file to this machine, and give --objective mine.py:number" in (
        capsys.readouterr().err
    )
    assert main.run([*worker, "--objective", "mine.py:number"]) == 0
    (folder / "mine.py").write_text(CONTENT + "# changed\n")
    assert main.run([*worker, "--objective", "mine.py:number"]) == 2
    assert "and here it has version" in capsys.readouterr().err


def test_functions_of_this_process_can_be_any_of_them(folder):
    def tall(x, flag):
        return {"height": x if flag else -x}

    judged = {"metric": "height", "direction": "maximize"}
    result = grid.run(tall, folder / "run", x=np.arange(1, 3), flag=[True, False], **judged)
    assert result.frame.height.tolist() == [1, 2, -1, -2]
    assert "x 2" in str(result)
    with pytest.raises(InputError, match="must be written with def"):
        grid.run(lambda x: x, folder / "none", x=[1, 2])


@each_of(
    ("function", "values", "said"),
    [
        (lambda x: x, [1, 2], "must be written with def"),
        (CONTENT.count, [1, 2], "a function, or a class with fit and predict, is needed"),
        (np.sum, [1, 2], "a function, or a class with fit and predict, is needed"),
        (each_of, [(1,), (2,)], "a value of x is a finite number, a text, True, False or None"),
        (each_of, [1.0, np.nan], "a value of x is a finite number, a text, True, False or None"),
        (each_of, np.eye(2), "a value of x is a finite number, a text, True, False or None"),
    ],
)
def test_what_is_no_function_or_no_value_gets_a_sentence(folder, function, values, said):
    with pytest.raises(InputError, match=said):
        grid.run(function, folder / "run", x=values)


def test_axes_may_have_the_names_of_columns(folder):
    def train(n, low, text):
        yield from ((epoch, (n + low + text) / epoch) for epoch in (1, 2))

    for name in ("one", "two"):
        grid.run(train, name, jobs=1, max_epochs=2, n=[1, 2], low=[1, 2], text=[1, 2])
    cells = pd.read_csv(folder / "one" / "statistics.csv")
    assert {"n (axis)", "low (axis)", "text"} <= {*cells}
    assert main.run(["compare", "one", "two", "--out", "both", "--quiet"]) == 0


def test_a_metric_with_the_name_of_an_axis_fails(folder):
    axes = ["--axis", "size=1,2", "--axis", "epochs=3"]
    assert run("mine.py:taken", *axes[:2], "--axis", "epochs=3", "--out", "run") == 2
    (folder / "mine.py").write_text(CONTENT.replace("def taken(epochs, ", "def taken("))
    assert run("mine.py:taken", *axes[:2], "--out", "run") == 1
    assert "size is an axis, so no metric can have this name" in (
        (folder / "run/report.md").read_text()
    )


@each_of(
    ("arguments", "said"),
    [
        (
            ["mine.py:objective", "--axis", "rate=1,2", "--metric", "no name"],
            "metric must be a name",
        ),
        (["mine.py:number", "--axis", "a=1,2", "--direction", "up"], "direction must be one of"),
        (["mine.py:number", "--axis", "a=2:1"], "a range goes from a smaller number"),
        (["mine.py:number", "--axis", "a=1", "--axis", "a=2"], "--axis a is given twice"),
        (["mine.py:number", "--axis", "a=1:2", "--repeats", "2"], "a search has no repeats"),
        (["mine.py:taken", "--axis", "epochs=1,2", "--axis", "size=1"], "epochs can't be an axis"),
        (["mine.py:Trial", "--axis", "a=1,2"], "has no function 'Trial'"),
        (["nowhere.module:Name", "--axis", "a=1,2"], "nowhere.module can't be imported"),
        (["sklearn.tree:Shrub", "--axis", "a=1,2"], "sklearn.tree has no Shrub"),
        (["sklearn.tree:DecisionTreeRegressor", "--axis", "a=1,2"], "has no parameter 'a' to vary"),
        (["mine.py:number", "--axis", "a=1,2", "--n-hidden", "x"], "--n-hidden takes one whole"),
    ],
)
def test_what_can_not_be_run_gets_a_sentence(folder, capsys, arguments, said):
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (folder / "runs").exists()


@each_of("flag", ["--activation", "--decay", "--eval-every", "--engine"])
def test_what_is_for_the_courses_network_only_is_said(folder, capsys, flag):
    assert main.run(["assignment", "--objective", "mine.py:number", flag, "9"]) == 2
    assert f"and {flag} is for the course's network" in capsys.readouterr().err


def test_the_homeworks_axes_stand_beside_others_and_in_the_command(folder, capsys):
    flags = ["--learning-rate", "0.1,0.2", "--axis", "b=1,2", "--jobs", "1", "--out", "run"]
    assert main.run(["assignment", "--objective", "mine.py:rated", *flags]) == 0
    assert len(trials_of("run")) == 4
    report = (folder / "run/report.md").read_text()
    assert "mine.py:rated --learning-rate 0.1,0.2 --axis b=1,2" in report
    assert "not converged" not in capsys.readouterr().err


@each_of("flag", ["--metric", "--direction", "--target", "--version", "--axis"])
def test_what_is_for_own_networks_only_is_said(folder, capsys, flag):
    assert main.run(["assignment", flag, "1"]) == 2
    assert "networks of your own" in capsys.readouterr().err
