"""Does the order of the samples matter? The course program cycles through three orders."""

from functools import partial

import numpy as np
import pandas as pd

from reports.statistics import order_statistics, paired
from reports.words import Text, say, word
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
    "每次重复一个点：两次训练初始权重相同，只有样本顺序不同。虚线上两者轮数相同，虚线上方表示每轮"
    "重新打乱所需轮数更少。",
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
    "It matters: {what} needs {ratio} times the epochs of a fresh order (median of {n} pairs, 95 "
    "% interval {low} to {high}).",
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
    "difference {low} to {high}).",
    "采用{what}时，测试集准确率低 {size}（中位数；95% 区间 {low} 到 {high}）。",
)
BETTER = Text(
    "The accuracy on the test set is higher by {size} with {what} (median; 95 % interval of the "
    "difference {low} to {high}).",
    "采用{what}时，测试集准确率高 {size}（中位数；95% 区间 {low} 到 {high}）。",
)
STRIPS_TITLE = Text("Epochs of each run, by sample order", "各样本顺序下每次训练的轮数")


def report(results: Results) -> Report:
    """Compare the orders repeat by repeat: both start from the same weights."""
    from reports.figures import spreads

    result = results["orders"]
    frame, most = result.frame, result.plan.max_epochs
    epochs = by_repeat(frame, "epochs")
    draw = partial(spreads.strips, strip_rows(frame), "shuffle", STRIPS_TITLE, most)
    pictures = [ReportFigure("epochs", STRIPS_CAPTION, draw)]
    if BASE in epochs and len(epochs.columns) > 1:
        notes = [NOTE.fill(**ratio_texts(epochs, name)) for name in others(epochs)]
        draw = partial(spreads.pairs, epochs, BASE, most, notes)
        pictures.append(ReportFigure("pairs", PAIRS_CAPTION, draw))
    return Report(
        [*order_findings(frame), *findings.not_reached(result)],
        [
            *pictures,
            ReportTable("comparison", COMPARISON_CAPTION, partial(comparison_table, frame)),
            parts.listing(result),
            parts.loss_curves(result, "shuffle"),
        ],
    )


def strip_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that the figure of all runs needs."""
    return frame[["shuffle", "repeat", "state", "epochs"]]


def by_repeat(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a row a repeat, a column an order; epochs are infinite where not converged."""
    values = frame[column].astype(float)
    if column == "epochs":
        values = values.where(frame.state == "converged", np.inf)
    wide = frame.assign(value=values).pivot(index="repeat", columns="shuffle", values="value")
    return wide[list(frame.shuffle.unique())]


def others(epochs: pd.DataFrame) -> list[str]:
    """Return the orders that are compared with the fresh one."""
    return [name for name in epochs.columns if name != BASE]


def order_findings(frame: pd.DataFrame) -> list[Text]:
    """Compare the epochs and accuracy of each order with those of a fresh one."""
    epochs, accuracy = by_repeat(frame, "epochs"), by_repeat(frame, "test_r2")
    if BASE not in epochs:
        return [
            Text("There is no fresh order to compare with.", "没有“每轮重新打乱”的训练可供比较。")
        ]
    said = []
    for name in others(epochs):
        interval = paired.ratios(epochs[name], epochs[BASE])
        if not interval.n:
            sentence = NEITHER
        elif not interval.known:
            sentence = TOO_FEW
        elif interval.low > 1:
            sentence = SLOWER
        elif interval.high < 1:
            sentence = FASTER
        else:
            sentence = SAME
        said.append(sentence.fill(**ratio_texts(epochs, name)))
        difference = order_statistics.median_interval(accuracy[name] - accuracy[BASE])
        if difference.excludes(0.0):
            said.append((WORSE if difference.median < 0 else BETTER).fill(**_r2(difference, name)))
    return said


def ratio_texts(epochs: pd.DataFrame, name: str) -> dict[str, object]:
    """Return the numbers of the comparison of an order with the fresh one, as words."""
    interval = paired.ratios(epochs[name], epochs[BASE])
    shown = {"ratio": interval.median, "low": interval.low, "high": interval.high}
    words = {key: f"{value:.2f}".replace("inf", "∞") for key, value in shown.items()}
    return {**words, "n": interval.n, "what": ORDERS.get(name, name)}


def _r2(difference: order_statistics.Interval, name: str) -> dict[str, object]:
    return {
        "size": f"{abs(difference.median):.2g}",
        "low": f"{difference.low:.2g}",
        "high": f"{difference.high:.2g}",
        "what": ORDERS.get(name, name),
    }


def comparison_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the comparisons in numbers."""
    epochs, accuracy = by_repeat(frame, "epochs"), by_repeat(frame, "test_r2")
    rows = []
    for name in others(epochs) if BASE in epochs else []:
        these = ratio_texts(epochs, name)
        r2 = order_statistics.median_interval(accuracy[name] - accuracy[BASE])
        rows.append(
            {
                word("shuffle"): name,
                say(Text("pairs", "对数")): these["n"],
                say(Text("ratio of epochs", "轮数之比")): these["ratio"],
                say(Text("95 % of the ratio", "比的 95%")): f"{these['low']} – {these['high']}",
                say(Text("difference in R²", "R² 之差")): f"{r2.median:+.4f}",
                say(Text("95 % of the difference", "差的 95%")): f"{r2.low:+.4f} – {r2.high:+.4f}",
            }
        )
    return pd.DataFrame(rows)


STUDY = Study(
    name="shuffle",
    title=Text("The order of the samples", "样本的顺序"),
    question=Text(
        "The course's program shuffles with a seed that runs into a cycle, so that the same three "
        "orders repeat forever. Does this matter, compared with a fresh order in every epoch or "
        "with no shuffling?",
        "课程程序的打乱方式会陷入循环，三种顺序永远重复。与每轮重新打乱或不打乱相比，这有影响吗？",
    ),
    lectures="-",
    report=report,
    plans={
        "orders": Plan(
            axes={"shuffle": ("fresh", "cycle", "none")},
            fixed={"learning_rate": 0.5, "batch_size": 10, "n_hidden": 4},
            repeats=20,
        )
    },
)
