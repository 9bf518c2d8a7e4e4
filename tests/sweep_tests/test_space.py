"""Axes become trials in a stable order, with keys that stand for what decides a result."""

import pytest
from cases import each_of

from sweep.errors import SweepError
from sweep.grid import grid

AXES = {"learning_rate": [0.1, 0.3], "batch_size": [2, None]}


def test_the_first_axis_varies_fastest_and_the_repeat_slowest():
    trials = grid(AXES, 2, {})
    assert [(t.repeat, t.params["batch_size"], t.params["learning_rate"]) for t in trials] == [
        *((0, 2, 0.1), (0, 2, 0.3), (0, None, 0.1), (0, None, 0.3)),
        *((1, 2, 0.1), (1, 2, 0.3), (1, None, 0.1), (1, None, 0.3)),
    ]


def test_keys_are_stable_across_processes_and_versions():
    (trial,) = grid({"learning_rate": [0.1], "batch_size": [2]}, 1, {"seed": 0})
    assert trial.key == "94460ea8d9f811bc4230708e74de0e85"


def test_all_keys_differ():
    assert len({t.key for t in grid(AXES, 50, {})}) == 200


def test_the_key_depends_on_every_part_of_what_decides_the_result():
    def key(axes, identity):
        return grid(axes, 1, identity)[0].key

    first = key({"a": [1], "b": [2]}, {"seed": 0})
    assert key({"b": [2], "a": [1]}, {"seed": 0}) == first  # the order of axes decides nothing
    assert key({"a": [1]}, {"seed": 0, "b": 2}) == first  # nor what is an axis
    assert key({"a": [1], "b": [3]}, {"seed": 0}) != first
    assert key({"a": [1], "b": [2]}, {"seed": 1}) != first


@each_of(
    ("axes", "repeats", "message"),
    [
        ({"a": []}, 1, "a has no values"),
        ({"a": [1, 2, 1.0]}, 1, "a has the value 1 twice"),
        ({"a": [None, None]}, 1, "a has the value full twice"),
        ({"a": [1]}, 0, "repeats must be a whole number ≥ 1, got 0"),
    ],
)
def test_grids_that_make_no_sense_are_refused(axes, repeats, message):
    with pytest.raises(SweepError, match=message):
        grid(axes, repeats, {})
