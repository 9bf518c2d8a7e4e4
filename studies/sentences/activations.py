"""What is said of the activation functions."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from network.analysis.activation_facts import Facts
from reports.words import Text, joined, say, word

FORMS = {
    "two": Text("tanh, two exponentials", "tanh，两次指数运算"),
    "one": Text("tanh, one exponential", "tanh，一次指数运算"),
}
FUNCTIONS_CAPTION = Text(
    "Each function with its derivative; shaded where the derivative tends to 0 and lets less than "
    "a twentieth of its largest through.",
    "各函数及其导数；阴影处导数趋于 0，不到其最大值的二十分之一。",
)
TABLE_CAPTION = Text(
    "What can be said of each. The mean output is taken over z from the normal distribution "
    "N(0, 1); flat means a derivative that tends to 0 and is under a twentieth of its largest. The "
    "step's derivative is 0 everywhere but at its jump, where it has none.",
    "各函数的性质。平均输出按 z 服从标准正态分布 N(0, 1) 计算；饱和指导数趋于 0 "
    "且不到最大值的二十分之一。阶跃函数除跳变点外导数处处为 0，跳变点处不可导。",
)
COSTS_CAPTION = Text(
    "What one number takes, measured just now on this machine on arrays of 20000 numbers, with "
    "this tool's NumPy functions, and below them the two plain ways to write tanh: "
    "(e^z - e^-z) / (e^z + e^-z) and 2 / (1 + e^-2z) - 1.",
    "在本机刚刚测得：对 20000 个数的数组计算时每个数所需时间。上面是本工具的 NumPy 函数，"
    "最下面是 tanh 的两种写法：(e^z - e^-z) / (e^z + e^-z) 与 2 / (1 + e^-2z) - 1。",
)


def findings(known: Mapping[str, Facts]) -> list[Text]:
    """Say how steep the functions are, and which are centred or flat."""
    centred = [word(name) for name, each in known.items() if each.zero_mean]
    never_flat = [
        word(name)
        for name, each in known.items()
        if np.isinf([each.flat_below, each.flat_above]).all() and each.largest_slope > 0
    ]
    return [
        Text(
            "The sigmoid is nowhere steeper than {sigmoid}, so a gradient that comes back through "
            "it loses at least three quarters; tanh has the slope {tanh} at z = {at}.",
            "sigmoid 的最大斜率只有 {sigmoid}，梯度每反向通过它一次至少损失四分之三；tanh 在 "
            "z = {at} 处斜率为 {tanh}。",
        ).fill(
            sigmoid=f"{known['sigmoid'].largest_slope:.3g}",
            tanh=f"{known['tanh'].largest_slope:.3g}",
            at=f"{known['tanh'].steepest_at:.3g}",
        ),
        Text(
            "Centred on 0: {centred}; the sigmoid's outputs have the mean {mean}. Flat on neither "
            "side: {never}. The step is flat everywhere, so no gradient comes through.",
            "零均值的函数：{centred}；sigmoid 的输出均值为 {mean}。两侧都不饱和的：{never}。"
            "阶跃函数导数处处为 0，梯度无法通过。",
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
            "tanh took {one} ns a number with one exponential and {two} ns with two: in this "
            "measurement the second one cost nothing.",
            "tanh 用一次指数运算每个数需 {one} 纳秒，用两次需 {two} 纳秒：本次测量中第二次指数"
            "运算没有增加代价。",
        ).fill(**shown)
    return Text(
        "tanh took {one} ns a number with one exponential and {two} ns with two, {ratio} times as "
        "long for the same values.",
        "tanh 用一次指数运算每个数需 {one} 纳秒，用两次需 {two} 纳秒，结果相同，用时 {ratio} 倍。",
    ).fill(**shown)


def table(known: Mapping[str, Facts], cost: Mapping[str, float]) -> pd.DataFrame:
    """Return what can be said of each function, in words."""
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
            say(Text("flat", "饱和区")): say(flat(each)),
            say(Text("ns a number", "纳秒/个")): f"{cost[name]:.1f}",
        }
        for name, each in known.items()
    ]
    return pd.DataFrame(rows)


def edge(value: float) -> str:
    """Write the end of a range."""
    return f"{value:.3g}" if np.isfinite(value) else ("∞" if value > 0 else "-∞")


def flat(each: Facts) -> Text:
    """Say where a function is flat."""
    sides = []
    if each.flat_below == np.inf:
        return Text("everywhere", "处处")
    if np.isfinite(each.flat_below):
        sides.append(f"z < {each.flat_below:.2f}")
    if np.isfinite(each.flat_above):
        sides.append(f"z > {each.flat_above:.2f}")
    return Text(", ".join(sides), "，".join(sides)) if sides else Text("nowhere", "无")
