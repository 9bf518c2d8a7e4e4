"""Everything about a run but its data, its seed and its repeat."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network.activations import ACTIVATIONS, Activation, find_trainable
from network.data.datasets import Dataset
from network.data.labels import check_labels
from network.errors import InputError, check_count, check_positive, unknown_name
from network.initializers import INITIALIZERS
from network.losses import TASKS, Task
from network.training.orders import OLD_SHUFFLES, SHUFFLES
from network.training.schedules import SCHEDULES

TRAINING_VERSION = 2
"""Changes whenever the same settings, data and seed would give other results than before."""

MOST_HIDDEN, MOST_EPOCHS = 10_000, 10**9

MOST_EVALUATIONS, MOST_KEPT = 100_000, 30_000_000
"""Evaluations of a run, and weights kept at all of them together, that fit into memory."""


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a training run.

    Attributes
    ----------
    learning_rate : float
        The η of gradient descent, > 0.
    batch_size : int or None
        Samples in a mini-batch, ≥ 1; None for the full training set.
    n_hidden : int
        Hidden units, 1 to 10000.
    activation : str
        The activation of the hidden units, a name in `TRAINABLE`.
    init : str
        The initial weights, a name in `INITIALIZERS`.
    task : str
        Output function, loss and accuracy, a name in `TASKS`.
    max_epochs : int
        Training stops after this number of epochs, 1 to 10⁹.
    target_loss : float
        Training stops when the validation loss (half the mean squared error in squared units of
        the labels, or the cross-entropy in nats) is at most this, > 0.
    eval_every : int
        Epochs between evaluations of the losses, ≥ 1; the last epoch is always evaluated.
    decay : str
        How the learning rate falls, a name in `SCHEDULES`.
    shuffle : str
        The order of the samples in each epoch, a name in `SHUFFLES`.

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
        for name, known in (
            *(("init", list(INITIALIZERS)), ("task", list(TASKS))),
            *(("decay", list(SCHEDULES)), ("shuffle", list(SHUFFLES))),
        ):
            old = OLD_SHUFFLES if name == "shuffle" else ()
            if getattr(self, name) not in (*known, *old):
                raise unknown_name(name, getattr(self, name), known)
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

        A mini-batch may be too large, the labels may not fit the task, or the network with its
        parameters at all evaluations may not fit into memory.
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

    @property
    def functions(self) -> tuple[Activation, Task]:
        """The activation of the hidden units; output function, loss and accuracy."""
        return ACTIVATIONS[self.activation], TASKS[self.task]

    def rate_factors(self, start: int, stop: int) -> NDArray[np.float64]:
        """Return what the learning rate is multiplied by in the epochs start ≤ e < stop."""
        return SCHEDULES[self.decay](np.arange(start, stop), self.max_epochs)

    def next_evaluation(self, epoch: int) -> int:
        """Return the epoch after which the losses are evaluated next, given the epochs done."""
        return min((epoch // self.eval_every + 1) * self.eval_every, self.max_epochs)
