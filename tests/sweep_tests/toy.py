"""An objective without a network: quick, and as good or bad as a test wants it to be."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sweep.trial import TrialResult, TrialState

HISTORY = np.dtype([("epoch", np.int64), ("error", np.float64)])


@dataclass(frozen=True)
class Toy:
    """Takes `seconds` for each trial, and raises where `a` is in `broken`."""

    in_processes: bool = False
    pack_size: int = 4
    seconds: float = 0.0
    broken: tuple = ()
    deadly: tuple = ()
    log: Path | None = None
    fixed: dict = field(default_factory=dict)

    metrics = ("n", "score")

    def identity(self):
        return {"toy": 1, **self.fixed}

    def describe(self):
        return {"seconds": self.seconds, "log": self.log and str(self.log)}

    @classmethod
    def from_description(cls, description):
        log = description["log"]
        return cls(seconds=description["seconds"], log=log and Path(log))

    def prepare(self, trials):
        pass

    def pack_key(self, trial):
        return trial.params.get("b")

    def __call__(self, pack, watch):
        for lane, trial in enumerate(pack):
            for epoch in range(1, 11):
                time.sleep(self.seconds / 10)
                watch(lane, epoch)
            if trial.params["a"] in self.broken:
                raise ArithmeticError(f"no a = {trial.params['a']}")
            if trial.params["a"] in self.deadly:
                os._exit(9)
            if self.log is not None:
                with self.log.open("a") as file:
                    file.write(f"{trial.key}\n")
            yield trial, outcome(trial)


def outcome(trial, **changes):
    """Return what a trial comes to, which depends on nothing but the trial."""
    rng = np.random.default_rng(int(trial.key[:8], 16))
    history = np.zeros(3, HISTORY)
    history["epoch"] = (1, 2, 3)
    history["error"] = rng.random(3)
    values = {
        "state": TrialState.CONVERGED,
        "epochs": 3,
        "value": rng.random(),
        "metrics": {"n": 9, "score": rng.random()},
        "engine": "toy",
        "history": history,
        "arrays": {"W": rng.random((2, 3))},
    }
    return TrialResult(**{**values, **changes})
