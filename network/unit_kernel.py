"""The training of ``kernel.py`` for few networks: its words hold hidden units, not networks.

A network that is trained alone would leave seven of a word's eight places empty. Here the places
are taken by its hidden units, which don't know of each other but for the output's sum (3)::

                    unit 0   unit 1   unit 2   …   unit 7
    W1[0, :]      │   ·    │   ·    │   ·    │ … │   ·   │   one word, one row of memory
    B1            │   ·    │   ·    │   ·    │ … │   ·   │
    W2[:, 0]      │   ·    │   ·    │   ·    │ … │   ·   │
    B2[0]         │          the same in all places      │   as are x, y, dZ2 and the step

More than eight units take more words. Where a word has fewer units than places, the last unit
fills the others, and is ignored there. The lines are those of ``kernel.py``, where j now runs
over words of units; only the sum goes through the units one by one, in the same order. So a
network comes to the same results, to the last bit, whichever of the two trains it.
"""

from functools import cache
from typing import Any

import numpy as np

from network.activations import TRAINABLE
from network.compiling import COMPILING, code_number, kept_on_disk
from network.kernel import TRAIN, backward, hidden, plan_updates, rows, views
from network.simd import LANES, as_words, fma, fma_of_numbers, inlined


@inlined
def _words_of(n_units):
    return (n_units + LANES - 1) // LANES


@inlined
def _origins(n_inputs, n_hidden, n_outputs):
    """Tell for each place of the rows which of the network's parameters stands there."""
    n_words = _words_of(n_hidden)
    n_parameters = n_inputs * n_hidden + n_hidden + n_hidden * n_outputs + n_outputs
    n_rows = n_inputs * n_words + n_words + n_words * n_outputs + n_outputs
    W1, B1, W2, B2 = views(np.arange(n_parameters), n_inputs, n_hidden, n_outputs)
    W1_row, B1_row, W2_row, B2_row = views(np.arange(n_rows), n_inputs, n_words, n_outputs)
    origins = np.zeros((n_rows, LANES), np.intp)
    for w in range(n_words):
        for place in range(LANES):
            j = min(w * LANES + place, n_hidden - 1)
            origins[B1_row[w], place] = B1[j]
            for i in range(n_inputs):
                origins[W1_row[i, w], place] = W1[i, j]
            for o in range(n_outputs):
                origins[W2_row[w, o], place] = W2[j, o]
    for o in range(n_outputs):
        origins[B2_row[o]] = B2[o]
    return origins


@inlined
def _load(numbers, parameters, origins):
    for row in range(len(numbers)):
        for place in range(LANES):
            numbers[row, place] = parameters[origins[row, place]]


@inlined
def _store(numbers, parameters, origins):
    """Undo `_load`; places that were filled with the same parameter have stayed the same."""
    for row in range(len(numbers)):
        for place in range(LANES):
            parameters[origins[row, place]] = numbers[row, place]


@inlined
def _output_numbers(numbers, n_words, n_outputs):
    """Return the last rows, W2 and B2, as numbers (w, o, place) and (o, place)."""
    to_B2 = len(numbers) - n_outputs
    to_W2 = to_B2 - n_words * n_outputs
    return numbers[to_W2:to_B2].reshape(n_words, n_outputs, LANES), numbers[to_B2:]


@inlined
def _sample(words, M, k):
    """Fetch what M, inputs or labels, has for sample k, each number in all places of a word."""
    for column in range(M.shape[1]):
        words[column] = fma(0.0, 0.0, M[np.uintp(k), column])


@inlined
def _output(Y, A1, W2, B2, n_hidden, dZ2):
    """Compute the outputs from numbers: A1 (w, place), W2 (w, o, place) and B2 (o, place)."""
    for o in range(len(Y)):
        Z2 = B2[o, 0]
        for w in range(len(A1)):
            for place in range(LANES):
                if w * LANES + place == n_hidden:
                    break
                Z2 = fma_of_numbers(A1[w, place], W2[w, o, place], Z2)  # (3)
        dZ2[o] = Z2 - Y[o]  # (5)


@inlined
def _train(
    orders, order_of, X, Y, n_hidden, batch_sizes, learning_rates, factors, parameters, activation
):
    n_epochs, n_samples = orders.shape[1:]
    n_inputs, n_outputs, n_words = X.shape[1], Y.shape[1], _words_of(n_hidden)
    origins = _origins(n_inputs, n_hidden, n_outputs)
    n_rows = len(origins)
    numbers, A1_numbers = rows(n_rows), rows(n_words)
    P, dP = as_words(numbers), as_words(rows(n_rows))
    W1, B1, W2, _ = views(P, n_inputs, n_words, n_outputs)
    dW1, dB1, dW2, dB2 = views(dP, n_inputs, n_words, n_outputs)
    W2_numbers, B2_numbers = _output_numbers(numbers, n_words, n_outputs)
    x, y = as_words(rows(n_inputs)), as_words(rows(n_outputs))
    A1, dZ2 = as_words(A1_numbers), as_words(rows(n_outputs))
    ends, step_numbers = np.zeros(n_samples, np.intp), rows(n_samples)
    steps = as_words(step_numbers)
    for lane in range(len(parameters)):
        _load(numbers, parameters[lane], origins)
        n_updates = plan_updates(
            *(ends, step_numbers, n_samples),
            *(batch_sizes[lane : lane + 1], learning_rates[lane : lane + 1], 0),
        )
        for row in range(n_rows):
            dP[row] = fma(0.0, 0.0, 0.0)
        for epoch in range(n_epochs):
            order = orders[order_of[lane], epoch]
            factor = factors[lane, epoch]
            k = 0
            for u in range(n_updates):
                while k < ends[u]:
                    _sample(x, X, order[k])
                    _sample(y, Y, order[k])
                    hidden(x, W1, B1, A1, activation)
                    _output(y, A1_numbers, W2_numbers, B2_numbers, n_hidden, dZ2)
                    backward(x, W2, A1, dZ2, dW1, dB1, dW2, dB2, activation)
                    k += 1
                step = factor * steps[u]
                for row in range(n_rows):
                    P[row] = fma(step, dP[row], P[row])  # (11)
                    dP[row] = fma(0.0, 0.0, 0.0)
        _store(numbers, parameters[lane], origins)


def unit_kernel(activation: str) -> Any:
    """Return what trains few lanes, to be called like the first one of `kernel.kernels`."""
    with COMPILING:
        return _compile(TRAINABLE.index(activation), code_number())


@cache
def _compile(activation: int, code: int) -> Any:
    @kept_on_disk(TRAIN)
    def train(orders, order_of, X, Y, n_hidden, batch_sizes, learning_rates, factors, parameters):
        _ = code  # see `code_number`
        _train(
            *(orders, order_of, X, Y, n_hidden, batch_sizes, learning_rates),
            *(factors, parameters, activation),
        )

    return train
