"""The best combination of a table, and the sentence that names it and the rule."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.words import COST_UNITS, COSTS, Text, accuracy_text, number
from sweep.trial import Value

NO_BEST = Text(
    "No combination reached the target, and none has an accuracy, so there is no best one.",
    "没有组合达到目标，也没有可比较的准确率，因此没有最佳组合。",
)

BEST = Text(
    "{head}: batch size {size}, learning rate {rate}: {what}. Rule: {rule}.",
    "{head}：批大小 {size}，学习率 {rate}：{what}。规则：{rule}。",
)
HEADS = (
    Text("Best combination", "最佳组合"),
    Text("Best combination by median", "按中位数最佳的组合"),
)
SPENT = Text("{spent} {unit}, accuracy {accuracy}", "{spent} {unit}，准确率 {accuracy}")
ACCURACY = Text("accuracy {accuracy}", "准确率 {accuracy}")
MEDIANS = Text(
    " (medians of {n} repeats, {k} of which converged)", "（{n} 次重复的中位数，其中 {k} 次收敛）"
)
FEWEST = Text(
    "fewest {cost} among the combinations that converged; ties decided by accuracy{tie}",
    "在收敛的组合中{cost}最少者；相同时准确率高者优先{tie}",
)
TIE = Text(", as here between {n}", "（此处有 {n} 个组合相同）")
HIGHEST = Text(
    "no combination converged, so the highest accuracy decides", "没有组合收敛，因此取准确率最高者"
)


@dataclass(frozen=True)
class Best:
    """The best combination of a table.

    Attributes
    ----------
    batch_size, learning_rate
        Its place.
    sentence : Text
        Which it is, and by which rule.
    """

    batch_size: Value
    learning_rate: float
    sentence: Text

    @property
    def place(self) -> tuple[Value, float]:
        """Batch size and learning rate."""
        return self.batch_size, self.learning_rate


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
    converged = cells[np.isfinite(cells.cost)]
    if len(converged):
        fewest = converged[converged.cost == converged.cost.min()]
        cell = fewest.iloc[int(fewest.accuracy.fillna(-np.inf).argmax())]
        accuracy = accuracy_text(cell.accuracy)
        what = SPENT.fill(spent=cell.cost_text, unit=COST_UNITS[cost], accuracy=accuracy)
        tie = TIE.fill(n=len(fewest)) if len(fewest) > 1 else Text("", "")
        rule = FEWEST.fill(cost=COSTS[cost], tie=tie)
    elif cells.accuracy.notna().any():
        cell = cells.iloc[int(cells.accuracy.fillna(-np.inf).argmax())]
        what, rule = ACCURACY.fill(accuracy=accuracy_text(cell.accuracy)), HIGHEST
    else:
        return None
    repeated = bool(cell.n_trials > 1)
    if repeated:
        medians = MEDIANS.fill(n=int(cell.n_trials), k=int(cell.n_converged))
        what = Text(*(a + b for a, b in zip(what, medians, strict=True)))
    size, rate = cell.name
    sentence = BEST.fill(
        head=HEADS[repeated], size=number(size), rate=float(rate), what=what, rule=rule
    )
    return Best(size, rate, sentence)
