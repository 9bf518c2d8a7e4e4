"""Lectures 26, 27 and 29: how many hidden units a curve needs."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from network.data.generated import CURVES
from network.losses import half_mse
from reports.words import Text, accuracy_text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks

NAMES = {"sine": Text("sine", "正弦曲线"), "snake": Text("snake curve", "蛇形曲线")}
FITS_CAPTION = Text(
    "The data of the {name} and, among the repeats, the network with the median accuracy.",
    "{name}：数据，以及各次重复中准确率居中的网络。",
)
UNITS_CAPTION = Text(
    "Results for each number of hidden units (medians of the repeats; “>”: not reached).",
    "不同隐层神经元数的结果（各次重复的中位数；“>” 表示未达到目标）。",
)
LOSSES_CAPTION = Text(
    "Validation loss on the {name}; a curve ends in a marker where it reached the target.",
    "{name}上的验证损失；曲线末端的标记表示达到目标。",
)
ACCURACY_GROWS = Text(
    "On the {name}, accuracy increases with the number of hidden units: {list}.",
    "在{name}上，隐层神经元越多，准确率越高：{list}。",
)
ACCURACIES = Text(
    "On the {name}, the accuracy by number of hidden units is {list}.",
    "在{name}上，各隐层神经元数的准确率为 {list}。",
)
SMALLEST = Text(
    "On the {name}, the smallest network that reaches the target {target} has {units} and "
    "{parameters} parameters; it needs {epochs} epochs.",
    "在{name}上，能达到目标 {target} 的最小网络有 {units}、{parameters} 个参数，需 {epochs} 轮。",
)
TOO_LOW = Text(
    "The target {target} is too low for the {name}: because the labels are noisy, even the true "
    "curve has a loss of {floor} on the validation set.",
    "目标 {target} 对{name}来说过低：标签带有噪声，即使真实曲线在验证集上的损失也有 {floor}。",
)
COLUMNS = (
    *("data", "n_hidden", "parameters", "epochs", "converged"),
    *("validation_loss", "accuracy", "updates"),
)


def report(results: Results) -> Report:
    """Show fits, loss curves and costs of each number of hidden units."""
    units = [({"data": NAMES[name]}, result) for name, result in results.items()]
    return Report(
        [
            *(text for name, result in results.items() for text in units_needed(name, result)),
            *(
                text
                for name, result in results.items()
                for text in noise_above_target(name, result)
            ),
            *findings.diverged(list(results.values())),
        ],
        [
            *(_fits(name, result) for name, result in results.items()),
            ReportTable("units", UNITS_CAPTION, partial(parts.cells_table, units, *COLUMNS)),
            *(
                parts.loss_curves(
                    result,
                    "n_hidden",
                    name=f"losses_{name}",
                    caption=LOSSES_CAPTION.fill(name=NAMES[name]),
                )
                for name, result in results.items()
            ),
        ],
    )


def _fits(name: str, result: PlanResult) -> ReportFigure:
    data, panels = result.dataset, []
    for n_hidden in result.sizes("n_hidden"):
        trial = networks.median_trial(result, n_hidden=n_hidden)
        outcome = result.outcomes[trial.key]
        predicted = result.plan.objective.predict(trial, outcome.arrays, data.test_x)
        label = Text("{units}: R² {r2}", "{units}：R² {r2}").fill(
            units=findings.hidden_units(n_hidden), r2=accuracy_text(outcome.metrics["test_r2"])
        )
        panels.append(parts.fit_panel(label, data, predicted))
    title = Text("Fits of the {name}", "{name}的拟合").fill(name=NAMES[name])
    return parts.panels(f"fits_{name}", title, FITS_CAPTION.fill(name=NAMES[name]), panels)


def units_needed(name: str, result: PlanResult) -> Iterator[Text]:
    """State the accuracy by number of units, and the smallest network that reaches the target."""
    cells = result.cells.sort_index().dropna(subset="accuracy")
    if cells.empty:
        return
    grows = len(cells) > 1 and bool((np.diff(cells.accuracy) > 0).all())
    text = ACCURACY_GROWS if grows else ACCURACIES
    yield text.fill(name=NAMES[name], list=findings.by_value(cells.accuracy_text))
    smallest = next((row for row in parts.cell_rows(result) if row["reached"]), None)
    if smallest:
        units = findings.hidden_units(smallest["n_hidden"])
        yield SMALLEST.fill(target=result.target_loss, name=NAMES[name], units=units, **smallest)


def noise_above_target(name: str, result: PlanResult) -> Iterator[Text]:
    """State that the target is below the loss that the label noise causes, if it is."""
    data = result.dataset
    if data.name in CURVES:
        floor = half_mse(CURVES[data.name](data.validation_x), data.validation_y)
        if floor > result.target_loss:
            yield TOO_LOW.fill(target=result.target_loss, name=NAMES[name], floor=f"{floor:.5f}")


STUDY = Study(
    name="approximation",
    title=Text("How many hidden units a curve needs", "拟合一条曲线需要多少隐层神经元"),
    question=Text(
        "The universal approximation theorem says that a network with enough hidden units can fit "
        "any continuous curve. How many units does the sine need (1 or 2), and how many the snake "
        "curve (1, 2, 3 and more)?",
        "万能近似定理指出：只要隐层神经元足够多，网络就能拟合任意连续曲线。正弦曲线（1、2 个）和蛇"
        "形曲线（1、2、3 个及更多）各需要多少个？",
    ),
    report=report,
    plans={
        "sine": Plan(
            axes={"n_hidden": (1, 2)},
            fixed={"learning_rate": 0.05, "batch_size": 10, "max_epochs": 5000},
            data="sine",
            repeats=3,
        ),
        "snake": Plan(
            axes={"n_hidden": (1, 2, 3, 4, 6)},
            fixed={"learning_rate": 0.5, "batch_size": 10},
            repeats=3,
        ),
    },
)
