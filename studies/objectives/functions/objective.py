"""A user's function as an objective: what it is given, and what becomes of what it gives back."""

import inspect
import math
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Real
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.activations import Array
from network.data.datasets import Dataset
from network.training.loop import Lane, PruneCallback, never_prune
from network.training.randomness import Stream, generator
from network.training.settings import TRAINING_VERSION, TrainingSettings
from studies.objectives.functions.source import UserFunction
from sweep.trial import EpochCallback, Trial, TrialResult, TrialState

METRIC = "validation_loss"
"""What is minimized, and compared with the target."""

SETTINGS: Mapping[str, Any] = {
    name: getattr(TrainingSettings, name)
    for name in ("n_hidden", "init", "shuffle", "max_epochs", "target_loss")
}
"""Settings that decide what a function is given and when it is stopped, with their defaults."""

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
        """Return the settings at a point of the grid; InputError if one is missing."""
        given = {**SETTINGS, **self.fixed, **params}
        self.function.check_given(given)
        return SimpleNamespace(**given)

    def identity(self) -> dict[str, object]:
        """Return what decides results beside a trial's params and repeat."""
        return {
            **SETTINGS,
            **self.fixed,
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
        settings = vars(self.settings(trial.params))
        begun, history = time.perf_counter(), list[tuple[int, Metrics]]()
        state = TrialState.EXHAUSTED  # of a generator that ends by itself
        try:
            returned = self.function.load()(**self._arguments(trial, settings))
            if not inspect.isgenerator(returned):  # one evaluation, at the end
                returned = iter([(settings["max_epochs"], returned)])
            for epoch, metrics in _evaluations(returned):
                history.append((epoch, metrics))
                watch(epoch)
                ending = _ending(epoch, metrics[METRIC], settings, prune)
                if ending is not None:
                    state = ending
                    break
        except (Exception, SystemExit) as error:
            reason = _reason(error, self.function)
            if reason is None:  # a stop, and not the function
                raise
            return TrialResult(TrialState.FAILED, reason=reason)
        if not history:
            return TrialResult(TrialState.FAILED, reason=f"{self.function.name} yielded nothing.")
        epochs, last = history[-1]
        return TrialResult(
            state,
            epochs=epochs,
            seconds=time.perf_counter() - begun,
            value=last[METRIC],
            metrics=last,
            engine=self.function.name,
            history=_as_array(history),
        )

    def _arguments(self, trial: Trial, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the function is called with: settings, and what it asks for."""
        lane = partial(self._lane, trial, settings)
        possible: dict[str, Callable[[], Any]] = {
            "data": lambda: self.dataset,
            "initial": lambda: {k: v.copy() for k, v in lane().initial.as_dict().items()},
            "orders": lambda: partial(_order, lane().orders),
            "seed": lambda: int(generator(self.seed, trial.repeat, Stream.USER).integers(2**31)),
        }
        asked = self.function.parameters
        given = {name: value for name, value in settings.items() if name in asked}
        return given | {name: make() for name, make in possible.items() if name in asked}

    def _lane(self, trial: Trial, settings: Mapping[str, Any]) -> Lane:
        """Return what the reference starts from in the same cell and repeat."""
        reference = TrainingSettings(1.0, None, **{name: settings[name] for name in SETTINGS})
        return Lane.of(reference, self.dataset, self.seed, trial.repeat)


def _order(orders: Any, epoch: int) -> NDArray[np.int32]:
    """Return the order of the samples in an epoch, counted from 1, shape (n_samples,)."""
    if epoch < 1:
        raise ValueError(f"epochs are counted from 1, got {epoch}")
    (order,) = orders.epochs(epoch - 1, epoch)
    return np.asarray(order)


def _ending(
    epoch: int, loss: float, settings: Mapping[str, Any], prune: Callable[[int, float], bool]
) -> TrialState | None:
    """Apply the stop rule; None lets the run go on."""
    if not math.isfinite(loss):
        return TrialState.DIVERGED
    if loss <= settings["target_loss"]:
        return TrialState.CONVERGED
    if epoch >= settings["max_epochs"]:
        return TrialState.EXHAUSTED
    return TrialState.PRUNED if prune(epoch, loss) else None


def _evaluations(yielded: Iterator[Any]) -> Iterator[tuple[int, Metrics]]:
    """Check what a generator yields: epochs that grow, each with metrics."""
    before = 0
    for each in yielded:
        if not (isinstance(each, tuple) and len(each) == 2):
            raise WrongReturnError(f"it yielded {each!r:.80}, and not (epoch, metrics)")
        epoch, metrics = each
        if isinstance(epoch, bool) or not isinstance(epoch, int | np.integer) or epoch <= before:
            raise WrongReturnError(
                f"it yielded the epoch {epoch!r:.80} after {before}; epochs are whole numbers "
                "from 1 that grow"
            )
        before = int(epoch)
        yield before, _metrics(metrics)


def _metrics(returned: Any) -> Metrics:
    """Check a number, which is the validation loss, or metrics by their names."""
    found = returned if isinstance(returned, Mapping) else {METRIC: returned}
    for name, value in found.items():
        if not (isinstance(name, str) and name.isidentifier()) or name in _RESERVED:
            raise WrongReturnError(f"{name!r:.80} can't be the name of a metric")
        if isinstance(value, bool) or not isinstance(value, Real):
            raise WrongReturnError(f"{name} is {value!r:.80}, and no number")
    if METRIC not in found:
        raise WrongReturnError(f"it gave {', '.join(found) or 'no metrics'}, but no {METRIC}")
    rest = {name: float(value) for name, value in found.items() if name != METRIC}
    return {METRIC: float(found[METRIC]), **rest}


_RESERVED = ("repeat", "state", "epoch", "epochs", "seconds", "engine", "key")


def _as_array(history: Sequence[tuple[int, Metrics]]) -> NDArray[np.void]:
    """Return a history as an array; metrics that are missing at an evaluation are NaN."""
    names = list(dict.fromkeys(name for _, metrics in history for name in metrics))
    rows = [(epoch, *(m.get(name, np.nan) for name in names)) for epoch, m in history]
    return np.array(rows, [("epoch", np.int64), *((name, np.float64) for name in names)])


def _reason(error: BaseException, function: UserFunction) -> str | None:
    """Say what a function raised, and at which of its own lines; None if it was not the function.

    That is the last line in the function's own files: deeper ones are those of libraries.
    """
    if isinstance(error, WrongReturnError):
        return f"{function.name}: {error}."
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if function.place and f.filename.startswith(function.place)]
    if not own:
        return None
    file = Path(own[-1].filename).name if function.path else function.name
    place = f"{file}, line {own[-1].lineno}"
    line = f": {own[-1].line}" if own[-1].line else ""
    return f"{type(error).__name__}: {error} ({place}{line})"
