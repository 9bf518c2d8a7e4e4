"""Figures of single neurons, deep chains of layers, and dead units.

Each function is given what it draws and returns the Figure.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from reports.figures.lectures.activations import line_styles
from reports.figures.style import GREY, INK, ORANGE, dress, label_outer, line_key, panels_figure
from reports.words import Text, number, say, word

Array = NDArray[np.float64]


def descents(
    curves: Mapping[str, tuple[Array, Array]],
    paths: Mapping[str, tuple[Array, Array]],
    target: float,
) -> Figure:
    """Draw a panel for each activation: its curve, and the steps of a neuron down to the target.

    Parameters
    ----------
    curves : mapping of str to (z, f(z))
    paths : mapping of str to (z, f(z))
        After each step; the first is the start.
    target : float
        The output to which the neuron is driven.
    """
    title = Text("Each dot is one step of gradient descent", "每个点为梯度下降的一步")
    every = np.concatenate([z for z, _ in paths.values()])
    figure, panels = panels_figure(len(paths), 3, 2.7, [say(title), ""], gap=0.42)
    for ax, (name, (z, a)) in zip(panels, paths.items(), strict=True):
        ax.plot(*curves[name], color="0.75", linewidth=3, label="f(z)")
        label = say(Text("steps", "每一步"))
        dots: dict[str, Any] = {"ms": 4 if len(z) < 60 else 3, "mec": "white", "mew": 0.4}
        ax.plot(z, a, color=ORANGE, marker="o", lw=0.8, **dots, label=label)
        goal = say(Text("target {y}", "目标 {y}").fill(y=target))
        ax.axhline(target, color=INK, lw=1, linestyle=(0, (1, 1)), label=goal)
        steps = say(Text("{n} steps", "{n} 步").fill(n=len(z) - 1))
        ax.set_title(f"{word(name)}: {steps}", fontsize=9)
        ax.set(xlabel="z", ylabel="a = f(z)", ylim=(target - 0.55, a.max() + 0.15))
        ax.set_xlim(min(every) - 0.4, max(every) + 0.4)
        dress(ax)
    label_outer(panels, 3)
    line_key(figure, panels)
    return figure


def layers(sizes: Mapping[str, Array], weights: Mapping[str, str]) -> Figure:
    """Draw the size of a gradient against the number of layers it has passed.

    Parameters
    ----------
    sizes : mapping of str to ndarray, shape (n_layers + 1,)
        For each activation, as shares of the gradient at the output.
    weights : mapping of str to str
        The name of the initial weights of each.
    """
    title = Text("Size of a gradient passing back through layers", "梯度反向传播后的大小")
    figure, (ax,) = panels_figure(1, 1, 5.4, [say(title)], right=1.9)
    for name, style in line_styles(list(sizes)).items():
        label = f"{word(name)} ({word(weights[name])})"
        ax.plot(sizes[name], **style, ms=4, lw=1.4, label=label)
    n = max(len(each) for each in sizes.values())
    quarter = say(Text("a quarter per layer", "每层剩四分之一"))
    ax.plot(0.25 ** np.arange(n), color=GREY, lw=1.2, linestyle=(0, (1, 1)), label=quarter)
    ax.set(yscale="log", xlim=(0, n - 0.7))
    ax.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    ax.yaxis.set_major_locator(LogLocator(numticks=9))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(say(Text("number of layers", "经过的层数")))
    ax.set_ylabel(say(Text("size relative to the output", "大小（与输出端之比）")))
    dress(ax)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.03), frameon=False, fontsize=9)
    return figure


def dead_shares(
    dead: Mapping[str, "pd.Series[float]"],
    accuracy: Mapping[str, "pd.Series[float]"],
    born: Mapping[str, float],
) -> Figure:
    """Draw the share of dead units, and the accuracy, against the learning rate.

    Parameters
    ----------
    dead, accuracy : mapping of str to Series
        For each activation, indexed by the learning rate; NaN where every training diverged.
    born : mapping of str to float
        The share that is dead before the first step; drawn where it isn't 0.
    """
    title = Text("Dead hidden units and accuracy", "死神经元与准确率")
    lines = [say(title), *[""] * (1 + len(dead) // 3)]
    figure, (left, right) = panels_figure(2, 2, 3.6, lines, gap=0.75)
    for name, style in line_styles(list(dead)).items():
        left.plot(dead[name].index, 100 * dead[name], **style, ms=5, lw=1.5, label=word(name))
        right.plot(accuracy[name].index, accuracy[name], **style, ms=5, lw=1.5)
    for name, share in born.items():
        if share > 0:
            label = Text("{name}: before training", "{name}：训练前").fill(name=word(name))
            left.axhline(100 * share, color=GREY, lw=1.2, linestyle=(0, (1, 1)), label=say(label))
    left.set(ylim=(-4, 104), ylabel=say(Text("dead units (%)", "死神经元 (%)")))
    shown = pd.concat(list(accuracy.values()))
    lowest = min([0.0, *shown[shown > -1]])
    right.set(ylim=(lowest - 0.05, 1.03), ylabel=say(Text("R² on the test set", "测试集上的 R²")))
    for ax in (left, right):
        ax.set(xscale="log", xlabel=word("learning_rate"))
        rates = sorted({rate for each in dead.values() for rate in each.index})
        ax.set_xticks(rates, [number(rate) for rate in rates])
        ax.xaxis.set_minor_locator(NullLocator())
        dress(ax)
    line_key(figure, [left])
    return figure


def dying(shares: pd.DataFrame, name: str) -> Figure:
    """Draw the share of dead units during training, a line for each learning rate.

    Parameters
    ----------
    shares : DataFrame
        Indexed by the epoch, a column for each learning rate.
    name : str
        The activation.
    """
    title = Text("Dead {name} units during training", "训练过程中的 {name} 死神经元")
    figure, (ax,) = panels_figure(1, 1, 5.2, [say(title.fill(name=word(name)))], right=1.5)
    colours = colormaps["plasma"](np.linspace(0, 0.85, shares.shape[1]))
    for rate, colour in zip(shares, colours, strict=True):
        ax.plot(
            shares.index, 100 * shares[rate], color=colour, lw=1.8, label=number(float(str(rate)))
        )
    ax.set(xlim=(0, 1.03 * max(shares.index)), ylim=(-4, 104), xlabel=word("epoch"))
    ax.set_ylabel(say(Text("dead units (%)", "死神经元 (%)")))
    dress(ax)
    keys, labels = ax.get_legend_handles_labels()
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.03), "frameon": False}
    ax.legend(keys[::-1], labels[::-1], title=word("learning_rate"), fontsize=9, **place)
    return figure
