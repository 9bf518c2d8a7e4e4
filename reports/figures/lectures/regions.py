"""Figures of classification: decision regions, activation and classification functions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reports.figures.style import GREY, INK, ORANGE, SKY, dress, panels_figure
from reports.words import Text, say

Array = NDArray[np.float64]

CLASSES = ((SKY, "o"), (ORANGE, "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#F0E442", "v"))
"""Colour (Okabe and Ito) and marker of each class, repeated if there are more classes."""


class Region(NamedTuple):
    """The decisions of a network: a panel of `regions`.

    Attributes
    ----------
    title : Text
    extent : tuple of float
        Left, right, bottom and top of the grid.
    probability : ndarray, shape (n_rows, n_columns, n_classes)
        Of each class on the grid, from the bottom to the top.
    x : ndarray, shape (n, 2)
        Samples to be drawn.
    kind : ndarray, shape (n,)
        The class of each.
    """

    title: Text
    extent: tuple[float, float, float, float]
    probability: Array
    x: Array
    kind: NDArray[np.int64]


GRID = 121
"""Number of points along each side of a panel of `regions`."""


def grid_over(x: Array) -> tuple[tuple[float, float, float, float], Array]:
    """Return the extent of a grid over samples, with a margin, and its points (GRID, GRID, 2)."""
    low, high = x.min(axis=0), x.max(axis=0)
    low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)
    across, up = (np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True))
    return (low[0], high[0], low[1], high[1]), np.stack(np.meshgrid(across, up), axis=-1)


def regions(rows: Sequence[Sequence[Region]]) -> Figure:
    """Draw the regions of networks, a row for each data set."""
    title = Text(
        "Predicted classes; stronger colour: higher probability; lines: boundaries",
        "网络预测的类别：颜色越深，概率越高；黑线为分界",
    )
    n_cols = max(len(row) for row in rows)
    figure, panels = panels_figure(
        len(rows) * n_cols, n_cols, 2.5, [say(title)], height=2.3, gap=0.45
    )
    cells = [(row + [None] * n_cols)[:n_cols] for row in map(list, rows)]
    for ax, region in zip(panels, [cell for row in cells for cell in row], strict=True):
        if region is None:
            ax.set_axis_off()
        else:
            _region(ax, region)
    return figure


def _region(ax: Axes, region: Region) -> None:
    title, extent, probability, x, kind = region
    n_classes = probability.shape[2]
    colours = np.array([to_rgb(_look(k)[0]) for k in range(n_classes)])
    sure = np.clip((probability.max(axis=2) - 1 / n_classes) / (1 - 1 / n_classes), 0, 1)
    weight = 0.15 + 0.4 * np.nan_to_num(sure)[..., None]
    decided = colours[probability.argmax(axis=2)]
    look = {"extent": extent, "origin": "lower", "aspect": "auto", "interpolation": "nearest"}
    ax.imshow(1 - weight * (1 - decided), **look)  # type: ignore[arg-type]
    rows, columns = probability.shape[:2]
    across, up = np.linspace(*extent[:2], columns), np.linspace(*extent[2:], rows)
    for k in range(n_classes if n_classes > 2 else 1):
        others = np.delete(probability, k, axis=2).max(axis=2)
        lead = probability[..., k] - others
        if lead.min() < 0 < lead.max():
            ax.contour(across, up, lead, levels=[0], colors=INK, linewidths=1.4)
    for k in range(n_classes):
        colour, marker = _look(k)
        style = {"color": colour, "marker": marker, "ms": 3.5, "mec": INK, "mew": 0.4}
        ax.plot(*x[kind == k].T, linestyle="", **style)  # type: ignore[arg-type]
    ax.set_title(say(title), fontsize=9)
    ax.tick_params(labelsize=7, color="0.6")


def _look(k: int) -> tuple[str, str]:
    return CLASSES[k % len(CLASSES)]


class Functions(NamedTuple):
    """The values of the test samples in each layer; see `functions`.

    Attributes
    ----------
    activation : str
    Z1, A1 : ndarray, shape (n, n_hidden)
    z2, a2 : ndarray, shape (n,)
        Score and probability of two classes.
    kind : ndarray, shape (n,)
        Their true class.
    scores, probabilities : ndarray, shape (n_classes,)
        Of one sample of several classes.
    """

    activation: str
    Z1: Array
    A1: Array
    z2: Array
    a2: Array
    kind: NDArray[np.int64]
    scores: Array
    probabilities: Array


def functions(shown: Functions) -> Figure:
    """Draw the activation and the classification functions on real samples."""
    title = Text("Activation and classification functions", "激活函数与分类函数")
    figure, (first, second, third) = panels_figure(3, 3, 3.0, [say(title)], height=2.7, gap=0.65)
    _activation(first, shown)
    _logistic(second, shown)
    _softmax(third, shown.scores, shown.probabilities)
    for ax in (first, second, third):
        dress(ax)
    return figure


def _activation(ax: Axes, shown: Functions) -> None:
    for unit, (z, a) in enumerate(zip(shown.Z1.T, shown.A1.T, strict=True)):
        colour, marker = CLASSES[(unit + 1) % len(CLASSES)] if unit else (INK, "x")
        label = say(Text("hidden unit {n}", "隐层神经元 {n}").fill(n=unit + 1))
        ax.plot(z, a, ls="", marker=marker, ms=3.5, color=colour, alpha=0.7, label=label)
    ax.set(xlabel="Z1", ylabel="A1")
    name = Text("between the layers: activation ({f})", "两层之间：激活函数（{f}）")
    ax.set_title(say(name.fill(f=shown.activation)), fontsize=9)
    if shown.Z1.shape[1] <= len(CLASSES):
        ax.legend(fontsize=7)


def _logistic(ax: Axes, shown: Functions) -> None:
    for k in (0, 1):
        colour, marker = _look(k)
        of_class = shown.kind == k
        label = say(Text("class {k}", "第 {k} 类").fill(k=k))
        style = {"color": colour, "marker": marker, "ms": 4, "mec": INK, "mew": 0.4}
        ax.plot(shown.z2[of_class], shown.a2[of_class], ls="", label=label, **style)  # type: ignore[arg-type]
    ax.axvline(0, color=GREY, linewidth=1)
    ax.axhline(0.5, color=GREY, linewidth=1)
    ax.set(xlabel="Z2", ylabel=say(Text("A2: probability of class 1", "A2：第 1 类的概率")))
    ax.set_title(say(Text("output, two classes: logistic", "输出，二分类：对率函数")), fontsize=9)
    ax.legend(fontsize=7)


def _softmax(ax: Axes, scores: Array, probabilities: Array) -> None:
    for k, (z, p) in enumerate(zip(scores, probabilities, strict=True)):
        ax.bar(k, p, color=_look(k)[0], edgecolor=INK, linewidth=0.6, width=0.6)
        ax.text(k, p + 0.02, f"Z2 = {z:.2f}\nA2 = {p:.3f}", ha="center", fontsize=8)
    ax.set(ylim=(0, 1.25), xlabel=say(Text("class", "类别")), ylabel="A2")
    ax.set_xticks(range(len(scores)))
    ax.set_title(say(Text("output, several classes: softmax", "输出，多分类：softmax")), fontsize=9)
