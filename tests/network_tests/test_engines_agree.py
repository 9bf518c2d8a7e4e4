"""The compiled engine proves itself against the textbook's loop."""

from itertools import cycle, product

import numpy as np
import pytest
from counts import count, with_torture
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.activations import TRAINABLE
from network.data.datasets import Dataset, snake
from network.engine import compiled
from network.training.loop import Ending, Lane, train
from network.training.orders import SHUFFLES
from network.training.schedules import SCHEDULES
from network.training.settings import TrainingSettings

LOSSES = ["batch_loss", "train_loss", "validation_loss"]


def problem(n_inputs, n_outputs, n_train, seed=0):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n_inputs, n_outputs))
    arrays = []
    for n in (n_train, 7, 3):
        X = rng.normal(size=(n, n_inputs))
        arrays += [X, np.sin(X @ W) + rng.normal(0, 0.1, (n, n_outputs))]
    return Dataset("problem", *arrays)


def assert_equal_results(ours, textbook):
    assert ours.ending is textbook.ending
    assert (ours.engine, textbook.engine) == ("compiled", "numpy")
    for name in ("epoch", "updates"):
        np.testing.assert_array_equal(ours.history[name], textbook.history[name])
    for name in LOSSES:  # below 1e-14 a loss is all rounding, which squares to 1e-20 at most
        np.testing.assert_allclose(
            ours.history[name], textbook.history[name], rtol=1e-9, atol=1e-20
        )
    for name in ("batch_r2", "train_r2", "validation_r2"):
        np.testing.assert_allclose(ours.history[name], textbook.history[name], rtol=1e-8, atol=1e-8)
    for p, q in zip(ours.parameters, textbook.parameters, strict=True):
        assert p.shape == q.shape
        np.testing.assert_allclose(p, q, rtol=1e-7, atol=1e-9)
    assert len(ours.path) == len(ours.history)
    np.testing.assert_allclose(ours.path, textbook.path, rtol=1e-7, atol=1e-9)
    for result in (ours, textbook):
        np.testing.assert_array_equal(result.path[-1], result.parameters.flat())


@settings(
    max_examples=count("ENGINES", 3),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 3)),
    n_train=st.integers(1, 25),
    batch_size=st.one_of(st.none(), st.integers(1, 12)),
    activation=st.sampled_from(TRAINABLE),
    init=st.sampled_from(["xavier", "normal", "he"]),
    decays=st.lists(st.sampled_from(list(SCHEDULES)), min_size=1, max_size=3),
    shuffles=st.lists(st.sampled_from(list(SHUFFLES)), min_size=1, max_size=3),
    rates=st.lists(st.floats(0.001, 0.3), min_size=1, max_size=9),
    repeats=st.integers(1, 3),
    eval_every=st.integers(1, 7),
)
def test_engines_agree_on_random_problems(
    shape, n_train, batch_size, activation, init, decays, shuffles, rates, repeats, eval_every
):
    n_inputs, n_hidden, n_outputs = shape
    data = problem(n_inputs, n_outputs, n_train)
    lanes = [
        Lane.of(
            TrainingSettings(
                rate,
                batch_size and min(batch_size, n_train),
                n_hidden,
                activation=activation,
                init=init,
                max_epochs=8,
                target_loss=0.05,
                eval_every=eval_every,
                decay=decays[number % len(decays)],
                shuffle=shuffles[number % len(shuffles)],
            ),
            data,
            seed=11,
            repeat=number % repeats,
        )
        for number, rate in enumerate(rates)
    ]
    results = dict(compiled.train_pack(lanes, data))
    assert sorted(results) == list(range(len(lanes)))
    for number, lane in enumerate(lanes):
        assert_equal_results(results[number], train(lane, data))


def test_engines_agree_on_the_homework_with_every_schedule_and_order():
    data = snake()
    lanes = [
        Lane.of(
            TrainingSettings(0.5, 7, max_epochs=6, eval_every=3, decay=decay, shuffle=shuffle),
            data,
            seed=0,
            repeat=0,
        )
        for decay, shuffle in zip(SCHEDULES, cycle(SHUFFLES), strict=False)
    ]
    for number, ours in compiled.train_pack(lanes, data):
        assert_equal_results(ours, train(lanes[number], data))


def test_engines_agree_on_the_homeworks_grid():
    """Its extremes and fewer epochs; the target is one that some of the runs reach in them."""
    data = snake()
    endings = set()
    for size, rate in product((2, 15), (0.1, 0.7)):
        chosen = TrainingSettings(rate, size, max_epochs=20, eval_every=10, target_loss=0.0125)
        lane = Lane.of(chosen, data, 0, 0)
        ((_, ours),) = compiled.train_pack([lane], data)
        assert_equal_results(ours, train(lane, data))
        endings.add(ours.ending)
    assert endings == {Ending.CONVERGED, Ending.EXHAUSTED}


@pytest.mark.parametrize("activation", with_torture(TRAINABLE, *set(TRAINABLE) - {"tanh", "relu"}))
@pytest.mark.parametrize("batch_size", [1, 3, 10, None])
def test_a_lane_gives_the_same_bits_whatever_its_pack(activation, batch_size):
    data = problem(2, 2, 25)
    lanes = [
        Lane.of(
            TrainingSettings(
                0.01 + 0.005 * number,
                batch_size,
                5,
                activation=activation,
                max_epochs=30,
                eval_every=10,
                decay=list(SCHEDULES)[number % len(SCHEDULES)],
                shuffle=list(SHUFFLES)[number % len(SHUFFLES)],
            ),
            data,
            seed=0,
            repeat=number % 4,
        )
        for number in range(19)
    ]
    alone = [next(compiled.train_pack([lane], data))[1] for lane in lanes]
    for chosen in (range(19), range(18, -1, -1), range(3, 7), [5, 0], [0, 9, 3, 12, 4]):
        pack = [lanes[number] for number in chosen]
        for place, result in compiled.train_pack(pack, data):
            expected = alone[list(chosen)[place]]
            assert result.history.tobytes() == expected.history.tobytes()
            assert result.path.tobytes() == expected.path.tobytes()
            for p, q in zip(result.parameters, expected.parameters, strict=True):
                assert p.tobytes() == q.tobytes()


def test_lanes_that_are_done_leave_the_others_untouched():
    data = snake()
    lanes = [
        Lane.of(s, data, 0, 0)
        for s in (
            TrainingSettings(eta, 5, max_epochs=400, target_loss=target)
            for eta, target in ((0.5, 0.012), (0.7, 0.006), (0.3, 1e-9), (1e300, 0.001))
        )
    ]
    results = {}
    for number, result in compiled.train_pack(lanes, data):
        results[number] = result
    lengths = {number: len(result.history) for number, result in results.items()}
    assert lengths[0] < lengths[1] < lengths[2] == 8
    assert results[3].ending is Ending.DIVERGED
    for number, lane in enumerate(lanes[:3]):
        ((_, alone),) = compiled.train_pack([lane], data)
        assert results[number].history.tobytes() == alone.history.tobytes()


def test_a_run_that_diverges_says_so_in_both_engines():
    data = problem(1, 1, 20)
    lane = Lane.of(TrainingSettings(1e8, 5, activation="relu", max_epochs=100), data, 0, 0)
    ((_, ours),) = compiled.train_pack([lane], data)
    textbook = train(lane, data)
    assert ours.ending is textbook.ending is Ending.DIVERGED
    assert ours.history["epoch"].tolist() == textbook.history["epoch"].tolist()


def test_watching_can_end_a_pack_within_an_evaluation():
    class EnoughError(Exception):
        pass

    def watch(lane, epoch):
        raise EnoughError

    data = snake()
    lane = Lane.of(TrainingSettings(0.1, 2, eval_every=10_000), data, 0, 0)
    with pytest.raises(EnoughError):
        next(compiled.train_pack([lane], data, watch))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classification_is_left_to_the_textbook(task):
    assert not compiled.covers(TrainingSettings(0.1, 2, task=task))
    assert compiled.covers(TrainingSettings(0.1, 2))
