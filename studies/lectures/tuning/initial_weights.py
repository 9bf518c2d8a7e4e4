"""Lectures 27, 28 and 30: zero, normal, Xavier and He; luck; and the weights kept for later."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import EMPTY, Picture, Report, Results, Sheet, Study, Train
from studies.lectures.analysis.kept_weights import WEIGHTS_CAPTION, kept, weights_sheet
from studies.sentences import initial_weights as says


def train(plans: Mapping[str, Plan], train: Train) -> Results:
    """Train from all starts, and once more from one of them.

    The second time the target is lower by the last bit, so that it is another training and is not
    read from the store.
    """
    plan = plans["starts"]
    target = float(str(plan.objective.identity()["target_loss"]))
    lower = {**plan.fixed, "target_loss": float(np.nextafter(target, 0.0))}
    again = replace(plan, axes={"init": plan.axes["init"][-1:]}, fixed=lower, repeats=1)
    return {"starts": train(plan), "again": train(again)}


def report(results: Results) -> Report:
    """Compare the initializers, luck within each, and two trainings from the same weights."""
    from reports.figures import spreads

    result = results.get("starts")
    if result is None:
        return EMPTY
    rows = result.frame[["init", "repeat", "state", "epochs"]]
    draw = partial(spreads.strips, rows, "init", says.STRIPS_TITLE, result.plan.max_epochs)
    draw_paths = partial(spreads.unit_paths, paths(result))
    return Report(
        [*equal_units(result), *says.luck(result), *findings.not_reached(result), *kept(results)],
        [
            Picture("paths", says.PATHS_CAPTION, draw_paths),
            Picture("epochs", says.STRIPS_CAPTION, draw),
            parts.listing(result),
            Sheet("weights", WEIGHTS_CAPTION, partial(weights_sheet, results)),
            parts.loss_curves(result, "init"),
        ],
    )


def weights_of(result: PlanResult, init: object) -> "tuple[np.ndarray[Any, Any], ...]":
    """Return W1 at the evaluations of repeat 0, shape (n, n_inputs, n_hidden), and the epochs."""
    outcome = result.outcome(init=str(init))
    n_in, n_hidden = outcome.parameters["W1"].shape
    path = outcome.path[:, : n_in * n_hidden].reshape(-1, n_in, n_hidden)
    return path.astype(float), np.asarray(outcome.history["epoch"][: len(path)], float)


def paths(result: PlanResult) -> list[tuple[str, Any, Any]]:
    """Return the panels of the picture: the name, the epochs, and the first input's weights."""
    panels = []
    for init in followed(result):
        W1, epochs = weights_of(result, init)
        panels.append((init, epochs, W1[:, 0, :]))
    return panels


def equal_units(result: PlanResult) -> list[Text]:
    """Name the initializers whose hidden units never differ."""
    equal = []
    for init in followed(result):
        W1, _ = weights_of(result, init)
        if W1.shape[2] > 1 and (np.ptp(W1, axis=2) == 0).all():
            equal.append(says.equal(init, W1.shape[2], result.cells))
    return equal


def followed(result: PlanResult) -> list[str]:
    """Return the initializers whose first training kept its parameters along the way."""
    return [str(init) for init in result.values("init") if result.outcome(init=init).path.size]


STUDY = Study(
    name="initial-weights",
    title=Text("Initial weights, and luck", "初始权重与运气"),
    question=Text(
        "Where should the weights start: at zero, or drawn by normal, Xavier or He? How far does "
        "luck alone move the result, and do weights that were kept give the same training again?",
        "权重应从哪里开始：零，还是按 normal、Xavier、He 随机抽取？仅凭运气结果会变多少？"
        "保存下来的初始权重能否重现同样的训练？",
    ),
    lectures="27, 28, 30",
    report=report,
    plans={
        "starts": Plan(
            axes={"init": ("zero", "normal", "he", "xavier")},
            fixed={"learning_rate": 0.5, "batch_size": 10, "n_hidden": 4},
            repeats=15,
        )
    },
    train=train,
)
