"""Figures of the steps from x to the output of a model.

Each function is given what it draws and returns the Figure.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reports.figures.style import INK, dress, panels_figure
from reports.words import Text, say

Array = NDArray[np.float64]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""A colour for each hidden unit, from the palette of Okabe and Ito."""


class Panel(NamedTuple):
    """One step.

    Attributes
    ----------
    title : Text
    curves : sequence of (str or Text, ndarray of shape (n,))
        A line for each unit, in the order of the units; one named by a Text belongs to none.
    truth : (x, y) or None
        The true curve, drawn below; given for the last step, which is a single curve.
    """

    title: Text
    curves: Sequence[tuple[str | Text, Array]]
    truth: tuple[Array, Array] | None = None


def steps(x: Array, rows: Sequence[tuple[Text, Sequence[Panel]]], dots: int) -> Figure:
    """Draw a row of panels for each model, from the straight lines to the output.

    Parameters
    ----------
    x : ndarray, shape (n,)
    rows : sequence of (Text, sequence of Panel)
        The model in words, and its steps.
    dots : int
        One of so many points is marked.
    """
    n_cols = max(len(panels) for _, panels in rows)
    title = Text("From x to the output, step by step", "从 x 到输出的各个步骤")
    figure, axes = panels_figure(
        n_cols * len(rows), n_cols, 2.5, [say(title)], height=2.1, gap=0.62, right=0.1
    )
    for number, (name, panels) in enumerate(rows):
        row = axes[number * n_cols : (number + 1) * n_cols]
        for ax, panel in zip(row, panels, strict=False):
            _step(ax, x, panel, dots)
        for ax in row[len(panels) :]:
            ax.set_axis_off()
        row[0].set_ylabel(say(name), fontsize=10)
    return figure


def _step(ax: Axes, x: Array, panel: Panel, dots: int) -> None:
    if panel.truth is not None:
        label = say(Text("true curve", "真实曲线"))
        ax.plot(*panel.truth, color="0.8", linewidth=6, label=label)
    colours = COLOURS if panel.truth is None else (INK,)
    for i, (label, y) in enumerate(panel.curves):
        looks: dict[str, Any] = {"color": colours[i % len(colours)], "linestyle": "-"}
        looks |= {"marker": "o", "markevery": dots, "ms": 3.5}
        if isinstance(label, Text) and panel.truth is None:  # the bias
            looks = {"color": "0.4", "linestyle": (0, (1, 1))}
        ax.plot(x, y, linewidth=1.5, label=say(label), **looks)
    ax.set_title(say(panel.title), fontsize=9)
    ax.set_xlabel("x", labelpad=1)
    ax.margins(y=0.12)
    dress(ax)
    ax.legend(fontsize=7, frameon=True, framealpha=0.7, edgecolor="none", handlelength=1.4)
