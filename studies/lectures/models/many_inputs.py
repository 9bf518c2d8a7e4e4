"""Lecture 29: regression with three inputs and five hidden units."""

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.data.generated import hills_function
from network.models import linear
from network.models.linear import Line
from reports.figures.lectures import many_inputs as figures
from reports.words import Text, accuracy_text, word
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
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
Array = NDArray[np.float64]
ALONG = 60  # points along an input


def report(results: Results) -> Report:
    """Compare the network with the true values and with the best linear model."""
    result = results["network"]
    data = result.dataset
    line = linear.best(data)
    n_hidden = int(str(result.cells.accuracy.fillna(-np.inf).idxmax()))
    shown = {
        with_accuracy(
            NETWORK, result.outcome(n_hidden=n_hidden).metrics["test_r2"]
        ): result.predict(data.test_x, n_hidden=n_hidden),
        with_accuracy(LINEAR, line.accuracy): linear.predict(data.test_x, line.weights),
    }
    said = [
        *accuracy_findings(result, n_hidden, line),
        *epochs_findings(result, n_hidden, line),
        *findings.diverged([result]),
    ]
    return Report(
        said,
        [
            ReportFigure(
                "truth", TRUTH_CAPTION, partial(figures.against_truth, data.test_y, shown)
            ),
            ReportTable("table", TABLE_CAPTION, partial(table, result, line)),
            _along(result, n_hidden, line.weights),
            parts.loss_curves(result, "n_hidden"),
        ],
    )


def _along(result: PlanResult, n_hidden: int, weights: Array) -> ReportFigure:
    """Walk along each input through the middle of the data."""
    X = result.dataset.train_x
    middle = np.median(X, axis=0)
    grid = np.linspace(X.min(axis=0), X.max(axis=0), ALONG).T  # (n_inputs, ALONG)
    walks = np.repeat(middle[None, None], len(grid), axis=0).repeat(ALONG, axis=1)
    for i, values in enumerate(grid):
        walks[i, :, i] = values  # (n_inputs, ALONG, n_inputs)

    lines = {
        NETWORK: np.array([result.predict(walk, n_hidden=n_hidden)[:, 0] for walk in walks]),
        LINEAR: np.array([linear.predict(walk, weights)[:, 0] for walk in walks]),
    }
    is_hills = result.dataset.name == "hills"
    truth = np.array([hills_function(walk)[:, 0] for walk in walks]) if is_hills else None
    draw = partial(figures.along_inputs, grid, lines, truth, ALONG_NOTE)
    return ReportFigure("along", ALONG_CAPTION, draw)


def with_accuracy(model: Text, accuracy: float) -> Text:
    """Name a model with its accuracy."""
    return Text("{model}: R² {r2}", "{model}：R² {r2}").fill(
        model=model, r2=accuracy_text(accuracy)
    )


def table(result: PlanResult, line: Line) -> pd.DataFrame:
    """Return the networks and the linear model in one table."""
    model, parameters = str(Text("model", "模型")), str(Text("parameters", "参数个数"))
    data = result.dataset
    rows: list[dict[str, object]] = []
    for n_hidden, cell in result.cells.iterrows():
        name = Text("network with {n} hidden units", "网络（{n} 个隐层神经元）").fill(n=n_hidden)
        rows.append(
            {
                model: str(name),
                parameters: result.n_parameters(n_hidden=int(str(n_hidden))),
                word("epochs"): cell.epochs_text,
                word("validation_loss"): f"{cell.loss:.5f}",
                word("accuracy"): cell.accuracy_text,
            }
        )
    rows.append(
        {
            model: str(LINEAR),
            parameters: (data.n_inputs + 1) * data.n_outputs,
            word("epochs"): "-",
            word("validation_loss"): f"{line.validation_loss:.5f}",
            word("accuracy"): accuracy_text(line.accuracy),
        }
    )
    return pd.DataFrame(rows)


def accuracy_findings(result: PlanResult, n_hidden: int, line: Line) -> list[Text]:
    """Say whether the network beats the linear model."""
    accuracy = result.cells.accuracy[n_hidden]
    if not np.isfinite([accuracy, line.accuracy]).all():
        return []
    if accuracy > line.accuracy:
        text = Text(
            "With {k} inputs and {n} hidden units, the network reaches an accuracy of {r2} on the "
            "test set; the best linear model reaches {line}.",
            "{k} 个输入、{n} 个隐层神经元的网络在测试集上的准确率为 {r2}；最优线性模型为 {line}。",
        )
    else:
        text = Text(
            "With {k} inputs and {n} hidden units, the network reaches an accuracy of {r2} on the "
            "test set, no better than the best linear model with {line}.",
            "{k} 个输入、{n} 个隐层神经元的网络在测试集上的准确率为 {r2}，不超过最优线性模型的 "
            "{line}。",
        )
    return [
        text.fill(
            k=result.dataset.n_inputs,
            n=n_hidden,
            r2=accuracy_text(accuracy),
            line=accuracy_text(line.accuracy),
        )
    ]


def epochs_findings(result: PlanResult, n_hidden: int, line: Line) -> list[Text]:
    """State the epochs that the network needed, if it reached the target."""
    cell = result.cells.loc[n_hidden]
    if not np.isfinite(cell.epochs):
        return []
    return [
        Text(
            "The network has {p} parameters and reached the validation loss {target} after "
            "{epochs} epochs; the validation loss of the linear model is {loss}.",
            "网络有 {p} 个参数，{epochs} 轮后验证损失达到 {target}；线性模型的验证损失为 {loss}。",
        ).fill(
            p=result.n_parameters(n_hidden=n_hidden),
            target=result.target_loss,
            epochs=cell.epochs_text,
            loss=f"{line.validation_loss:.5f}",
        )
    ]


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
