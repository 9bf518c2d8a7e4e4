"""The calls of a user's function: on which data, with which settings, and what came of each."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.data.datasets import Dataset, snake
from network.errors import InputError
from network.training.loop import Lane
from network.training.orders import EpochOrders
from network.training.settings import TrainingSettings
from studies.checking.grade.gradients import GradientCheck
from studies.objectives.functions.objective import FunctionObjective
from studies.objectives.functions.source import UserFunction
from sweep.errors import SweepError
from sweep.interrupts import first_interrupt
from sweep.progress.signals import Signals
from sweep.runners.local import LocalRunner
from sweep.trial import EpochCallback, Trial, TrialResult, TrialState

MAX_EPOCHS = 50
"""As often the course evaluates losses."""

NOTHING = 1e-30
"""A learning rate that changes no weight."""

NEEDED = ("data", "initial", "orders", "learning_rate", "batch_size")

N_TRAIN = 23  # a prime: with most batch sizes the last mini-batch is short
FULL = N_TRAIN


@dataclass(frozen=True)
class Call:
    """A call of the function.

    Attributes
    ----------
    learning_rate : float
    batch_size : int
    repeat : int
        Decides the initial weights and the orders.
    twins : bool
        All training samples are the same one, so it doesn't matter which are taken.
    labels : int
        So many times a pattern is added to the labels of the validation set.
    again : bool
        It is the same as an earlier one.
    """

    learning_rate: float
    batch_size: int = 5
    repeat: int = 0
    twins: bool = False
    labels: int = 0
    again: bool = False

    @cache  # noqa: B019 - there are a dozen calls
    def dataset(self) -> Dataset:
        """Return the data, a few points of the homework's."""
        points = snake()
        some, few = slice(0, 39 * N_TRAIN, 39), slice(None, None, 14)
        data = Dataset(
            "grade",
            *(points.train_x[some], points.train_y[some]),
            *(points.validation_x[few], points.validation_y[few]),
            *(points.test_x[::20], points.test_y[::20]),
        )
        if self.twins:
            x, y = (np.repeat(a[:1], N_TRAIN, axis=0) for a in (data.train_x, data.train_y))
            data = replace(data, train_x=x, train_y=y)
        pattern = 0.5 * (-1.0) ** np.arange(len(data.validation_y))[:, None]
        return replace(data, validation_y=data.validation_y + self.labels * pattern)

    @cache  # noqa: B019
    def lane(self, seed: int) -> Lane:
        """Return what the reference starts from."""
        return Lane.of(TrainingSettings(1.0, None), self.dataset(), seed, self.repeat)


START = Call(NOTHING)
RATES = (0.1, 0.03)
GRID = [Call(rate, size) for rate in RATES for size in (FULL, 5, 10)]
AGAIN = replace(GRID[1], again=True)
OTHER_START = replace(START, repeat=1)
TWINS = [Call(0.001, size, twins=True) for size in (FULL, 5)]  # too slow to converge
LABELS = {rate: [Call(rate, labels=t) for t in (-1, 1)] for rate in (NOTHING, RATES[0])}

CALLS = [START, *GRID, AGAIN, OTHER_START, *TWINS, *(c for cs in LABELS.values() for c in cs)]
"""In the order in which they are made, in one process."""


@dataclass(frozen=True)
class Answer:
    """What came of a call: losses at the ends of epochs, and the epochs whose order was asked."""

    losses: Mapping[int, float]
    asked: Sequence[int]


@dataclass(frozen=True)
class _Watched(UserFunction):
    """A function whose questions for orders are noted."""

    notes: dict[str, Any] = field(default_factory=dict, compare=False)

    def load(self) -> Callable[..., Any]:
        """Return the function, which is given orders that take note."""
        call, asked = super().load(), self.notes.setdefault("asked", [])

        def watched(orders: Callable[[int], NDArray[Any]], **given: Any) -> Any:
            def noted(epoch: int) -> NDArray[Any]:
                asked.append(epoch)
                return orders(epoch)

            return call(orders=noted, **given)

        return watched


@dataclass(frozen=True)
class GradedFunction:
    """A user's function as an objective whose trials are the places of `CALLS`.

    One more trial, after these, is the check of gradients, if there is one.
    """

    function: UserFunction
    seed: int
    gradients: GradientCheck | None = None

    in_processes = True
    pack_size = 1
    metrics = ()

    def identity(self) -> dict[str, object]:
        """Return nothing: no result is kept."""
        return {}

    def prepare(self, trials: Sequence[Trial]) -> None:
        """Do nothing."""

    def pack_key(self, trial: Trial) -> object:
        """Return the trial's key."""
        return trial.key

    @property
    def trials(self) -> list[Trial]:
        """The trials, one for each call."""
        n = len(CALLS) + (self.gradients is not None)
        return [Trial({"call": place}, 0, str(place)) for place in range(n)]

    def __call__(
        self, pack: list[Trial], watch: EpochCallback
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Make the call of each trial."""
        for trial in pack:
            place = int(trial.key)
            if place == len(CALLS) and self.gradients is not None:
                yield trial, self.gradients.run(self.seed)
            else:
                yield trial, self._call(CALLS[place], trial.key, watch)

    def objective(self, call: Call, notes: dict[str, Any]) -> FunctionObjective:
        """Return what makes one call."""
        parts = {name: getattr(self.function, name) for name in self.function.__dataclass_fields__}
        fixed = {"max_epochs": MAX_EPOCHS, "target_loss": float(np.finfo(float).tiny)}
        function = _Watched(**parts, notes=notes)
        return FunctionObjective(
            dataset=call.dataset(), seed=self.seed, engine="", fixed=fixed, function=function
        )

    def _call(self, call: Call, key: str, watch: EpochCallback) -> TrialResult:
        notes: dict[str, Any] = {}
        params = {"learning_rate": call.learning_rate, "batch_size": call.batch_size}
        with np.errstate(all="ignore"):  # a loss that grows without end is an answer
            ((_, result),) = self.objective(call, notes)([Trial(params, call.repeat, key)], watch)
        if result.reason.endswith("yielded nothing."):
            return replace(result, reason=f"{result.reason} {SELDOM}")
        asked = np.array(notes.get("asked", []), np.int64)
        return replace(result, arrays={"asked": asked})


SELDOM = (
    f"It was called with max_epochs={MAX_EPOCHS}; let it yield at least every {MAX_EPOCHS} epochs."
)


def check_function(function: UserFunction) -> None:
    """Raise InputError if a function can't be compared with the reference."""
    if missing := [name for name in NEEDED if name not in function.parameters]:
        raise InputError(
            f"{function.name} does not take {', '.join(missing)}; to be compared with the "
            f"reference it must take {', '.join(NEEDED)} and begin with the same weights."
        )
    if not (function.yields or "max_epochs" in function.parameters):
        raise InputError(
            f"{function.name} returns its loss at the end and takes no max_epochs, so nobody knows "
            "after how many epochs; let it take max_epochs, or yield (epoch, loss)."
        )
    GradedFunction(function, 0).objective(START, {}).settings(
        {"learning_rate": START.learning_rate, "batch_size": START.batch_size}
    )


def make_calls(graded: GradedFunction, timeout: float) -> tuple[list[TrialResult], str]:
    """Make all calls, in one process; at the first one that fails no more is made.

    Returns
    -------
    results : list of TrialResult
        Those of the calls that did not fail.
    reason : str
        Which one failed, and why; empty if none did.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C or SIGTERM.
    """
    results: list[TrialResult] = []
    failed: list[str] = []
    with Signals(graded.trials) as signals:

        def keep(trial: Trial, result: TrialResult) -> None:
            is_call = int(trial.key) < len(CALLS)
            if is_call and result.state is TrialState.FAILED:
                size = CALLS[int(trial.key)].batch_size
                failed.append(f"with batch size {size} of {N_TRAIN} samples: {result.reason}")
                signals.stop()
            results.append(result)

        with first_interrupt(signals.stop) as received:
            LocalRunner(1, timeout).train(graded, graded.trials, signals, keep)
    if received:  # again, now that it is no request any more
        signal.raise_signal(received[0])
    if not failed and len(results) < len(graded.trials):
        raise SweepError("some calls were not made; run the command again.")
    return results, failed[0] if failed else ""


def answer_of(result: TrialResult) -> Answer:
    """Return the losses by epoch, and the orders that were asked for."""
    history = result.history
    losses = history["validation_loss"].tolist()
    return Answer(
        dict(zip(history["epoch"].tolist(), losses, strict=True)),
        result.arrays["asked"].tolist(),
    )


@lru_cache(4096)  # of a dozen calls, each trained many times
def order(orders: EpochOrders, epoch: int) -> NDArray[Any]:
    """Return the order of the samples in an epoch, counted from 1."""
    return np.asarray(orders.epochs(epoch - 1, epoch)[0])
