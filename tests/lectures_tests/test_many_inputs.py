"""Regression with three inputs: better than any linear model."""

import numpy as np
import pytest
from lectures_tests.whole import answered, numbers, sentence_with, survived
from matplotlib.figure import Figure

from network.data.generated import hills_function
from network.models import linear


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return answered("many-inputs", tmp_path_factory.mktemp("many_inputs") / "run")


def test_the_network_predicts_better_than_the_best_linear_model(run):
    result = run.results["network"]
    data = result.dataset
    assert data.n_inputs == 3
    X = np.column_stack([data.train_x, np.ones(len(data.train_x))])
    w = np.linalg.solve(X.T @ X, X.T @ data.train_y)  # the normal equations
    line = np.column_stack([data.test_x, np.ones(len(data.test_x))]) @ w
    r2 = 1 - ((line - data.test_y) ** 2).mean() / data.test_y.var()
    assert linear.best(data).accuracy == pytest.approx(r2, rel=1e-9)
    assert result.cells.accuracy[5] > 0.95 > 0.7 > r2
    sentence = sentence_with(run, "best linear model reaches")
    assert {f"{r2:.3f}", result.cells.accuracy_text[5]} <= set(numbers(sentence))


def test_the_cost_is_told_as_it_was(run):
    result = run.results["network"]
    sentence = sentence_with(run, "26 parameters")
    assert result.network().flat().size == 26
    assert f"after {result.cells.epochs_text[5]} epochs" in sentence


def test_the_true_values_along_an_input_are_those_of_the_function(run):
    along = next(part for part in run.report.parts if part.name == "along").draw
    middle = np.median(run.results["network"].dataset.train_x, axis=0)
    for i, panel in enumerate(along.args[0]):
        (line,) = panel.content[0](Figure().add_subplot())
        x = np.tile(middle, (len(line.get_xdata()), 1))
        x[:, i] = line.get_xdata()
        assert line.get_ydata() == pytest.approx(hills_function(x)[:, 0])


def test_a_network_that_learned_nothing_is_not_praised(tmp_path):
    settings = {"max_epochs": [1], "learning_rate": [0.001], "n_hidden": [1, 2]}
    run = survived("many-inputs", tmp_path / "lazy", settings, repeats=1)
    assert not any("best linear model reaches" in t.en for t in run.report.findings)
    assert "no better than the best linear model" in sentence_with(run, "linear")


def test_divergence_and_other_data_are_reported_too(tmp_path):
    settings = {"max_epochs": [20], "learning_rate": [500.0]}
    run = survived("many-inputs", tmp_path / "wild", settings, data="sine")
    assert sentence_with(run, "diverged").startswith("3 of 3")
