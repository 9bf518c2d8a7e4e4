"""Figures of searches: the best loss over the trials, and the trials themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from reports.figures.losses import line_styles
from reports.figures.style import INK, dress, label_outer, panels_figure
from reports.words import Text, say, word


def best_so_far(steps: pd.DataFrame, names: Mapping[str, Text]) -> Figure:
    """Draw the lowest loss found up to each trial, as the median of the searches.

    Parameters
    ----------
    steps : DataFrame
        A row a trial: `strategy`, `search`, `trial` (both from 0) and `loss`.
    names : mapping of str to Text
        The names of the strategies in words.
    """
    title = Text("The lowest loss found so far", "目前找到的最低损失")
    note = Text(
        "median of {n} searches; the band is the interquartile range",
        "{n} 次搜索的中位数；色带表示四分位区间",
    )
    lines = [say(title), say(note.fill(n=steps["search"].nunique()))]
    figure, (ax,) = panels_figure(1, 1, 5.6, lines, height=3.6)
    lowest = steps.assign(loss=steps.groupby(["strategy", "search"])["loss"].cummin())
    styles = line_styles(steps["strategy"].nunique())
    for (name, some), style in zip(lowest.groupby("strategy", sort=False), styles, strict=True):
        losses = some.pivot(index="search", columns="trial", values="loss")
        lower, middle, upper = np.quantile(losses, (0.25, 0.5, 0.75), axis=0)
        look = {**style, "linewidth": 2, "markersize": 4}
        trials = np.arange(1, losses.shape[1] + 1)
        ax.step(trials, middle, where="post", label=say(names[str(name)]), **look)
        ax.fill_between(trials, lower, upper, step="post", color=style["color"], alpha=0.15, lw=0)
    ax.set(yscale="log", xlabel=say(Text("trials", "试验次数")), ylabel=word("validation_loss"))
    seen = lowest["loss"][lowest["trial"] > 0]
    ax.set_ylim(0.95 * seen.min(), 1.05 * np.quantile(seen, 0.95))
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend(fontsize=9, handlelength=3.2)
    dress(ax)
    return figure


def places(steps: pd.DataFrame, names: Mapping[str, Text], x_axis: str, y_axis: str) -> Figure:
    """Draw the trials of each strategy, darker for a lower loss, with a star at the best.

    Parameters
    ----------
    steps, names
        As of `best_so_far`.
    x_axis, y_axis : str
        Settings, which are columns of `steps` too.
    """
    title = say(Text("Trials of each strategy and their losses", "各策略的试验点及其损失"))
    n = steps["strategy"].nunique()
    figure, panels = panels_figure(n, n, 2.6, [title], height=2.8, gap=0.3, right=1.0)
    losses = steps["loss"]
    high = max(losses.quantile(0.75), 1.01 * losses.min())
    norm = LogNorm(losses.min(), high)
    for ax, (name, some) in zip(panels, steps.groupby("strategy", sort=False), strict=True):
        x, y, loss = some[[x_axis, y_axis, "loss"]].to_numpy(float).T
        worst_first = np.argsort(-loss)
        style: dict[str, Any] = {"cmap": "viridis", "norm": norm, "edgecolor": INK, "lw": 0.3}
        drawn = ax.scatter(x[worst_first], y[worst_first], c=loss[worst_first], s=28, **style)
        best = loss.argmin()
        ax.plot(x[best], y[best], marker="*", ms=15, mfc="none", mec="#D55E00", mew=1.6)
        ax.set(xscale="log", xlabel=word(x_axis), ylabel=word(y_axis))
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_title(say(names[str(name)]), fontsize=9)
        dress(ax)
    _share(panels)
    label_outer(panels, n)
    box = panels[-1].get_position()
    bar = figure.add_axes((box.x1 + 0.02, box.y0, 0.012, box.height))
    ticks = np.geomspace(losses.min(), high, 4)
    keyed = figure.colorbar(drawn, cax=bar, ticks=ticks.tolist(), extend="max")
    keyed.ax.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:.4f}"))
    keyed.ax.minorticks_off()
    keyed.ax.tick_params(labelsize=7)
    keyed.ax.set_title(word("loss axis"), fontsize=8)
    return figure


def _share(panels: Sequence[Any]) -> None:
    """Give all panels the same axes."""
    for low, high in (("x", "xlim"), ("y", "ylim")):
        limits = np.array([getattr(ax, f"get_{high}")() for ax in panels])
        for ax in panels:
            getattr(ax, f"set_{low}lim")(limits[:, 0].min(), limits[:, 1].max())
