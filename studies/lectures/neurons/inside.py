"""Lectures 29 and 30: how the network bends a straight line into a curve, step by step."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from network.analysis.inside import Array, Steps, network_steps, polynomial_steps
from reports.figures.lectures.panels import DOTTED, OKABE_ITO, Panel, line, mark
from reports.figures.style import GREY, INK
from reports.words import Text, accuracy_text, joined, say, word
from studies.experiment import parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks
from studies.objectives.two_layer import network_of
from sweep.trial import Trial

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
NETWORK = Text(
    "On the {data} data, the first layer turns x into the straight lines {lines}. Passed through "
    "{f}, weighted and added up, they form a curve with R² {r2} on the test set.",
    "在 {data} 数据上，第一层把 x 变成直线 {lines}；经过 {f}、加权、相加后，所得曲线在测试集上的 "
    "R² 为 {r2}。",
)
POLYNOMIAL = Text(
    "The polynomial takes powers of x, a step without trainable weights, and adds them up to "
    "{formula}: R² {r2}.",
    "多项式取 x 的各次幂（这一步没有可训练的权重），相加得到 {formula}：R² 为 {r2}。",
)


def report(results: Results) -> Report:
    """Show the steps of each model from x to the output."""
    said: list[Text] = []
    shown: list[ReportFigure | ReportTable] = []
    for name, caption in (("sine", SINE_CAPTION), ("snake", SNAKE_CAPTION)):
        result = results.get(name)
        trial = networks.best(result) if result else None
        if result is None or trial is None:
            continue
        steps = steps_of(result, trial)
        said.append(network_finding(result, trial, steps))
        panels = _panels(result, steps, Text("network", "网络"))
        other = results.get("polynomial") if name == "sine" else None
        best = networks.best(other) if other else None
        if other and best:
            said.append(polynomial_finding(other, best))
            panels += _panels(other, steps_of(other, best), Text("polynomial", "多项式"))
        title = Text("From x to the output, step by step", "从 x 到输出的各个步骤")
        shown.append(parts.panels(name, title, caption, panels, n_cols=4, shared=False))
        if name == "sine":
            values = partial(table, steps, *_truth(result))
            shown.append(ReportTable("table", TABLE_CAPTION, values))
    return Report(said, shown)


def steps_of(result: PlanResult, trial: Trial) -> Steps:
    """Return the steps of a trial's model at X."""
    arrays = result.outcomes[trial.key].arrays
    if result.plan.model == "polynomial":
        return polynomial_steps(X, arrays["weights"])
    return network_steps(X, network_of(arrays), networks.activation_of(result, trial))


def _truth(result: PlanResult) -> tuple[Array, Array]:
    return result.dataset.test_x[:, 0], result.dataset.test_y[:, 0]


def _panels(result: PlanResult, steps: Steps, model: Text) -> list[Panel]:
    """Return the four steps of a model as panels, with the model's name at the first."""
    units = range(1, steps.bent.shape[1] + 1)
    before, after = [f"z{i}" for i in units], [f"a{i}" for i in units]
    if result.plan.model == "polynomial":
        before, after = ["x"], [power_text(i) for i in units]
    products = [f"w{i} {name}" for i, name in zip(units, after, strict=True)]
    dots = {"marker": "o", "markevery": DOTS, "ms": 3.5, "lw": 1.5}
    lines, bent, weighted = (
        [
            line(X[:, 0], y, label=label, color=color, **dots)
            for y, label, color in zip(values.T, labels, OKABE_ITO * len(units), strict=False)
        ]
        for values, labels in ((steps.lines, before), (steps.bent, after), (steps.parts, products))
    )
    bias = Text("bias b", "偏置 b")
    weighted.append(mark("axhline", steps.bias, label=bias, color=GREY, lw=1.5, ls=DOTTED))
    total = Text("sum plus bias", "总和加偏置")
    output = [
        line(*_truth(result), label=Text("true curve", "真实曲线"), color="0.8", lw=6),
        line(X[:, 0], steps.output, label=total, color=INK, **dots),
    ]
    steps_in_words = (
        (Text("1  straight lines", "1  直线"), lines),
        (Text("2  activation", "2  激活"), bent),
        (Text("3  times a weight", "3  乘以权重"), weighted),
        (Text("4  sum: the output", "4  相加：输出"), output),
    )
    return [
        Panel(title, marks, {"xlabel": "x", "ylabel": "" if marks is not lines else model})
        for title, marks in steps_in_words
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


def network_finding(result: PlanResult, trial: Trial, steps: Steps) -> Text:
    """State the straight lines of the first layer, and the accuracy of the output."""
    slopes = steps.lines[-1] - steps.lines[0]  # X goes from 0 to 1
    lines = [
        f"z{i} = {formula([(slope, 'x'), (start, '')])}"
        for i, (slope, start) in enumerate(zip(slopes, steps.lines[0], strict=True), 1)
    ]
    return NETWORK.fill(
        data=result.dataset.name,
        lines=joined(lines),
        f=word(networks.activation_of(result, trial).name),
        r2=accuracy_text(result.outcomes[trial.key].metrics["test_r2"]),
    )


def polynomial_finding(result: PlanResult, trial: Trial) -> Text:
    """State the formula and the accuracy of a polynomial."""
    *weights, bias = result.outcomes[trial.key].arrays["weights"]
    terms = [(w, power_text(i)) for i, w in enumerate(weights, 1)]
    r2 = accuracy_text(result.outcomes[trial.key].metrics["test_r2"])
    return POLYNOMIAL.fill(formula=formula([*terms, (bias, "")]), r2=r2)


def table(steps: Steps, true_x: Array, true_y: Array) -> pd.DataFrame:
    """Return the values of the steps at each of the points that are marked."""
    columns = {"x": X[:, 0]}
    for name, values in (("z{}", steps.lines), ("a{}", steps.bent), ("w{0} a{0}", steps.parts)):
        columns |= {name.format(i): column for i, column in enumerate(values.T, 1)}
    columns[say(Text("output", "输出"))] = steps.output
    columns[say(Text("true value", "真实值"))] = np.interp(X[:, 0], true_x, true_y)
    return pd.DataFrame(columns)[::DOTS].round(4)


STUDY = Study(
    name="inside",
    title=Text("Inside the network", "网络内部"),
    question=Text(
        "How does a network with 2 hidden units bend a straight line into a sine, and one with 3 "
        "units into the snake curve, and how does this compare with a polynomial?",
        "2 个隐层神经元的网络怎样把直线弯成正弦曲线，3 个神经元的网络又怎样弯成蛇形曲线？与多项式"
        "相比有何异同？",
    ),
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
