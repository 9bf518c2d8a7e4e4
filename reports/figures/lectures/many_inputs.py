"""Figures of regression with several inputs, which cannot be drawn as a single curve."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reports.figures.fits import prediction_against_truth
from reports.figures.style import GREY, INK, ORANGE, dress, label_outer, line_key, panels_figure
from reports.words import Text, say

Array = NDArray[np.float64]

LOOKS: Sequence[tuple[str, float, object]] = ((INK, 1.8, "-"), (ORANGE, 1.5, (0, (4, 1.5))))
"""Colour, width and dashes of the first and of the second model."""


def against_truth(truth: Array, models: Mapping[Text, Array]) -> Figure:
    """Draw the predictions of each model against the true values, a panel for each model.

    Parameters
    ----------
    truth : ndarray, shape (n, n_outputs)
    models : mapping of Text to ndarray of this shape
        The values, by the panel's title.
    """
    title = say(Text("Predicted and true values on the test set", "测试集上的预测值与真实值"))
    figure, panels = panels_figure(len(models), len(models), 3.4, [title], height=3.4, gap=0.3)
    seen = [values[np.isfinite(values)] for values in (truth, *models.values())]
    low, high = np.min(np.concatenate(seen)), np.max(np.concatenate(seen))
    low, high = max(low, truth.min() - np.ptp(truth)), min(high, truth.max() + np.ptp(truth))
    margin = 0.05 * (high - low)
    for ax, (name, predicted) in zip(panels, models.items(), strict=True):
        prediction_against_truth(ax, truth, predicted)
        ax.set_aspect("auto")  # all panels have one scale, and are square
        limits = (low - margin, high + margin)
        ax.set(xlim=limits, ylim=limits, ylabel=say(Text("predicted value", "预测值")))
        ax.set_title(say(name), fontsize=9)
    label_outer(panels, len(models))
    return figure


def along_inputs(
    grid: Array, models: Mapping[Text, Array], truth: Array | None, note: Text
) -> Figure:
    """Draw the predictions along each input, with the other inputs at their medians.

    Parameters
    ----------
    grid : ndarray, shape (n_inputs, n)
        The values of each input.
    models : mapping of Text to ndarray, shape (n_inputs, n)
        By the line's name.
    truth : ndarray, shape (n_inputs, n), or None
        The true values where they are known.
    note : Text
        Says where the other inputs stay.
    """
    n_cols = min(len(grid), 4)
    figure, panels = panels_figure(len(grid), n_cols, 2.6, [say(note), ""], gap=0.3)
    lines = [*models.values()] + ([] if truth is None else [truth])
    values = np.concatenate([line[np.isfinite(line)] for line in lines])
    margin = 0.1 * np.ptp(values) if values.size else 1.0
    for i, ax in enumerate(panels):
        if truth is not None:
            label = say(Text("true value", "真实值"))
            ax.plot(grid[i], truth[i], color=GREY, linewidth=5, alpha=0.6, label=label)
        for (name, line), (colour, width, dashes) in zip(models.items(), LOOKS, strict=True):
            look = {"color": colour, "linewidth": width, "linestyle": dashes}
            ax.plot(grid[i], line[i], label=say(name), **look)  # type: ignore[arg-type]
        if values.size:
            ax.set_ylim(values.min() - margin, values.max() + margin)
        ax.set(xlabel=f"x{i + 1}", ylabel="y")
        dress(ax)
    if len(panels) <= n_cols:
        label_outer(panels, n_cols)
    line_key(figure, panels)
    return figure
