"""Settings, the stop rule, the history, and the textbook's loop."""

import math

import numpy as np
import pytest
from cases import each_of

from network.data.datasets import Dataset, snake
from network.errors import InputError
from network.losses import half_mse, r2
from network.training.loop import HISTORY, Ending, Evaluation, Lane, accuracy_on_test_set, train
from network.training.settings import TrainingSettings


def small(n_train=20, n_inputs=1, n_outputs=1, seed=0):
    rng = np.random.default_rng(seed)
    sizes = (n_train, 5, 5)
    arrays = []
    for n in sizes:
        X = rng.normal(size=(n, n_inputs))
        arrays += [X, np.sin(X @ rng.normal(size=(n_inputs, n_outputs)))]
    return Dataset("small", *arrays)


def settings(**changes):
    return TrainingSettings(
        **{"learning_rate": 0.5, "batch_size": 10, "max_epochs": 100, **changes}
    )


@each_of(
    ("changes", "message"),
    [
        ({"learning_rate": -0.1}, "learning_rate must be a finite number > 0, got -0.1"),
        ({"learning_rate": math.nan}, "learning_rate must be"),
        ({"learning_rate": math.inf}, "learning_rate must be"),
        ({"target_loss": 0.0}, "target_loss must be"),
        ({"batch_size": 0}, "batch_size must be a whole number ≥ 1, got 0"),
        ({"n_hidden": 0}, "n_hidden must be"),
        ({"max_epochs": 0}, "max_epochs must be"),
        ({"eval_every": -1}, "eval_every must be"),
        ({"activation": "step"}, "not trained"),
        ({"init": "ones"}, "init must be one of"),
        ({"task": "ranking"}, "task must be one of"),
        ({"decay": "linear"}, "decay must be one of"),
        ({"shuffle": "riffle"}, "shuffle must be one of"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        settings(**changes)


def test_a_batch_larger_than_the_training_set_is_refused():
    with pytest.raises(InputError, match="at most 20, .* got 21; use full"):
        Lane.of(settings(batch_size=21), small(20), 0, 0)


def evaluation(**changes):
    values = dict.fromkeys(Evaluation._fields, 0.5) | {"epoch": 50, "updates": 1}
    return Evaluation(**{**values, **changes})


@each_of(
    ("changes", "ending"),
    [
        ({}, None),
        ({"validation_loss": 0.001}, Ending.CONVERGED),
        ({"validation_loss": 0.00100001}, None),
        ({"epoch": 100}, Ending.EXHAUSTED),
        ({"epoch": 100, "validation_loss": 0.0005}, Ending.CONVERGED),
        ({"train_loss": math.inf}, Ending.DIVERGED),
        ({"validation_loss": math.nan}, Ending.DIVERGED),
        ({"batch_r2": math.nan}, None),
    ],
)
def test_the_stop_rule(changes, ending):
    assert evaluation(**changes).ending(settings()) is ending


def test_the_last_epoch_is_evaluated_even_off_the_beat():
    epochs, at = [], 0
    while at < 120:
        at = settings(max_epochs=120).next_evaluation(at)
        epochs.append(at)
    assert epochs == [50, 100, 120]


def test_the_history_has_an_entry_for_each_evaluation_and_ends_with_the_final_state():
    data, chosen = snake(), settings(max_epochs=60, eval_every=25)
    result = train(Lane.of(chosen, data, 0, 0), data)
    assert result.ending is Ending.EXHAUSTED
    assert result.history.dtype == HISTORY
    assert result.history["epoch"].tolist() == [25, 50, 60]
    assert result.history["updates"].tolist() == [25 * 90, 50 * 90, 60 * 90]
    W1, B1, W2, B2 = result.parameters
    A2 = 1 / (1 + np.exp(-(data.validation_x @ W1 + B1))) @ W2 + B2
    last = result.history[-1]
    assert last["validation_loss"] == pytest.approx(half_mse(A2, data.validation_y))
    assert last["validation_r2"] == pytest.approx(r2(A2, data.validation_y))
    assert 0.3 < accuracy_on_test_set(result.parameters, chosen, data) < 1


def test_full_batches_are_plain_gradient_descent():
    data = small(20)
    result = train(Lane.of(settings(batch_size=None, max_epochs=5, eval_every=1), data, 0, 0), data)
    assert result.history["updates"].tolist() == [1, 2, 3, 4, 5]
    assert (np.diff(result.history["train_loss"]) < 0).all()
    np.testing.assert_allclose(result.history["batch_loss"], result.history["train_loss"])


def test_a_last_batch_that_is_smaller_counts_as_an_update():
    data = small(23)
    result = train(Lane.of(settings(batch_size=10, max_epochs=2), data, 0, 0), data)
    assert result.history["updates"].tolist() == [6]


def test_training_stops_at_the_target():
    data = snake()
    result = train(Lane.of(settings(target_loss=0.008, batch_size=2), data, 0, 0), data)
    assert result.ending is Ending.CONVERGED
    assert result.history[-1]["validation_loss"] <= 0.008


def test_a_rate_far_too_high_diverges_without_a_warning():
    data = small(20)
    result = train(Lane.of(settings(learning_rate=1e6, activation="relu"), data, 0, 0), data)
    assert result.ending is Ending.DIVERGED


def test_all_lanes_of_a_repeat_start_from_the_same_weights_and_see_the_same_orders():
    data = small(20)
    first, second = (Lane.of(settings(learning_rate=eta), data, 7, 3) for eta in (0.1, 0.9))
    for a, b in zip(first.initial, second.initial, strict=True):
        np.testing.assert_array_equal(a, b)
    assert first.orders == second.orders
    other = Lane.of(settings(), data, 7, 4)
    assert (other.initial.W1 != first.initial.W1).all()
    assert other.orders != first.orders


def test_training_does_not_change_its_start():
    data = small(20)
    lane = Lane.of(settings(), data, 0, 0)
    before = lane.initial.copy()
    train(lane, data)
    np.testing.assert_array_equal(lane.initial.W1, before.W1)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes_are_learned_too(task):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    inside = (X**2).sum(axis=1, keepdims=True) < 1
    Y = inside.astype(float) if task == "binary" else np.hstack([inside, ~inside]).astype(float)
    data = Dataset("ring", X[50:], Y[50:], X[:25], Y[:25], X[25:50], Y[25:50])
    chosen = settings(task=task, n_hidden=8, max_epochs=300, target_loss=1e-9)
    result = train(Lane.of(chosen, data, 0, 0), data)
    assert accuracy_on_test_set(result.parameters, chosen, data) > 0.85


def test_watching_can_end_a_training():
    class EnoughError(Exception):
        pass

    def watch(lane, epoch):
        assert lane == 0
        if epoch >= 100:
            raise EnoughError

    data = small(20)
    with pytest.raises(EnoughError):
        train(Lane.of(settings(max_epochs=10_000), data, 0, 0), data, watch)


def test_a_stop_is_heard_after_any_epoch_however_seldom_losses_are_looked_at():
    heard = []

    def watch(lane, epoch):
        heard.append(epoch)
        if epoch == 3:
            raise KeyboardInterrupt

    settings = TrainingSettings(0.1, 100, max_epochs=10**9, eval_every=10**8)
    with pytest.raises(KeyboardInterrupt):
        train(Lane.of(settings, snake(), 0, 0), snake(), watch)
    assert heard == [1, 2, 3]
