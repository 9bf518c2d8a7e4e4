"""The figure of a power-law fit: epochs against its prediction, and the cells that depart.

It is given what it draws and returns the Figure. It trains and saves nothing, sets no style for
others, and needs no pyplot.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from reports.figures.losses import line_styles
from reports.figures.style import BESIDE, GREY, INK, dress, legend_margin, panels_figure
from reports.findings.power_law import rounded
from reports.frames import in_order
from reports.statistics import power_law
from reports.words import Text, number, say, word

_MEDIAN = Text("median of a cell", "一格的中位数")
_CENSORED = Text("not reached", "未达到目标")
_CAP = Text("epochs allowed", "允许的最大轮数")
_TITLE = Text(
    "Epochs and the power-law fit: {formula}",
    "轮数与幂律拟合：{formula}",
)
_NO_LAW = Text("Epochs against batch size / learning rate", "轮数与“批大小 / 学习率”的关系")

_RATIO = Text("batch size / learning rate", "批大小 / 学习率")
_PREDICTED = Text("epochs predicted by the fit", "拟合预测的轮数")


def law(cells: pd.DataFrame, found: power_law.PowerLawFit | None, max_epochs: int) -> Figure:
    """Draw the epochs of all cells, the fit, and its band; cells outside the band have names.

    Parameters
    ----------
    cells : DataFrame
        As of `reports.statistics.power_law.judge`, with ``batch_size`` and ``learning_rate``.
    found : PowerLawFit or None
        Without one that holds the cells stand over the ratio of batch size and learning rate.
    max_epochs : int
        Cells that have not converged stand here, as open triangles.
    """
    fitted = found if found is not None and found.holds else None
    cells = cells.assign(place=cells["ratio"] if fitted is None else cells["predicted"])
    rates = in_order(cells["learning_rate"])
    keys = [say(text) for text in (_MEDIAN, _CENSORED, _CAP)]
    right = legend_margin(word("learning_rate"), keys)
    title = say(_NO_LAW if fitted is None else _TITLE.fill(formula=_formula(fitted)))
    figure, (ax,) = panels_figure(1, 1, 6.6, [title], height=4.4, right=right)
    ax.set(xscale="log", yscale="log")
    places = np.geomspace(0.85 * cells["place"].min(), 1.18 * cells["place"].max(), 50)
    handles = []
    for rate, look in zip(rates, line_styles(len(rates)), strict=True):
        some = cells[(cells["learning_rate"] == rate) & (cells["verdict"] != power_law.DIVERGED)]
        reached = some[np.isfinite(some["epochs"])]
        style: dict[str, Any] = {"color": look["color"], "ls": "", "ms": 7, "zorder": 3}
        handles += ax.plot(
            reached["place"], reached["epochs"], marker=look["marker"], label=number(rate), **style
        )
        missing = some[~np.isfinite(some["epochs"])]
        heights = np.full(len(missing), 1.07 * max_epochs)
        ax.plot(missing["place"], heights, marker="^", mfc="white", **style)
    handles.append(Line2D([], [], ls="", marker="^", mfc="white", color=INK, label=keys[1]))
    handles.append(ax.axhline(max_epochs, color=GREY, lw=1, ls=(0, (5, 3)), label=keys[2]))
    if fitted is not None:
        factor = power_law.FACTOR
        band = say(Text(f"fit, ×÷ {factor:g}", f"拟合，×÷ {factor:g}"))
        handles += ax.plot(places, places, color=INK, lw=1.5, zorder=2, label=band)
        ax.fill_between(places, places / factor, places * factor, color="0.93", zorder=0)
    _name_departing(ax, cells)
    finite = cells["epochs"][np.isfinite(cells["epochs"])]
    low = finite.min() if len(finite) else max_epochs / 10
    ax.set(xlim=(places[0], places[-1]), ylim=(0.6 * low, 1.6 * max_epochs))
    ax.set(xlabel=say(_RATIO if fitted is None else _PREDICTED), ylabel=word("epochs"))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    dress(ax)
    ax.legend(handles=handles, title=word("learning_rate"), fontsize=9, **BESIDE)
    return figure


def _formula(fitted: power_law.PowerLawFit) -> str:
    return (
        f"{rounded(fitted.constant)} · η^{fitted.rate_exponent.value:.2f} · "
        f"b^{fitted.batch_exponent.value:.2f}"
    )


def _name_departing(ax: Any, cells: pd.DataFrame) -> None:
    """Write batch size and rate beside the cells that depart from the fit."""
    departing = cells[cells["verdict"].isin([power_law.SLOWER, power_law.FASTER])]
    place = {"xytext": (6, 4), "textcoords": "offset points", "fontsize": 8}
    for _, cell in departing.iterrows():
        text = f"b {number(cell['batch_size'])}, η {number(float(cell['learning_rate']))}"
        ax.annotate(text, (cell["place"], cell["epochs"]), color=INK, **place)
