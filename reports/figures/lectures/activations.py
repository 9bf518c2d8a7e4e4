"""Figures of activation functions: curves and computation time.

Each function is given what it draws and returns the Figure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reports.figures.style import INK, ORANGE, SKY, dress, label_outer, line_key, panels_figure
from reports.words import Text, say, word

Array = NDArray[np.float64]

COLOURS = ("#0072B2", "#E69F00", "#D55E00", "#CC79A7", "#009E73", "#56B4E9", INK)
"""A colour for each activation, from the palette of Okabe and Ito."""

MARKERS = "osD^vPX"


def line_styles(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the line style of each activation by its name."""
    return {
        name: {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)]}
        for i, name in enumerate(names)
    }


def functions(
    curves: Mapping[str, tuple[Array, Array, Array]],
    largest: Mapping[str, float],
    flat: Mapping[str, tuple[float, float]],
) -> Figure:
    """Draw a panel for each activation function, with its derivative.

    Parameters
    ----------
    curves : mapping of str to (z, f(z), f'(z))
    largest : mapping of str to float
        The largest derivative, to be written above the panel.
    flat : mapping of str to (float, float)
        Below the first z and above the second it is flat, and shaded.
    """
    title = Text("Activation functions and their derivatives", "激活函数及其导数")
    figure, panels = panels_figure(len(curves), 4, 2.5, [say(title), ""], gap=0.38)
    names = {
        "f": Text("function f(z)", "函数 f(z)"),
        "slope": Text("derivative f'(z)", "导数 f'(z)"),
        "flat": Text("saturated: f' below 1/20 of its maximum", "饱和区：f' 小于最大值的 1/20"),
    }
    for ax, (name, (z, a, slope)) in zip(panels, curves.items(), strict=True):
        ax.plot(z, a, color=INK, linewidth=1.8, label=say(names["f"]))
        ax.plot(z, slope, color=ORANGE, linewidth=1.6, ls=(0, (4, 1.5)), label=say(names["slope"]))
        ax.plot([], [], color="0.9", linewidth=7, label=say(names["flat"]))
        for low, high in ((-np.inf, flat[name][0]), (flat[name][1], np.inf)):
            left, right = max(low, z[0]), min(high, z[-1])
            if left < right:
                ax.axvspan(left, right, color="0.93", linewidth=0)
        steep = Text("maximum slope {slope}", "最大斜率 {slope}").fill(slope=f"{largest[name]:.3g}")
        ax.set_title(f"{word(name)}: {say(steep)}", fontsize=9)
        ax.set(xlabel="z", xlim=(z[0], z[-1]), ylim=(-1.25, 2.25))
        dress(ax)
    label_outer(panels, 4)
    line_key(figure, panels)
    return figure


def costs(nanoseconds: Sequence[tuple[str | Text, float]]) -> Figure:
    """Draw a bar for the time that each function takes per number.

    Parameters
    ----------
    nanoseconds : sequence of (str or Text, float)
        The activation's name, or words for it, and its time.
    """
    title = Text("Time per number, in nanoseconds", "计算每个数所需时间（纳秒）")
    figure = Figure(figsize=(6.4, 0.6 + 0.34 * len(nanoseconds)))
    height = figure.get_figheight()
    figure.suptitle(say(title), x=0.02, y=1 - 0.08 / height, ha="left", va="top", fontsize=11)
    ax = figure.add_axes((0.36, 0.3 / height, 0.6, 1 - 0.75 / height))
    names, times = zip(*nanoseconds, strict=True)
    labels = [say(name) if isinstance(name, Text) else word(name) for name in names]
    colours = [ORANGE if isinstance(name, Text) else SKY for name in names]
    bars = ax.barh(labels, times, color=colours, height=0.65)
    ax.bar_label(bars, fmt="%.1f", padding=3, fontsize=8)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.12 * max(times))
    dress(ax)
    ax.grid(visible=False, axis="y")
    return figure
