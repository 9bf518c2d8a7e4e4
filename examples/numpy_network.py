"""The course's network as a student writes it, for ``sweep assignment --objective``.

From this folder::

    sweep assignment --objective numpy_network.py:train --max-epochs 2000
    sweep grade numpy_network.py:train

It starts from the course's initial weights and sees the samples in the course's orders, so its
table is the course's, as far as rounding goes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np


def train(
    learning_rate: float,
    batch_size: int | None,
    data: Any,
    initial: Mapping[str, Any],
    orders: Callable[[int], Any],
    max_epochs: int,
) -> Iterator[tuple[int, dict[str, float]]]:
    """Train a network of two layers, and yield its losses every 50 epochs."""
    W1, B1, W2, B2 = (initial[name].copy() for name in ("W1", "B1", "W2", "B2"))
    x, y = data.train_x, data.train_y
    size = batch_size or len(x)  # None is the full batch
    for epoch in range(1, max_epochs + 1):
        order = orders(epoch)
        for start in range(0, len(x), size):
            batch = order[start : start + size]
            A1 = sigmoid(x[batch] @ W1 + B1)  # (m, n_hidden)
            dZ2 = (A1 @ W2 + B2 - y[batch]) / len(batch)  # (m, 1)
            dZ1 = dZ2 @ W2.T * A1 * (1 - A1)  # (m, n_hidden)
            W2 -= learning_rate * A1.T @ dZ2
            B2 -= learning_rate * dZ2.sum(axis=0)
            W1 -= learning_rate * x[batch].T @ dZ1
            B1 -= learning_rate * dZ1.sum(axis=0)
        if epoch % 50 == 0 or epoch == max_epochs:
            output = sigmoid(data.validation_x @ W1 + B1) @ W2 + B2
            tested = sigmoid(data.test_x @ W1 + B1) @ W2 + B2
            yield (
                epoch,
                {
                    "validation_loss": 0.5 * np.mean((output - data.validation_y) ** 2),
                    "test_r2": 1 - np.mean((tested - data.test_y) ** 2) / np.var(data.test_y),
                },
            )


def sigmoid(Z: Any) -> Any:
    """Return 1 / (1 + e^-z)."""
    return 1 / (1 + np.exp(-Z))
