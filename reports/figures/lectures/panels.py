"""Figures of several panels: a study says what they hold, and `draw` makes the figure.

What a panel holds are functions that draw on the Axes they are given: a `mark`, or a
`functools.partial` of a function such as `reports.figures.fits.fit`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from reports.figures.style import dress, label_outer, line_key, panels_figure
from reports.words import Text, say, word

Mark = Callable[[Axes], object]

OKABE_ITO = ("#0072B2", "#E69F00", "#D55E00", "#CC79A7", "#009E73", "#56B4E9", "0.1")
"""Colours that colour-blind readers can tell apart, in the order in which they are used."""

LINE_STYLES: list[dict[str, Any]] = [
    {"color": color, "marker": marker, "ms": 4.5, "lw": 1.5}
    for color, marker in zip(OKABE_ITO, "osD^vPX", strict=True)
]
"""A style for each of several lines."""

DASHED: Any = (0, (4, 1.5))
DOTTED: Any = (0, (1, 1))


@dataclass(frozen=True)
class Panel:
    """A panel of a figure.

    Attributes
    ----------
    title : str or Text
    content : sequence of callable
        Each draws on the Axes; they can be pickled. Without content the place stays empty.
    axes : mapping
        Arguments of ``Axes.set`` for this panel.
    """

    title: str | Text
    content: Sequence[Mark]
    axes: Mapping[str, Any] = field(default_factory=dict)


def mark(method: str, *args: Any, label: str | Text = "", **style: Any) -> Mark:
    """Return the call of a method of Axes, such as ``plot``; texts are translated when it draws."""
    return partial(_mark, method, args, label, style)


def line(x: ArrayLike, y: ArrayLike, label: str | Text = "", **style: Any) -> Mark:
    """Return a line, or points if its ``ls`` is empty."""
    return mark("plot", x, y, label=label, **style)


def _mark(
    method: str, args: tuple[Any, ...], label: str | Text, style: Mapping[str, Any], ax: Axes
) -> object:
    named = {"label": _words(label)} if label else {}
    return getattr(ax, method)(*(say(value) for value in args), **named, **style)


def _words(value: Any) -> Any:
    return word(value) if type(value) is str else say(value)


def draw(
    panels: Sequence[Panel],
    title: Text,
    *,
    n_cols: int | None = None,
    shared: bool = True,
    axes: Mapping[str, Any] | None = None,
) -> Figure:
    """Draw panels row by row.

    Parameters
    ----------
    panels : sequence of Panel
    title : Text
    n_cols : int, optional
        How many panels stand side by side; by default two rows of at most four.
    shared : bool, default True
        All panels have the same axes, labelled at the left and at the bottom only, and one key
        under the title. Else each has its own.
    axes : mapping, optional
        Arguments of ``Axes.set`` for all panels. A string in `reports.words.WORDS` is translated.
    """
    n = len(panels)
    n_cols = n_cols or (n if n <= 3 else min(ceil(n / 2), 4))
    width = {1: 5.6, 2: 3.6, 3: 3.1}.get(n_cols, 2.5)
    n_keys = ceil(_n_labels(panels[0]) / 3) if shared else 0
    lines = [say(title), *[""] * n_keys]
    figure, places = panels_figure(n, n_cols, width, lines, gap=0.4 if shared else 0.65)
    for ax, panel in zip(places, panels, strict=True):
        dress(ax)
        for each in panel.content:
            each(ax)
        ax.set(**{name: _words(value) for name, value in {**(axes or {}), **panel.axes}.items()})
        ax.set_title(_words(panel.title), fontsize=9)
        if not panel.content:
            ax.set_axis_off()
        elif not shared and ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=7, framealpha=0.7, edgecolor="none")
    if shared:
        _share_limits(places, n_cols)
        label_outer(places, n_cols)
        line_key(figure, places)
    return figure


def _n_labels(panel: Panel) -> int:
    """Count the entries of the key, by drawing the panel where nobody sees it."""
    ax = Figure().add_subplot()
    for each in panel.content:
        each(ax)
    return len(ax.get_legend_handles_labels()[0])


def _share_limits(places: Sequence[Axes], n_cols: int) -> None:
    """Where panels lack numbers of their own, give all of them the widest limits of one."""
    lefts, rights = np.array([ax.get_xlim() for ax in places]).T
    bottoms, tops = np.array([ax.get_ylim() for ax in places]).T
    for ax in places:
        if len(places) > n_cols:
            ax.set_xlim(lefts.min(), rights.max())
        ax.set_ylim(bottoms.min(), tops.max())
