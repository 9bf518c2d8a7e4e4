"""The same training as in ``training.py``, for a pack of trials in lock-step, compiled by Numba.

Layout
------
The trials of a pack are its *lanes*. They share the batch size and the network's shape, and each
has learning rate, initial weights and orders of its own. All arrays end in a place p that runs
over the hidden units j and, fastest, over the lanes::

    place p       0     1     2     3     4     5     6     7     8   …    = j · n_lanes + lane
    hidden unit   j=0   j=0   j=0   j=0   j=1   j=1   j=1   j=1   j=2
    lane          0     1     2     3     0     1     2     3     0
                 └─ one vector of four ──┘

    W1 (i, p)    B1 (p)    W2 (o, p)     parameters and their gradients; B2 is (o, lane)
    X (i, k, p)  A1 (k, p)  dZ2 (o, k, p)   for the sample k of a mini-batch

So inner loops run over p, or over k and p together, and the processor does four or eight places
at once: lanes of one unit, or where lanes are few also units of one lane. What belongs to a lane
only, an input or an output's error, stands there once for each unit.

Floating point
--------------
A lane's results are the same bits whatever the pack. The compiler may not reorder or contract
anything; sums run over samples, units and inputs in their order, each addition fused with its
product by `floating.fma`, and the exponential is `floating.exp`. NumPy rounds a little otherwise:
the two engines agree in losses to 1e-9 relative.
"""

import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from network.activations import ELU_SCALE, LEAKY_SLOPE, TRAINABLE
from network.datasets import Dataset
from network.floating import exp, fma
from network.losses import r2_from_loss, variance
from network.training import (
    HISTORY,
    Evaluation,
    Lane,
    TrainingResult,
    TrainingSettings,
    Watch,
    next_evaluation,
    no_watch,
)
from network.two_layer import Parameters

Array = NDArray[np.float64]

PACK_SIZE = 16
"""More lanes than this make a pack no faster."""


class _Arrays(NamedTuple):
    """All that the compiled functions work on; shapes as in the layout above, flat in (k, p)."""

    learning_rates: Array  # (lane)
    orders_of: NDArray[np.int64]  # (lane): which of the pack's orders a lane follows
    W1: Array
    B1: Array
    W2: Array
    B2: Array
    dW1: Array
    dB1: Array
    dW2: Array
    dB2: Array
    X: Array
    A1: Array
    dZ1: Array  # (p): of one sample
    dZ2: Array
    out: Array  # (lane): one output of one sample


_compile = njit(nogil=True, error_model="numpy")


def _make_functions(activation: int) -> tuple[Any, Any]:
    """Compile `train_epochs` and `sum_losses` for one activation, by its number in TRAINABLE.

    It is a number, and no function, because a closure over numbers can be kept on the disk.
    """
    SIGMOID, TANH, RELU, LEAKY_RELU, ELU = range(5)

    @njit(error_model="numpy", inline="always")
    def f(z: float) -> float:
        if activation == SIGMOID:
            return 1.0 / (1.0 + exp(-z))
        if activation == TANH:
            return 2.0 / (1.0 + exp(-2.0 * z)) - 1.0
        if activation == RELU:
            return z if z > 0.0 else 0.0 * z
        if activation == LEAKY_RELU:
            return z if z > 0.0 else LEAKY_SLOPE * z
        if activation == ELU:
            return z if z > 0.0 else ELU_SCALE * (exp(z) - 1.0)
        return max(z, 0.0) + np.log1p(exp(-abs(z)))

    @njit(error_model="numpy", inline="always")
    def df(a: float) -> float:
        if activation == SIGMOID:
            return a * (1.0 - a)
        if activation == TANH:
            return 1.0 - a * a
        if activation == RELU:
            return 1.0 if a > 0.0 else 0.0
        if activation == LEAKY_RELU:
            return 1.0 if a > 0.0 else LEAKY_SLOPE
        if activation == ELU:
            return 1.0 if a > 0.0 else a + ELU_SCALE
        return 1.0 - exp(-a)

    @_compile
    def forward(s: _Arrays, rows: NDArray[np.int32], X: Array, Y: Array) -> None:
        n_lanes, n_places = len(s.learning_rates), len(s.B1)
        n_samples = rows.shape[1]
        for k in range(n_samples):
            for lane in range(n_lanes):
                row = rows[s.orders_of[lane], k]
                for i in range(len(s.W1)):
                    for p in range(k * n_places + lane, (k + 1) * n_places, n_lanes):
                        s.X[i, p] = X[row, i]
        for k in range(n_samples):
            at = k * n_places
            for p in range(n_places):
                s.A1[at + p] = fma(s.X[0, at + p], s.W1[0, p], s.B1[p])
            for i in range(1, len(s.W1)):
                for p in range(n_places):
                    s.A1[at + p] = fma(s.X[i, at + p], s.W1[i, p], s.A1[at + p])
        for p in range(n_samples * n_places):
            s.A1[p] = f(s.A1[p])
        for o in range(len(s.W2)):
            for k in range(n_samples):
                at = k * n_places
                for lane in range(n_lanes):
                    s.out[lane] = s.B2[o, lane] - Y[rows[s.orders_of[lane], k], o]
                for j in range(0, n_places, n_lanes):
                    for lane in range(n_lanes):
                        s.out[lane] = fma(s.A1[at + j + lane], s.W2[o, j + lane], s.out[lane])
                for j in range(at, at + n_places, n_lanes):
                    for lane in range(n_lanes):
                        s.dZ2[o, j + lane] = s.out[lane]

    @_compile
    def backward(s: _Arrays, n_samples: int) -> None:
        n_lanes, n_places = len(s.learning_rates), len(s.B1)
        for k in range(n_samples):
            at = k * n_places
            for p in range(n_places):
                s.dZ1[p] = s.dZ2[0, at + p] * s.W2[0, p]
            for o in range(1, len(s.W2)):
                for p in range(n_places):
                    s.dZ1[p] = fma(s.dZ2[o, at + p], s.W2[o, p], s.dZ1[p])
            for p in range(n_places):
                s.dZ1[p] *= df(s.A1[at + p])
                s.dB1[p] += s.dZ1[p]
            for i in range(len(s.W1)):
                for p in range(n_places):
                    s.dW1[i, p] = fma(s.X[i, at + p], s.dZ1[p], s.dW1[i, p])
            for o in range(len(s.W2)):
                for p in range(n_places):
                    s.dW2[o, p] = fma(s.A1[at + p], s.dZ2[o, at + p], s.dW2[o, p])
                for lane in range(n_lanes):
                    s.dB2[o, lane] += s.dZ2[o, at + lane]

    @_compile
    def descend(s: _Arrays, m: int) -> None:
        n_lanes = len(s.learning_rates)
        for lane in range(n_lanes):
            step = -s.learning_rates[lane] / m
            for o in range(len(s.W2)):
                s.B2[o, lane] = fma(step, s.dB2[o, lane], s.B2[o, lane])
            for p in range(lane, len(s.B1), n_lanes):
                s.dZ1[p] = step
        for p in range(len(s.B1)):
            s.B1[p] = fma(s.dZ1[p], s.dB1[p], s.B1[p])
        for i in range(len(s.W1)):
            for p in range(len(s.B1)):
                s.W1[i, p] = fma(s.dZ1[p], s.dW1[i, p], s.W1[i, p])
        for o in range(len(s.W2)):
            for p in range(len(s.B1)):
                s.W2[o, p] = fma(s.dZ1[p], s.dW2[o, p], s.W2[o, p])
        s.dW1[:] = 0.0
        s.dB1[:] = 0.0
        s.dW2[:] = 0.0
        s.dB2[:] = 0.0

    @njit(nogil=True, error_model="numpy", cache=True)
    def train_epochs(s: _Arrays, orders: NDArray[np.int32], X: Array, Y: Array, m: int) -> None:
        chunk = len(s.A1) // len(s.B1)
        for epoch in range(orders.shape[1]):
            for start in range(0, len(X), m):
                stop = min(start + m, len(X))
                for first in range(start, stop, chunk):
                    rows = orders[:, epoch, first : min(first + chunk, stop)]
                    forward(s, rows, X, Y)
                    backward(s, rows.shape[1])
                descend(s, stop - start)

    @njit(nogil=True, error_model="numpy", cache=True)
    def sum_losses(s: _Arrays, rows: NDArray[np.int32], X: Array, Y: Array, sums: Array) -> None:
        n_lanes, n_places = len(s.learning_rates), len(s.B1)
        chunk = len(s.A1) // n_places
        sums[:] = 0.0
        for first in range(0, rows.shape[1], chunk):
            some = rows[:, first : first + chunk]
            forward(s, some, X, Y)
            for k in range(some.shape[1]):
                for o in range(len(s.W2)):
                    for lane in range(n_lanes):
                        error = s.dZ2[o, k * n_places + lane]
                        sums[lane] = fma(error, error, sums[lane])

    return train_epochs, sum_losses


_functions = lru_cache(maxsize=None)(_make_functions)


# ---- driven from Python ---------------------------------------------------------------------

_WORK_AT_ONCE = 20_000_000
"""About how many hidden activations one call computes, a tenth of a second's work."""

_CACHED_PLACES = 2048
"""About how many hidden activations are held at once, so that they stay in the cache."""


def covers(settings: TrainingSettings) -> bool:
    """Tell whether this engine can train what the settings describe."""
    return settings.task == "regression" and settings.activation in TRAINABLE


def pack_key(settings: TrainingSettings) -> tuple[object, ...]:
    """Return what lanes of one pack have in common."""
    return (
        *(settings.n_hidden, settings.activation, settings.batch_size),
        *(settings.max_epochs, settings.eval_every),
    )


def train_pack(
    lanes: Sequence[Lane], dataset: Dataset, watch: Watch = no_watch
) -> Iterator[tuple[int, TrainingResult]]:
    """Train lanes in lock-step, and give each one's result as soon as it is done.

    Parameters
    ----------
    lanes : sequence of Lane
        Of one `pack_key`.
    dataset : Dataset
    watch : callable, optional
        Is told the epochs done by each lane, several times a second.

    Yields
    ------
    int, TrainingResult
        The lane's number in `lanes`, and how it ended.
    """
    settings = lanes[0].settings
    pack = _Pack(lanes, dataset)
    epoch = 0
    histories: list[list[Evaluation]] = [[] for _ in lanes]
    seconds = np.zeros(len(lanes))
    while pack.live:
        begun, live = time.perf_counter(), list(pack.live)
        until = next_evaluation(epoch, settings)
        while epoch < until:
            slice_end = min(until, epoch + pack.epochs_at_once)
            pack.train(epoch, slice_end)
            epoch = slice_end
            for lane in live:
                watch(lane, epoch)
        done = {}
        for lane, evaluation in zip(live, pack.evaluate(epoch), strict=True):
            histories[lane].append(evaluation)
            ending = evaluation.ending(lanes[lane].settings)
            if ending is not None:
                done[lane] = ending
        seconds[live] += (time.perf_counter() - begun) / len(live)
        for lane, ending in done.items():
            history = np.array(histories[lane], HISTORY)
            yield (
                lane,
                TrainingResult(
                    ending, history, pack.parameters(lane), "compiled", float(seconds[lane])
                ),
            )
        pack.keep([lane for lane in live if lane not in done])


class _Pack:
    """The arrays of those lanes that are still training."""

    def __init__(self, lanes: Sequence[Lane], dataset: Dataset) -> None:
        settings = lanes[0].settings
        self._lanes, self._dataset, self._n_hidden = lanes, dataset, settings.n_hidden
        self._m = settings.batch_size or len(dataset.train_x)
        self._train, self._sum_losses = _functions(TRAINABLE.index(settings.activation))
        self._variances = [variance(Y) for Y in (dataset.train_y, dataset.validation_y)]
        self.live: list[int] = []
        self._enter({number: lane.initial for number, lane in enumerate(lanes)})

    def _enter(self, parameters: dict[int, Parameters]) -> None:
        """Lay out arrays for these lanes."""
        self.live = list(parameters)
        if not self.live:
            return
        L, H = len(self.live), self._n_hidden
        P = list(parameters.values())
        self._orders = list(dict.fromkeys(self._lanes[lane].orders for lane in self.live))
        n_in, n_out, places = self._dataset.n_inputs, self._dataset.n_outputs, H * L
        chunk = max(1, min(self._m, _CACHED_PLACES // places))
        self._arrays = _Arrays(
            learning_rates=np.array([self._lanes[n].settings.learning_rate for n in self.live]),
            orders_of=np.array([self._orders.index(self._lanes[n].orders) for n in self.live]),
            W1=np.stack([p.W1 for p in P], axis=-1).reshape(n_in, places),
            B1=np.stack([p.B1[0] for p in P], axis=-1).reshape(places),
            W2=np.stack([p.W2.T for p in P], axis=-1).reshape(n_out, places),
            B2=np.stack([p.B2[0] for p in P], axis=-1),
            dW1=np.zeros((n_in, places)),
            dB1=np.zeros(places),
            dW2=np.zeros((n_out, places)),
            dB2=np.zeros((n_out, L)),
            X=np.zeros((n_in, chunk * places)),
            A1=np.zeros(chunk * places),
            dZ1=np.zeros(places),
            dZ2=np.zeros((n_out, chunk * places)),
            out=np.zeros(L),
        )
        work = len(self._dataset.train_x) * places
        self.epochs_at_once = max(1, _WORK_AT_ONCE // work)

    def keep(self, lanes: Sequence[int]) -> None:
        """Let the other lanes leave the pack."""
        if list(lanes) != self.live:
            self._enter({lane: self.parameters(lane) for lane in lanes})

    def parameters(self, lane: int) -> Parameters:
        """Copy the parameters of a lane out of the pack."""
        at, H, s = self.live.index(lane), self._n_hidden, self._arrays
        L = len(self.live)
        W1, W2 = s.W1.reshape(-1, H, L)[:, :, at], s.W2.reshape(-1, H, L)[:, :, at].T
        B1, B2 = s.B1.reshape(1, H, L)[:, :, at], s.B2[None, :, at]
        return Parameters(*(np.array(P) for P in (W1, B1, W2, B2)))

    def train(self, epoch: int, until: int) -> None:
        """Train all lanes from one epoch to another."""
        orders = np.stack([orders.epochs(epoch, until) for orders in self._orders])
        self._train(self._arrays, orders, self._dataset.train_x, self._dataset.train_y, self._m)
        start = (orders.shape[2] - 1) // self._m * self._m
        self._last_batch = np.ascontiguousarray(orders[:, -1, start:])

    def evaluate(self, epoch: int) -> list[Evaluation]:
        """Measure the live lanes after an epoch."""
        data = self._dataset
        updates = epoch * -(-len(data.train_x) // self._m)
        batch_loss = self._losses(self._last_batch, data.train_x, data.train_y)
        train_loss = self._losses(None, data.train_x, data.train_y)
        validation_loss = self._losses(None, data.validation_x, data.validation_y)
        train_variance, validation_variance = self._variances
        batch_variances = [variance(data.train_y[rows]) for rows in self._last_batch]
        return [
            Evaluation(
                epoch,
                updates,
                batch_loss=batch,
                batch_r2=r2_from_loss(batch, batch_variances[orders]),
                train_loss=train,
                train_r2=r2_from_loss(train, train_variance),
                validation_loss=validation,
                validation_r2=r2_from_loss(validation, validation_variance),
            )
            for orders, batch, train, validation in zip(
                self._arrays.orders_of,
                *(losses.tolist() for losses in (batch_loss, train_loss, validation_loss)),
                strict=True,
            )
        ]

    def _losses(self, rows: NDArray[np.int32] | None, X: Array, Y: Array) -> Array:
        """Return half the mean squared error of each lane, on some rows or on all."""
        if rows is None:
            rows = np.tile(np.arange(len(X), dtype=np.int32), (len(self._orders), 1))
        sums = np.empty(len(self.live))
        self._sum_losses(self._arrays, rows, X, Y, sums)
        losses: Array = sums / (2 * rows.shape[1])
        return losses
