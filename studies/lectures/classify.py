"""Lectures 24 and 27: two and three classes, and where their borders lie."""

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports import region_figures as figures
from reports.words import Text, word
from studies import findings, parts
from studies.plan import Plan
from studies.plan_result import PlanResult
from studies.study import Picture, Report, Results, Sheet, Study
from studies.trained import functions_of, layers_of, median_trial
from sweep.trial import Trial

Array = NDArray[np.float64]

NAMES = {
    "xor": Text("XOR", "异或"),
    "arcs": Text("two arcs", "两条弧"),
    "three-arms": Text("three arms", "三条旋臂"),
}

GRID = 121  # points along each side of a region's picture


def report(results: Results) -> Report:
    """Show the regions, the accuracies, and what the two kinds of functions do."""
    rows = [
        [_region(name, result, n_hidden) for n_hidden in _sizes(result)]
        for name, result in results.items()
    ]
    said = [
        *(text for name, result in results.items() for text in _accuracies(name, result)),
        *_straight(results["xor"]),
        *_parted(results["arcs"]),
        *_same_decisions(results),
        *findings.diverged(list(results.values())),
    ]
    drawn = partial(figures.functions, _functions(results["xor"], results["three-arms"]))
    return Report(
        said,
        [
            Picture("regions", REGIONS_CAPTION, partial(figures.regions, rows)),
            Sheet("classes", CLASSES_CAPTION, partial(_table, results)),
            Picture("functions", FUNCTIONS_CAPTION, drawn),
        ],
    )


REGIONS_CAPTION = Text(
    "The test samples, and what the network of median accuracy decides at each place.",
    "测试样本，以及准确率居中的网络在每一处的判断。",
)
CLASSES_CAPTION = Text(
    "Share of right ones on the test set (medians of the repeats; `>`: target not reached).",
    "测试集上判断正确的比例（各次重复的中位数；`>` 表示未达到目标损失）。",
)
FUNCTIONS_CAPTION = Text(
    "An activation stands between the layers and bends; a classification function stands at the "
    "end and turns scores Z2 into probabilities A2. Left and middle: the test samples of XOR. "
    "Right: the least certain test sample of the three arms.",
    "激活函数在两层之间，负责弯曲；分类函数在最后，把得分 Z2 变成概率 A2。左、中：异或的测试样本；"
    "右：三条旋臂中网络最拿不准的测试样本。",
)


def _sizes(result: PlanResult) -> list[int]:
    return sorted(int(str(n)) for n in result.plan.axes["n_hidden"])


def kinds(Y: Array) -> NDArray[np.int64]:
    """Return the class of each row of labels or probabilities, shape (n,)."""
    kind = Y[:, 0] >= 0.5 if Y.shape[1] == 1 else Y.argmax(axis=1)
    return np.asarray(kind, np.int64)


def _region(name: str, result: PlanResult, n_hidden: int) -> figures.Region:
    data, trial = result.dataset, median_trial(result, n_hidden=n_hidden)
    low, high = data.test_x.min(axis=0), data.test_x.max(axis=0)
    low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)
    across, up = (np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True))
    points = np.stack(np.meshgrid(across, up), axis=-1)  # (GRID, GRID, 2)
    A2 = layers_of(result, trial, points.reshape(-1, 2))[3]
    probability = np.column_stack([1 - A2, A2]) if A2.shape[1] == 1 else A2
    title = Text("{name}, hidden units {n}: {share} right", "{name}，隐层神经元 {n}：{share} 正确")
    return figures.Region(
        title.fill(name=NAMES[name], n=n_hidden, share=percent(result.outcomes[trial.key].test_r2)),
        (low[0], high[0], low[1], high[1]),
        probability.reshape(GRID, GRID, -1),
        data.test_x,
        kinds(data.test_y),
    )


def percent(share: float) -> str:
    """Write a share as percents."""
    return f"{100 * share:.1f} %"


def _largest(result: PlanResult) -> Trial:
    return median_trial(result, n_hidden=max(_sizes(result)))


def _functions(two: PlanResult, several: PlanResult) -> figures.Functions:
    """Follow test samples through the largest networks for two and for several classes."""
    data, trial = two.dataset, _largest(two)
    Z1, A1, Z2, A2 = layers_of(two, trial, data.test_x)
    *_, scores, probabilities = layers_of(several, _largest(several), several.dataset.test_x)
    least = int(np.nan_to_num(probabilities.max(axis=1), nan=1.0).argmin())
    return figures.Functions(
        functions_of(two, trial)[0].name,
        *(Z1, A1, Z2[:, 0], A2[:, 0]),
        kinds(data.test_y),
        *(scores[least], probabilities[least]),
    )


def _table(results: Results) -> pd.DataFrame:
    rows = []
    for name, result in results.items():
        for n_hidden, cell in result.cells.sort_index().iterrows():
            rows.append(
                {
                    word("data"): str(NAMES[name]),
                    str(Text("classes", "类别数")): len(np.unique(kinds(result.dataset.test_y))),
                    word("n_hidden"): n_hidden,
                    word("epochs"): cell.epochs_text,
                    word("converged"): f"{cell.n_converged}/{cell.n_trials}",
                    word("validation_loss"): f"{cell.loss:.4f}",
                    word("accuracy"): percent(cell.accuracy),
                }
            )
    return pd.DataFrame(rows)


def _accuracies(name: str, result: PlanResult) -> list[Text]:
    cells = result.cells.sort_index().dropna(subset="accuracy")
    if cells.empty:
        return []
    listed = parts.joined([f"{percent(a)} ({n})" for n, a in cells.accuracy.items()])
    return [
        Text(
            "Right on the test set of {name}, by hidden units: {list}.",
            "{name}：测试集上的正确率（按隐层神经元数）：{list}。",
        ).fill(name=NAMES[name], list=listed)
    ]


def _straight(result: PlanResult) -> list[Text]:
    """Say why one hidden unit can't do XOR, if it was tried and more units can."""
    accuracy = result.cells.accuracy
    if 1 not in accuracy.index or not accuracy[1] < 0.9 <= accuracy.max():
        return []
    return [
        Text(
            "One hidden unit has a straight line as its border, and no straight line parts XOR: "
            "{one} right; {n} units bend the border and get {best}.",
            "只有一个隐层神经元时分界是直线，而直线分不开异或：正确率 {one}；"
            "{n} 个神经元能使分界弯曲，正确率 {best}。",
        ).fill(one=percent(accuracy[1]), n=accuracy.idxmax(), best=percent(accuracy.max()))
    ]


def _parted(result: PlanResult) -> list[Text]:
    """Say that a straight line is enough for the arcs, if it is."""
    accuracy = result.cells.accuracy
    if 1 not in accuracy.index or not accuracy[1] >= 0.95:
        return []
    return [
        Text(
            "The two arcs look harder, but a straight line parts them: one hidden unit gets {one}.",
            "两条弧看起来更难，其实一条直线就能分开：一个隐层神经元的正确率为 {one}。",
        ).fill(one=percent(accuracy[1]))
    ]


def _same_decisions(results: Results) -> list[Text]:
    """Count how many decisions are the same if the classification function is left out."""
    same = n = 0
    for result in results.values():
        *_, Z2, A2 = layers_of(result, _largest(result), result.dataset.test_x)
        if not np.isfinite(Z2).all():
            continue
        by_score = Z2[:, 0] >= 0 if Z2.shape[1] == 1 else Z2.argmax(axis=1)
        same += int((by_score == kinds(A2)).sum())
        n += len(Z2)
    if not n or same < n:
        return []
    return [
        Text(
            "Without its classification function a network decides the same: the score Z2 gives "
            "the class of A2 for {same} of {n} test samples; the function only makes the score a "
            "probability, which the loss needs. An activation can't be left out: without it the "
            "two layers are one linear layer, with straight borders.",
            "去掉分类函数，网络的判断不变：{n} 个测试样本中有 {same} 个由得分 Z2 就能得到"
            "与 A2 相同的类别；分类函数只是把得分变成损失函数所需的概率。"
            "激活函数却不能去掉：没有它，两层就等于一层线性层，分界只能是直线。",
        ).fill(same=same, n=n)
    ]


def _plan(data: str, task: str, n_hidden: tuple[int, ...]) -> Plan:
    fixed = {
        "task": task,
        "learning_rate": 2.0,
        "batch_size": 15,
        "max_epochs": 150,
        "target_loss": 0.05,
        "eval_every": 10,
    }
    return Plan(axes={"n_hidden": n_hidden}, fixed=fixed, data=data, repeats=3)


STUDY = Study(
    name="classify",
    title=Text("Two and three classes", "二分类与三分类"),
    question=Text(
        "How does the network tell classes apart, with a logistic output for two and a softmax "
        "for three? Where do the borders lie, how many hidden units do they need, and what is the "
        "difference between an activation and a classification function?",
        "网络如何区分类别（二分类用对率函数，三分类用 softmax）？分界在哪里，需要多少隐层神经元？"
        "激活函数与分类函数有什么区别？",
    ),
    lectures="24, 27",
    report=report,
    plans={
        "xor": _plan("xor", "binary", (1, 2, 4)),
        "arcs": _plan("arcs", "binary", (1, 2, 4)),
        "three-arms": _plan("three-arms", "multiclass", (1, 2, 4)),
    },
)
