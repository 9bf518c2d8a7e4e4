"""Lectures 24 and 25: polynomials on the sine and on the snake curve, and what they cost."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.models import polynomial
from network.models.polynomial import Bound
from reports.figures.lectures import polynomials as figures
from reports.words import Text, accuracy_text, joined, word
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    "Cost of gradient descent for polynomials and for the two-layer network (`>`: the target was "
    "not reached).",
    "梯度下降在多项式与双层网络上的代价（`>` 表示未达到目标）。",
)
FITS_TITLE = Text("Polynomials on the {name}", "{name}的多项式拟合")
WEIGHTS_TITLE = Text("Size of the weights", "权重的大小")
Array = NDArray[np.float64]


def report(results: Results) -> Report:
    """Compare the degrees, both fitting methods, and the polynomial with the network."""
    polynomials = {name: results[name] for name in NAMES if name in results}
    bounds = {name: bounds_of(result) for name, result in polynomials.items()}
    descents = [
        figures.Descent(
            NAMES[name],
            result.history,
            result.target_loss,
            {degree: bound.loss for degree, bound in bounds[name].items()},
        )
        for name, result in polynomials.items()
    ]
    shown: list[ReportFigure | ReportTable] = []
    if polynomials:
        draw = partial(figures.descents, descents)
        shown = [
            ReportFigure("losses", LOSSES_CAPTION, draw),
            *(_fits(name, result, bounds[name]) for name, result in polynomials.items()),
            ReportTable("degrees", DEGREES_CAPTION, partial(degrees_table, polynomials, bounds)),
        ]
    if "snake" in polynomials:
        draw = _weights(polynomials["snake"], bounds["snake"])
        shown.append(ReportFigure("weights", WEIGHTS_CAPTION, draw))
    said = [
        *(sine_findings(results["sine"]) if "sine" in results else []),
        *(snake_findings(results["snake"], bounds["snake"]) if "snake" in results else []),
        *against_network(results.get("snake"), results.get("snake-network")),
        *findings.diverged(list(results.values())),
    ]
    return Report(said, [*shown, ReportTable("cost", COST_CAPTION, partial(cost_table, results))])


def bounds_of(result: PlanResult) -> dict[int, polynomial.Bound]:
    """Return the least-squares solution of each degree that was trained."""
    return polynomial.bounds(result.dataset, result.sizes("degree"))


def _fits(name: str, result: PlanResult, bounds: Mapping[int, polynomial.Bound]) -> ReportFigure:
    data = result.dataset
    curves = {
        degree: (
            result.predict(data.test_x, degree=degree),
            polynomial.predict(data.test_x, bound.weights),
        )
        for degree, bound in bounds.items()
    }
    title = FITS_TITLE.fill(name=NAMES[name])
    draw = partial(figures.fits_of_two, title, curves, **parts.samples(data))
    return ReportFigure(f"fits_{name}", parts.FITS_CAPTION, draw)


def _weights(result: PlanResult, bounds: Mapping[int, polynomial.Bound]) -> "partial[Figure]":
    ways = {
        figures.DESCENT: {
            degree: result.outcome(degree=degree).arrays["weights"] for degree in bounds
        },
        figures.SQUARES: {degree: bound.weights for degree, bound in bounds.items()},
    }
    return partial(figures.weights, WEIGHTS_TITLE, ways)


def degrees_table(results: Results, bounds: Mapping[str, Mapping[int, Bound]]) -> pd.DataFrame:
    """Return the results of gradient descent and least squares in one table."""
    descent, squares = Text("descent", "梯度下降"), Text("least squares", "最小二乘")
    loss, largest = Text("loss", "损失"), Text("largest |w|", "最大 |w|")
    rows = []
    for name, of_degree in bounds.items():
        cells = results[name].cells
        for degree, bound in of_degree.items():
            w = results[name].outcome(degree=degree).arrays["weights"]
            rows.append(
                {
                    word("data"): str(NAMES[name]),
                    word("degree"): degree,
                    f"{loss}: {descent}": f"{cells.loss[degree]:.5f}",
                    f"{loss}: {squares}": f"{bound.loss:.5f}",
                    f"R²: {descent}": cells.accuracy_text[degree],
                    f"R²: {squares}": accuracy_text(bound.accuracy),
                    f"{largest}: {descent}": f"{np.abs(w).max():.1f}",
                    f"{largest}: {squares}": f"{np.abs(bound.weights).max():.1f}",
                }
            )
    return pd.DataFrame(rows)


def cost_table(results: Results) -> pd.DataFrame:
    """Return the cost of gradient descent for each model."""
    model = Text("model", "模型")
    rows = []
    for name, result in results.items():
        (axis,) = result.plan.axes
        for value, cell in result.cells.sort_index().iterrows():
            is_polynomial = result.plan.model == "polynomial"
            rows.append(
                {
                    word("data"): str(NAMES[name.removesuffix("-network")]),
                    str(model): str(model_name(is_polynomial, int(str(value)))),
                    str(Text("parameters", "参数个数")): result.n_parameters(
                        **{str(axis): int(str(value))}
                    ),
                    word("epochs"): cell.epochs_text,
                    word("updates"): f"{cell.updates:.0f}",
                    word("accuracy"): cell.accuracy_text,
                }
            )
    return pd.DataFrame(rows)


def model_name(is_polynomial: bool, value: int) -> Text:
    """Name a model."""
    if is_polynomial:
        return Text("polynomial of degree {n}", "{n} 次多项式").fill(n=value)
    return Text("network with {units}", "网络（{units}）").fill(units=findings.hidden_units(value))


def sine_findings(result: PlanResult) -> list[Text]:
    """Say which degrees the sine needs."""
    cells = result.cells.sort_index()
    reached = cells[np.isfinite(cells.epochs)]
    if reached.empty:
        return []
    degree = reached.index.min()
    below = cells[cells.index < degree]
    start = Text(
        "On the sine, the lowest degree that reaches the training loss {target} is {d}, after "
        "{epochs} epochs, with accuracy {r2}",
        "在正弦曲线上，训练损失能达到 {target} 的最低次数是 {d}（{epochs} 轮，准确率 {r2}）",
    ).fill(
        target=result.target_loss,
        d=degree,
        epochs=reached.epochs_text[degree],
        r2=reached.accuracy_text[degree],
    )
    if below.empty:
        return [Text(f"{start.en}.", f"{start.zh}。")]
    end = Text("; degree {d} reaches only {r2}.", "；{d} 次的准确率只有 {r2}。").fill(
        d=below.index.max(), r2=below.accuracy_text[below.index.max()]
    )
    return [Text(start.en + end.en, start.zh + end.zh)]


def snake_findings(result: PlanResult, bounds: Mapping[int, Bound]) -> list[Text]:
    """Compare gradient descent with least squares on the snake curve, and explain the gap."""
    cells, top = result.cells, max(bounds)
    losses = [bound.loss for bound in bounds.values()]
    listed = joined([f"{bound.loss:.5f} ({d})" for d, bound in bounds.items()])
    said = []
    if len(losses) > 1 and np.all(np.diff(losses) < 0):
        said.append(
            Text(
                "On the snake curve, each higher degree allows a lower loss; the minima by least "
                "squares are {list}.",
                "在蛇形曲线上，次数越高，最小二乘所能达到的损失越低：{list}。",
            ).fill(list=listed)
        )
    descended, ratio = cells.loss[top], cells.loss[top] / bounds[top].loss
    w, best = (
        np.abs(result.outcome(degree=top).arrays["weights"]).max(),
        np.abs(bounds[top].weights).max(),
    )
    if np.isfinite(ratio):
        said.append(
            Text(
                "With degree {d}, the loss of gradient descent after {n} updates is {loss}, "
                "{ratio} times the minimum.",
                "{d} 次多项式用梯度下降经过 {n} 次更新后，损失为 {loss}，是最小值的 {ratio} 倍。",
            ).fill(
                d=top, loss=f"{descended:.5f}", ratio=f"{ratio:.2f}", n=f"{cells.updates[top]:.0f}"
            )
        )
    if ratio > 1.5 and best > 2 * w:
        said.append(
            Text(
                "The reason: the best polynomial of degree {d} has weights of up to {best}, "
                "whereas the weights of gradient descent started at 0 and have only reached {w}.",
                "原因在于：{d} 次最优多项式的权重高达 {best}，而梯度下降的权重从 0 出发，只达到 "
                "{w}。",
            ).fill(d=top, best=f"{best:.0f}", w=f"{w:.1f}")
        )
    return said


def against_network(polynomials: PlanResult | None, networks: PlanResult | None) -> list[Text]:
    """Compare the most accurate polynomial of gradient descent with the most accurate network."""
    if polynomials is None or networks is None:
        return []
    ours, theirs = (result.cells.dropna(subset="accuracy") for result in (polynomials, networks))
    if ours.empty or theirs.empty:
        return []
    degree, units = (int(str(cells.accuracy.idxmax())) for cells in (ours, theirs))
    return [
        Text(
            "The network with {units} hidden units has {k} parameters and reaches an accuracy of "
            "{r2} with {n} updates. The most accurate polynomial trained by gradient descent, of "
            "degree {d}, has {kp} parameters and reaches {r2p} with {np} updates.",
            "含 {units} 个隐层神经元的网络有 {k} 个参数，{n} 次更新后准确率为 {r2}；用梯度下降训练"
            "的最准确的多项式（{d} 次）有 {kp} 个参数，{np} 次更新后为 {r2p}。",
        ).fill(
            units=units,
            k=networks.n_parameters(n_hidden=units),
            r2=theirs.accuracy_text[units],
            n=f"{theirs.updates[units]:.0f}",
            d=degree,
            kp=polynomials.n_parameters(degree=degree),
            r2p=ours.accuracy_text[degree],
            np=f"{ours.updates[degree]:.0f}",
        )
    ]


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
    lectures="24, 25",
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
