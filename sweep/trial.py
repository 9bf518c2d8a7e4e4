"""A trial, a point of the grid in one repeat, and its outcome, which is data and no exception."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Value = float | int | str | None
"""What an axis of a grid can hold."""


class TrialState(StrEnum):
    """What came of a trial."""

    CONVERGED = "converged"  # reached its target
    EXHAUSTED = "exhausted"  # used all its epochs
    DIVERGED = "diverged"  # a loss is not finite
    PRUNED = "pruned"  # others did better
    FAILED = "failed"  # an exception, kept as the outcome's reason


@dataclass(frozen=True)
class Trial:
    """One run to be done.

    Attributes
    ----------
    params : mapping
        A value for each axis of the grid.
    repeat : int
        Number of the repetition, from 0.
    key : str
        A hash of all that decides the result; trials with equal keys have equal outcomes.
    """

    params: Mapping[str, Value]
    repeat: int
    key: str

    def __str__(self) -> str:
        values = ", ".join(
            f"{name} {'full' if value is None else value}" for name, value in self.params.items()
        )
        return f"{values}, repeat {self.repeat}"


def trial_key(identity: Mapping[str, object], params: Mapping[str, Value], repeat: int) -> str:
    """Return 32 hexadecimal digits that stand for all that decides a trial's result.

    Parameters
    ----------
    identity : mapping
        What all trials of an objective share; values that JSON can write.
    params : mapping
        The trial's place in the grid. Whether a setting is shared or an axis makes no difference.
    repeat : int
    """
    content = {**identity, **params, "repeat": repeat}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class TrialResult:
    """What came of a trial.

    Attributes
    ----------
    state : TrialState
    epochs : int
        Finished passes over the training set.
    seconds : float
        Its share of the time that its pack took.
    value : float
        What searches minimize; NaN where there is none.
    metrics : mapping of str to float
        What else was measured, by the names in the objective's `metrics`; a count is an int.
    engine : str
        What trained it.
    reason : str
        Why it failed.
    history : ndarray
        Structured array, one entry for each evaluation.
    arrays : mapping of str to ndarray
        What else is kept, such as final parameters, by any names but ``history``.
    """

    state: TrialState
    epochs: int = 0
    seconds: float = 0.0
    value: float = np.nan
    metrics: Mapping[str, float] = field(default_factory=dict)
    engine: str = ""
    reason: str = ""
    history: NDArray[np.void] = field(default_factory=lambda: np.empty(0, "V1"), repr=False)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)


EpochCallback = Callable[[int, int], None]
"""Is told (number of the trial in its pack, epochs done); what it raises ends the training.

With 0 epochs nothing is noted: it only looks whether to stop.
"""


PruneCallback = Callable[[int, int, float], bool]
"""Is told (number of the trial in its pack, epochs done, loss); says whether to end that trial."""


class Objective(Protocol):
    """What a sweep needs of that which it varies.

    It must be picklable where `in_processes` is true.
    """

    @property
    def in_processes(self) -> bool:
        """Whether trials run best in processes; else in threads."""

    @property
    def pack_size(self) -> int:
        """How many trials may train together in one call."""

    @property
    def metrics(self) -> Sequence[str]:
        """The names of the metrics of a result, in the order of their columns."""

    def identity(self) -> Mapping[str, object]:
        """Return all that decides results and is the same for all trials, as JSON values."""

    def prepare(self, trials: Sequence[Trial]) -> None:
        """Do what packs of these trials need, before the first one; it may take some seconds."""

    def pack_key(self, trial: Trial) -> object:
        """Return what trials of one pack have in common; compared and hashed, nothing else."""

    def __call__(
        self, pack: list[Trial], watch: EpochCallback
    ) -> Iterable[tuple[Trial, TrialResult]]:
        """Train the trials of a pack, and give each one's outcome as soon as it is there."""
