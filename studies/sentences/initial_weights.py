"""What is said of initial weights, and of luck."""

import numpy as np
import pandas as pd

from reports.words import Text, joined
from studies.experiment.result import PlanResult

STRIPS_TITLE = Text(
    "Epochs of each training, by its initial weights", "各初始化方法下每次训练的轮数"
)
STRIPS_CAPTION = Text(
    "Each training a dot, their median a line. The dots of one row differ in nothing but the draw "
    "of the initial weights and of the orders.",
    "每次训练一个点，竖线为中位数。同一行的点只在初始权重与样本顺序的随机抽取上不同。",
)
PATHS_CAPTION = Text(
    "The weight from the input into each hidden unit while repeat 0 trains, from the first "
    "evaluation on. Lines of units that stay equal lie on each other, the thick one below.",
    "第 0 次重复训练中，输入到各隐层神经元的权重（从第一次评估起）。"
    "始终相等的神经元，其线重叠，粗线在下。",
)


def equal(init: str, n_hidden: int, cells: pd.DataFrame) -> Text:
    """Say what it means that all hidden units stay equal."""
    return Text(
        "With {init} weights all {n} hidden units stay equal at every evaluation: together "
        "they are no more than one unit. {k} of {m} trainings reach the target, and the R² on "
        "the test set is {r2}.",
        "初始权重为 {init} 时，{n} 个隐层神经元在每次评估时都相等，合起来只相当于一个神经元。"
        "{m} 次训练中 {k} 次达到目标，测试集 R² 为 {r2}。",
    ).fill(
        init=init,
        n=n_hidden,
        k=int(cells.n_converged[init]),
        m=int(cells.n_trials[init]),
        r2=cells.accuracy_text[init],
    )


def luck(result: PlanResult) -> list[Text]:
    """Compare the spread of epochs within an initializer with that between initializers."""
    reached = result.frame[result.frame.state == "converged"]
    groups = {name: group.epochs for name, group in reached.groupby("init", sort=False)}
    within = {name: epochs for name, epochs in groups.items() if len(epochs) > 1}
    if not within:
        return []
    spans = [epochs.max() / epochs.min() for epochs in within.values()]
    shown = Text("{init} {low} to {high}", "{init} {low} 到 {high}")
    each = [
        shown.fill(init=name, low=int(epochs.min()), high=int(epochs.max()))
        for name, epochs in within.items()
    ]
    said = [
        Text(
            "Luck alone, other draws of weights and orders by the same rule, moves the epochs: "
            "{list} among the trainings that reach the target.",
            "仅凭运气（同一方法下权重与顺序的不同抽取），达到目标的训练所需轮数：{list}。",
        ).fill(list=joined(each))
    ]
    medians = result.cells.epochs[np.isfinite(result.cells.epochs)]
    if len(medians) > 1:
        between = medians.max() / medians.min()
        said.append(
            COMPARED.fill(
                spans=joined([f"{span:.1f}" for span in spans]),
                between=f"{between:.1f}",
                so=ONE_RUN if min(spans) > between else RULE if max(spans) < between else OPEN,
            )
        )
    return said


COMPARED = Text(
    "That is a factor of {spans}, while the medians of the initializers differ by a factor of "
    "{between}. {so}",
    "相差 {spans} 倍，而各方法的中位数之间相差 {between} 倍。{so}",
)
ONE_RUN = Text("So one run says little about an initializer.", "可见单次运行说明不了初始化方法。")
RULE = Text("So the initializer counts for more than luck.", "可见初始化方法的影响大于运气。")


OPEN = Text("One run of each can't tell them apart.", "各运行一次无法区分两者。")
