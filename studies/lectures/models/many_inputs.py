"""Lecture 29: regression with three inputs and five hidden units."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from network.data.generated import hills_function
from network.models import linear
from network.models.linear import Fit
from reports.figures.fits import prediction_against_truth
from reports.figures.lectures.panels import DASHED, Panel, line
from reports.figures.style import GREY, INK, ORANGE
from reports.words import Text, accuracy_text, say, word
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import Array, PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

NETWORK, LINEAR = Text("network", "网络"), Text("linear model", "线性模型")
TRUTH_CAPTION = Text(
    "Each point is a sample of the test set; on the line, the prediction is exact.",
    "每个点是测试集的一个样本；落在直线上表示预测完全准确。",
)
TABLE_CAPTION = Text(
    "The network (medians of the repeats; “>”: target not reached) and the best linear model.",
    "网络（各次重复的中位数；“>” 表示未达到目标）与最优线性模型。",
)
ALONG_CAPTION = Text(
    "Predictions of both models as one input grows; the linear model can only produce straight "
    "lines.",
    "一个输入增大时两个模型的预测；线性模型只能给出直线。",
)
ALONG_NOTE = Text(
    "The output along each input, the others at their medians",
    "沿每个输入变化的输出，其余输入取中位数",
)
BETTER = Text(
    "With {k} inputs and {n_hidden} hidden units, the network reaches an accuracy of {accuracy} "
    "on the test set; the best linear model reaches {line}.",
    "{k} 个输入、{n_hidden} 个隐层神经元的网络在测试集上的准确率为 {accuracy}；最优线性模型为 "
    "{line}。",
)
NO_BETTER = Text(
    "With {k} inputs and {n_hidden} hidden units, the network reaches an accuracy of {accuracy} "
    "on the test set, no better than the best linear model with {line}.",
    "{k} 个输入、{n_hidden} 个隐层神经元的网络在测试集上的准确率为 {accuracy}，不超过最优线性模型"
    "的 {line}。",
)
COST = Text(
    "The network has {parameters} parameters and reached the validation loss {target} after "
    "{epochs} epochs; the validation loss of the linear model is {loss}.",
    "网络有 {parameters} 个参数，{epochs} 轮后验证损失达到 {target}；线性模型的验证损失为 {loss}。",
)
COLUMNS = ("model", "parameters", "epochs", "validation_loss", "accuracy")
ALONG = 60  # points along an input


def report(results: Results) -> Report:
    """Compare the network with the true values and with the best linear model."""
    result = results["network"]
    best = linear.best(result.dataset)
    n_hidden = int(str(result.cells.accuracy.fillna(-np.inf).idxmax()))
    return Report(
        [*against_line(result, n_hidden, best), *findings.diverged([result])],
        [
            _against_truth(result, n_hidden, best),
            ReportTable("table", TABLE_CAPTION, partial(table, result, best)),
            _along(result, n_hidden, best.weights),
            parts.loss_curves(result, "n_hidden"),
        ],
    )


def _against_truth(result: PlanResult, n_hidden: int, best: Fit) -> ReportFigure:
    data, label = result.dataset, Text("{model}: R² {r2}", "{model}：R² {r2}")
    network = result.predict(data.test_x, n_hidden=n_hidden)
    straight = linear.predict(data.test_x, best.weights)
    accuracy = result.outcome(n_hidden=n_hidden).metrics["test_r2"]
    panels = [
        Panel(
            label.fill(model=name, r2=accuracy_text(r2)),
            [partial(prediction_against_truth, truth=data.test_y, predicted=values)],
            {"aspect": "auto"},
        )
        for name, r2, values in ((NETWORK, accuracy, network), (LINEAR, best.accuracy, straight))
    ]
    title = Text("Predicted and true values on the test set", "测试集上的预测值与真实值")
    low, high = data.test_y.min(), data.test_y.max()
    margin = 0.25 * (high - low)
    axes = {"ylim": (low - margin, high + margin), "ylabel": Text("predicted value", "预测值")}
    return parts.panels("truth", title, TRUTH_CAPTION, panels, axes=axes)


def _along(result: PlanResult, n_hidden: int, weights: Array) -> ReportFigure:
    """Walk along each input through the middle of the data."""
    X = result.dataset.train_x
    panels = []
    for i, (low, high) in enumerate(zip(X.min(axis=0), X.max(axis=0), strict=True)):
        walk = np.tile(np.median(X, axis=0), (ALONG, 1))  # (ALONG, n_inputs)
        walk[:, i] = x = np.linspace(low, high, ALONG)
        network = result.predict(walk, n_hidden=n_hidden)[:, 0]
        straight = linear.predict(walk, weights)[:, 0]
        marks = [
            line(x, network, label=NETWORK, color=INK, lw=1.8),
            line(x, straight, label=LINEAR, color=ORANGE, lw=1.5, ls=DASHED),
        ]
        if result.dataset.name == "hills":
            truth = hills_function(walk)[:, 0]
            marks.insert(0, line(x, truth, label="truth", color=GREY, lw=5, alpha=0.6))
        panels.append(Panel("", marks, {"xlabel": f"x{i + 1}", "ylabel": "y"}))
    return parts.panels("along", ALONG_NOTE, ALONG_CAPTION, panels, shared=len(panels) <= 3)


def table(result: PlanResult, best: Fit) -> pd.DataFrame:
    """Return the networks and the linear model in one table."""
    data = result.dataset
    row = {
        "model": say(LINEAR),
        "parameters": (data.n_inputs + 1) * data.n_outputs,
        "epochs": "-",
        "validation_loss": f"{best.loss:.5f}",
        "accuracy": accuracy_text(best.accuracy),
    }
    networks = parts.cells_table([({}, result)], *COLUMNS)
    return pd.concat([networks, pd.DataFrame([row]).rename(columns=word)])


def against_line(result: PlanResult, n_hidden: int, best: Fit) -> Iterator[Text]:
    """Say whether the network beats the linear model, and after how many epochs."""
    row = next(row for row in parts.cell_rows(result) if row["n_hidden"] == n_hidden)
    of_line = {"line": accuracy_text(best.accuracy), "loss": f"{best.loss:.5f}"}
    said = {**row, **of_line, "k": result.dataset.n_inputs, "target": result.target_loss}
    if np.isfinite([row["r2"], best.accuracy]).all():
        yield (BETTER if row["r2"] > best.accuracy else NO_BETTER).fill(**said)
    if row["reached"]:
        yield COST.fill(**said)


STUDY = Study(
    name="many-inputs",
    title=Text("Regression with three inputs", "三个输入的回归"),
    question=Text(
        "A network with three inputs and five hidden units works just like one with a single "
        "input. How well does it predict when the result can no longer be drawn as a curve?",
        "三个输入、五个隐层神经元的网络与单输入网络的原理完全相同。无法画成曲线时，它的预测效果如"
        "何？",
    ),
    report=report,
    plans={
        "network": Plan(
            axes={"n_hidden": (5,)},
            fixed={"learning_rate": 0.5, "batch_size": 10, "eval_every": 10},
            data="hills",
            repeats=3,
        )
    },
)
