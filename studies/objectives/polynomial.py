"""The polynomial as an objective of a sweep, as `TwoLayerObjective` is for the network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from network.data.datasets import Dataset
from network.losses import r2
from network.models import polynomial
from network.models.polynomial_training import PolynomialResult, PolynomialSettings, fit
from network.training.loop import Array
from network.training.settings import TRAINING_VERSION
from studies.objectives.two_layer import METRICS
from sweep.trial import EpochCallback, Trial, TrialResult, TrialState


@dataclass(frozen=True)
class PolynomialObjective:
    """Trains polynomials on a data set, of which all points but the test set are learned.

    Parameters
    ----------
    dataset, seed, engine, fixed
        As of `TwoLayerObjective`; the settings are those of `PolynomialSettings`.
    """

    dataset: Dataset
    seed: int = 0
    engine: str = "compiled"
    fixed: Mapping[str, Any] = field(default_factory=dict)

    metrics = METRICS
    pack_size = 1  # nothing is shared between polynomials

    def settings(self, params: Mapping[str, Any]) -> PolynomialSettings:
        """Return the settings at a point of the grid; InputError if they can't be."""
        return PolynomialSettings(**{"degree": 1, **self.fixed, **params})

    @property
    def in_processes(self) -> bool:
        """The NumPy loop holds Python's global lock, the compiled one doesn't."""
        return self.engine == "numpy"

    def identity(self) -> dict[str, object]:
        """Return what decides results beside a trial's params and repeat."""
        return {
            **asdict(PolynomialSettings(degree=1)),
            **self.fixed,
            "model": "polynomial",
            "data": self.dataset.fingerprint,
            "seed": self.seed,
            "training_version": TRAINING_VERSION,
        }

    def prepare(self, trials: Sequence[Trial]) -> None:
        """Do nothing: its kernel is compiled with the first trial."""

    def pack_key(self, trial: Trial) -> object:
        """Return the trial's key: each is alone in its pack."""
        return trial.key

    def __call__(
        self, pack: list[Trial], watch: EpochCallback
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Train polynomials one after the other."""
        for lane, trial in enumerate(pack):

            def watch_lane(_: int, epoch: int, lane: int = lane) -> None:
                watch(lane, epoch)

            samples = polynomial.training_samples(self.dataset)
            result = fit(
                self.settings(trial.params),
                samples,
                self.seed,
                trial.repeat,
                watch_lane,
                self.engine,
            )
            yield trial, self._outcome(result)

    def predict(
        self,
        trial: Trial,  # noqa: ARG002 - the degree is that of the weights
        arrays: Mapping[str, Array],
        X: Array,
    ) -> Array:
        """Return the outputs, shape (n, 1), of a trial's polynomial for n inputs."""
        return polynomial.predict(X, arrays["weights"])

    def _outcome(self, result: PolynomialResult) -> TrialResult:
        last = result.history[-1]
        predicted = polynomial.predict(self.dataset.test_x, result.weights)
        return TrialResult(
            TrialState(result.ending),
            epochs=int(last["epoch"]),
            seconds=result.seconds,
            value=float(last["train_loss"]),
            metrics={
                "updates": int(last["updates"]),
                "train_loss": float(last["train_loss"]),
                "test_r2": r2(predicted, self.dataset.test_y),
            },
            engine=result.engine,
            history=result.history,
            arrays={"weights": result.weights},
        )
