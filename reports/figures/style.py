"""What all figures share: colours, margins, panels, and a plain look."""

from collections.abc import Sequence
from itertools import islice, product
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, GREY, ORANGE, SKY = "0.1", "0.45", "#D55E00", "#56B4E9"  # the last two: Okabe and Ito
LEFT, BOTTOM, TOP, LINE = 0.75, 0.55, 0.55, 0.22
"""Margins of a figure and the height of a line in them, in inches."""

BESIDE: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.03), "frameon": False}
"""Where a legend stands beside the panels."""


def dress(ax: Axes) -> None:
    """Take away what carries no data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=8, color="0.6")


def panels_figure(
    n: int,
    n_cols: int,
    width: float,
    title: Sequence[str],
    *,
    height: float | None = None,
    gap: float = 0.2,
    right: float = 0.15,
) -> tuple[Figure, list[Axes]]:
    """Make a figure of n panels, row by row.

    Parameters
    ----------
    n, n_cols : int
        How many panels, and how many of them side by side.
    width, height : float
        Of a panel, in inches; three quarters of its width are its usual height.
    title : sequence of str
        The lines over the panels, from the left.
    gap : float
        Between panels, in inches; where each has its own labels about 0.6.
    right : float
        Margin at the right, in inches, for a legend beside the panels.
    """
    n_cols, top = max(n_cols, 1), TOP + LINE * (len(title) - 1)
    height = 0.75 * width if height is None else height
    n_rows = max(ceil(n / n_cols), 1)
    W = LEFT + n_cols * (width + gap) - gap + right
    H = BOTTOM + n_rows * (height + gap) - gap + top
    figure = Figure(figsize=(W, H))
    figure.suptitle("\n".join(title), x=0.1 / W, y=1 - 0.1 / H, ha="left", va="top", fontsize=11)
    panels, prune = [], "lower" if width < 2 else None
    for row, col in islice(product(range(n_rows), range(n_cols)), n):
        x, y = LEFT + col * (width + gap), H - top - height - row * (height + gap)
        panels.append(figure.add_axes((x / W, y / H, width / W, height / H)))
        panels[-1].xaxis.set_major_locator(
            MaxNLocator(max(3, int(2 * width)), steps=[1, 2, 2.5, 5, 10], prune=prune)
        )
    return figure, panels


def label_outer(panels: list[Axes], n_cols: int) -> None:
    """Leave words and numbers to the panels at the left and at the bottom."""
    for i, ax in enumerate(panels):
        if i + n_cols < len(panels):
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
        if i % n_cols:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)


def line_key(figure: Figure, panels: list[Axes]) -> None:
    """Explain the marks of all panels in one line under the title."""
    if panels:
        place = (0.0, 1 - 1.2 * LINE / figure.get_figheight())
        keys = {"ncols": 3, "fontsize": 8, "frameon": False}
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper left", bbox_to_anchor=place, **keys)


def legend_margin(title: str, labels: Sequence[str]) -> float:
    """Return the margin at the right, in inches, that a legend beside the panels needs."""
    widths = [0.25 + _width(title), *(0.75 + _width(label) for label in labels)]
    return max(1.4, *widths)


def _width(text: str) -> float:
    """Estimate how wide a text is in 9 points, in inches; Chinese is twice as wide."""
    return 0.073 * sum(2 if character > "\u2e80" else 1 for character in text)
