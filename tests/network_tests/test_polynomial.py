"""The polynomial: gradient, two engines, the bound, and the stop rule."""

import numpy as np
import pytest
from cases import each_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.data.datasets import generated, snake
from network.errors import InputError
from network.models.polynomial import (
    gradient,
    half_mse_of,
    least_squares,
    powers,
    predict,
    training_samples,
)
from network.models.polynomial_training import (
    ENGINES,
    POLYNOMIAL_HISTORY,
    PolynomialEvaluation,
    PolynomialSettings,
    fit,
)
from network.training.loop import Ending
from network.training.orders import EpochOrders


def problem(n, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(n, 1))
    return X, np.sin(5 * X) + rng.normal(0, 0.1, (n, 1))


def loss_of(samples, weights):
    X, Y = samples
    return half_mse_of(powers(X, len(weights) - 1), Y[:, 0], weights)


@each_of("degree", [1, 3, 8, 17])
@each_of("m", [1, 7])
def test_the_gradient_agrees_with_central_differences(degree, m):
    rng = np.random.default_rng(5)
    X, Y = problem(m)
    table, y, w = powers(X, degree), Y[:, 0], rng.normal(size=degree + 1)
    dw = gradient(table, y, w)
    h = 1e-6
    for k in range(degree + 1):
        step = np.eye(degree + 1)[k] * h
        above, below = half_mse_of(table, y, w + step), half_mse_of(table, y, w - step)
        assert dw[k] == pytest.approx((above - below) / (2 * h), rel=1e-5, abs=1e-8)


def test_powers_go_from_x_to_its_highest_and_end_with_1():
    np.testing.assert_array_equal(powers(np.array([[2.0], [0.0]]), 3), [[2, 4, 8, 1], [0, 0, 0, 1]])


def test_predictions_are_those_of_the_polynomial():
    X, _ = problem(9)
    w = np.array([2.0, -1.0, 0.5, 3.0])
    np.testing.assert_allclose(predict(X, w), 2 * X - X**2 + 0.5 * X**3 + 3)


def assert_equal_results(ours, textbook):
    assert ours.ending is textbook.ending
    assert (ours.engine, textbook.engine) == ("compiled", "numpy")
    assert ours.history.dtype == textbook.history.dtype == POLYNOMIAL_HISTORY
    for name in ("epoch", "updates"):
        np.testing.assert_array_equal(ours.history[name], textbook.history[name])
    for name, tolerance in (("train_loss", 1e-20), ("train_r2", 1e-9)):
        np.testing.assert_allclose(
            ours.history[name], textbook.history[name], rtol=1e-9, atol=tolerance
        )
    np.testing.assert_allclose(ours.weights, textbook.weights, rtol=1e-7, atol=1e-9)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    degree=st.integers(1, 17),
    n=st.integers(1, 40),
    batch_size=st.one_of(st.none(), st.integers(1, 12)),
    learning_rate=st.floats(0.001, 0.2),
    seed=st.integers(0, 5),
    eval_every=st.integers(1, 7),
)
def test_engines_agree_on_random_problems(degree, n, batch_size, learning_rate, seed, eval_every):
    chosen = PolynomialSettings(
        degree,
        learning_rate,
        batch_size and min(batch_size, n),
        max_epochs=20,
        target_loss=0.05,
        eval_every=eval_every,
    )
    samples = problem(n, seed)
    assert_equal_results(fit(chosen, samples, seed), fit(chosen, samples, seed, engine="numpy"))


@pytest.mark.parametrize(
    ("curve", "degree", "target", "ending"),
    [("sine", 3, 0.05, Ending.CONVERGED), ("snake", 8, 0.001, Ending.EXHAUSTED)],
)
def test_engines_agree_on_the_courses_curves(curve, degree, target, ending):
    chosen = PolynomialSettings(degree, max_epochs=600, target_loss=target)
    samples = training_samples(generated(curve))
    ours = fit(chosen, samples)
    assert_equal_results(ours, fit(chosen, samples, engine="numpy"))
    assert ours.ending is ending


def test_all_points_train():
    x, y = training_samples(snake())
    assert x.shape == y.shape == (1000, 1)
    np.testing.assert_array_equal(x[:100], snake().validation_x)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_smaller_mini_batch_at_the_end_counts_its_own_samples(engine):
    """Five samples in batches of two, by hand: two updates of two and one of one."""
    X, Y = problem(5)
    result = fit(PolynomialSettings(2, 0.1, 2, max_epochs=1), (X, Y), 3, 1, engine=engine)
    order = EpochOrders(3, 1, 5).epochs(0, 1)[0]
    w = np.zeros(3)
    for batch in (order[:2], order[2:4], order[4:]):
        x, y = X[batch, 0], Y[batch, 0]
        dz = w[0] * x + w[1] * x**2 + w[2] - y
        w = w - 0.1 * np.array([np.mean(dz * x), np.mean(dz * x**2), np.mean(dz)])
    np.testing.assert_allclose(result.weights, w, rtol=1e-12)
    assert result.history["updates"].tolist() == [3]


@pytest.mark.parametrize(("learning_rate", "excess"), [(0.2, 0.1), (0.02, 0.01)])
def test_gradient_descent_approaches_least_squares_and_never_beats_it(learning_rate, excess):
    """Mini-batches make the weights jitter about the best ones, the less the smaller η is."""
    samples = training_samples(generated("sine"))
    bound = loss_of(samples, least_squares(*samples, 3))
    chosen = PolynomialSettings(
        3, learning_rate, max_epochs=100_000, target_loss=1e-9, eval_every=1000
    )
    losses = fit(chosen, samples).history["train_loss"]
    assert bound <= losses.min()
    assert losses[-50:].max() < (1 + excess) * bound < losses[0]


def test_a_higher_degree_fits_the_snake_better_by_least_squares():
    samples = training_samples(snake())
    bounds = [loss_of(samples, least_squares(*samples, degree)) for degree in (4, 6, 8)]
    assert bounds[0] > 2 * bounds[1] > 4 * bounds[2]
    assert bounds[2] < 0.001 < bounds[1]


def test_training_stops_at_the_first_evaluation_that_reaches_the_target():
    samples = training_samples(generated("sine"))
    chosen = PolynomialSettings(4, max_epochs=2000, target_loss=0.05, eval_every=7)
    result = fit(chosen, samples)
    assert result.ending is Ending.CONVERGED
    assert (result.history["train_loss"][:-1] > 0.05).all()
    assert result.history["train_loss"][-1] <= 0.05
    assert result.history["train_loss"][-1] == pytest.approx(loss_of(samples, result.weights))
    epochs = result.history["epoch"]
    np.testing.assert_array_equal(epochs, 7 * np.arange(1, len(epochs) + 1))
    np.testing.assert_array_equal(result.history["updates"], 50 * epochs)


@each_of(
    ("epoch", "loss", "ending"),
    [
        (50, 0.001, Ending.CONVERGED),
        (50, 0.0011, None),
        (100, 0.0011, Ending.EXHAUSTED),
        (100, 0.001, Ending.CONVERGED),
        (50, float("nan"), Ending.DIVERGED),
        (50, float("inf"), Ending.DIVERGED),
    ],
)
def test_the_stop_rule(epoch, loss, ending):
    chosen = PolynomialSettings(4, max_epochs=100)
    assert PolynomialEvaluation(epoch, epoch, loss, 0.5).ending(chosen) is ending


@pytest.mark.parametrize("engine", ENGINES)
def test_a_training_that_diverges_says_so(engine):
    result = fit(PolynomialSettings(2, 100.0, max_epochs=1000), problem(40), engine=engine)
    assert result.ending is Ending.DIVERGED


@each_of(
    ("changes", "message"),
    [
        ({"degree": 0}, "degree must be a whole number ≥ 1, got 0"),
        ({"learning_rate": -0.1}, "learning_rate must be a finite number > 0, got -0.1"),
        ({"learning_rate": float("inf")}, "learning_rate must be a finite"),
        ({"batch_size": 0}, "batch_size must be a whole number ≥ 1"),
        ({"max_epochs": 0}, "max_epochs must be"),
        ({"target_loss": 0.0}, "target_loss must be"),
        ({"eval_every": 0}, "eval_every must be"),
    ],
)
def test_settings_outside_their_range_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        PolynomialSettings(**{"degree": 4, **changes})


@each_of(
    ("samples", "message"),
    [
        ((np.ones((20, 2)), np.ones((20, 1))), "one input"),
        ((np.ones((20, 1)), np.ones((20, 2))), "one label each"),
        ((np.ones((20, 1)), np.ones((19, 1))), "one label each"),
        ((np.ones((0, 1)), np.ones((0, 1))), "one label each"),
        ((np.full((20, 1), 1e100), np.ones((20, 1))), "finite powers up to 4"),
        ((np.ones((9, 1)), np.ones((9, 1))), "batch_size must be at most 9"),
    ],
)
def test_samples_that_do_not_suit_are_refused(samples, message):
    with pytest.raises(InputError, match=message):
        fit(PolynomialSettings(4), samples)


def test_an_unknown_engine_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="compiled, numpy"):
        fit(PolynomialSettings(4), problem(20), engine="abacus")


def test_watching_can_end_a_training_within_an_evaluation():
    class EnoughError(Exception):
        pass

    def watch(lane, epoch):
        told.append((lane, epoch))
        if len(told) == 2:
            raise EnoughError

    told = []
    chosen = PolynomialSettings(8, max_epochs=10**9, eval_every=10**9)
    with pytest.raises(EnoughError):
        fit(chosen, training_samples(snake()), watch=watch)
    assert told == [(0, 90), (0, 180)]
