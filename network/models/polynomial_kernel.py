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

from collections.abc import Callable

from llvmlite import ir
from numba import carray, types
from numba.core.typing import signature
from numba.extending import intrinsic

from network.engine import LANES
from network.engine.vectors import as_vectors, fma, inlined


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
def _train(orders, powers, y, weights, gradient, batch_size, learning_rate, n_vectors):
    n_samples = len(y)
    X, W, dW = as_vectors(powers), as_vectors(weights), as_vectors(gradient)
    for epoch in range(len(orders)):
        order = orders[epoch]
        start = 0
        while start < n_samples:
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
            start = end


def training(n_vectors: int) -> Callable[..., None]:
    """Return the function that trains with so many vectors, to be compiled."""

    # fmt: off
    def train(
        orders, powers, y, weights, gradient, batch_size, learning_rate, n_epochs, n_samples
    ):
        # fmt: on
        _train(
            carray(orders, (n_epochs, n_samples)),
            carray(powers, (n_samples * n_vectors, LANES)),
            carray(y, n_samples),
            carray(weights, (n_vectors, LANES)),
            carray(gradient, (n_vectors, LANES)),
            batch_size,
            learning_rate,
            n_vectors,
        )

    return train
