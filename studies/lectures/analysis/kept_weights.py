"""Saved initial weights: their files and the results of training from them."""

from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from network.errors import InputError
from reports.words import Text, number, say, word
from studies.experiment.result import PlanResult
from studies.experiment.study import Results
from studies.objectives.two_layer import TwoLayerObjective
from sweep.trial import Trial

WEIGHTS_CAPTION = Text(
    "Saved initial weights, each with its file and the result of training from them: the same "
    "weights twice, then those of the next repeat.",
    "保存的初始权重（各在一个文件中）及由此训练的结果：同一权重两次，以及下一次重复的权重。",
)


def twins(results: Results) -> list[dict[str, Any]]:
    """Return the run that was trained twice, and the next repeat: file, weights, result."""
    if not {"starts", "again"} <= set(results):
        return []
    init = str(results["again"].plan.axes["init"][0])
    some = [("starts", 0), ("again", 0), ("starts", 1)]
    return [
        _row(results[name], trial, name)
        for name, repeat in some
        for trial in results[name].trained
        if trial.repeat == repeat and trial.params["init"] == init
    ]


def _row(result: PlanResult, trial: Trial, folder: str) -> dict[str, Any]:
    outcome, objective = result.outcomes[trial.key], result.plan.objective
    if not isinstance(objective, TwoLayerObjective):
        raise InputError("only networks have initial weights.")
    initial = objective.lane(trial).initial
    name = f"initial_h{initial.W1.shape[1]}_r{trial.repeat}_{trial.params['init']}.npz"
    return {
        "folder": folder,
        "file": f"weights/{folder}/{name}",
        "print": sha256(initial.flat().tobytes()).hexdigest()[:12],
        "epochs": outcome.epochs,
        "loss": outcome.metrics["validation_loss"],
        "final": outcome.arrays["W1"].ravel(),
    }


def kept(results: Results) -> list[Text]:
    """State that the same weights gave the same network, if they did."""
    each = twins(results)
    if [row["folder"] for row in each[:2]] != ["starts", "again"]:
        return []
    first, second = each[:2]
    if first["print"] != second["print"] or not np.array_equal(first["final"], second["final"]):
        return []
    return [
        Text(
            "Two runs from the same weights ({file}) give the same network to the last bit, both "
            "after {epochs} epochs.",
            "从同样的初始权重（{file}）训练两次，得到的网络逐位相同，两次都是 {epochs} 轮。",
        ).fill(file=first["file"], epochs=first["epochs"])
    ]


def weights_sheet(results: Results) -> pd.DataFrame:
    """Return the saved weights and the results of training from them."""
    return pd.DataFrame(
        {
            say(Text("initial weights", "初始权重文件")): row["file"],
            say(Text("fingerprint", "指纹")): row["print"],
            word("epochs"): row["epochs"],
            word("loss"): f"{row['loss']:.12f}",
            say(Text("final W1", "最终 W1")): ", ".join(
                number(float(f"{w:.4g}")) for w in row["final"][:4]
            ),
        }
        for row in twins(results)
    )
