"""Plateaus are found in made-up curves that have one, and not in those that have none."""

import numpy as np
import pytest

from network.analysis.plateaus import find_plateau

EPOCHS = np.arange(50.0, 10_001.0, 50.0)


def curve(*corners):
    """Return a loss that is straight on a logarithmic scale between corners (epoch, loss)."""
    x, y = np.array(corners).T
    return np.exp(np.interp(EPOCHS, x, np.log(y)))


TWO_FALLS = curve((0, 0.1), (1000, 0.01), (4000, 0.0095), (4500, 0.004), (10_000, 0.001))


def test_the_plateau_of_a_curve_with_one_is_found():
    plateau = find_plateau(EPOCHS, TWO_FALLS)
    assert EPOCHS[plateau.start] == pytest.approx(1000, abs=100)
    assert EPOCHS[plateau.end] == pytest.approx(4000, abs=150)
    assert 4000 < EPOCHS[plateau.fallen] < 4500


def test_jumps_upwards_do_not_hide_it():
    rng = np.random.default_rng(0)
    noisy = TWO_FALLS * (1 + np.abs(rng.normal(0, 0.3, len(EPOCHS))))
    plateau = find_plateau(EPOCHS, noisy)
    assert plateau is not None
    assert EPOCHS[plateau.start] == pytest.approx(1000, abs=500)
    assert EPOCHS[plateau.end] == pytest.approx(4000, abs=500)


@pytest.mark.parametrize(
    "losses",
    [
        pytest.param(curve((0, 0.1), (10_000, 0.001)), id="even fall"),
        pytest.param(curve((0, 0.1), (10_000, 0.03)), id="slow even fall"),
        pytest.param(10 / EPOCHS, id="ever slower"),
        pytest.param(np.full(len(EPOCHS), 0.01), id="flat"),
        pytest.param(curve((0, 0.1), (1000, 0.01), (10_000, 0.0095)), id="flat to the end"),
        pytest.param(curve((0, 0.01), (4000, 0.0095), (5000, 0.001)), id="no fall before"),
        pytest.param(curve((0, 0.1), (1000, 0.01), (1500, 0.0099), (4000, 0.001)), id="short"),
        pytest.param(curve((0, 0.001), (10_000, 1.0)), id="rising"),
    ],
)
def test_a_curve_without_a_plateau_has_none(losses):
    assert find_plateau(EPOCHS, losses) is None


def test_curves_of_one_or_two_points_have_none():
    for n in (1, 2):
        assert find_plateau(EPOCHS[:n], TWO_FALLS[:n]) is None


def test_a_curve_that_diverges_has_none():
    losses = np.where(EPOCHS < 500, 0.1, np.nan)
    assert find_plateau(EPOCHS, losses) is None
    assert find_plateau(EPOCHS, np.full(len(EPOCHS), np.nan)) is None
