"""A finding: a sentence that the data carries, with what it rests on; and how cells are named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reports.words import Text, axis_value, joined, number

Cell = tuple[Any, ...]

MOST_NAMED = 6
"""Of more cells a sentence says how many they are, and names these first ones."""


@dataclass(frozen=True)
class Finding:
    """A sentence that the data carries.

    Attributes
    ----------
    kind : str
        What it is about, such as ``best`` or ``law``; one word, the same in all languages.
    text : Text
        The sentence, in both languages.
    cells : sequence of tuple
        The cells that it speaks of, by their values on the table's axes.
    figure : str
        The name of the figure that shows it, such as ``epochs_map``; empty if none does.
    numbers : mapping of str to float
        What it rests on.
    """

    kind: str
    text: Text
    cells: tuple[Cell, ...] = ()
    figure: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


def named(cell: Sequence[Any], axes: Sequence[Any]) -> Text:
    """Name a cell: (batch size 2, η 0.5) or (full batch, η 0.5)."""
    each = [axis_value(axis, number(value)) for axis, value in zip(axes, cell, strict=True)]
    en, zh = zip(*each, strict=True)
    return Text(f"({', '.join(en)})", f"（{'，'.join(zh)}）")


def listed(cells: Iterable[Sequence[Any]], axes: Sequence[str]) -> Text:
    """Name cells: the first `MOST_NAMED`, and how many more there are."""
    each = [named(cell, axes) for cell in cells]
    if len(each) > MOST_NAMED:
        more = Text("{n} more", "另外 {n} 格").fill(n=len(each) - MOST_NAMED)
        each[MOST_NAMED:] = [more]
    return joined(each)


def plain(cells: Iterable[Sequence[Any]]) -> tuple[Cell, ...]:
    """Return cells as values that JSON knows."""
    return tuple(
        tuple(value.item() if isinstance(value, np.generic) else value for value in cell)
        for cell in cells
    )
