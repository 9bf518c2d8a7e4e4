"""The two-layer network, formula by formula.

::

    X ──W1,B1──▶ Z1 ──f──▶ A1 ──W2,B2──▶ Z2 ──output──▶ A2        loss(A2, Y)

    (1) Z1  = X · W1 + B1              (5) dZ2 = A2 - Y
    (2) A1  = f(Z1)                    (6) dW2 = A1ᵀ · dZ2 / m
    (3) Z2  = A1 · W2 + B2             (7) dB2 = mean of dZ2 over the batch
    (4) A2  = output(Z2)               (8) dZ1 = (dZ2 · W2ᵀ) ⊙ f'(Z1)
                                       (9) dW1 = Xᵀ · dZ1 / m
    (11) P ← P - η dP                 (10) dB1 = mean of dZ1 over the batch

(5) holds for regression with half the mean squared error, for a logistic output with the binary
cross-entropy, and for a softmax with the cross-entropy. The formulas are those of the course
(lectures 26 and 27), of microsoft/ai-edu, chapter 9.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from network.activations import Activation
from network.data.npz import read_arrays
from network.errors import InputError
from network.initializers import Initializer
from network.losses import Task

Array = NDArray[np.float64]


@dataclass
class Parameters:
    """Weights and biases, or the gradients of a loss by them.

    Attributes
    ----------
    W1 : ndarray, shape (n_inputs, n_hidden)
    B1 : ndarray, shape (1, n_hidden)
    W2 : ndarray, shape (n_hidden, n_outputs)
    B2 : ndarray, shape (1, n_outputs)
    """

    W1: Array
    B1: Array
    W2: Array
    B2: Array

    def __iter__(self) -> Iterator[Array]:
        return iter((self.W1, self.B1, self.W2, self.B2))

    def copy(self) -> "Parameters":
        """Return parameters of their own, with the same values."""
        return Parameters(*(P.copy() for P in self))

    def flat(self) -> Array:
        """Return all numbers one behind the other: W1, B1, W2, B2, each row by row."""
        return np.concatenate([P.ravel() for P in self])

    def like(self, flat: Array) -> "Parameters":
        """Return parameters of these shapes with other numbers, in the order of `flat`."""
        ends = np.cumsum([P.size for P in self])[:-1]
        parts = zip(np.split(flat, ends), self, strict=True)
        return Parameters(*(part.reshape(P.shape).copy() for part, P in parts))

    def as_dict(self) -> dict[str, Array]:
        """Return the four arrays by name."""
        return {"W1": self.W1, "B1": self.B1, "W2": self.W2, "B2": self.B2}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the four arrays as ``.npz``."""
        np.savez(path, **self.as_dict())  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Parameters":
        """Read what `save` wrote; pickled content is refused.

        Raises
        ------
        InputError
            If the file is no such ``.npz``, or its shapes don't belong together.
        """
        try:
            arrays = read_arrays(Path(path), ("W1", "B1", "W2", "B2"))
        except (OSError, InputError) as error:
            raise InputError(f"{path} holds no parameters W1, B1, W2, B2: {error}") from error
        if any(P.ndim != 2 or P.dtype.kind not in "biuf" for P in arrays.values()):
            raise InputError(f"{path}: W1, B1, W2 and B2 must be tables of real numbers.")
        W1, B1, W2, B2 = (array.astype(float) for array in arrays.values())
        n_hidden, n_outputs = W2.shape
        expected = ((W1.shape[0], n_hidden), (1, n_hidden), (1, n_outputs))
        if (W1.shape, B1.shape, B2.shape) != expected:
            raise InputError(
                f"{path}: the shapes of W1 {W1.shape}, B1 {B1.shape}, W2 {W2.shape} and "
                f"B2 {B2.shape} don't belong together."
            )
        return cls(W1, B1, W2, B2)


def initial_parameters(
    rng: np.random.Generator, initialize: Initializer, n_inputs: int, n_hidden: int, n_outputs: int
) -> Parameters:
    """Draw the weights of both layers, first W1 and then W2; biases start at 0."""
    return Parameters(
        W1=initialize(rng, n_inputs, n_hidden),
        B1=np.zeros((1, n_hidden)),
        W2=initialize(rng, n_hidden, n_outputs),
        B2=np.zeros((1, n_outputs)),
    )


@np.errstate(over="ignore", invalid="ignore")
def forward(X: Array, P: Parameters, f: Activation, task: Task) -> tuple[Array, Array]:
    """Return the hidden activations A1 and the outputs A2 of a batch X, shape (m, n_inputs)."""
    Z1 = X @ P.W1 + P.B1  # (1)  (m, n_hidden)
    A1 = f.function(Z1)  # (2)  (m, n_hidden)
    Z2 = A1 @ P.W2 + P.B2  # (3)  (m, n_outputs)
    A2 = task.output(Z2)  # (4)  (m, n_outputs)
    return A1, A2


def backward(X: Array, Y: Array, A1: Array, A2: Array, P: Parameters, f: Activation) -> Parameters:
    """Return the gradient of the batch's loss by each parameter, given what `forward` returned."""
    m = len(X)
    dZ2 = A2 - Y  # (5)  (m, n_outputs)
    dW2 = A1.T @ dZ2 / m  # (6)  (n_hidden, n_outputs)
    dB2 = dZ2.mean(axis=0, keepdims=True)  # (7)  (1, n_outputs)
    dZ1 = (dZ2 @ P.W2.T) * f.derivative(A1)  # (8)  (m, n_hidden)
    dW1 = X.T @ dZ1 / m  # (9)  (n_inputs, n_hidden)
    dB1 = dZ1.mean(axis=0, keepdims=True)  # (10) (1, n_hidden)
    return Parameters(dW1, dB1, dW2, dB2)


def update(P: Parameters, dP: Parameters, learning_rate: float) -> None:
    """Take one step of gradient descent in place, P ← P - η dP."""
    for p, dp in zip(P, dP, strict=True):
        p -= learning_rate * dp  # (11)


def predict(X: Array, P: Parameters, f: Activation, task: Task) -> Array:
    """Compute the outputs, shape (m, n_outputs), for inputs of shape (m, n_inputs)."""
    return forward(X, P, f, task)[1]
