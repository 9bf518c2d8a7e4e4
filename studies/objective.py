"""The network as an objective of a sweep: the one place where the two meet."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from network import compiled
from network.activations import Array, find_trainable
from network.datasets import Dataset
from network.losses import find_task
from network.training import (
    TRAINING_VERSION,
    Lane,
    TrainingResult,
    TrainingSettings,
    accuracy_on_test_set,
    train,
)
from network.two_layer import Parameters, predict
from sweep.trial import Outcome, Trial, TrialState, Watch

ENGINES = ("compiled", "numpy")

KEPT_PATHS = 10
"""Of so many repeats the parameters at each evaluation are kept, to be drawn; they take more room
than all else, so not of all."""


@dataclass(frozen=True)
class TwoLayerObjective:
    """Trains two-layer networks on a data set, whatever the axes of the grid are.

    Parameters
    ----------
    dataset : Dataset
    seed : int
        Decides initial weights and the orders of the samples, ≥ 0.
    engine : str
        ``compiled`` or ``numpy``. Where the compiled one doesn't cover the settings, NumPy trains.
    fixed : mapping
        The settings that are the same for all trials, by their names in `TrainingSettings`.
    """

    dataset: Dataset
    seed: int = 0
    engine: str = "compiled"
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def settings(self, params: Mapping[str, Any]) -> TrainingSettings:
        """Return the settings at a point of the grid; InputError if they can't be."""
        settings = TrainingSettings(**{**self.fixed, **params})
        settings.check_against(self.dataset)
        return settings

    def lane(self, trial: Trial) -> Lane:
        """Return what a trial starts from."""
        return Lane.of(self.settings(trial.params), self.dataset, self.seed, trial.repeat)

    @property
    def in_processes(self) -> bool:
        """The NumPy loop holds Python's global lock, the compiled one doesn't."""
        return self.engine == "numpy"

    @property
    def pack_size(self) -> int:
        """How many lanes train together."""
        return compiled.PACK_SIZE

    def identity(self) -> dict[str, object]:
        """Return what decides results beside a trial's params and repeat.

        The engine is not part of it, for the engines agree.
        """
        defaults = asdict(TrainingSettings(learning_rate=1.0, batch_size=1))
        return {
            **{name: defaults[name] for name in defaults.keys() - {"learning_rate", "batch_size"}},
            **self.fixed,
            "data": self.dataset.fingerprint,
            "seed": self.seed,
            "training_version": TRAINING_VERSION,
        }

    def prepare(self) -> None:
        """Compile the compiled engine, or read it from the disk."""
        settings = TrainingSettings(**{"learning_rate": 1.0, "batch_size": None, **self.fixed})
        if self._compiled(settings):
            compiled.prepare(settings)

    def pack_key(self, trial: Trial) -> object:
        """Return what lanes of one pack share; a trial that NumPy trains is alone in its pack."""
        settings = self.settings(trial.params)
        if self._compiled(settings):
            return compiled.pack_key(settings)
        return trial.key

    def __call__(self, pack: list[Trial], watch: Watch) -> Iterator[tuple[Trial, Outcome]]:
        """Train a pack, and give each outcome when its lane is done."""
        lanes = [self.lane(trial) for trial in pack]
        if self._compiled(lanes[0].settings):
            for number, result in compiled.train_pack(lanes, self.dataset, watch):
                yield pack[number], self._outcome(pack[number], result)
        else:
            for trial, lane in zip(pack, lanes, strict=True):
                yield trial, self._outcome(trial, train(lane, self.dataset, watch))

    def predict(self, trial: Trial, parameters: Mapping[str, Array], X: Array) -> Array:
        """Return the outputs, shape (n, n_outputs), of a trial's network for n inputs."""
        settings = self.settings(trial.params)
        f, task = find_trainable(settings.activation), find_task(settings.task)
        return predict(X, Parameters(**parameters), f, task)

    def _compiled(self, settings: TrainingSettings) -> bool:
        return self.engine == "compiled" and compiled.covers(settings)

    def _outcome(self, trial: Trial, result: TrainingResult) -> Outcome:
        settings, last = self.settings(trial.params), result.history[-1]
        kept = result.path if trial.repeat < KEPT_PATHS else result.path[:0]
        with np.errstate(over="ignore"):  # what diverges is infinite in fewer bits
            path = kept.astype(np.float32)
        return Outcome(
            TrialState(result.ending),
            epochs=int(last["epoch"]),
            updates=int(last["updates"]),
            train_loss=float(last["train_loss"]),
            validation_loss=float(last["validation_loss"]),
            validation_r2=float(last["validation_r2"]),
            test_r2=accuracy_on_test_set(result.parameters, settings, self.dataset),
            seconds=result.seconds,
            engine=result.engine,
            history=result.history,
            path=path,
            parameters=result.parameters.as_dict(),
        )
