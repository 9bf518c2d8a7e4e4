"""Schedules of the learning rate: where they begin, how they fall, and where they end."""

import numpy as np
import pytest
from cases import each_of

from network.data.datasets import snake
from network.training.loop import Lane, train
from network.training.schedules import SCHEDULES
from network.training.settings import TrainingSettings


@each_of("n", [1, 2, 7, 100, 10_000, 1_000_003])
@each_of("name", SCHEDULES)
def test_a_schedule_begins_with_1_and_falls_but_never_to_0(name, n):
    factors = SCHEDULES[name](np.arange(n), n)
    assert (factors.shape, factors.dtype) == ((n,), np.float64)
    assert factors[0] == 1
    assert (factors > 0).all()
    assert (np.diff(factors) <= 0).all()


@each_of(
    ("name", "halfway", "last"),
    [
        ("constant", 1, 1),
        ("step", 2**-5, 2**-9),
        ("exponential", 0.1, 0.01),
        ("inverse", 1 / 6, 1 / 11),
        ("cosine", 0.5, 0),
    ],
)
def test_a_schedule_falls_as_its_formula_says(name, halfway, last):
    factors = SCHEDULES[name](np.arange(10_000), 10_000)
    assert factors[5000] == pytest.approx(halfway, rel=1e-12)
    assert factors[-1] == pytest.approx(last, rel=1e-3, abs=1e-6)


def test_steps_are_halvings_at_each_tenth():
    factors = SCHEDULES["step"](np.arange(50), 50)
    np.testing.assert_array_equal(factors, np.repeat(0.5 ** np.arange(10), 5))


@each_of("name", SCHEDULES)
def test_any_stretch_of_a_schedule_is_that_of_the_whole(name):
    whole = SCHEDULES[name](np.arange(1000), 1000)
    for start, stop in [(0, 1), (3, 20), (501, 777), (999, 1000)]:
        part = SCHEDULES[name](np.arange(start, stop), 1000)
        np.testing.assert_array_equal(part, whole[start:stop])


def test_an_epoch_is_trained_with_the_rate_of_its_schedule():
    """Full batches: epoch by epoch the same as plain trainings, each with a rate of its own."""
    data = snake()
    decaying = TrainingSettings(0.4, None, decay="inverse", max_epochs=3, eval_every=1)
    start = Lane.of(decaying, data, 0, 0)
    lane, losses = start, []
    for e in range(3):
        plain = TrainingSettings(0.4 / (1 + 10 * e / 3), None, max_epochs=1)
        result = train(Lane(plain, lane.initial, start.orders), data)
        lane = Lane(plain, result.parameters, start.orders)
        losses.append(result.history["train_loss"][-1])
    np.testing.assert_allclose(train(start, data).history["train_loss"], losses, rtol=1e-12)
