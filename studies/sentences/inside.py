"""What is said of the steps inside a model."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from network.analysis.inside import Array, Steps
from reports.words import Text, accuracy_text, joined, say, word
from studies.experiment.result import PlanResult
from studies.lectures.analysis import networks
from sweep.trial import Trial

SINE_CAPTION = Text(
    "Above the network: x becomes straight lines, the activation bends each into a curve, a weight "
    "stretches each, and the sum is the output. Below the polynomial: it bends x into powers, and "
    "the rest is the same. The 21 dots on each line are the rows of the table.",
    "上排为网络：x 先变成几条直线，激活函数把每条直线弯成曲线，权重再把曲线拉伸，相加就是输出。"
    "下排为多项式：它把 x 弯成各次幂，其余相同。每条线上的 21 个点即表中各行。",
)
SNAKE_CAPTION = Text(
    "The same steps of the network on the snake curve.", "网络在蛇形曲线上的同样步骤。"
)
TABLE_CAPTION = Text(
    "The network on the sine at 21 points: the straight lines z, the curves a, what each "
    "contributes, the output, which is their sum and the bias, and the true value.",
    "正弦曲线上的网络在 21 个点处的值：直线 z、曲线 a、各自的贡献、输出（贡献之和加偏置）以及"
    "真实值。",
)


def power(exponent: int) -> str:
    """Write x, x², x³ and so on."""
    raised = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return "x" if exponent == 1 else f"x{raised}"


def formula(terms: Sequence[tuple[float, str]]) -> str:
    """Write a sum such as 10.3x - 30.7x² + 0.5, given the numbers and what each is with."""
    (first, name), *others = terms
    rest = [f" {'-' if w < 0 else '+'} {abs(w):.3g}{name}" for w, name in others]
    return "".join([f"{first:.3g}{name}", *rest])


def network_finding(result: PlanResult, trial: Trial, steps: Steps, x: Array) -> Text:
    """Say which lines a network makes of x, and how good their sum is."""
    slopes = (steps.lines[-1] - steps.lines[0]) / (x[-1] - x[0])
    lines = [
        f"z{i + 1} = {formula([(slope, 'x'), (start, '')])}"
        for i, (slope, start) in enumerate(zip(slopes, steps.lines[0], strict=True))
    ]
    return Text(
        "On the {data} data the first layer makes of x the straight lines {lines}; bent by the "
        "{f}, weighted and added up they give a curve with R² {r2} on the test set.",
        "在 {data} 数据上，第一层把 x 变成直线 {lines}；经 {f} 弯曲、加权、相加后，所得曲线在测试"
        "集上的 R² 为 {r2}。",
    ).fill(
        data=result.dataset.name,
        lines=joined(lines),
        f=word(networks.activation_of(result, trial).name),
        r2=accuracy_text(result.outcomes[trial.key].test_r2),
    )


def polynomial_finding(result: PlanResult, trial: Trial) -> Text:
    """Say what a polynomial adds up."""
    weights = result.outcomes[trial.key].parameters["weights"]
    terms = [(w, power(i)) for i, w in enumerate(weights[:-1], 1)]
    return Text(
        "The polynomial bends x by powers, a step in which nothing is learned, and adds them up "
        "to {formula}: R² {r2}.",
        "多项式用幂来弯曲 x，这一步没有可学的权重，相加得到 {formula}：R² 为 {r2}。",
    ).fill(
        formula=formula([*terms, (weights[-1], "")]),
        r2=accuracy_text(result.outcomes[trial.key].test_r2),
    )


def table(steps: Steps, x: Array, truth: tuple[Array, Array], every: int) -> pd.DataFrame:
    """Return the steps in numbers, at one of so many points."""
    units = range(1, steps.lines.shape[1] + 1)
    columns = {"x": x}
    columns |= {f"z{i}": z for i, z in zip(units, steps.lines.T, strict=True)}
    columns |= {f"a{i}": a for i, a in zip(units, steps.bent.T, strict=True)}
    columns |= {f"w{i} a{i}": part for i, part in zip(units, steps.parts.T, strict=True)}
    columns[say(Text("output", "输出"))] = steps.output
    columns[say(Text("true value", "真实值"))] = np.interp(x, *truth)
    return pd.DataFrame(columns)[::every].round(4)
