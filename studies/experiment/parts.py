"""Parts of reports that many studies have: loss curves, fits, heat maps, and tables of a plan."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.data.datasets import Dataset
from network.data.generated import CURVES
from reports.frames import few
from reports.tables import tables
from reports.words import Text, accuracy_text, number, say, word
from studies.experiment import findings
from studies.experiment.result import Array, PlanResult
from studies.experiment.study import ReportFigure, ReportTable
from sweep.trial import Value

if TYPE_CHECKING:
    from reports.figures.lectures.panels import Mark, Panel

CURVES_CAPTION = Text(
    "Validation loss against the epoch; a curve ends in a marker where it reached the target.",
    "验证损失随轮数的变化；曲线末端的标记表示达到目标。",
)
ENDS = Text(
    "; a curve ends in a marker where it reached the target", "；曲线末端的标记表示达到目标"
)
CURVES_OF = Text("The {metric} against the epoch{ends}.", "{metric}随轮数的变化{ends}。")
PANELS_CAPTION = Text(
    "Each curve in its own panel: the validation loss, and the loss on the last mini-batch, a mean "
    "over fewer samples.",
    "各曲线单独显示：验证损失，以及最后一个小批的损失（更少样本的平均）。",
)
FITS_CAPTION = Text("The curve learned by each model, with the data.", "每个模型学到的曲线与数据。")
LISTING_CAPTION = Text(
    "Epochs until the validation loss reached the target (“>”: not reached), final loss, accuracy "
    "on the test set, and training cost.",
    "验证损失达到目标所需的轮数（“>” 表示未达到）、最终损失、测试集准确率以及训练代价。",
)
GRID_CAPTION = Text(
    "Epochs / accuracy; “>” marks a cell that did not reach the target within the maximum number "
    "of epochs.",
    "轮数 / 准确率；“>” 表示在最大轮数内未达到目标。",
)


EPOCHS_CAPTION = Text(
    "Epochs; “>” marks a cell that did not reach the target within the maximum number of epochs.",
    "轮数；“>” 表示在最大轮数内未达到目标。",
)
VALUES_CAPTION = Text(
    "Final {metric}: each dot is one run, the line connects the medians.",
    "最终的{metric}：每个点为一次运行，折线连接中位数。",
)
VALUE_MAP_CAPTION = Text("Final {metric} of each cell.", "各格最终的{metric}。")


COSTS_CAPTION = Text(
    "Training cost: each dot is one run, the line connects the medians that reached the target. An "
    "open dot did not reach it within the maximum number of epochs.",
    "训练代价：每个点为一次训练，折线连接达到目标的中位数。空心点表示在最大轮数内未达到目标。",
)


def loss_curves(
    result: PlanResult, by: str, *, name: str = "losses", caption: Text = CURVES_CAPTION
) -> ReportFigure:
    """Return the loss curves of one axis, all in one panel."""
    from reports.figures import losses

    draw = partial(losses.together, result.history, result.measure, by)
    return ReportFigure(name, _curves_caption(result, caption), draw)


def _curves_caption(result: PlanResult, caption: Text) -> Text:
    """Name the metric of a function, of which the usual caption knows nothing."""
    if result.plan.function is None:
        return caption
    ends = "" if result.measure.target is None else ENDS
    return CURVES_OF.fill(metric=result.measure.title, ends=ends)


def loss_panels(
    result: PlanResult,
    by: str,
    *,
    name: str = "panels",
    history: pd.DataFrame | None = None,
    caption: Text = PANELS_CAPTION,
) -> ReportFigure:
    """Return the loss curves of one axis side by side, with those of the mini-batches.

    `history` is the part of the plan's history that is drawn; by default all of it.
    """
    from reports.figures import losses

    drawn = result.history if history is None else history
    return ReportFigure(name, caption, partial(losses.side_by_side, drawn, result.target_loss, by))


def fits(
    result: PlanResult, by: str, *, caption: Text = FITS_CAPTION, **params: Value
) -> ReportFigure:
    """Return what the models of one axis make of their data of one input, in repeat 0.

    Parameters
    ----------
    result : PlanResult
    by : str
        The axis; a panel for each of its values.
    caption : Text
    **params
        The values of the other axes.
    """
    data, content = result.dataset, []
    for value in few(result.values(by)):
        accuracy = accuracy_text(result.outcome(**{**params, by: value}).metrics["test_r2"])
        label = f"{word(by)} {number(value)}: R² {accuracy}"
        content.append(fit_panel(label, data, result.predict(data.test_x, **{**params, by: value})))
    title = Text(f"Fits of the {data.name} data", f"{data.name} 数据的拟合")
    return panels("fits", title, caption, content)


def fit_panel(
    title: str | Text,
    data: Dataset,
    predicted: Array,
    *marks: "Mark",
    label: str | Text = "network",
) -> "Panel":
    """Return a panel with the outputs of a model for the inputs of the test set, over its data."""
    from reports.figures import fits
    from reports.figures.lectures.panels import Panel

    sets = {name: getattr(data, name) for name in ("train_x", "train_y", "test_x", "test_y")}
    known = data.name in CURVES
    looks: dict[str, Any] = {"label": label, "test_is_curve": known, "legend": False}
    draw = partial(fits.fit, **sets, predicted_y=predicted, **looks)
    labels = np.concatenate([data.train_y, data.test_y])
    margin = 0.1 * np.ptp(labels)
    return Panel(title, [draw, *marks], {"ylim": (labels.min() - margin, labels.max() + margin)})


def panels(
    name: str, title: Text, caption: Text, content: "Sequence[Panel]", **options: Any
) -> ReportFigure:
    """Return a figure of panels; the options are those of `panels.draw`."""
    from reports.figures.lectures.panels import draw

    return ReportFigure(name, caption, partial(draw, content, title, **options))


def curve_fits(result: PlanResult, by: str, *, caption: Text = FITS_CAPTION) -> list[ReportFigure]:
    """Return `fits` where there is a curve to be drawn: one input and one output; else nothing."""
    return [fits(result, by, caption=caption)] if is_curve(result.dataset) else []


def is_curve(data: Dataset) -> bool:
    """Tell whether outputs can be drawn as a curve: one input and one output."""
    return data.n_inputs == data.n_outputs == 1


def loss_grid(result: PlanResult, *, name: str = "losses") -> ReportFigure:
    """Return the loss curves of a plan with two axes: a panel for each value of the second."""
    from reports.figures import losses

    by, panel = result.plan.axes
    draw = partial(losses.by_panel, result.history, result.measure, panel, by)
    return ReportFigure(name, _curves_caption(result, CURVES_CAPTION), draw)


def epochs_map(result: PlanResult, *, name: str = "epochs_map") -> ReportFigure:
    """Return the heat map of epochs of a plan with two axes."""
    from reports.figures import heat_maps

    epochs, text = (tables.table(_grid(result), column) for column in ("epochs", "epochs_text"))
    draw = partial(heat_maps.epochs_map, epochs, text, result.measure)
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


def values(result: PlanResult, by: str, *, name: str = "values") -> ReportFigure:
    """Return the figure of the last value of the measure against the values of an axis."""
    from reports.figures import spreads

    frame, measure = result.frame[[by, "repeat", "state", result.measure.name]], result.measure
    draw = partial(spreads.values, frame, by, measure)
    return ReportFigure(name, VALUES_CAPTION.fill(metric=measure.title), draw)


def value_map(result: PlanResult, *, name: str = "value_map") -> ReportFigure:
    """Return the heat map of the last value of the measure, of a plan with two axes."""
    from reports.figures import heat_maps

    cells = result.all_cells.reorder_levels(list(reversed(list(result.plan.axes))))
    costs, text = (tables.table(cells, column) for column in ("value_cost", "value_text"))
    draw = partial(heat_maps.value_map, costs, text, result.measure)
    return ReportFigure(name, VALUE_MAP_CAPTION.fill(metric=result.measure.title), draw)


def costs(result: PlanResult, by: str, *columns: str) -> ReportFigure:
    """Return the figure of costs, such as ``epochs``, against the values of an axis."""
    from reports.figures import spreads

    frame = result.frame[[by, "repeat", "state", *columns]]
    draw = partial(spreads.costs, frame, by, columns)
    return ReportFigure("costs", COSTS_CAPTION, draw)


def strips(result: PlanResult, by: str, title: Text, caption: Text) -> ReportFigure:
    """Return the figure of the epochs of each run, a row of dots for each value of an axis."""
    from reports.figures import spreads

    rows = result.frame[[by, "repeat", "state", "epochs"]]
    draw = partial(spreads.strips, rows, by, title, result.plan.max_epochs)
    return ReportFigure("epochs", caption, draw)


def listing(
    result: PlanResult, *, name: str = "table", caption: Text = LISTING_CAPTION
) -> ReportTable:
    """Return the table with a row a cell."""
    return ReportTable(name, caption, partial(tables.listing, result.all_cells))


def cells_table(
    plans: Sequence[tuple[Mapping[str, Any], PlanResult]], *columns: str
) -> pd.DataFrame:
    """Return a table with a row for each cell of plans with one axis.

    Parameters
    ----------
    plans : sequence of (mapping, PlanResult)
        The entries that all rows of a plan have, and its result.
    *columns : str
        Names of these entries, the axis, ``model``, ``parameters``, ``epochs``, ``converged``,
        ``validation_loss``, ``accuracy`` or ``updates``.
    """
    rows = [{**entries, **row} for entries, result in plans for row in cell_rows(result)]
    return pd.DataFrame(rows)[list(columns)].map(say).rename(columns=word)


def cell_rows(result: PlanResult) -> list[dict[str, Any]]:
    """Return the cells of a plan with one axis as tables and sentences write them."""
    (axis,) = result.plan.axes
    of_classes = result.plan.fixed.get("task", "regression") != "regression"
    return [
        {
            axis: int(str(value)),
            "model": findings.model_text(result, int(str(value))),
            "parameters": result.n_parameters(**{axis: int(str(value))}),
            "reached": bool(np.isfinite(cell.epochs)),
            "epochs": cell.epochs_text,
            "converged": f"{cell.n_converged}/{cell.n_trials}",
            "validation_loss": f"{cell.loss:.5f}",
            "r2": cell.accuracy,
            "accuracy": findings.percent(cell.accuracy) if of_classes else cell.accuracy_text,
            "updates": f"{cell.updates:.0f}",
        }
        for value, cell in result.cells.sort_index().iterrows()
    ]


def grid_table(
    result: PlanResult, *, name: str = "table", caption: Text = GRID_CAPTION
) -> ReportTable:
    """Return the table of a plan with two axes: the first across, the second down."""
    return ReportTable(name, caption, partial(grid_frame, tables.table(_grid(result))))


def in_words(columns: Mapping[Text | str, Iterable[object]]) -> pd.DataFrame:
    """Return a table of columns, headers and texts in the language of the context."""
    return pd.DataFrame(
        {
            say(name) if isinstance(name, Text) else word(name): [say(value) for value in values]
            for name, values in columns.items()
        }
    )


def _grid(result: PlanResult) -> pd.DataFrame:
    """Return the cells with the second axis first, for that one goes down a table."""
    return tables.cells(result.frame, by=list(reversed(list(result.plan.axes))))


def grid_frame(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in words, its rows' names in the first column."""
    corner = f"{word(str(table.index.name))} \\ {word(str(table.columns.name))}"
    shown = table.map(word).rename(columns=number)
    shown.columns.name = None
    shown.insert(0, corner, table.index.map(number))
    return shown.reset_index(drop=True)
