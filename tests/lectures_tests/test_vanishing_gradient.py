"""The vanishing gradient: steps of a neuron, and gradients through layers, against the claims."""

import numpy as np
import pytest
from cases import each_of
from lectures_tests.whole import answered

from network.activations import ACTIVATIONS, TRAINABLE
from network.analysis.neurons import drive, gradients_through_layers, input_for
from network.initializers import INITIALIZERS
from studies.lectures.neurons import vanishing_gradient as study


@each_of("name", TRAINABLE)
def test_a_neuron_starts_and_ends_where_it_should_and_follows_the_gradient(name):
    f = ACTIVATIONS[name]
    z, a = drive(f, 0.9, 0.5, learning_rate=0.5, tolerance=0.01)
    assert a[0] == pytest.approx(0.9)
    assert abs(a[-1] - 0.5) <= 0.01 < abs(a[-2] - 0.5)
    np.testing.assert_array_equal(f.function(z), a)

    def loss(z):
        return (f.function(z) - 0.5) ** 2 / 2

    gradient = (loss(z[:-1] + 1e-6) - loss(z[:-1] - 1e-6)) / 2e-6
    np.testing.assert_allclose(np.diff(z), -0.5 * gradient, rtol=1e-6, atol=1e-9)


def test_a_neuron_that_never_arrives_gives_up():
    z, a = drive(ACTIVATIONS["relu"], 0.9, 0.5, learning_rate=3.0, tolerance=0.01, max_steps=50)
    assert len(z) == 51
    assert abs(a[-1] - 0.5) > 0.01


def test_the_start_is_the_inverse_of_the_activation():
    assert input_for(ACTIVATIONS["sigmoid"], 0.9) == pytest.approx(np.log(9))
    assert input_for(ACTIVATIONS["tanh"], 0.9) == pytest.approx(np.arctanh(0.9))


def test_the_sigmoid_needs_more_steps_than_tanh_and_tanh_more_than_relu():
    steps = {name: len(z) - 1 for name, (z, _) in study.descents().items()}
    assert steps["sigmoid"] > 2 * steps["tanh"]
    assert steps["tanh"] > 2 * steps["relu"]
    assert steps["relu"] == steps["leaky_relu"] == steps["elu"]


def test_gradients_through_layers_are_the_derivatives_of_what_goes_forward():
    """With one layer and one sample: the norm of the gradient against central differences."""
    f, initialize = ACTIVATIONS["sigmoid"], INITIALIZERS["xavier"]
    sizes = gradients_through_layers(
        f, initialize, np.random.default_rng(3), n_layers=1, width=4, n_samples=1
    )
    rng = np.random.default_rng(3)
    x, W, g = rng.normal(size=(1, 4)), initialize(rng, 4, 4), rng.normal(size=(1, 4))
    h = 1e-6 * np.eye(4)
    slopes = [np.sum(g * (f.function((x + e) @ W) - f.function((x - e) @ W))) / 2e-6 for e in h]
    assert sizes[1] == pytest.approx(np.linalg.norm(slopes) / np.linalg.norm(g), rel=1e-6)


def test_only_the_sigmoid_divides_a_gradient_by_four_in_each_layer():
    sizes = study.fading()
    assert (sizes["sigmoid"][1:] / sizes["sigmoid"][:-1] <= 0.25).all()
    for name in ("relu", "leaky_relu", "elu"):
        assert 0.5 < sizes[name][-1] < 10
    assert sizes["tanh"][-1] > 0.1
    assert len(sizes["relu"]) == 21


def test_the_sentences_hold_the_numbers(tmp_path):
    result = answered(study.STUDY, tmp_path)
    steps = {name: len(z) - 1 for name, (z, _) in study.descents().items()}
    first, second, third = (sentence.en for sentence in result.report.findings)
    assert f"sigmoid neuron needs {steps['sigmoid']} steps" in first
    assert f"tanh {steps['tanh']} and ReLU {steps['relu']}" in first
    assert f"divides it by {1 / study.per_layer(study.fading()['sigmoid']):.1f}" in second
    assert "tanh, ReLU, leaky ReLU and ELU" in third
