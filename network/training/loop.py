"""Training by mini-batch gradient descent: history, stop rule, and the loop of the textbook.

The loop trains one run at a time in NumPy, to be read. The compiled engine trains many runs at
once and gets the same results.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.data.datasets import Dataset
from network.initializers import INITIALIZERS
from network.training.orders import EpochOrders
from network.training.randomness import Stream, generator
from network.training.settings import TrainingSettings
from network.two_layer import Parameters, backward, forward, initial_parameters, predict, update

Array = NDArray[np.float64]

EpochCallback = Callable[[int, int], None]
"""Is told (number of the lane, epochs done) again and again; what it raises ends the run."""

PruneCallback = Callable[[int, int, float], bool]
"""Is told (number of the lane, epochs done, validation loss) at each evaluation after which the
run would go on; returns whether to end it."""


def no_watch(lane: int, epoch: int) -> None:
    """Watch nothing."""


def never_prune(lane: int, epoch: int, validation_loss: float) -> bool:  # noqa: ARG001
    """Let every run come to its own end."""
    return False


class Ending(StrEnum):
    """Why a run stopped."""

    CONVERGED = "converged"  # the validation loss reached the target
    EXHAUSTED = "exhausted"  # all epochs were used
    DIVERGED = "diverged"  # a loss is not finite
    PRUNED = "pruned"  # others did better, and it was told to stop


class Evaluation(NamedTuple):
    """What is measured after an epoch; for classes r2 is the share of right ones.

    ``batch_…`` belongs to the epoch's last mini-batch alone, as in the course's pictures: it
    fluctuates, and can't be compared between batch sizes. ``train_…`` is the whole training set.
    """

    epoch: int
    updates: int
    batch_loss: float
    batch_r2: float
    train_loss: float
    train_r2: float
    validation_loss: float
    validation_r2: float

    def ending(
        self, settings: TrainingSettings, prune: PruneCallback = never_prune, lane: int = 0
    ) -> Ending | None:
        """Apply the stop rule, then ask `prune`; None lets the run go on."""
        losses = (self.batch_loss, self.train_loss, self.validation_loss)
        if not np.isfinite(losses).all():
            return Ending.DIVERGED
        if self.validation_loss <= settings.target_loss:
            return Ending.CONVERGED
        if self.epoch >= settings.max_epochs:
            return Ending.EXHAUSTED
        return Ending.PRUNED if prune(lane, self.epoch, self.validation_loss) else None


HISTORY = np.dtype(
    [
        (name, np.int64 if kind is int else np.float64)
        for name, kind in Evaluation.__annotations__.items()
    ]
)
"""The type of a history: a structured array, one entry for each evaluation."""


@dataclass(frozen=True)
class TrainingResult:
    """The result of a run.

    Attributes
    ----------
    ending : Ending
    history : ndarray of type HISTORY
        One entry for each evaluation; the last one is the state in which the run stopped.
    path : ndarray, shape (evaluations, number of parameters)
        The parameters at each evaluation, as of `Parameters.flat`.
    parameters : Parameters
        The final ones.
    engine : str
        ``numpy`` or ``compiled``.
    seconds : float
        Wall-clock time in seconds; for runs in lock-step, the run's share.
    """

    ending: Ending
    history: NDArray[np.void]
    path: Array
    parameters: Parameters
    engine: str
    seconds: float


@dataclass(frozen=True)
class Lane:
    """What a run starts from: its settings, initial weights and sample orders."""

    settings: TrainingSettings
    initial: Parameters
    orders: EpochOrders

    @classmethod
    def of(cls, settings: TrainingSettings, dataset: Dataset, seed: int, repeat: int) -> "Lane":
        """Draw the start of a run, which depends on the repeat and the network's shape alone."""
        settings.check_against(dataset)
        initial = initial_parameters(
            generator(seed, repeat, Stream.WEIGHTS),
            INITIALIZERS[settings.init],
            *(dataset.n_inputs, settings.n_hidden, dataset.n_outputs),
        )
        orders = EpochOrders(seed, repeat, len(dataset.train_x), settings.shuffle)
        return cls(settings, initial, orders)


@np.errstate(over="ignore", invalid="ignore")  # a run that diverges says so in its result
def train(
    lane: Lane,
    dataset: Dataset,
    watch: EpochCallback = no_watch,
    prune: PruneCallback = never_prune,
) -> TrainingResult:
    """Train one network until the stop rule ends the run.

    Parameters
    ----------
    lane : Lane
    dataset : Dataset
        The network learns from its training set; its validation set decides when to stop.
    watch : callable, optional
        Is told the epochs done after each epoch; what it raises ends the run.
    prune : callable, optional
        May end the run at an evaluation.

    Returns
    -------
    TrainingResult
    """
    settings, P = lane.settings, lane.initial.copy()
    f, task = settings.functions
    X, Y = dataset.train_x, dataset.train_y
    m = settings.batch_size or len(X)
    starts = range(0, len(X), m)
    history: list[Evaluation] = []
    path: list[Array] = []
    epoch, ending, begun = 0, None, time.perf_counter()
    while ending is None:
        until = settings.next_evaluation(epoch)
        while epoch < until:  # orders and rates epoch by epoch, for there may be millions of them
            (order,) = lane.orders.epochs(epoch, epoch + 1)
            (rate,) = settings.learning_rate * settings.rate_factors(epoch, epoch + 1)
            for start in starts:
                batch = order[start : start + m]
                A1, A2 = forward(X[batch], P, f, task)
                update(P, backward(X[batch], Y[batch], A1, A2, P, f), rate)
            epoch += 1
            watch(0, epoch)
        measured: list[float] = []
        for x, y in (
            (X[batch], Y[batch]),
            (X, Y),
            (dataset.validation_x, dataset.validation_y),
        ):
            A2 = predict(x, P, f, task)
            measured += [task.loss(A2, y), task.accuracy(A2, y)]
        history.append(Evaluation(epoch, epoch * len(starts), *measured))
        path.append(P.flat())
        ending = history[-1].ending(settings, prune)
    seconds = time.perf_counter() - begun
    return TrainingResult(ending, np.array(history, HISTORY), np.array(path), P, "numpy", seconds)


@np.errstate(over="ignore", invalid="ignore")
def accuracy_on_test_set(
    parameters: Parameters, settings: TrainingSettings, dataset: Dataset
) -> float:
    """Return R² (for classes the share of right ones) on the test set; NaN if undefined."""
    f, task = settings.functions
    return task.accuracy(predict(dataset.test_x, parameters, f, task), dataset.test_y)
