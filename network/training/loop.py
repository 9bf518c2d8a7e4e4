"""Training by mini-batch gradient descent: settings, history, the stop rule, and the loop.

The loop here is the textbook's: one trial at a time, in NumPy, to be read. ``compiled.py`` trains
many trials at once and comes to the same results.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.activations import Activation, find_trainable
from network.data.datasets import Dataset
from network.data.labels import check_labels
from network.errors import InputError, check_count, check_positive
from network.initializers import find_initializer
from network.losses import Task, find_task
from network.training.orders import EpochOrders, find_shuffle
from network.training.randomness import Stream, generator
from network.training.schedules import find_schedule
from network.two_layer import Parameters, backward, forward, initial_parameters, predict, update

Array = NDArray[np.float64]

TRAINING_VERSION = 2
"""Changes whenever the same settings, data and seed would give other results than before."""

MOST_HIDDEN, MOST_EPOCHS = 10_000, 10**9

MOST_EVALUATIONS, MOST_KEPT = 100_000, 30_000_000
"""So often may losses be looked at, and so many weights be kept with them, that memory bears it."""


@dataclass(frozen=True)
class TrainingSettings:
    """Everything about a training but its data, its seed and its repeat.

    Attributes
    ----------
    learning_rate : float
        The η of gradient descent, > 0.
    batch_size : int or None
        Samples in a mini-batch, ≥ 1; None takes the whole training set at once.
    n_hidden : int
        Hidden units, ≥ 1.
    activation, init, task, decay, shuffle : str
        Names in `ACTIVATIONS`, `INITIALIZERS`, `TASKS`, `SCHEDULES` and `SHUFFLES`: what the
        hidden units do, where they start, what is learned, how the learning rate falls, and in
        which orders the samples are taken.
    max_epochs : int
        Training stops after so many epochs, ≥ 1.
    target_loss : float
        Training stops when the validation loss is at most this, > 0.
    eval_every : int
        The losses are looked at every so many epochs, and after the last one, ≥ 1.

    Raises
    ------
    InputError
        If a value is outside its range; the message says which values are allowed.
    """

    learning_rate: float
    batch_size: int | None
    n_hidden: int = 4
    activation: str = "sigmoid"
    init: str = "xavier"
    task: str = "regression"
    max_epochs: int = 10_000
    target_loss: float = 0.001
    eval_every: int = 50
    decay: str = "constant"
    shuffle: str = "fresh"

    def __post_init__(self) -> None:
        find_trainable(self.activation)
        find_initializer(self.init)
        find_task(self.task)
        find_schedule(self.decay)
        find_shuffle(self.shuffle)
        check_positive("learning_rate", self.learning_rate, "typical values lie between 0.01 and 1")
        check_positive("target_loss", self.target_loss, "the course uses 0.001")
        if self.batch_size is not None:
            check_count("batch_size", self.batch_size, "the course uses 2 to 20; full is None")
        check_count("n_hidden", self.n_hidden, "the course uses 1 to 12", MOST_HIDDEN)
        check_count("max_epochs", self.max_epochs, "the course uses 10000", MOST_EPOCHS)
        check_count("eval_every", self.eval_every, "the course uses 50", MOST_EPOCHS)
        if self.max_epochs > MOST_EVALUATIONS * self.eval_every:
            raise InputError(
                f"eval_every must be at least {-(-self.max_epochs // MOST_EVALUATIONS)} where "
                f"max_epochs is {self.max_epochs}, got {self.eval_every}; losses can be kept "
                f"{MOST_EVALUATIONS:,} times."
            )

    def check_against(self, dataset: Dataset) -> None:
        """Raise InputError if data and settings don't go together.

        A mini-batch may be too large, the labels may not fit the task, or the network with all
        that is kept of its training may not fit the memory.
        """
        n_parameters = (dataset.n_inputs + 1) * self.n_hidden
        n_parameters += (self.n_hidden + 1) * dataset.n_outputs
        evaluations = -(-self.max_epochs // self.eval_every)
        if n_parameters * evaluations > MOST_KEPT:
            raise InputError(
                f"a network with {n_parameters:,} weights and biases is too large to be kept at "
                f"{evaluations:,} evaluations; give fewer hidden units, fewer columns of data, or "
                "a larger eval_every."
            )
        check_labels(self.task, dataset.train_y, dataset.validation_y, dataset.test_y)
        n_train = len(dataset.train_x)
        if self.batch_size is not None and self.batch_size > n_train:
            raise InputError(
                f"batch_size must be at most {n_train}, the size of the training set, got "
                f"{self.batch_size}; use full for all samples at once."
            )

    def rate_factors(self, start: int, stop: int) -> Array:
        """Return what the learning rate is multiplied by in the epochs start ≤ e < stop."""
        return find_schedule(self.decay)(np.arange(start, stop), self.max_epochs)


class Ending(StrEnum):
    """Why a training stopped."""

    CONVERGED = "converged"  # the validation loss reached the target
    EXHAUSTED = "exhausted"  # all epochs were used
    DIVERGED = "diverged"  # a loss is not finite
    PRUNED = "pruned"  # others did better, and it was told to stop


class Evaluation(NamedTuple):
    """What is measured after an epoch; for classes the share of right ones stands in r2's place.

    ``batch_…`` belongs to the epoch's last mini-batch alone, as in the course's pictures: it
    jumps, and can't be compared between batch sizes. ``train_…`` is the whole training set.
    """

    epoch: int
    updates: int
    batch_loss: float
    batch_r2: float
    train_loss: float
    train_r2: float
    validation_loss: float
    validation_r2: float

    def ending(self, settings: TrainingSettings) -> Ending | None:
        """Apply the stop rule; None lets the training go on."""
        losses = (self.batch_loss, self.train_loss, self.validation_loss)
        if not np.isfinite(losses).all():
            return Ending.DIVERGED
        if self.validation_loss <= settings.target_loss:
            return Ending.CONVERGED
        return Ending.EXHAUSTED if self.epoch >= settings.max_epochs else None


HISTORY = np.dtype(
    [
        (name, np.int64 if kind is int else np.float64)
        for name, kind in Evaluation.__annotations__.items()
    ]
)
"""The type of a history: a structured array, one entry for each evaluation."""


@dataclass(frozen=True)
class TrainingResult:
    """How a training ended.

    Attributes
    ----------
    ending : Ending
    history : ndarray of type HISTORY
        One entry for each evaluation; the last one is the state in which training stopped.
    path : ndarray, shape (evaluations, number of parameters)
        The parameters at each evaluation, as of `Parameters.flat`.
    parameters : Parameters
        The final ones.
    engine : str
        ``numpy`` or ``compiled``.
    seconds : float
        Time that it took; where trainings run in lock-step, its share.
    """

    ending: Ending
    history: NDArray[np.void]
    path: Array
    parameters: Parameters
    engine: str
    seconds: float


@dataclass(frozen=True)
class Lane:
    """One training to be done: its settings, where it starts, and the orders of its samples."""

    settings: TrainingSettings
    initial: Parameters
    orders: EpochOrders

    @classmethod
    def of(cls, settings: TrainingSettings, dataset: Dataset, seed: int, repeat: int) -> "Lane":
        """Draw the start of a trial, which depends on the repeat and the network's shape alone."""
        settings.check_against(dataset)
        initial = initial_parameters(
            generator(seed, repeat, Stream.WEIGHTS),
            find_initializer(settings.init),
            *(dataset.n_inputs, settings.n_hidden, dataset.n_outputs),
        )
        orders = EpochOrders(seed, repeat, len(dataset.train_x), settings.shuffle)
        return cls(settings, initial, orders)


EpochCallback = Callable[[int, int], None]
"""Is told (number of the lane, epochs done) again and again; what it raises ends the training."""


def no_watch(lane: int, epoch: int) -> None:
    """Watch nothing."""


PruneCallback = Callable[[int, int, float], bool]
"""Is told (number of the lane, epochs done, validation loss) at each evaluation that doesn't end
the training; says whether to end it all the same."""


def never_prune(lane: int, epoch: int, validation_loss: float) -> bool:  # noqa: ARG001
    """Let every training come to its own end."""
    return False


def next_evaluation(epoch: int, settings: TrainingSettings) -> int:
    """Return the epoch after which the losses are looked at next, given the epochs done."""
    step = settings.eval_every
    return min((epoch // step + 1) * step, settings.max_epochs)


@np.errstate(over="ignore", invalid="ignore")  # a training that diverges says so in its result
def train(
    lane: Lane,
    dataset: Dataset,
    watch: EpochCallback = no_watch,
    prune: PruneCallback = never_prune,
) -> TrainingResult:
    """Train one network until the stop rule ends it.

    Parameters
    ----------
    lane : Lane
    dataset : Dataset
        Its training set is learned, its validation set decides when to stop.
    watch : callable, optional
        Is told the epochs done after each one; what it raises ends the training.
    prune : callable, optional
        May end the training at an evaluation.

    Returns
    -------
    TrainingResult
    """
    settings, P = lane.settings, lane.initial.copy()
    f, of_task = find_trainable(settings.activation), find_task(settings.task)
    X, Y = dataset.train_x, dataset.train_y
    n_train = len(X)
    m = settings.batch_size or n_train
    starts = range(0, n_train, m)
    history: list[Evaluation] = []
    path: list[Array] = []
    epoch, ending, begun = 0, None, time.perf_counter()
    while ending is None:
        until = next_evaluation(epoch, settings)
        while epoch < until:  # orders and rates epoch by epoch, for there may be millions of them
            (order,) = lane.orders.epochs(epoch, epoch + 1)
            (rate,) = settings.learning_rate * settings.rate_factors(epoch, epoch + 1)
            for start in starts:
                batch = order[start : start + m]
                A1, A2 = forward(X[batch], P, f, of_task)
                update(P, backward(X[batch], Y[batch], A1, A2, P, f), rate)
            epoch += 1
            watch(0, epoch)
        measured = _evaluate(dataset, X[batch], Y[batch], P, f, of_task)
        history.append(Evaluation(epoch, epoch * len(starts), *measured))
        path.append(P.flat())
        ending = history[-1].ending(settings)
        if ending is None and prune(0, epoch, history[-1].validation_loss):
            ending = Ending.PRUNED
    seconds = time.perf_counter() - begun
    return TrainingResult(ending, np.array(history, HISTORY), np.array(path), P, "numpy", seconds)


def _evaluate(
    dataset: Dataset, batch_x: Array, batch_y: Array, P: Parameters, f: Activation, task: Task
) -> list[float]:
    """Measure loss and R² (or accuracy) on the mini-batch, the training and validation set."""
    measured = []
    for X, Y in (
        (batch_x, batch_y),
        (dataset.train_x, dataset.train_y),
        (dataset.validation_x, dataset.validation_y),
    ):
        A2 = predict(X, P, f, task)
        measured += [task.loss(A2, Y), task.accuracy(A2, Y)]
    return measured


def accuracy_on_test_set(
    parameters: Parameters, settings: TrainingSettings, dataset: Dataset
) -> float:
    """Return R² (for classes the share of right ones) on the test set; NaN if undefined."""
    f, of_task = find_trainable(settings.activation), find_task(settings.task)
    with np.errstate(over="ignore", invalid="ignore"):
        return of_task.accuracy(predict(dataset.test_x, parameters, f, of_task), dataset.test_y)
