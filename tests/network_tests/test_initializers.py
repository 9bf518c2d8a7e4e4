"""Initial weights: their distributions, and that they come from the Generator alone."""

import numpy as np
import pytest
from cases import each_of

from network.initializers import INITIALIZERS
from network.training.randomness import Stream, generator

BIG = (400, 500)


@each_of("name", INITIALIZERS)
def test_the_same_generator_gives_the_same_weights(name):
    first, second = (INITIALIZERS[name](np.random.default_rng(3), 4, 5) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (4, 5)


@each_of(
    ("name", "deviation"),
    [("zero", 0.0), ("normal", 1.0), ("xavier", np.sqrt(2 / 900)), ("he", np.sqrt(2 / 500))],
)
def test_weights_have_the_spread_of_their_formula(name, deviation):
    W = INITIALIZERS[name](np.random.default_rng(0), *BIG)
    assert W.std() == pytest.approx(deviation, rel=0.01)
    assert abs(W.mean()) <= 0.01 * max(deviation, 1e-12)


def test_xavier_stays_within_its_bound():
    W = INITIALIZERS["xavier"](np.random.default_rng(0), 1, 4)
    assert np.abs(W).max() <= np.sqrt(6 / 5)


def test_streams_and_repeats_draw_different_numbers():
    draws = {
        (repeat, stream): generator(0, repeat, stream).random()
        for repeat in range(3)
        for stream in Stream
    }
    assert len(set(draws.values())) == len(draws)
