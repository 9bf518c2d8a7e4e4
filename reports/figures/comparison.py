"""Figures of runs side by side: their loss curves over each other, and the ratio of their epochs.

Each function is given what it draws and returns the Figure.
"""

from itertools import product

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.figures import heat_maps
from reports.figures.losses import curve_legend, loss_curves
from reports.figures.style import in_order, label_outer, legend_margin, panels_figure
from reports.words import Text, number, say, word

CURVES = Text("The validation loss of each run, cell by cell", "各格中各次运行的验证损失")
RATIOS = Text("Epochs of {other} relative to {first}", "{other} 的轮数与 {first} 之比")
SENSE = Text("blue: fewer; red: more; hatched: not known", "蓝：更少；红：更多；斜线：未知")


def curves(history: pd.DataFrame, target_loss: float) -> Figure:
    """Draw a panel for each cell of the grid, in it a curve for each run.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `run`, `learning_rate, batch_size, repeat, epoch, validation_loss`.
    target_loss : float
    """
    rates, sizes = in_order(history["learning_rate"]), in_order(history["batch_size"])
    width = min(max(6.4 / len(rates), 1.2), 4.0)
    runs = list(history["run"].unique())
    right = legend_margin(word("run"), [*runs, word("target").format(target_loss)])
    figure, panels = panels_figure(
        len(rates) * len(sizes), len(rates), width, [say(CURVES)], gap=0.25, right=right
    )
    for ax, (size, rate) in zip(panels, product(sizes, rates), strict=True):
        cut = history[(history.batch_size == size) & (history.learning_rate == rate)]
        loss_curves(cut, ax, by="run", target_loss=target_loss, whole=history, legend=False)
        ax.set_title(f"η = {number(rate)}" if size == sizes[0] else "", fontsize=9)
        ax.set_ylabel(f"{word('batch_size')} {number(size)}", fontsize=9)
    label_outer(panels, len(rates))
    beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.03), "frameon": False}
    curve_legend(panels[len(rates) - 1], "run", runs, **beside)
    return figure


def ratios(table: pd.DataFrame, names: tuple[str, str]) -> Figure:
    """Draw how many times the epochs of the first run the other one needs, as a heat map.

    Parameters
    ----------
    table : DataFrame
        Batch sizes down, learning rates across; cells that are not finite are hatched.
    names : (first, other)
    """
    title = RATIOS.fill(first=names[0], other=names[1])
    shown = np.isfinite(table.to_numpy(float))
    text = table.map(lambda ratio: f"×{ratio:.2f}" if np.isfinite(ratio) else "?")
    return heat_maps.diverging_map(table.where(shown), text, str(title), str(SENSE))
