"""Lecture 30: the other grid, hidden units by learning rates at batch size 10."""

import numpy as np

from reports.words import Text, accuracy_text, joined
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, Results, Study


def report(results: Results) -> Report:
    """Compare epochs and accuracy in all cells, and the best rate of each number of units."""
    result = results["grid"]
    return Report(
        [*findings.best_and_unfinished(result), *best_rate_of_each(result), *never_enough(result)],
        [
            parts.accuracy_map(result),
            parts.epochs_map(result),
            parts.grid_table(result),
            parts.loss_grid(result),
        ],
    )


def best_rate_of_each(result: PlanResult) -> list[Text]:
    """Say which rate needs the fewest epochs for each number of hidden units."""
    cells = result.cells.reset_index()
    reached = cells[np.isfinite(cells.epochs)]
    if reached.empty:
        return []
    in_order = reached.sort_values(["epochs", "accuracy"], ascending=[True, False])
    best = in_order.drop_duplicates("n_hidden").sort_values("n_hidden")
    shown = Text(
        "η {learning_rate} with {n_hidden} units ({epochs_text} epochs)",
        "{n_hidden} 个神经元时 η {learning_rate}（{epochs_text} 轮）",
    )
    sentence = Text("Learning rates with the fewest epochs: {list}.", "轮数最少的学习率：{list}。")
    return [sentence.fill(list=findings.each_of(best, shown))]


def never_enough(result: PlanResult) -> list[Text]:
    """Name the numbers of units that reach the target at no rate."""
    fewest = result.cells.epochs.groupby("n_hidden").min()
    never = fewest.index[~np.isfinite(fewest)]
    if never.empty:
        return []
    best = result.cells.accuracy[result.cells.index.isin(never, level="n_hidden")].max()
    return [
        Text(
            "With {units} units, no learning rate reaches the target; the highest accuracy there "
            "is {best}.",
            "{units} 个神经元时，任何学习率都达不到目标；其中最高准确率为 {best}。",
        ).fill(units=joined(list(map(str, never))), best=accuracy_text(float(best)))
    ]


STUDY = Study(
    name="hidden-by-rate",
    title=Text("Hidden units and learning rates", "隐层神经元数与学习率"),
    question=Text(
        "With batch size 10, which learning rate suits which number of hidden units, and how "
        "accurate is each combination?",
        "批大小为 10 时，不同的隐层神经元数各适合怎样的学习率，各组合的准确率如何？",
    ),
    report=report,
    plans={
        "grid": Plan(
            axes={"learning_rate": (0.1, 0.3, 0.5, 0.7, 1.0), "n_hidden": (2, 4, 8, 12)},
            fixed={"batch_size": 10},
            repeats=3,
        )
    },
)
