"""Activations: their values, their derivatives, and their behaviour far out."""

import numpy as np
import pytest
from cases import each_of

from network.activations import ACTIVATIONS, TRAINABLE, find_trainable
from network.errors import InputError

Z = np.linspace(-6, 6, 241) + 0.0123  # never exactly 0, where ReLU has a corner


@each_of("name", TRAINABLE)
def test_derivatives_agree_with_central_differences(name):
    f = ACTIVATIONS[name]
    h = 1e-6
    slope = (f.function(Z + h) - f.function(Z - h)) / (2 * h)
    np.testing.assert_allclose(f.derivative(f.function(Z)), slope, rtol=1e-7, atol=1e-9)


@each_of("name", ACTIVATIONS)
def test_no_finite_input_overflows(name):
    huge = np.array([-1e308, -800.0, -1.0, 0.0, 1.0, 800.0, 1e308])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        A = ACTIVATIONS[name].function(huge)
        slopes = ACTIVATIONS[name].derivative(A)
    assert np.isfinite(A).all()
    assert np.isfinite(slopes).all()


@each_of("name", TRAINABLE)
def test_nan_stays_nan(name):
    assert np.isnan(ACTIVATIONS[name].function(np.array([np.nan]))).all()


@each_of(
    ("name", "reference"),
    [
        ("sigmoid", lambda z: 1 / (1 + np.exp(-z))),
        ("tanh", np.tanh),
        ("relu", lambda z: z * (z > 0)),
        ("leaky_relu", lambda z: np.maximum(z, 0.01 * z)),
        ("elu", lambda z: np.where(z > 0, z, np.exp(z) - 1)),
        ("softplus", lambda z: np.log(1 + np.exp(z))),
        ("step", lambda z: np.heaviside(z, 0)),
    ],
)
def test_values_agree_with_the_plain_formulas(name, reference):
    np.testing.assert_allclose(ACTIVATIONS[name].function(Z), reference(Z), rtol=1e-12, atol=1e-15)


def test_largest_slopes_are_those_of_the_lecture():
    z = np.linspace(-5, 5, 10_001)
    largest = {n: f.derivative(f.function(z)).max() for n, f in ACTIVATIONS.items()}
    assert largest["sigmoid"] == pytest.approx(0.25)
    assert largest["tanh"] == pytest.approx(1.0)


def test_the_step_function_can_be_plotted_but_not_trained():
    np.testing.assert_array_equal(ACTIVATIONS["step"].function(np.array([-1.0, 2.0])), [0, 1])
    with pytest.raises(InputError, match="plotted but not trained"):
        find_trainable("step")


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="one of sigmoid, tanh, .* got 'swish'"):
        find_trainable("swish")
