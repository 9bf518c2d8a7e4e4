"""A user's function as an objective: what it is given, and what becomes of what it gives back."""

import inspect
import math
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from numbers import Real
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.activations import Array
from network.data.datasets import Dataset
from network.errors import InputError, unknown_name
from network.training.loop import Lane, PruneCallback, never_prune
from network.training.randomness import Stream, generator
from network.training.settings import TRAINING_VERSION, TrainingSettings
from reports.frames import TRIAL_COLUMNS
from reports.statistics.measure import Measure
from studies.objectives.functions.adapters import PRUNED, call_objective, train_estimator
from studies.objectives.functions.source import (
    ESTIMATOR,
    FUNCTION,
    GIVEN,
    OBJECTIVE,
    UserFunction,
)
from sweep.trial import EpochCallback, Trial, TrialResult, TrialState

METRIC = "validation_loss"
"""What a function is judged by, unless another metric is named."""

DIRECTIONS = ("minimize", "maximize")

_REFERENCE = ("n_hidden", "init", "shuffle", "max_epochs")  # which `initial` and `orders` have

SETTINGS: Mapping[str, Any] = {
    **{name: getattr(TrainingSettings, name) for name in _REFERENCE},
    "metric": METRIC,
    "direction": DIRECTIONS[0],
    "target_loss": None,  # that of the course for its loss, none for another metric
}
"""Settings that decide what a function is given and when it is stopped, with their defaults."""


def settings_of(function: UserFunction) -> dict[str, Any]:
    """Return those of `SETTINGS` that a function has; an estimator knows nothing of our network."""
    left_out = _REFERENCE[:-1] if function.kind == ESTIMATOR else ()
    found = {name: value for name, value in SETTINGS.items() if name not in left_out}
    return found | ({"metric": "value"} if function.kind == OBJECTIVE else {})


TEXTS = ("metric", "direction")
"""Settings that are words."""

RESERVED = (*TRIAL_COLUMNS, "epoch", "part", "run", "row", "column")
"""Names that tables have for other things."""

Metrics = dict[str, float]


class WrongReturnError(Exception):
    """A function gave back what is no result."""


@dataclass(frozen=True)
class FunctionObjective:
    """Calls a user's function for each trial.

    Parameters
    ----------
    dataset, seed, engine, fixed
        As of `TwoLayerObjective`; there is one engine, the function.
    function : UserFunction
    """

    dataset: Dataset
    seed: int
    engine: str
    fixed: Mapping[str, Any]
    function: UserFunction

    in_processes = True
    pack_size = 1
    metrics = ()  # those that the function gives back

    def settings(self, params: Mapping[str, Any]) -> SimpleNamespace:
        """Return the settings at a point of the grid.

        InputError if one is missing or can't be.
        """
        given = {**settings_of(self.function), **self.fixed, **params}
        self.function.check_given(given)
        if given["direction"] not in DIRECTIONS:
            raise unknown_name("direction", given["direction"], DIRECTIONS)
        if given["target_loss"] is not None and not math.isfinite(given["target_loss"]):
            raise InputError(f"target must be a finite number, got {given['target_loss']}.")
        if not str(given["metric"]).isidentifier() or given["metric"] in RESERVED:
            raise InputError(
                f"metric must be a name of letters, digits and _, as in the function, got "
                f"{given['metric']!r}."
            )
        return SimpleNamespace(**given | {"target_loss": self.measure.target})

    @property
    def measure(self) -> Measure:
        """What trials are judged by, and the target."""
        given = {**settings_of(self.function), **self.fixed}
        name, target = str(given["metric"]), given["target_loss"]
        maximize = given["direction"] == DIRECTIONS[1]
        if target is None and name == METRIC and not maximize:
            target = TrainingSettings.target_loss
        return Measure(name, target, maximize)

    def identity(self) -> dict[str, object]:
        """Return what decides results beside a trial's params and repeat."""
        return {
            **settings_of(self.function),
            **self.fixed,
            "target_loss": self.measure.target,
            "model": "function",
            "function": self.function.name,
            "version": self.function.version,
            "data": self.dataset.fingerprint,
            "seed": self.seed,
            "training_version": TRAINING_VERSION,
        }

    def prepare(self, trials: Sequence[Trial]) -> None:
        """Do nothing: each process imports the file itself."""

    def pack_key(self, trial: Trial) -> object:
        """Return the trial's key: each is alone in its pack."""
        return trial.key

    def __call__(
        self, pack: list[Trial], watch: EpochCallback, prune: PruneCallback = never_prune
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Call the function for each trial."""
        for lane, trial in enumerate(pack):
            yield trial, self._run(trial, partial(watch, lane), partial(prune, lane))

    def predict(self, trial: Trial, arrays: Mapping[str, Any], X: Array) -> Array:
        """Refuse: a function's model is not kept."""
        raise NotImplementedError(f"the model that {self.function.name} trained is not kept")

    def _run(
        self, trial: Trial, watch: Callable[[int], None], prune: Callable[[int, float], bool]
    ) -> TrialResult:
        settings, begun = vars(self.settings(trial.params)), time.perf_counter()
        run = _Run(self.measure, settings["max_epochs"], watch, prune, frozenset(trial.params))
        try:
            returned = self._call(trial, settings, run)
            if inspect.isgenerator(returned):
                run.follow(returned)
            elif returned is PRUNED and run.history:
                run.state = run.state or TrialState.PRUNED
            else:
                run.end_with(returned)
        except (Exception, SystemExit) as error:
            reason = None if run.stop else _reason(error, self.function)
            if reason is None:
                raise
            return TrialResult(TrialState.FAILED, reason=reason)
        if run.stop:  # which the function has caught
            raise run.stop
        if not run.history:
            return TrialResult(TrialState.FAILED, reason=f"{self.function.name} yielded nothing.")
        epochs, last = run.history[-1]
        return TrialResult(
            run.state or TrialState.EXHAUSTED,  # of one that ends by itself
            epochs=epochs,
            seconds=time.perf_counter() - begun,
            value=self.measure.as_cost(last[self.measure.name]),
            metrics=last,
            engine=self.function.name,
            history=_as_array(run.history),
        )

    def _call(self, trial: Trial, settings: Mapping[str, Any], run: "_Run") -> Any:
        """Call the function with what it asks for, or train the estimator."""
        called, given = self.function.load(), self._arguments(trial, settings)
        if self.function.kind == FUNCTION:
            return called(**given)
        params = {**self.fixed, **trial.params}
        if self.function.kind == ESTIMATOR:
            own = {name: value for name, value in params.items() if name in self.function.settings}
            if own.get("batch_size", 0) is None:
                own["batch_size"] = len(self.dataset.train_x)
            epochs = settings["max_epochs"]
            return train_estimator(called, own, self.dataset, self._seed(trial), epochs)
        others = {name: value for name, value in given.items() if name in GIVEN}
        own = {name: value for name, value in params.items() if name not in SETTINGS}
        return call_objective(called, own, others, run.report)

    def _arguments(self, trial: Trial, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the function is called with: settings, and what it asks for."""
        lane = partial(self._lane, trial, settings)
        possible: dict[str, Callable[[], Any]] = {
            "data": lambda: self.dataset,
            "initial": lambda: {k: v.copy() for k, v in lane().initial.as_dict().items()},
            "orders": lambda: partial(_order, lane().orders),
            "seed": lambda: self._seed(trial),
        }
        asked = self.function.parameters
        given = {name: value for name, value in settings.items() if name in asked}
        return given | {name: make() for name, make in possible.items() if name in asked}

    def _seed(self, trial: Trial) -> int:
        return int(generator(self.seed, trial.repeat, Stream.USER).integers(2**31))

    def _lane(self, trial: Trial, settings: Mapping[str, Any]) -> Lane:
        """Return what the reference starts from in the same cell and repeat."""
        reference = TrainingSettings(1.0, None, **{name: settings[name] for name in _REFERENCE})
        return Lane.of(reference, self.dataset, self.seed, trial.repeat)


def _order(orders: Any, epoch: int) -> NDArray[np.int32]:
    """Return the order of the samples in an epoch, counted from 1, shape (n_samples,)."""
    if epoch < 1:
        raise ValueError(f"epochs are counted from 1, got {epoch}")
    (order,) = orders.epochs(epoch - 1, epoch)
    return np.asarray(order)


@dataclass
class _Run:
    """A run of a function: its evaluations, and the stop rule."""

    measure: Measure
    max_epochs: int
    watch: Callable[[int], None]
    prune: Callable[[int, float], bool]
    axes: frozenset[str]
    history: list[tuple[int, Metrics]] = field(default_factory=list)
    state: TrialState | None = None
    stop: Exception | None = None  # what `watch` raised

    def follow(self, yielded: Iterator[Any]) -> None:
        """Take what a generator yields, until the stop rule ends the run."""
        for each in yielded:
            if not (isinstance(each, tuple) and len(each) == 2):
                raise WrongReturnError(f"it yielded {each!r:.80}, and not (epoch, metrics)")
            if self._add("yielded", *each):
                return

    def report(self, epoch: int, value: Any) -> bool:
        """Take what is reported to an Optuna trial, whose steps may begin at 0."""
        return self._add("reported", epoch, value, first=0)

    def end_with(self, returned: Any) -> None:
        """Take what a function returned: the value of the last epoch."""
        if self.history:
            self.history.append((self.history.pop()[0], self._metrics(returned)))
            self._judge()
        else:
            self._add("returned", self.max_epochs, returned)

    def _add(self, how: str, epoch: Any, metrics: Any, first: int = 1) -> bool:
        """Check and keep an evaluation; return whether the run ends."""
        before = self.history[-1][0] if self.history else first - 1
        if isinstance(epoch, bool) or not isinstance(epoch, int | np.integer) or epoch <= before:
            after = f" after {before}" if self.history else ""
            raise WrongReturnError(
                f"it {how} the epoch {epoch!r:.80}{after}; epochs are whole numbers from {first} "
                "that grow"
            )
        self.history.append((int(epoch), self._metrics(metrics)))
        try:
            self.watch(int(epoch))
        except Exception as stop:
            self.stop = stop
            raise
        self._judge()
        return self.state is not None

    def _judge(self) -> None:
        """Apply the stop rule; the state stays None if the run goes on."""
        epoch, metrics = self.history[-1]
        value = metrics[self.measure.name]
        if not math.isfinite(value):
            self.state = TrialState.DIVERGED
        elif self.measure.reached(value):
            self.state = TrialState.CONVERGED
        elif epoch >= self.max_epochs:
            self.state = TrialState.EXHAUSTED
        else:
            ended = self.prune(epoch, self.measure.as_cost(value))
            self.state = TrialState.PRUNED if ended else None

    def _metrics(self, given: Any) -> Metrics:
        """Check metrics by their names, or a number, which is the one that trials are judged by."""
        judged = self.measure.name
        found = given if isinstance(given, Mapping) else {judged: given}
        for name, value in found.items():
            if not (isinstance(name, str) and name.isidentifier()) or name in RESERVED:
                raise WrongReturnError(f"{name!r:.80} can't be the name of a metric")
            if name in self.axes:
                raise WrongReturnError(f"{name} is an axis, so no metric can have this name")
            if isinstance(value, bool) or not isinstance(value, Real):
                hint = "; float(…) makes it one" if getattr(value, "ndim", None) is not None else ""
                raise WrongReturnError(f"{name} is {value!r:.80}, and no number{hint}")
        if judged not in found:
            raise WrongReturnError(f"it gave {', '.join(found) or 'no metrics'}, but no {judged}")
        rest = {name: float(value) for name, value in found.items() if name != judged}
        return {judged: float(found[judged]), **rest}


def _as_array(history: Sequence[tuple[int, Metrics]]) -> NDArray[np.void]:
    """Return a history as an array; metrics that are missing at an evaluation are NaN."""
    names = list(dict.fromkeys(name for _, metrics in history for name in metrics))
    rows = [(epoch, *(m.get(name, np.nan) for name in names)) for epoch, m in history]
    return np.array(rows, [("epoch", np.int64), *((name, np.float64) for name in names)])


def _reason(error: BaseException, function: UserFunction) -> str | None:
    """Say what a function raised, and at which of its own lines; None if it was not the function.

    That is the last line in the function's own files, not one of a library that it called.
    """
    if isinstance(error, WrongReturnError):
        return f"{function.name}: {error}."
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename in function.files]
    if not own:
        return None
    file = Path(own[-1].filename).name if function.path else function.name
    place = f"{file}, line {own[-1].lineno}"
    line = f": {own[-1].line}" if own[-1].line else ""
    return f"{type(error).__name__}: {error} ({place}{line})"
