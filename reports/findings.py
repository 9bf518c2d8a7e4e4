"""What a grid's result says, in sentences, each with what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reports.words import Text
from sweep.trial import Value


@dataclass(frozen=True)
class Finding:
    """A sentence that the data carries.

    Attributes
    ----------
    kind : str
        What it is about, such as ``best`` or ``law``; one word, the same in all languages.
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
    cells: tuple[tuple[Value, float], ...] = ()
    figure: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
