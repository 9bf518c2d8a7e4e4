"""A PyTorch module on the course's data, for ``sweep assignment --objective``.

From this folder, with PyTorch installed (``pip install torch``)::

    sweep assignment --objective torch_network.py:train --max-epochs 2000
    sweep run torch_network.py:train --axis momentum=0,0.9 --axis learning_rate=0.1,0.3

It starts from the course's initial weights and sees the samples in the course's orders, so without
momentum its table is the course's, as far as rounding goes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn


def train(
    learning_rate: float,
    data: Any,
    initial: Mapping[str, Any],
    orders: Callable[[int], Any],
    max_epochs: int,
    batch_size: int | None = 10,
    momentum: float = 0.0,
) -> Iterator[tuple[int, dict[str, float]]]:
    """Train a network of two layers, and yield its losses every 50 epochs."""
    torch.set_num_threads(1)  # each trial has a process of its own
    names = ("train_x", "train_y", "validation_x", "validation_y", "test_x", "test_y")
    x, y, validation_x, validation_y, test_x, test_y = (
        torch.from_numpy(getattr(data, name).copy()) for name in names
    )
    network = network_of(initial)
    optimizer = torch.optim.SGD(network.parameters(), lr=learning_rate, momentum=momentum)
    size = batch_size or len(x)  # None is the full batch
    for epoch in range(1, max_epochs + 1):
        order = torch.from_numpy(orders(epoch).astype("int64"))
        for batch in order.split(size):
            optimizer.zero_grad()
            half_mse(network(x[batch]), y[batch]).backward()
            optimizer.step()
        if epoch % 50 == 0 or epoch == max_epochs:
            with torch.no_grad():
                validation_loss = half_mse(network(validation_x), validation_y)
                rest = half_mse(network(test_x), test_y)
            variance = 0.5 * test_y.var(unbiased=False)
            yield (
                epoch,
                {
                    "validation_loss": validation_loss.item(),
                    "test_r2": (1 - rest / variance).item(),
                },
            )


def network_of(initial: Mapping[str, Any]) -> nn.Sequential:
    """Return the network with the course's initial weights; PyTorch keeps them transposed."""
    n_inputs, n_hidden = initial["W1"].shape
    n_outputs = initial["W2"].shape[1]
    network = nn.Sequential(
        nn.Linear(n_inputs, n_hidden), nn.Sigmoid(), nn.Linear(n_hidden, n_outputs)
    ).double()
    for layer, weights, biases in ((network[0], "W1", "B1"), (network[2], "W2", "B2")):
        layer.weight.data = torch.from_numpy(initial[weights].T.copy())
        layer.bias.data = torch.from_numpy(initial[biases].ravel().copy())
    return network


def half_mse(output: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return half the mean squared error, the course's loss."""
    return 0.5 * ((output - labels) ** 2).sum(dim=1).mean()
