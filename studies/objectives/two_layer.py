"""The network as an objective of a sweep: the one place where the two meet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from network.activations import Array
from network.data.datasets import Dataset
from network.engine import compiled
from network.training.loop import (
    Lane,
    PruneCallback,
    TrainingResult,
    accuracy_on_test_set,
    never_prune,
    train,
)
from network.training.settings import TRAINING_VERSION, TrainingSettings
from network.two_layer import Parameters, predict
from sweep.trial import EpochCallback, Trial, TrialResult, TrialState

ENGINES = ("compiled", "numpy")

KEPT_PATHS = 10
"""Of so many repeats the parameters at each evaluation are kept, to be drawn; they take more room
than all else, so not of all."""

PATH = "path"
"""The array of a result with the parameters at each evaluation, shape (evaluations, numbers)."""

METRICS = ("updates", "train_loss", "validation_loss", "validation_r2", "test_r2")
"""Number of updates, then losses and accuracies with the final parameters; NaN where there is
none."""


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

    metrics = METRICS

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

    def prepare(self, trials: Sequence[Trial]) -> None:
        """Compile what these trials need, or read it from the disk."""
        one_of_a_pack = {self.pack_key(trial): trial for trial in trials}
        for trial in one_of_a_pack.values():
            settings = self.settings(trial.params)
            if self._compiled(settings):
                compiled.prepare(settings, self.dataset, len(trials))

    def pack_key(self, trial: Trial) -> object:
        """Return what lanes of one pack share; a trial that NumPy trains is alone in its pack."""
        settings = self.settings(trial.params)
        if self._compiled(settings):
            return compiled.pack_key(settings)
        return trial.key

    def __call__(
        self, pack: list[Trial], watch: EpochCallback, prune: PruneCallback = never_prune
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Train a pack, and give each outcome when its lane is done."""
        lanes = [self.lane(trial) for trial in pack]
        if self._compiled(lanes[0].settings):
            for number, result in compiled.train_pack(lanes, self.dataset, watch, prune):
                yield pack[number], self._outcome(pack[number], result)
        else:
            for trial, lane in zip(pack, lanes, strict=True):
                result = train(lane, self.dataset, watch, prune)
                yield trial, self._outcome(trial, result)

    def predict(self, trial: Trial, arrays: Mapping[str, Array], X: Array) -> Array:
        """Return the outputs, shape (n, n_outputs), of a trial's network for n inputs."""
        return predict(X, network_of(arrays), *self.settings(trial.params).functions)

    def _compiled(self, settings: TrainingSettings) -> bool:
        return self.engine == "compiled" and compiled.covers(settings)

    def _outcome(self, trial: Trial, result: TrainingResult) -> TrialResult:
        settings, last = self.settings(trial.params), result.history[-1]
        arrays = result.parameters.as_dict()
        if trial.repeat < KEPT_PATHS:
            with np.errstate(over="ignore"):  # what diverges leaves the range of float32 early
                arrays[PATH] = result.path.astype(np.float32)
        test_r2 = accuracy_on_test_set(result.parameters, settings, self.dataset)
        return TrialResult(
            TrialState(result.ending),
            epochs=int(last["epoch"]),
            seconds=result.seconds,
            value=float(last["validation_loss"]),
            metrics={**measured(last), "test_r2": test_r2},
            engine=result.engine,
            history=result.history,
            arrays=arrays,
        )


def measured(evaluation: np.void) -> dict[str, float]:
    """Return the metrics that an entry of a history tells: all but the accuracy on the test set."""
    return {name: evaluation[name].item() for name in METRICS[:-1]}


def parameters_of(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the final parameters among the arrays of a result, of whatever model."""
    return {name: array for name, array in arrays.items() if name != PATH}


def network_of(arrays: Mapping[str, Array]) -> Parameters:
    """Return the trained network among the arrays of a result."""
    return Parameters(*(arrays[name] for name in ("W1", "B1", "W2", "B2")))
