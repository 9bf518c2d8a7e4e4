"""The activation functions: the facts of lecture 24, and that the figures show the functions."""

import numpy as np
import pytest
from lectures_tests.whole import answered

from network.activations import ACTIVATIONS, TRAINABLE
from network.analysis.activation_facts import (
    facts,
    tanh_with_one_exponential,
    tanh_with_two_exponentials,
)
from studies.lectures.neurons import activations

KNOWN = {name: facts(f) for name, f in ACTIVATIONS.items()}


def test_the_largest_slopes_are_those_of_the_lecture():
    assert KNOWN["sigmoid"].largest_slope == pytest.approx(0.25)
    assert KNOWN["tanh"].largest_slope == pytest.approx(1)
    assert KNOWN["sigmoid"].steepest_at == KNOWN["tanh"].steepest_at == 0
    assert KNOWN["step"].largest_slope == 0


def test_the_drawn_derivatives_are_those_of_the_drawn_functions():
    """Central differences of the figure's own data; across a corner or a jump there is none."""
    z = activations.Z
    for name, (a, slope) in activations.curves().items():
        smooth = np.abs(z[1:-1]) > 0.02
        differences = (a[2:] - a[:-2]) / (z[2:] - z[:-2])
        np.testing.assert_allclose(slope[1:-1][smooth], differences[smooth], atol=5e-5)
        np.testing.assert_array_equal(a, ACTIVATIONS[name].function(z))


def test_ranges_and_means():
    ranges = {name: (each.low, each.high) for name, each in KNOWN.items()}
    assert ranges == {
        "sigmoid": (0, 1),
        "tanh": (-1, 1),
        "relu": (0, np.inf),
        "leaky_relu": (-np.inf, np.inf),
        "elu": (-1, np.inf),
        "softplus": (0, np.inf),
        "step": (0, 1),
    }
    assert [name for name, each in KNOWN.items() if each.zero_mean] == ["tanh"]
    assert KNOWN["sigmoid"].mean_output == pytest.approx(0.5)
    assert KNOWN["relu"].mean_output == pytest.approx(1 / np.sqrt(2 * np.pi), rel=1e-6)


def test_beyond_the_flat_sides_the_slope_is_under_a_twentieth_of_the_largest():
    for name in TRAINABLE:
        each, f = KNOWN[name], ACTIVATIONS[name]
        for edge, outside in ((each.flat_below, -1), (each.flat_above, 1)):
            if np.isfinite(edge):
                slopes = f.derivative(f.function(np.array([edge + 0.01 * outside, edge])))
                assert slopes[0] <= each.largest_slope / 20
    assert np.isinf([KNOWN["leaky_relu"].flat_below, KNOWN["leaky_relu"].flat_above]).all()
    assert KNOWN["sigmoid"].flat_above == pytest.approx(-KNOWN["sigmoid"].flat_below)


def test_both_forms_of_tanh_are_tanh():
    z = np.linspace(-5, 5, 101)
    for form in (tanh_with_one_exponential, tanh_with_two_exponentials):
        np.testing.assert_allclose(form(z), np.tanh(z), rtol=1e-9, atol=1e-15)


def test_the_sentence_about_cost_follows_the_measurement():
    assert "1.5 times" in activations.cost_finding(2.0, 3.0).en
    assert "cost nothing" in activations.cost_finding(3.0, 3.0).en


def test_the_report_is_whole(tmp_path):
    result = answered(activations.STUDY, tmp_path)
    assert "The slope of the sigmoid is at most 0.25," in result.report.findings[0].en
    assert "Zero-centred: tanh;" in result.report.findings[1].en
    assert "0.25" in (tmp_path / "report.md").read_text()
