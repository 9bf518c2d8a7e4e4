"""Figures of runs side by side: their loss curves over each other, and the ratio of their epochs.

Each function is given what it draws and returns the Figure.
"""

from collections.abc import Sequence
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


def curves(history: pd.DataFrame, target_loss: float, by: Sequence[str]) -> Figure:
    """Draw a panel for each cell of the grid, in it a curve for each run.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `run, repeat, epoch, validation_loss` and the axes.
    target_loss : float
    by : sequence of str
        The axes of the cells: the one that goes down, unless there is one only, and the one across.
    """
    loss = "validation_loss" if "validation_loss" in history else "train_loss"
    values = [in_order(history[axis]) for axis in by]
    across = values[-1]
    width = min(max(6.4 / len(across), 1.2), 4.0)
    runs = list(history["run"].unique())
    right = legend_margin(word("run"), [*runs, word("target").format(target_loss)])
    cells = list(product(*values))
    figure, panels = panels_figure(
        len(cells), len(across), width, [say(CURVES)], gap=0.25, right=right
    )
    for ax, cell in zip(panels, cells, strict=True):
        cut = history[(history[list(by)] == list(cell)).all(axis=1)]
        loss_curves(
            cut, ax, by="run", target_loss=target_loss, loss=loss, whole=history, legend=False
        )
        column = "η =" if by[-1] == "learning_rate" else word(by[-1])
        ax.set_title(
            f"{column} {number(cell[-1])}" if cell[0] == values[0][0] or len(by) == 1 else "",
            fontsize=9,
        )
        ax.set_ylabel(f"{word(by[0])} {number(cell[0])}" if len(by) > 1 else word(loss), fontsize=9)
    label_outer(panels, len(across))
    beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.03), "frameon": False}
    curve_legend(panels[len(across) - 1], "run", runs, **beside)
    return figure


def ratios(table: pd.DataFrame, names: tuple[str, str]) -> Figure:
    """Draw how many times the epochs of the first run the other one needs, as a heat map.

    Parameters
    ----------
    table : DataFrame
        An axis down and one across; cells that are not finite are hatched.
    names : (first, other)
    """
    title = RATIOS.fill(first=names[0], other=names[1])
    shown = np.isfinite(table.to_numpy(float))
    text = table.map(lambda ratio: f"×{ratio:.2f}" if np.isfinite(ratio) else "?")
    return heat_maps.diverging_map(table.where(shown), text, str(title), str(SENSE))
