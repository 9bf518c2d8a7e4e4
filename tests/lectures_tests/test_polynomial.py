"""Polynomials: degrees in their order, and least squares as the bound of gradient descent."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lectures_tests.whole import answered, numbers, sentence_with

from network.models import polynomial
from studies.lectures.models.polynomial import bounds_of, report


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("polynomial") / "run"
    return answered("polynomial", out, {"max_epochs": [400]})


def test_a_higher_degree_allows_a_lower_loss(run):
    bounds = bounds_of(run.results["snake"])
    assert list(bounds) == [4, 5, 6, 8]
    assert bounds[8].loss < 0.5 * bounds[6].loss < 0.25 * bounds[4].loss
    listed = sentence_with(run, "each higher degree")
    for bound in bounds.values():
        assert f"{bound.loss:.5f}" in numbers(listed)


@pytest.mark.parametrize("part", ["sine", "snake"])
def test_gradient_descent_never_beats_least_squares(run, part):
    result = run.results[part]
    bounds = bounds_of(result)
    for degree, losses in result.history.groupby("degree"):
        assert losses.train_loss.min() >= bounds[degree].loss
    X, Y = polynomial.training_samples(result.dataset)
    for degree, bound in bounds.items():
        table, y = polynomial.powers_and_labels(X, Y, degree)
        assert np.abs(polynomial.gradient(table, y, bound.weights)).max() < 1e-9


def test_the_sentences_have_the_numbers_of_the_results(run):
    snake = run.results["snake"]
    loss, bound = snake.cells.loss[8], bounds_of(snake)[8]
    assert f"is {loss:.5f}, {loss / bound.loss:.2f} times the minimum." in sentence_with(
        run, "times the minimum"
    )
    w = np.abs(snake.outcome(degree=8).arrays["weights"]).max()
    assert f"up to {np.abs(bound.weights).max():.0f}" in sentence_with(run, "have only reached")
    assert f"have only reached {w:.1f}." in sentence_with(run, "have only reached")
    network = run.results["snake-network"].cells
    assert f"10 parameters and reaches an accuracy of {network.accuracy_text[3]}" in sentence_with(
        run, "The network"
    )


def test_the_tables_say_what_was_spent(run):
    cost = pd.read_csv(run.directory / "cost.csv")
    assert cost.parameters.tolist() == [3, 4, 5, 5, 6, 7, 9, 7, 10]
    assert cost.updates.tolist()[-1] == 400 * 90
    degrees = pd.read_csv(run.directory / "degrees.csv")
    losses = degrees[["loss: descent", "loss: least squares"]].to_numpy()
    assert (losses[:, 0] >= losses[:, 1]).all()


def test_a_claim_that_the_data_does_not_carry_is_not_made(run):
    """Where gradient descent has the best weights, no reason is given for a lag behind them."""
    result = run.results["snake"]
    best = {
        key: replace(
            outcome,
            arrays={"weights": bounds_of(result)[len(outcome.arrays["weights"]) - 1][0]},
        )
        for key, outcome in result.outcomes.items()
    }
    frame = result.frame.assign(train_loss=[b.loss for b in bounds_of(result).values()])
    told = report({**run.results, "snake": replace(result, outcomes=best, frame=frame)})
    assert not any("have only reached" in text.en for text in told.findings)
    assert any("1.00 times the minimum" in text.en for text in told.findings)


def test_other_degrees_repeats_and_rates_are_reported_too(tmp_path):
    settings = {"degree": [1, 3], "max_epochs": [100], "target_loss": [10.0]}
    run = answered("polynomial", tmp_path / "easy", settings, repeats=2)
    assert "lowest degree that reaches the training loss 10 is 1" in sentence_with(run, "lowest")
    settings = {"degree": [2], "max_epochs": [60], "learning_rate": [50.0]}
    run = answered("polynomial", tmp_path / "explodes", settings)
    assert set(run.results["snake"].frame.state) == {"diverged"}
    assert sentence_with(run, "diverged").startswith("4 of 4")
