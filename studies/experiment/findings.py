"""Findings that several studies share; each is stated only if the data supports it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from network.data.datasets import Dataset
from reports.findings.finding import listed
from reports.statistics import by_cell
from reports.tables import tables
from reports.words import (
    COST_UNITS,
    COSTS,
    WORDS,
    Text,
    accuracy_text,
    joined,
    value_text,
)
from studies.experiment.result import PlanResult

MOST_OUTSIDE = 0.5
LARGEST, MOST_APART = 1000.0, 100.0
"""Columns with larger numbers, or so many times larger than those of another, are unscaled."""

SORTED = Text(
    "{k} of the {n} validation samples have {what} outside the range of the training samples, as "
    "in a sorted file: the first tenth of an .npz file is the validation set. Shuffle its rows.",
    "{n} 个验证样本中有 {k} 个的{what}超出训练样本的范围，文件似乎已排序："
    ".npz 文件的前十分之一用作验证集。请打乱其各行。",
)
UNSCALED = Text(
    "The largest absolute values of the data's columns range from {low} to {high}. Scale inputs "
    "and labels to about -1 to 1; otherwise gradient descent may learn little at any learning "
    "rate.",
    "数据各列绝对值的最大值从 {low} 到 {high}。请把输入和标签缩放到约 -1 到 1，"
    "否则无论学习率多少，梯度下降都可能难以学习。",
)
DIVERGED = Text(
    "{k} of {n} training runs diverged: the loss grew without bound. Use a lower learning rate.",
    "{n} 次训练中有 {k} 次发散：损失无限增大，应减小学习率。",
)
NOT_FINITE = Text(
    "{k} of {n} training runs diverged: the value was infinite or not a number.",
    "{n} 次训练中有 {k} 次发散：值为无穷大或不是数。",
)


def of_data(results: Mapping[str, PlanResult]) -> list[Text]:
    """Warn of data that the validation set does not stand for, or that need scaling."""
    different = {result.dataset.fingerprint: result.dataset for result in results.values()}
    return [text for data in different.values() for text in (*_sorted(data), *_unscaled(data))]


def _sorted(data: Dataset) -> Iterator[Text]:
    for what, train, held_out in (
        (Text("inputs", "输入"), data.train_x, data.validation_x),
        (Text("labels", "标签"), data.train_y, data.validation_y),
    ):
        outside = (held_out < train.min(axis=0)) | (held_out > train.max(axis=0))
        k = int(outside.sum(axis=0).max())
        if k > MOST_OUTSIDE * len(held_out):
            yield SORTED.fill(k=k, n=len(held_out), what=what)


def _unscaled(data: Dataset) -> Iterator[Text]:
    sizes = np.abs(np.column_stack([data.train_x, data.train_y])).max(axis=0)
    low, high = sizes[sizes > 0].min(initial=np.inf), sizes.max()
    if high > LARGEST or high / MOST_APART > low:
        yield UNSCALED.fill(low=f"{low:.4g}", high=f"{high:.4g}")


def diverged(results: Iterable[PlanResult], text: Text = DIVERGED) -> list[Text]:
    """State how many training runs diverged, if any did."""
    states = [state for result in results for state in result.frame.state]
    k = states.count("diverged")
    return [text.fill(k=k, n=len(states))] if k else []


FEWEST = Text(
    "The fewest {cost} are needed with {place}: {spent}{accuracy}.{tied}{chance}",
    "所需{cost}最少：{place}，{spent} {unit}{accuracy}。{tied}{chance}",
)
ITS_ACCURACY = Text("; the accuracy is {accuracy}", "，准确率 {accuracy}")
TIED = Text(" As many are needed with {list}.", "与之相同：{list}。")
ONE_DRAW = Text(
    " Each was trained once, so chance may have decided.", "每项只训练了一次，结果可能出于偶然。"
)
FEW = Text(
    " These are medians of {n} repeats, too few to tell the others apart from it.",
    "这是 {n} 次重复的中位数；次数太少，无法与其他各项区分。",
)
ALIKE = Text(
    " Of {n} repeats, chance alone may explain the difference to {list}.",
    "就 {n} 次重复而言，与它的差距可能只是随机性所致：{list}。",
)
BY_MEDIAN = Text(" (by the median)", "（按中位数）")


def fewest(result: PlanResult, cost: str = "epochs") -> list[Text]:
    """State which cell needs the fewest epochs or updates, if any reaches the target."""
    cells = tables.cells(result.frame, list(result.plan.axes), cost)
    best = by_cell.cheapest(cells.cost, cells.accuracy)
    if best is None:
        return []
    cell = cells.loc[best]
    tied = [at for at in cells.index[cells.cost == cell.cost] if at != best]
    return [
        FEWEST.fill(
            cost=COSTS[cost],
            unit=COST_UNITS[cost],
            place=place(result, best),
            spent=cell.cost_text,
            accuracy=_with_accuracy(cell),
            tied=TIED.fill(list=_places(result, tied)) if tied else "",
            chance=_chance(result, cost),
        )
    ]


def best_cell(result: PlanResult) -> tuple[Any, ...] | None:
    """Return the cell with the lowest cost, or the best last value where epochs are not counted."""
    frame, axes = result.valued, list(result.plan.axes)
    return by_cell.winners(frame, axes, result.cost).best


BEST_VALUE = Text(
    "The {sense} {metric} is that of {place}: {value}{median}.{tied}{chance}",
    "{metric}{sense}的是{place}：{value}{median}。{tied}{chance}",
)
SENSES = (Text("lowest", "最低"), Text("highest", "最高"))
SAME_VALUE = Text(" Just as good: {list}.", "与之相同：{list}。")


def best_value(result: PlanResult) -> list[Text]:
    """State which cell has the best last value of the measure, if any has one."""
    cells, measure = result.all_cells, result.measure
    best = by_cell.cheapest(cells.value_cost, cells.accuracy)
    if best is None:
        return []
    same = cells.value_cost == cells.value_cost[best]
    tied = [at for at in cells.index[same] if at != best]
    return [
        BEST_VALUE.fill(
            sense=SENSES[measure.maximize],
            metric=measure.title,
            place=place(result, best),
            value=cells.value_text[best],
            median=_by_median(result),
            tied=SAME_VALUE.fill(list=_places(result, tied)) if tied else "",
            chance=_chance(result, by_cell.VALUE),
        )
    ]


def _with_accuracy(cell: "pd.Series[Any]") -> str | Text:
    return ITS_ACCURACY.fill(accuracy=cell.accuracy_text) if np.isfinite(cell.accuracy) else ""


def _chance(result: PlanResult, cost: str) -> str | Text:
    """Say what chance may have to do with the cell that needs the fewest."""
    n = result.frame["repeat"].nunique()
    if len(result.cells) == 1:
        return ""
    if n < by_cell.FEWEST_FOR_WINNERS:
        return FEW.fill(n=n) if n > 1 else ONE_DRAW
    axes = list(result.plan.axes)
    alike = by_cell.winners(result.valued, axes, cost).alike
    return ALIKE.fill(n=n, list=_places(result, alike)) if alike else ""


BEST_ACCURACY = Text(
    "; the best accuracy among them is {accuracy}", "；其中最高准确率为 {accuracy}"
)


def best_and_unfinished(result: PlanResult) -> list[Text]:
    """State which cell needs the fewest epochs, and how many do not reach the target."""
    never = result.cells[~np.isfinite(result.cells.epochs)]
    if never.empty:
        return fewest(result)
    best = float(never.accuracy.max())
    unfinished = Text(
        "The target {target} is not reached in {k} of {n} combinations{median}{best}.",
        "{n} 个组合中有 {k} 个未达到目标 {target}{median}{best}。",
    ).fill(
        k=len(never),
        n=len(result.cells),
        target=result.target_loss,
        median=_by_median(result),
        best=BEST_ACCURACY.fill(accuracy=accuracy_text(best)) if np.isfinite(best) else "",
    )
    return [*fewest(result), unfinished]


def _by_median(result: PlanResult) -> str | Text:
    return BY_MEDIAN if result.plan.repeats > 1 else ""


def not_reached(result: PlanResult) -> list[Text]:
    """List the cells that miss the target by the median, and those that miss it in some repeats."""
    cells = result.cells
    never = cells[~np.isfinite(cells.epochs)]
    partly = cells[np.isfinite(cells.epochs) & (cells.n_converged < cells.n_trials)]
    said = []
    if len(never):
        said.append(
            Text(
                "Not reached within {n} epochs{median}: {list}. The target is {target}.",
                "在 {n} 轮内未达到目标 {target}{median}：{list}。",
            ).fill(
                median=_by_median(result),
                n=result.plan.max_epochs,
                target=result.target_loss,
                list=joined([_ending(result, at, row) for at, row in never.iterrows()]),
            )
        )
    if len(partly):
        shown = Text("{place} ({k} of {n})", "{place}（{n} 次中 {k} 次）")
        each = [
            shown.fill(
                place=place(result, at),
                k=int(row.n_trials - row.n_converged),
                n=row.n_trials,
            )
            for at, row in partly.iterrows()
        ]
        said.append(
            Text(
                "Some repeats do not reach the target: {list}.", "部分重复未达到目标：{list}。"
            ).fill(list=joined(each))
        )
    return said


def _ending(result: PlanResult, at: object, row: "pd.Series[float]") -> Text:
    if not np.isfinite(row.loss):
        return Text("{place} (diverged)", "{place}（发散）").fill(place=place(result, at))
    return Text("{place} (loss {loss}, R² {r2})", "{place}（损失 {loss}，R² {r2}）").fill(
        place=place(result, at),
        loss=f"{row.loss:.2g}",
        r2=accuracy_text(float(row.accuracy)),
    )


def each_of(rows: pd.DataFrame, shown: Text) -> Text:
    """Fill a text with the columns of each row, and join the results to a list in a sentence."""
    return joined([shown.fill(**dict(row)) for _, row in rows.iterrows()])


def place(result: PlanResult, values: object) -> Text:
    """Name a cell by its values on the plan's axes."""
    each = values if isinstance(values, tuple) else (values,)
    return settings_text(dict(zip(result.plan.axes, each, strict=True)))


def _places(result: PlanResult, cells: Sequence[Any]) -> Text:
    """Name several cells: in brackets where each has several values."""
    axes = list(result.plan.axes)
    return joined([place(result, at) for at in cells]) if len(axes) == 1 else listed(cells, axes)


def settings_text(settings: Mapping[str, Any]) -> Text:
    """Name a trial or a cell by its settings, such as ``learning rate η 0.5 and batch size 4``."""
    return joined([_setting(axis, value) for axis, value in settings.items()])


def _setting(axis: str, value: Any) -> Text:
    if axis == "n_hidden":
        return hidden_units(value)
    name = WORDS.get(axis, Text(axis, axis))
    return Text(*(f"{a} {b}" for a, b in zip(name, value_text(axis, value), strict=True)))


def hidden_units(n: int) -> Text:
    """Write a number of hidden units with its noun."""
    return Text(f"{n} hidden unit{'' if n == 1 else 's'}", f"{n} 个隐层神经元")


def model_text(result: PlanResult, value: int) -> Text:
    """Name a model by its degree or its number of hidden units."""
    if result.plan.model == "polynomial":
        return Text("polynomial of degree {n}", "{n} 次多项式").fill(n=value)
    return Text("network with {units}", "网络（{units}）").fill(units=hidden_units(value))


def percent(share: float) -> str:
    """Write a share as a percentage."""
    return f"{100 * share:.1f} %"


def by_value(texts: "pd.Series[str]") -> Text:
    """List texts with the values that they belong to: ``0.9 (1), 0.95 (2) and 1 (4)``."""
    return joined([f"{text} ({value})" for value, text in texts.items()])
