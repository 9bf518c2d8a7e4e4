"""Figures of loss curves.

Each function is given what it draws and returns the Axes or the Figure. None trains, saves or
sets a style for others, and none needs pyplot, so they may run in any thread.

Curves differ in colour, in dashes and in the marker at their end; colours go from dark to light
as the value grows, so that a photocopy can still be read. Margins are fixed in inches: a layout
engine would cost more than all the drawing.
"""

from collections.abc import Sequence
from itertools import product
from math import ceil, sqrt
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from reports.figures.style import (
    INK,
    ORANGE,
    SKY,
    dress,
    in_order,
    label_outer,
    legend_margin,
    line_key,
    panels_figure,
)
from reports.frames import few
from reports.words import number, word

HUGE = 1e100
"""A loss beyond this is on its way to infinity."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.2)), (0, (4, 1, 1, 1)), (0, (1.2, 0.8)))
MARKERS = "os^Dv"


def loss_curves(
    history: pd.DataFrame,
    ax: Axes,
    *,
    by: str = "learning_rate",
    target_loss: float,
    loss: str = "validation_loss",
    whole: pd.DataFrame | None = None,
    legend: bool = True,
) -> Axes:
    """Draw a loss against the epoch, a curve for each value of a hyperparameter.

    A curve ends in a marker where it reached the target. With several repeats it is their median,
    and a band holds their middle half. Curves that end out of sight are named in words.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `repeat`, `epoch` and the columns that `loss` and `by` name.
        It holds one value of every other hyperparameter.
    ax : Axes
    by : str
        An axis of the grid, such as ``learning_rate``.
    target_loss : float
        The loss at which training stopped.
    loss : str
        ``validation_loss``, or ``train_loss`` where there is no validation set.
    whole : DataFrame, optional
        The history of all panels of a figure, so that they get the same axes and styles.
    legend : bool, default True
    """
    whole = history if whole is None else whole
    values = in_order(whole[by])
    _loss_axes(ax, whole, target_loss, loss)
    ends: dict[str, list[str]] = {}
    for value, style in zip(values, line_styles(len(values)), strict=True):
        curve = median_curve(history[history[by] == value], target_loss, loss)
        _draw_curve(ax, curve, target_loss, label=number(value), **style)
        ends.setdefault(_end(ax, curve["median"], target_loss), []).append(number(value))
    _target_line(ax, target_loss)
    unseen = [end for end in ("diverged", "off the scale") if end in ends]
    _note(ax, "\n".join(f"{word(end)}: {', '.join(ends[end])}" for end in unseen))
    ax.set(xlabel=word("epoch"), ylabel=word(loss))
    if legend:
        curve_legend(ax, by, values, loc="lower right" if unseen else "best", frameon=True)
    return ax


def median_curve(
    history: pd.DataFrame, target_loss: float, loss: str = "validation_loss"
) -> pd.DataFrame:
    """Join the repeats of one cell to one curve, up to where it reaches the target.

    A trial that stopped earlier keeps its last loss; one that diverged counts as infinite. Of an
    even number of repeats the higher of the two middle losses is taken, so that the curve reaches
    the target only if the median of the epochs is reached: by more than half of the repeats.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation of one cell: `repeat`, `epoch` and the column that `loss` names.
    target_loss : float
    loss : str

    Returns
    -------
    DataFrame
        Indexed by epoch: `median`, and `lower` and `upper`, between which lies the middle half.
    """
    losses = history.assign(loss=history[loss].fillna(np.inf))
    wide = losses.pivot(index="epoch", columns="repeat", values="loss").ffill()
    runs = np.sort(wide.to_numpy(float), axis=1)  # (evaluations, repeats)
    if not runs.size:
        return pd.DataFrame(columns=["median", "lower", "upper"], dtype=float)
    last = runs.shape[1] - 1
    columns = {"median": (last + 1) // 2, "lower": last // 4, "upper": last - last // 4}
    curve = pd.DataFrame({name: runs[:, i] for name, i in columns.items()}, index=wide.index)
    reached = np.flatnonzero(curve["median"] <= target_loss)
    return curve[: reached[0] + 1] if reached.size else curve


def together(
    history: pd.DataFrame, target_loss: float, by: str, loss: str = "validation_loss"
) -> Figure:
    """Draw one panel with a curve for each value; the parameters are those of `loss_curves`."""
    history, note = _thinned(history, by)
    title = [word("curves together").format(loss=word(loss), curve=word(by))]
    title += [*_repeats_note(history), *([note] if note else [])]
    right = _margin(by, history, target_loss)
    figure, (ax,) = panels_figure(1, 1, 5.6, title, right=right)
    loss_curves(history, ax, by=by, target_loss=target_loss, loss=loss, legend=False)
    beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.03), "frameon": False}
    curve_legend(ax, by, in_order(history[by]), **beside)
    return figure


def side_by_side(history: pd.DataFrame, target_loss: float, by: str) -> Figure:
    """Draw a panel for each value: the loss on a mini-batch, which jumps, and on validation.

    Of several repeats it shows the first, and says so.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: the axis that `by` names, `repeat, epoch, batch_loss,
        validation_loss`; one value of every other axis.
    target_loss : float
    by : str
        An axis of the grid.
    """
    history, note = _thinned(history, by)
    values = in_order(history[by])
    title = word("one by one").format(curve=word(by)) + _first_of(history)
    n_cols = 2 if len(values) <= 4 else 3
    figure, panels = panels_figure(len(values), n_cols, 3.2, [title, note], gap=0.35)
    shown = history[history["repeat"] == history["repeat"].min()]
    for ax, value in zip(panels, values, strict=True):
        _loss_axes(ax, history, target_loss)
        _draw_cell(ax, shown[shown[by] == value], target_loss, 9)
        ax.set_title(f"{word(by)} {number(value)}", fontsize=9)
        ax.set(xlabel=word("epoch"), ylabel=word("loss axis"))
    label_outer(panels, n_cols)
    line_key(figure, panels)
    return figure


def cells(history: pd.DataFrame, target_loss: float) -> Figure:
    """Draw a small panel for each cell of a grid of learning rates and batch sizes.

    It shows what `side_by_side` shows.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `learning_rate, batch_size, repeat, epoch, batch_loss,
        validation_loss`.
    target_loss : float
    """
    history, note = _thinned(history, "learning_rate", "batch_size")
    rates, sizes = in_order(history["learning_rate"]), in_order(history["batch_size"])
    width = min(6.4 / max(len(rates), 1), 10 / max(len(sizes), 1), 4.0)
    small = 9 if width > 1.2 else 7
    figure, panels = panels_figure(
        len(rates) * len(sizes),
        len(rates),
        max(width, 0.95),
        [word("cells") + _first_of(history), note],
    )
    shown = history[history["repeat"] == history["repeat"].min()]
    runs = dict(iter(shown.groupby(["batch_size", "learning_rate"], sort=False)))
    for ax, (size, rate) in zip(panels, product(sizes, rates), strict=True):
        _loss_axes(ax, history, target_loss)
        ax.yaxis.set_minor_locator(NullLocator())  # half of the time to draw goes into ticks
        _draw_cell(ax, runs.get((size, rate), shown[:0]), target_loss, small - 1)
        ax.set_title(f"η = {number(rate)}" if size == sizes[0] else "", fontsize=small)
        ax.set_ylabel(f"{word('batch_size')} {number(size)}", fontsize=small)
        ax.set_xlabel(word("epoch"), fontsize=small)
    label_outer(panels, len(rates))
    line_key(figure, panels)
    return figure


def _first_of(history: pd.DataFrame) -> str:
    """Say which of several repeats is shown."""
    first, n_repeats = history["repeat"].min(), history["repeat"].nunique()
    return f" ({word('one repeat').format(first, n_repeats)})" if n_repeats > 1 else ""


def _thinned(history: pd.DataFrame, *axes: str) -> tuple[pd.DataFrame, str]:
    """Return the rows of few values of each axis, and words that say so where there are more."""
    notes = []
    for axis in axes:
        values = in_order(history[axis])
        shown = few(values)
        if len(shown) < len(values):
            history = history[history[axis].isin(shown)]
            of = {"axis": word(axis), "shown": len(shown), "all": len(values)}
            notes.append(word("few shown").format(**of))
    return history, ", ".join(notes)


def _repeats_note(history: pd.DataFrame) -> list[str]:
    n_repeats = history["repeat"].nunique()
    return [word("repeats").format(n_repeats)] if n_repeats > 1 else []


def by_panel(history: pd.DataFrame, target_loss: float, panel: str, by: str) -> Figure:
    """Draw a panel for each value of one axis, in it a curve for each value of another.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: the two axes, `repeat, epoch, validation_loss`.
    target_loss : float
    panel, by : str
        The two axes.
    """
    history, note = _thinned(history, panel, by)
    values = in_order(history[panel])
    loss = word("validation_loss")
    title = [word("curves").format(loss=loss, panel=word(panel), curve=word(by))]
    title += [*_repeats_note(history), *([note] if note else [])]
    n_cols = len(values) if len(values) <= 3 else ceil(sqrt(len(values)))
    width = min(max(6.0 / max(n_cols, 1), 1.8), 4.0)
    right = _margin(by, history, target_loss)
    figure, panels = panels_figure(len(values), n_cols, width, title, gap=0.3, right=right)
    for ax, value in zip(panels, values, strict=True):
        cut = history[history[panel] == value]
        loss_curves(cut, ax, by=by, target_loss=target_loss, whole=history, legend=False)
        ax.set_title(f"{word(panel)} {number(value)}", fontsize=9)
    label_outer(panels, n_cols)
    if panels:
        beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.03), "frameon": False}
        curve_legend(panels[n_cols - 1], by, in_order(history[by]), **beside)
    return figure


def _loss_axes(
    ax: Axes, history: pd.DataFrame, target_loss: float, loss: str = "validation_loss"
) -> None:
    """Choose axes that show what has been learned; what explodes leaves them."""
    losses = history[loss].to_numpy(float)
    seen = losses[(losses > 0) & (losses < HUGE)]
    low, high = (seen.min(), seen.max()) if seen.size else (target_loss, target_loss)
    first = history.loc[history["epoch"] == history["epoch"].min(), loss].min()
    bottom = max(min(target_loss, low), low / 100)
    top = max(np.fmin(high, 100 * min(first, HUGE)), 12 * bottom, target_loss)
    last = history["epoch"].max() if len(history) else 1
    ax.set(yscale="log", ylim=(0.5 * bottom, 2 * top), xlim=(0, 1.03 * last))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    ax.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    ax.yaxis.set_minor_formatter(NullFormatter())
    dress(ax)


def _draw_curve(ax: Axes, curve: pd.DataFrame, target_loss: float, **style: Any) -> None:
    """Draw a curve of `median_curve`; its marker stands where it reached the target."""
    median = curve["median"].where(curve["median"] < HUGE)
    ends = [len(median) - 1] if (median.iloc[-1:] <= target_loss).any() else []
    ax.plot(median.index.to_numpy(), median.to_numpy(), markevery=ends, zorder=3, **style)
    if (curve["upper"] > curve["lower"]).any():
        band = curve[["lower", "upper"]].clip(upper=HUGE)
        looks = {"color": style["color"], "alpha": 0.2, "linewidth": 0}
        ax.fill_between(band.index, band["lower"], band["upper"], **looks)


def _draw_cell(ax: Axes, run: pd.DataFrame, target_loss: float, fontsize: int) -> None:
    """Draw one trial, and say in words what came of it."""
    for name, colour, width in (("batch_loss", SKY, 0.7), ("validation_loss", INK, 1.6)):
        loss = run[name].where(run[name] < HUGE)
        x, y = run["epoch"].to_numpy(), loss.to_numpy()  # pandas' own series take twice as long
        ax.plot(x, y, color=colour, linewidth=width, label=word(name))
    _target_line(ax, target_loss)
    end = _end(ax, run["validation_loss"], target_loss)
    _note(ax, word(end).format(run["epoch"].max()), fontsize)


def _end(ax: Axes, losses: "pd.Series[float]", target_loss: float) -> str:
    """Return the word for how a curve ends."""
    if not len(losses):
        return "no history"
    last = losses.iloc[-1]
    if not np.isfinite(last):
        return "diverged"
    if last > ax.get_ylim()[1]:
        return "off the scale"
    return "reached" if last <= target_loss else "not reached"


def _target_line(ax: Axes, target_loss: float) -> None:
    name = word("target").format(target_loss)
    ax.axhline(target_loss, color=ORANGE, lw=1, linestyle=(0, (1, 1)), label=name, zorder=2)


def _note(ax: Axes, text: str, fontsize: int = 8) -> None:
    """Write into the upper right corner, where a loss curve seldom is."""
    place: dict[str, Any] = {"transform": ax.transAxes, "ha": "right", "va": "top"}
    ax.text(0.97, 0.97, text, fontsize=fontsize, color=INK, **place)


def _margin(by: str, history: pd.DataFrame, target_loss: float) -> float:
    """Return the room that `_legend` needs beside the panels, in inches."""
    labels = [*map(number, in_order(history[by])), word("target").format(target_loss)]
    return legend_margin(word(by), labels)


def curve_legend(ax: Axes, by: str, values: Sequence[Any], **where: Any) -> None:
    """Explain the curves of all values, also of those that this panel lacks, and the target."""
    styles = zip(values, line_styles(len(values)), strict=True)
    keys = [Line2D([], [], label=number(value), **style) for value, style in styles]
    keys.append(ax.get_lines()[-1])
    ax.legend(handles=keys, title=word(by), handlelength=3.2, fontsize=9, **where)


def line_styles(n: int) -> list[dict[str, Any]]:
    """Return n looks for lines, from dark to light."""
    colours = colormaps["plasma"](np.linspace(0, 0.78, n))
    return [
        {
            "color": tuple(colour),
            "linestyle": DASHES[i % len(DASHES)],
            "marker": MARKERS[i % len(MARKERS)],
            "linewidth": 1.5,
        }
        for i, colour in enumerate(colours)
    ]
