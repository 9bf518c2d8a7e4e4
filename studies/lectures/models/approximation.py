"""Lectures 26, 27 and 29: how many hidden units a curve needs."""

from functools import partial

import numpy as np
import pandas as pd

from network.data.generated import CURVES
from network.losses import half_mse
from reports.figures import fits as figures
from reports.words import Text, accuracy_text, joined, word
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
    "Results for each number of hidden units (medians of the repeats; `>`: not reached).",
    "不同隐层神经元数的结果（各次重复的中位数；`>` 表示未达到目标）。",
)


def report(results: Results) -> Report:
    """Show fits, loss curves and costs of each number of hidden units."""
    said = [
        *(text for name, result in results.items() for text in units_needed(name, result)),
        *(text for name, result in results.items() for text in noise_above_target(name, result)),
        *findings.diverged(list(results.values())),
    ]
    sheet = ReportTable("units", UNITS_CAPTION, partial(units_table, results))
    pictures = [_fits(name, result) for name, result in results.items()]
    losses = [
        parts.loss_curves(result, "n_hidden", name=f"losses_{name}", caption=losses_caption(name))
        for name, result in results.items()
    ]
    return Report(said, [*pictures, sheet, *losses])


def _fits(name: str, result: PlanResult) -> ReportFigure:
    data, predictions = result.dataset, {}
    for n_hidden in result.sizes("n_hidden"):
        trial = networks.median_trial(result, n_hidden=n_hidden)
        outcome = result.outcomes[trial.key]
        label = Text("{units}: R² {r2}", "{units}：R² {r2}").fill(
            units=findings.hidden_units(n_hidden), r2=accuracy_text(outcome.metrics["test_r2"])
        )
        predictions[label] = result.plan.objective.predict(trial, outcome.arrays, data.test_x)
    draw = partial(
        figures.fit_panels,
        predictions,
        Text("Fits of the {name}", "{name}的拟合").fill(name=NAMES[name]),
        **parts.samples(data),
    )
    return ReportFigure(f"fits_{name}", FITS_CAPTION.fill(name=NAMES[name]), draw)


def losses_caption(name: str) -> Text:
    """Return the caption of the loss curves of a data set."""
    return Text(
        "Validation loss on the {name}; a curve ends in a marker where it reached the target.",
        "{name}上的验证损失；曲线末端的标记表示达到目标。",
    ).fill(name=NAMES[name])


def units_table(results: Results) -> pd.DataFrame:
    """Return the results for each number of hidden units."""
    rows = []
    for name, result in results.items():
        for n_hidden, cell in result.cells.sort_index().iterrows():
            rows.append(
                {
                    word("data"): str(NAMES[name]),
                    word("n_hidden"): n_hidden,
                    str(Text("parameters", "参数个数")): result.n_parameters(
                        n_hidden=int(str(n_hidden))
                    ),
                    word("epochs"): cell.epochs_text,
                    word("converged"): f"{cell.n_converged}/{cell.n_trials}",
                    word("validation_loss"): f"{cell.loss:.5f}",
                    word("accuracy"): cell.accuracy_text,
                    word("updates"): f"{cell.updates:.0f}",
                }
            )
    return pd.DataFrame(rows)


def units_needed(name: str, result: PlanResult) -> list[Text]:
    """State the accuracy by number of units, and the smallest network that reaches the target."""
    cells = result.cells.sort_index().dropna(subset="accuracy")
    if cells.empty:
        return []
    said = []
    if len(cells) > 1 and cells.accuracy.is_monotonic_increasing:
        said.append(
            Text(
                "On the {name}, accuracy increases with the number of hidden units: {list}.",
                "在{name}上，隐层神经元越多，准确率越高：{list}。",
            ).fill(name=NAMES[name], list=accuracies(cells))
        )
    else:
        said.append(
            Text(
                "On the {name}, the accuracy by number of hidden units is {list}.",
                "在{name}上，各隐层神经元数的准确率为 {list}。",
            ).fill(name=NAMES[name], list=accuracies(cells))
        )
    reached = cells[np.isfinite(cells.epochs)]
    if len(reached):
        n = int(str(reached.index.min()))
        said.append(
            Text(
                "On the {name}, the smallest network that reaches the target {target} has "
                "{units} and {k} parameters; it needs {epochs} epochs.",
                "在{name}上，能达到目标 {target} 的最小网络有 {units}、{k} 个参数，需 "
                "{epochs} 轮。",
            ).fill(
                target=result.target_loss,
                name=NAMES[name],
                units=findings.hidden_units(n),
                k=result.n_parameters(n_hidden=n),
                epochs=reached.epochs_text[n],
            )
        )
    return said


def accuracies(cells: pd.DataFrame) -> Text:
    """List accuracies, each with its number of units."""
    return joined([f"{text} ({n})" for n, text in cells.accuracy_text.items()])


def noise_above_target(name: str, result: PlanResult) -> list[Text]:
    """State that the target is below the loss that the label noise causes, if it is."""
    data = result.dataset
    if data.name not in CURVES:
        return []
    floor = half_mse(CURVES[data.name](data.validation_x), data.validation_y)
    if floor <= result.target_loss:
        return []
    return [
        Text(
            "The target {target} is too low for the {name}: because the labels are noisy, even the "
            "true curve has a loss of {floor} on the validation set.",
            "目标 {target} 对{name}来说过低：标签带有噪声，即使真实曲线在验证集上的损失也有 "
            "{floor}。",
        ).fill(target=result.target_loss, name=NAMES[name], floor=f"{floor:.5f}")
    ]


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
    lectures="26, 27, 29",
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
