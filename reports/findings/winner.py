"""Findings about the best cell: which it is, whether repeats agree, and by which cost."""

from typing import Any

import numpy as np
import pandas as pd

from reports.findings.finding import Finding, listed, named, plain
from reports.statistics import by_cell
from reports.statistics.by_cell import Winners
from reports.tables.tables import cost_text
from reports.words import COST_UNITS, COSTS, Text, accuracy_text, joined

ONE_DRAW = Text(
    "The fewest {cost} are needed with {cell}: {spent}, with an accuracy of {accuracy}. This is "
    "one draw of initial weights and sample orders; another draw may favor another cell.",
    "本次抽样中，{cell}所需{cost}最少：{spent} {unit}，准确率 {accuracy}。"
    "这只是一次随机抽样，换一次初始权重和样本顺序，最快的可能是另一格。",
)
CLEAR = Text(
    "The fewest {cost} are needed with {cell}: the median is {spent}, and it wins {share} % of "
    "{n} repeats. Every other cell is slower by more than chance explains.",
    "{cell}所需{cost}最少：中位数 {spent} {unit}，在 {n} 次重复中有 {share} % 为最少。"
    "其他各格与它的差距均超出随机性所能解释的范围。",
)
UNDECIDED = Text(
    "By the median, the fewest {cost} are needed with {cell}: {spent}; it wins {share} % of {n} "
    "repeats. But {k} of the other cells cannot be distinguished from it: {list}. So no single "
    "cell is the best.",
    "按中位数，{cell}所需{cost}最少：{spent} {unit}，在 {n} 次重复中有 {share} % 为最少。"
    "但另有 {k} 格与它无法区分：{list}。因此不能说哪一格最佳。",
)
ALL_ALIKE = Text(
    "By the median, the fewest {cost} are needed with {cell}: {spent}; it wins {share} % of {n} "
    "repeats. But these repeats cannot distinguish any other cell from it; more may.",
    "按中位数，{cell}所需{cost}最少：{spent} {unit}，在 {n} 次重复中有 {share} % 为最少。"
    "但这些重复还无法把其他任何一格与它区分开：增加重复次数也许可以。",
)
TOO_FEW = Text(
    "By the median of {n} repeats, the fewest {cost} are needed with {cell}: {spent}; it wins "
    "{share} % of them. These are too few repeats to distinguish cells; at least {needed} are "
    "needed.",
    "按 {n} 次重复的中位数，{cell}所需{cost}最少：{spent} {unit}，在其中 {share} % 为最少。"
    "重复次数太少，无法区分各格：至少需要 {needed} 次。",
)
NONE_CONVERGED = Text(
    "No cell reached the target in more than half of its trials; {cell} has the highest accuracy: "
    "{accuracy}.",
    "没有一格在过半的训练中达到目标；准确率最高的是{cell}：{accuracy}。",
)


def of_winners(trials: pd.DataFrame, cells: pd.DataFrame, cost: str) -> list[Finding]:
    """Return which cell is best by a cost, and which by the other costs.

    Parameters
    ----------
    trials : DataFrame
        As of `reports.statistics.by_cell.with_costs`.
    cells : DataFrame
        What `reports.statistics.by_cell.of_cells` makes of them.
    cost : str
    """
    found, n = by_cell.winners(trials, cost), trials["repeat"].nunique()
    if found.best is None:
        return _highest_accuracy(cells)
    return [_best(found, cells, cost, n), *_other_costs(trials, found.best, cost)]


def _best(found: Winners, cells: pd.DataFrame, cost: str, n: int) -> Finding:
    best = found.best or ()
    row = cells.loc[[best]].iloc[0]
    share = float(found.wins[[best]].iloc[0])
    spent = float(row["median"])
    numbers = {cost: spent, "share": share, "repeats": float(n)}
    values = {"cell": named(best), "spent": cost_text(spent, cost), "n": n}
    values |= {"cost": COSTS[cost], "unit": COST_UNITS[cost]}
    values |= {"share": f"{100 * share:.0f}", "accuracy": accuracy_text(row.accuracy)}
    if n == 1:
        return Finding("best", ONE_DRAW.fill(**values), plain([best]), "epochs_map", numbers)
    if found.p.isna().all() and len(cells) > 1:
        text = TOO_FEW.fill(needed=by_cell.FEWEST_FOR_WINNERS, **values)
        return Finding("best", text, plain([best]), "epochs_map", numbers)
    numbers["alike"] = float(len(found.alike))
    if 0 < len(found.alike) == len(cells) - 1:
        text = ALL_ALIKE.fill(**values)
    elif found.alike:
        text = UNDECIDED.fill(k=len(found.alike), list=listed(found.alike), **values)
    else:
        text = CLEAR.fill(**values)
    return Finding("best", text, plain([best, *found.alike]), "epochs_map", numbers)


def _highest_accuracy(cells: pd.DataFrame) -> list[Finding]:
    if not cells.accuracy.notna().any():
        return []
    place = int(cells.accuracy.fillna(-np.inf).to_numpy(float).argmax())
    best, accuracy = tuple(cells.index[place]), float(cells.accuracy.iloc[place])
    text = NONE_CONVERGED.fill(cell=named(best), accuracy=accuracy_text(accuracy))
    return [Finding("best", text, plain([best]), "accuracy_map", {"accuracy": accuracy})]


OTHER_COST = Text(
    "By number of {cost}, the best cell is {cell}, with {spent}{median}{note}.",
    "若按{cost}计，最佳的是{cell}：{median}{spent} {unit}{note}。",
)
BY_MEDIAN = Text(" as the median", "中位数 ")
SECONDS = Text(
    " (a run's share of its pack's time, which depends on the machine)",
    "（所在训练包用时的均摊，取决于所用的机器）",
)
SAME_COST = Text("By number of {costs}, it is the same cell.", "按{costs}计，最佳的也是这一格。")


def _other_costs(trials: pd.DataFrame, first: tuple[Any, ...], cost: str) -> list[Finding]:
    """Say which cell is best by each of the other costs."""
    one_draw = trials["repeat"].nunique() == 1
    said, same = [], []
    for other in by_cell.COSTS:
        medians = by_cell.medians(trials, other)
        best = by_cell.cheapest(medians)
        if other == cost or best is None:
            continue
        spent = float(medians.min())
        if medians[[first]].iloc[0] == spent:
            same.append(COSTS[other])
            continue
        text = OTHER_COST.fill(
            cost=COSTS[other],
            unit=COST_UNITS[other],
            cell=named(best),
            spent=cost_text(spent, other),
            median=Text("", "") if one_draw else BY_MEDIAN,
            note=SECONDS if other == "seconds" else Text("", ""),
        )
        said.append(Finding(other, text, plain([best]), "", {"value": spent}))
    if same:
        said.append(Finding("same", SAME_COST.fill(costs=joined(same)), plain([first])))
    return said
