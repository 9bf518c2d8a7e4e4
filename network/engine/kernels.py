"""Which kernels there are, by name; what they compute stands in ``kernel.py``.

Only where one must be compiled is that module imported, and Numba with it.
"""

from collections.abc import Callable
from typing import Any

from network.activations import TRAINABLE
from network.training.compilation import kernel, once

UNROLLED = ((1, 4, 1),)
"""Shapes, inputs × hidden units × outputs, that have kernels of their own, twice as fast.

All vectors of such a kernel must fit into `near`.
"""

Shape = tuple[int, int, int]

_TRAIN = f"int32* float64* float64* int64* {'float64* ' * 4} {'int64 ' * 7}"
_MEASURE = f"int32* {'float64* ' * 5} {'int64 ' * 5}"


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
        workspace, of the shape `workspace_shape`, is left with anything in it.
    """
    return _training_kernel(TRAINABLE.index(activation), _known(shape), alone)


def loss_kernel(activation: str, shape: Shape) -> Any:
    """Return the function that evaluates a vector of lanes; it is compiled or read from disk once.

    Returns
    -------
    measure(orders, X, Y, numbers, losses, workspace, n_orders, n_samples, n_inputs, n_hidden, \
n_outputs)
        Writes half the mean squared error of each lane over the samples ``orders[0]``, or, if
        there are LANES such rows, each lane's own, into ``losses``, shape (1, LANES).
    """
    return _loss_kernel(TRAINABLE.index(activation), _known(shape))


def _known(shape: Shape) -> Shape:
    return shape if shape in UNROLLED else (0, 0, 0)


@once
def _training_kernel(activation: int, known: Shape, alone: bool) -> Any:
    def code() -> Callable[..., None]:
        from network.engine.kernel import training

        return training(activation, known, alone)

    return kernel(_name("train", activation, *known, alone), _TRAIN, code)


@once
def _loss_kernel(activation: int, known: Shape) -> Any:
    def code() -> Callable[..., None]:
        from network.engine.kernel import loss

        return loss(activation, known)

    return kernel(_name("loss", activation, *known), _MEASURE, code)


def _name(name: str, *enclosed: int) -> str:
    return "-".join([name, *(str(int(number)) for number in enclosed)])
