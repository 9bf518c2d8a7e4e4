"""A search: ranges, samplers, pruning; the same points whoever trains, and after a kill."""

import json
import os
import re
import signal

import numpy as np
import pandas as pd
import pytest
from undrawn import draw_nothing, run_here

from network.data.datasets import snake
from network.training.loop import Ending, Lane, train
from network.training.settings import TrainingSettings
from studies.cli import main
from sweep.grid import Range
from sweep.optuna.search import even_points, rungs_of

pytestmark = pytest.mark.usefixtures("no_figures")

FLAGS = ["--learning-rate", "0.05:1.0:log", "--batch-size", "10:40", "--max-epochs", "100"]
FLAGS += ["--target-loss", "0.006", "--trials", "6"]


def run(out, *flags):
    assert main.run(["assignment", *FLAGS, *flags, "--out", str(out), "--quiet"]) == 0
    return pd.read_csv(out / "trials.csv")


@pytest.mark.draws
def test_a_search_writes_its_report_and_goes_on_where_it_was(tmp_path, capsys, monkeypatch):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        draw_nothing(patch)
        first = run(out, "--trials", "2")
    trials = run(out)
    assert trials.key[:2].tolist() == first.key.tolist()
    assert len(trials) == 6
    assert trials.learning_rate.between(0.05, 1).all()
    assert trials.batch_size.between(10, 40).all()
    assert trials.batch_size.dtype == np.int64
    report = (out / "report.md").read_text()
    best = trials.validation_loss.idxmin()
    assert f"learning rate η {trials.learning_rate[best]:.4g}" in report
    assert not re.search(r"\d\.\d{8}", report)
    assert "figures/search.png" in report
    assert (out / "figures" / "search.png").exists()
    assert (out / "weights" / "best.npz").exists()
    record = json.loads((out / "run.json").read_text())
    assert record["study"] == "search"
    words = record["command"].split()
    again = tmp_path / "again"
    draw_nothing(monkeypatch)
    assert main.run([*words[1:], "--out", str(again), "--quiet"]) == 0
    assert len(pd.read_csv(again / "trials.csv")) == 6
    assert capsys.readouterr().out == ""


def test_of_trials_that_reached_the_target_the_quickest_is_named(tmp_path):
    trials = run(tmp_path / "run", "--target-loss", "0.012")
    reached = trials[trials.state == "converged"]
    assert len(reached) > 1
    report = (tmp_path / "run" / "report.md").read_text()
    assert f"{len(reached)} of 6 trials reached the target 0.012" in report
    assert f"The fewest epochs of these: {reached.epochs.min()}, with" in report


@pytest.mark.parametrize(("sampler", "trials"), [("tpe", 12), ("grid", 4)])
def test_what_is_proposed_depends_on_the_seed_alone(tmp_path, sampler, trials):
    """TPE learns from the first ten."""
    flags = ["--sampler", sampler, "--trials", str(trials)]
    one = run(tmp_path / "one", *flags, "--jobs", "1")
    two = run(tmp_path / "two", *flags, "--jobs", "3")
    other = run(tmp_path / "other", *flags, "--trials", "4", "--seed", "1")
    columns = ["learning_rate", "batch_size", "epochs", "validation_loss", "key"]
    assert one[columns].equals(two[columns])
    assert one.learning_rate[:4].equals(other.learning_rate) == (sampler == "grid")


def test_a_grid_is_evenly_spaced_and_has_the_ends_of_its_ranges():
    axes = {"a": Range(0.1, 10.0, log=True), "b": Range(1, 9), "c": [None, 3]}
    points = even_points(axes, 20)
    assert len(points) == 18
    assert sorted({p["a"] for p in points}) == pytest.approx([0.1, 1, 10])
    assert {p["b"] for p in points} == {1, 5, 9}
    assert {p["c"] for p in points} == {None, 3}


@pytest.mark.torture
@pytest.mark.parametrize(("pruner", "engine"), [("median", "compiled"), ("halving", "numpy")])
def test_pruned_trials_are_shown_as_such_and_trained_in_a_later_grid(tmp_path, pruner, engine):
    flags = [
        "--prune",
        pruner,
        "--sampler",
        "random",
        "--engine",
        engine,
        "--trials",
        "20",
        "--jobs",
        "1",
    ]
    flags += ["--learning-rate", "0.0001:1.0:log", "--batch-size", "100", "--eval-every", "10"]
    flags += ["--max-epochs", "200"]
    trials = run(tmp_path / "run", *flags)
    pruned = trials[trials.state == "pruned"]
    assert 0 < len(pruned) < 20
    assert set(pruned.epochs) <= set(rungs_of(pruner, 200, 10))
    assert "were pruned" in (tmp_path / "run" / "table.md").read_text()
    rate = pruned.learning_rate.iloc[0]
    grid = ["assignment", "--learning-rate", repr(float(rate)), "--batch-size", "100", "--quiet"]
    grid += ["--max-epochs", "200", "--target-loss", "0.006", "--eval-every", "10"]
    assert main.run([*grid, "--out", str(tmp_path / "run")]) == 0
    (trial,) = pd.read_csv(tmp_path / "run" / "trials.csv").to_dict("records")
    assert (trial["key"], trial["state"]) == (pruned.key.iloc[0], "exhausted")


def test_pruning_ends_one_lane_and_leaves_the_others_bit_by_bit():
    from network.engine import compiled

    data = snake()
    settings = [TrainingSettings(rate, 30, max_epochs=100) for rate in (0.1, 0.3, 0.5)]
    lanes = [Lane.of(s, data, 0, 0) for s in settings]

    def prune(lane, epoch, loss):
        return lane == 1 and epoch == 50

    whole = dict(compiled.train_pack(lanes, data))
    cut = dict(compiled.train_pack(lanes, data, prune=prune))
    assert [cut[i].ending for i in range(3)] == [Ending.EXHAUSTED, Ending.PRUNED, Ending.EXHAUSTED]
    assert cut[1].history.tobytes() == whole[1].history[:1].tobytes()
    for lane in (0, 2):
        assert cut[lane].history.tobytes() == whole[lane].history.tobytes()
    readable = train(lanes[1], data, prune=lambda lane, epoch, loss: epoch == 50)
    assert readable.ending is Ending.PRUNED
    np.testing.assert_allclose(readable.history["train_loss"], cut[1].history["train_loss"])


@pytest.mark.torture
def test_a_killed_search_goes_on_to_the_same_end(start, tmp_path):
    long = ["--max-epochs", "1000", "--target-loss", "1e-9"]
    undisturbed = run(tmp_path / "undisturbed", *long)
    command = ["assignment", *FLAGS, *long, "--out", tmp_path / "run"]
    process = start(*command, draws=False)
    assert "1 of 6" in process.stderr.readline()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert run_here(*command) == 0
    trials = pd.read_csv(tmp_path / "run" / "trials.csv")
    assert trials.key.tolist() == undisturbed.key.tolist()


def test_a_search_on_postgresql_is_refused_to_workers(postgres_url, tmp_path, capsys):
    there = ["--storage", postgres_url, "--study", f"search {tmp_path}"]
    assert len(run(tmp_path / "run", *there, "--trials", "3")) == 3
    assert main.run(["worker", *there]) == 2
    assert "is a search, in which one process works" in capsys.readouterr().err
