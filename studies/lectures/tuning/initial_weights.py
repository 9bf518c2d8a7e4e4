"""Lectures 27, 28 and 30: zero, normal, Xavier and He; random variation; saved weights."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from reports.words import Text, joined
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import EMPTY, Report, ReportFigure, ReportTable, Results, Study, Train
from studies.lectures.analysis.kept_weights import WEIGHTS_CAPTION, kept, weights_sheet
from studies.objectives.two_layer import PATH

STRIPS_TITLE = Text("Epochs of each run, by initialization method", "各初始化方法下每次训练的轮数")
STRIPS_CAPTION = Text(
    "Each dot is one run, the line is the median. The runs of one row differ only in the random "
    "draw of the initial weights and sample orders.",
    "每个点为一次训练，竖线为中位数。同一行的训练只在初始权重与样本顺序的随机抽取上不同。",
)
PATHS_CAPTION = Text(
    "The weight from the input to each hidden unit during repeat 0, from the first evaluation on. "
    "Where units stay equal, their lines coincide (the thicker line is at the back).",
    "第 0 次重复训练中，输入到各隐层神经元的权重（从第一次评估起）。始终相等的神经元，其线重叠，粗"
    "线在下。",
)
COMPARED = Text(
    "Within one method the epochs vary by a factor of {spans}, while the medians of the methods "
    "differ by a factor of {between}. {so}",
    "同一方法内相差 {spans} 倍，而各方法的中位数之间相差 {between} 倍。{so}",
)
ONE_RUN_SAYS_LITTLE = Text(
    "A single run therefore says little about an initialization method.",
    "因此单次运行不足以评价初始化方法。",
)
INITIALIZER_MATTERS_MORE = Text(
    "The initialization method therefore matters more than random variation.",
    "因此初始化方法的影响大于随机性。",
)
UNDECIDED = Text("One run of each cannot tell the methods apart.", "各运行一次无法区分各方法。")


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
    """Compare the initializers, the variation within each, and two runs from the same weights."""
    from reports.figures import spreads

    result = results.get("starts")
    if result is None:
        return EMPTY
    rows = result.frame[["init", "repeat", "state", "epochs"]]
    draw = partial(spreads.strips, rows, "init", STRIPS_TITLE, result.plan.max_epochs)
    draw_paths = partial(spreads.unit_paths, paths(result))
    return Report(
        [
            *equal_units(result),
            *random_variation(result),
            *findings.not_reached(result),
            *kept(results),
        ],
        [
            ReportFigure("paths", PATHS_CAPTION, draw_paths),
            ReportFigure("epochs", STRIPS_CAPTION, draw),
            parts.listing(result),
            ReportTable("weights", WEIGHTS_CAPTION, partial(weights_sheet, results)),
            parts.loss_curves(result, "init"),
        ],
    )


def weights_of(result: PlanResult, init: object) -> "tuple[np.ndarray[Any, Any], ...]":
    """Return W1 at the evaluations of repeat 0, shape (n, n_inputs, n_hidden), and the epochs."""
    outcome = result.outcome(init=str(init))
    n_in, n_hidden = outcome.arrays["W1"].shape
    path = outcome.arrays[PATH][:, : n_in * n_hidden].reshape(-1, n_in, n_hidden)
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
            equal.append(equal_units_text(init, W1.shape[2], result.cells))
    return equal


def followed(result: PlanResult) -> list[str]:
    """Return the initializers whose first run saved its parameters at each evaluation."""
    return [str(init) for init in result.values("init") if PATH in result.outcome(init=init).arrays]


def equal_units_text(init: str, n_hidden: int, cells: pd.DataFrame) -> Text:
    """State that all hidden units stay equal, and the result."""
    return Text(
        "With {init} initial weights, all {n} hidden units are equal at every evaluation: "
        "together they act as a single unit. {k} of {m} runs reach the target, and the accuracy "
        "on the test set is {r2}.",
        "采用 {init} 初始化时，{n} 个隐层神经元在每次评估时都相等，合起来只相当于一个神经元。{m} "
        "次训练中 {k} 次达到目标，测试集准确率为 {r2}。",
    ).fill(
        init=init,
        n=n_hidden,
        k=int(cells.n_converged[init]),
        m=int(cells.n_trials[init]),
        r2=cells.accuracy_text[init],
    )


def random_variation(result: PlanResult) -> list[Text]:
    """Compare the spread of epochs within an initializer with that between initializers."""
    reached = result.frame[result.frame.state == "converged"]
    groups = {name: group.epochs for name, group in reached.groupby("init", sort=False)}
    within = {name: epochs for name, epochs in groups.items() if len(epochs) > 1}
    if not within:
        return []
    spans = [epochs.max() / epochs.min() for epochs in within.values()]
    shown = Text("{init} {low} to {high}", "{init} {low} 到 {high}")
    each = [
        shown.fill(init=name, low=int(epochs.min()), high=int(epochs.max()))
        for name, epochs in within.items()
    ]
    said = [
        Text(
            "With the same initialization method, random weights and orders alone change the "
            "epochs that the converged runs need: {list}.",
            "在同一初始化方法下，仅因权重与顺序的随机性，收敛的训练所需轮数就会变化：{list}。",
        ).fill(list=joined(each))
    ]
    medians = result.cells.epochs[np.isfinite(result.cells.epochs)]
    if len(medians) > 1:
        between = medians.max() / medians.min()
        said.append(
            COMPARED.fill(
                spans=joined([f"{span:.1f}" for span in spans]),
                between=f"{between:.1f}",
                so=ONE_RUN_SAYS_LITTLE
                if min(spans) > between
                else INITIALIZER_MATTERS_MORE
                if max(spans) < between
                else UNDECIDED,
            )
        )
    return said


STUDY = Study(
    name="initial-weights",
    title=Text("Initial weights and random variation", "初始权重与随机性"),
    question=Text(
        "Should the initial weights be zero, or drawn by the normal, Xavier or He method? How "
        "much do results vary by chance alone, and do saved weights give the same result again?",
        "初始权重应取全零，还是按 normal、Xavier、He 方法随机抽取？仅因随机性结果会变化多少？保存"
        "下来的初始权重能否重现同样的结果？",
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
