"""Searches over ranges: what they propose, and what they learn from the values."""

import math

import numpy as np
import pytest
from cases import each_of

from network.errors import InputError
from studies.search import strategies
from sweep.grid import Range

RANGES = strategies.ranges_of({"learning_rate": (0.01, 3.0), "batch_size": (5, 50)})


def valley(points):
    """Return values that are lowest at rate 0.3 and size 10."""
    return [
        1 + math.log(p["learning_rate"] / 0.3) ** 2 + ((p["batch_size"] - 10) / 20) ** 2
        for p in points
    ]


@each_of("name", strategies.STRATEGIES)
def test_all_strategies_get_the_same_number_of_trials_within_the_ranges(name):
    searches = strategies.STRATEGIES[name](RANGES, 0, valley)
    assert len(searches) == strategies.N_SEARCHES
    for steps in searches:
        assert len(steps) == strategies.n_trials(RANGES) == 16
        for step in steps:
            assert 0.01 <= step.point["learning_rate"] <= 3.0
            assert step.point["batch_size"] in range(5, 51)
            assert [step.value] == valley([step.point])


@pytest.mark.parametrize("name", strategies.STRATEGIES)
def test_equal_seeds_give_equal_proposals_and_others_do_not(name):
    first, again, other = (strategies.STRATEGIES[name](RANGES, seed, valley) for seed in (3, 3, 4))
    assert first == again
    assert first != other
    assert first[0] != first[1]


@each_of("name", strategies.STRATEGIES)
def test_the_best_so_far_never_gets_worse(name):
    searches = strategies.STRATEGIES[name](RANGES, 0, valley)
    best = strategies.best_so_far(searches)
    assert best.shape == (strategies.N_SEARCHES, 16)
    assert (np.diff(best, axis=1) <= 0).all()
    assert best[:, -1].tolist() == [min(step.value for step in steps) for steps in searches]


def test_the_grid_has_each_of_its_points_once():
    for steps in strategies.grid(RANGES, 0, valley):
        points = {tuple(step.point.values()) for step in steps}
        assert len(points) == 16
        assert {rate for rate, _ in points} == {0.01, 0.0669, 0.448, 3.0}
        assert {size for _, size in points} == {5, 20, 35, 50}


def test_tpe_begins_like_random_and_then_learns():
    by_chance, guided = (
        strategies.STRATEGIES["random"](RANGES, 0, valley),
        strategies.STRATEGIES["tpe"](RANGES, 0, valley),
    )
    for a, b in zip(by_chance, guided, strict=True):
        assert a[: strategies.STARTUP] == b[: strategies.STARTUP]
        assert a[strategies.STARTUP] != b[strategies.STARTUP]
    later = [
        np.median([step.value for steps in searches for step in steps[strategies.STARTUP :]])
        for searches in (by_chance, guided)
    ]
    assert later[1] < 0.7 * later[0]


def test_tpe_heeds_the_values():
    def mirrored(points):
        return [-value for value in valley(points)]

    one, other = (
        strategies.STRATEGIES["tpe"](RANGES, 0, valley),
        strategies.STRATEGIES["tpe"](RANGES, 0, mirrored),
    )
    assert [s.point for s in one[0]] != [s.point for s in other[0]]


@each_of("name", strategies.STRATEGIES)
def test_a_range_of_one_value_is_a_range(name):
    ranges = strategies.ranges_of({"learning_rate": (0.5, 0.5), "batch_size": (5, 8)})
    searches = strategies.STRATEGIES[name](ranges, 0, valley)
    assert {step.point["learning_rate"] for steps in searches for step in steps} == {0.5}


def test_what_is_no_range_is_refused():
    with pytest.raises(InputError, match="batch_size must be numbers > 0.* got full"):
        strategies.ranges_of({"batch_size": (5, None)})
    assert strategies.ranges_of({"batch_size": (20, 5, 10)}) == {"batch_size": Range(5, 20)}
