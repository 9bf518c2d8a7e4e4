"""Vectors compute what plain numbers compute, and their exponential is as exact as it says."""

import ctypes
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pytest
from cases import each_of

from network.engine import LANES, compilation
from network.engine.exponentials import EXP_LARGEST, EXP_SMALLEST, exp, expm1, log1p, sigmoid, tanh
from network.engine.kernels import UNROLLED, loss_kernel, training_kernel
from network.engine.vectors import NEAR, as_vectors, fma


def of_vectors(function):
    """Make a function of arrays, of any length, from a function of vectors."""

    @numba.njit(error_model="numpy")
    def apply(numbers):
        vectors = as_vectors(numbers)
        for i in range(len(vectors)):
            vectors[i] = function(vectors[i])

    def applied(values):
        padded = np.resize(values, (-(-len(values) // LANES), LANES)).astype(float)
        apply(padded)
        return padded.ravel()[: len(values)]

    return applied


def error_in_ulps(ours, exact):
    return np.max(np.abs(ours - exact) / np.spacing(np.abs(ours)))


def exact(function, x):
    """Compute with more digits, where the platform's long double has them."""
    if np.finfo(np.longdouble).nmant < 60:
        pytest.skip("long double has no more digits than double here")
    return function(x.astype(np.longdouble))


@each_of("span", [(-708, 709), (-40, 40), (-1, 1), (-1e-8, 1e-8)])
def test_exp_is_exact_to_about_one_unit_in_the_last_place(span):
    x = np.random.default_rng(0).uniform(*span, 300_000)
    assert error_in_ulps(of_vectors(exp)(x), exact(np.exp, x)) < 1.07


def test_exp_is_exact_where_its_argument_is_reduced_otherwise():
    k = np.arange(-1020, 1022)
    edges = (k + 0.5) * np.log(2)
    x = np.concatenate([np.nextafter(edges, s * np.inf) for s in (-1, 1)] + [edges, k * np.log(2)])
    x = x[(x > EXP_SMALLEST) & (x < EXP_LARGEST)]
    assert error_in_ulps(of_vectors(exp)(x), exact(np.exp, x)) < 1.07


def test_exp_far_out_keeps_its_last_value_and_nan_stays_nan():
    x = np.array([np.nan, np.inf, 710, EXP_LARGEST, -np.inf, -800, EXP_SMALLEST, 0, -0.0])
    y = of_vectors(exp)(x)
    assert np.isnan(y[0])
    assert y[1] == y[2] == y[3] < np.inf
    assert y[4] == y[5] == y[6] > np.finfo(float).tiny
    assert y[7] == y[8] == 1


def test_the_relatives_of_exp_are_exact_to_two_units():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(-30, 0, 100_000), -np.logspace(-300, 0, 10_000)])
    assert error_in_ulps(of_vectors(expm1)(x), exact(np.expm1, x)) < 2
    x = np.concatenate([rng.uniform(0, 1, 100_000), np.logspace(-300, 0, 10_000)])
    assert error_in_ulps(of_vectors(log1p)(x), exact(np.log1p, x)) < 2


def test_sigmoid_is_exact_to_three_units_and_tanh_to_two_units_of_1():
    x = np.concatenate(
        [np.random.default_rng(0).uniform(*s, 100_000) for s in ((-700, 40), (-2, 2))]
    )
    assert error_in_ulps(of_vectors(sigmoid)(x), exact(lambda z: 1 / (1 + np.exp(-z)), x)) < 3
    assert np.max(np.abs(of_vectors(tanh)(x) - exact(np.tanh, x))) < 2 * np.spacing(1.0)


def test_a_sigmoid_of_vectors_is_sane_far_out():
    y = of_vectors(sigmoid)(np.array([-np.inf, -800, -1, 0, 1, 800, np.inf, np.nan]))
    assert 0 <= y[0] == y[1] < 1e-300
    assert y[2] == pytest.approx(1 / (1 + np.e), rel=1e-15)
    assert y[3] == 0.5
    assert y[5] == y[6] == 1
    assert np.isnan(y[7])


def test_fma_rounds_once():
    @numba.njit(error_model="numpy")
    def apply(numbers):
        vectors = as_vectors(numbers)
        vectors[0] = fma(vectors[0], vectors[0], -1.0)

    e = 2.0**-30
    numbers = np.full((1, LANES), 1 + e)
    apply(numbers)
    assert (numbers == 2 * e + e * e).all()  # e² is lost where the product is rounded first


def test_lanes_of_a_vector_do_not_touch_each_other():
    x = np.random.default_rng(0).uniform(-5, 5, (LANES, LANES))
    exp_of_vectors = of_vectors(exp)
    alone = np.array([exp_of_vectors(np.full(LANES, value))[0] for value in x.ravel()])
    np.testing.assert_array_equal(exp_of_vectors(x.ravel()), alone)


def test_a_kernel_is_compiled_for_one_kind_of_arguments_only():
    for find, n_arguments in ((loss_kernel, 11), (training_kernel, 15)):
        kernel = find("sigmoid", (1, 4, 1))
        with pytest.raises(ctypes.ArgumentError, match="array must have data type int32"):
            kernel(*[np.zeros((1, 1))] * n_arguments)
        assert find("sigmoid", (1, 4, 1)) is kernel


@pytest.mark.parametrize("shape", UNROLLED)
def test_an_unrolled_kernel_holds_all_its_vectors(shape):
    n_inputs, n_hidden, n_outputs = shape
    n_parameters = (n_inputs + 1) * n_hidden + (n_hidden + 1) * n_outputs
    assert 2 * n_parameters + n_inputs + n_hidden + 2 * n_outputs <= NEAR


def test_a_change_in_any_file_that_kernels_take_functions_from_changes_the_code_number(monkeypatch):
    read, read_bytes = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path) or read_bytes(path))
    compilation._code_number.__wrapped__()
    names = {path.stem for path in read}
    assert {
        *("activations", "exponentials", "kernel", "one_sample", "vectors"),
        *("polynomial_kernel", "shuffling"),
    } <= names


def test_threads_that_need_a_kernel_at_once_share_one_compilation():
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(loss_kernel, ["tanh"] * 8, [(2, 2, 2)] * 8))
    assert all(kernel is found[0] for kernel in found)
