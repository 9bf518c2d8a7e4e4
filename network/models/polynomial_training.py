"""Mini-batch gradient descent on polynomials: settings, the stop rule, two engines.

Both engines, the textbook's loop in NumPy and a kernel, take the samples in the same orders.
Their sums are ordered and rounded differently, so losses agree to 1e-9 relative. The weights
start at 0: the loss has one minimum only, so any start will do.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.data.generated import Samples
from network.engine import LANES
from network.errors import InputError, check_count, unknown_name
from network.losses import r2_from_loss, variance
from network.models.polynomial import gradient, half_mse_of, powers_and_labels
from network.training.loop import Ending, EpochCallback, no_watch
from network.training.orders import EpochOrders, Orders
from network.training.settings import TrainingSettings

Array = NDArray[np.float64]
MOST_DEGREES = 100

Engine = Callable[[Orders, Array], None]  # trains the weights in place, an epoch for each order


@dataclass(frozen=True)
class PolynomialSettings:
    """What decides a run but its data, seed and repeat; InputError if a value is out of range.

    Attributes
    ----------
    degree : int
        The d of the polynomial, ≥ 1.
    learning_rate, batch_size, max_epochs, target_loss, eval_every
        As of `TrainingSettings`, but that the training loss decides when to stop.
    """

    degree: int
    learning_rate: float = 0.2
    batch_size: int | None = 10
    max_epochs: int = 10_000
    target_loss: float = 0.001
    eval_every: int = 50

    def __post_init__(self) -> None:
        check_count("degree", self.degree, "the course uses 2 to 8", MOST_DEGREES)
        _ = self.shared  # made of the rest, and checks it

    @property
    def shared(self) -> TrainingSettings:
        """What these settings have in common with those of a network."""
        return TrainingSettings(
            self.learning_rate,
            self.batch_size,
            max_epochs=self.max_epochs,
            target_loss=self.target_loss,
            eval_every=self.eval_every,
        )


class PolynomialEvaluation(NamedTuple):
    """What is measured on the whole training set after an epoch."""

    epoch: int
    updates: int
    train_loss: float
    train_r2: float

    def ending(self, settings: PolynomialSettings) -> Ending | None:
        """Apply the stop rule; None to go on."""
        if not np.isfinite(self.train_loss):
            return Ending.DIVERGED
        if self.train_loss <= settings.target_loss:
            return Ending.CONVERGED
        return Ending.EXHAUSTED if self.epoch >= settings.max_epochs else None


POLYNOMIAL_HISTORY = np.dtype(
    [
        (name, np.int64 if kind is int else np.float64)
        for name, kind in PolynomialEvaluation.__annotations__.items()
    ]
)
"""The type of a history: a structured array, one entry for each evaluation."""


@dataclass(frozen=True)
class PolynomialResult:
    """How a run ended, its history, the final weights w1, …, wd and b, and what trained it."""

    ending: Ending
    history: NDArray[np.void]
    weights: Array
    engine: str
    seconds: float


def _numpy_engine(X: Array, y: Array, m: int, learning_rate: float) -> Engine:
    def train(orders: Orders, w: Array) -> None:
        for order in orders:
            for start in range(0, len(y), m):
                batch = order[start : start + m]
                w -= learning_rate * gradient(X[batch], y[batch], w)  # (4)

    return train


def _compiled_engine(X: Array, y: Array, m: int, learning_rate: float) -> Engine:
    from network.engine.kernels import polynomial_kernel  # loads LLVM

    n_weights = X.shape[1]
    n_vectors = -(-n_weights // LANES)
    train_in_vectors = polynomial_kernel(n_vectors)
    padded = np.zeros((len(y), n_vectors * LANES))
    padded[:, :n_weights] = X
    rows = padded.reshape(-1, LANES)
    vectors, gradient = np.zeros((n_vectors, LANES)), np.empty((n_vectors, LANES))

    def train(orders: Orders, w: Array) -> None:
        vectors.flat[:n_weights] = w
        train_in_vectors(orders, rows, y, vectors, gradient, m, learning_rate, *orders.shape)
        w[:] = vectors.flat[:n_weights]

    return train


ENGINES: dict[str, Callable[[Array, Array, int, float], Engine]] = {
    "compiled": _compiled_engine,
    "numpy": _numpy_engine,
}
"""Both engines by name."""


@np.errstate(over="ignore", invalid="ignore")  # a run that diverges says so in its result
def fit(
    settings: PolynomialSettings,
    samples: Samples,
    seed: int = 0,
    repeat: int = 0,
    watch: EpochCallback = no_watch,
    engine: str = "compiled",
) -> PolynomialResult:
    """Train one polynomial, whose weights start at 0, until the stop rule ends it.

    Parameters
    ----------
    settings : PolynomialSettings
    samples : tuple of two ndarray, shapes (n, 1)
        Inputs and labels; all of them are trained on, and their loss decides when to stop.
    seed, repeat : int
        Decide the orders of the samples.
    watch : callable, optional
        Called with 0 and the epochs done several times a second; what it raises ends the run.
    engine : str
        A name in `ENGINES`.

    Raises
    ------
    InputError
        If the engine is unknown, or the samples don't suit the settings.
    """
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    begun = time.perf_counter()
    X, y = powers_and_labels(*samples, settings.degree)
    m, shared = settings.batch_size or len(y), settings.shared
    if m > len(y):
        raise InputError(
            f"batch_size must be at most {len(y)}, the size of the training set, got {m}; "
            "use full for all samples at once."
        )
    train = ENGINES[engine](X, y, m, settings.learning_rate)
    orders, spread = EpochOrders(seed, repeat, len(y)), variance(samples[1])
    w = np.zeros(settings.degree + 1)
    history: list[PolynomialEvaluation] = []
    epoch, ending = 0, None
    while ending is None:
        until = shared.next_evaluation(epoch)
        while epoch < until:
            slice_end = min(until, epoch + orders.block_size)
            train(orders.epochs(epoch, slice_end), w)
            epoch = slice_end
            watch(0, epoch)
        loss = half_mse_of(X, y, w)
        measured = (loss, r2_from_loss(loss, spread))
        history.append(PolynomialEvaluation(epoch, epoch * -(-len(y) // m), *measured))
        ending = history[-1].ending(settings)
    seconds = time.perf_counter() - begun
    return PolynomialResult(ending, np.array(history, POLYNOMIAL_HISTORY), w, engine, seconds)
