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

from collections.abc import Callable

from numba import carray

from network.engine import LANES
from network.engine.one_sample import backward, hidden, output, sample
from network.engine.vectors import as_vectors, fma, inlined, near, row, table, where


@inlined
def _views(P, n_inputs, n_hidden, n_outputs):
    """Return W1 (i, j), B1 (j), W2 (j, o) and B2 (o) in a row of parameters or gradients."""
    to_B1 = n_inputs * n_hidden
    to_W2 = to_B1 + n_hidden
    to_B2 = to_W2 + n_hidden * n_outputs
    W1, B1 = table(P, 0, n_inputs, n_hidden), row(P, to_B1, n_hidden)
    return W1, B1, table(P, to_W2, n_hidden, n_outputs), row(P, to_B2, n_outputs)


@inlined
def _shape(n_inputs, n_hidden, n_outputs, known, alone):
    """Return the numbers of inputs, of vectors of hidden activations, of outputs, and of units.

    What is known when a kernel is compiled comes from there. The last is 0 for vectors of lanes.
    """
    n_inputs, n_hidden, n_outputs = (
        known[0] or n_inputs,
        known[1] or n_hidden,
        known[2] or n_outputs,
    )
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
def _train(orders, X, Y, ends, steps, factors, numbers, workspace, shape, activation, known):
    n_inputs, n_hidden, n_outputs, n_units = shape
    size = _size(n_inputs, n_hidden, n_outputs)
    memory = near() if known[0] else as_vectors(workspace)
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
def _measure(orders, X, Y, numbers, losses, workspace, shape, activation, known):
    n_inputs, n_hidden, n_outputs, _ = shape
    size = _size(n_inputs, n_hidden, n_outputs)
    memory = near() if known[0] else as_vectors(workspace)
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


# ---- what is compiled, for each activation and unrolled shape; `kernels.py` says what it takes


def training(activation: int, known: tuple[int, int, int], alone: bool) -> Callable[..., None]:
    """Return the function that trains a vector of networks, to be compiled."""

    # fmt: off
    def train(
        orders, X, Y, ends, steps, factors, numbers, workspace,
        n_orders, n_epochs, n_samples, n_updates, n_inputs, n_hidden, n_outputs,
    ):
        # fmt: on
        shape = _shape(n_inputs, n_hidden, n_outputs, known, alone)
        _train(
            carray(orders, (n_orders, n_epochs, n_samples)),
            carray(X, (n_samples, shape[0])),
            carray(Y, (n_samples, shape[2])),
            carray(ends, n_updates),
            carray(steps, (n_updates, LANES)),
            carray(factors, (n_epochs, LANES)),
            carray(numbers, (1, LANES)),
            carray(workspace, (1, LANES)),
            shape,
            activation,
            known,
        )

    return train


def loss(activation: int, known: tuple[int, int, int]) -> Callable[..., None]:
    """Return the function that evaluates a vector of lanes, to be compiled."""

    # fmt: off
    def measure(
        orders, X, Y, numbers, losses, workspace,
        n_orders, n_samples, n_inputs, n_hidden, n_outputs,
    ):
        # fmt: on
        shape = _shape(n_inputs, n_hidden, n_outputs, known, 0)
        _measure(
            carray(orders, (n_orders, n_samples)),
            carray(X, (n_samples, shape[0])),
            carray(Y, (n_samples, shape[2])),
            carray(numbers, (1, LANES)),
            carray(losses, (1, LANES)),
            carray(workspace, (1, LANES)),
            shape,
            activation,
            known,
        )

    return measure
