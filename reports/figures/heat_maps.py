"""Heat maps of the table: epochs and accuracy.

Each function is given what it draws and returns the Axes or the Figure. None trains, saves or
sets a style for others, and none needs pyplot, so they may run in any thread.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports.figures.style import (
    BOTTOM,
    GREY,
    INK,
    LEFT,
    LINE,
    TOP,
)
from reports.frames import few
from reports.statistics.measure import Measure
from reports.words import COSTS, Text, capital, number, say, word

COST_MAP = Text("{cost} until {metric} {sign} {target}", "{metric} {sign} {target} 所需{cost}")

MOST_BOXES = 20
"""On an axis; of more values the map shows colours alone, and some of the values' names."""


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
        Its index and its columns are axes of the grid. Cells that are not finite are hatched.
    ax : Axes
    text : DataFrame
        What to write into the cells; of the same shape.
    best : (row, column), optional
        The cell that gets a frame.
    fewer_is_better : bool, default False
    """
    _fill(ax, table, text, _shades(table.to_numpy(float), fewer_is_better))
    if best is not None:
        rows: list[Any] = table.index.tolist()
        columns: list[Any] = table.columns.tolist()
        corner = (columns.index(best[1]), rows.index(best[0]))
        for width, colour in ((6, "white"), (3, "black")):
            ax.add_patch(Rectangle(corner, 1, 1, fill=False, ec=colour, lw=width, clip_on=False))
    return ax


def _fill(
    ax: Axes, table: pd.DataFrame, text: pd.DataFrame, colours: "np.ndarray[Any, Any]"
) -> None:
    """Draw the cells of a table and name its rows and columns."""
    rows, columns = table.index.tolist(), table.columns.tolist()
    if max(table.shape) > MOST_BOXES:
        _draw_without_words(ax, colours)
    else:
        for (i, j), words in np.ndenumerate(text.to_numpy(object)):
            _draw_box(ax, (j, i), word(words), colours[i, j])
    ax.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
    for values, set_ticks in ((columns, ax.set_xticks), (rows, ax.set_yticks)):
        places = few(range(len(values)), MOST_BOXES)
        set_ticks([place + 0.5 for place in places], [number(values[p]) for p in places])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set(xlabel=word(str(table.columns.name)), ylabel=word(str(table.index.name)))


def epochs_map(
    epochs: pd.DataFrame,
    text: pd.DataFrame,
    measure: Measure,
    best: tuple[Any, float] | None = None,
    cost: str = "epochs",
) -> Figure:
    """Draw the epochs of each cell as a heat map; the parameters are those of `heat_map`.

    A cell that did not reach the target has no finite number in `epochs`; its `text` says why.
    The numbers may be another cost than epochs, which `cost` names.
    """
    sign, target = "≥" if measure.maximize else "≤", f"{measure.target:g}"
    words = COST_MAP.fill(cost=COSTS[cost], metric=measure.title, sign=sign, target=target)
    title = capital(words)
    framed = "best" if best else ""
    figure, ax = _map_figure(epochs, str(title), framed, sense="fewer", hatched="no epochs")
    heat_map(epochs, ax, text=text, best=best, fewer_is_better=True)
    return figure


def accuracy_map(
    accuracy: pd.DataFrame, text: pd.DataFrame, best: tuple[Any, float] | None = None
) -> Figure:
    """Draw the accuracy of each cell as a heat map; the parameters are those of `heat_map`.

    `best` is the most accurate cell, which need not be the best of the table.
    What is worse than a constant, R² < 0, has the colour of 0: else it would fade all others.
    """
    title = word("accuracy map")
    framed = "most accurate" if best else ""
    figure, ax = _map_figure(accuracy, title, framed, sense="higher", hatched="no accuracy")
    heat_map(accuracy.astype(float).clip(lower=0), ax, text=text, best=best)
    return figure


def value_map(costs: pd.DataFrame, text: pd.DataFrame, measure: Measure) -> Figure:
    """Draw the last value of a measure in each cell; `costs` are low where it is good."""
    sense = "higher" if measure.maximize else "lower"
    figure, ax = _map_figure(costs, str(say(measure.title)), "", sense=sense, hatched="no accuracy")
    heat_map(costs, ax, text=text, fewer_is_better=True)
    return figure


def diverging_map(ratios: pd.DataFrame, text: pd.DataFrame, title: str, note: str) -> Figure:
    """Draw ratios as a heat map, blue below 1 and red above; what is not finite is hatched.

    Parameters
    ----------
    ratios, text : DataFrame
        Of one shape: the numbers, and what to write into the cells.
    title, note : str
        The line over the map, and the one that explains it.
    """
    figure, ax = _one_panel(ratios, title, note)
    values = ratios.to_numpy(float)
    logs = np.log(np.where(values > 0, values, np.nan))
    known = np.isfinite(logs)
    most = max(float(np.abs(logs[known]).max()) if known.any() else 0.0, 0.1)
    share = 0.5 + 0.4 * np.where(known, logs, 0.0) / most
    _fill(ax, ratios, text, np.where(known[..., None], colormaps["RdBu_r"](share), 0.0))
    return figure


def _map_figure(
    table: pd.DataFrame, title: str, framed: str, *, sense: str, hatched: str
) -> tuple[Figure, Axes]:
    """Make a figure for `heat_map`, with a line that explains what is in it."""
    missing = not np.isfinite(table.to_numpy(float)).all()
    shown = [sense, framed, hatched if missing else ""]
    return _one_panel(table, title, " · ".join(word(name) for name in shown if name))


def _one_panel(table: pd.DataFrame, title: str, note: str) -> tuple[Figure, Axes]:
    """Make a figure with one panel in the shape of the table, a title, and a line under it."""
    n_rows, n_cols = table.shape
    width, height = min(1.3 * n_cols, 10.0), min(0.75 * n_rows, 8.0)
    W, H = max(width + LEFT + 0.2, 5.0), height + BOTTOM + TOP + LINE
    figure = Figure(figsize=(W, H))
    ax = figure.add_axes((LEFT / W, BOTTOM / H, width / W, height / H))
    figure.suptitle(title, x=LEFT / W, y=1 - 0.1 / H, ha="left", va="top", fontsize=12)
    figure.text(LEFT / W, 1 - 0.42 / H, note, fontsize=9, va="top", color=GREY)
    return figure, ax


def _shades(values: "np.ndarray[Any, Any]", fewer_is_better: bool) -> "np.ndarray[Any, Any]":
    """Return the colour of each cell, shape (rows, columns, 4); transparent without a number."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    share = (np.where(np.isfinite(values), values, low) - low) / ((high - low) or 1.0)
    colours = colormaps["YlGnBu"](0.08 + 0.75 * (1 - share if fewer_is_better else share))
    return np.where(np.isfinite(values)[..., None], colours, 0.0)


def _draw_without_words(ax: Axes, colours: "np.ndarray[Any, Any]") -> None:
    """Draw cells that are too many for words and lines, hatched where they are transparent."""
    height, width, _ = colours.shape
    ax.patch.set(facecolor="0.96", edgecolor="0.8", hatch="////")
    ax.imshow(colours, extent=(0, width, height, 0), aspect="auto", interpolation="nearest")


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
