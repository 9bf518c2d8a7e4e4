"""The training of ``two_layer.py`` for eight networks in lock-step, compiled by Numba.

Each network is a *lane*. Eight lanes lie side by side in vectors (see ``vectors.py``), and the
code is that of one network, its lines with the textbook's numbers. These are the parameters of
eight lanes::

                    lane 0   lane 1   lane 2   …   lane 7
    W1[0, 0]      │   ·    │   ·    │   ·    │ … │   ·   │   one vector, one row of numbers
    W1[0, 1]      │   ·    │   ·    │   ·    │ … │   ·   │
      …                    rows run over W1 (i, j), B1 (j), W2 (j, o), B2 (o)
    B2[0]         │   ·    │   ·    │   ·    │ … │   ·   │

The lane runs fastest, then the last index of each parameter. Lanes may differ in everything but
the network's shape and the data: each has its own learning rate, batch size and order of samples.
All lanes of a vector take one sample after the other; a lane whose mini-batch ends with a sample
is updated then, and the others keep their sums.

A network that is trained alone would leave seven of eight places empty. There they are taken by
its hidden units, which only meet in the output's sum (3)::

                    unit 0   unit 1   unit 2   …   unit 7
    W1[0, :]      │   ·    │   ·    │   ·    │ … │   ·   │
    B1            │   ·    │   ·    │   ·    │ … │   ·   │   more than eight units: more vectors
    W2[:, 0]      │   ·    │   ·    │   ·    │ … │   ·   │
    B2[0]         │          the same in all places      │   as are x, y, dZ2 and the step

The lines are the same, where j now runs over vectors of units; only the sum goes through the
units one by one, in the same order. So a network gets the same results, to the last bit, in both.
Where there are fewer lanes or units than places, the last one fills the others as well.
"""

from typing import Any

import numba
import numpy as np
from numba import types

from network.activations import TRAINABLE
from network.engine.one_sample import backward, hidden, output, sample
from network.engine.vectors import LANES, as_vectors, fma, inlined, near, row, table, where
from network.training.compilation import code_number, kept_on_disk, once

UNROLLED = ((1, 4, 1),)
"""Shapes, inputs × hidden units × outputs, that have kernels of their own, twice as fast.

All vectors of such a kernel must fit into `near`.
"""


@inlined
def _views(P, n_inputs, n_hidden, n_outputs):
    """Return W1 (i, j), B1 (j), W2 (j, o) and B2 (o) in a row of parameters or gradients."""
    to_B1 = n_inputs * n_hidden
    to_W2 = to_B1 + n_hidden
    to_B2 = to_W2 + n_hidden * n_outputs
    W1, B1 = table(P, 0, n_inputs, n_hidden), row(P, to_B1, n_hidden)
    return W1, B1, table(P, to_W2, n_hidden, n_outputs), row(P, to_B2, n_outputs)


@inlined
def _shape(X, Y, n_hidden, known, alone):
    """Return the numbers of inputs, of vectors of hidden activations, of outputs, and of units.

    What is known when a kernel is compiled comes from there. The last is 0 for vectors of lanes.
    """
    n_inputs, n_outputs = known[0] or X.shape[1], known[2] or Y.shape[1]
    n_hidden = known[1] or n_hidden
    if alone:
        return n_inputs, (n_hidden + LANES - 1) // LANES, n_outputs, n_hidden
    return n_inputs, n_hidden, n_outputs, 0


@inlined
def _size(n_inputs, n_hidden, n_outputs):
    return n_inputs * n_hidden + n_hidden + n_hidden * n_outputs + n_outputs


@inlined
def _sample_views(memory, first, n_inputs, n_hidden, n_outputs):
    """Return x (i), y (o), A1 (j) and dZ2 (o) in the memory behind the first vectors."""
    to_y = first + n_inputs
    to_A1 = to_y + n_outputs
    to_dZ2 = to_A1 + n_hidden
    x, y = row(memory, first, n_inputs), row(memory, to_y, n_outputs)
    return x, y, row(memory, to_A1, n_hidden), row(memory, to_dZ2, n_outputs)


@inlined
def _train(orders, X, Y, n_hidden, ends, steps, factors, numbers, activation, known, alone):
    n_inputs, n_hidden, n_outputs, n_units = _shape(X, Y, n_hidden, known, alone)
    size = _size(n_inputs, n_hidden, n_outputs)
    n_vectors = 2 * size + n_inputs + n_hidden + 2 * n_outputs
    memory = near() if known[0] else as_vectors(np.zeros((n_vectors, LANES)))
    P, dP = row(memory, 0, size), row(memory, size, size)
    W1, B1, W2, B2 = _views(P, n_inputs, n_hidden, n_outputs)
    dW1, dB1, dW2, dB2 = _views(dP, n_inputs, n_hidden, n_outputs)
    x, y, A1, dZ2 = _sample_views(memory, 2 * size, n_inputs, n_hidden, n_outputs)
    saved, step_of_update, factor_of_epoch = (
        as_vectors(numbers),
        as_vectors(steps),
        as_vectors(factors),
    )
    for p in range(size):
        P[p] = saved[p]
        dP[p] = fma(0.0, 0.0, 0.0)
    for epoch in range(len(factors)):
        k = 0
        for u in range(len(ends)):
            while k < ends[u]:
                sample(x, X, orders[:, epoch], k)
                sample(y, Y, orders[:, epoch], k)
                hidden(x, W1, B1, A1, activation)
                output(y, A1, W2, B2, dZ2, n_units)
                backward(x, W2, A1, dZ2, dW1, dB1, dW2, dB2, activation)
                k += 1
            due = step_of_update[u] < 0.0
            step = step_of_update[u] * factor_of_epoch[epoch]
            for p in range(size):
                P[p] = where(due, fma(step, dP[p], P[p]), P[p])  # (11)
                dP[p] = where(due, 0.0, dP[p])
    for p in range(size):
        saved[p] = P[p]


@inlined
def _measure(orders, X, Y, n_hidden, numbers, losses, activation, known):
    n_inputs, n_hidden, n_outputs, _ = _shape(X, Y, n_hidden, known, 0)
    size = _size(n_inputs, n_hidden, n_outputs)
    n_vectors = size + n_inputs + n_hidden + 2 * n_outputs
    memory = near() if known[0] else as_vectors(np.zeros((n_vectors, LANES)))
    P = row(memory, 0, size)
    W1, B1, W2, B2 = _views(P, n_inputs, n_hidden, n_outputs)
    x, y, A1, dZ2 = _sample_views(memory, size, n_inputs, n_hidden, n_outputs)
    saved, total = as_vectors(numbers), fma(0.0, 0.0, 0.0)
    n_samples = orders.shape[1]
    for p in range(size):
        P[p] = saved[p]
    for k in range(n_samples):
        sample(x, X, orders, k)
        sample(y, Y, orders, k)
        hidden(x, W1, B1, A1, activation)
        output(y, A1, W2, B2, dZ2, 0)
        for o in range(n_outputs):
            total = fma(dZ2[o], dZ2[o], total)
    as_vectors(losses)[0] = total / (2.0 * n_samples)


# ---- compiled, once for each activation and unrolled shape ----------------------------------

_TABLE, _INDICES = numba.float64[:, ::1], numba.int64[::1]
_SAMPLES = types.Array(types.float64, 2, "C", readonly=True)

_TRAIN = types.void(
    *(numba.int32[:, :, ::1], _SAMPLES, _SAMPLES, types.int64),
    *(_INDICES, _TABLE, _TABLE, _TABLE),
)
_MEASURE = types.void(numba.int32[:, ::1], _SAMPLES, _SAMPLES, types.int64, _TABLE, _TABLE)

Shape = tuple[int, int, int]


def training_kernel(activation: str, shape: Shape, *, alone: bool = False) -> Any:
    """Return the function that trains a vector of networks; it is compiled or read from disk once.

    Parameters
    ----------
    activation : str
    shape : tuple
        Inputs, hidden units, outputs.
    alone : bool
        Whether the places of vectors are the hidden units of one network, not lanes.

    Returns
    -------
    train(orders, X, Y, n_hidden, ends, steps, factors, numbers)
        Trains the networks whose ``numbers`` have the shape (rows, LANES), in place. They take
        the samples of each epoch in the order ``orders[0, epoch]``, or, if there are LANES such
        rows, each in its own. After ``ends[u]`` samples of an epoch the lanes for which
        ``steps[u]`` is below 0 are updated, with this step times ``factors[epoch]``.
    """
    return _compile_training(TRAINABLE.index(activation), _known(shape), alone)


def loss_kernel(activation: str, shape: Shape) -> Any:
    """Return the function that evaluates a vector of lanes; it is compiled or read from disk once.

    Returns
    -------
    measure(orders, X, Y, n_hidden, numbers, losses)
        Writes half the mean squared error of each lane over the samples ``orders[0]``, or, if
        there are LANES such rows, each lane's own, into ``losses``, shape (1, LANES).
    """
    return _compile_measuring(TRAINABLE.index(activation), _known(shape))


def _known(shape: Shape) -> Shape:
    return shape if shape in UNROLLED else (0, 0, 0)


@once
def _compile_training(activation: int, known: Shape, alone: bool) -> Any:
    code = code_number()

    @kept_on_disk(_TRAIN)
    def train(orders, X, Y, n_hidden, ends, steps, factors, numbers):
        _ = code  # see `code_number`
        _train(orders, X, Y, n_hidden, ends, steps, factors, numbers, activation, known, alone)

    return train


@once
def _compile_measuring(activation: int, known: Shape) -> Any:
    code = code_number()

    @kept_on_disk(_MEASURE)
    def measure(orders, X, Y, n_hidden, numbers, losses):
        _ = code  # see `code_number`
        _measure(orders, X, Y, n_hidden, numbers, losses, activation, known)

    return measure
