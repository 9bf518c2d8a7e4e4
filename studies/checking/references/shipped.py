"""Trials of the homework that come with the package, so that a check answers at once.

``homework.npz`` has the repeats that tables are compared with, and what `sweep assignment` gives
for each of the seeds 0 to 1000. ``make reference`` trains them anew, which takes ten minutes; it
must be done whenever the training changes.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.data.datasets import Dataset, generated
from network.training.loop import no_watch
from studies.checking.references.repeats import SEED, ReferenceRuns
from studies.experiment.plan import Plan
from studies.homework.assignment import grid_plan
from studies.objectives.two_layer import TwoLayerObjective
from sweep.trial import Trial, TrialResult, TrialState

FILE = Path(__file__).parent / "homework.npz"

N_REPEATS, N_SEEDS = 200, 1001


class Start(NamedTuple):
    """What a table starts from."""

    dataset: Dataset
    seed: int
    repeat: int = 0


class Outcomes(NamedTuple):
    """How the cells of some tables ended; each array has the shape (tables, cells)."""

    epochs: NDArray[np.float64]  # infinite where the target was not reached
    test_r2: NDArray[np.float64]
    validation_r2: NDArray[np.float64]


def train_tables(plan: Plan, starts: Sequence[Start]) -> Outcomes:
    """Train the cells of a plan from each start, on all cores."""
    cells = cells_of(plan)
    plan.objective.prepare(cells)
    run = joblib.Parallel(-1, "threading")
    tables = run(joblib.delayed(_train_table)(plan, cells, start) for start in starts)
    return Outcomes(*np.array(tables, float).reshape(len(starts), len(cells), 3).transpose(2, 0, 1))


def _train_table(
    plan: Plan, cells: Sequence[Trial], start: Start
) -> list[tuple[float, float, float]]:
    """Return epochs and R² on test and validation set of each cell."""
    shared = cast(TwoLayerObjective, plan.objective)
    objective = replace(shared, dataset=start.dataset, seed=start.seed)
    pack = [replace(trial, repeat=start.repeat) for trial in cells]
    found = {trial.key: result for trial, result in objective(pack, no_watch)}
    return [_outcome(found[trial.key]) for trial in pack]


def _outcome(result: TrialResult) -> tuple[float, float, float]:
    is_reached = result.state is TrialState.CONVERGED
    epochs = result.epochs if is_reached else np.inf
    return epochs, result.metrics["test_r2"], result.metrics["validation_r2"]


def cells_of(plan: Plan) -> list[Trial]:
    """Return the trials of the first repeat, one for each cell."""
    return plan.trials[: len(plan.trials) // plan.repeats]


# ---- the file -----------------------------------------------------------------------------------


def made_for(plan: Plan) -> dict[str, Any]:
    """Return what decides the trials of a plan's cells but for seed and repeat, as JSON values."""
    shared = cast(TwoLayerObjective, plan.objective)
    trained = [asdict(shared.settings(cell.params)) for cell in cells_of(plan)]
    identity = ReferenceRuns(plan).identity()
    return dict(json.loads(json.dumps({"cells": trained, "identity": identity})))


class ShippedTrials(NamedTuple):
    """The trials of a plan's cells, in the order of its trials."""

    repeats: Outcomes  # of the seed of the plan, each with data of its own
    seeds: Outcomes  # the tool's own tables, of the default data, by seed

    def frame(self, plan: Plan) -> pd.DataFrame:
        """Return the repeats as of `studies.checking.references.repeats.repeats_of`."""
        cells = cells_of(plan)
        epochs = self.repeats.epochs[: plan.repeats]
        reached = np.isfinite(epochs)
        return pd.DataFrame(
            {
                **{n: np.tile([t.params[n] for t in cells], plan.repeats) for n in plan.axes},
                "repeat": np.repeat(np.arange(plan.repeats), len(cells)),
                "state": np.where(reached, TrialState.CONVERGED, TrialState.EXHAUSTED).ravel(),
                "epochs": np.where(reached, epochs, plan.max_epochs).ravel(),
                "test_r2": self.repeats.test_r2[: plan.repeats].ravel(),
                "validation_r2": self.repeats.validation_r2[: plan.repeats].ravel(),
            }
        )


def shipped(plan: Plan) -> ShippedTrials | None:
    """Return the trials of a plan from the file, or None if it has not all of them."""
    if plan.repeats > N_REPEATS or plan.seed or plan.data_seed:
        return None
    with np.load(FILE, allow_pickle=False) as file:
        there, wanted = json.loads(str(file["made_for"])), made_for(replace(plan, repeats=1))
        if there["identity"] != wanted["identity"]:
            return None
        if any(cell not in there["cells"] for cell in wanted["cells"]):
            return None
        columns = [there["cells"].index(cell) for cell in wanted["cells"]]
        return ShippedTrials(
            *(
                Outcomes(*(_read(file[f"{part}_{name}"][:, columns]) for name in Outcomes._fields))
                for part in ShippedTrials._fields
            )
        )


def _read(stored: NDArray[Any]) -> NDArray[np.float64]:
    """Return values as floats; of epochs, which are whole numbers, 0 stands for not reached."""
    values = stored.astype(float)
    return np.where(values == 0, np.inf, values) if stored.dtype.kind == "u" else values


def make(file: Path = FILE, n_repeats: int = N_REPEATS, n_seeds: int = N_SEEDS) -> None:
    """Train the homework's trials and write them into a file."""
    plan = grid_plan()
    own_data = [Start(generated(plan.data, SEED + n), plan.seed, n) for n in range(n_repeats)]
    seeds = [Start(plan.objective.dataset, seed) for seed in range(n_seeds)]
    arrays: dict[str, Any] = {"made_for": json.dumps(made_for(plan))}
    for part, starts in zip(ShippedTrials._fields, (own_data, seeds), strict=True):
        trained = train_tables(plan, starts)
        if not np.isfinite(trained.test_r2).all():
            raise ValueError("a trial diverged, which the file can't tell from an exhausted one")
        for name, values in trained._asdict().items():
            kept = np.where(np.isinf(values), 0, values) if name == "epochs" else values
            kind = np.uint16 if name == "epochs" else np.float32
            arrays[f"{part}_{name}"] = kept.astype(kind)
    with file.open("wb") as opened:
        np.savez_compressed(opened, **arrays)


if __name__ == "__main__":
    make()
