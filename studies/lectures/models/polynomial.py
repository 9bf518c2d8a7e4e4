"""Lectures 24 and 25: polynomials on the sine and on the snake curve, and what they cost."""

from collections.abc import Iterator, Mapping
from functools import partial
from operator import itemgetter

import numpy as np
import pandas as pd

from network.models import polynomial
from network.models.linear import Fit
from reports.figures.fits import by_input
from reports.figures.lectures.panels import DASHED, Panel, line, mark
from reports.figures.losses import line_styles, loss_curves
from reports.figures.style import GREY, ORANGE
from reports.statistics.measure import Measure
from reports.words import Text, accuracy_text, word
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import Array, PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

NAMES = {"sine": Text("sine", "正弦曲线"), "snake": Text("snake curve", "蛇形曲线")}
LOSSES_CAPTION = Text(
    "Loss on all training samples against the epoch, both axes logarithmic. Dotted: the lowest "
    "possible loss for this degree.",
    "全部训练样本上的损失随轮数的变化（双对数坐标）。点线：该次数所能达到的最小损失。",
)
WEIGHTS_CAPTION = Text(
    "Absolute value of the weight of each power on the snake curve (grey line: 1).",
    "蛇形曲线上各幂次权重的绝对值（灰线为 1）。",
)
DEGREES_CAPTION = Text(
    "Two ways to find the weights: training loss, accuracy on the test set, and largest weight.",
    "两种求权重的方法：训练损失、测试集准确率与最大权重。",
)
COST_CAPTION = Text(
    "Cost of gradient descent for polynomials and for the two-layer network (“>”: the target was "
    "not reached).",
    "梯度下降在多项式与双层网络上的代价（“>” 表示未达到目标）。",
)
DESCENT, SQUARES = Text("gradient descent", "梯度下降"), Text("least squares", "最小二乘")
LOWEST_DEGREE = Text(
    "On the sine, the lowest degree that reaches the training loss {target} is {degree}, after "
    "{epochs} epochs, with accuracy {accuracy}{rest}",
    "在正弦曲线上，训练损失能达到 {target} 的最低次数是 {degree}（{epochs} 轮，准确率 {accuracy}）"
    "{rest}",
)
ONE_BELOW = Text(
    "; degree {degree} reaches only {accuracy}.", "；{degree} 次的准确率只有 {accuracy}。"
)
MINIMA = Text(
    "On the snake curve, each higher degree allows a lower loss; the minima by least squares are "
    "{list}.",
    "在蛇形曲线上，次数越高，最小二乘所能达到的损失越低：{list}。",
)
DESCENDED = Text(
    "With degree {d}, the loss of gradient descent after {n} updates is {loss}, {ratio} times the "
    "minimum.",
    "{d} 次多项式用梯度下降经过 {n} 次更新后，损失为 {loss}，是最小值的 {ratio} 倍。",
)
REASON = Text(
    "The reason: the best polynomial of degree {d} has weights of up to {best}, whereas the "
    "weights of gradient descent started at 0 and have only reached {w}.",
    "原因在于：{d} 次最优多项式的权重高达 {best}，而梯度下降的权重从 0 出发，只达到 {w}。",
)
AGAINST_NETWORK = Text(
    "The network with {net[n_hidden]} hidden units has {net[parameters]} parameters and reaches "
    "an accuracy of {net[accuracy]} with {net[updates]} updates. The most accurate polynomial "
    "trained by gradient descent, of degree {poly[degree]}, has {poly[parameters]} parameters and "
    "reaches {poly[accuracy]} with {poly[updates]} updates.",
    "含 {net[n_hidden]} 个隐层神经元的网络有 {net[parameters]} 个参数，{net[updates]} 次更新后准确"
    "率为 {net[accuracy]}；用梯度下降训练的最准确的多项式（{poly[degree]} 次）有 "
    "{poly[parameters]} 个参数，{poly[updates]} 次更新后为 {poly[accuracy]}。",
)
COST_COLUMNS = ("data", "model", "parameters", "epochs", "updates", "accuracy")
Bounds = Mapping[int, Fit]


def report(results: Results) -> Report:
    """Compare the degrees, both fitting methods, and the polynomial with the network."""
    polynomials = {name: results[name] for name in NAMES if name in results}
    bounds = {name: bounds_of(result) for name, result in polynomials.items()}
    costs = [({"data": NAMES[name.split("-")[0]]}, result) for name, result in results.items()]
    shown: list[ReportFigure | ReportTable] = []
    said: list[Text] = []
    if polynomials:
        shown += [
            _losses(polynomials, bounds),
            *(_fits(name, result, bounds[name]) for name, result in polynomials.items()),
            ReportTable("degrees", DEGREES_CAPTION, partial(degrees_table, polynomials, bounds)),
        ]
    if "sine" in results:
        said += sine_findings(results["sine"])
    if "snake" in results:
        shown.append(_weights(results["snake"], bounds["snake"]))
        said += snake_findings(results["snake"], bounds["snake"])
    if {"snake", "snake-network"} <= set(results):
        said += against_network(results["snake"], results["snake-network"])
    shown.append(
        ReportTable("cost", COST_CAPTION, partial(parts.cells_table, costs, *COST_COLUMNS))
    )
    return Report([*said, *findings.diverged(list(results.values()))], shown)


def bounds_of(result: PlanResult) -> dict[int, Fit]:
    """Return the least-squares solution of each degree that was trained."""
    return polynomial.bounds(result.dataset, result.sizes("degree"))


def _losses(polynomials: Results, bounds: Mapping[str, Bounds]) -> ReportFigure:
    panels = []
    for name, result in polynomials.items():
        measure = Measure("train_loss", result.target_loss)
        curves = partial(loss_curves, result.history, by="degree", measure=measure)
        styles = line_styles(len(bounds[name]))
        levels = [
            mark("axhline", bound.loss, color=style["color"], lw=1, ls=":")
            for style, (_, bound) in zip(styles, sorted(bounds[name].items()), strict=True)
        ]
        first, last = (int(getattr(result.history.epoch, end)()) for end in ("min", "max"))
        bottom = 0.5 * min(bound.loss for bound in bounds[name].values())
        axes = {"xscale": "log", "xlim": (first, max(last, 2 * first)), "ylim": (bottom, None)}
        panels.append(Panel(NAMES[name], [curves, *levels], axes))
    title = Text(
        "Training loss of each degree; dotted line of the same colour: least squares",
        "各次数的训练损失；同色点线：最小二乘的最小值",
    )
    return parts.panels("losses", title, LOSSES_CAPTION, panels, shared=False)


def _fits(name: str, result: PlanResult, bounds: Bounds) -> ReportFigure:
    data = result.dataset
    panels = []
    for degree, bound in bounds.items():
        least = by_input(data.test_x, polynomial.predict(data.test_x, bound.weights))
        squares = line(*least, label=SQUARES, color=ORANGE, lw=1.6, ls=DASHED)
        descended = result.predict(data.test_x, degree=degree)
        panels.append(parts.fit_panel(_degree(degree), data, descended, squares, label=DESCENT))
    title = Text("Polynomials on the {name}", "{name}的多项式拟合").fill(name=NAMES[name])
    return parts.panels(f"fits_{name}", title, parts.FITS_CAPTION, panels)


def _degree(degree: int) -> Text:
    return Text("degree {n}", "次数 {n}").fill(n=degree)


def _weights(result: PlanResult, bounds: Bounds) -> ReportFigure:
    methods = {
        DESCENT: {degree: descended_weights(result, degree) for degree in bounds},
        SQUARES: {degree: bound.weights for degree, bound in bounds.items()},
    }
    panels = []
    for name, weights in methods.items():
        lines = [
            line(range(1, n + 1), np.abs(w[:-1]), label=_degree(n), ms=4, **style)
            for (n, w), style in zip(weights.items(), line_styles(len(weights)), strict=True)
        ]
        panels.append(Panel(name, [mark("axhline", 1, color=GREY, lw=0.8), *lines]))
    axes = {
        "yscale": "log",
        "xticks": range(1, max(bounds) + 1),
        "xlabel": Text("power of x", "x 的幂次"),
        "ylabel": Text("absolute weight, |w|", "权重的绝对值 |w|"),
    }
    title = Text("Size of the weights", "权重的大小")
    return parts.panels("weights", title, WEIGHTS_CAPTION, panels, axes=axes)


def descended_weights(result: PlanResult, degree: int) -> Array:
    """Return the weights of a degree that gradient descent found in repeat 0."""
    return result.outcome(degree=degree).arrays["weights"]


def degrees_table(results: Results, bounds: Mapping[str, Bounds]) -> pd.DataFrame:
    """Return the results of gradient descent and least squares in one table."""
    loss, largest = Text("loss", "损失"), Text("largest |w|", "最大 |w|")
    descent = Text("descent", "梯度下降")
    rows = []
    for name, of_degree in bounds.items():
        cells = results[name].cells
        for degree, bound in of_degree.items():
            w = descended_weights(results[name], degree)
            rows.append(
                {
                    word("data"): str(NAMES[name]),
                    word("degree"): degree,
                    f"{loss}: {descent}": f"{cells.loss[degree]:.5f}",
                    f"{loss}: {SQUARES}": f"{bound.loss:.5f}",
                    f"R²: {descent}": cells.accuracy_text[degree],
                    f"R²: {SQUARES}": accuracy_text(bound.accuracy),
                    f"{largest}: {descent}": f"{np.abs(w).max():.1f}",
                    f"{largest}: {SQUARES}": f"{np.abs(bound.weights).max():.1f}",
                }
            )
    return pd.DataFrame(rows)


def sine_findings(result: PlanResult) -> Iterator[Text]:
    """Say which degrees the sine needs."""
    rows = parts.cell_rows(result)
    reached = [row["reached"] for row in rows]
    if any(reached):
        at = reached.index(True)
        rest = ONE_BELOW.fill(**rows[at - 1]) if at else Text(".", "。")
        yield LOWEST_DEGREE.fill(target=result.target_loss, rest=rest, **rows[at])


def snake_findings(result: PlanResult, bounds: Bounds) -> Iterator[Text]:
    """Compare gradient descent with least squares on the snake curve, and explain the gap."""
    cells, top = result.cells, max(bounds)
    minima = pd.Series({degree: bound.loss for degree, bound in bounds.items()})
    if len(minima) > 1 and (minima.diff()[1:] < 0).all():
        yield MINIMA.fill(list=findings.by_value(minima.map("{:.5f}".format)))
    loss, ratio = cells.loss[top], cells.loss[top] / minima[top]
    if np.isfinite(ratio):
        yield DESCENDED.fill(
            d=top, loss=f"{loss:.5f}", ratio=f"{ratio:.2f}", n=f"{cells.updates[top]:.0f}"
        )
    w, best = (np.abs(a).max() for a in (descended_weights(result, top), bounds[top].weights))
    if ratio > 1.5 and best > 2 * w:
        yield REASON.fill(d=top, best=f"{best:.0f}", w=f"{w:.1f}")


def against_network(polynomials: PlanResult, networks: PlanResult) -> Iterator[Text]:
    """Compare the most accurate polynomial of gradient descent with the most accurate network."""
    known = [
        [row for row in parts.cell_rows(result) if np.isfinite(row["r2"])]
        for result in (polynomials, networks)
    ]
    if all(known):
        poly, net = (max(rows, key=itemgetter("r2")) for rows in known)
        yield AGAINST_NETWORK.fill(poly=poly, net=net)


STUDY = Study(
    name="polynomial",
    title=Text("Curves fitted by polynomials", "用多项式拟合曲线"),
    question=Text(
        "How well do polynomials of degree 2, 3 and 4 fit the sine, and polynomials of degree 4, "
        "5 (the first homework), 6 and 8 the snake curve? How close does gradient descent come to "
        "the best weights, and what does it cost compared with a two-layer network?",
        "2、3、4 次多项式拟合正弦曲线，4、5（第一次作业）、6、8 次拟合蛇形曲线，效果如何？梯度下降"
        "离最优权重有多远？与双层网络相比代价如何？",
    ),
    report=report,
    plans={
        "sine": Plan(
            axes={"degree": (2, 3, 4)},
            fixed={"learning_rate": 0.2, "batch_size": 10, "target_loss": 0.005},
            model="polynomial",
            data="sine",
        ),
        "snake": Plan(
            axes={"degree": (4, 5, 6, 8)},
            fixed={"learning_rate": 0.2, "batch_size": 10, "max_epochs": 50_000},
            model="polynomial",
        ),
        "sine-network": Plan(
            axes={"n_hidden": (2,)},
            fixed={"learning_rate": 0.05, "batch_size": 10, "max_epochs": 5000},
            data="sine",
        ),
        "snake-network": Plan(
            axes={"n_hidden": (3,)}, fixed={"learning_rate": 0.5, "batch_size": 10}
        ),
    },
)
