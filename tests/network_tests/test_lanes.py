"""The layout of runs in vectors: every number has its place, every update its step."""

import numpy as np
from cases import each_of

from network.engine.lanes import lanes_in_places, plan_updates, units_in_places
from network.engine.vectors import LANES
from network.two_layer import Parameters


def parameters(n_inputs, n_hidden, n_outputs):
    shapes = (n_inputs, n_hidden), (1, n_hidden), (n_hidden, n_outputs), (1, n_outputs)
    return Parameters(*(np.zeros(shape) for shape in shapes))


@each_of("shape", [(1, 4, 1), (3, 8, 2), (2, 11, 3)])
def test_vectors_of_lanes_and_vectors_of_units_hold_every_number(shape):
    like = parameters(*shape)
    size = like.flat().size
    table = np.arange(3 * size).reshape(3, size)
    filled, places = lanes_in_places([2, 0], like)
    assert filled == [2] + [0] * (LANES - 1)
    np.testing.assert_array_equal(table[places], table[filled].T)
    filled, places = units_in_places(1, like)
    assert filled == [1] * LANES
    np.testing.assert_array_equal(np.unique(table[places]), table[1])


def test_vectors_of_units_hold_a_unit_in_each_place():
    _, (_, numbers) = units_in_places(0, parameters(2, 9, 1))
    assert numbers.shape == (2 * 2 + 2 + 2 + 1, LANES)
    np.testing.assert_array_equal(numbers[0], np.arange(8))  # W1[0, :8]
    np.testing.assert_array_equal(numbers[1], [8] * 8)  # W1[0, 8], which fills the places
    np.testing.assert_array_equal(numbers[4], 18 + np.arange(8))  # B1[:8]
    np.testing.assert_array_equal(numbers[8], [36] * 8)  # B2


def test_updates_come_where_a_mini_batch_of_some_lane_ends():
    batch_sizes = np.array([2, 3, 7, *[2] * (LANES - 3)])
    ends, steps = plan_updates(batch_sizes, np.full(LANES, 6.0), 7)
    assert ends.tolist() == [2, 3, 4, 6, 7]
    assert steps[:, 0].tolist() == [-3, 0, -3, -3, -6]
    assert steps[:, 1].tolist() == [0, -2, 0, -2, -6]
    assert steps[:, 2].tolist() == [0, 0, 0, 0, -6 / 7]
