"""Lectures 24 and 27: two and three classes, and their decision boundaries."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from network.data.labels import classes
from reports.figures.lectures.panels import Mark, Panel, line, mark
from reports.figures.lectures.regions import class_style, grid_over, region
from reports.figures.style import GREY, INK
from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.findings import percent
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
    "Accuracy on the test set (medians of the repeats; “>”: target not reached).",
    "测试集准确率（各次重复的中位数；“>” 表示未达到目标损失）。",
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
ACCURACIES = Text(
    "Accuracy on the test set of {name}, by number of hidden units: {list}.",
    "{name}：测试集准确率（按隐层神经元数）：{list}。",
)
XOR_NEEDS_MORE = Text(
    "With one hidden unit the decision boundary is a straight line, which cannot separate the "
    "classes of XOR: the accuracy is {one}. With {n} units the boundary bends, and the accuracy "
    "is {best}.",
    "只有一个隐层神经元时分界是直线，而直线分不开异或：准确率为 {one}；{n} 个神经元能使分界弯曲，"
    "准确率为 {best}。",
)
LINE_IS_ENOUGH = Text(
    "The two arcs look more difficult, but a straight line separates them: one hidden unit "
    "reaches an accuracy of {one}.",
    "两条弧看起来更难，其实一条直线就能分开：一个隐层神经元的准确率为 {one}。",
)
COLUMNS = ("data", "classes", "n_hidden", "epochs", "converged", "validation_loss", "accuracy")


def report(results: Results) -> Report:
    """Show the regions, the accuracies, and what the two kinds of functions do."""
    cells = [
        ({"data": NAMES[name], "classes": len(np.unique(classes(result.dataset.test_y)))}, result)
        for name, result in results.items()
    ]
    shown: list[ReportFigure | ReportTable] = [
        _regions(results),
        ReportTable("classes", CLASSES_CAPTION, partial(parts.cells_table, cells, *COLUMNS)),
    ]
    if {"xor", "three-arms"} <= set(results):
        shown.append(_functions(results["xor"], results["three-arms"]))
    return Report(
        [
            *(text for name, result in results.items() for text in accuracies(name, result)),
            *(text for name, result in results.items() for text in one_unit(name, result)),
            *same_decisions(results),
            *findings.diverged(list(results.values())),
        ],
        shown,
    )


def _regions(results: Results) -> ReportFigure:
    rows = [
        [region_panel(name, result, n_hidden) for n_hidden in result.sizes("n_hidden")]
        for name, result in results.items()
    ]
    n_cols = max(len(row) for row in rows)
    panels = [panel for row in rows for panel in (row + [Panel("", [])] * n_cols)[:n_cols]]
    title = Text(
        "Predicted classes; stronger colour: higher probability; lines: boundaries",
        "网络预测的类别：颜色越深，概率越高；黑线为分界",
    )
    return parts.panels("regions", title, REGIONS_CAPTION, panels, n_cols=n_cols, shared=False)


def region_panel(name: str, result: PlanResult, n_hidden: int) -> Panel:
    """Return the decisions of the network with the median accuracy, and the test samples."""
    data, trial = result.dataset, networks.median_trial(result, n_hidden=n_hidden)
    extent, points = grid_over(data.test_x)
    A2 = networks.layers_of(result, trial, points.reshape(-1, 2))[3]
    probability = np.column_stack([1 - A2, A2]) if A2.shape[1] == 1 else A2
    probability = probability.reshape(*points.shape[:2], -1)
    title = Text("{name}, {units}: {share}", "{name}，{units}：{share}").fill(
        name=NAMES[name],
        units=findings.hidden_units(n_hidden),
        share=percent(result.outcomes[trial.key].metrics["test_r2"]),
    )
    kinds = classes(data.test_y)
    samples = [
        line(*data.test_x[kinds == k].T, **class_style(k)) for k in range(probability.shape[2])
    ]
    return Panel(title, [partial(region, extent, probability), *samples])


def _largest(result: PlanResult) -> Trial:
    return networks.median_trial(result, n_hidden=max(result.sizes("n_hidden")))


def _functions(two: PlanResult, several: PlanResult) -> ReportFigure:
    """Follow test samples through the largest networks for two and for several classes."""
    trial, kinds = _largest(two), classes(two.dataset.test_y)
    Z1, A1, Z2, A2 = networks.layers_of(two, trial, two.dataset.test_x)
    unit, of_class = Text("hidden unit {n}", "隐层神经元 {n}"), Text("class {k}", "第 {k} 类")
    units = [
        line(z, a, label=unit.fill(n=n), **{**class_style(n), "mew": 0})
        for n, (z, a) in enumerate(zip(Z1.T, A1.T, strict=True), 1)
    ]
    logistic = [
        line(Z2[kinds == k], A2[kinds == k], label=of_class.fill(k=k), **class_style(k))
        for k in (0, 1)
    ]
    between = Text("between the layers: activation ({f})", "两层之间：激活函数（{f}）").fill(
        f=networks.activation_of(two, trial).name
    )
    decides = Text("output, two classes: logistic", "输出，二分类：对率函数")
    probability = Text("A2: probability of class 1", "A2：第 1 类的概率")
    chooses = Text("output, several classes: softmax", "输出，多分类：softmax")
    bars = {"xlabel": Text("class", "类别"), "ylabel": "A2", "ylim": (0, 1.25)}
    cross = [mark("axvline", 0, color=GREY), mark("axhline", 0.5, color=GREY)]
    panels = [
        Panel(between, units, {"xlabel": "Z1", "ylabel": "A1"}),
        Panel(decides, [*cross, *logistic], {"xlabel": "Z2", "ylabel": probability}),
        Panel(chooses, _softmax(several), {**bars, "xticks": range(several.dataset.n_outputs)}),
    ]
    title = Text("Activation and classification functions", "激活函数与分类函数")
    return parts.panels("functions", title, FUNCTIONS_CAPTION, panels, shared=False)


def _softmax(result: PlanResult) -> list[Mark]:
    """Return bars for the probabilities of the sample with the least certain prediction."""
    *_, Z2, A2 = networks.layers_of(result, _largest(result), result.dataset.test_x)
    least = int(np.nan_to_num(A2.max(axis=1), nan=1.0).argmin())
    bars = []
    for k, (z, a) in enumerate(zip(Z2[least], A2[least], strict=True)):
        bars.append(mark("bar", k, a, color=class_style(k)["color"], edgecolor=INK, width=0.6))
        text = f"Z2 = {z:.2f}\nA2 = {a:.3f}"
        bars.append(mark("text", k, a + 0.02, text, ha="center", fontsize=8))
    return bars


def accuracies(name: str, result: PlanResult) -> Iterator[Text]:
    """List the accuracies by number of hidden units."""
    accuracy = result.cells.accuracy.sort_index().dropna()
    if len(accuracy):
        yield ACCURACIES.fill(name=NAMES[name], list=findings.by_value(accuracy.map(percent)))


def one_unit(name: str, result: PlanResult) -> Iterator[Text]:
    """State what the straight boundary of one hidden unit achieves on XOR and on the arcs."""
    accuracy = result.cells.accuracy
    if 1 not in accuracy.index:
        return
    one, best = accuracy[1], accuracy.max()
    if name == "xor" and one < 0.9 <= best:
        yield XOR_NEEDS_MORE.fill(one=percent(one), n=accuracy.idxmax(), best=percent(best))
    if name == "arcs" and one >= 0.95:
        yield LINE_IS_ENOUGH.fill(one=percent(one))


def same_decisions(results: Results) -> Iterator[Text]:
    """Say that the scores decide as the classification function does, if all of them do."""
    same: list[bool] = []
    for result in results.values():
        *_, Z2, A2 = networks.layers_of(result, _largest(result), result.dataset.test_x)
        if np.isfinite(Z2).all():
            by_score = Z2[:, 0] >= 0 if Z2.shape[1] == 1 else Z2.argmax(axis=1)
            same += (by_score == classes(A2)).tolist()
    if same and all(same):
        yield SAME_DECISIONS.fill(same=len(same), n=len(same))


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
    report=report,
    plans={
        "xor": _plan("xor", "binary"),
        "arcs": _plan("arcs", "binary"),
        "three-arms": _plan("three-arms", "multiclass"),
    },
)
