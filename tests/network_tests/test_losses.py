"""Losses and accuracies, against hand-made numbers and their definitions."""

import numpy as np
import pytest
from cases import each_of

from network.losses import TASKS, accuracy, half_mse, r2, softmax


def column(*values):
    return np.array(values, float).reshape(-1, 1)


def test_the_loss_of_regression_has_the_factor_one_half():
    assert half_mse(column(1, 2), column(0, 0)) == pytest.approx((1 + 4) / 4)


def test_r2_is_one_for_a_perfect_fit_and_zero_for_the_mean():
    y = column(1, 2, 3, 6)
    assert r2(y, y) == 1
    assert r2(np.full_like(y, y.mean()), y) == pytest.approx(0)


def test_r2_is_undefined_for_constant_labels():
    assert np.isnan(r2(column(0.1, 0.2), column(0.1, 0.1)))


@each_of("values", [(1e300, -1e300), (1e-200, 2e-200), (0.1, 0.1, 0.1)])
def test_labels_of_any_size_give_an_r2_without_an_error(values):
    Y = column(*values)
    assert np.isnan(r2(Y + Y, Y)) or r2(Y + Y, Y) < 1


def test_r2_of_several_outputs_joins_them():
    Y = np.array([[0.0, 10.0], [2.0, 30.0]])
    A2 = np.array([[0.0, 12.0], [1.0, 30.0]])
    assert r2(A2, Y) == pytest.approx(1 - (4 + 1) / (1 + 1 + 100 + 100))


def test_accuracy_counts_right_classes():
    assert accuracy(column(0.2, 0.7, 0.6), column(0, 1, 0)) == pytest.approx(2 / 3)
    Y = np.eye(3)
    assert accuracy(Y[[0, 1, 1]], Y) == pytest.approx(2 / 3)


def test_softmax_is_a_distribution_even_far_out():
    A2 = softmax(np.array([[1e4, 0.0, -1e4], [1.0, 1.0, 1.0]]))
    np.testing.assert_allclose(A2.sum(axis=1), 1)
    np.testing.assert_allclose(A2[1], 1 / 3)


@each_of("name", ["binary", "multiclass"])
def test_cross_entropies_are_finite_for_certain_and_wrong_outputs(name):
    A2, Y = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    assert 100 < TASKS[name].loss(A2, Y) < np.inf
    assert TASKS[name].loss(Y, Y) == pytest.approx(0)
