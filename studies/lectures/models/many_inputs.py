"""Lecture 29: regression with three inputs and five hidden units."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from network.data.generated import hills_function
from network.models import linear
from network.models.linear import Fit
from reports.figures.fits import prediction_against_truth
from reports.figures.lectures.panels import DASHED, Panel, draw, mark
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
    "The network (medians of the repeats; `>`: target not reached) and the best linear model.",
    "网络（各次重复的中位数；`>` 表示未达到目标）与最优线性模型。",
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
    "With {k} inputs and {n} hidden units, the network reaches an accuracy of {r2} on the test "
    "set; the best linear model reaches {line}.",
    "{k} 个输入、{n} 个隐层神经元的网络在测试集上的准确率为 {r2}；最优线性模型为 {line}。",
)
NO_BETTER = Text(
    "With {k} inputs and {n} hidden units, the network reaches an accuracy of {r2} on the test "
    "set, no better than the best linear model with {line}.",
    "{k} 个输入、{n} 个隐层神经元的网络在测试集上的准确率为 {r2}，不超过最优线性模型的 {line}。",
)
COST = Text(
    "The network has {p} parameters and reached the validation loss {target} after {epochs} "
    "epochs; the validation loss of the linear model is {loss}.",
    "网络有 {p} 个参数，{epochs} 轮后验证损失达到 {target}；线性模型的验证损失为 {loss}。",
)
COLUMNS = ("model", "parameters", "epochs", "validation_loss", "accuracy")
ALONG = 60  # points along an input


def report(results: Results) -> Report:
    """Compare the network with the true values and with the best linear model."""
    result = results["network"]
    line = linear.best(result.dataset)
    n_hidden = int(str(result.cells.accuracy.fillna(-np.inf).idxmax()))
    return Report(
        [*against_line(result, n_hidden, line), *findings.diverged([result])],
        [
            _against_truth(result, n_hidden, line),
            ReportTable("table", TABLE_CAPTION, partial(table, result, line)),
            _along(result, n_hidden, line.weights),
            parts.loss_curves(result, "n_hidden"),
        ],
    )


def _against_truth(result: PlanResult, n_hidden: int, line: Fit) -> ReportFigure:
    data, label = result.dataset, Text("{model}: R² {r2}", "{model}：R² {r2}")
    network = result.predict(data.test_x, n_hidden=n_hidden)
    accuracy = result.outcome(n_hidden=n_hidden).test_r2
    models = (
        (NETWORK, accuracy, network),
        (LINEAR, line.accuracy, linear.predict(data.test_x, line.weights)),
    )
    panels = [
        Panel(
            label.fill(model=name, r2=accuracy_text(r2)),
            [partial(prediction_against_truth, truth=data.test_y, predicted=values)],
            {"aspect": "auto", "ylabel": Text("predicted value", "预测值")},
        )
        for name, r2, values in models
    ]
    title = Text("Predicted and true values on the test set", "测试集上的预测值与真实值")
    low, high = data.test_y.min(), data.test_y.max()
    margin = 0.25 * (high - low)
    limits = (low - margin, high + margin)
    drawn = partial(draw, panels, title, width=3.4, height=3.4, key_rows=0, axes={"ylim": limits})
    return ReportFigure("truth", TRUTH_CAPTION, drawn)


def _along(result: PlanResult, n_hidden: int, weights: Array) -> ReportFigure:
    """Walk along each input through the middle of the data."""
    X = result.dataset.train_x
    panels = []
    for i, (low, high) in enumerate(zip(X.min(axis=0), X.max(axis=0), strict=True)):
        walk = np.tile(np.median(X, axis=0), (ALONG, 1))  # (ALONG, n_inputs)
        walk[:, i] = x = np.linspace(low, high, ALONG)
        network = result.predict(walk, n_hidden=n_hidden)[:, 0]
        line = linear.predict(walk, weights)[:, 0]
        marks = [
            mark("plot", x, network, label=NETWORK, color=INK, lw=1.8),
            mark("plot", x, line, label=LINEAR, color=ORANGE, lw=1.5, ls=DASHED),
        ]
        if result.dataset.name == "hills":
            truth = hills_function(walk)[:, 0]
            marks.insert(0, mark("plot", x, truth, label="truth", color=GREY, lw=5, alpha=0.6))
        panels.append(Panel("", marks, {"xlabel": f"x{i + 1}", "ylabel": "y"}))
    drawn = partial(draw, panels, ALONG_NOTE, n_cols=4, width=2.6, shared=len(panels) <= 4)
    return ReportFigure("along", ALONG_CAPTION, drawn)


def table(result: PlanResult, line: Fit) -> pd.DataFrame:
    """Return the networks and the linear model in one table."""
    data = result.dataset
    row = {
        "model": say(LINEAR),
        "parameters": (data.n_inputs + 1) * data.n_outputs,
        "epochs": "-",
        "validation_loss": f"{line.loss:.5f}",
        "accuracy": accuracy_text(line.accuracy),
    }
    networks = parts.cells_table([({}, result)], *COLUMNS)
    return pd.concat([networks, pd.DataFrame([row]).rename(columns=word)])


def against_line(result: PlanResult, n_hidden: int, line: Fit) -> Iterator[Text]:
    """Say whether the network beats the linear model, and after how many epochs."""
    cell = result.cells.loc[n_hidden]
    accuracy = result.cells.accuracy[n_hidden]
    if np.isfinite([accuracy, line.accuracy]).all():
        text = BETTER if accuracy > line.accuracy else NO_BETTER
        yield text.fill(
            k=result.dataset.n_inputs,
            n=n_hidden,
            r2=accuracy_text(accuracy),
            line=accuracy_text(line.accuracy),
        )
    if np.isfinite(cell.epochs):
        yield COST.fill(
            p=result.n_parameters(n_hidden=n_hidden),
            target=result.target_loss,
            epochs=cell.epochs_text,
            loss=f"{line.loss:.5f}",
        )


STUDY = Study(
    name="many-inputs",
    title=Text("Regression with three inputs", "三个输入的回归"),
    question=Text(
        "A network with three inputs and five hidden units works just like one with a single "
        "input. How well does it predict when the result can no longer be drawn as a curve?",
        "三个输入、五个隐层神经元的网络与单输入网络的原理完全相同。无法画成曲线时，它的预测效果如"
        "何？",
    ),
    lectures="29",
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
