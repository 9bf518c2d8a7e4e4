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
from reports.words import Text, joined, say, word
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

FORMS = {
    "two": Text("tanh, two exponentials", "tanh，两次指数运算"),
    "one": Text("tanh, one exponential", "tanh，一次指数运算"),
}
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

Z = np.linspace(-6.0, 6.0, 1201)
"""Where the curves are drawn."""


def report(_: Results) -> Report:
    """Show the properties of each function, and measure its computation time."""
    from reports.figures.lectures import activations

    known = {name: facts(f) for name, f in ACTIVATIONS.items()}
    cost = nanoseconds(
        {
            **{name: f.function for name, f in ACTIVATIONS.items()},
            "two": tanh_with_two_exponentials,
            "one": tanh_with_one_exponential,
        }
    )
    draw = partial(
        activations.functions,
        curves(),
        {name: each.largest_slope for name, each in known.items()},
        {name: (each.flat_below, each.flat_above) for name, each in known.items()},
    )
    bars = [(FORMS.get(name, name), each) for name, each in cost.items()]
    return Report(
        [*slope_findings(known), cost_finding(cost["one"], cost["two"])],
        [
            ReportFigure("functions", FUNCTIONS_CAPTION, draw),
            ReportTable("table", TABLE_CAPTION, partial(table, known, cost)),
            ReportFigure("costs", COSTS_CAPTION, partial(activations.costs, bars)),
        ],
    )


def curves() -> dict[str, tuple[Array, Array, Array]]:
    """Return z, f(z) and f'(z) of each function, as they are drawn."""
    values = {name: f.function(Z) for name, f in ACTIVATIONS.items()}
    return {name: (Z, A, ACTIVATIONS[name].derivative(A)) for name, A in values.items()}


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
    centred = [word(name) for name, each in known.items() if each.zero_mean]
    never_flat = [
        word(name)
        for name, each in known.items()
        if np.isinf([each.flat_below, each.flat_above]).all() and each.largest_slope > 0
    ]
    return [
        Text(
            "The slope of the sigmoid is at most {sigmoid}, so a gradient loses at least three "
            "quarters each time it passes back through one; tanh has its largest slope, {tanh}, "
            "at z = {at}.",
            "sigmoid 的最大斜率只有 {sigmoid}，梯度每反向通过一次至少损失四分之三；tanh 在 z = "
            "{at} 处斜率最大，为 {tanh}。",
        ).fill(
            sigmoid=f"{known['sigmoid'].largest_slope:.3g}",
            tanh=f"{known['tanh'].largest_slope:.3g}",
            at=f"{known['tanh'].steepest_at:.3g}",
        ),
        Text(
            "Zero-centred: {centred}; the mean output of the sigmoid is {mean}. Saturated on "
            "neither side: {never}. The derivative of the step function is 0 everywhere, so no "
            "gradient passes through it.",
            "零均值的函数：{centred}；sigmoid 的输出均值为 {mean}。两侧都不饱和的：{never}。阶跃函"
            "数导数处处为 0，梯度无法通过。",
        ).fill(
            centred=joined(centred),
            mean=f"{known['sigmoid'].mean_output:.3g}",
            never=joined(never_flat),
        ),
    ]


def cost_finding(one: float, two: float) -> Text:
    """Say what the second exponential costs, given both times in nanoseconds."""
    shown = {"one": f"{one:.1f}", "two": f"{two:.1f}", "ratio": f"{two / one:.1f}"}
    if two < 1.05 * one:
        return Text(
            "tanh took {one} ns per number with one exponential and {two} ns with two: in this "
            "measurement the second exponential cost nothing.",
            "tanh 用一次指数运算每个数需 {one} 纳秒，用两次需 {two} 纳秒：本次测量中第二次指数运算"
            "没有增加代价。",
        ).fill(**shown)
    return Text(
        "tanh took {one} ns per number with one exponential and {two} ns with two: {ratio} times "
        "as long for the same values.",
        "tanh 用一次指数运算每个数需 {one} 纳秒，用两次需 {two} 纳秒，结果相同，用时 {ratio} 倍。",
    ).fill(**shown)


def table(known: Mapping[str, Facts], cost: Mapping[str, float]) -> pd.DataFrame:
    """Return the properties of each function."""
    yes, no = Text("yes", "是"), Text("no", "否")
    rows = [
        {
            say(Text("function", "函数")): word(name),
            say(Text("range", "值域")): f"{edge(each.low)} … {edge(each.high)}",
            say(Text("largest slope", "最大斜率")): f"{each.largest_slope:.3g}",
            say(Text("mean output", "平均输出")): f"{each.mean_output:.3f}".replace(
                "-0.000", "0.000"
            ),
            say(Text("zero mean", "零均值")): say(yes if each.zero_mean else no),
            say(Text("saturated", "饱和区")): say(flat_ranges(each)),
            say(Text("ns per number", "纳秒/个")): f"{cost[name]:.1f}",
        }
        for name, each in known.items()
    ]
    return pd.DataFrame(rows)


def edge(value: float) -> str:
    """Write the end of a range."""
    return f"{value:.3g}" if np.isfinite(value) else ("∞" if value > 0 else "-∞")


def flat_ranges(each: Facts) -> Text:
    """Return the ranges where a function is saturated."""
    sides = []
    if each.flat_below == np.inf:
        return Text("everywhere", "处处")
    if np.isfinite(each.flat_below):
        sides.append(f"z < {each.flat_below:.2f}")
    if np.isfinite(each.flat_above):
        sides.append(f"z > {each.flat_above:.2f}")
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
