"""How many hidden units a curve needs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lectures_tests.whole import answered, numbers, sentence_with

from studies.lectures.analysis.networks import median_trial
from studies.lectures.models.approximation import noise_above_target


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("approximation") / "run"
    settings = {"target_loss": [0.006]}
    return answered("approximation", out, settings, repeats=2)


def test_two_units_fit_the_sine_better_than_one(run):
    accuracy = run.results["sine"].cells.accuracy
    assert accuracy[2] > 0.98 > 0.9 > accuracy[1]
    sentence = sentence_with(run, "On the sine, accuracy increases with the number of")
    assert f"{accuracy[1]:.3f} (1) and {accuracy[2]:.3f} (2)" in sentence


def test_the_parameters_are_counted_as_they_are(run):
    table = pd.read_csv(run.directory / "units.csv")
    assert dict(zip(table["hidden units"], table.parameters, strict=True)) == {
        1: 4,
        2: 7,
        3: 10,
        4: 13,
        6: 19,
    }
    for result in run.results.values():
        for n_hidden in result.plan.axes["n_hidden"]:
            counted = result.n_parameters(n_hidden=n_hidden)
            assert counted == result.network(n_hidden=n_hidden).flat().size


def test_the_fewest_units_that_reach_the_target_are_named(run):
    cells = run.results["sine"].cells
    assert not np.isfinite(cells.epochs[1])
    assert np.isfinite(cells.epochs[2])
    sentence = sentence_with(run, "On the sine, the smallest network that reaches the target")
    assert "has 2 hidden units and 7 parameters" in sentence
    assert cells.epochs_text[2] in numbers(sentence)


def test_a_target_below_the_noise_is_called_out_of_reach(run):
    assert not any("is too low for" in text.en for text in run.report.findings)
    result = run.results["sine"]
    data = result.dataset
    noise = data.validation_y - np.sin(6.28 * data.validation_x)
    (low,) = noise_above_target("sine", _with_target(result, 0.0015))
    assert "is too low for the sine" in low.en
    assert f"{(noise**2).mean() / 2:.5f}" in low.en


def test_the_network_that_is_drawn_has_the_median_accuracy(run):
    result = run.results["snake"]
    drawn = median_trial(result, n_hidden=3)
    accuracies = sorted(result.rows(n_hidden=3).test_r2)
    assert result.outcomes[drawn.key].metrics["test_r2"] == accuracies[0]  # of two the lower one


def test_divergence_and_single_values_are_reported_too(tmp_path):
    settings = {"n_hidden": [2], "max_epochs": [60], "learning_rate": [90.0]}
    run = answered("approximation", tmp_path / "run", settings, repeats=1)
    assert sentence_with(run, "diverged").startswith("2 of 2")


def _with_target(result, target_loss):
    return replace(result, plan=result.plan.with_settings({"target_loss": [target_loss]}))
