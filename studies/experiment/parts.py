"""Parts of reports that many studies have: loss curves, fits, heat maps, and tables of a plan."""

from functools import partial
from typing import Any

import pandas as pd

from network.data.datasets import Dataset
from network.data.generated import CURVES
from reports.frames import few
from reports.tables import tables
from reports.words import Text, accuracy_text, number, word
from studies.experiment.result import PlanResult
from studies.experiment.study import ReportFigure, ReportTable
from sweep.trial import Value

CURVES_CAPTION = Text(
    "Validation loss against the epoch; a curve ends in a marker where it reached the target.",
    "验证损失随轮数的变化；曲线末端的标记表示达到目标。",
)
PANELS_CAPTION = Text(
    "Each curve in its own panel: the loss on the last mini-batch fluctuates, the validation loss "
    "is smoother.",
    "各曲线单独显示：最后一个小批的损失波动较大，验证损失较平稳。",
)
FITS_CAPTION = Text("The curve learned by each model, with the data.", "每个模型学到的曲线与数据。")
LISTING_CAPTION = Text(
    "Epochs until the validation loss reached the target (`>`: not reached), final loss, accuracy "
    "on the test set, and training cost.",
    "验证损失达到目标所需的轮数（`>` 表示未达到）、最终损失、测试集准确率以及训练代价。",
)
GRID_CAPTION = Text(
    "Epochs / accuracy; `>` marks a cell that did not reach the target within the maximum number "
    "of epochs.",
    "轮数 / 准确率；`>` 表示在最大轮数内未达到目标。",
)


COSTS_CAPTION = Text(
    "Training cost: each dot is one run, the line connects the medians. An open dot did not reach "
    "the target within the maximum number of epochs.",
    "训练代价：每个点为一次训练，折线连接中位数。空心点表示在最大轮数内未达到目标。",
)


def loss_curves(
    result: PlanResult, by: str, *, name: str = "losses", caption: Text = CURVES_CAPTION
) -> ReportFigure:
    """Return the loss curves of one axis, all in one panel."""
    from reports.figures import losses

    loss = "validation_loss" if "validation_loss" in result.history else "train_loss"
    draw = partial(losses.together, result.history, result.target_loss, by, loss)
    return ReportFigure(name, caption, draw)


def loss_panels(
    result: PlanResult, by: str, *, name: str = "panels", caption: Text = PANELS_CAPTION
) -> ReportFigure:
    """Return the loss curves of one axis side by side, with those of the mini-batches."""
    from reports.figures import losses

    draw = partial(losses.side_by_side, result.history, result.target_loss, by)
    return ReportFigure(name, caption, draw)


def fits(
    result: PlanResult,
    by: str,
    *,
    name: str = "fits",
    title: Text | None = None,
    caption: Text = FITS_CAPTION,
    **params: Value,
) -> ReportFigure:
    """Return what the models of one axis make of their data of one input, in repeat 0.

    Parameters
    ----------
    result : PlanResult
    by : str
        The axis; a panel for each of its values.
    name : str
    title : Text, optional
        Stands over the panels.
    caption : Text
    **params
        The values of the other axes.
    """
    from reports.figures import fits

    data = result.dataset
    predictions = {}
    for value in few(result.values(by)):
        accuracy = accuracy_text(result.outcome(**{**params, by: value}).metrics["test_r2"])
        label = f"{word(by)} {number(value)}: R² {accuracy}"
        predictions[label] = result.predict(data.test_x, **{**params, by: value})
    draw = partial(
        fits.fit_panels,
        predictions,
        str(title or Text(f"Fits of the {data.name} data", f"{data.name} 数据的拟合")),
        **samples(data),
        test_is_curve=data.name in CURVES,
    )
    return ReportFigure(name, caption, draw)


def samples(data: Dataset) -> dict[str, Any]:
    """Return the samples that figures of fits are drawn over."""
    return {name: getattr(data, name) for name in ("train_x", "train_y", "test_x", "test_y")}


def curve_fits(result: PlanResult, by: str, *, caption: Text = FITS_CAPTION) -> list[ReportFigure]:
    """Return `fits` where there is a curve to be drawn: one input and one output; else nothing."""
    one = result.dataset.n_inputs == result.dataset.n_outputs == 1
    return [fits(result, by, caption=caption)] if one else []


def loss_grid(result: PlanResult, *, name: str = "losses") -> ReportFigure:
    """Return the loss curves of a plan with two axes: a panel for each value of the second."""
    from reports.figures import losses

    by, panel = result.plan.axes
    draw = partial(losses.by_panel, result.history, result.target_loss, panel, by)
    return ReportFigure(name, CURVES_CAPTION, draw)


def epochs_map(result: PlanResult, *, name: str = "epochs_map") -> ReportFigure:
    """Return the heat map of epochs of a plan with two axes."""
    from reports.figures import heat_maps

    epochs, text = (tables.table(_grid(result), column) for column in ("epochs", "epochs_text"))
    draw = partial(heat_maps.epochs_map, epochs, text, result.target_loss)
    return ReportFigure(
        name,
        Text("Epochs to the target in each cell.", "各格达到目标所需轮数。"),
        draw,
    )


def accuracy_map(result: PlanResult, *, name: str = "accuracy_map") -> ReportFigure:
    """Return the heat map of accuracies of a plan with two axes."""
    from reports.figures import heat_maps

    columns = ("accuracy", "accuracy_text")
    accuracy, text = (tables.table(_grid(result), column) for column in columns)
    draw = partial(heat_maps.accuracy_map, accuracy, text)
    return ReportFigure(
        name, Text("Accuracy: R² on the test set.", "准确率：测试集上的 R²。"), draw
    )


def costs(result: PlanResult, by: str, *columns: str) -> ReportFigure:
    """Return the picture of costs, such as ``epochs``, against the values of an axis."""
    from reports.figures import spreads

    frame = result.frame[[by, "repeat", "state", *columns]]
    draw = partial(spreads.costs, frame, by, columns)
    return ReportFigure("costs", COSTS_CAPTION, draw)


def listing(
    result: PlanResult, *, name: str = "table", caption: Text = LISTING_CAPTION
) -> ReportTable:
    """Return the table with a row a cell."""
    return ReportTable(name, caption, partial(tables.listing, result.all_cells))


def grid_table(
    result: PlanResult, *, name: str = "table", caption: Text = GRID_CAPTION
) -> ReportTable:
    """Return the table of a plan with two axes: the first across, the second down."""
    return ReportTable(name, caption, partial(_grid_frame, tables.table(_grid(result))))


def _grid(result: PlanResult) -> pd.DataFrame:
    """Return the cells with the second axis first, for that one goes down a table."""
    return tables.cells(result.frame, by=list(reversed(list(result.plan.axes))))


def _grid_frame(table: pd.DataFrame) -> pd.DataFrame:
    corner = f"{word(str(table.index.name))} \\ {word(str(table.columns.name))}"
    shown = table.rename(columns=number)
    shown.columns.name = None
    shown.insert(0, corner, table.index.map(number))
    return shown.reset_index(drop=True)
