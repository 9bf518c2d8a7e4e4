"""Optuna objectives and estimators as functions of their settings, like those that users write."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.data.datasets import Dataset
from network.losses import half_mse, r2

EVALUATE_EVERY = 10
"""Epochs between evaluations of an estimator that has ``partial_fit``."""

PRUNED = object()

Report = Callable[[int, float], bool]
"""Takes an epoch and a value, and says whether the run shall end."""


def call_objective(
    function: Callable[..., Any],
    params: Mapping[str, Any],
    given: Mapping[str, Any],
    report: Report,
) -> Any:
    """Call a function of an Optuna trial whose suggestions are the values of a cell.

    Parameters
    ----------
    function : callable
    params : mapping
        The values of the cell; `given` are the function's other parameters.
    report : callable
        Takes what the function reports.

    Returns
    -------
    object
        What the function returns; PRUNED if it raised `optuna.TrialPruned`.
    """
    import optuna

    class CellTrial(optuna.trial.FixedTrial):
        ended = False

        def report(self, value: float, step: int) -> None:
            self.ended = report(step, value)

        def should_prune(self) -> bool:
            return self.ended

        def suggest_float(self, name: str, *about: Any, **more: Any) -> float:
            return super().suggest_float(known(name), *about, **more)

        def suggest_int(self, name: str, *about: Any, **more: Any) -> int:
            return super().suggest_int(known(name), *about, **more)

        def suggest_categorical(self, name: str, choices: Any) -> Any:
            return super().suggest_categorical(known(name), choices)

    def known(name: str) -> str:
        if name not in params:
            raise ValueError(f"there are no values of {name}; give --axis {name}=VALUES")
        return name

    try:
        return function(CellTrial(dict(params)), **given)
    except optuna.TrialPruned:
        return PRUNED


def train_estimator(
    estimator: Callable[..., Any],
    params: Mapping[str, Any],
    data: Dataset,
    seed: int,
    max_epochs: int,
) -> Iterator[tuple[int, dict[str, float]]]:
    """Train a model that has ``fit`` and ``predict``, and yield epochs with metrics.

    With ``partial_fit`` an epoch is one call of it with the training set, and every tenth is
    evaluated; without, there is one evaluation after ``fit``. A regression has the metrics
    ``validation_loss`` (half the mean squared error) and ``test_r2``; a classification, of a model
    with ``predict_proba``, has ``validation_accuracy`` and ``test_accuracy``.

    Parameters
    ----------
    estimator : callable
        The class; `params` are given to it, and the seed as ``random_state`` where it takes one.
    """
    takes = inspect.signature(estimator).parameters
    seeded = {"random_state": seed} if "random_state" in takes else {}
    model = estimator(**{**seeded, **params})
    is_classifier = hasattr(model, "predict_proba")
    labels = _classes if is_classifier else _columns
    y = labels(data.train_y)
    if not hasattr(model, "partial_fit"):
        model.fit(data.train_x, y)
        yield max_epochs, _metrics(model, data, is_classifier)
        return
    more = {"classes": np.unique(y)} if is_classifier else {}
    for epoch in range(1, max_epochs + 1):
        model.partial_fit(data.train_x, y, **more if epoch == 1 else {})
        if epoch % EVALUATE_EVERY == 0 or epoch == max_epochs:
            yield epoch, _metrics(model, data, is_classifier)


def _columns(y: NDArray[np.float64]) -> NDArray[np.float64]:
    return y.ravel() if y.shape[1] == 1 else y


def _classes(y: NDArray[np.float64]) -> NDArray[Any]:
    return y.argmax(axis=1) if y.shape[1] > 1 else y.ravel().round().astype(int)


def _metrics(model: Any, data: Dataset, is_classifier: bool) -> dict[str, float]:
    validation, test = (model.predict(x) for x in (data.validation_x, data.test_x))
    if is_classifier:
        pairs = ((validation, data.validation_y), (test, data.test_y))
        shares = [float(np.mean(predicted == _classes(y))) for predicted, y in pairs]
        return dict(zip(("validation_accuracy", "test_accuracy"), shares, strict=True))
    return {
        "validation_loss": half_mse(validation.reshape(data.validation_y.shape), data.validation_y),
        "test_r2": r2(test.reshape(data.test_y.shape), data.test_y),
    }
