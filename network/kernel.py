"""The training of ``two_layer.py`` for many networks in lock-step, compiled by Numba.

Each network is a *lane*. Eight lanes lie side by side in words (see ``simd.py``), and the code
is that of one network, its lines with the textbook's numbers. This is what the memory holds
while a word of lanes is trained::

                    lane 0   lane 1   lane 2   …   lane 7
    W1[0, 0]      │   ·    │   ·    │   ·    │ … │   ·   │   one word, one row of memory
    W1[0, 1]      │   ·    │   ·    │   ·    │ … │   ·   │
      …                    rows run over W1 (i, j), B1 (j), W2 (j, o), B2 (o)
    B2[0]         │   ·    │   ·    │   ·    │ … │   ·   │

The lane runs fastest, then the last index of each parameter. A word is trained through all the
epochs of a call before the next one begins, so that its parameters stay in the nearest cache.
Lanes may differ in everything but the network's shape and the data: each has its own learning
rate, batch size and order of samples. All lanes of a word take one sample after the other; a lane
whose mini-batch ends with a sample is updated then, and the others keep what they have summed up.
Where a word has fewer lanes than places, the last lane fills the others, and is ignored there.
"""

from functools import cache
from typing import Any

import numba
import numpy as np
from numba import types

from network.activations import ELU_SCALE, LEAKY_SLOPE, TRAINABLE
from network.compiling import COMPILING, code_number, kept_on_disk
from network.simd import LANES, as_words, exp, expm1, fma, inlined, log1p, where, with_lane

SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SOFTPLUS = range(len(TRAINABLE))


@inlined
def _activate(Z, activation):
    if activation == SIGMOID:
        return 1.0 / (1.0 + exp(0.0 - Z))
    if activation == TANH:
        return 2.0 / (1.0 + exp(-2.0 * Z)) - 1.0
    if activation == RELU:
        return where(Z < 0.0, 0.0, Z)
    if activation == LEAKY_RELU:
        return where(Z < 0.0, LEAKY_SLOPE * Z, Z)
    if activation == ELU:
        return where(Z > 0.0, Z, ELU_SCALE * expm1(Z))
    return where(Z < 0.0, 0.0, Z) + log1p(exp(where(Z > 0.0, 0.0 - Z, Z)))  # SOFTPLUS


@inlined
def _derivative(A, activation):
    if activation == SIGMOID:
        return A * (1.0 - A)
    if activation == TANH:
        return 1.0 - A * A
    if activation == RELU:
        return where(A > 0.0, 1.0, A * 0.0)  # NaN stays NaN
    if activation == LEAKY_RELU:
        return where(A > 0.0, 1.0, LEAKY_SLOPE)
    if activation == ELU:
        return where(A > 0.0, 1.0, A + ELU_SCALE)
    return 0.0 - expm1(0.0 - A)  # SOFTPLUS


@inlined
def rows(n):
    """Return memory for n words, as numbers of shape (n, LANES)."""
    return np.zeros((n, LANES))


@inlined
def views(P, n_inputs, n_hidden, n_outputs):
    """Return W1 (i, j), B1 (j), W2 (j, o) and B2 (o) in a row of parameters or gradients."""
    to_B1 = n_inputs * n_hidden
    to_W2 = to_B1 + n_hidden
    to_B2 = to_W2 + n_hidden * n_outputs
    W1 = P[:to_B1].reshape(n_inputs, n_hidden)
    W2 = P[to_W2:to_B2].reshape(n_hidden, n_outputs)
    return W1, P[to_B1:to_W2], W2, P[to_B2:]


@inlined
def _load(numbers, parameters, sources, order_of, first):
    """Fetch a word of lanes; tell whether all of them take the samples in the same order."""
    for place in range(LANES):
        lane = min(first + place, len(parameters) - 1)
        sources[place] = order_of[lane]
        for p in range(len(numbers)):
            numbers[p, place] = parameters[lane, p]
    return sources.min() == sources.max()


@inlined
def _sample(words, M, orders, k, sources, shared):
    """Fetch what M, inputs or labels, has for the k-th sample of each lane's order."""
    for column in range(M.shape[1]):
        word = fma(0.0, 0.0, M[orders[sources[0], k], column])
        if not shared:
            for place in range(1, LANES):
                word = with_lane(word, place, M[orders[sources[place], k], column])
        words[column] = word


@inlined
def hidden(X, W1, B1, A1, activation):
    """Compute the hidden activations of a sample."""
    for j in range(len(B1)):
        Z1 = fma(X[0], W1[0, j], B1[j])  # (1)
        for i in range(1, len(X)):
            Z1 = fma(X[i], W1[i, j], Z1)
        A1[j] = _activate(Z1, activation)  # (2)


@inlined
def _output(Y, A1, W2, B2, dZ2):
    """Compute the outputs of a sample, and how far they are from its labels."""
    for o in range(len(B2)):
        Z2 = B2[o]
        for j in range(len(A1)):
            Z2 = fma(A1[j], W2[j, o], Z2)  # (3)
        dZ2[o] = Z2 - Y[o]  # (5)


@inlined
def backward(X, W2, A1, dZ2, dW1, dB1, dW2, dB2, activation):
    """Add a sample's gradients to those of the mini-batch, without dividing by its size."""
    for o in range(len(dB2)):
        dB2[o] = dB2[o] + dZ2[o]  # (7)
    for j in range(len(dB1)):
        dW2[j, 0] = fma(A1[j], dZ2[0], dW2[j, 0])  # (6)
        dA1 = dZ2[0] * W2[j, 0]
        for o in range(1, len(dB2)):
            dW2[j, o] = fma(A1[j], dZ2[o], dW2[j, o])
            dA1 = fma(dZ2[o], W2[j, o], dA1)
        dZ1 = dA1 * _derivative(A1[j], activation)  # (8)
        dB1[j] = dB1[j] + dZ1  # (10)
        for i in range(len(X)):
            dW1[i, j] = fma(X[i], dZ1, dW1[i, j])  # (9)


@inlined
def plan_updates(ends, steps, n_samples, batch_sizes, learning_rates, first):
    """List after which samples of an epoch a lane is updated, and each lane's step -η / m there.

    A lane that isn't updated has the step 0. The last mini-batch of an epoch may be smaller.
    """
    seen = np.zeros(LANES, np.intp)
    n_updates = 0
    for end in range(1, n_samples + 1):
        due = False
        for place in range(LANES):
            lane = min(first + place, len(batch_sizes) - 1)
            seen[place] += 1
            steps[n_updates, place] = 0.0
            if seen[place] == batch_sizes[lane] or end == n_samples:
                steps[n_updates, place] = -learning_rates[lane] / seen[place]
                seen[place] = 0
                due = True
        if due:
            ends[n_updates] = end
            n_updates += 1
    return n_updates


@inlined
def _train(
    orders, order_of, X, Y, n_hidden, batch_sizes, learning_rates, factors, parameters, activation
):
    n_lanes, n_parameters = parameters.shape
    n_epochs, n_samples = orders.shape[1:]
    n_inputs, n_outputs = X.shape[1], Y.shape[1]
    numbers = rows(n_parameters)
    P, dP = as_words(numbers), as_words(rows(n_parameters))
    W1, B1, W2, B2 = views(P, n_inputs, n_hidden, n_outputs)
    dW1, dB1, dW2, dB2 = views(dP, n_inputs, n_hidden, n_outputs)
    x, y = as_words(rows(n_inputs)), as_words(rows(n_outputs))
    A1, dZ2 = as_words(rows(n_hidden)), as_words(rows(n_outputs))
    ends, step_numbers = np.zeros(n_samples, np.intp), rows(n_samples)
    factor_numbers = rows(n_epochs)
    steps, word_factors = as_words(step_numbers), as_words(factor_numbers)
    sources = np.zeros(LANES, np.uintp)
    for first in range(0, n_lanes, LANES):
        shared = _load(numbers, parameters, sources, order_of, first)
        n_updates = plan_updates(ends, step_numbers, n_samples, batch_sizes, learning_rates, first)
        for place in range(LANES):
            for epoch in range(n_epochs):
                factor_numbers[epoch, place] = factors[min(first + place, n_lanes - 1), epoch]
        for p in range(n_parameters):
            dP[p] = fma(0.0, 0.0, 0.0)
        for epoch in range(n_epochs):
            k = 0
            for u in range(n_updates):
                while k < ends[u]:
                    _sample(x, X, orders[:, epoch], k, sources, shared)
                    _sample(y, Y, orders[:, epoch], k, sources, shared)
                    hidden(x, W1, B1, A1, activation)
                    _output(y, A1, W2, B2, dZ2)
                    backward(x, W2, A1, dZ2, dW1, dB1, dW2, dB2, activation)
                    k += 1
                due = steps[u] < 0.0
                step = word_factors[epoch] * steps[u]
                for p in range(n_parameters):
                    P[p] = where(due, fma(step, dP[p], P[p]), P[p])  # (11)
                    dP[p] = where(due, 0.0, dP[p])
        for place in range(min(LANES, n_lanes - first)):
            for p in range(n_parameters):
                parameters[first + place, p] = numbers[p, place]


@inlined
def _losses(orders, order_of, X, Y, n_hidden, parameters, results, activation):
    n_lanes, n_parameters = parameters.shape
    n_samples = orders.shape[1]
    n_inputs, n_outputs = X.shape[1], Y.shape[1]
    numbers, sum_numbers = rows(n_parameters), rows(1)
    W1, B1, W2, B2 = views(as_words(numbers), n_inputs, n_hidden, n_outputs)
    x, y = as_words(rows(n_inputs)), as_words(rows(n_outputs))
    A1, dZ2 = as_words(rows(n_hidden)), as_words(rows(n_outputs))
    sums = as_words(sum_numbers)
    sources = np.zeros(LANES, np.uintp)
    for first in range(0, n_lanes, LANES):
        shared = _load(numbers, parameters, sources, order_of, first)
        sums[0] = fma(0.0, 0.0, 0.0)
        for k in range(n_samples):
            _sample(x, X, orders, k, sources, shared)
            _sample(y, Y, orders, k, sources, shared)
            hidden(x, W1, B1, A1, activation)
            _output(y, A1, W2, B2, dZ2)
            for o in range(n_outputs):
                sums[0] = fma(dZ2[o], dZ2[o], sums[0])
        for place in range(min(LANES, n_lanes - first)):
            results[first + place] = sum_numbers[0, place] / (2.0 * n_samples)


# ---- compiled, once for each activation -----------------------------------------------------

_NUMBERS, _TABLE, _INDICES = numba.float64[::1], numba.float64[:, ::1], numba.int64[::1]
_SAMPLES = types.Array(types.float64, 2, "C", readonly=True)

TRAIN = types.void(
    *(numba.int32[:, :, ::1], _INDICES, _SAMPLES, _SAMPLES),
    *(types.int64, _INDICES, _NUMBERS, _TABLE, _TABLE),
)
"""The signature of what trains lanes."""

_LOSSES = types.void(
    *(numba.int32[:, ::1], _INDICES, _SAMPLES, _SAMPLES),
    *(types.int64, _TABLE, _NUMBERS),
)


def kernels(activation: str) -> tuple[Any, Any]:
    """Return the two kernels of an activation, which are compiled or read from the disk once.

    Returns
    -------
    train(orders, order_of, X, Y, n_hidden, batch_sizes, learning_rates, factors, parameters)
        Trains all lanes in place. Lane l, whose parameters W1, B1, W2 and B2 lie one behind the
        other in ``parameters[l]``, takes the samples of each epoch in the order
        ``orders[order_of[l], epoch]``; its learning rate is then
        ``learning_rates[l] * factors[l, epoch]``.
    losses(orders, order_of, X, Y, n_hidden, parameters, results)
        Writes half the mean squared error of each lane over the samples ``orders[order_of[l]]``
        into ``results``.
    """
    with COMPILING:
        return _compile(TRAINABLE.index(activation), code_number())


@cache
def _compile(activation: int, code: int) -> tuple[Any, Any]:
    @kept_on_disk(TRAIN)
    def train(orders, order_of, X, Y, n_hidden, batch_sizes, learning_rates, factors, parameters):
        _ = code  # see `code_number`
        _train(
            *(orders, order_of, X, Y, n_hidden, batch_sizes, learning_rates),
            *(factors, parameters, activation),
        )

    @kept_on_disk(_LOSSES)
    def losses(orders, order_of, X, Y, n_hidden, parameters, results):
        _ = code  # see `code_number`
        _losses(orders, order_of, X, Y, n_hidden, parameters, results, activation)

    return train, losses
