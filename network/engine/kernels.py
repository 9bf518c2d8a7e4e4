"""Which kernels there are, by name; what they compute stands in ``kernel.py``.

Only where one must be compiled is that module imported, and Numba with it.
"""

import re
from importlib import import_module
from typing import Any

from network.activations import TRAINABLE
from network.engine.compilation import kernel, once

UNROLLED = ((1, 4, 1),)
"""Shapes, inputs × hidden units × outputs, that have kernels of their own, twice as fast.

All vectors of such a kernel must fit into `near`.
"""

Shape = tuple[int, int, int]


def training_kernel(activation: str, shape: Shape, *, alone: bool = False) -> Any:
    """Return the function that trains a vector of networks; it is compiled or read from disk once.

    Parameters
    ----------
    activation : str
    shape : tuple
        Inputs, hidden units, outputs.
    alone : bool
        Whether the places of vectors are the hidden units of one network, not lanes.

    Returns
    -------
    train(orders, X, Y, ends, steps, factors, numbers, workspace, n_orders, n_epochs, n_samples, \
n_updates, n_inputs, n_hidden, n_outputs)
        Trains the networks whose ``numbers`` have the shape (rows, LANES), in place. They take
        the samples of each epoch in the order ``orders[0, epoch]``, or, if there are LANES such
        rows, each in its own. After ``ends[u]`` samples of an epoch the lanes for which
        ``steps[u]`` is below 0 are updated, with this step times ``factors[epoch]``. The
        workspace, an array of twice as many rows as there are parameters, inputs, hidden units and
        outputs, is left with anything in it.
    """
    arguments = f"int32* float64* float64* int64* {'float64* ' * 4} {'int64 ' * 7}"
    number = TRAINABLE.index(activation)
    return _compiled("engine.kernel", "training", arguments, number, _known(shape), alone)


def loss_kernel(activation: str, shape: Shape) -> Any:
    """Return the function that evaluates a vector of lanes; it is compiled or read from disk once.

    Returns
    -------
    measure(orders, X, Y, numbers, losses, workspace, n_orders, n_samples, n_inputs, n_hidden, \
n_outputs)
        Writes half the mean squared error of each lane over the samples ``orders[0]``, or, if
        there are LANES such rows, each lane's own, into ``losses``, shape (1, LANES).
    """
    arguments = f"int32* {'float64* ' * 5} {'int64 ' * 5}"
    return _compiled("engine.kernel", "loss", arguments, TRAINABLE.index(activation), _known(shape))


def polynomial_kernel(n_vectors: int) -> Any:
    """Return the loop of ``polynomial_training.py`` for so many vectors of weights.

    Returns
    -------
    train(orders, powers, y, weights, gradient, batch_size, learning_rate, n_epochs, n_samples)
        Trains the weights in place, through one epoch for each row of ``orders``. For n samples
        ``powers`` has the shape (n · n_vectors, LANES), ``y`` (n,) and ``weights``
        (n_vectors, LANES), as ``gradient`` has, which is left with anything in it.
    """
    arguments = f"int32* {'float64* ' * 4} int64 float64 int64 int64"
    return _compiled("models.polynomial_kernel", "training", arguments, n_vectors)


def shuffle_kernel() -> Any:
    """Return the compiled shuffle.

    Returns
    -------
    shuffle(bits, orders, n_epochs, n_samples)
        Fills each row of ``orders``, shape (n_epochs, n_samples), with an order made of the
        random bits in the same row of ``bits``, shape (n_epochs, n_samples // 2).
    """
    return _compiled("training.shuffling", "shuffling", "uint64* int32* int64 int64")


def _known(shape: Shape) -> Shape:
    return shape if shape in UNROLLED else (0, 0, 0)


@once
def _compiled(module: str, function: str, arguments: str, *enclosed: Any) -> Any:
    """Return the kernel that a function of a module makes of the values that it encloses."""

    def code() -> Any:
        return getattr(import_module(f"network.{module}"), function)(*enclosed)

    return kernel("-".join(re.findall(r"\w+", f"{module} {function} {enclosed}")), arguments, code)
