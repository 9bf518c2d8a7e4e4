"""The orders of the samples: every epoch has each sample once, and all orders are fair."""

import itertools

import numpy as np
import pytest
from cases import each_of

from network.training.orders import SHUFFLES, EpochOrders


def test_more_samples_than_a_block_holds_still_give_orders():
    assert EpochOrders(0, 0, 100_000).epochs(1, 3).shape == (2, 100_000)


@each_of("n", [1, 2, 3, 10, 1000])
def test_every_epoch_has_every_sample_once_and_an_order_of_its_own(n):
    orders = EpochOrders(0, 0, n).epochs(0, 200)
    np.testing.assert_array_equal(np.sort(orders, axis=1), np.tile(np.arange(n), (200, 1)))
    if n == 1000:
        assert len(np.unique(orders, axis=0)) == 200


def test_seed_and_repeat_decide_the_orders():
    orders = [EpochOrders(seed, repeat, 50).epochs(0, 1) for seed in (0, 1) for repeat in (0, 1)]
    for a, b in itertools.combinations(orders, 2):
        assert (a != b).any()


@pytest.mark.parametrize("n", [4, 5])
def test_all_orders_are_equally_likely(n):
    """Chi square of the n! orders within five standard deviations of its mean."""
    orders = EpochOrders(0, 0, n).epochs(0, 100_000)
    _, counts = np.unique(orders, axis=0, return_counts=True)
    expected = len(orders) / (n_orders := 24 * (5 if n == 5 else 1))
    assert len(counts) == n_orders
    chi2 = np.sum((counts - expected) ** 2 / expected)
    assert abs(chi2 - (n_orders - 1)) < 5 * np.sqrt(2 * (n_orders - 1))


def test_each_sample_is_equally_likely_at_each_place_of_a_long_order():
    n, epochs = 100, 20_000
    orders = EpochOrders(1, 0, n).epochs(0, epochs)
    counts = np.array([np.bincount(orders[:, place], minlength=n) for place in range(n)])
    chi2 = np.sum((counts - epochs / n) ** 2 / (epochs / n))
    assert abs(chi2 - (n - 1) ** 2) < 5 * np.sqrt(2 * (n - 1) ** 2)


@pytest.mark.parametrize("shuffle", SHUFFLES)
def test_any_epochs_of_every_shuffle_are_those_of_the_whole(shuffle):
    orders = EpochOrders(3, 1, 20_000, shuffle)
    whole = orders.epochs(0, 11)
    assert (whole.shape, whole.dtype) == ((11, 20_000), np.int32)
    for start, stop in [(0, 1), (2, 9), (10, 11)]:
        np.testing.assert_array_equal(orders.epochs(start, stop), whole[start:stop])


def test_without_a_shuffle_the_samples_come_as_in_the_file():
    orders = EpochOrders(0, 0, 50, "none").epochs(7, 9)
    np.testing.assert_array_equal(orders, [np.arange(50)] * 2)
