"""Figures of learning rates: the four regimes, the final losses, and the schedules.

Each function is given what it draws and returns the Figure. None trains, saves or sets a style
for others, and none needs pyplot.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from reports.figures.losses import HUGE, line_styles
from reports.figures.style import GREY, ORANGE, dress, label_outer, legend_margin, panels_figure
from reports.statistics.regimes import REGIMES
from reports.words import Text, number, say, word

NAMES = {
    "too low": Text("too low", "过小"),
    "good": Text("good", "合适"),
    "too high": Text("too high", "过大"),
    "diverging": Text("diverging", "发散"),
}
"""The names of the regimes."""

LOOKS: dict[str, dict[str, Any]] = {
    "too low": {"color": "#0072B2", "marker": "v", "linestyle": (0, (5, 1.2))},
    "good": {"color": "#009E73", "marker": "o", "linestyle": "-"},
    "too high": {"color": "#D55E00", "marker": "^", "linestyle": "-"},
    "diverging": {"color": "#B8860B", "marker": "X", "linestyle": (0, (1.2, 0.8))},
}
"""A colour, a marker and dashes for each regime; the colours are Okabe and Ito's, one darker."""

BESIDE: dict[str, Any] = {
    "loc": "upper left",
    "bbox_to_anchor": (1.0, 1.03),
    "frameon": False,
}
"""Where a legend beside the panels stands."""

TOP = 30.0
"""The axes of losses end at this multiple of the loss of a constant prediction."""


def regimes(
    whole: Mapping[str, pd.DataFrame],
    start: Mapping[str, pd.DataFrame],
    rates: Mapping[str, float],
    target_loss: float,
    guess: float,
) -> Figure:
    """Draw one run of each regime: all epochs, and the first ones enlarged.

    Parameters
    ----------
    whole, start : mapping of str to DataFrame
        `epoch` and `validation_loss` of one training, by the names of the regimes.
    rates : mapping of str to float
        Their learning rates.
    target_loss, guess : float
        The loss at which training stopped, and the loss of the best constant.
    """
    title = Text("The same network at different learning rates", "同一网络在不同学习率下的损失")
    figure, panels = panels_figure(2, 2, 3.9, [say(title)], gap=0.3, right=1.9)
    lowest = min((_seen(run).min() for run in whole.values() if len(_seen(run))), default=guess)
    captions = (Text("all {} epochs", "全部 {} 轮"), Text("the first {} epochs", "前 {} 轮"))
    for ax, runs, words in zip(panels, (whole, start), captions, strict=True):
        ax.set(yscale="log", ylim=(0.6 * min(lowest, target_loss), TOP * guess))
        for regime, run in runs.items():
            _draw_run(ax, run, LOOKS[regime])
        references = _reference_lines(ax, guess, target_loss)
        ax.set(xlabel=word("epoch"), ylabel=word("validation_loss"), xlim=(0, None))
        plain_log(ax)
        dress(ax)
        last = max((int(run["epoch"].max()) for run in runs.values()), default=0)
        ax.set_title(say(words).format(last), fontsize=9)
    label_outer(panels, 2)
    keys = [
        Line2D([], [], lw=1.5, label=f"{say(NAMES[name])}: η {number(rates[name])}", **LOOKS[name])
        for name in whole
    ]
    panels[1].legend(handles=[*keys, *references], fontsize=9, handlelength=3.2, **BESIDE)
    return figure


def _reference_lines(ax: Axes, guess: float, target_loss: float) -> list[Line2D]:
    """Draw the loss of a constant prediction and the target."""
    constant, target = Text("constant prediction", "恒定预测"), word("target").format(target_loss)
    look: dict[str, Any] = {"lw": 1, "zorder": 1}
    return [
        ax.axhline(guess, color=GREY, ls=(0, (6, 3)), label=say(constant), **look),
        ax.axhline(target_loss, color=ORANGE, ls=(0, (1, 1)), label=target, **look),
    ]


def _seen(run: pd.DataFrame) -> "pd.Series[float]":
    losses = run["validation_loss"]
    return losses[(losses > 0) & (losses < HUGE)]


def _draw_run(ax: Axes, run: pd.DataFrame, look: Mapping[str, Any]) -> None:
    """Draw a loss curve, with its marker at the end, or where it leaves the axes."""
    top = ax.get_ylim()[1]
    losses = run["validation_loss"].fillna(np.inf).to_numpy(float)
    epochs = run["epoch"].to_numpy(float)
    above = np.flatnonzero(losses > top)
    if above.size and above[-1] == len(losses) - 1:  # it ends above: show where it leaves
        first = int(above[np.flatnonzero(np.diff(above, prepend=-2) > 1)[-1]])
        epochs, losses = epochs[: first + 1], np.minimum(losses[: first + 1], top)
    lost = len(losses) == 1
    if lost:  # it was gone at the first evaluation
        epochs, losses = np.array([0.0, epochs[0]]), np.array([top / TOP, losses[0]])
    ends = [len(losses) - 1]
    ax.plot(epochs, losses, markevery=ends, lw=1.4, ms=7, clip_on=False, zorder=3, **look)


def rates_map(judged: pd.DataFrame, target_loss: float, guess: float) -> Figure:
    """Draw the final loss and the regime of each learning rate.

    Parameters
    ----------
    judged : DataFrame
        As of `reports.statistics.regimes.judge`.
    target_loss, guess : float
    """
    title = say(Text("Final loss at each learning rate", "各学习率的最终损失"))
    figure, (ax,) = panels_figure(1, 1, 6.2, [title], height=3.3, right=1.8)
    finite = judged["level"][np.isfinite(judged["level"])]
    bottom = 0.6 * min(finite.min() if len(finite) else guess, target_loss)
    top = TOP * guess
    ax.set(xscale="log", yscale="log", ylim=(bottom, top))
    for regime in REGIMES:
        some = judged[judged["regime"] == regime]
        look = {**LOOKS[regime], "linestyle": ""}
        ends = some["last"].where(some["last"] <= target_loss, some["level"])
        rates, level = some["learning_rate"], np.clip(ends, None, top)
        ax.plot(rates, level, ms=8, mec="white", clip_on=False, zorder=3, **look)
        lower, upper = (np.clip(some[name], bottom, top) for name in ("lower", "upper"))
        ax.vlines(rates, lower, upper, color=look["color"], lw=3, alpha=0.4)
    references = _reference_lines(ax, guess, target_loss)
    ax.set(xlabel=word("learning_rate"), ylabel=say(Text("final loss", "最终损失")))
    keys = [
        Line2D([], [], ms=8, label=say(NAMES[name]), **{**LOOKS[name], "linestyle": ""})
        for name in REGIMES
        if (judged["regime"] == name).any()
    ]
    ax.legend(handles=[*keys, *references], fontsize=9, **BESIDE)
    plain_log(ax)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
    dress(ax)
    return figure


def plain_log(ax: Axes) -> None:
    """Label a logarithmic axis of losses with plain numbers."""
    ax.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    ax.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    ax.yaxis.set_minor_formatter(NullFormatter())


def schedules(rates: Mapping[str, NDArray[np.float64]], max_epochs: int) -> Figure:
    """Draw the learning rate against the epoch, on a linear and on a logarithmic axis.

    Parameters
    ----------
    rates : mapping of str to ndarray, shape (n,)
        The learning rate at n epochs, evenly from 0 to `max_epochs`, by the schedule's name.
    max_epochs : int
    """
    right = legend_margin(word("decay"), list(rates))
    title = say(Text("Learning-rate schedules", "各种学习率衰减方式"))
    figure, panels = panels_figure(2, 2, 3.6, [title], gap=0.6, right=right)
    styles = dict(zip(rates, line_styles(len(rates)), strict=True))
    for ax, scale in zip(panels, ("linear", "log"), strict=True):
        for name, values in rates.items():
            epochs = np.linspace(0, max_epochs, len(values))
            ax.plot(epochs, values, label=name, **{**styles[name], "marker": ""})
        ax.set(yscale=scale, xlabel=word("epoch"), xlim=(0, max_epochs))
        dress(ax)
    panels[0].set(ylabel=word("learning_rate"), ylim=(0, None))
    top = max((float(values.max()) for values in rates.values()), default=1.0)
    panels[1].set(ylim=(top / 1000, 1.3 * top))
    plain_log(panels[1])
    panels[1].legend(title=word("decay"), fontsize=9, handlelength=3.2, **BESIDE)
    return figure
