"""Dead neurons: who is dead, that the share grows with the rate, and that nobody comes back."""

from dataclasses import replace

import numpy as np
import pytest
from lectures_tests.whole import answered, survived

from network.activations import ACTIVATIONS
from network.analysis import neurons
from network.two_layer import Parameters
from studies.lectures.analysis import dead_units
from studies.lectures.neurons.dead_neurons import STUDY


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    small = STUDY.with_settings({"learning_rate": (0.01, 0.2, 0.5)})
    plans = small.plans
    plans["rates"] = plans["rates"].with_settings({"max_epochs": [100]})
    plans["first epochs"] = plans["first epochs"].with_settings({"max_epochs": [5]})
    study = small.with_plans(lambda plan: replace(plan, repeats=6))
    return answered(study, tmp_path_factory.mktemp("dead"))


def test_a_unit_is_dead_if_its_input_is_negative_for_all_samples():
    X = np.array([[0.0], [1.0]])
    P = Parameters(
        np.array([[1.0, -1.0, -1.0]]),
        np.array([[0.0, 0.0, 0.5]]),
        np.ones((3, 1)),
        np.zeros((1, 1)),
    )
    assert neurons.dead_units(X, P, ACTIVATIONS["relu"]).tolist() == [False, True, False]
    assert not neurons.dead_units(X, P, ACTIVATIONS["leaky_relu"]).any()
    assert not neurons.dead_units(X, P, ACTIVATIONS["elu"]).any()


def test_the_share_grows_with_the_rate_for_relu_and_is_0_for_the_others(result):
    census = dead_units.count(result.results["rates"])
    relu = census.loc["relu"].dead
    assert relu.is_monotonic_increasing
    assert relu[0.5] > relu[0.01] + 0.2
    for name in ("leaky_relu", "elu"):
        assert (census.loc[name].dead.dropna() == 0).all()
        assert (census.loc[name].born == 0).all()


def test_no_relu_unit_comes_back(result):
    lives = dead_units.lives(result.results["first epochs"], "relu")
    assert lives.columns.droplevel(2).nunique() == 18
    assert list(lives.index) == [0, 1, 2, 3, 4, 5]
    assert not dead_units.any_revived(lives)


def test_a_unit_that_comes_back_would_be_noticed(result):
    lives = dead_units.lives(result.results["first epochs"], "relu")
    lives.iloc[1, 0], lives.iloc[2, 0] = True, False
    assert dead_units.any_revived(lives)


def test_the_sentences_hold_the_numbers(result):
    census = dead_units.count(result.results["rates"]).loc["relu"]
    texts = [sentence.en for sentence in result.report.findings]
    assert texts[0].startswith(
        f"Before training, {census.born.mean():.0%} of the ReLU units are dead"
    )
    assert f"the share is {census.dead[0.01]:.0%} at learning rate 0.01" in texts[0]
    assert f"to {census.dead[0.5]:.0%} at 0.5" in texts[0]
    assert any("No units died with leaky ReLU (up to learning rate 0.5) and" in t for t in texts)


def test_other_flags_change_the_sentences(tmp_path):
    """One rate, one activation that can't die: nothing is said of what isn't there."""
    study = STUDY.with_settings(
        {"learning_rate": [0.1], "activation": ["leaky_relu"], "max_epochs": [3], "eval_every": [2]}
    )
    result = survived(study.with_plans(lambda plan: replace(plan, repeats=3)), tmp_path)
    assert [text.en for text in result.report.findings] == [
        "No units died with leaky ReLU (up to learning rate 0.1)."
    ]


def test_runs_that_all_diverge_are_survived(tmp_path):
    study = STUDY.with_settings(
        {"learning_rate": [1e6, 1e5], "activation": ["elu"], "max_epochs": [50]}
    )
    result = survived(study.with_plans(lambda plan: replace(plan, repeats=2)), tmp_path)
    assert [text.en for text in result.report.findings] == [
        "Runs not counted because they diverged: ELU (4 of 4)."
    ]
