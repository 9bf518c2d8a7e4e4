"""Objectives as JSON values, of which workers elsewhere make them again."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from network.data.datasets import ARRAYS, Dataset
from network.errors import InputError
from network.training.settings import TRAINING_VERSION, TrainingSettings
from studies.objectives.functions.objective import FunctionObjective
from studies.objectives.functions.source import UserFunction
from studies.objectives.two_layer import TwoLayerObjective
from sweep.errors import SweepError
from sweep.store.serialization import from_text, to_text

Described = TwoLayerObjective | FunctionObjective


def describe(objective: Described) -> dict[str, Any]:
    """Return what `revive` makes the same objective of.

    A user's function is not in it, only its name and version.
    """
    data = objective.dataset
    function = getattr(objective, "function", None)
    return {
        "training_version": TRAINING_VERSION,
        "seed": objective.seed,
        "engine": objective.engine,
        "fixed": dict(objective.fixed),
        "data": {"name": data.name, "arrays": to_text({n: getattr(data, n) for n in ARRAYS})},
        "fingerprint": data.fingerprint,
        **({"function": function.record()} if function else {}),
    }


def revive(
    description: Mapping[str, Any], function: UserFunction | None = None, *, runs: bool = True
) -> Described:
    """Make an objective of what `describe` returned, perhaps on another machine.

    Parameters
    ----------
    description : mapping
    function : UserFunction, optional
        The function as it is here, where the objective is one.
    runs : bool
        Whether it is to run; a function that isn't need not be here.

    Raises
    ------
    InputError, SweepError
        If the training version or the function differs here, or the data didn't come as they were
        sent.
    """
    version = description.get("training_version")
    if version != TRAINING_VERSION:
        raise SweepError(
            f"the study was made with training version {version}, and here it is "
            f"{TRAINING_VERSION}; install the same version of sweep-lab on all machines."
        )
    data = description["data"]
    dataset = Dataset(data["name"], **from_text(data["arrays"]))
    if dataset.fingerprint != description["fingerprint"]:
        raise SweepError(
            "the study's data have another fingerprint than when they were sent; make the "
            "study again, under another --study."
        )
    seed, engine, fixed = (description[name] for name in ("seed", "engine", "fixed"))
    np.random.SeedSequence(seed)
    if "function" in description:
        sent = UserFunction.of_record(description["function"])
        is_here = function is not None and function == sent
        if runs and not is_here:
            here = f", and here it has version {function.version}" if function else ""
            raise InputError(
                f"the study runs {sent.name}, version {sent.version}{here}; copy the same file to "
                f"this machine, and give --objective {sent.given}."
            )
        return FunctionObjective(dataset, seed, engine, dict(fixed), function or sent)
    TrainingSettings(**{"learning_rate": 1.0, "batch_size": 1, **fixed})
    return TwoLayerObjective(dataset, seed, engine, dict(fixed))
