"""Does the order of the samples matter? The course program cycles through three orders."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics import order_statistics, paired
from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

BASE = "fresh"
STRIPS_CAPTION = Text(
    "Each dot is one run, the line is the median.", "每个点为一次训练，竖线为中位数。"
)
PAIRS_CAPTION = Text(
    "Each dot is one repeat: both runs start from the same weights and differ only in the sample "
    "order. On the dashed line both need the same number of epochs; above it, the fresh order "
    "needs fewer.",
    "每次重复一个点：两次训练初始权重相同，只有样本顺序不同。虚线上两者轮数相同，虚线上方表示每轮重"
    "新打乱所需轮数更少。",
)
COMPARISON_CAPTION = Text(
    "Comparison with a fresh order in each epoch, repeat by repeat: median of the differences and "
    "its 95 % confidence interval (sign test).",
    "与每轮重新打乱逐次比较：差异的中位数及其 95% 置信区间（符号检验）。",
)
NOTE = Text("{ratio} times the epochs ({low} to {high})", "轮数之比 {ratio}（{low} 到 {high}）")
ORDERS = {
    "cycle": Text("a cycle of three orders (as in the course's program)", "课程程序的三种顺序循环"),
    "none": Text("no shuffling", "不打乱"),
}
SLOWER = Text(
    "It matters: {what} needs {ratio} times the epochs of a fresh order (median of {n} pairs, 95 % "
    "interval {low} to {high}).",
    "有影响：{what}所需轮数是每轮重新打乱的 {ratio} 倍（{n} 对的中位数，95% 区间 {low} 到 "
    "{high}）。",
)
FASTER = Text(
    "It matters, in the other direction: {what} needs only {ratio} times the epochs of a fresh "
    "order (median of {n} pairs, 95 % interval {low} to {high}).",
    "有影响，但方向相反：{what}所需轮数仅为每轮重新打乱的 {ratio} 倍（{n} 对的中位数，95% 区间 "
    "{low} 到 {high}）。",
)
SAME = Text(
    "No difference shown: {what} needs {ratio} times the epochs of a fresh order (median of {n} "
    "pairs), but the 95 % interval, {low} to {high}, includes 1.",
    "未见差别：{what}所需轮数是每轮重新打乱的 {ratio} 倍（{n} 对的中位数），但 95% 区间 {low} 到 "
    "{high} 包含 1。",
)
NEITHER = Text(
    "No run reaches the target, so nothing can be concluded about {what}.",
    "没有一次训练达到目标，因此对{what}无从判断。",
)
TOO_FEW = Text(
    "Too few repeats to decide: {what} needs {ratio} times the epochs of a fresh order (median of "
    "{n} pairs); at least 6 pairs are needed.",
    "重复次数太少，无法判断：{what}所需轮数是每轮重新打乱的 {ratio} 倍（{n} 对的中位数）；至少需要 "
    "6 对。",
)
WORSE = Text(
    "The accuracy on the test set is lower by {size} with {what} (median; 95 % interval of the "
    "difference {r2.low:.2g} to {r2.high:.2g}).",
    "采用{what}时，测试集准确率低 {size}（中位数；95% 区间 {r2.low:.2g} 到 {r2.high:.2g}）。",
)
BETTER = Text(
    "The accuracy on the test set is higher by {size} with {what} (median; 95 % interval of the "
    "difference {r2.low:.2g} to {r2.high:.2g}).",
    "采用{what}时，测试集准确率高 {size}（中位数；95% 区间 {r2.low:.2g} 到 {r2.high:.2g}）。",
)
STRIPS_TITLE = Text("Epochs of each run, by sample order", "各样本顺序下每次训练的轮数")


def report(results: Results) -> Report:
    """Compare the orders repeat by repeat: both start from the same weights."""
    from reports.figures import spreads

    result = results["orders"]
    compared = comparisons(result.frame)
    pictures = [parts.strips(result, "shuffle", STRIPS_TITLE, STRIPS_CAPTION)]
    if compared:
        notes, epochs = [NOTE.fill(**row) for row in compared], by_repeat(result.frame, "epochs")
        draw = partial(spreads.pairs, epochs, BASE, result.plan.max_epochs, notes)
        pictures.append(ReportFigure("pairs", PAIRS_CAPTION, draw))
    return Report(
        [*order_findings(result.frame), *findings.not_reached(result)],
        [
            *pictures,
            ReportTable("comparison", COMPARISON_CAPTION, partial(comparison_table, compared)),
            parts.listing(result),
            parts.loss_curves(result, "shuffle"),
        ],
    )


def by_repeat(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a row a repeat, a column an order; epochs are infinite where not converged."""
    values = frame[column].astype(float)
    if column == "epochs":
        values = values.where(frame.state == "converged", np.inf)
    wide = frame.assign(value=values).pivot(index="repeat", columns="shuffle", values="value")
    return wide[list(frame.shuffle.unique())]


def comparisons(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Compare each order with the fresh one, if there is one, repeat by repeat.

    Returns
    -------
    list of dict
        For each order ``name`` and ``what``, its name in words; ``interval`` of the ratio of
        epochs, and as words ``n``, ``ratio``, ``low`` and ``high``; ``r2``, the interval of the
        difference in accuracy, and ``size``, its absolute median.
    """
    epochs, accuracy = by_repeat(frame, "epochs"), by_repeat(frame, "test_r2")
    rows = []
    for name in epochs.columns.drop(BASE) if BASE in epochs else []:
        interval = paired.ratios(epochs[name], epochs[BASE])
        shown = {"ratio": interval.median, "low": interval.low, "high": interval.high}
        words = {key: f"{value:.2f}".replace("inf", "∞") for key, value in shown.items()}
        r2 = order_statistics.median_interval(accuracy[name] - accuracy[BASE])
        row = {"name": name, "what": ORDERS[name], "interval": interval, "n": interval.n, **words}
        rows.append({**row, "r2": r2, "size": f"{abs(r2.median):.2g}"})
    return rows


def order_findings(frame: pd.DataFrame) -> list[Text]:
    """Compare the epochs and accuracy of each order with those of a fresh one."""
    if BASE not in set(frame.shuffle):
        return [
            Text("There is no fresh order to compare with.", "没有“每轮重新打乱”的训练可供比较。")
        ]
    said = []
    for row in comparisons(frame):
        interval, r2 = row["interval"], row["r2"]
        if not interval.n:
            sentence = NEITHER
        elif not interval.known:
            sentence = TOO_FEW
        elif interval.excludes(1):
            sentence = SLOWER if interval.low > 1 else FASTER
        else:
            sentence = SAME
        said.append(sentence.fill(**row))
        if r2.excludes(0.0):
            said.append((WORSE if r2.median < 0 else BETTER).fill(**row))
    return said


def comparison_table(compared: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the comparisons in numbers."""
    r2 = [row["r2"] for row in compared]
    return parts.in_words(
        {
            "shuffle": [row["name"] for row in compared],
            Text("pairs", "对数"): [row["n"] for row in compared],
            Text("ratio of epochs", "轮数之比"): [row["ratio"] for row in compared],
            Text("95 % of the ratio", "比的 95%"): [
                "{low} – {high}".format(**row) for row in compared
            ],
            Text("difference in R²", "R² 之差"): [f"{each.median:+.4f}" for each in r2],
            Text("95 % of the difference", "差的 95%"): [
                f"{each.low:+.4f} – {each.high:+.4f}" for each in r2
            ],
        }
    )


STUDY = Study(
    name="shuffle",
    title=Text("The order of the samples", "样本的顺序"),
    question=Text(
        "The course's program shuffles with a seed that runs into a cycle, so that the same three "
        "orders repeat forever. Does this matter, compared with a fresh order in every epoch or "
        "with no shuffling?",
        "课程程序的打乱方式会陷入循环，三种顺序永远重复。与每轮重新打乱或不打乱相比，这有影响吗？",
    ),
    report=report,
    plans={
        "orders": Plan(
            axes={"shuffle": ("fresh", "cycle", "none")},
            fixed={"learning_rate": 0.5, "batch_size": 10, "n_hidden": 4},
            repeats=20,
        )
    },
)
