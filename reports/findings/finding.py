"""A finding: a sentence that the data carries, with what it rests on; and how cells are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.words import WORDS, Text, joined, number
from sweep.trial import Value

Cell = tuple[Value, float]
CELL = ("batch_size", "learning_rate")

MOST_NAMED = 6
"""Of more cells a sentence says how many they are, and names these first ones."""


@dataclass(frozen=True)
class Finding:
    """A sentence that the data carries.

    Attributes
    ----------
    kind : str
        What it is about, such as ``best`` or ``power_law``; one word, the same in all languages.
    text : Text
        The sentence, in both languages.
    cells : sequence of (batch_size, learning_rate)
        The cells that it speaks of.
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


def named(cell: Sequence[Any], axes: Sequence[str] = CELL) -> Text:
    """Name a cell: (batch size 2, η 0.5) or (full batch, η 0.5)."""
    parts = [_named_value(axis, number(value)) for axis, value in zip(axes, cell, strict=True)]
    en, zh = zip(*parts, strict=True)
    return Text(f"({', '.join(en)})", f"（{'，'.join(zh)}）")


def _named_value(axis: str, value: str) -> Text:
    if (axis, value) == ("batch_size", "full"):
        return Text("full batch", "全批量")
    name = Text("η", "η") if axis == "learning_rate" else WORDS.get(axis, Text(axis, axis))
    return Text(f"{name.en} {value}", f"{name.zh} {value}")


def listed(cells: Any, axes: Sequence[str] = CELL) -> Text:
    """Name cells: the first `MOST_NAMED`, and how many more there are."""
    each = [named(cell, axes) for cell in cells]
    if len(each) <= MOST_NAMED:
        return joined(each)
    more = Text("{n} more", "另外 {n} 格").fill(n=len(each) - MOST_NAMED)
    return joined([*each[:MOST_NAMED], more])


def plain(cells: Any) -> tuple[Cell, ...]:
    """Return cells as values that JSON knows."""
    return tuple(
        (size if isinstance(size, str) else int(size), float(rate)) for size, rate in cells
    )
