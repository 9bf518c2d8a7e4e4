"""The figures of a grid: which there are, and what each shows."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reports.documents.documents import HIDDEN
from reports.figures.writer import draw
from reports.tables import tables
from reports.words import COSTS, Text, capital
from studies.experiment.study import ReportFigure
from studies.homework import plots
from studies.homework.result import GridResult
from studies.homework.table import CELL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CAPTIONS = {
    "epochs_map": Text(
        "{cost} until the validation loss reached the target.", "验证损失达到目标所需的{cost}。"
    ),
    "accuracy_map": Text("Accuracy: R² on the test set.", "准确率：测试集上的 R²。"),
    "best_fit": Text("The best combination's network and the data.", "最佳组合的网络与数据。"),
    "loss_by_batch_size": Text(
        "Validation loss, a panel for each batch size.", "验证损失，每个批大小一幅小图。"
    ),
    "loss_by_learning_rate": Text(
        "Validation loss, a panel for each learning rate.", "验证损失，每个学习率一幅小图。"
    ),
    "cells": Text(
        "Each cell by itself: the validation loss, and that on the last mini-batch, a mean over "
        "fewer samples.",
        "各格单独显示：验证损失，以及最后一个小批量的损失（更少样本的平均）。",
    ),
}
"""The names and captions of a grid's figures, in a report's order; the last take longest."""


def of(result: GridResult, n_hidden: int) -> dict[str, ReportFigure]:
    """Return the figures of one number of hidden units, by the names in CAPTIONS."""
    several = len(result.hidden) > 1
    suffix = f"_h{n_hidden}" if several else ""
    about = HIDDEN.fill(n=n_hidden)
    found = {}
    for name, drawing in _drawings(result, n_hidden).items():
        caption = capital(CAPTIONS[name].fill(cost=COSTS[result.cost]))
        if several:
            caption = Text(f"{about.en}: {caption.en}", f"{about.zh}：{caption.zh}")
        found[name] = ReportFigure(name + suffix, caption, drawing)
    return found


def _drawings(result: GridResult, n_hidden: int) -> "dict[str, Callable[[], Figure]]":
    losses, cells, best = result.losses(n_hidden), result.cells(n_hidden), result.best(n_hidden)
    target, place = result.target_loss, best.place if best else None
    measure = result.result.measure
    spent, accuracy, spent_text, accuracy_text = (
        tables.table(cells, column) for column in ("cost", "accuracy", "cost_text", "accuracy_text")
    )
    drawings: dict[str, Callable[[], Figure]] = {
        "epochs_map": partial(
            draw, "heat_maps.epochs_map", spent, spent_text, measure, place, cost=result.cost
        ),
    }
    if "test_r2" in result.rows(n_hidden):
        drawings["accuracy_map"] = partial(
            draw,
            "heat_maps.accuracy_map",
            accuracy,
            accuracy_text,
            result.of(n_hidden).most_accurate,
        )
    if result.network(n_hidden) is not None:
        drawings["best_fit"] = partial(draw, "fits.in_figure", plots.fit(result, n_hidden))
    if len(losses):
        drawings |= {
            "loss_by_batch_size": partial(
                draw, "losses.by_panel", losses, measure, "batch_size", "learning_rate"
            ),
            "loss_by_learning_rate": partial(
                draw, "losses.by_panel", losses, measure, "learning_rate", "batch_size"
            ),
        }
    if "batch_loss" in losses:
        drawings["cells"] = partial(draw, "losses.cells", losses, target, CELL)
    return drawings
