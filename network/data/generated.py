"""Generated data: the two curves of the course, and small sets for its other lectures.

Each generator takes a Generator and returns a training and a test set. The course's test sets are
evenly spaced; no test set has noise.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Samples = tuple[Array, Array]  # inputs (n, n_inputs), labels (n, n_outputs)
Generated = tuple[Samples, Samples]  # to train on, to test with


def snake_function(x: Array) -> Array:
    """Return 0.4x² + 0.3x·sin(15x) + 0.01·cos(50x) - 0.3, the curve of chapter 9."""
    return 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.01 * np.cos(50 * x) - 0.3


def sine_function(x: Array) -> Array:
    """Return sin(6.28x), the curve of chapter 8."""
    return np.sin(6.28 * x)


def _curve(
    f: Callable[[Array], Array], n_train: int, noise: float, n_test: int, rng: np.random.Generator
) -> Generated:
    """Draw x uniformly on [0, 1] with noise on the labels; the test set is even and clean."""
    x = rng.uniform(0.0, 1.0, (n_train, 1))
    y = f(x) + rng.uniform(-noise, noise, (n_train, 1))
    test_x = np.linspace(0.0, 1.0, n_test).reshape(-1, 1)
    return (x, y), (test_x, f(test_x))


def hills_function(x: Array) -> Array:
    """Return 0.5·sin(3x₁) + 0.5x₂² - 0.6x₁x₃ for three inputs, shape (n, 1)."""
    return 0.5 * np.sin(3 * x[:, :1]) + 0.5 * x[:, 1:2] ** 2 - 0.6 * x[:, :1] * x[:, 2:]


def _hills(rng: np.random.Generator) -> Generated:
    x = rng.uniform(0.0, 1.0, (1000, 3))
    y = hills_function(x) + rng.uniform(-0.05, 0.05, (1000, 1))
    test_x = rng.uniform(0.0, 1.0, (200, 3))
    return (x, y), (test_x, hills_function(test_x))


def _xor(rng: np.random.Generator) -> Generated:
    """Draw points of a square whose class is 1 in two opposite quarters."""

    def draw(n: int) -> Samples:
        quarter = rng.integers(0, 2, (n, 2))
        x = 0.5 * quarter + rng.uniform(0.03, 0.47, (n, 2))
        return x, (quarter.sum(axis=1, keepdims=True) == 1).astype(float)

    return draw(500), draw(200)


def _arms(turn: float, n_classes: int, spread: float, n: int, rng: np.random.Generator) -> Samples:
    """Draw points of arms that bend round the origin, one for each class."""
    kind = rng.integers(0, n_classes, n)
    along = rng.uniform(0.2, 1.0, n)
    angle = 2 * np.pi * kind / n_classes + turn * along + rng.normal(0.0, spread, n) / along
    x = along[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return x, np.eye(n_classes)[kind]


def _arcs(rng: np.random.Generator) -> Generated:
    """Draw two interlocking half circles; one output, the class 0 or 1."""

    def draw(n: int) -> Samples:
        kind = rng.integers(0, 2, (n, 1))
        angle = rng.uniform(0.0, np.pi, (n, 1))
        upper = np.column_stack([np.cos(angle), np.sin(angle)])
        lower = np.column_stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)])
        x = np.where(kind == 0, upper, lower) + rng.normal(0.0, 0.1, (n, 2))
        return x, kind.astype(float)

    return draw(500), draw(200)


def _three_arms(rng: np.random.Generator) -> Generated:
    """Draw three arms; three outputs, of which one is 1."""
    return _arms(1.8, 3, 0.1, 750, rng), _arms(1.8, 3, 0.1, 300, rng)


NOISE = {"snake": 0.05, "sine": 0.1}
"""How far a label of a curve's training set is from the curve at most; all distances are alike."""

GENERATORS: dict[str, Callable[[np.random.Generator], Generated]] = {
    "snake": partial(_curve, snake_function, 1000, NOISE["snake"], 200),
    "sine": partial(_curve, sine_function, 500, NOISE["sine"], 100),
    "hills": _hills,
    "xor": _xor,
    "arcs": _arcs,
    "three-arms": _three_arms,
}
"""All generated data sets by name."""

CURVES = {"snake": snake_function, "sine": sine_function}
"""The functions of those whose test set is a curve: one input, evenly spaced, without noise."""

FORMULAS = {"snake": "0.4x² + 0.3x·sin(15x) + 0.01·cos(50x) − 0.3", "sine": "sin(6.28x)"}
"""The same as people write them."""
