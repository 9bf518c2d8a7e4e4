"""The lanes of a pack that are still training: their numbers, and the words that these lie in."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.data.datasets import Dataset
from network.engine.kernel import loss_kernel, training_kernel
from network.engine.layout import Places, lanes_in_places, plan_updates, units_in_places
from network.engine.vectors import LANES
from network.losses import r2_from_loss, variance
from network.training.loop import Evaluation, Lane
from network.training.orders import Orders
from network.two_layer import Parameters

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class Word(NamedTuple):
    """What is trained by one call of a kernel.

    Attributes
    ----------
    lanes : list of int
        The lane in each place.
    places : Places
        Where the word's numbers are in the pack's parameters.
    batch_sizes : ndarray, shape (LANES,)
        The mini-batch of each place.
    ends, steps : ndarray
        As `plan_updates` gives them.
    """

    lanes: list[int]
    places: Places
    batch_sizes: Indices
    ends: Indices
    steps: Array


class Pack:
    """Lanes that train in lock-step.

    Parameters
    ----------
    lanes : sequence of Lane
        Their networks have one shape and one activation.
    dataset : Dataset
    alone : bool
        Whether each has a word, or words, of its own.

    Attributes
    ----------
    live : list of int
        The numbers of the lanes that are still training.
    """

    def __init__(self, lanes: Sequence[Lane], dataset: Dataset, *, alone: bool) -> None:
        first = lanes[0]
        shape = (dataset.n_inputs, first.settings.n_hidden, dataset.n_outputs)
        self._train = training_kernel(first.settings.activation, shape, alone=alone)
        self._losses = loss_kernel(first.settings.activation, shape)
        self._lanes, self._dataset, self._alone = lanes, dataset, alone
        self._n_hidden, self._like = first.settings.n_hidden, first.initial
        self._parameters = np.stack([lane.initial.flat() for lane in lanes])
        self._variances = variance(dataset.train_y), variance(dataset.validation_y)
        self.live = list(range(len(lanes)))
        self._arrange()

    def _arrange(self) -> None:
        """Put the live lanes into words."""
        self._measured = self._trained = [
            self._word(*lanes_in_places(self.live[start : start + LANES], self._like))
            for start in range(0, len(self.live), LANES)
        ]
        if self._alone:
            self._trained = [self._word(*units_in_places(lane, self._like)) for lane in self.live]

    def _word(self, lanes: list[int], places: Places) -> Word:
        settings = [self._lanes[lane].settings for lane in lanes]
        n_samples = len(self._dataset.train_x)
        batch_sizes = np.array([s.batch_size or n_samples for s in settings])
        rates = np.array([s.learning_rate for s in settings])
        return Word(lanes, places, batch_sizes, *plan_updates(batch_sizes, rates, n_samples))

    def _orders(self, word: Word, start: int, stop: int) -> Orders:
        """Return (1, n_epochs, n_samples) if all lanes have the same orders, else (LANES, …)."""
        orders = [self._lanes[lane].orders for lane in word.lanes]
        if len(set(orders)) == 1:
            orders = orders[:1]
        return np.stack([each.epochs(start, stop) for each in orders])

    def train(self, start: int, stop: int) -> None:
        """Train all live lanes through the epochs start ≤ e < stop."""
        data = self._dataset
        one_of_each = {lane.settings.decay: lane.settings for lane in self._lanes}
        factors = {decay: s.rate_factors(start, stop) for decay, s in one_of_each.items()}
        for word in self._trained:
            numbers = np.ascontiguousarray(self._parameters[word.places])
            self._train(
                *(self._orders(word, start, stop), data.train_x, data.train_y, self._n_hidden),
                *(word.ends, word.steps),
                np.stack([factors[self._lanes[lane].settings.decay] for lane in word.lanes], 1),
                numbers,
            )
            self._parameters[word.places] = numbers

    def evaluate(self, epoch: int) -> dict[int, Evaluation]:
        """Measure each live lane after so many epochs."""
        data, evaluations = self._dataset, {}
        for word in self._measured:
            numbers = np.ascontiguousarray(self._parameters[word.places])
            batch, spreads = self._on_last_batches(word, numbers, epoch)
            train = self._on_all(data.train_x, data.train_y, numbers)
            validation = self._on_all(data.validation_x, data.validation_y, numbers)
            updates = epoch * -(-len(data.train_x) // word.batch_sizes)
            columns = (updates, batch, spreads, train, validation)
            for lane, *measured in zip(word.lanes, *(c.tolist() for c in columns), strict=True):
                evaluations[lane] = self._evaluation(epoch, *measured)
        return evaluations

    def _evaluation(
        self,
        epoch: int,
        updates: int,
        batch: float,
        spread: float,
        train: float,
        validation: float,
    ) -> Evaluation:
        of_train, of_validation = self._variances
        return Evaluation(
            *(epoch, updates, batch, r2_from_loss(batch, spread)),
            *(train, r2_from_loss(train, of_train)),
            *(validation, r2_from_loss(validation, of_validation)),
        )

    def _on_last_batches(self, word: Word, numbers: Array, epoch: int) -> tuple[Array, Array]:
        """Return the loss in each place on the lane's last mini-batch, and the labels' variance."""
        X, Y = self._dataset.train_x, self._dataset.train_y
        orders = self._orders(word, epoch - 1, epoch)[:, 0]
        losses, spreads = np.empty(LANES), np.empty(LANES)
        for m in set(word.batch_sizes.tolist()):
            batches = np.ascontiguousarray(orders[:, (len(X) - 1) // m * m :])
            of_this_size = word.batch_sizes == m
            losses[of_this_size] = self._measure(batches, X, Y, numbers)[of_this_size]
            spread = np.array([variance(Y[batch]) for batch in batches])
            spreads[of_this_size] = np.broadcast_to(spread, LANES)[of_this_size]
        return losses, spreads

    def _on_all(self, X: Array, Y: Array, numbers: Array) -> Array:
        return self._measure(np.arange(len(X), dtype=np.int32)[np.newaxis], X, Y, numbers)

    def _measure(self, orders: Orders, X: Array, Y: Array, numbers: Array) -> Array:
        """Return the loss in each place of a word over the samples in these orders."""
        losses: Array = np.empty((1, LANES))
        self._losses(orders, X, Y, self._n_hidden, numbers, losses)
        return losses.ravel()

    def release(self, lanes: Sequence[int]) -> None:
        """Let lanes leave, which are done."""
        if lanes:
            self.live = [lane for lane in self.live if lane not in lanes]
            self._arrange()

    def numbers(self, lane: int) -> Array:
        """Return a copy of a lane's parameters, as of `Parameters.flat`."""
        numbers: Array = self._parameters[lane].copy()
        return numbers

    def parameters(self, lane: int) -> Parameters:
        """Return the parameters of a lane."""
        return self._like.like(self._parameters[lane])
