"""The compiled engine: packs of trainings, driven from Python through the kernel.

It gives the same results as the loop of ``training.py``: the same initial weights, the same
orders, the same stop rule. Sums run over samples, inputs and units in their order and are fused
with their products, where NumPy sums otherwise and rounds each product; so losses agree to 1e-9
relative, and in the homework's grid to 1e-11. Between themselves the lanes of this engine agree
to the last bit, whatever pack a lane is in.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from network.activations import TRAINABLE
from network.datasets import Dataset
from network.losses import r2_from_loss, variance
from network.training import (
    HISTORY,
    Ending,
    Evaluation,
    Lane,
    Prune,
    TrainingResult,
    TrainingSettings,
    Watch,
    never_prune,
    next_evaluation,
    no_watch,
)
from network.two_layer import Parameters

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

PACK_SIZE = 64
"""Lanes in a pack. Many keep the words full while lanes that are done leave; beyond this the gain
is small."""

FEW_LANES = 2
"""A pack of so few lanes is trained faster with hidden units in the words; see unit_kernel.py."""

_WORK_AT_ONCE = 20_000_000
"""About how many hidden activations one call of the kernel computes, in a tenth of a second."""


def covers(settings: TrainingSettings) -> bool:
    """Tell whether this engine can train what the settings describe."""
    return settings.task == "regression" and settings.activation in TRAINABLE


def pack_key(settings: TrainingSettings) -> tuple[object, ...]:
    """Return what the lanes of a pack have in common."""
    return settings.n_hidden, settings.activation, settings.max_epochs, settings.eval_every


def prepare(settings: TrainingSettings) -> None:
    """Compile what such trainings need: some seconds once after an installation, else a moment."""
    from network.kernel import kernels  # not before it is needed: Numba's import takes long

    kernels(settings.activation)


def train_pack(
    lanes: Sequence[Lane],
    dataset: Dataset,
    watch: Watch = no_watch,
    prune: Prune = never_prune,
) -> Iterator[tuple[int, TrainingResult]]:
    """Train lanes in lock-step, and give each one's result as soon as it is done.

    Parameters
    ----------
    lanes : sequence of Lane
        Of one `pack_key`.
    dataset : Dataset
    watch : callable, optional
        Is told the epochs done by each lane, several times a second.
    prune : callable, optional
        May end a lane at an evaluation; the others go on.

    Yields
    ------
    int, TrainingResult
        The lane's number in `lanes`, and how it ended.
    """
    pack = _Pack(lanes, dataset)
    histories: list[list[Evaluation]] = [[] for _ in lanes]
    seconds, epoch = np.zeros(len(lanes)), 0
    while len(pack.live):
        begun, live = time.perf_counter(), pack.live.tolist()
        until = next_evaluation(epoch, lanes[0].settings)
        while epoch < until:
            slice_end = min(until, epoch + pack.epochs_at_once)
            pack.train(epoch, slice_end)
            epoch = slice_end
            for lane in live:
                watch(lane, epoch)
        evaluations = dict(zip(live, pack.evaluate(epoch), strict=True))
        seconds[live] += (time.perf_counter() - begun) / len(live)
        for lane, evaluation in evaluations.items():
            histories[lane].append(evaluation)
            ending = evaluation.ending(lanes[lane].settings)
            if ending is None and prune(lane, epoch, evaluation.validation_loss):
                ending = Ending.PRUNED
            if ending is not None:
                parameters = pack.release(lane)
                history = np.array(histories[lane], HISTORY)
                spent = float(seconds[lane])
                yield lane, TrainingResult(ending, history, parameters, "compiled", spent)


class _Pack:
    """The lanes that are still training, and their arrays.

    Attributes
    ----------
    live : ndarray of int
        The numbers of these lanes; they are the rows of all other arrays.
    """

    def __init__(self, lanes: Sequence[Lane], dataset: Dataset) -> None:
        from network.kernel import kernels
        from network.unit_kernel import unit_kernel

        first = lanes[0].settings
        self._dataset, self._n_hidden, n_train = dataset, first.n_hidden, len(dataset.train_x)
        self._train, self._losses = kernels(first.activation)
        if len(lanes) <= FEW_LANES:
            self._train = unit_kernel(first.activation)
        self._orders = list(dict.fromkeys(lane.orders for lane in lanes))
        self.live = np.arange(len(lanes))
        self._order_of = np.array([self._orders.index(lane.orders) for lane in lanes])
        self._batch_sizes = np.array([lane.settings.batch_size or n_train for lane in lanes])
        self._learning_rates = np.array([lane.settings.learning_rate for lane in lanes])
        self._parameters = np.stack([lane.initial.flat() for lane in lanes])
        self._initial = lanes[0].initial
        self._train_variance = variance(dataset.train_y)
        self._validation_variance = variance(dataset.validation_y)

    @property
    def epochs_at_once(self) -> int:
        """How many epochs to train in one call, so that Ctrl-C is heard soon."""
        work = len(self._dataset.train_x) * self._n_hidden * len(self.live)
        return max(1, _WORK_AT_ONCE // work)

    def train(self, epoch: int, until: int) -> None:
        """Train all live lanes from one epoch to another."""
        orders = np.stack([orders.epochs(epoch, until) for orders in self._orders])
        self._train(
            orders,
            self._order_of,
            self._dataset.train_x,
            self._dataset.train_y,
            self._n_hidden,
            self._batch_sizes,
            self._learning_rates,
            self._parameters,
        )
        self._last_orders = orders[:, -1]

    def evaluate(self, epoch: int) -> list[Evaluation]:
        """Measure the live lanes after the epoch that was trained last."""
        data = self._dataset
        updates = epoch * -(-len(data.train_x) // self._batch_sizes)
        batch, batch_variance = self._on_last_batches()
        train = self._on_all(data.train_x, data.train_y)
        validation = self._on_all(data.validation_x, data.validation_y)
        rows = zip(
            *(column.tolist() for column in (updates, batch, train, validation)), strict=True
        )
        return [
            Evaluation(
                epoch,
                *(lane_updates, batch_loss, r2_from_loss(batch_loss, spread)),
                *(train_loss, r2_from_loss(train_loss, self._train_variance)),
                *(validation_loss, r2_from_loss(validation_loss, self._validation_variance)),
            )
            for (lane_updates, batch_loss, train_loss, validation_loss), spread in zip(
                rows, batch_variance, strict=True
            )
        ]

    def _on_all(self, X: Array, Y: Array) -> Array:
        """Return the loss of each live lane on a whole set."""
        orders = np.tile(np.arange(len(X), dtype=np.int32), (len(self._orders), 1))
        return self._measure(orders, np.arange(len(self.live)), X, Y)

    def _measure(self, orders: NDArray[np.int32], lanes: Indices, X: Array, Y: Array) -> Array:
        """Return the loss of some of the live lanes over the samples in their orders."""
        results = np.empty(len(lanes))
        parameters = self._parameters[lanes]
        self._losses(orders, self._order_of[lanes], X, Y, self._n_hidden, parameters, results)
        return results

    def _on_last_batches(self) -> tuple[Array, list[float]]:
        """Return the loss of each live lane on its last mini-batch, and the labels' variance."""
        X, Y = self._dataset.train_x, self._dataset.train_y
        losses, variances = np.empty(len(self.live)), [0.0] * len(self.live)
        for m in np.unique(self._batch_sizes):
            batches = np.ascontiguousarray(self._last_orders[:, (len(X) - 1) // m * m :])
            lanes = np.flatnonzero(self._batch_sizes == m)
            losses[lanes] = self._measure(batches, lanes, X, Y)
            spreads = [variance(Y[batch]) for batch in batches]
            for lane in lanes:
                variances[lane] = spreads[self._order_of[lane]]
        return losses, variances

    def release(self, lane: int) -> Parameters:
        """Let a lane leave the pack, and return its parameters."""
        place = int(np.flatnonzero(self.live == lane)[0])
        parameters = self._initial.like(self._parameters[place])
        for name in ("live", "_order_of", "_batch_sizes", "_learning_rates", "_parameters"):
            setattr(self, name, np.delete(getattr(self, name), place, axis=0))
        used, self._order_of = np.unique(self._order_of, return_inverse=True)
        self._orders = [self._orders[number] for number in used]
        return parameters
