"""Lectures 24 and 27: two and three classes, and their decision boundaries."""

from functools import partial

import numpy as np
import pandas as pd

from network.data.labels import classes
from reports.figures.lectures import regions as figures
from reports.words import Text, joined, word
from studies.experiment import findings
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks
from sweep.trial import Trial

NAMES = {
    "xor": Text("XOR", "异或"),
    "arcs": Text("two arcs", "两条弧"),
    "three-arms": Text("three arms", "三条旋臂"),
}
REGIONS_CAPTION = Text(
    "The test samples, and the class predicted at each point by the network with the median "
    "accuracy, which is given above each panel.",
    "测试样本，以及准确率居中的网络在每一点预测的类别；准确率标在各图上方。",
)
CLASSES_CAPTION = Text(
    "Accuracy on the test set (medians of the repeats; `>`: target not reached).",
    "测试集准确率（各次重复的中位数；`>` 表示未达到目标损失）。",
)
FUNCTIONS_CAPTION = Text(
    "An activation function is applied between the layers and makes the network nonlinear; a "
    "classification function is applied at the end and turns the scores Z2 into probabilities A2. "
    "Left and middle: the test samples of XOR. Right: the test sample of the three arms with the "
    "least certain prediction.",
    "激活函数位于两层之间，使网络成为非线性的；分类函数位于最后，把得分 Z2 变成概率 A2。左、中：异"
    "或的测试样本；右：三条旋臂中预测最不确定的测试样本。",
)
SAME_DECISIONS = Text(
    "The classification function does not change the decision: for {same} of {n} test samples, "
    "the score Z2 gives the same class as A2. The function only turns the score into the "
    "probability that the loss needs. The activation function cannot be omitted: without it the "
    "two layers would be a single linear layer, with straight boundaries.",
    "分类函数不改变判断：{n} 个测试样本中有 {same} 个由得分 Z2 就能得到与 A2 相同的类别，它只是把"
    "得分变成损失函数所需的概率。激活函数却不能省略：没有它，两层就等于一层线性层，分界只能是直线"
    "。",
)


def report(results: Results) -> Report:
    """Show the regions, the accuracies, and what the two kinds of functions do."""
    rows = [
        [_region(name, result, n_hidden) for n_hidden in result.sizes("n_hidden")]
        for name, result in results.items()
    ]
    said = [
        *(text for name, result in results.items() for text in accuracies(name, result)),
        *(text for name, result in results.items() for text in borders(name, result)),
        *_same_decisions(results),
        *findings.diverged(list(results.values())),
    ]
    shown: list[ReportFigure | ReportTable] = [
        ReportFigure("regions", REGIONS_CAPTION, partial(figures.regions, rows)),
        ReportTable("classes", CLASSES_CAPTION, partial(table, results)),
    ]
    if {"xor", "three-arms"} <= set(results):
        of_functions = _functions(results["xor"], results["three-arms"])
        draw = partial(figures.functions, of_functions)
        shown.append(ReportFigure("functions", FUNCTIONS_CAPTION, draw))
    return Report(said, shown)


def _region(name: str, result: PlanResult, n_hidden: int) -> figures.Region:
    data, trial = result.dataset, networks.median_trial(result, n_hidden=n_hidden)
    extent, points = figures.grid_over(data.test_x)
    A2 = networks.layers_of(result, trial, points.reshape(-1, 2))[3]
    probability = np.column_stack([1 - A2, A2]) if A2.shape[1] == 1 else A2
    return figures.Region(
        region_title(name, n_hidden, result.outcomes[trial.key].metrics["test_r2"]),
        extent,
        probability.reshape(*points.shape[:2], -1),
        data.test_x,
        classes(data.test_y),
    )


def _largest(result: PlanResult) -> Trial:
    return networks.median_trial(result, n_hidden=max(result.sizes("n_hidden")))


def _functions(two: PlanResult, several: PlanResult) -> figures.Functions:
    """Follow test samples through the largest networks for two and for several classes."""
    data, trial = two.dataset, _largest(two)
    Z1, A1, Z2, A2 = networks.layers_of(two, trial, data.test_x)
    *_, scores, probabilities = networks.layers_of(
        several, _largest(several), several.dataset.test_x
    )
    least = int(np.nan_to_num(probabilities.max(axis=1), nan=1.0).argmin())
    return figures.Functions(
        networks.activation_of(two, trial).name,
        *(Z1, A1, Z2[:, 0], A2[:, 0]),
        classes(data.test_y),
        *(scores[least], probabilities[least]),
    )


def _same_decisions(results: Results) -> list[Text]:
    """Count how many decisions are the same if the classification function is left out."""
    same = n = 0
    for result in results.values():
        *_, Z2, A2 = networks.layers_of(result, _largest(result), result.dataset.test_x)
        if not np.isfinite(Z2).all():
            continue
        by_score = Z2[:, 0] >= 0 if Z2.shape[1] == 1 else Z2.argmax(axis=1)
        same += int((by_score == classes(A2)).sum())
        n += len(Z2)
    if not n or same < n:
        return []
    return [SAME_DECISIONS.fill(same=same, n=n)]


def _plan(data: str, task: str) -> Plan:
    fixed = {
        "task": task,
        "learning_rate": 2.0,
        "batch_size": 15,
        "max_epochs": 150,
        "target_loss": 0.05,
        "eval_every": 10,
    }
    return Plan(axes={"n_hidden": (1, 2, 4)}, fixed=fixed, data=data, repeats=3)


def percent(share: float) -> str:
    """Format a share as a percentage."""
    return f"{100 * share:.1f} %"


def table(results: Results) -> pd.DataFrame:
    """Return the results for each number of hidden units."""
    rows = []
    for name, result in results.items():
        for n_hidden, cell in result.cells.sort_index().iterrows():
            rows.append(
                {
                    word("data"): str(NAMES[name]),
                    str(Text("classes", "类别数")): len(np.unique(classes(result.dataset.test_y))),
                    word("n_hidden"): n_hidden,
                    word("epochs"): cell.epochs_text,
                    word("converged"): f"{cell.n_converged}/{cell.n_trials}",
                    word("validation_loss"): f"{cell.loss:.4f}",
                    word("accuracy"): percent(cell.accuracy),
                }
            )
    return pd.DataFrame(rows)


def accuracies(name: str, result: PlanResult) -> list[Text]:
    """List the accuracies by number of hidden units."""
    cells = result.cells.sort_index().dropna(subset="accuracy")
    if cells.empty:
        return []
    listed = joined([f"{percent(a)} ({n})" for n, a in cells.accuracy.items()])
    return [
        Text(
            "Accuracy on the test set of {name}, by number of hidden units: {list}.",
            "{name}：测试集准确率（按隐层神经元数）：{list}。",
        ).fill(name=NAMES[name], list=listed)
    ]


def one_unit_on_xor(result: PlanResult) -> list[Text]:
    """Say why one hidden unit cannot learn XOR, if it was tried and more units can."""
    accuracy = result.cells.accuracy
    if 1 not in accuracy.index or not accuracy[1] < 0.9 <= accuracy.max():
        return []
    return [
        Text(
            "With one hidden unit the decision boundary is a straight line, which cannot separate "
            "the classes of XOR: the accuracy is {one}. With {n} units the boundary bends, and "
            "the accuracy is {best}.",
            "只有一个隐层神经元时分界是直线，而直线分不开异或：准确率为 {one}；{n} 个神经元能使分"
            "界弯曲，准确率为 {best}。",
        ).fill(one=percent(accuracy[1]), n=accuracy.idxmax(), best=percent(accuracy.max()))
    ]


def one_unit_on_arcs(result: PlanResult) -> list[Text]:
    """Say that a straight line is enough for the arcs, if it is."""
    accuracy = result.cells.accuracy
    if 1 not in accuracy.index or not accuracy[1] >= 0.95:
        return []
    return [
        Text(
            "The two arcs look more difficult, but a straight line separates them: one hidden "
            "unit reaches an accuracy of {one}.",
            "两条弧看起来更难，其实一条直线就能分开：一个隐层神经元的准确率为 {one}。",
        ).fill(one=percent(accuracy[1]))
    ]


def region_title(name: str, n_hidden: int, share: float) -> Text:
    """Return the title of a panel."""
    return Text("{name}, {units}: {share}", "{name}，{units}：{share}").fill(
        name=NAMES[name], units=findings.hidden_units(n_hidden), share=percent(share)
    )


def borders(name: str, result: PlanResult) -> list[Text]:
    """State what a straight boundary achieves on XOR and on the two arcs."""
    sentences = {"xor": one_unit_on_xor, "arcs": one_unit_on_arcs}
    return sentences[name](result) if name in sentences else []


STUDY = Study(
    name="classify",
    title=Text("Two and three classes", "二分类与三分类"),
    question=Text(
        "How does a network separate classes, with a logistic output for two classes and a "
        "softmax output for three? Where are the decision boundaries, how many hidden units do "
        "they need, and how do activation and classification functions differ?",
        "网络如何区分类别（二分类用对率函数，三分类用 softmax）？分界在哪里，需要多少隐层神经元？"
        "激活函数与分类函数有什么区别？",
    ),
    lectures="24, 27",
    report=report,
    plans={
        "xor": _plan("xor", "binary"),
        "arcs": _plan("arcs", "binary"),
        "three-arms": _plan("three-arms", "multiclass"),
    },
)
