"""The best combination of a table, and the sentence that names it and the rule."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics import by_cell
from reports.words import COST_UNITS, COSTS, Text, accuracy_text, axis_value, number

NO_BEST = Text(
    "No combination reached the target, and none has an accuracy, so there is no best one.",
    "没有组合达到目标，也没有可比较的准确率，因此没有最佳组合。",
)

BEST = Text("{head}: {cell}: {what}. Rule: {rule}.", "{head}：{cell}：{what}。规则：{rule}。")
HEADS = (
    Text("Best combination", "最佳组合"),
    Text("Best combination by median", "按中位数最佳的组合"),
)
SPENT = Text("{spent} {unit}", "{spent} {unit}")
BOTH = Text("{spent}, {accuracy}", "{spent}，{accuracy}")
ACCURACY = Text("accuracy {accuracy}", "准确率 {accuracy}")
MEDIANS = Text(
    "{what} (medians of {n} repeats, {k} of which converged)",
    "{what}（{n} 次重复的中位数，其中 {k} 次收敛）",
)
FEWEST = Text(
    "fewest {cost} among the combinations that converged; ties decided by {decides}{tie}",
    "在收敛的组合中{cost}最少者；相同时{decides}优先{tie}",
)
BY_ACCURACY, BY_PLACE = Text("accuracy", "准确率高者"), Text("place in the table", "排在前者")
TIE = Text(", as here between {n}", "（此处有 {n} 个组合相同）")
HIGHEST = Text(
    "no combination converged, so the highest accuracy decides", "没有组合收敛，因此取准确率最高者"
)


@dataclass(frozen=True)
class Best:
    """The best combination of a table.

    Attributes
    ----------
    place : tuple
        Its values on the table's axes, rows first.
    sentence : Text
        Which it is, and by which rule.
    """

    place: tuple[Any, Any]
    sentence: Text


def best(cells: pd.DataFrame, cost: str = "epochs") -> Best | None:
    """Find the best combination: the lowest cost among the converged, ties by accuracy.

    Where none converged the highest accuracy is the best that can be said; None where there is
    not even that.

    Parameters
    ----------
    cells : DataFrame
        As of `reports.tables.tables.cells`, made with the same cost.
    cost : str
        A name in `reports.statistics.by_cell.COSTS`.
    """
    cheapest = by_cell.cheapest(cells.cost, cells.accuracy)
    if cheapest is None and cells.accuracy.isna().all():
        return None
    place: Any = cells.accuracy.idxmax() if cheapest is None else cheapest
    cell = cells.loc[place]
    accuracy, is_known = (
        ACCURACY.fill(accuracy=accuracy_text(cell.accuracy)),
        cell.accuracy > -np.inf,
    )
    if cheapest is not None:
        spent = SPENT.fill(spent=cell.cost_text, unit=COST_UNITS[cost])
        what = BOTH.fill(spent=spent, accuracy=accuracy) if is_known else spent
        tied = int((cells.cost == cell.cost).sum())
        tie = TIE.fill(n=tied) if tied > 1 else ""
        decides = BY_ACCURACY if is_known else BY_PLACE
        rule = FEWEST.fill(cost=COSTS[cost], tie=tie, decides=decides)
    else:
        what, rule = accuracy, HIGHEST
    repeated = bool(cell.n_trials > 1)
    if repeated:
        what = MEDIANS.fill(what=what, n=int(cell.n_trials), k=int(cell.n_converged))
    names = zip(cells.index.names, place, strict=True)
    each = [axis_value(str(axis), number(value), 2) for axis, value in names]
    name = Text(", ".join(text.en for text in each), "，".join(text.zh for text in each))
    return Best(place, BEST.fill(head=HEADS[repeated], cell=name, what=what, rule=rule))
