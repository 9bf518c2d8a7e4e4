"""Lectures 24 and 27: two and three classes, and where their borders lie."""

from functools import partial

import numpy as np

from network.data.labels import classes
from reports.figures.lectures import regions as figures
from reports.words import Text
from studies.experiment import findings
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.lectures.analysis import networks
from studies.sentences import classify as says
from sweep.trial import Trial


def report(results: Results) -> Report:
    """Show the regions, the accuracies, and what the two kinds of functions do."""
    rows = [
        [_region(name, result, n_hidden) for n_hidden in result.sizes("n_hidden")]
        for name, result in results.items()
    ]
    said = [
        *(text for name, result in results.items() for text in says.accuracies(name, result)),
        *(text for name, result in results.items() for text in says.borders(name, result)),
        *_same_decisions(results),
        *findings.diverged(list(results.values())),
    ]
    shown: list[Picture | Sheet] = [
        Picture("regions", says.REGIONS_CAPTION, partial(figures.regions, rows)),
        Sheet("classes", says.CLASSES_CAPTION, partial(says.table, results)),
    ]
    if {"xor", "three-arms"} <= set(results):
        of_functions = _functions(results["xor"], results["three-arms"])
        draw = partial(figures.functions, of_functions)
        shown.append(Picture("functions", says.FUNCTIONS_CAPTION, draw))
    return Report(said, shown)


def _region(name: str, result: PlanResult, n_hidden: int) -> figures.Region:
    data, trial = result.dataset, networks.median_trial(result, n_hidden=n_hidden)
    extent, points = figures.grid_over(data.test_x)
    A2 = networks.layers_of(result, trial, points.reshape(-1, 2))[3]
    probability = np.column_stack([1 - A2, A2]) if A2.shape[1] == 1 else A2
    return figures.Region(
        says.region(name, n_hidden, result.outcomes[trial.key].test_r2),
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
    return [says.SAME_DECISIONS.fill(same=same, n=n)]


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
        "How does the network tell classes apart, with a logistic output for two and a softmax "
        "for three? Where do the borders lie, how many hidden units do they need, and what is the "
        "difference between an activation and a classification function?",
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
