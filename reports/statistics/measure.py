"""What trials are judged by: a loss that falls to a target, or a score that rises to one."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.words import Text, accuracy_text, text_of


@dataclass(frozen=True)
class Measure:
    """A metric, whether low or high values of it are good, and which value ends a run.

    Attributes
    ----------
    name : str
        A column of the histories, such as ``validation_loss``.
    target : float or None
        A run ends as converged when it is reached; without one, runs use all their epochs.
    maximize : bool
        Whether high values are good.
    """

    name: str = "validation_loss"
    target: float | None = None
    maximize: bool = False

    def as_cost(self, values: Any) -> Any:
        """Return values of the metric, or costs again as values: low costs are good."""
        return -values if self.maximize else values

    def reached(self, values: Any) -> Any:
        """Tell whether values are as good as the target."""
        if self.target is None:
            return np.zeros(np.shape(values), bool)
        return self.as_cost(values) <= self.as_cost(self.target)

    @property
    def title(self) -> Text:
        """The metric's name in words."""
        name = text_of(self.name)
        return name if isinstance(name, Text) else Text(name, name)

    def text(self, value: float) -> str:
        """Write a value of the metric; n/a where there is none."""
        if self.name.endswith("r2") or not np.isfinite(value):
            return accuracy_text(value)
        return f"{value:.4g}"
