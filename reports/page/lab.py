"""What the page trains with: the settings and what they may be, and the data in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports.page.arrays import as_text
from reports.words import axis_name, value_text

MOST_SAMPLES = 20_000
"""The data of a page that trains have so many samples at most, which take 0.4 MB."""

MOST_HIDDEN, MOST_EPOCHS, MOST_REPEATS = 32, 100_000, 1000


@dataclass(frozen=True)
class Lab:
    """What the page trains.

    Attributes
    ----------
    settings : mapping
        Those that all cells of a board share, and ``seed``.
    defaults : mapping
        Those of a page without cells.
    choices : mapping of str to sequence of str
        The values of the settings that are names.
    fingerprint : str
        Names the data.
    data : mapping of str to ndarray, shape (n,)
        The arrays of a `Dataset`, by name.
    command : str
        How a command begins that trains on these data; empty if there is none.
    """

    settings: Mapping[str, Any]
    defaults: Mapping[str, Any]
    choices: Mapping[str, Sequence[str]]
    fingerprint: str
    data: Mapping[str, NDArray[np.float64]] = field(repr=False)
    command: str = "sweep assignment"

    def content(self) -> dict[str, Any]:
        """Return it as values for JSON, without the data."""
        settings = {n: "full" if v is None else v for n, v in self.settings.items()}
        return {"settings": settings, "data": self.fingerprint, "command": self.command}


def content_of(labs: Sequence[Lab]) -> dict[str, Any]:
    """Return what the page needs of all labs, as values for JSON: fields of the form, and data."""
    if not labs:
        return {"fields": [], "datasets": {}}
    return {
        "fields": _fields(labs[0], max(len(lab.data["train_x"]) for lab in labs)),
        "datasets": {
            lab.fingerprint: {name: as_text(values, "f8") for name, values in lab.data.items()}
            for lab in {lab.fingerprint: lab for lab in labs}.values()
        },
    }


def _fields(lab: Lab, n_train: int) -> list[dict[str, Any]]:
    """Return the fields of the form: a name, its words, and which values are allowed."""
    fields: list[dict[str, Any]] = [
        {"name": "learning_rate", "kind": "number", "presets": [0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 1]},
        {"name": "batch_size", "kind": "batch", "least": 1, "most": n_train, "presets": ["full"]},
        {"name": "n_hidden", "kind": "whole", "least": 1, "most": MOST_HIDDEN},
        *(
            {
                "name": name,
                "kind": "choice",
                "choices": [(value, value_text(name, value)) for value in values],
            }
            for name, values in lab.choices.items()
        ),
        {"name": "seed", "kind": "whole", "least": 0, "most": 2**53 - 1},
        {"name": "repeat", "kind": "whole", "least": 0, "most": MOST_REPEATS - 1},
        {"name": "max_epochs", "kind": "whole", "least": 1, "most": MOST_EPOCHS},
        {"name": "target_loss", "kind": "number", "presets": [0.0005, 0.001, 0.002, 0.005]},
        {"name": "eval_every", "kind": "whole", "least": 1, "most": MOST_EPOCHS},
    ]
    default = {**lab.defaults, "seed": 0, "repeat": 0}
    return [
        {**each, "label": axis_name(each["name"]), "default": default[each["name"]]}
        for each in fields
    ]
