"""Figures of polynomials: gradient descent compared with least squares."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator
from numpy.typing import ArrayLike, NDArray

from reports.figures.fits import fit
from reports.figures.losses import line_styles, loss_curves
from reports.figures.style import GREY, ORANGE, dress, label_outer, line_key, panels_figure
from reports.words import Text, say, word

DESCENT = Text("gradient descent", "梯度下降")
SQUARES = Text("least squares (optimal)", "最小二乘（最优）")

_SHOWN_EVALUATIONS = 150


class Descent(NamedTuple):
    """The loss curves of one data set, a panel of `descents`.

    Attributes
    ----------
    title : Text
    history : DataFrame
        A row an evaluation: `degree, repeat, epoch, train_loss`.
    target_loss : float
    bounds : mapping of int to float
        The loss of least squares by the degree.
    """

    title: Text
    history: pd.DataFrame
    target_loss: float
    bounds: Mapping[int, float]


def descents(sets: Sequence[Descent]) -> Figure:
    """Draw the loss curves of each data set, each with the minimum by least squares."""
    title = Text(
        "Training loss of each degree; dotted line of the same colour: least squares",
        "各次数的训练损失；同色点线：最小二乘的最小值",
    )
    figure, panels = panels_figure(len(sets), len(sets), 3.6, [say(title)], height=3.2, gap=0.6)
    for ax, (name, history, target, bounds) in zip(panels, sets, strict=True):
        shown = _thinned(history)
        loss_curves(shown, ax, by="degree", target_loss=target, loss="train_loss", legend=False)
        first, last = history["epoch"].min(), history["epoch"].max()
        ax.set(xscale="log", xlim=(first, max(1.03 * last, 2 * first)))
        bottom, top = ax.get_ylim()
        ax.set_ylim(min(bottom, 0.5 * min(bounds.values())), top)
        curves = ax.get_lines()
        curves[-1].set(color=GREY, linestyle="-", linewidth=0.8)  # the target: no bound
        for curve, (degree, bound) in zip(curves, sorted(bounds.items()), strict=False):
            ax.axhline(bound, color=curve.get_color(), linewidth=1, linestyle=":")
            curve.set_label(f"{word('degree')} {degree}")
        ax.legend(handles=curves[: len(bounds) + 1], fontsize=8, handlelength=3.2)
        ax.set_title(say(name), fontsize=9)
    for ax in panels[1:]:
        ax.set_ylabel("")
    return figure


def _thinned(history: pd.DataFrame) -> pd.DataFrame:
    """Keep as many evaluations as a logarithmic axis can show, and the last of each run."""
    epochs = np.sort(history["epoch"].unique())
    if not epochs.size:
        return history
    wanted = np.geomspace(epochs[0], epochs[-1], _SHOWN_EVALUATIONS)
    kept = epochs[np.searchsorted(epochs, wanted * (1 - 1e-9)).clip(max=len(epochs) - 1)]
    last = history.groupby(["degree", "repeat"])["epoch"].transform("max")
    return history[history["epoch"].isin(kept) | (history["epoch"] == last)]


def fits_of_two(
    title: Text,
    curves: Mapping[int, tuple[ArrayLike, ArrayLike]],
    *,
    train_x: ArrayLike,
    train_y: ArrayLike,
    test_x: ArrayLike,
    test_y: ArrayLike,
) -> Figure:
    """Draw a panel for each degree: the data and the curves of gradient descent and least squares.

    Parameters
    ----------
    title : Text
    curves : mapping of int to two array_like, n values each
        By the degree, what both make of `test_x`.
    train_x, train_y, test_x, test_y
        As of `reports.figures.fits.fit`.
    """
    n_cols = len(curves) if len(curves) <= 4 else 3
    figure, panels = panels_figure(len(curves), n_cols, 2.5, [say(title), "", ""], gap=0.3)
    order = np.argsort(np.ravel(test_x))
    labels = np.concatenate([np.ravel(train_y), np.ravel(test_y)])
    margin = 0.1 * np.ptp(labels)
    for ax, (degree, (descended, least)) in zip(panels, curves.items(), strict=True):
        fit(
            ax,
            train_x=train_x,
            train_y=train_y,
            test_x=test_x,
            test_y=test_y,
            predicted_y=descended,
            legend=False,
        )
        ax.get_lines()[-1].set_label(say(DESCENT))
        look: dict[str, Any] = {"color": ORANGE, "linewidth": 1.6, "linestyle": (0, (4, 1.5))}
        ax.plot(np.ravel(test_x)[order], np.ravel(least)[order], label=say(SQUARES), **look)
        ax.set_ylim(labels.min() - margin, labels.max() + margin)
        ax.set_title(f"{word('degree')} {degree}", fontsize=9)
    label_outer(panels, n_cols)
    line_key(figure, panels)
    return figure


def weights(title: Text, ways: Mapping[Text, Mapping[int, NDArray[np.float64]]]) -> Figure:
    """Draw the absolute weight of each power, a panel for each method.

    Parameters
    ----------
    title : Text
    ways : mapping of Text to mapping of int to ndarray, shape (degree + 1,)
        By the panel's title and by the degree: w1, …, wd and b.
    """
    figure, panels = panels_figure(len(ways), len(ways), 3.6, [say(title)], height=3.0, gap=0.3)
    sizes = np.abs(np.concatenate([w for way in ways.values() for w in way.values()]))
    seen = sizes[np.isfinite(sizes) & (sizes > 0)]
    low, high = (seen.min(), seen.max()) if seen.size else (0.1, 10.0)
    for ax, (name, way) in zip(panels, ways.items(), strict=True):
        for (degree, w), style in zip(way.items(), line_styles(len(way)), strict=True):
            label = f"{word('degree')} {degree}"
            ax.plot(range(1, degree + 1), np.abs(w[:-1]), markersize=4, label=label, **style)
        ax.set(yscale="log", ylim=(0.5 * max(low, high / 1e7), 2 * high))
        ax.set_title(say(name), fontsize=9)
        ax.set_xlabel(say(Text("power of x", "x 的幂次")))
        ax.set_ylabel(say(Text("absolute weight, |w|", "权重的绝对值 |w|")))
        ax.xaxis.set_major_locator(MultipleLocator(1))
        ax.axhline(1, color=GREY, linewidth=0.8)
        dress(ax)
    if panels:
        panels[0].legend(fontsize=8, handlelength=3.2, loc="upper left")
    label_outer(panels, len(ways))
    return figure
