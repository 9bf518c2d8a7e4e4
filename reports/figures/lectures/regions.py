"""The decision regions of a network of two inputs."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from reports.figures.style import INK, ORANGE, SKY

Array = NDArray[np.float64]
Extent = tuple[float, float, float, float]

CLASSES = ((SKY, "o"), (ORANGE, "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#F0E442", "v"))
"""Colour (Okabe and Ito) and marker of each class, repeated if there are more classes."""

GRID = 121
"""Number of points along each side of a region."""


def class_style(k: int) -> dict[str, Any]:
    """Return the style of the samples of a class."""
    colour, marker = CLASSES[k % len(CLASSES)]
    return {"color": colour, "marker": marker, "ls": "", "ms": 3.5, "mec": INK, "mew": 0.4}


def grid_over(x: Array) -> tuple[Extent, Array]:
    """Return the extent of a grid over samples, with a margin, and its points (GRID, GRID, 2)."""
    low, high = x.min(axis=0), x.max(axis=0)
    low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)
    across, up = (np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True))
    return (low[0], high[0], low[1], high[1]), np.stack(np.meshgrid(across, up), axis=-1)


def region(extent: Extent, probability: Array, ax: Axes) -> None:
    """Draw which class is predicted where, the more intense the more probable, and boundaries.

    Parameters
    ----------
    extent : tuple of float
        Left, right, bottom and top of the grid.
    probability : ndarray, shape (n_rows, n_columns, n_classes)
        Of each class on the grid, from the bottom to the top.
    ax : Axes
    """
    rows, columns, n_classes = probability.shape
    colours = np.array([to_rgb(class_style(k)["color"]) for k in range(n_classes)])
    sure = np.clip((probability.max(axis=2) - 1 / n_classes) / (1 - 1 / n_classes), 0, 1)
    weight = 0.15 + 0.4 * np.nan_to_num(sure)[..., None]
    decided = colours[probability.argmax(axis=2)]
    ax.grid(visible=False)
    ax.imshow(1 - weight * (1 - decided), extent=extent, origin="lower", aspect="auto")
    across, up = np.linspace(*extent[:2], columns), np.linspace(*extent[2:], rows)
    for k in range(n_classes if n_classes > 2 else 1):
        lead = probability[..., k] - np.delete(probability, k, axis=2).max(axis=2)
        if lead.min() < 0 < lead.max():
            ax.contour(across, up, lead, levels=[0], colors=INK, linewidths=1.4)
