"""Single neurons and deep chains of layers, to see what an activation does to a gradient.

They demonstrate lecture 24; the networks of the course have two layers.
"""

import numpy as np
from numpy.typing import NDArray

from network.activations import Activation
from network.initializers import Initializer
from network.two_layer import Parameters

Array = NDArray[np.float64]


def input_for(f: Activation, output: float) -> float:
    """Return the z at which a rising activation has an output, by halving an interval.

    Its outputs at -20 and at 20 must lie on both sides of it.
    """
    low, high = -20.0, 20.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        below = float(f.function(np.array(middle))) < output
        low, high = (middle, high) if below else (low, middle)
    return high


def drive(
    f: Activation,
    start: float,
    target: float,
    *,
    learning_rate: float,
    tolerance: float,
    max_steps: int = 10_000,
) -> tuple[Array, Array]:
    """Drive a neuron a = f(z) from the output `start` to `target` by gradient descent.

    The loss is (a - y)² / 2, so each step is z ← z - η (a - y) f'(z). Descent ends within
    `tolerance` of the target, or after `max_steps`.

    Returns
    -------
    z, a : ndarray, shape (steps + 1,)
        The input and the output after each step.
    """
    z = [np.asarray(input_for(f, start))]
    a = [f.function(z[0])]
    while abs(a[-1] - target) > tolerance and len(z) <= max_steps:
        z.append(z[-1] - learning_rate * (a[-1] - target) * f.derivative(a[-1]))
        a.append(f.function(z[-1]))
    return np.array(z), np.array(a)


def gradients_through_layers(
    f: Activation,
    initialize: Initializer,
    rng: np.random.Generator,
    *,
    n_layers: int,
    width: int = 100,
    n_samples: int = 20,
) -> Array:
    """Send a gradient back through layers with new weights, and measure its size.

    Forward A ← f(A · W) from normal inputs; backward G ← (G ⊙ f'(Z)) · Wᵀ from normal numbers,
    which is (8) of ``two_layer.py`` for each layer.

    Returns
    -------
    sizes : ndarray, shape (n_layers + 1,)
        The norm of G after 0, 1, …, n_layers layers, as a share of the first.
    """
    A = rng.normal(size=(n_samples, width))
    layers = []
    for _ in range(n_layers):
        W = initialize(rng, width, width)
        A = f.function(A @ W)  # (n_samples, width)
        layers.append((W, A))
    G = rng.normal(size=(n_samples, width))
    sizes = [np.linalg.norm(G)]
    for W, A in reversed(layers):
        G = (G * f.derivative(A)) @ W.T  # (n_samples, width)
        sizes.append(np.linalg.norm(G))
    shares: Array = np.array(sizes) / sizes[0]
    return shares


def dead_units(X: Array, P: Parameters, f: Activation) -> NDArray[np.bool_]:
    """Tell which hidden units are dead, shape (n_hidden,): their derivative is 0 on every sample.

    No gradient comes through them, so their weights never change again. For ReLU this means an
    activation of 0 on every sample.
    """
    A1 = f.function(X @ P.W1 + P.B1)  # (m, n_hidden)
    return np.asarray((f.derivative(A1) == 0).all(axis=0))
