"""What all figures share: colours, margins, and a plain look."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

INK, GREY, ORANGE, SKY = "0.1", "0.45", "#D55E00", "#56B4E9"  # the last two: Okabe and Ito
LEFT, BOTTOM, TOP, LINE = 0.75, 0.55, 0.55, 0.22
"""Margins of a figure and the height of a line in them, in inches."""


def dress(ax: Axes) -> None:
    """Take away what carries no data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=8, color="0.6")


def in_order(values: "pd.Series[Any]") -> list[Any]:
    """Return the distinct values from small to large; the full batch is the largest."""
    return sorted(values.unique(), key=lambda v: np.inf if isinstance(v, str) else v)
