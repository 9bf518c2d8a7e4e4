"""What Optuna costs beside the trainings, measured with an objective that does nothing."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from sweep.grid import grid
from sweep.optuna.enqueueing import enqueue as enqueue_trials
from sweep.optuna.queue import remove
from sweep.optuna.storage import Place
from sweep.optuna.study import SharedStudy
from sweep.trial import EpochCallback, Trial, TrialResult, TrialState

_PACKS = 5  # so many are popped, one after the other


@dataclass(frozen=True)
class Overhead:
    """Seconds of each part.

    Attributes
    ----------
    cells : int
        How many were enqueued.
    enqueue, pop, tell : float
        For one trial: until it waits, until it is popped, until its outcome is kept.
    """

    cells: int
    enqueue: float
    pop: float
    tell: float


class _Nothing:
    """An objective that does nothing, in packs of the usual size."""

    in_processes = False
    pack_size = 64

    def identity(self) -> Mapping[str, object]:
        return {"nothing": time.time()}

    def describe(self) -> Mapping[str, object]:
        return {}

    def prepare(self, trials: Sequence[Trial]) -> None: ...

    def pack_key(self, trial: Trial) -> object:  # noqa: ARG002
        return 0

    def __call__(
        self,
        pack: list[Trial],
        watch: EpochCallback,  # noqa: ARG002
    ) -> Iterator[tuple[Trial, TrialResult]]:
        for trial in pack:
            yield trial, _outcome()


def measure(place: Place, cells: int) -> Overhead:
    """Enqueue cells, pop and tell some of them, and delete the study."""
    objective = _Nothing()
    identity = dict(objective.identity())
    trials = grid({"row": range(-(-cells // 100)), "column": range(100)}, 1, identity)[:cells]
    name = f"overhead of {cells} cells {identity['nothing']}"
    about = {"identity": identity, "description": {}}
    with closing(SharedStudy(place, name, about=about)) as study:
        begun = time.perf_counter()
        enqueue_trials(study, trials, objective, 1, 60.0, lambda: False)
        enqueue = (time.perf_counter() - begun) / cells
    with closing(SharedStudy(place, name)) as study:  # as a worker sees it
        pop = tell = 0.0
        done = 0
        for _ in range(_PACKS):
            begun = time.perf_counter()
            claims = study.pop(objective)
            pop += time.perf_counter() - begun
            begun = time.perf_counter()
            for claim in claims:
                study.tell(claim, _outcome())
            tell += time.perf_counter() - begun
            done += len(claims)
        remove(study.study, study.storage)
    return Overhead(cells, enqueue, pop / done, tell / done)


def _outcome() -> TrialResult:
    """Return an outcome of the homework's size."""
    history = np.zeros(200, [(f"measure_{i}", np.float64) for i in range(8)])
    history["measure_0"] = np.random.default_rng(0).random(200)
    return TrialResult(TrialState.EXHAUSTED, 10_000, validation_loss=0.1, history=history)
