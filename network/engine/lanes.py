"""The lanes of a pack that are still training: their parameters, laid out in vectors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.data.datasets import Dataset
from network.engine import LANES
from network.engine.kernels import loss_kernel, training_kernel
from network.losses import r2_from_loss, variance
from network.training.loop import Evaluation, Lane
from network.training.orders import Orders
from network.two_layer import Parameters

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Places = tuple[Indices, Indices]
"""For the numbers of a group, by rows and places: which lane's they are, and which of its own."""


class Group(NamedTuple):
    """What one call of a kernel trains: up to LANES lanes, or one lane alone."""

    lanes: list[int]  # the lane in each place
    places: Places  # of the group's numbers in the pack's parameters
    batch_sizes: Indices  # of each place, shape (LANES,)
    ends: Indices  # as `plan_updates` gives them
    steps: Array


class Pack:
    """Lanes that train in lock-step.

    Parameters
    ----------
    lanes : sequence of Lane
        Their networks have one shape and one activation.
    dataset : Dataset
    alone : bool
        Whether each lane has vectors of its own.

    Attributes
    ----------
    live : list of int
        The numbers of the lanes that are still training.
    parameters : ndarray, shape (n_lanes, n_parameters)
        The parameters of each lane, as of `Parameters.flat`.
    """

    def __init__(self, lanes: Sequence[Lane], dataset: Dataset, *, alone: bool) -> None:
        settings, self._like = lanes[0].settings, lanes[0].initial
        self._shape = (dataset.n_inputs, settings.n_hidden, dataset.n_outputs)
        self._train = training_kernel(settings.activation, self._shape, alone=alone)
        self._losses = loss_kernel(settings.activation, self._shape)
        self._lanes, self._dataset, self._alone = lanes, dataset, alone
        self.parameters = np.stack([lane.initial.flat() for lane in lanes])
        n_parameters = self.parameters.shape[1]
        self._workspace = np.empty((2 * (n_parameters + sum(self._shape)), LANES))
        self._variances = variance(dataset.train_y), variance(dataset.validation_y)
        self.keep(list(range(len(lanes))))

    def keep(self, live: list[int]) -> None:
        """Go on with these lanes only, and put them into vectors."""
        self.live = live
        self._measured = self._trained = [
            self._group(*lanes_in_places(live[start : start + LANES], self._like))
            for start in range(0, len(live), LANES)
        ]
        if self._alone:
            self._trained = [self._group(*units_in_places(lane, self._like)) for lane in live]

    def _group(self, lanes: list[int], places: Places) -> Group:
        settings = [self._lanes[lane].settings for lane in lanes]
        n_samples = len(self._dataset.train_x)
        batch_sizes = np.array([s.batch_size or n_samples for s in settings])
        rates = np.array([s.learning_rate for s in settings])
        return Group(lanes, places, batch_sizes, *plan_updates(batch_sizes, rates, n_samples))

    def _orders(self, group: Group, start: int, stop: int) -> Orders:
        """Return (1, n_epochs, n_samples) if all lanes have the same orders, else (LANES, …)."""
        orders = [self._lanes[lane].orders for lane in group.lanes]
        if len(set(orders)) == 1:
            orders = orders[:1]
        return np.stack([each.epochs(start, stop) for each in orders])

    def train(self, start: int, stop: int) -> None:
        """Train all live lanes through the epochs start ≤ e < stop."""
        data = self._dataset
        one_of_each = {lane.settings.decay: lane.settings for lane in self._lanes}
        factors = {decay: s.rate_factors(start, stop) for decay, s in one_of_each.items()}
        for group in self._trained:
            numbers = np.ascontiguousarray(self.parameters[group.places])
            orders = self._orders(group, start, stop)
            self._train(
                *(orders, data.train_x, data.train_y, group.ends, group.steps),
                np.stack([factors[self._lanes[lane].settings.decay] for lane in group.lanes], 1),
                *(numbers, self._workspace, *orders.shape, len(group.ends), *self._shape),
            )
            self.parameters[group.places] = numbers

    def evaluate(self, epoch: int) -> dict[int, Evaluation]:
        """Evaluate each live lane after a number of epochs."""
        data, evaluations = self._dataset, {}
        of_train, of_validation = self._variances
        for group in self._measured:
            numbers = np.ascontiguousarray(self.parameters[group.places])
            columns = (
                epoch * -(-len(data.train_x) // group.batch_sizes),
                *self._on_last_batches(group, numbers, epoch),
                self._on_all(data.train_x, data.train_y, numbers),
                self._on_all(data.validation_x, data.validation_y, numbers),
            )
            for lane, updates, batch, spread, train, validation in zip(
                group.lanes, *(column.tolist() for column in columns), strict=True
            ):
                evaluations[lane] = Evaluation(
                    *(epoch, updates, batch, r2_from_loss(batch, spread)),
                    *(train, r2_from_loss(train, of_train)),
                    *(validation, r2_from_loss(validation, of_validation)),
                )
        return evaluations

    def _on_last_batches(self, group: Group, numbers: Array, epoch: int) -> tuple[Array, Array]:
        """Return the loss in each place on the lane's last mini-batch, and the labels' variance."""
        X, Y = self._dataset.train_x, self._dataset.train_y
        orders = self._orders(group, epoch - 1, epoch)[:, 0]
        losses, spreads = np.empty(LANES), np.empty(LANES)
        for m in set(group.batch_sizes.tolist()):
            batches = np.ascontiguousarray(orders[:, (len(X) - 1) // m * m :])
            of_this_size = group.batch_sizes == m
            losses[of_this_size] = self._measure(batches, X, Y, numbers)[of_this_size]
            spread = np.array([variance(Y[batch]) for batch in batches])
            spreads[of_this_size] = np.broadcast_to(spread, LANES)[of_this_size]
        return losses, spreads

    def _on_all(self, X: Array, Y: Array, numbers: Array) -> Array:
        return self._measure(np.arange(len(X), dtype=np.int32)[np.newaxis], X, Y, numbers)

    def _measure(self, orders: Orders, X: Array, Y: Array, numbers: Array) -> Array:
        """Return the loss in each place of a group over the samples in these orders."""
        losses: Array = np.empty((1, LANES))
        self._losses(orders, X, Y, numbers, losses, self._workspace, *orders.shape, *self._shape)
        return losses.ravel()


def lanes_in_places(lanes: Sequence[int], like: Parameters) -> tuple[list[int], Places]:
    """Put up to LANES lanes side by side, as the first picture in ``kernel.py`` shows it.

    Returns
    -------
    list of int
        The lane in each place; the last one fills the places that are left.
    Places
        ``parameters[places]`` are the numbers of the group.
    """
    filled = [lanes[min(place, len(lanes) - 1)] for place in range(LANES)]
    rows = np.arange(like.flat().size)
    return filled, (np.array(filled)[np.newaxis], rows[:, np.newaxis])


def units_in_places(lane: int, like: Parameters) -> tuple[list[int], Places]:
    """Put the hidden units of one lane side by side; returns what `lanes_in_places` does."""
    n_hidden = like.B1.size
    n_places = -(-n_hidden // LANES) * LANES
    unit = np.minimum(np.arange(n_places), n_hidden - 1).reshape(-1, LANES)
    W1, B1, W2, B2 = like.like(np.arange(like.flat().size))  # type: ignore[arg-type]
    rows = (W1[:, unit], B1[:, unit], W2[unit].swapaxes(1, 2), np.repeat(B2.T, LANES, axis=1))
    numbers = np.concatenate([row.reshape(-1, LANES) for row in rows])
    return [lane] * LANES, (np.full_like(numbers, lane), numbers)


def plan_updates(
    batch_sizes: Indices, learning_rates: Array, n_samples: int
) -> tuple[Indices, Array]:
    """Return after which samples of an epoch some place is updated, and by which steps.

    The last mini-batch of an epoch may be smaller.

    Parameters
    ----------
    batch_sizes, learning_rates : ndarray, shape (LANES,)
        The m and the η of each place.
    n_samples : int

    Returns
    -------
    ends : ndarray, shape (n_updates,)
        The number of samples of the epoch that are done at each update.
    steps : ndarray, shape (n_updates, LANES)
        -η / m, and 0 where a place isn't updated; in a smaller mini-batch m is smaller.
    """
    done = np.arange(1, n_samples + 1)
    seen = (done[:, np.newaxis] - 1) % batch_sizes + 1
    due = (seen == batch_sizes) | (done == n_samples)[:, np.newaxis]
    updates = np.flatnonzero(due.any(axis=1))
    return done[updates], np.where(due, -learning_rates / seen, 0.0)[updates]
