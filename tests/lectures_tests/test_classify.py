"""Two and three classes: what is told apart, by how many units, and by which function."""

import numpy as np
import pandas as pd
import pytest
from lectures_tests.whole import answered, numbers, sentence_with

from network.data.labels import classes
from studies.lectures.analysis.networks import layers_of, median_trial
from studies.lectures.models.classify import NAMES


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("classify") / "run"
    axes = {"axes": {"n_hidden": (1, 4)}}
    return answered("classify", out, {"max_epochs": [110]}, repeats=2, **axes)


@pytest.mark.parametrize("part", ["xor", "arcs", "three-arms"])
def test_enough_units_tell_the_classes_apart(run, part):
    result = run.results[part]
    accuracy = result.cells.accuracy[4]
    assert accuracy >= 0.95
    trial = median_trial(result, n_hidden=4)
    right = classes(result.predict(result.dataset.test_x, n_hidden=4)) == classes(
        result.dataset.test_y
    )
    assert right.mean() == pytest.approx(result.outcome(n_hidden=4).metrics["test_r2"])
    assert result.outcomes[trial.key].metrics["test_r2"] <= accuracy
    name = NAMES[part].en
    assert f"{100 * accuracy:.1f}" in numbers(
        sentence_with(run, f"Accuracy on the test set of {name}")
    )


def test_one_hidden_unit_can_not_do_xor(run):
    cells = run.results["xor"].cells
    assert cells.accuracy[1] < 0.8
    sentence = sentence_with(run, "a straight line, which cannot separate the classes of XOR")
    assert f"XOR: the accuracy is {100 * cells.accuracy[1]:.1f} %. " in sentence


def test_the_border_of_one_hidden_unit_is_a_straight_line(run):
    result = run.results["xor"]
    *_, Z2, _ = layers_of(result, median_trial(result, n_hidden=1), result.dataset.test_x)
    X = np.random.default_rng(0).uniform(0, 1, (400, 2))
    W1 = result.network(n_hidden=1).W1[:, 0]
    trial = result.trial(n_hidden=1)
    *_, scores, _ = layers_of(result, trial, X)
    along = np.argsort(X @ W1)
    assert len(np.flatnonzero(np.diff(scores[along, 0] >= 0))) <= 1
    assert Z2.shape == (200, 1)


def test_the_classification_function_changes_no_decision(run):
    for result in run.results.values():
        *_, Z2, A2 = layers_of(result, median_trial(result, n_hidden=4), result.dataset.test_x)
        by_score = Z2[:, 0] >= 0 if Z2.shape[1] == 1 else Z2.argmax(axis=1)
        assert (by_score == classes(A2)).all()
    assert "for 700 of 700 test samples" in sentence_with(run, "classification function")


def test_the_picture_of_a_region_agrees_with_the_network(run):
    (first, *_), *_ = next(p for p in run.report.parts if p.name == "regions").draw.args[0]
    left, right, bottom, top = first.extent
    x = np.array([[left, bottom], [right, bottom], [left, top]])
    result = run.results["xor"]
    A2 = layers_of(result, median_trial(result, n_hidden=1), x)[3][:, 0]
    corners = first.probability[[0, 0, -1], [0, -1, 0], 1]
    assert corners == pytest.approx(A2)


def test_divergence_and_missing_sizes_are_reported_too(tmp_path):
    settings = {"n_hidden": [2], "max_epochs": [20], "learning_rate": [1e308]}
    run = answered("classify", tmp_path / "run", settings, repeats=1)
    assert not any("straight line" in text.en for text in run.report.findings)
    assert len(pd.read_csv(run.directory / "classes.csv")) == 3
