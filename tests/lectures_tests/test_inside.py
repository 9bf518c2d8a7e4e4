"""Inside the network: the steps are those of the network, and the report shows them."""

from dataclasses import replace

import numpy as np
import pytest
from cases import each_of
from lectures_tests.whole import answered, survived

from network.activations import ACTIVATIONS
from network.analysis.inside import network_steps, polynomial_steps
from network.losses import TASKS
from network.models.polynomial import predict as predict_polynomial
from network.two_layer import Parameters, predict
from studies.experiment.study import NOTHING
from studies.lectures.analysis import networks
from studies.lectures.neurons import inside
from studies.lectures.neurons.inside import STUDY, X


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    small = STUDY.with_settings({"max_epochs": [500]})
    return answered(small, tmp_path_factory.mktemp("inside"))


@each_of("name", ["sigmoid", "tanh", "relu"])
def test_the_parts_and_the_bias_add_up_to_the_network(name):
    rng, f = np.random.default_rng(1), ACTIVATIONS[name]
    shapes = ((1, 3), (1, 3), (3, 1), (1, 1))
    P = Parameters(*(rng.normal(size=shape) for shape in shapes))
    steps = network_steps(X, P, f)
    np.testing.assert_allclose(
        steps.parts.sum(axis=1) + steps.bias, predict(X, P, f, TASKS["regression"])[:, 0]
    )
    np.testing.assert_array_equal(steps.output, steps.parts.sum(axis=1) + steps.bias)
    np.testing.assert_allclose(steps.bent, f.function(steps.lines))


def test_the_same_of_the_polynomial():
    weights = np.array([1.0, -2.0, 0.5, 3.0])
    steps = polynomial_steps(X, weights)
    np.testing.assert_allclose(steps.output, predict_polynomial(X, weights)[:, 0])
    np.testing.assert_allclose(steps.bent, X ** np.array([1, 2, 3]))
    assert steps.bias == 3.0


def test_of_the_trained_networks_the_zs_are_straight_and_the_sum_is_the_output(result):
    for name in ("sine", "snake", "polynomial"):
        part = result.results[name]
        trial = networks.best(part)
        steps = inside.steps_of(part, trial)
        np.testing.assert_allclose(np.diff(steps.lines, 2, axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(steps.output, part.predict(X, **trial.params)[:, 0])
    assert np.abs(np.diff(steps.bent, 2, axis=0)).max() > 1e-4


def test_the_table_has_21_rows_that_add_up(result):
    part = next(part for part in result.report.parts if part.name == "table")
    table = part.content()
    assert len(table) == 21
    bias = result.results["sine"].network(n_hidden=2).B2[0, 0]
    total = table["w1 a1"] + table["w2 a2"] + bias
    np.testing.assert_allclose(table["output"], total, atol=2e-4)


def test_the_sentences_hold_the_numbers(result):
    sine, polynomial, snake = (sentence.en for sentence in result.report.findings)
    W1, B1 = (getattr(result.results["sine"].network(n_hidden=2), name) for name in ("W1", "B1"))
    sign = "-" if B1[0, 0] < 0 else "+"
    assert f"z1 = {W1[0, 0]:.3g}x {sign} {abs(B1[0, 0]):.3g} and z2 = {W1[0, 1]:.3g}x" in sine
    assert f"R² {result.results['sine'].outcome().metrics['test_r2']:.3f}" in sine
    assert f"R² {result.results['polynomial'].outcome().metrics['test_r2']:.3f}" in polynomial
    assert "z3 =" in snake


def test_of_several_runs_the_best_is_taken_apart(tmp_path):
    study = STUDY.with_settings({"max_epochs": [100], "n_hidden": [1, 4]})
    study = study.with_plans(lambda plan: replace(plan, repeats=2))
    result = survived(study, tmp_path)
    part = result.results["sine"]
    assert (
        part.outcomes[networks.best(part).key].metrics["train_loss"] == part.frame.train_loss.min()
    )


def test_runs_that_all_diverge_leave_nothing_to_examine(tmp_path):
    study = STUDY.with_settings({"max_epochs": [100], "learning_rate": [1e200]})
    assert survived(study, tmp_path).report.findings == [NOTHING]
