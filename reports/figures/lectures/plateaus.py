"""Figures of a plateau: the loss, the gradient and the curvature during a run.

Each function is given what it draws and returns the Figure.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from reports.figures.style import INK, ORANGE, SKY, dress, line_key, panels_figure
from reports.words import Text, say, word

Array = NDArray[np.float64]

SHADE, UP = "0.9", "#0072B2"


def along(
    losses: tuple[Array, Array],
    slopes: pd.DataFrame,
    plateau: tuple[float, float] | None,
    target_loss: float,
) -> Figure:
    """Draw loss, gradient and curvature in three panels, with the plateau shaded.

    Parameters
    ----------
    losses : (epochs, losses)
    slopes : DataFrame
        `epoch, shaken, norm, negative`, a row for each point examined.
    plateau : (float, float) or None
        Its first and its last epoch.
    target_loss : float
    """
    title = Text("Loss, gradient and curvature during training", "训练过程中的损失、梯度与曲率")
    figure, panels = panels_figure(3, 1, 6.6, [say(title)], height=1.75, gap=0.4)
    top, middle, bottom = panels
    top.plot(*losses, color=INK, lw=1.3)
    goal = word("target").format(target_loss)
    top.axhline(target_loss, color=ORANGE, lw=1, linestyle=(0, (1, 1)), label=goal)
    top.set(yscale="log", ylabel=word("loss axis"))
    top.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    top.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    top.yaxis.set_minor_formatter(NullFormatter())
    shaken = Text("at the weights of mini-batch training", "小批训练所到之处")
    settled = Text("after 200 full-batch steps", "再用全批量走 200 步之后")
    middle.plot(slopes.epoch, slopes.shaken, color=SKY, lw=1, marker=".", label=say(shaken))
    middle.plot(slopes.epoch, slopes.norm, color=INK, lw=1.5, marker="o", ms=3, label=say(settled))
    middle.set(yscale="log", ylabel=say(Text("gradient norm", "梯度的模")))
    bottom.bar(
        slopes.epoch, slopes.negative, width=0.7 * _gap(slopes.epoch.to_numpy()), color=ORANGE
    )
    bottom.set(ylabel=say(Text("negative curvatures", "负曲率个数")), xlabel=word("epoch"))
    bottom.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    bottom.set_ylim(0, max(1, slopes.negative.max()) + 0.3)
    for ax in panels:
        _shade(ax, plateau, say(Text("plateau", "平台")) if ax is top else "_")
        ax.set_xlim(0, 1.02 * losses[0][-1])
        dress(ax)
    for ax in (top, middle):
        ax.tick_params(labelbottom=False)
        ax.legend(
            fontsize=8, frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.02, 0.97)
        )
    return figure


def _gap(epochs: Array) -> float:
    return float(np.median(np.diff(epochs))) if len(epochs) > 1 else 1.0


def _shade(ax: Axes, plateau: tuple[float, float] | None, label: str) -> None:
    if plateau is not None:
        ax.axvspan(*plateau, color=SHADE, lw=0, label=label, zorder=0)


def curvatures(moments: Sequence[tuple[Text, Array]]) -> Figure:
    """Draw the curvatures at some epochs, with the negative ones in another colour.

    Parameters
    ----------
    moments : sequence of (Text, ndarray)
        The moment, and the eigenvalues of the Hessian there.
    """
    title = Text("Curvatures: the eigenvalues of the Hessian", "曲率：Hessian 矩阵的特征值")
    figure, (ax,) = panels_figure(1, 1, 5.6, [say(title), ""], height=3.4)
    sides = ((1, UP, "^", Text("positive", "正")), (-1, ORANGE, "v", Text("negative", "负")))
    for sign, colour, marker, label in sides:
        points = [
            (i, value)
            for i, (_, values) in enumerate(moments)
            for value in values
            if np.sign(value) == sign
        ]
        x, y = np.array(points).reshape(-1, 2).T
        ax.plot(x, y, marker, color=colour, ms=7, alpha=0.7, mew=0, label=say(label))
    ax.set_yscale("symlog", linthresh=1e-6)
    ax.set_yticks([-1e-2, -1e-4, -1e-6, 0, 1e-6, 1e-4, 1e-2, 1])
    ax.set_ylabel(say(Text("curvature", "曲率")))
    ax.set_xticks(range(len(moments)), [say(name) for name, _ in moments])
    ax.set_xlim(-0.6, len(moments) - 0.4)
    dress(ax)
    line_key(figure, [ax])
    ax.axhline(0, color=INK, lw=0.8)
    return figure
