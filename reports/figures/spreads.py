"""Figures of many trials, each a dot: what they cost, and how far chance moves them.

Each function is given what it draws and returns the Figure. None trains, saves or sets a style
for others, and none needs pyplot.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from reports.figures.style import GREY, INK, SKY, dress, panels_figure
from reports.frames import in_order
from reports.statistics import by_cell
from reports.statistics.measure import Measure
from reports.words import Text, number, say, word

NOT_REACHED = Text("target not reached", "未达到目标")


def costs(trials: pd.DataFrame, by: str, columns: Sequence[str]) -> Figure:
    """Draw what trials cost against the values of an axis, a panel for each cost.

    Parameters
    ----------
    trials : DataFrame
        A row a trial: the axis that `by` names, `state` and the columns.
    by : str
    columns : sequence of str
    """
    title = say(Text("Cost of a training run", "训练的代价"))
    figure, panels = panels_figure(len(columns), len(columns), 3.0, [title, ""], gap=0.75)
    values = in_order(trials[by])
    for ax, column in zip(panels, columns, strict=True):
        places = trials[by].map(values.index) + _shifts(trials, 0.4)
        _dots(ax, places, trials[column], trials["state"] == "converged")
        medians = by_cell.medians(trials, [by], column).reindex(values)
        reached = medians.where(np.isfinite(medians))
        ax.plot(range(len(values)), reached, color=INK, lw=1.5, marker="_", zorder=2)
        ax.set(yscale="log", xlabel=word(by), title=word(column))
        ax.set_xticks(range(len(values)), map(number, values))
        _plain_log(ax)
        dress(ax)
        ax.title.set_fontsize(10)
    _key(figure, median=True)
    return figure


def values(trials: pd.DataFrame, by: str, measure: Measure) -> Figure:
    """Draw the last value of a measure against the values of an axis.

    Parameters
    ----------
    trials : DataFrame
        A row a trial: the axis that `by` names, `repeat` and the column of the measure.
    by : str
    measure : Measure
    """
    figure, (ax,) = panels_figure(1, 1, 4.6, [say(measure.title)], gap=0.75)
    places, shown = in_order(trials[by]), trials[measure.name].astype(float)
    x = trials[by].map(places.index) + _shifts(trials, 0.4)
    _dots(ax, x, shown, shown.notna())
    costs = by_cell.with_values(trials, measure)
    medians = measure.as_cost(by_cell.medians(costs, [by], by_cell.VALUE)).reindex(places)
    ax.plot(range(len(places)), medians.where(np.isfinite(medians)), color=INK, lw=1.5, zorder=2)
    if not measure.maximize and (shown[np.isfinite(shown)] > 0).all():
        ax.set_yscale("log")
        _plain_log(ax)
    ax.set(xlabel=word(by), ylabel=say(measure.title))
    ax.set_xticks(range(len(places)), map(number, places))
    dress(ax)
    return figure


def strips(trials: pd.DataFrame, by: str, title: Text, max_epochs: int) -> Figure:
    """Draw the epochs of each trial, a row of dots for each value of an axis.

    Parameters
    ----------
    trials : DataFrame
        A row a trial: the axis that `by` names, `repeat`, `state` and `epochs`.
    by : str
    title : Text
    max_epochs : int
        Where trials end that have not reached the target.
    """
    values = in_order(trials[by])
    height = max(1.6, 0.62 * len(values))
    figure, (ax,) = panels_figure(1, 1, 6.4, [say(title), ""], height=height, right=0.3)
    places = trials[by].map(values.index) + _shifts(trials, 0.55)
    _dots(ax, trials["epochs"], places, trials["state"] == "converged")
    medians = by_cell.medians(trials, [by])
    for row, value in enumerate(values):
        middle = medians[value]
        if np.isfinite(middle):
            ax.vlines(middle, row - 0.35, row + 0.35, color=INK, lw=2, zorder=4)
    ax.set_yticks(range(len(values)), map(number, values))
    ax.set(xlabel=word("epochs"), ylabel=word(by), xlim=(0, 1.03 * max_epochs))
    ax.set_ylim(len(values) - 0.5, -0.5)
    dress(ax)
    _key(figure, median=True)
    return figure


def pairs(epochs: pd.DataFrame, max_epochs: int, note: Text) -> Figure:
    """Draw two values of an axis against each other, a dot for each repeat that both share.

    Parameters
    ----------
    epochs : DataFrame
        A row a repeat, two columns with names; infinite where the target was not reached.
    max_epochs : int
    note : Text
        What stands over the panel.
    """
    title = say(Text("Epochs, repeat by repeat", "逐次重复对比轮数"))
    figure, (ax,) = panels_figure(1, 1, 3.4, [title, ""], height=3.4, gap=0.75, right=0.3)
    shown = epochs.clip(upper=max_epochs)
    ends = (0.9 * shown.min().min(), 1.06 * shown.max().max())
    ax.plot(ends, ends, color=GREY, lw=1, ls=(0, (5, 3)), zorder=1)
    across, up = epochs.columns
    reached = np.isfinite(epochs[across]) & np.isfinite(epochs[up])
    _dots(ax, shown[across], shown[up], reached)
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    ax.set_xlabel(f"{word('epochs')}: {across}", fontsize=9)
    ax.set_ylabel(f"{word('epochs')}: {up}", fontsize=9)
    ax.set_title(say(note), fontsize=9)
    dress(ax)
    _key(figure, median=False)
    return figure


def unit_paths(
    panels_data: Sequence[tuple[str, NDArray[np.float64], NDArray[np.float64]]],
) -> Figure:
    """Draw how the weights from the input into each hidden unit change, a panel a network.

    Parameters
    ----------
    panels_data : sequence of (str, ndarray, ndarray)
        The panel's title; the epochs, shape (n,); the weights, shape (n, n_hidden).
    """
    title = say(Text("Input weight of each hidden unit", "输入到各隐层神经元的权重"))
    figure, panels = panels_figure(len(panels_data), len(panels_data), 2.7, [title], gap=0.55)
    colours = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
    widths = (6.0, 4.2, 2.6, 1.2)  # lines that lie on each other can be told
    for ax, (name, epochs, weights) in zip(panels, panels_data, strict=True):
        for i in range(weights.shape[1]):
            style: dict[str, Any] = {
                "color": colours[i % len(colours)],
                "lw": widths[i % len(widths)],
            }
            ax.plot(epochs, weights[:, i], solid_capstyle="butt", alpha=0.85, **style)
        ax.set(xlabel=word("epoch"), title=name)
        ax.title.set_fontsize(9)
        dress(ax)
    if panels:
        panels[0].set_ylabel("W1")
    return figure


def _shifts(trials: pd.DataFrame, width: float) -> "pd.Series[float]":
    """Return a small shift by each trial's repeat, so that dots don't hide each other."""
    repeat = trials["repeat"]
    if repeat.nunique() < 2:
        return repeat * 0.0
    shifts: pd.Series[float] = width * (repeat / repeat.max() - 0.5)
    return shifts


def _dots(
    ax: Axes, x: "pd.Series[float]", y: "pd.Series[float]", reached: "pd.Series[bool]"
) -> None:
    """Draw a dot for each trial, open where it has not reached the target."""
    for face, some in ((SKY, reached), ("white", ~reached)):
        style: dict[str, Any] = {"ms": 5, "mfc": face, "mec": "#0072B2", "mew": 0.8}
        ax.plot(x[some], y[some], "o", clip_on=False, zorder=3, **style)


def _key(figure: Figure, *, median: bool) -> None:
    """Explain dots and lines in a line under the title."""
    looks: dict[str, Any] = {"ls": "", "ms": 5, "mec": "#0072B2", "mew": 0.8, "marker": "o"}
    one = say(Text("one training run", "一次训练"))
    keys = [
        Line2D([], [], mfc=SKY, label=one, **looks),
        Line2D([], [], mfc="white", label=say(NOT_REACHED), **looks),
    ]
    if median:
        keys.append(Line2D([], [], color=INK, lw=1.5, label=say(Text("median", "中位数"))))
    else:
        same = say(Text("the same epochs", "轮数相同"))
        keys.append(Line2D([], [], color=GREY, lw=1, ls=(0, (5, 3)), label=same))
    place = (0.0, 1 - 0.27 / figure.get_figheight())
    figure.legend(
        handles=keys, loc="upper left", bbox_to_anchor=place, ncols=3, fontsize=8, frameon=False
    )


def _plain_log(ax: Axes) -> None:
    low, high = ax.get_ylim()
    close = high / low < 30
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if close else (1,)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:,.10g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
