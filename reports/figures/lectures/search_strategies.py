"""Figures of searches: the best loss over the trials, and the trials themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from reports.figures.losses import line_styles
from reports.figures.style import INK, dress, label_outer, panels_figure
from reports.words import Text, say, word

Array = NDArray[np.float64]


def best_so_far(strategies: Mapping[Text, Array]) -> Figure:
    """Draw the lowest loss found up to each trial, as the median of the searches.

    Parameters
    ----------
    strategies : mapping of Text to ndarray, shape (n_searches, n_trials)
    """
    n_searches = len(next(iter(strategies.values())))
    title = Text("The lowest loss found so far", "目前找到的最低损失")
    note = Text(
        "median of {n} searches; the band is the interquartile range",
        "{n} 次搜索的中位数；色带表示四分位区间",
    )
    lines = [say(title), say(note.fill(n=n_searches))]
    figure, (ax,) = panels_figure(1, 1, 5.6, lines, height=3.6)
    styles = line_styles(len(strategies))
    for (name, best), style in zip(strategies.items(), styles, strict=True):
        trials = np.arange(1, best.shape[1] + 1)
        lower, middle, upper = np.quantile(best, (0.25, 0.5, 0.75), axis=0)
        look = {**style, "linewidth": 2, "markersize": 4}
        ax.step(trials, middle, where="post", label=say(name), **look)
        ax.fill_between(trials, lower, upper, step="post", color=style["color"], alpha=0.15, lw=0)
    ax.set(yscale="log", xlabel=say(Text("trials", "试验次数")), ylabel=word("validation_loss"))
    seen = np.concatenate([best[:, 1:].ravel() for best in strategies.values()])
    ax.set_ylim(0.95 * seen.min(), 1.05 * np.quantile(seen, 0.95))
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend(fontsize=9, handlelength=3.2)
    dress(ax)
    return figure


def places(
    strategies: Mapping[Text, Sequence[tuple[float, float, float]]], x_axis: str, y_axis: str
) -> Figure:
    """Draw the trials of each strategy, darker for a lower loss, with a star at the best.

    Parameters
    ----------
    strategies : mapping of Text to sequence of (x, y, loss)
    x_axis, y_axis : str
        Names of the settings.
    """
    title = say(Text("Trials of each strategy and their losses", "各策略的试验点及其损失"))
    n = len(strategies)
    figure, panels = panels_figure(n, n, 2.6, [title], height=2.8, gap=0.3, right=1.0)
    losses = np.array([loss for points in strategies.values() for *_, loss in points])
    high = max(np.quantile(losses, 0.75), 1.01 * losses.min())
    norm = LogNorm(losses.min(), high)
    for ax, (name, points) in zip(panels, strategies.items(), strict=True):
        x, y, loss = np.array(points).T
        worst_first = np.argsort(-loss)
        style: dict[str, Any] = {"cmap": "viridis", "norm": norm, "edgecolor": INK, "lw": 0.3}
        drawn = ax.scatter(x[worst_first], y[worst_first], c=loss[worst_first], s=28, **style)
        best = loss.argmin()
        ax.plot(x[best], y[best], marker="*", ms=15, mfc="none", mec="#D55E00", mew=1.6)
        ax.set(xscale="log", xlabel=word(x_axis), ylabel=word(y_axis))
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_title(say(name), fontsize=9)
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
