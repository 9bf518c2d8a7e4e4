"""What the homework's report says before its table: the task, the model, and the data."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from network.data.generated import FORMULAS, GENERATORS, NOISE
from network.losses import variance
from reports.documents.markdown import escaped
from reports.words import COSTS, Text, joined, value_text
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult

TASK = Text("Task", "实验目的")
MODEL = Text("Model and data", "模型与数据")

QUESTION = Text(
    "Which learning rate and batch size train the network with the fewest {cost}?",
    "哪种学习率与批大小的组合所需的{cost}最少？",
)
GRID = Text(
    "Every combination of the learning rates {rates} and batch sizes {sizes} is trained "
    "{times}{until}.",
    "学习率 {rates} 与批大小 {sizes} 的每种组合各训练{times}{until}。",
)
UNTIL = Text(
    ", until the validation loss is at most {target} or {epochs} epochs are over",
    "，直到验证损失不超过 {target}，或训练满 {epochs} 轮",
)
ONCE, TIMES = Text("once", " 1 次"), Text("{n} times", " {n} 次")
NETWORK = Text(
    "**Network**: {shapes}: {inputs} input{s}, {units} hidden units with {activation} "
    "activation, {outputs} linear output{t}; initial weights: {init}.",
    "**网络**：{shapes} 结构，{inputs} 个输入，{units} 个隐层神经元，激活函数为 {activation}，"
    "{outputs} 个线性输出；初始权重：{init}。",
)
LOSS = Text(
    "**Loss**: half the mean squared error, J = Σ(a − y)² / (2m) over m samples, with the output a "
    "and the label y.",
    "**损失函数**：均方误差的一半，J = Σ(a − y)² / (2m)，其中 m 为样本数，a 为输出，y 为标签。",
)
TRAINING = Text(
    "**Training**: mini-batch gradient descent{full}; learning-rate schedule: {decay}; order of "
    "the samples: {shuffle}. The validation loss is evaluated every {every} epochs.",
    "**训练**：小批量梯度下降{full}；学习率衰减：{decay}；样本顺序：{shuffle}。"
    "每 {every} 轮计算一次验证损失。",
)
FULL = Text(", where “full” is all samples at once", "（全批量即一次使用全部样本）")
FUNCTION = Text(
    "**Model**: it is trained by the function {name}, which is no part of this report.",
    "**模型**：由函数 {name} 训练，本报告不含其代码。",
)
CURVE = Text(
    "**Data**: the {name} curve y = {formula}, x uniform on [0, 1], with noise uniform on ±{noise} "
    "added to the labels for training and validation: {sizes}. The test points are evenly spaced "
    "and have no noise.",
    "**数据**：{name} 曲线 y = {formula}，x 在 [0, 1] 上均匀分布，训练与验证的标签加上 ±{noise} 内"
    "均匀分布的噪声：{sizes}。测试样本等距，不含噪声。",
)
GENERATED = Text("generated data {name}", "生成的数据 {name}")
OTHER = Text(
    "**Data**: {data}, {inputs} in and {outputs} out: {sizes}.",
    "**数据**：{data}，{inputs} 列输入，{outputs} 列输出：{sizes}。",
)
SIZES = Text(
    "{train} training, {validation} validation, {test} test samples",
    "训练 {train}、验证 {validation}、测试 {test} 个样本",
)
ACCURACY = Text(
    "**Accuracy**: R² = 1 − MSE / Var(y) on the test set{constant}.",
    "**准确率**：测试集上的 R² = 1 − MSE / Var(y){constant}。",
)
CONSTANT = Text(
    "; all labels of it are equal, so R² is undefined there: n/a",
    "；其标签全部相同，因此 R² 没有定义，写作 n/a",
)


def chapters(result: PlanResult, cost: str) -> list[tuple[str, str]]:
    """Return the chapters, heading and Markdown, that stand before the table.

    Parameters
    ----------
    result : PlanResult
    cost : str
        What cells are compared by: a name in `reports.words.COSTS`.
    """
    plan = result.plan
    until = UNTIL.fill(target=result.target_loss, epochs=plan.max_epochs)
    grid = GRID.fill(
        rates=_listed(plan, "learning_rate"),
        sizes=_listed(plan, "batch_size"),
        times=TIMES.fill(n=plan.repeats) if plan.repeats > 1 else ONCE,
        until="" if plan.function else until,  # a function ends as it likes
    )
    about = [f"- {text}" for text in (*_model(result), *_data(result))]
    return [
        (str(TASK), f"{QUESTION.fill(cost=COSTS[cost])}\n\n{grid}"),
        (str(MODEL), "\n".join(about)),
    ]


def _listed(plan: Plan, axis: str) -> Text:
    return joined([value_text(axis, "full" if v is None else v) for v in plan.axes[axis]])


def _model(result: PlanResult) -> Iterator[Text]:
    plan, data = result.plan, result.dataset
    if plan.function is not None:
        yield FUNCTION.fill(name=escaped(plan.function.name))
        return
    words: dict[str, Any] = {
        name: value_text(name, plan.setting(name)) for name in ("init", "decay", "shuffle")
    }
    hidden = plan.axes["n_hidden"]
    yield NETWORK.fill(
        shapes=joined([f"{data.n_inputs}–{n}–{data.n_outputs}" for n in hidden]),
        inputs=data.n_inputs,
        outputs=data.n_outputs,
        s="s" * (data.n_inputs > 1),
        t="s" * (data.n_outputs > 1),
        units=_listed(plan, "n_hidden"),
        activation=value_text("activation", plan.setting("activation")),
        init=words["init"],
    )
    yield LOSS
    full = FULL if None in plan.axes["batch_size"] else ""
    yield TRAINING.fill(**words, full=full, every=plan.setting("eval_every"))


def _data(result: PlanResult) -> Iterator[Text]:
    plan, data = result.plan, result.dataset
    if plan.function is not None and "data" not in plan.function.parameters:
        return
    sizes = SIZES.fill(
        train=len(data.train_y), validation=len(data.validation_y), test=len(data.test_y)
    )
    if plan.data in FORMULAS:
        formula, noise = FORMULAS[plan.data], NOISE[plan.data]
        yield CURVE.fill(name=plan.data, formula=formula, noise=noise, sizes=sizes)
    else:
        name: Text | str = f"`{data.name}`"
        name = GENERATED.fill(name=name) if plan.data in GENERATORS else name
        yield OTHER.fill(data=name, inputs=data.n_inputs, outputs=data.n_outputs, sizes=sizes)
    if "test_r2" in result.frame:
        is_constant = np.isnan(variance(data.test_y))
        yield ACCURACY.fill(constant=CONSTANT if is_constant else "")
