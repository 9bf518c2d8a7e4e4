"""Figures of a sweep: loss curves, heat maps, fits.

Each function is given what it draws and returns the Axes or the Figure. None trains, saves or
sets a style for others, and none needs pyplot, so they may run in any thread.

Curves differ in colour, in dashes and in the marker at their end; colours go from dark to light
as the value grows, so that a photocopy can still be read. Margins are fixed in inches: a layout
engine would cost more than all the drawing.
"""

from collections.abc import Sequence
from itertools import islice, product
from math import ceil, sqrt
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from numpy.typing import ArrayLike

WORDS = {
    "learning_rate": "learning rate η",
    "batch_size": "batch size",
    "epoch": "epoch",
    "validation_loss": "validation loss",
    "batch_loss": "loss on the last mini-batch",
    "target": "target {:g}",
    "reached": "{} epochs",
    "not reached": "not reached",
    "off the scale": "off the scale",
    "diverged": "diverged",
    "no history": "no history",
    "curves": "Validation loss: a panel for each {panel}, a curve for each {curve}",
    "repeats": "median of {} repeats; the band holds their middle half",
    "cells": "Loss in each cell of the grid",
    "one repeat": "repeat {} of {} repeats",
    "epochs map": "Epochs until validation loss ≤ {:g}",
    "accuracy map": "R² on the test set",
    "fewer": "darker: fewer, better",
    "higher": "darker: higher, better",
    "best": "framed: the table's best",
    "no epochs": "hatched: target not reached",
    "no accuracy": "hatched: no value",
    "training": "training points",
    "true curve": "true curve (test set)",
    "test points": "test points",
    "network": "network",
    "truth": "true value",
    "predicted": "network's value",
    "perfect": "perfect",
}
"""Every word that a reader sees."""

HUGE = 1e100
"""A loss beyond this is on its way to infinity."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.2)), (0, (4, 1, 1, 1)), (0, (1.2, 0.8)))
MARKERS = "os^Dv"
INK, GREY, ORANGE, SKY = "0.1", "0.45", "#D55E00", "#56B4E9"  # the last two: Okabe and Ito
LEFT, BOTTOM, TOP, LINE = 0.75, 0.55, 0.55, 0.22
"""Margins of a figure and the height of a line in them, in inches."""


def loss_curves(
    history: pd.DataFrame,
    ax: Axes,
    *,
    by: str = "learning_rate",
    target_loss: float,
    whole: pd.DataFrame | None = None,
    legend: bool = True,
) -> Axes:
    """Draw the validation loss against the epoch, a curve for each value of a hyperparameter.

    A curve ends in a marker where it reached the target. With several repeats it is their median,
    and a band holds their middle half. Curves that end out of sight are named in words.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `repeat`, `epoch`, `validation_loss` and the column that `by` names.
        It holds one value of every other hyperparameter.
    ax : Axes
    by : {"learning_rate", "batch_size"}
    target_loss : float
        The loss at which training stopped.
    whole : DataFrame, optional
        The history of all panels of a figure, so that they get the same axes and styles.
    legend : bool, default True
    """
    whole = history if whole is None else whole
    values = _in_order(whole[by])
    _loss_axes(ax, whole, target_loss)
    ends: dict[str, list[str]] = {}
    for value, style in zip(values, _styles(len(values)), strict=True):
        curve = median_curve(history[history[by] == value], target_loss)
        _draw_curve(ax, curve, target_loss, label=_name(value), **style)
        ends.setdefault(_end(ax, curve["median"], target_loss), []).append(_name(value))
    _target_line(ax, target_loss)
    unseen = [end for end in ("diverged", "off the scale") if end in ends]
    _note(ax, "\n".join(f"{WORDS[end]}: {', '.join(ends[end])}" for end in unseen))
    ax.set(xlabel=WORDS["epoch"], ylabel=WORDS["validation_loss"])
    if legend:
        _legend(ax, by, values, loc="lower right" if unseen else "best", frameon=True)
    return ax


def median_curve(history: pd.DataFrame, target_loss: float) -> pd.DataFrame:
    """Join the repeats of one cell to one curve, up to where it reaches the target.

    A trial that stopped earlier keeps its last loss; one that diverged counts as infinite. Of an
    even number of repeats the lower of the two middle losses is taken, so that the curve reaches
    the target at the first evaluation by which half of the repeats have.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation of one cell: `repeat`, `epoch`, `validation_loss`.
    target_loss : float

    Returns
    -------
    DataFrame
        Indexed by epoch: `median`, and `lower` and `upper`, between which lies the middle half.
    """
    losses = history.assign(validation_loss=history["validation_loss"].fillna(np.inf))
    wide = losses.pivot(index="epoch", columns="repeat", values="validation_loss").ffill()
    runs = np.sort(wide.to_numpy(float), axis=1)  # (evaluations, repeats)
    if not runs.size:
        return pd.DataFrame(columns=["median", "lower", "upper"], dtype=float)
    last = runs.shape[1] - 1
    columns = {"median": last // 2, "lower": last // 4, "upper": last - last // 4}
    curve = pd.DataFrame({name: runs[:, i] for name, i in columns.items()}, index=wide.index)
    reached = np.flatnonzero(curve["median"] <= target_loss)
    return curve[: reached[0] + 1] if reached.size else curve


def loss_by_batch_size(history: pd.DataFrame, target_loss: float) -> Figure:
    """Draw a panel for each batch size, in it a curve for each learning rate.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `learning_rate, batch_size, repeat, epoch, validation_loss`.
    target_loss : float
    """
    return _loss_figure(history, target_loss, "batch_size", "learning_rate")


def loss_by_learning_rate(history: pd.DataFrame, target_loss: float) -> Figure:
    """Draw a panel for each learning rate, in it a curve for each batch size.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `learning_rate, batch_size, repeat, epoch, validation_loss`.
    target_loss : float
    """
    return _loss_figure(history, target_loss, "learning_rate", "batch_size")


def cells(history: pd.DataFrame, target_loss: float) -> Figure:
    """Draw a small panel for each cell: the loss on a mini-batch, which jumps, and on validation.

    Of several repeats it shows the first, and says so.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `learning_rate, batch_size, repeat, epoch, batch_loss,
        validation_loss`.
    target_loss : float
    """
    rates, sizes = _in_order(history["learning_rate"]), _in_order(history["batch_size"])
    first, n_repeats = history["repeat"].min(), history["repeat"].nunique()
    several = f" ({WORDS['one repeat'].format(first, n_repeats)})" if n_repeats > 1 else ""
    width = min(6.4 / max(len(rates), 1), 10 / max(len(sizes), 1), 4.0)
    small = 9 if width > 1.2 else 7
    figure, panels = _panels(
        len(rates) * len(sizes), len(rates), max(width, 0.95), [WORDS["cells"] + several, ""]
    )
    shown = history[history["repeat"] == first]
    runs = dict(iter(shown.groupby(["batch_size", "learning_rate"], sort=False)))
    for ax, (size, rate) in zip(panels, product(sizes, rates), strict=True):
        _loss_axes(ax, history, target_loss)
        ax.yaxis.set_minor_locator(NullLocator())  # half of the time to draw goes into ticks
        _draw_cell(ax, runs.get((size, rate), shown[:0]), target_loss, small - 1)
        ax.set_title(f"η = {_name(rate)}" if size == sizes[0] else "", fontsize=small)
        ax.set_ylabel(f"{WORDS['batch_size']} {_name(size)}", fontsize=small)
        ax.set_xlabel(WORDS["epoch"], fontsize=small)
    _label_outer(panels, len(rates))
    if panels:
        place = (0.0, 1 - 1.2 * LINE / figure.get_figheight())
        keys = {"handles": panels[0].get_lines(), "ncols": 3, "fontsize": 8, "frameon": False}
        figure.legend(loc="upper left", bbox_to_anchor=place, **keys)
    return figure


def _loss_figure(history: pd.DataFrame, target_loss: float, panel: str, by: str) -> Figure:
    values = _in_order(history[panel])
    title = [WORDS["curves"].format(panel=WORDS[panel], curve=WORDS[by])]
    if (n_repeats := history["repeat"].nunique()) > 1:
        title.append(WORDS["repeats"].format(n_repeats))
    n_cols = len(values) if len(values) <= 3 else ceil(sqrt(len(values)))
    width = min(max(6.0 / max(n_cols, 1), 1.8), 4.0)
    figure, panels = _panels(len(values), n_cols, width, title, gap=0.3, right=1.4)
    for ax, value in zip(panels, values, strict=True):
        cut = history[history[panel] == value]
        loss_curves(cut, ax, by=by, target_loss=target_loss, whole=history, legend=False)
        ax.set_title(f"{WORDS[panel]} {_name(value)}", fontsize=9)
    _label_outer(panels, n_cols)
    if panels:
        beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.03), "frameon": False}
        _legend(panels[n_cols - 1], by, _in_order(history[by]), **beside)
    return figure


def _panels(
    n: int, n_cols: int, width: float, title: list[str], *, gap: float = 0.2, right: float = 0.15
) -> tuple[Figure, list[Axes]]:
    """Make a figure of n panels, row by row, from sizes in inches."""
    n_cols, height, top = max(n_cols, 1), 0.75 * width, TOP + LINE * (len(title) - 1)
    n_rows = max(ceil(n / n_cols), 1)
    W = LEFT + n_cols * (width + gap) - gap + right
    H = BOTTOM + n_rows * (height + gap) - gap + top
    figure = Figure(figsize=(W, H))
    figure.suptitle("\n".join(title), x=0.1 / W, y=1 - 0.1 / H, ha="left", va="top", fontsize=11)
    panels, prune = [], "lower" if width < 2 else None
    for row, col in islice(product(range(n_rows), range(n_cols)), n):
        x, y = LEFT + col * (width + gap), H - top - height - row * (height + gap)
        panels.append(figure.add_axes((x / W, y / H, width / W, height / H)))
        panels[-1].xaxis.set_major_locator(
            MaxNLocator(max(3, int(2 * width)), steps=[1, 2, 2.5, 5, 10], prune=prune)
        )
    return figure, panels


def _label_outer(panels: list[Axes], n_cols: int) -> None:
    """Leave words and numbers to the panels at the left and at the bottom."""
    for i, ax in enumerate(panels):
        if i + n_cols < len(panels):
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
        if i % n_cols:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)


def _loss_axes(ax: Axes, history: pd.DataFrame, target_loss: float) -> None:
    """Choose axes that show what has been learned; what explodes leaves them."""
    losses = history["validation_loss"].to_numpy(float)
    seen = losses[(losses > 0) & (losses < HUGE)]
    low, high = (seen.min(), seen.max()) if seen.size else (target_loss, target_loss)
    first = history.loc[history["epoch"] == history["epoch"].min(), "validation_loss"].min()
    bottom = max(min(target_loss, low), low / 100)
    top = max(np.fmin(high, 100 * min(first, HUGE)), 12 * bottom, target_loss)
    last = history["epoch"].max() if len(history) else 1
    ax.set(yscale="log", ylim=(0.5 * bottom, 2 * top), xlim=(0, 1.03 * last))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    ax.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    ax.yaxis.set_minor_formatter(NullFormatter())
    _dress(ax)


def _draw_curve(ax: Axes, curve: pd.DataFrame, target_loss: float, **style: Any) -> None:
    """Draw a curve of `median_curve`; its marker stands where it reached the target."""
    median = curve["median"].where(curve["median"] < HUGE)
    ends = [len(median) - 1] if (median.iloc[-1:] <= target_loss).any() else []
    ax.plot(median.index, median, markevery=ends, zorder=3, **style)
    if (curve["upper"] > curve["lower"]).any():
        band = curve[["lower", "upper"]].clip(upper=HUGE)
        looks = {"color": style["color"], "alpha": 0.2, "linewidth": 0}
        ax.fill_between(band.index, band["lower"], band["upper"], **looks)


def _draw_cell(ax: Axes, run: pd.DataFrame, target_loss: float, fontsize: int) -> None:
    """Draw one trial, and say in words what came of it."""
    for name, colour, width in (("batch_loss", SKY, 0.7), ("validation_loss", INK, 1.6)):
        loss = run[name].where(run[name] < HUGE)
        ax.plot(run["epoch"], loss, color=colour, linewidth=width, label=WORDS[name])
    _target_line(ax, target_loss)
    end = _end(ax, run["validation_loss"], target_loss)
    _note(ax, WORDS[end].format(run["epoch"].max()), fontsize)


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
    name = WORDS["target"].format(target_loss)
    ax.axhline(target_loss, color=ORANGE, lw=1, linestyle=(0, (1, 1)), label=name, zorder=2)


def _note(ax: Axes, text: str, fontsize: int = 8) -> None:
    """Write into the upper right corner, where a loss curve seldom is."""
    place: dict[str, Any] = {"transform": ax.transAxes, "ha": "right", "va": "top"}
    ax.text(0.97, 0.97, text, fontsize=fontsize, color=INK, **place)


def _legend(ax: Axes, by: str, values: Sequence[Any], **where: Any) -> None:
    """Explain the curves of all values, also of those that this panel lacks, and the target."""
    styles = zip(values, _styles(len(values)), strict=True)
    keys = [Line2D([], [], label=_name(value), **style) for value, style in styles]
    keys.append(ax.get_lines()[-1])
    ax.legend(handles=keys, title=WORDS[by], handlelength=3.2, fontsize=9, **where)


def _styles(n: int) -> list[dict[str, Any]]:
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


def heat_map(
    table: pd.DataFrame,
    ax: Axes,
    *,
    text: pd.DataFrame,
    best: tuple[Any, float] | None = None,
    fewer_is_better: bool = False,
) -> Axes:
    """Draw a table, the better the number the darker its cell.

    Parameters
    ----------
    table : DataFrame
        Indexed by batch size, a column a learning rate. Cells that are not finite are hatched.
    ax : Axes
    text : DataFrame
        What to write into the cells; of the same shape.
    best : (batch_size, learning_rate), optional
        The cell that gets a frame.
    fewer_is_better : bool, default False
    """
    rows: list[Any] = table.index.tolist()
    columns: list[Any] = table.columns.tolist()
    colours = _shades(table.to_numpy(float), fewer_is_better)
    for (i, j), words in np.ndenumerate(text.to_numpy(object)):
        _draw_box(ax, (j, i), words, colours[i, j])
    if best is not None:
        corner = (columns.index(best[1]), rows.index(best[0]))
        for width, colour in ((6, "white"), (3, "black")):
            ax.add_patch(Rectangle(corner, 1, 1, fill=False, ec=colour, lw=width, clip_on=False))
    ax.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
    ax.set_xticks(np.arange(len(columns)) + 0.5, map(_name, columns))
    ax.set_yticks(np.arange(len(rows)) + 0.5, map(_name, rows))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set(xlabel=WORDS["learning_rate"], ylabel=WORDS["batch_size"])
    return ax


def epochs_map(
    epochs: pd.DataFrame,
    text: pd.DataFrame,
    target_loss: float,
    best: tuple[Any, float] | None = None,
) -> Figure:
    """Draw the epochs of each cell as a heat map; the parameters are those of `heat_map`.

    A cell that did not reach the target has no finite number in `epochs`; its `text` says why.
    """
    title = WORDS["epochs map"].format(target_loss)
    figure, ax = _map_figure(epochs, title, best, sense="fewer", hatched="no epochs")
    heat_map(epochs, ax, text=text, best=best, fewer_is_better=True)
    return figure


def accuracy_map(
    accuracy: pd.DataFrame, text: pd.DataFrame, best: tuple[Any, float] | None = None
) -> Figure:
    """Draw the accuracy of each cell as a heat map; the parameters are those of `heat_map`.

    What is worse than a constant, R² < 0, has the colour of 0: else it would fade all others.
    """
    title = WORDS["accuracy map"]
    figure, ax = _map_figure(accuracy, title, best, sense="higher", hatched="no accuracy")
    heat_map(accuracy.astype(float).clip(lower=0), ax, text=text, best=best)
    return figure


def _map_figure(
    table: pd.DataFrame, title: str, best: tuple[Any, float] | None, *, sense: str, hatched: str
) -> tuple[Figure, Axes]:
    """Make a figure with one panel in the shape of the table, and a line that explains it."""
    n_rows, n_cols = table.shape
    width, height = min(1.3 * n_cols, 10.0), min(0.75 * n_rows, 8.0)
    W, H = max(width + LEFT + 0.2, 5.0), height + BOTTOM + TOP + LINE
    figure = Figure(figsize=(W, H))
    ax = figure.add_axes((LEFT / W, BOTTOM / H, width / W, height / H))
    missing = not np.isfinite(table.to_numpy(float)).all()
    shown = {sense: True, "best": best is not None, hatched: missing}
    notes = " · ".join(WORDS[word] for word in shown if shown[word])
    figure.suptitle(title, x=LEFT / W, y=1 - 0.1 / H, ha="left", va="top", fontsize=12)
    figure.text(LEFT / W, 1 - 0.42 / H, notes, fontsize=9, va="top", color=GREY)
    return figure, ax


def _shades(values: "np.ndarray[Any, Any]", fewer_is_better: bool) -> "np.ndarray[Any, Any]":
    """Return the colour of each cell, shape (rows, columns, 4); transparent without a number."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    share = (np.where(np.isfinite(values), values, low) - low) / ((high - low) or 1.0)
    colours = colormaps["YlGnBu"](0.08 + 0.75 * (1 - share if fewer_is_better else share))
    return np.where(np.isfinite(values)[..., None], colours, 0.0)


def _draw_box(
    ax: Axes, corner: tuple[int, int], words: str, colour: "np.ndarray[Any, Any]"
) -> None:
    """Draw a cell of a heat map, hatched if its colour is transparent."""
    style: dict[str, Any] = {"fc": colour, "ec": "white"}
    ink: dict[str, Any] = {"color": "white" if colour[:3] @ (0.3, 0.59, 0.11) < 0.5 else INK}
    if not colour[3]:
        style = {"fc": "0.96", "ec": "0.8", "hatch": "////"}
        ink = {"color": INK, "bbox": {"fc": "0.96", "ec": "none", "pad": 2}}
    ax.add_patch(Rectangle(corner, 1, 1, linewidth=1.5, **style))
    ax.text(corner[0] + 0.5, corner[1] + 0.5, words, ha="center", va="center", **ink)


def fit(
    ax: Axes,
    *,
    train_x: ArrayLike,
    train_y: ArrayLike,
    test_x: ArrayLike,
    test_y: ArrayLike,
    predicted_y: ArrayLike,
    title: str = "",
    test_is_curve: bool = True,
) -> Axes:
    """Draw a network of one input over its data.

    Parameters
    ----------
    ax : Axes
    train_x, train_y : array_like, m values each
    test_x, test_y, predicted_y : array_like, n values each
        The test set, in any order, and what the network makes of `test_x`.
    title : str, optional
    test_is_curve : bool, default True
        The test set has no noise, and is drawn as a line; else as points.
    """
    order = np.argsort(np.ravel(test_x))
    x, truth, predicted = (np.ravel(values)[order] for values in (test_x, test_y, predicted_y))
    _points(ax, train_x, train_y, marker="o", color=SKY, alpha=0.4, label=WORDS["training"])
    if test_is_curve:
        ax.plot(x, truth, color="0.5", linewidth=5, label=WORDS["true curve"])
    else:
        _points(ax, x, truth, marker="s", color=GREY, label=WORDS["test points"])
    ax.plot(x, predicted, color=INK, linewidth=1.6, label=WORDS["network"])
    ax.set(xlabel="x", ylabel="y")
    return _titled(ax, title)


def prediction_against_truth(
    ax: Axes, truth: ArrayLike, predicted: ArrayLike, *, title: str = ""
) -> Axes:
    """Draw the network's values against the true ones: the better, the closer to the diagonal.

    Parameters
    ----------
    ax : Axes
    truth, predicted : array_like
        Of the same shape.
    title : str, optional
    """
    ends = [np.min(truth), np.max(truth)]
    _points(ax, truth, predicted, marker="o", color=SKY, label=WORDS["test points"])
    ax.plot(ends, ends, color=INK, linewidth=1.2, label=WORDS["perfect"])
    ax.set(xlabel=WORDS["truth"], ylabel=WORDS["predicted"])
    ax.set_aspect("equal", adjustable="datalim")
    return _titled(ax, title)


def _points(ax: Axes, x: ArrayLike, y: ArrayLike, **style: Any) -> None:
    """Draw points; thousands of them become a picture, also in an SVG."""
    many = np.size(x) > 2000
    ax.plot(np.ravel(x), np.ravel(y), ls="", ms=3.5, mew=0, rasterized=many, **style)


def _titled(ax: Axes, title: str) -> Axes:
    ax.set_title(title, fontsize=11, loc="left")
    ax.legend(fontsize=9)
    _dress(ax)
    return ax


def _dress(ax: Axes) -> None:
    """Take away what carries no data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=8, color="0.6")


def _in_order(values: "pd.Series[Any]") -> list[Any]:
    """Return the distinct values from small to large; the full batch is the largest."""
    return sorted(values.unique(), key=lambda v: np.inf if isinstance(v, str) else v)


def _name(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"
