"""Forward and backward of one sample, in vectors: the page of the textbook in ``two_layer.py``.

The arrays are those of the pictures in ``kernel.py``. Sums run over inputs and hidden units in
their order, and are fused with their products.
"""

import numpy as np

from network.activations import ELU_SCALE, LEAKY_SLOPE, TRAINABLE
from network.engine import LANES
from network.engine.exponentials import exp, expm1, log1p, sigmoid, tanh
from network.engine.vectors import fma, fma_of_numbers, inlined, lane, where, with_lane

SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SOFTPLUS = range(len(TRAINABLE))


@inlined
def _activate(Z, activation):
    if activation == SIGMOID:
        return sigmoid(Z)
    if activation == TANH:
        return tanh(Z)
    if activation == RELU:
        return where(Z < 0.0, 0.0, Z)
    if activation == LEAKY_RELU:
        return where(Z < 0.0, LEAKY_SLOPE * Z, Z)
    if activation == ELU:
        return where(Z > 0.0, Z, ELU_SCALE * expm1(Z))
    return where(Z < 0.0, 0.0, Z) + log1p(exp(where(Z > 0.0, -Z, Z)))  # SOFTPLUS


@inlined
def _derivative(A, activation):
    if activation == SIGMOID:
        return fma(-A, A, A)
    if activation == TANH:
        return fma(-A, A, 1.0)
    if activation == RELU:
        return where(A > 0.0, 1.0, A * 0.0)  # NaN stays NaN
    if activation == LEAKY_RELU:
        return where(A > 0.0, 1.0, LEAKY_SLOPE)
    if activation == ELU:
        return where(A > 0.0, 1.0, A + ELU_SCALE)
    return -expm1(-A)  # SOFTPLUS


@inlined
def sample(vectors, M, orders, k):
    """Fetch what M, inputs or labels, has for the k-th sample in each lane's order."""
    for column in range(len(vectors)):
        vector = fma(0.0, 0.0, M[np.uintp(orders[0, k]), column])
        if len(orders) > 1:  # else all lanes have the same
            for place in range(1, LANES):
                vector = with_lane(vector, place, M[np.uintp(orders[place, k]), column])
        vectors[column] = vector


@inlined
def hidden(X, W1, B1, A1, activation):
    """Compute the hidden activations of a sample."""
    for j in range(len(B1)):
        Z1 = fma(X[0], W1[0, j], B1[j])  # (1)
        for i in range(1, len(X)):
            Z1 = fma(X[i], W1[i, j], Z1)
        A1[j] = _activate(Z1, activation)  # (2)


@inlined
def output(Y, A1, W2, B2, dZ2, n_units):
    """Compute the outputs of a sample, and how far they are from its labels.

    Where the places are hidden units, n_units tells how many; where they are lanes, it is 0.
    """
    for o in range(len(B2)):
        dZ2[o] = B2[o]
    for j in range(len(A1)):
        for o in range(len(B2)):
            if n_units == 0:
                dZ2[o] = fma(A1[j], W2[j, o], dZ2[o])  # (3)
            else:
                dZ2[o] = _sum_over_units(A1[j], W2[j, o], dZ2[o], n_units - j * LANES)
    for o in range(len(B2)):
        dZ2[o] = dZ2[o] - Y[o]  # (5)


@inlined
def _sum_over_units(A1, W2, Z2, n_units):
    """Add A1 · W2 of the units in a vector one by one, as they are added in vectors of lanes."""
    total = lane(Z2, 0)
    for place in range(LANES):
        if place < n_units:
            total = fma_of_numbers(lane(A1, place), lane(W2, place), total)  # (3)
    return fma(0.0, 0.0, total)


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
