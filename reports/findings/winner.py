"""Findings about the best cell: which it is, whether repeats agree, and by which cost."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reports.findings.finding import Cell, Finding, listed, named, plain
from reports.statistics import by_cell
from reports.statistics.by_cell import Winners
from reports.tables.tables import cost_text
from reports.words import COST_UNITS, COSTS, Text, accuracy_text, joined

ONE_DRAW = Text(
    "In this run the best cell is {cell}: it needed the fewest {cost}, {spent}{accuracy}. This is "
    "one draw of initial weights and sample orders; with another draw another cell may be best.",
    "本次运行中，最佳的一格是{cell}：所需{cost}最少，为 {spent} {unit}{accuracy}。"
    "这只是一次随机抽样；换一次初始权重和样本顺序，最佳的可能是另一格。",
)
CLEAR = Text(
    "The best cell is {cell}: its median of {spent} {cost} is the lowest, and it needed the fewest "
    "in {share} % of {n} repeats. All other cells are slower by more than chance explains.",
    "最佳的一格是{cell}：其{cost}的中位数最低，为 {spent} {unit}，"
    "在 {n} 次重复中有 {share} % 为最少。其他各格都更慢，差距超出随机性所能解释的范围。",
)
UNDECIDED = Text(
    "The lowest median, {spent} {cost}, is that of {cell}; it needed the fewest in {share} % of "
    "{n} repeats. But {k} of the other cells can't be told apart from it: {list}. So no single "
    "cell is the best.",
    "{cell}的{cost}中位数最低，为 {spent} {unit}，在 {n} 次重复中有 {share} % 为最少。"
    "但另有 {k} 格与它无法区分：{list}。因此不能说哪一格最佳。",
)
ALL_ALIKE = Text(
    "The lowest median, {spent} {cost}, is that of {cell}; it needed the fewest in {share} % of "
    "{n} repeats. But with so few repeats no other cell can be told apart from it; more may do.",
    "{cell}的{cost}中位数最低，为 {spent} {unit}，在 {n} 次重复中有 {share} % 为最少。"
    "但重复次数太少，其他任何一格都无法与它区分开；增加重复次数也许可以。",
)
TOO_FEW = Text(
    "The lowest median of {n} repeats, {spent} {cost}, is that of {cell}; it needed the fewest in "
    "{share} % of them. These are too few repeats to tell cells apart; it takes {needed}.",
    "{n} 次重复中，{cell}的{cost}中位数最低，为 {spent} {unit}，在其中 {share} % 为最少。"
    "要区分各格，至少需要 {needed} 次重复。",
)
NONE_CONVERGED = Text(
    "No cell reached the target in more than half of its trials; the highest accuracy, "
    "{accuracy}, is that of {cell}.",
    "没有一格在过半的训练中达到目标；准确率最高的是{cell}：{accuracy}。",
)


WITH_ACCURACY = Text(", with an accuracy of {accuracy}", "，准确率 {accuracy}")
TIE = Text(
    "{k} cells have this{of_median} number of {cost}; of these it is the {which}.",
    "共有 {k} 格的{cost}{of_median}与此相同，其中它{which}。",
)
MOST_ACCURATE, FIRST = Text("most accurate", "的准确率最高"), Text("first", "排在最前")
OF_MEDIAN = Text(" median", "中位数")
OTHER_COST = Text(
    "By number of {cost}, the best cell is {cell}: {spent}{median}.",
    "若按{cost}比较，最佳的一格是{cell}：{median}{spent} {unit}。",
)
BY_MEDIAN = Text(" by the median", "中位数 ")
SAME_COST = Text("By number of {costs}, it is the same cell.", "按{costs}比较，最佳的也是这一格。")


def of_winners(trials: pd.DataFrame, cells: pd.DataFrame, cost: str) -> list[Finding]:
    """Return which cell is best by a cost, and which by the other costs.

    Parameters
    ----------
    trials : DataFrame
        As of `reports.frames.trials_frame`.
    cells : DataFrame
        What `reports.statistics.by_cell.of_cells` makes of them.
    cost : str
    """
    axes = [str(axis) for axis in cells.index.names]
    found, n = by_cell.winners(trials, axes, cost), trials["repeat"].nunique()
    if found.best is None:
        return _highest_accuracy(cells, axes)
    best = _best(found, found.best, cells, cost, n)
    return [best, *_other_costs(trials, cells, found.best, cost)]


def _best(found: Winners, best: Cell, cells: pd.DataFrame, cost: str, n: int) -> Finding:
    axes = [str(axis) for axis in cells.index.names]
    spent, share = float(found.medians[best]), float(found.wins[best])
    accuracy = float(cells.accuracy[best])
    is_known = bool(np.isfinite(accuracy))
    numbers = {cost: spent, "share": share, "repeats": float(n)}
    alike: Sequence[Cell] = ()
    if n == 1:
        words = ONE_DRAW
    elif found.p.isna().all() and len(cells) > 1:
        words = TOO_FEW
    else:
        alike = found.alike
        numbers["alike"] = float(len(alike))
        all_alike = len(alike) == len(cells) - 1
        words = CLEAR if not alike else ALL_ALIKE if all_alike else UNDECIDED
    text = words.fill(
        cell=named(best, axes),
        spent=cost_text(spent),
        cost=COSTS[cost],
        unit=COST_UNITS[cost],
        n=n,
        share=f"{100 * share:.0f}",
        accuracy=WITH_ACCURACY.fill(accuracy=accuracy_text(accuracy)) if is_known else "",
        needed=by_cell.FEWEST_FOR_WINNERS,
        k=len(alike),
        list=listed(alike, axes),
    )
    tied = int((found.medians == spent).sum())
    if tied > 1:
        which, of_median = MOST_ACCURATE if is_known else FIRST, "" if n == 1 else OF_MEDIAN
        tie = TIE.fill(k=tied, of_median=of_median, cost=COSTS[cost], which=which)
        text = Text(f"{text.en} {tie.en}", f"{text.zh}{tie.zh}")
    return Finding("best", text, plain([best, *alike]), "epochs_map", numbers)


def _highest_accuracy(cells: pd.DataFrame, axes: Sequence[str]) -> list[Finding]:
    if cells.accuracy.isna().all():
        return []
    place = int(cells.accuracy.fillna(-np.inf).argmax())
    best, accuracy = cells.index[place], float(cells.accuracy.iloc[place])
    text = NONE_CONVERGED.fill(cell=named(best, axes), accuracy=accuracy_text(accuracy))
    return [Finding("best", text, plain([best]), "accuracy_map", {"accuracy": accuracy})]


def _other_costs(
    trials: pd.DataFrame, cells: pd.DataFrame, first: Cell, cost: str
) -> list[Finding]:
    """Say which cell is best by each of the other costs."""
    axes = [str(axis) for axis in cells.index.names]
    one_draw = trials["repeat"].nunique() == 1
    said, same = [], []
    for other in by_cell.COSTS:
        medians = by_cell.medians(trials, axes, other)
        best = by_cell.cheapest(medians, cells.accuracy)
        if other == cost or best is None:
            continue
        spent = float(medians.min())
        if medians[first] == spent:
            same.append(COSTS[other])
            continue
        text = OTHER_COST.fill(
            cost=COSTS[other],
            unit=COST_UNITS[other],
            cell=named(best, axes),
            spent=cost_text(spent),
            median="" if one_draw else BY_MEDIAN,
        )
        said.append(Finding(other, text, plain([best]), "", {"value": spent}))
    if same:
        said.append(Finding("same", SAME_COST.fill(costs=joined(same)), plain([first])))
    return said
