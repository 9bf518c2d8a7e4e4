"""Lectures 29 and 30: how the network bends a straight line into a curve, step by step."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.analysis.inside import Array, Steps, network_steps, polynomial_steps
from reports.words import Text, accuracy_text, joined, say, word
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks
from studies.objectives.two_layer import network_of
from sweep.trial import Trial

if TYPE_CHECKING:
    from reports.figures.lectures.inside import Panel

SINE_CAPTION = Text(
    "Top, the network: x becomes straight lines, the activation function bends each into a curve, "
    "a weight scales each, and their sum is the output. Bottom, the polynomial: it turns x into "
    "powers; the other steps are the same. The 21 dots on each line are the rows of the table.",
    "上排为网络：x 先变成几条直线，激活函数把每条直线弯成曲线，权重再缩放曲线，相加就是输出。下排"
    "为多项式：它把 x 变成各次幂，其余步骤相同。每条线上的 21 个点即表中各行。",
)
SNAKE_CAPTION = Text(
    "The same steps for the network on the snake curve.", "网络在蛇形曲线上的同样步骤。"
)
TABLE_CAPTION = Text(
    "The network on the sine at 21 points: the straight lines z, the curves a, the contribution "
    "of each, the output (the sum of the contributions and the bias), and the true value.",
    "正弦曲线上的网络在 21 个点处的值：直线 z、曲线 a、各自的贡献、输出（贡献之总和加偏置）以及真实"
    "值。",
)
X = np.linspace(0.0, 1.0, 201).reshape(-1, 1)

DOTS = 10
"""One of so many points is marked and listed: 21 of them, as in the lecture."""


def report(results: Results) -> Report:
    """Show the steps of each model from x to the output."""
    from reports.figures.lectures import inside

    said: list[Text] = []
    shown: list[ReportFigure | ReportTable] = []
    for name, caption in (("sine", SINE_CAPTION), ("snake", SNAKE_CAPTION)):
        result = results.get(name)
        trial = networks.best(result) if result else None
        if result is None or trial is None:
            continue
        steps = steps_of(result, trial)
        said.append(network_finding(result, trial, steps, X[:, 0]))
        rows = [(Text("network", "网络"), _panels(result, steps))]
        other = results.get("polynomial") if name == "sine" else None
        powers = networks.best(other) if other else None
        if other and powers:
            said.append(polynomial_finding(other, powers))
            panels = _panels(other, steps_of(other, powers))
            rows.append((Text("polynomial", "多项式"), panels))
        shown.append(ReportFigure(name, caption, partial(inside.steps, X[:, 0], rows, DOTS)))
        if name == "sine":
            dots = (steps, X[:, 0], _truth(result), DOTS)
            shown.append(ReportTable("table", TABLE_CAPTION, partial(table, *dots)))
    return Report(said, shown)


def steps_of(result: PlanResult, trial: Trial) -> Steps:
    """Return the steps of a trial's model at X."""
    arrays = result.outcomes[trial.key].arrays
    if result.plan.model == "polynomial":
        return polynomial_steps(X, arrays["weights"])
    return network_steps(X, network_of(arrays), networks.activation_of(result, trial))


def _truth(result: PlanResult) -> tuple[Array, Array]:
    data = result.dataset
    return data.test_x[:, 0], data.test_y[:, 0]


def _panels(result: PlanResult, steps: Steps) -> "list[Panel]":
    """Return the four steps as panels."""
    from reports.figures.lectures.inside import Panel

    units = range(1, steps.bent.shape[1] + 1)
    names = (*([f"{letter}{i}" for i in units] for letter in "za"), [f"w{i} a{i}" for i in units])
    if result.plan.model == "polynomial":
        powers = [power_text(i) for i in units]
        names = (["x"], powers, [f"w{i} {power}" for i, power in enumerate(powers, 1)])
    titles = (
        Text("1  straight lines", "1  直线"),
        Text("2  activation", "2  激活"),
        Text("3  times a weight", "3  乘以权重"),
    )
    values = (steps.lines, steps.bent, steps.parts)
    curves: list[list[tuple[str | Text, Array]]] = [
        list(zip(labels, columns.T, strict=True))
        for labels, columns in zip(names, values, strict=True)
    ]
    curves[2].append((Text("bias b", "偏置 b"), np.full(len(X), steps.bias)))
    panels = [Panel(*each) for each in zip(titles, curves, strict=True)]
    output = [
        (
            Text("sum plus bias", "总和加偏置"),
            steps.output,
        )
    ]
    return [
        *panels,
        Panel(
            Text("4  sum: the output", "4  相加：输出"),
            output,
            _truth(result),
        ),
    ]


def power_text(exponent: int) -> str:
    """Write x, x², x³ and so on."""
    raised = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return "x" if exponent == 1 else f"x{raised}"


def formula(terms: Sequence[tuple[float, str]]) -> str:
    """Write a sum such as 10.3x - 30.7x² + 0.5, given the numbers and what each is with."""
    (first, name), *others = terms
    rest = [f" {'-' if w < 0 else '+'} {abs(w):.3g}{name}" for w, name in others]
    return "".join([f"{first:.3g}{name}", *rest])


def network_finding(result: PlanResult, trial: Trial, steps: Steps, x: Array) -> Text:
    """State the straight lines of the first layer, and the accuracy of the output."""
    slopes = (steps.lines[-1] - steps.lines[0]) / (x[-1] - x[0])
    lines = [
        f"z{i + 1} = {formula([(slope, 'x'), (start, '')])}"
        for i, (slope, start) in enumerate(zip(slopes, steps.lines[0], strict=True))
    ]
    return Text(
        "On the {data} data, the first layer turns x into the straight lines {lines}. Passed "
        "through {f}, weighted and added up, they form a curve with R² {r2} on the test set.",
        "在 {data} 数据上，第一层把 x 变成直线 {lines}；经过 {f}、加权、相加后，所得曲线在测试集上"
        "的 R² 为 {r2}。",
    ).fill(
        data=result.dataset.name,
        lines=joined(lines),
        f=word(networks.activation_of(result, trial).name),
        r2=accuracy_text(result.outcomes[trial.key].metrics["test_r2"]),
    )


def polynomial_finding(result: PlanResult, trial: Trial) -> Text:
    """State the formula and the accuracy of a polynomial."""
    weights = result.outcomes[trial.key].arrays["weights"]
    terms = [(w, power_text(i)) for i, w in enumerate(weights[:-1], 1)]
    return Text(
        "The polynomial takes powers of x, a step without trainable weights, and adds them up to "
        "{formula}: R² {r2}.",
        "多项式取 x 的各次幂（这一步没有可训练的权重），相加得到 {formula}：R² 为 {r2}。",
    ).fill(
        formula=formula([*terms, (weights[-1], "")]),
        r2=accuracy_text(result.outcomes[trial.key].metrics["test_r2"]),
    )


def table(steps: Steps, x: Array, truth: tuple[Array, Array], every: int) -> pd.DataFrame:
    """Return the values of the steps at every so many points."""
    units = range(1, steps.lines.shape[1] + 1)
    columns = {"x": x}
    columns |= {f"z{i}": z for i, z in zip(units, steps.lines.T, strict=True)}
    columns |= {f"a{i}": a for i, a in zip(units, steps.bent.T, strict=True)}
    columns |= {f"w{i} a{i}": part for i, part in zip(units, steps.parts.T, strict=True)}
    columns[say(Text("output", "输出"))] = steps.output
    columns[say(Text("true value", "真实值"))] = np.interp(x, *truth)
    return pd.DataFrame(columns)[::every].round(4)


STUDY = Study(
    name="inside",
    title=Text("Inside the network", "网络内部"),
    question=Text(
        "How does a network with 2 hidden units bend a straight line into a sine, and one with 3 "
        "units into the snake curve, and how does this compare with a polynomial?",
        "2 个隐层神经元的网络怎样把直线弯成正弦曲线，3 个神经元的网络又怎样弯成蛇形曲线？与多项式"
        "相比有何异同？",
    ),
    lectures="29, 30",
    report=report,
    plans={
        "sine": Plan(
            data="sine",
            axes={"n_hidden": (2,)},
            fixed={"learning_rate": 0.05, "batch_size": 10},
        ),
        "snake": Plan(axes={"n_hidden": (3,)}, fixed={"learning_rate": 0.5, "batch_size": 10}),
        "polynomial": Plan(
            model="polynomial", data="sine", axes={"degree": (3,)}, fixed={"target_loss": 0.005}
        ),
    },
)
