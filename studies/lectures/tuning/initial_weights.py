"""Lectures 27, 28 and 30: zero, normal, Xavier and He; random variation; saved weights."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from network.activations import Array
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

    The second time the target is lower by the last bit, so that it is another run and is not read
    from the store.
    """
    plan = plans["starts"]
    starts = train(plan)
    lower = {**plan.fixed, "target_loss": float(np.nextafter(starts.target_loss, 0.0))}
    again = replace(plan, axes={"init": plan.axes["init"][-1:]}, fixed=lower, repeats=1)
    return {"starts": starts, "again": train(again)}


def report(results: Results) -> Report:
    """Compare the initializers, the variation within each, and two runs from the same weights."""
    from reports.figures import spreads

    result = results.get("starts")
    if result is None:
        return EMPTY
    paths = weight_paths(result)
    of_first_input = [(init, epochs, W1[:, 0, :]) for init, epochs, W1 in paths]
    return Report(
        [
            *equal_units(result, paths),
            *random_variation(result),
            *findings.not_reached(result),
            *kept(results),
        ],
        [
            ReportFigure("paths", PATHS_CAPTION, partial(spreads.unit_paths, of_first_input)),
            parts.strips(result, "init", STRIPS_TITLE, STRIPS_CAPTION),
            parts.listing(result),
            ReportTable("weights", WEIGHTS_CAPTION, partial(weights_sheet, results)),
            parts.loss_curves(result, "init"),
        ],
    )


def weight_paths(result: PlanResult) -> list[tuple[str, Array, Array]]:
    """Return W1 during repeat 0 of each initializer, where it was kept at each evaluation.

    Returns
    -------
    list of (str, ndarray, ndarray)
        The initializer; the epochs, shape (n,); W1, shape (n, n_inputs, n_hidden).
    """
    paths = []
    for init in map(str, result.values("init")):
        outcome = result.outcome(init=init)
        if PATH in outcome.arrays:
            path, shape = outcome.arrays[PATH], outcome.arrays["W1"].shape
            W1 = path[:, : math.prod(shape)].reshape(-1, *shape).astype(float)
            paths.append((init, np.asarray(outcome.history["epoch"][: len(path)], float), W1))
    return paths


def equal_units(result: PlanResult, paths: list[tuple[str, Array, Array]]) -> list[Text]:
    """Name the initializers whose hidden units never differ, and the result."""
    text = Text(
        "With {init} initial weights, all {n} hidden units are equal at every evaluation: together "
        "they act as a single unit. {cell.n_converged} of {cell.n_trials} runs reach the target, "
        "and the accuracy on the test set is {cell.accuracy_text}.",
        "采用 {init} 初始化时，{n} 个隐层神经元在每次评估时都相等，合起来只相当于一个神经元。"
        "{cell.n_trials} 次训练中 {cell.n_converged} 次达到目标，测试集准确率为 "
        "{cell.accuracy_text}。",
    )
    return [
        text.fill(init=init, n=W1.shape[2], cell=result.cells.loc[init])
        for init, _, W1 in paths
        if W1.shape[2] > 1 and (np.ptp(W1, axis=2) == 0).all()
    ]


def random_variation(result: PlanResult) -> list[Text]:
    """Compare the spread of epochs within an initializer with that between initializers."""
    reached = result.frame[result.frame.state == "converged"]
    epochs = reached.groupby("init", sort=False).epochs.agg(["size", "min", "max"]).reset_index()
    within = epochs[epochs["size"] > 1]
    if within.empty:
        return []
    shown = Text("{init} {min} to {max}", "{init} {min} 到 {max}")
    said = [
        Text(
            "With the same initialization method, random weights and orders alone change the "
            "epochs that the converged runs need: {list}.",
            "在同一初始化方法下，仅因权重与顺序的随机性，收敛的训练所需轮数就会变化：{list}。",
        ).fill(list=findings.each_of(within, shown))
    ]
    medians = result.cells.epochs[np.isfinite(result.cells.epochs)]
    if len(medians) > 1:
        spans, between = within["max"] / within["min"], medians.max() / medians.min()
        so = UNDECIDED
        if spans.min() > between:
            so = ONE_RUN_SAYS_LITTLE
        elif spans.max() < between:
            so = INITIALIZER_MATTERS_MORE
        spread = joined([f"{span:.1f}" for span in spans])
        said.append(COMPARED.fill(spans=spread, between=f"{between:.1f}", so=so))
    return said


STUDY = Study(
    name="initial-weights",
    title=Text("Initial weights and random variation", "初始权重与随机性"),
    question=Text(
        "Should the initial weights be zero, or drawn by the normal, Xavier or He method? How much "
        "do results vary by chance alone, and do saved weights give the same result again?",
        "初始权重应取全零，还是按 normal、Xavier、He 方法随机抽取？仅因随机性结果会变化多少？保存下"
        "来的初始权重能否重现同样的结果？",
    ),
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
