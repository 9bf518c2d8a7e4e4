"""The loop of ``polynomial_training.py``, compiled by Numba.

A sample's powers lie side by side in vectors (see ``vectors.py``), eight in each, and so do the
weights; the last vector is filled up with zeros, which stay without effect. For degree 8::

    powers of a sample   │ x  │ x² │ x³ │ … │ x⁸ │   │ 1  │ 0  │ … │
    weights              │ w1 │ w2 │ w3 │ … │ w8 │   │ b  │ 0  │ … │
                          vector 0                      vector 1

The samples of a mini-batch don't depend on each other, so the processor has several of them in
work at once. The number of vectors is known when the kernel is compiled, so loops over them vanish:
a sample takes 8 ns instead of 13, its place in the order included.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing import signature
from numba.extending import intrinsic

from network.engine.vectors import LANES, as_vectors, fma, inlined
from network.training.compilation import code_number, kept_on_disk, once


@intrinsic
def _total(typing_context, a):
    """Return the sum of a vector's numbers, always in the same order: halves, then halves."""

    def emit(context, builder, signature, vectors):
        total, n = vectors[0], LANES
        while n > 1:
            n //= 2
            places = [
                ir.Constant(ir.VectorType(ir.IntType(32), n), list(range(first, first + n)))
                for first in (0, n)
            ]
            low, high = (builder.shuffle_vector(total, total, half) for half in places)
            total = builder.fadd(low, high)
        return builder.extract_element(total, ir.IntType(32)(0))

    return signature(types.float64, a), emit


@inlined
def _train(orders, powers, y, batch_size, learning_rate, weights, n_vectors):
    n_samples = len(y)
    X, W = as_vectors(powers), as_vectors(weights)
    dW = as_vectors(np.zeros((n_vectors, LANES)))
    for epoch in range(len(orders)):
        order = orders[epoch]
        for start in range(0, n_samples, batch_size):
            end = min(start + batch_size, n_samples)
            for p in range(n_vectors):
                dW[p] = fma(0.0, 0.0, 0.0)
            for k in range(start, end):
                row = order[k] * n_vectors
                z = X[row] * W[0]  # (1)
                for p in range(1, n_vectors):
                    z = fma(X[row + p], W[p], z)
                dz = _total(z) - y[order[k]]  # (2)
                for p in range(n_vectors):
                    dW[p] = fma(X[row + p], dz, dW[p])  # (3)
            step = -learning_rate / (end - start)
            for p in range(n_vectors):
                W[p] = fma(dW[p], step, W[p])  # (4)


# ---- compiled, once for each number of vectors ------------------------------------------------

_TABLE = numba.float64[:, ::1]
_TRAIN = types.void(
    *(types.Array(types.int32, 2, "C", readonly=True), _TABLE, numba.float64[::1]),
    *(types.int64, types.float64, _TABLE),
)


@once
def polynomial_kernel(n_vectors: int) -> Any:
    """Return the kernel for so many vectors, which is compiled or read from the disk once.

    Returns
    -------
    train(orders, powers, y, batch_size, learning_rate, weights)
        Trains the weights in place, through one epoch for each row of ``orders``. For n samples
        ``powers`` has the shape (n · n_vectors, LANES), ``y`` (n,) and ``weights``
        (n_vectors, LANES).
    """
    code = code_number()

    @kept_on_disk(_TRAIN)
    def train(orders, powers, y, batch_size, learning_rate, weights):
        _ = code  # see `code_number`
        _train(orders, powers, y, batch_size, learning_rate, weights, n_vectors)

    return train
