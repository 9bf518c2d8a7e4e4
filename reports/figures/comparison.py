"""Figures of runs side by side: their loss curves over each other, and the ratio of their epochs.

Each function is given what it draws and returns the Figure.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.figures import heat_maps
from reports.figures.losses import curve_legend, loss_curves, name_cell
from reports.figures.style import BESIDE, label_outer, legend_margin, panels_figure
from reports.frames import in_order
from reports.statistics.measure import Measure
from reports.words import Text, say, word

CURVES = Text("The validation loss of each run, cell by cell", "各格中各次运行的验证损失")
RATIOS = Text("Epochs of {other} relative to {first}", "{other} 的轮数与 {first} 之比")
SENSE = Text("blue: fewer; red: more; hatched: not known", "蓝：更少；红：更多；斜线：未知")


def curves(history: pd.DataFrame, measure: Measure, by: Sequence[str]) -> Figure:
    """Draw a panel for each cell of the grid, in it a curve for each run.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `run, repeat, epoch`, the axes, and what `measure` names.
    measure : Measure
    by : sequence of str
        The axes of the cells: the one that goes down, unless there is one only, and the one across.
    """
    values = [in_order(history[axis]) for axis in by]
    cells, n_cols, runs = list(product(*values)), len(values[-1]), list(history["run"].unique())
    width = min(max(6.4 / n_cols, 1.2), 4.0)
    right = legend_margin(word("run"), [*runs, word("target").format(measure.target or 0.0)])
    figure, panels = panels_figure(len(cells), n_cols, width, [say(CURVES)], gap=0.25, right=right)
    for ax, cell in zip(panels, cells, strict=True):
        cut = history[(history[list(by)] == list(cell)).all(axis=1)]
        loss_curves(cut, ax, by="run", measure=measure, whole=history, legend=False)
        is_first = len(by) == 1 or cell[0] == values[0][0]
        name_cell(ax, cell, by, 9, is_first=is_first)
        if len(by) == 1:
            ax.set_ylabel(say(measure.title), fontsize=9)
    label_outer(panels, n_cols)
    curve_legend(panels[n_cols - 1], "run", runs, **BESIDE)
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
