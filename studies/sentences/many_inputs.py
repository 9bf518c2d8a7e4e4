"""What is said of regression with several inputs."""

import numpy as np
import pandas as pd

from network.models.linear import Line
from reports.words import Text, accuracy_text, word
from studies.experiment.result import PlanResult

NETWORK, LINEAR = Text("network", "网络"), Text("linear model", "线性模型")


TRUTH_CAPTION = Text(
    "Each point is a sample of the test set; on the line the prediction is right.",
    "每个点是测试集的一个样本；落在直线上表示预测完全正确。",
)
TABLE_CAPTION = Text(
    "The network (medians of the repeats; `>`: target not reached) and the best linear model.",
    "网络（各次重复的中位数；`>` 表示未达到目标）与最优线性模型。",
)
ALONG_CAPTION = Text(
    "What both answer as one input grows; the linear model can only draw straight lines.",
    "一个输入增大时两者的输出；线性模型只能画直线。",
)
ALONG_NOTE = Text(
    "The output along each input, the others at their medians",
    "沿每个输入变化的输出，其余输入取中位数",
)


def named(model: Text, accuracy: float) -> Text:
    """Name a model with its accuracy."""
    return Text("{model}: R² {r2}", "{model}：R² {r2}").fill(
        model=model, r2=accuracy_text(accuracy)
    )


def table(result: PlanResult, line: Line) -> pd.DataFrame:
    """Set the networks and the linear model side by side."""
    model, parameters = str(Text("model", "模型")), str(Text("parameters", "参数个数"))
    data = result.dataset
    rows: list[dict[str, object]] = []
    for n_hidden, cell in result.cells.iterrows():
        name = Text("network, hidden units: {n}", "网络，隐层神经元 {n} 个").fill(n=n_hidden)
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


def better(result: PlanResult, n_hidden: int, line: Line) -> list[Text]:
    """Say whether the network beats the linear model."""
    accuracy = result.cells.accuracy[n_hidden]
    if not np.isfinite([accuracy, line.accuracy]).all():
        return []
    if accuracy > line.accuracy:
        text = Text(
            "With {k} inputs and {n} hidden units the network gets to accuracy {r2} on the test "
            "set; the best linear model gets to {line}.",
            "{k} 个输入、{n} 个隐层神经元的网络在测试集上的准确率为 {r2}；最优线性模型为 {line}。",
        )
    else:
        text = Text(
            "With {k} inputs and {n} hidden units the network gets to accuracy {r2} on the test "
            "set, no more than the best linear model, {line}.",
            "{k} 个输入、{n} 个隐层神经元的网络在测试集上的准确率为 {r2}，"
            "不超过最优线性模型的 {line}。",
        )
    return [
        text.fill(
            k=result.dataset.n_inputs,
            n=n_hidden,
            r2=accuracy_text(accuracy),
            line=accuracy_text(line.accuracy),
        )
    ]


def cost(result: PlanResult, n_hidden: int, line: Line) -> list[Text]:
    """Say how long it took, if the target was reached."""
    cell = result.cells.loc[n_hidden]
    if not np.isfinite(cell.epochs):
        return []
    return [
        Text(
            "It has {p} parameters and reached the validation loss {target} after {epochs} epochs; "
            "the linear model ends at {loss}.",
            "它有 {p} 个参数，{epochs} 轮后验证损失达到 {target}；线性模型的验证损失为 {loss}。",
        ).fill(
            p=result.n_parameters(n_hidden=n_hidden),
            target=result.target_loss,
            epochs=cell.epochs_text,
            loss=f"{line.validation_loss:.5f}",
        )
    ]
