"""Lecture 24: the activation functions, their derivatives, and their computation time."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from network.activations import ACTIVATIONS, Array
from network.analysis.activation_facts import (
    Facts,
    facts,
    tanh_with_one_exponential,
    tanh_with_two_exponentials,
)
from reports.figures.lectures.panels import DASHED, Panel, line, mark
from reports.figures.style import INK, ORANGE, SKY
from reports.words import Text, joined, say, text_of, word
from studies.experiment import parts
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

FUNCTIONS_CAPTION = Text(
    "Each function and its derivative. Shaded: the derivative tends to 0 and is less than a "
    "twentieth of its maximum.",
    "各函数及其导数；阴影处导数趋于 0，不到其最大值的二十分之一。",
)
TABLE_CAPTION = Text(
    "Properties of each function. The mean output is computed for z from the standard normal "
    "distribution N(0, 1). Saturated means that the derivative tends to 0 and is less than a "
    "twentieth of its maximum. The derivative of the step function is 0 everywhere except at the "
    "jump, where it is undefined.",
    "各函数的性质。平均输出按 z 服从标准正态分布 N(0, 1) 计算；饱和指导数趋于 0 且不到最大值的二十"
    "分之一。阶跃函数除跳变点外导数处处为 0，跳变点处不可导。",
)
COSTS_CAPTION = Text(
    "Time for one number, measured on this machine with arrays of 20000 numbers, for the NumPy "
    "functions of this tool; below them two ways to write tanh: (e^z - e^-z) / (e^z + e^-z) and 2 "
    "/ (1 + e^-2z) - 1.",
    "每个数的计算时间，在本机上用 20000 个数的数组测得：上面是本工具的 NumPy 函数，最下面是 tanh "
    "的两种写法：(e^z - e^-z) / (e^z + e^-z) 与 2 / (1 + e^-2z) - 1。",
)
SLOPES = Text(
    "The slope of the sigmoid is at most {sigmoid}, so a gradient loses at least three quarters "
    "each time it passes back through one; tanh has its largest slope, {tanh}, at z = {at}.",
    "sigmoid 的最大斜率只有 {sigmoid}，梯度每反向通过一次至少损失四分之三；tanh 在 z = {at} 处斜率"
    "最大，为 {tanh}。",
)
CENTRED = Text(
    "Zero-centred: {centred}; the mean output of the sigmoid is {mean}. Saturated on neither "
    "side: {never}. The derivative of the step function is 0 everywhere, so no gradient passes "
    "through it.",
    "零均值的函数：{centred}；sigmoid 的输出均值为 {mean}。两侧都不饱和的：{never}。阶跃函数导数处"
    "处为 0，梯度无法通过。",
)
COSTS_NOTHING = Text(
    "tanh took {one} ns per number with one exponential and {two} ns with two: in this "
    "measurement the second exponential cost nothing.",
    "tanh 用一次指数运算每个数需 {one} 纳秒，用两次需 {two} 纳秒：本次测量中第二次指数运算没有增加"
    "代价。",
)
COSTS_MORE = Text(
    "tanh took {one} ns per number with one exponential and {two} ns with two: {ratio} times as "
    "long for the same values.",
    "tanh 用一次指数运算每个数需 {one} 纳秒，用两次需 {two} 纳秒，结果相同，用时 {ratio} 倍。",
)
FORMS = {
    "two": (Text("tanh, two exponentials", "tanh，两次指数运算"), tanh_with_two_exponentials),
    "one": (Text("tanh, one exponential", "tanh，一次指数运算"), tanh_with_one_exponential),
}
Z = np.linspace(-6.0, 6.0, 1201)
"""Where the curves are drawn."""


def report(_: Results) -> Report:
    """Show the properties of each function, and measure its computation time."""
    known = {name: facts(f) for name, f in ACTIVATIONS.items()}
    functions = {name: f.function for name, f in ACTIVATIONS.items()}
    cost = nanoseconds({**functions, **{name: form for name, (_, form) in FORMS.items()}})
    return Report(
        [*slope_findings(known), cost_finding(cost["one"], cost["two"])],
        [
            _functions(known),
            ReportTable("table", TABLE_CAPTION, partial(table, known, cost)),
            _costs(cost),
        ],
    )


def curves() -> dict[str, tuple[Array, Array]]:
    """Return f(Z) and f'(Z) of each function."""
    values = {name: f.function(Z) for name, f in ACTIVATIONS.items()}
    return {name: (A, ACTIVATIONS[name].derivative(A)) for name, A in values.items()}


def _functions(known: Mapping[str, Facts]) -> ReportFigure:
    """Draw each function and its derivative, shaded where it is saturated."""
    saturated = Text("saturated: f' below 1/20 of its maximum", "饱和区：f' 小于最大值的 1/20")
    derivative = Text("derivative f'(z)", "导数 f'(z)")
    panels = []
    for name, (A, slope) in curves().items():
        each = known[name]
        below, above = np.clip([each.flat_below, each.flat_above], Z[0], Z[-1])
        content = [
            line(Z, A, label=Text("function f(z)", "函数 f(z)"), color=INK, lw=1.8),
            line(Z, slope, label=derivative, color=ORANGE, lw=1.6, ls=DASHED),
            mark("axvspan", Z[0], below, label=saturated, color="0.93", lw=0),
            mark("axvspan", above, Z[-1], color="0.93", lw=0),
        ]
        title = Text("{name}: maximum slope {slope}", "{name}: 最大斜率 {slope}").fill(
            name=text_of(name), slope=f"{each.largest_slope:.3g}"
        )
        panels.append(Panel(title, content))
    axes = {"xlabel": "z", "xlim": (Z[0], Z[-1]), "ylim": (-1.25, 2.25)}
    title = Text("Activation functions and their derivatives", "激活函数及其导数")
    return parts.panels("functions", title, FUNCTIONS_CAPTION, panels, n_cols=4, axes=axes)


def _costs(nanoseconds: Mapping[str, float]) -> ReportFigure:
    """Draw a bar for the time that each function takes per number."""
    label = Text("{name}: {ns}", "{name}：{ns}")
    bars = []
    for i, (name, ns) in enumerate(nanoseconds.items()):
        bars.append(mark("barh", i, ns, color=ORANGE if name in FORMS else SKY, height=0.65))
        named = FORMS[name][0] if name in FORMS else text_of(name)
        text = label.fill(name=named, ns=f"{ns:.1f}")
        bars.append(mark("text", 0, i, text, fontsize=8, va="center"))
    title = Text("Time per number, in nanoseconds", "计算每个数所需时间（纳秒）")
    axes = {"ylim": (len(nanoseconds) - 0.5, -0.5), "yticks": []}
    return parts.panels("costs", title, COSTS_CAPTION, [Panel("", bars)], axes=axes)


def nanoseconds(functions: Mapping[str, Callable[[Array], Array]]) -> dict[str, float]:
    """Measure the shortest time per number of each function.

    They are measured in turn, so that other load on the machine affects all alike.
    """
    numbers = np.random.default_rng(0).normal(0.0, 2.0, 20_000)
    best = dict.fromkeys(functions, np.inf)
    for _ in range(30):
        for name, function in functions.items():
            begun = time.perf_counter()
            function(numbers)
            best[name] = min(best[name], 1e9 * (time.perf_counter() - begun) / len(numbers))
    return best


def slope_findings(known: Mapping[str, Facts]) -> list[Text]:
    """State the slopes, and which functions are zero-centred or saturated."""
    sigmoid, tanh = known["sigmoid"], known["tanh"]
    centred = [word(name) for name, each in known.items() if each.zero_mean]
    never_flat = [
        word(name)
        for name, each in known.items()
        if np.isinf([each.flat_below, each.flat_above]).all() and each.largest_slope > 0
    ]
    return [
        SLOPES.fill(
            sigmoid=f"{sigmoid.largest_slope:.3g}",
            tanh=f"{tanh.largest_slope:.3g}",
            at=f"{tanh.steepest_at:.3g}",
        ),
        CENTRED.fill(
            centred=joined(centred), mean=f"{sigmoid.mean_output:.3g}", never=joined(never_flat)
        ),
    ]


def cost_finding(one: float, two: float) -> Text:
    """Say what the second exponential costs, given both times in nanoseconds."""
    text = COSTS_NOTHING if two < 1.05 * one else COSTS_MORE
    return text.fill(one=f"{one:.1f}", two=f"{two:.1f}", ratio=f"{two / one:.1f}")


def table(known: Mapping[str, Facts], cost: Mapping[str, float]) -> pd.DataFrame:
    """Return the properties of each function."""
    yes, no = Text("yes", "是"), Text("no", "否")
    return pd.DataFrame(
        {
            say(Text("function", "函数")): word(name),
            say(Text("range", "值域")): f"{edge(each.low)} … {edge(each.high)}",
            say(Text("largest slope", "最大斜率")): f"{each.largest_slope:.3g}",
            say(Text("mean output", "平均输出")): f"{round(each.mean_output, 3) + 0.0:.3f}",
            say(Text("zero mean", "零均值")): say(yes if each.zero_mean else no),
            say(Text("saturated", "饱和区")): say(flat_ranges(each)),
            say(Text("ns per number", "纳秒/个")): f"{cost[name]:.1f}",
        }
        for name, each in known.items()
    )


def edge(value: float) -> str:
    """Write the end of a range."""
    return f"{value:.3g}".replace("inf", "∞")


def flat_ranges(each: Facts) -> Text:
    """Return the ranges where a function is saturated."""
    if each.flat_below == np.inf:
        return Text("everywhere", "处处")
    sides = [
        f"z {sign} {value:.2f}"
        for sign, value in (("<", each.flat_below), (">", each.flat_above))
        if np.isfinite(value)
    ]
    return Text(", ".join(sides), "，".join(sides)) if sides else Text("nowhere", "无")


STUDY = Study(
    name="activations",
    title=Text("The activation functions", "激活函数"),
    question=Text(
        "What do the activation functions of the hidden layer look like, how much of a gradient "
        "does each pass on, and what does each cost to compute?",
        "隐层的各种激活函数是什么形状，各能让多少梯度通过，计算代价如何？",
    ),
    report=report,
)
