"""What a network makes of its data: a curve over points, or predictions against the truth.

Each function is given what it draws and returns the Axes or the Figure. None trains, saves or
sets a style for others, and none needs pyplot, so they may run in any thread.
"""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from reports.figures.style import (
    GREY,
    INK,
    SKY,
    dress,
    label_outer,
    line_key,
    panels_figure,
)
from reports.words import Text, say, word


def fit(
    ax: Axes,
    *,
    train_x: ArrayLike,
    train_y: ArrayLike,
    test_x: ArrayLike,
    test_y: ArrayLike,
    predicted_y: ArrayLike,
    title: str | Text = "",
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
    title : str or Text, optional
    test_is_curve : bool, default True
        The test set has no noise, and is drawn as a line; else as points.
    legend : bool, default True
    """
    order = np.argsort(np.ravel(test_x))
    x, truth, predicted = (np.ravel(values)[order] for values in (test_x, test_y, predicted_y))
    _points(ax, train_x, train_y, marker="o", color=SKY, alpha=0.4, label=word("training"))
    if test_is_curve:
        ax.plot(x, truth, color="0.5", linewidth=5, label=word("true curve"))
    else:
        _points(ax, x, truth, marker="s", color=GREY, label=word("test points"))
    ax.plot(x, predicted, color=INK, linewidth=1.6, label=word("network"))
    ax.set(xlabel="x", ylabel="y")
    return _titled(ax, title, legend=legend)


def fit_panels(
    predictions: Mapping[str, ArrayLike] | Mapping[Text, ArrayLike],
    title: str | Text,
    *,
    test_is_curve: bool = True,
    **samples: Any,
) -> Figure:
    """Draw a panel for each of several models over the same data.

    Parameters
    ----------
    predictions : mapping of str or Text to array_like, n values each
        What each model makes of `test_x`, by the panel's title.
    title : str or Text
    test_is_curve, **samples
        As of `fit`: `train_x`, `train_y`, `test_x` and `test_y`.
    """
    n = len(predictions)
    n_cols = n if n <= 3 else ceil(n / 2) if n <= 8 else 4
    figure, panels = panels_figure(
        n, n_cols, 3.2 if n_cols <= 3 else 2.6, [say(title), ""], gap=0.35
    )
    labels = np.concatenate([np.ravel(samples[name]) for name in ("train_y", "test_y")])
    margin = 0.1 * np.ptp(labels)
    for ax, (name, predicted) in zip(panels, predictions.items(), strict=True):
        fit(ax, **samples, predicted_y=predicted, test_is_curve=test_is_curve, legend=False)
        ax.set_ylim(labels.min() - margin, labels.max() + margin)
        ax.set_title(say(name), fontsize=9)
    label_outer(panels, n_cols)
    line_key(figure, panels)
    return figure


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
