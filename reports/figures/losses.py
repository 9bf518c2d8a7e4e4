"""Figures of loss curves.

Each function is given what it draws and returns the Axes or the Figure. None trains, saves or
sets a style for others, and none needs pyplot, so they may run in any thread.

Curves differ in colour, in dashes and in the marker at their end; colours go from dark to light
as the value grows, so that a photocopy can still be read. Margins are fixed in inches: a layout
engine would cost more than all the drawing.
"""

from collections.abc import Sequence
from itertools import product
from math import ceil, prod, sqrt
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from reports.figures.style import (
    BESIDE,
    INK,
    ORANGE,
    SKY,
    dress,
    label_outer,
    legend_margin,
    line_key,
    panels_figure,
)
from reports.frames import few, in_order
from reports.statistics.measure import Measure
from reports.words import number, say, word

HUGE = 1e100
"""A loss beyond this is on its way to infinity."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.2)), (0, (4, 1, 1, 1)), (0, (1.2, 0.8)))
MARKERS = "os^Dv"


def loss_curves(
    history: pd.DataFrame,
    ax: Axes,
    *,
    by: str,
    measure: Measure,
    whole: pd.DataFrame | None = None,
    legend: bool = True,
) -> Axes:
    """Draw a loss, or another measure, against the epoch: a curve for each value of a setting.

    A curve ends in a marker where it reached the target. With several repeats it is their median,
    and a band holds their middle half. Curves that end out of sight are named in words.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `repeat`, `epoch` and the columns that `measure` and `by` name.
        It holds one value of every other hyperparameter.
    ax : Axes
    by : str
        An axis of the grid, such as ``learning_rate``.
    measure : Measure
        What is drawn, and the target at which training stopped.
    whole : DataFrame, optional
        The history of all panels of a figure, so that they get the same axes and styles.
    legend : bool, default True
    """
    whole = history if whole is None else whole
    values = in_order(whole[by])
    _set_axes(ax, whole, measure)
    ends: dict[str, list[str]] = {}
    for value, style in zip(values, line_styles(len(values)), strict=True):
        curve = median_curve(history[history[by] == value], measure)
        _draw_curve(ax, curve, measure, label=number(value), **style)
        ends.setdefault(_end(ax, curve["median"], measure), []).append(number(value))
    _target_line(ax, measure)
    unseen = [end for end in ("diverged", "off the scale") if end in ends]
    _note(ax, "\n".join(f"{word(end)}: {', '.join(ends[end])}" for end in unseen))
    ax.set(xlabel=word("epoch"), ylabel=say(measure.title))
    if legend:
        curve_legend(ax, by, values, loc="lower right" if unseen else "best")
    return ax


def median_curve(history: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Join the repeats of one cell to one curve, up to where it reaches the target.

    A trial that stopped earlier keeps its last value; one that diverged is worse than all. Of an
    even number of repeats the worse of the two middle values is taken, so that the curve reaches
    the target only if the median of the epochs is reached: by more than half of the repeats.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation of one cell: `repeat`, `epoch` and the column that `measure` names.
    measure : Measure

    Returns
    -------
    DataFrame
        Indexed by epoch: `median`, and `better` and `worse`, between which lies the middle half.
    """
    costs = history.assign(cost=measure.as_cost(history[measure.name]).fillna(np.inf))
    wide = costs.pivot(index="epoch", columns="repeat", values="cost").ffill()
    runs = np.sort(wide.to_numpy(float), axis=1)  # (evaluations, repeats)
    if not runs.size:
        return pd.DataFrame(columns=["median", "better", "worse"], dtype=float)
    last = runs.shape[1] - 1
    columns = {"median": (last + 1) // 2, "better": last // 4, "worse": last - last // 4}
    curve = pd.DataFrame({k: measure.as_cost(runs[:, i]) for k, i in columns.items()}, wide.index)
    reached = np.flatnonzero(measure.reached(curve["median"]))
    return curve[: reached[0] + 1] if reached.size else curve


def together(history: pd.DataFrame, measure: Measure, by: str) -> Figure:
    """Draw one panel with a curve for each value; the parameters are those of `loss_curves`."""
    return by_panel(history, measure, None, by)


def by_panel(
    history: pd.DataFrame,
    measure: Measure,
    panel: str | None,
    by: str,
) -> Figure:
    """Draw a panel for each value of one axis, in it a curve for each value of another.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: the two axes, `repeat`, `epoch` and the column that `measure` names.
    measure : Measure
    panel, by : str
        The two axes; without `panel` there is one panel.
    """
    history, note = _thinned(history, *([panel] if panel else []), by)
    names = {"loss": say(measure.title), "panel": word(panel or ""), "curve": word(by)}
    title = [word("curves" if panel else "curves together").format(**names)]
    n_repeats = history["repeat"].nunique()
    title += [word("repeats").format(n_repeats)] if n_repeats > 1 else []
    title += [note] if note else []
    values = in_order(history[panel]) if panel else [None]
    n_cols = len(values) if len(values) <= 3 else ceil(sqrt(len(values)))
    width = min(max(6.0 / max(n_cols, 1), 1.8), 4.0) if panel else 5.6
    curves = in_order(history[by])
    labels = [*map(number, curves), word("target").format(measure.target or 0.0)]
    right = legend_margin(word(by), labels)
    figure, panels = panels_figure(len(values), n_cols, width, title, gap=0.3, right=right)
    for ax, value in zip(panels, values, strict=True):
        cut = history[history[panel] == value] if panel else history
        loss_curves(cut, ax, by=by, measure=measure, whole=history, legend=False)
        ax.set_title(f"{word(panel)} {number(value)}" if panel else "", fontsize=9)
    label_outer(panels, n_cols)
    if panels:
        curve_legend(panels[n_cols - 1], by, curves, **BESIDE)
    return figure


def side_by_side(history: pd.DataFrame, target_loss: float, by: str) -> Figure:
    """Draw a panel for each value of one axis; each shows what those of `cells` show."""
    return cells(history, target_loss, [by])


def cells(history: pd.DataFrame, target_loss: float, by: Sequence[str]) -> Figure:
    """Draw a panel for each cell: the loss on a mini-batch, which jumps, and on validation.

    Of several repeats it shows the first, and says so.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: the axes, `repeat, epoch, batch_loss, validation_loss`; one value of
        every other axis.
    target_loss : float
    by : sequence of str
        One axis, or the one that goes down and the one that goes across.
    """
    history, note = _thinned(history, *reversed(by))
    values = [in_order(history[axis]) for axis in by]
    n, n_cols = prod(map(len, values)), len(values[-1])
    if len(by) == 1:
        title, n_cols = word("one by one").format(curve=word(by[0])), 2 if n <= 4 else 3
        width, gap, size = 3.2, 0.35, 10
    else:
        title, gap = word("cells"), 0.2
        width = max(0.95, min(6.4 / max(n_cols, 1), 10 / max(len(values[0]), 1), 4.0))
        size = 9 if width > 1.2 else 7
    first, n_repeats = history["repeat"].min(), history["repeat"].nunique()
    if n_repeats > 1:
        title += f" ({word('one repeat').format(first, n_repeats)})"
    figure, panels = panels_figure(n, n_cols, width, [title, note], gap=gap)
    measure = Measure(target=target_loss)
    shown = history[history["repeat"] == first]
    runs = dict(iter(shown.groupby(list(by), sort=False)))
    for ax, cell in zip(panels, product(*values), strict=True):
        _set_axes(ax, history, measure)
        _draw_run(ax, runs.get(cell, shown[:0]), measure, size - 1)
        ax.set_xlabel(word("epoch"), fontsize=size)
        if len(by) == 1:
            ax.set_title(f"{word(by[0])} {number(cell[0])}", fontsize=9)
            ax.set_ylabel(word("loss axis"))
        else:
            ax.yaxis.set_minor_locator(NullLocator())  # half of the time to draw goes into ticks
            name_cell(ax, cell, by, size, is_first=cell[0] == values[0][0])
    label_outer(panels, n_cols)
    line_key(figure, panels)
    return figure


def name_cell(
    ax: Axes, cell: Sequence[Any], by: Sequence[str], size: int, *, is_first: bool
) -> None:
    """Name a panel's column over it if its row is the first one, and its row beside it."""
    column = "η =" if by[-1] == "learning_rate" else word(by[-1])
    ax.set_title(f"{column} {number(cell[-1])}" if is_first else "", fontsize=size)
    ax.set_ylabel(f"{word(by[0])} {number(cell[0])}", fontsize=size)


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


def _set_axes(ax: Axes, history: pd.DataFrame, measure: Measure) -> None:
    """Choose axes that show what has been learned; what explodes leaves them."""
    last = history["epoch"].max() if len(history) else 1
    ax.set_xlim(0, 1.03 * last)
    dress(ax)
    values = history[measure.name].to_numpy(float)
    if measure.maximize or (values < 0).any():
        return
    first = history.loc[history["epoch"] == history["epoch"].min(), measure.name].min()
    seen = values[(values > 0) & (values < HUGE)]
    target = measure.target or seen.min(initial=1.0)
    low, high = (seen.min(), seen.max()) if seen.size else (target, target)
    bottom = max(min(target, low), low / 100)
    top = max(np.fmin(high, 100 * min(first, HUGE)), 12 * bottom, target)
    ax.set(yscale="log", ylim=(0.5 * bottom, 2 * top))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    ax.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _draw_curve(ax: Axes, curve: pd.DataFrame, measure: Measure, **style: Any) -> None:
    """Draw a curve of `median_curve`; its marker stands where it reached the target."""
    median = curve["median"].where(curve["median"].abs() < HUGE)
    ends = [len(median) - 1] if measure.reached(median.iloc[-1:]).any() else []
    ax.plot(median.index.to_numpy(), median.to_numpy(), markevery=ends, zorder=3, **style)
    if (curve["better"] != curve["worse"]).any():
        band = curve[["better", "worse"]].clip(-HUGE, HUGE)
        looks = {"color": style["color"], "alpha": 0.2, "linewidth": 0}
        ax.fill_between(band.index, band["better"], band["worse"], **looks)


def _draw_run(ax: Axes, run: pd.DataFrame, measure: Measure, fontsize: int) -> None:
    """Draw one trial, and say in words what came of it."""
    for name, colour, width in (("batch_loss", SKY, 0.7), (measure.name, INK, 1.6)):
        loss = run[name].where(run[name] < HUGE)
        x, y = run["epoch"].to_numpy(), loss.to_numpy()  # pandas' own series take twice as long
        ax.plot(x, y, color=colour, linewidth=width, label=word(name))
    _target_line(ax, measure)
    end = _end(ax, run[measure.name], measure)
    _note(ax, word(end).format(run["epoch"].max()), fontsize)


def _end(ax: Axes, values: "pd.Series[float]", measure: Measure) -> str:
    """Return the word for how a curve ends."""
    if not len(values):
        return "no history"
    last = values.iloc[-1]
    if not np.isfinite(last):
        return "diverged"
    if last > ax.get_ylim()[1] and not measure.maximize:
        return "off the scale"
    return "reached" if measure.reached(last) else "not reached"


def _target_line(ax: Axes, measure: Measure) -> None:
    if measure.target is not None:
        name = word("target").format(measure.target)
        ax.axhline(measure.target, color=ORANGE, lw=1, linestyle=(0, (1, 1)), label=name, zorder=2)


def _note(ax: Axes, text: str, fontsize: int = 8) -> None:
    """Write into the upper right corner, where a loss curve seldom is."""
    place: dict[str, Any] = {"transform": ax.transAxes, "ha": "right", "va": "top"}
    ax.text(0.97, 0.97, text, fontsize=fontsize, color=INK, **place)


def curve_legend(ax: Axes, by: str, values: Sequence[Any], **where: Any) -> None:
    """Explain the curves of all values, also of those that this panel lacks, and the target."""
    styles = zip(values, line_styles(len(values)), strict=True)
    keys = [Line2D([], [], label=number(value), **style) for value, style in styles]
    keys += [line for line in ax.get_lines()[-1:] if line.get_color() == ORANGE]
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
