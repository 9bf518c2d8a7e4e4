"""Does the order of the samples matter? A fresh one in every epoch, and none at all."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics import order_statistics, paired
from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

BASE, OTHER = "fresh", "none"
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
    "No shuffling compared with a fresh order in each epoch, repeat by repeat: median of the "
    "differences and its 95 % confidence interval (sign test).",
    "不打乱与每轮重新打乱逐次比较：差异的中位数及其 95% 置信区间（符号检验）。",
)
NOTE = Text("{ratio} times the epochs ({low} to {high})", "轮数之比 {ratio}（{low} 到 {high}）")
SLOWER = Text(
    "It matters: no shuffling needs {ratio} times the epochs of a fresh order (median of {n} "
    "pairs, 95 % interval {low} to {high}).",
    "有影响：不打乱所需轮数是每轮重新打乱的 {ratio} 倍（{n} 对的中位数，95% 区间 {low} 到 "
    "{high}）。",
)
FASTER = Text(
    "It matters, in the other direction: no shuffling needs only {ratio} times the epochs of a "
    "fresh order (median of {n} pairs, 95 % interval {low} to {high}).",
    "有影响，但方向相反：不打乱所需轮数仅为每轮重新打乱的 {ratio} 倍（{n} 对的中位数，95% 区间 "
    "{low} 到 {high}）。",
)
SAME = Text(
    "No difference shown: no shuffling needs {ratio} times the epochs of a fresh order (median of "
    "{n} pairs), but the 95 % interval, {low} to {high}, includes 1.",
    "未见差别：不打乱所需轮数是每轮重新打乱的 {ratio} 倍（{n} 对的中位数），但 95% 区间 {low} 到 "
    "{high} 包含 1。",
)
NEITHER = Text(
    "No run reaches the target, so nothing can be concluded.",
    "没有一次训练达到目标，因此无从判断。",
)
TOO_FEW = Text(
    "Too few repeats to decide: no shuffling needs {ratio} times the epochs of a fresh order "
    "(median of {n} pairs); at least 6 pairs are needed.",
    "重复次数太少，无法判断：不打乱所需轮数是每轮重新打乱的 {ratio} 倍（{n} 对的中位数）；至少需要 "
    "6 对。",
)
WORSE = Text(
    "The accuracy on the test set is lower by {size} without shuffling (median; 95 % interval of "
    "the difference {r2.low:.2g} to {r2.high:.2g}).",
    "不打乱时，测试集准确率低 {size}（中位数；95% 区间 {r2.low:.2g} 到 {r2.high:.2g}）。",
)
BETTER = Text(
    "The accuracy on the test set is higher by {size} without shuffling (median; 95 % interval of "
    "the difference {r2.low:.2g} to {r2.high:.2g}).",
    "不打乱时，测试集准确率高 {size}（中位数；95% 区间 {r2.low:.2g} 到 {r2.high:.2g}）。",
)
STRIPS_TITLE = Text("Epochs of each run, by sample order", "各样本顺序下每次训练的轮数")


def report(results: Results) -> Report:
    """Compare the orders repeat by repeat: both start from the same weights."""
    from reports.figures import spreads

    result = results["orders"]
    found = comparison(result.frame)
    shown: list[ReportFigure | ReportTable] = [
        parts.strips(result, "shuffle", STRIPS_TITLE, STRIPS_CAPTION)
    ]
    if found:
        epochs = by_repeat(result.frame, "epochs")[[BASE, OTHER]]
        draw = partial(spreads.pairs, epochs, result.plan.max_epochs, NOTE.fill(**found))
        shown.append(ReportFigure("pairs", PAIRS_CAPTION, draw))
        table = partial(comparison_table, found)
        shown.append(ReportTable("comparison", COMPARISON_CAPTION, table))
    return Report(
        [*order_findings(found), *findings.not_reached(result)],
        [*shown, parts.listing(result), parts.loss_curves(result, "shuffle")],
    )


def by_repeat(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a row a repeat, a column an order; epochs are infinite where not converged."""
    values = frame[column].astype(float)
    if column == "epochs":
        values = values.where(frame.state == "converged", np.inf)
    wide = frame.assign(value=values).pivot(index="repeat", columns="shuffle", values="value")
    return wide[list(frame.shuffle.unique())]


def comparison(frame: pd.DataFrame) -> dict[str, Any] | None:
    """Compare no shuffling with the fresh order repeat by repeat; None if one is not there.

    Returns
    -------
    dict or None
        ``interval`` of the ratio of epochs, and as words ``n``, ``ratio``, ``low`` and ``high``;
        ``r2``, the interval of the difference in accuracy, and ``size``, its absolute median.
    """
    epochs, accuracy = by_repeat(frame, "epochs"), by_repeat(frame, "test_r2")
    if set(epochs) != {BASE, OTHER}:
        return None
    interval = paired.ratios(epochs[OTHER], epochs[BASE])
    shown = {"ratio": interval.median, "low": interval.low, "high": interval.high}
    words = {key: f"{value:.2f}".replace("inf", "∞") for key, value in shown.items()}
    r2 = order_statistics.median_interval(accuracy[OTHER] - accuracy[BASE])
    return {
        "interval": interval,
        "n": interval.n,
        **words,
        "r2": r2,
        "size": f"{abs(r2.median):.2g}",
    }


def order_findings(found: dict[str, Any] | None) -> list[Text]:
    """Compare the epochs and the accuracy of the two orders."""
    if found is None:
        return [Text("There are no two orders to compare.", "没有两种顺序可供比较。")]
    interval, r2 = found["interval"], found["r2"]
    if not interval.n:
        sentence = NEITHER
    elif not interval.known:
        sentence = TOO_FEW
    elif interval.excludes(1):
        sentence = SLOWER if interval.low > 1 else FASTER
    else:
        sentence = SAME
    texts = [sentence, *([WORSE if r2.median < 0 else BETTER] if r2.excludes(0.0) else [])]
    return [text.fill(**found) for text in texts]


def comparison_table(found: dict[str, Any]) -> pd.DataFrame:
    """Return the comparison in numbers."""
    r2 = found["r2"]
    return parts.in_words(
        {
            Text("pairs", "对数"): [found["n"]],
            Text("ratio of epochs", "轮数之比"): [found["ratio"]],
            Text("95 % of the ratio", "比的 95%"): ["{low} – {high}".format(**found)],
            Text("difference in R²", "R² 之差"): [f"{r2.median:+.4f}"],
            Text("95 % of the difference", "差的 95%"): [f"{r2.low:+.4f} – {r2.high:+.4f}"],
        }
    )


STUDY = Study(
    name="shuffle",
    title=Text("The order of the samples", "样本的顺序"),
    question=Text(
        "The course's program shuffles the samples before every epoch. Does this matter, compared "
        "with no shuffling?",
        "课程程序在每轮之前都打乱样本。与不打乱相比，这有影响吗？",
    ),
    report=report,
    plans={
        "orders": Plan(
            axes={"shuffle": ("fresh", "none")},
            fixed={"learning_rate": 0.5, "batch_size": 10, "n_hidden": 4},
            repeats=20,
        )
    },
)
