"""The textbook's loop with switches for the mistakes that people make in it.

With all switches as they are by default it is the loop of `network.training.loop`, and a test holds
the two together. It serves to recognise a mistake: whoever has the same losses as this loop with
one, has made that mistake, or one that comes to the same.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.activations import ACTIVATIONS, Array, sigmoid
from network.data.datasets import Dataset
from network.losses import half_mse
from network.two_layer import Parameters

Order = Callable[[int], NDArray[Any]]
"""Gives the order of the samples in an epoch, counted from 1."""

DERIVATIVES: Mapping[str, Callable[[Array, Array], Array]] = {
    "of A": lambda Z, A: A * (1 - A),  # noqa: ARG005
    "of Z": lambda Z, A: Z * (1 - Z),  # noqa: ARG005
    "sigmoid of A": lambda Z, A: sigmoid(A) * (1 - sigmoid(A)),  # noqa: ARG005
    "missing": lambda Z, A: np.ones_like(A),  # noqa: ARG005
    "of tanh": lambda Z, A: 1 - A * A,  # noqa: ARG005
}
"""What stands for the sigmoid's derivative, by Z and A."""

DIVISORS: Mapping[str, Callable[[int, int, int], float]] = {
    "samples in the batch": lambda m, size, n: m,  # noqa: ARG005
    "nothing": lambda m, size, n: 1,  # noqa: ARG005
    "batch_size": lambda m, size, n: size,  # noqa: ARG005
    "training samples": lambda m, size, n: n,  # noqa: ARG005
    "twice": lambda m, size, n: m * m,  # noqa: ARG005
}
"""What the sum of a batch's gradients is divided by."""

ORDERS: Mapping[str, Callable[[Order, int, int], NDArray[Any]]] = {
    "given": lambda orders, epoch, n: orders(epoch),  # noqa: ARG005
    "none": lambda orders, epoch, n: np.arange(n),  # noqa: ARG005
    "first": lambda orders, epoch, n: orders(1),  # noqa: ARG005
    "next": lambda orders, epoch, n: orders(epoch + 1),  # noqa: ARG005
}
"""The order of the samples in an epoch."""

BATCHES: Mapping[str, Callable[[int, int], list[slice]]] = {
    "all": lambda n, m: [slice(start, start + m) for start in range(0, n, m)],
    "whole ones": lambda n, m: [slice(start, start + m) for start in range(0, n - m + 1, m)],
    "first": lambda n, m: [slice(0, m)],  # noqa: ARG005
    "last": lambda n, m: [slice((n - 1) // m * m, n)],
    "single samples": lambda n, m: [slice(i, i + 1) for i in range(n)],  # noqa: ARG005
    "one": lambda n, m: [slice(0, n)],  # noqa: ARG005
}
"""The mini-batches of an epoch, as slices of its order."""


@dataclass(frozen=True)
class Loop:
    """The loop, with a switch for each kind of mistake.

    Attributes
    ----------
    factor : float
        What each gradient is multiplied by.
    divisor : str
        What the sums of gradients are divided by: a name in `DIVISORS`.
    undivided : str
        Names of parameters whose gradients are not divided, such as ``B1 B2``.
    constant : str
        Names of parameters that are never changed, such as ``B1 B2``.
    W2_first : bool
        Change W2 before the gradient of the hidden layer is computed with it.
    hidden : str
        The activation, a name in `ACTIVATIONS`, with its own derivative but for the sigmoid.
    derivative : str
        What stands for the sigmoid's derivative: a name in `DERIVATIVES`.
    output : str
        The function after the last layer: ``identity`` or ``sigmoid``.
    order, batches : str
        Names in `ORDERS` and `BATCHES`.
    labels_shuffled : bool
        Shuffle labels together with their inputs.
    samples : str
        What is trained on: ``training``, ``validation``, ``validation and training``, or
        ``training, then validation``.
    precision : str
        ``float64``, or float32 for the ``weights``, the ``initial`` weights or the ``data``.
    """

    factor: float = 1.0
    divisor: str = "samples in the batch"
    undivided: str = ""
    constant: str = ""
    W2_first: bool = False
    hidden: str = "sigmoid"
    derivative: str = "of A"
    output: str = "identity"
    order: str = "given"
    batches: str = "all"
    labels_shuffled: bool = True
    samples: str = "training"
    precision: str = "float64"

    def epochs(
        self, dataset: Dataset, P: Parameters, orders: Order, learning_rate: float, batch_size: int
    ) -> Iterator[int]:
        """Train the parameters in place, and give the number of each epoch that is done."""
        X, Y = self._samples(dataset)
        n, epoch = len(X), 0
        while True:
            epoch += 1
            order = self._order(orders, epoch, dataset)
            for batch in BATCHES[self.batches](len(order), batch_size):
                rows = order[batch]
                y = Y[rows] if self.labels_shuffled else Y[batch]
                self._update(X[rows], y, P, learning_rate, batch_size, n)
            yield epoch

    def output_of(self, X: Array, P: Parameters) -> Array:
        """Return what the network puts out, shape (m, n_outputs)."""
        return self._forward(X, P)[2]

    def start(self, P: Parameters) -> Parameters:
        """Return a copy of initial parameters, in the loop's precision."""
        if self.precision in ("weights", "initial"):
            P = Parameters(*(p.astype(np.float32) for p in P))  # type: ignore[arg-type]
        if self.precision == "initial":
            P = Parameters(*(p.astype(np.float64) for p in P))
        return P.copy()

    def _update(
        self, x: Array, y: Array, P: Parameters, learning_rate: float, size: int, n: int
    ) -> None:
        """Learn from one mini-batch; the formulas are those of `network.two_layer`."""
        Z1, A1, A2 = self._forward(x, P)
        divisor = DIVISORS[self.divisor](len(x), size, n) / self.factor
        m = {name: 1 / self.factor if name in self.undivided else divisor for name in P.as_dict()}
        dZ2 = A2 - y
        dW2, dB2 = A1.T @ dZ2 / m["W2"], dZ2.sum(axis=0, keepdims=True) / m["B2"]
        W2 = P.W2 - learning_rate * dW2 if self.W2_first else P.W2
        dZ1 = (dZ2 @ W2.T) * self._derivative(Z1, A1)
        dW1, dB1 = x.T @ dZ1 / m["W1"], dZ1.sum(axis=0, keepdims=True) / m["B1"]
        for name, dP in {"W1": dW1, "B1": dB1, "W2": dW2, "B2": dB2}.items():
            if name not in self.constant:
                p = getattr(P, name)
                p -= learning_rate * dP

    def _forward(self, X: Array, P: Parameters) -> tuple[Array, Array, Array]:
        if self.precision == "data":
            X = X.astype(np.float32)
        Z1 = X @ P.W1 + P.B1
        A1 = ACTIVATIONS[self.hidden].function(Z1) if self.hidden != "identity" else Z1
        Z2 = A1 @ P.W2 + P.B2
        return Z1, A1, sigmoid(Z2) if self.output == "sigmoid" else Z2

    def _derivative(self, Z1: Array, A1: Array) -> Array:
        if self.hidden == "identity":
            return np.ones_like(A1)
        if self.hidden == "sigmoid":
            return DERIVATIVES[self.derivative](Z1, A1)
        return ACTIVATIONS[self.hidden].derivative(A1)

    def _samples(self, dataset: Dataset) -> tuple[Array, Array]:
        training = dataset.train_x, dataset.train_y
        validation = dataset.validation_x, dataset.validation_y
        X, Y = {
            "training": training,
            "validation": validation,
            "validation and training": (
                np.concatenate([validation[0], training[0]]),
                np.concatenate([validation[1], training[1]]),
            ),
            "training, then validation": (
                np.concatenate([training[0], validation[0]]),
                np.concatenate([training[1], validation[1]]),
            ),
        }[self.samples]
        if self.precision == "data":
            return X.astype(np.float32), Y.astype(np.float32)
        return X, Y

    def _order(self, orders: Order, epoch: int, dataset: Dataset) -> NDArray[Any]:
        n, n_validation = len(dataset.train_x), len(dataset.validation_x)
        order = ORDERS[self.order](orders, epoch, n)
        if self.samples == "validation":
            return order[order < n_validation]
        if self.samples == "training, then validation":
            return np.concatenate([order, np.arange(n, n + n_validation)])
        return order


LOSSES: Mapping[str, Callable[[Array, Array], float]] = {
    "half mean": half_mse,
    "mean": lambda A, Y: 2 * half_mse(A, Y),
    "half sum": lambda A, Y: len(Y) * half_mse(A, Y),
    "sum": lambda A, Y: 2 * len(Y) * half_mse(A, Y),
    "quarter": lambda A, Y: half_mse(A, Y) / 2,
    "root": lambda A, Y: float(np.sqrt(2 * half_mse(A, Y))),
    "absolute": lambda A, Y: float(np.abs(A - Y).mean()),
    "all pairs": lambda A, Y: float(np.mean((A - Y.T) ** 2) / 2),
}
"""What is reported as the loss."""


@dataclass(frozen=True)
class Measure:
    """How the loss is evaluated: a name in `LOSSES`, the set, and how many epochs too early."""

    loss: str = "half mean"
    of: str = "validation"
    early: int = 0

    def __call__(self, loop: Loop, dataset: Dataset, P: Parameters) -> float:
        """Return the loss with these parameters."""
        X, Y = getattr(dataset, f"{self.of}_x"), getattr(dataset, f"{self.of}_y")
        if loop.precision == "data":
            Y = Y.astype(np.float32)
        return LOSSES[self.loss](loop.output_of(X, P), Y)
