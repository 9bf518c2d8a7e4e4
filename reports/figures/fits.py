"""What a network makes of its data: a curve over points, or predictions against the truth.

Each function is given what it draws and returns the Axes or the Figure. None trains, saves or
sets a style for others, and none needs pyplot, so they may run in any thread.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from reports.figures.style import GREY, INK, SKY, dress
from reports.words import Text, say, word

Array = NDArray[np.float64]


def fit(
    ax: Axes,
    *,
    train_x: ArrayLike,
    train_y: ArrayLike,
    test_x: ArrayLike,
    test_y: ArrayLike,
    predicted_y: ArrayLike,
    title: str | Text = "",
    label: str | Text = "network",
    test_is_curve: bool = True,
    legend: bool = True,
) -> Axes:
    """Draw a network of one input over its data.

    Parameters
    ----------
    ax : Axes
    train_x, train_y : array_like, m values each
    test_x, test_y, predicted_y : array_like, n values each
        The test set, in any order, and what the network makes of `test_x`.
    title, label : str or Text, optional
        Words above the panel, and for the outputs.
    test_is_curve : bool, default True
        The test set has no noise, and is drawn as a line; else as points.
    legend : bool, default True
    """
    x, truth = by_input(test_x, test_y)
    seen = {"alpha": 0.4} if np.size(train_x) > 100 else {"zorder": 4}  # few are hard to see
    _points(ax, train_x, train_y, marker="o", color=SKY, label=word("training"), **seen)
    if test_is_curve:
        ax.plot(x, truth, color="0.5", linewidth=5, label=word("true curve"))
    else:
        _points(ax, x, truth, marker="s", color=GREY, label=word("test points"))
    named = label if isinstance(label, Text) else word(label)
    ax.plot(*by_input(test_x, predicted_y), color=INK, linewidth=1.6, label=say(named))
    ax.set(xlabel="x", ylabel="y")
    return _titled(ax, title, legend=legend)


def by_input(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Return inputs and outputs, n values each, in the order of the inputs."""
    order = np.argsort(np.ravel(x))
    return np.ravel(x)[order], np.ravel(y)[order]


def in_figure(draw: Callable[[Axes], Axes]) -> Figure:
    """Make a figure with one panel, and draw on it."""
    figure = Figure(figsize=(6.4, 4.2))
    draw(figure.add_axes((0.11, 0.13, 0.86, 0.79)))
    return figure


def prediction_against_truth(
    ax: Axes, truth: ArrayLike, predicted: ArrayLike, *, title: str | Text = ""
) -> Axes:
    """Draw the network's values against the true ones: the better, the closer to the diagonal.

    Parameters
    ----------
    ax : Axes
    truth, predicted : array_like
        Of the same shape.
    title : str or Text, optional
    """
    ends = [np.min(truth), np.max(truth)]
    _points(ax, truth, predicted, marker="o", color=SKY, label=word("test points"))
    ax.plot(ends, ends, color=INK, linewidth=1.2, label=word("perfect"))
    ax.set(xlabel=word("truth"), ylabel=word("predicted"))
    ax.set_aspect("equal", adjustable="datalim")
    return _titled(ax, title)


def _points(ax: Axes, x: ArrayLike, y: ArrayLike, **style: Any) -> None:
    """Draw points; thousands of them become a picture, also in an SVG."""
    many = np.size(x) > 2000
    ax.plot(np.ravel(x), np.ravel(y), ls="", ms=3.5, mew=0, rasterized=many, **style)


def _titled(ax: Axes, title: str | Text, *, legend: bool = True) -> Axes:
    ax.set_title(say(title), fontsize=11, loc="left")
    if legend:
        ax.legend(fontsize=9)
    dress(ax)
    return ax
