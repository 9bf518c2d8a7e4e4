"""One table of a grid: what its trials came to, each thing computed once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from network.analysis.plateaus import find_plateau
from reports.findings import grid, questions
from reports.findings.finding import Finding
from reports.statistics import by_cell, power_law
from reports.tables import best, tables
from reports.tables.best import Best

CELL = ("batch_size", "learning_rate")
"""The axes of the table: what goes down, and what goes across."""

EXAMINED = 10
"""Plateaus are searched for in so many repeats."""


@dataclass(frozen=True)
class GridTable:
    """The trials of a grid with one number of hidden units.

    Attributes
    ----------
    rows : DataFrame
        A row a trial, the columns of ``trials.csv``.
    losses : DataFrame
        A row an evaluation, the columns of ``history.csv``.
    n_train : int
        Points of the training set.
    cost : str
        What trials are compared by: a name in `reports.statistics.by_cell.COSTS`.
    """

    rows: pd.DataFrame
    losses: pd.DataFrame
    n_train: int
    cost: str

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The medians of each cell, as of `reports.tables.tables.cells`."""
        return tables.cells(self.rows, CELL, self.cost)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table of ``epochs / accuracy``: batch sizes down, learning rates across."""
        return tables.table(self.cells)

    @cached_property
    def best(self) -> Best | None:
        """The best combination, or None if no trial gave a usable network."""
        return best.best(self.cells, self.cost)

    @cached_property
    def most_accurate(self) -> tuple[Any, ...] | None:
        """The cell with the highest accuracy, which need not be the best; None if none is known."""
        known = self.cells.accuracy.dropna()
        return None if known.empty else known.index.tolist()[int(known.argmax())]

    @cached_property
    def statistics(self) -> pd.DataFrame:
        """What the repeats say of each cell, as of `reports.statistics.by_cell.of_cells`.

        With the columns ``wins`` and ``p`` of `by_cell.Winners`, and ``law_epochs`` and
        ``law_verdict``, which are `predicted` and `verdict` of `power_law.judge`.
        """
        chosen = by_cell.winners(self.rows, CELL, self.cost)
        found = by_cell.of_cells(self.rows, CELL, self.cost)
        _, judged = power_law.judge(self.rows, self.n_train)
        judged = judged.set_index(list(CELL)).reindex(found.index)
        return found.drop(columns="diverged").assign(
            wins=chosen.wins,
            p=chosen.p,
            law_epochs=judged.predicted,
            law_verdict=judged.verdict,
        )

    @cached_property
    def findings(self) -> list[Finding]:
        """What the table says, in sentences."""
        flat = plateaus(self.losses)
        return grid.of_grid(self.rows, CELL, self.n_train, cost=self.cost, plateaus=flat)

    @cached_property
    def questions(self) -> list[Finding]:
        """What the table raises for a discussion, those that say most first."""
        return questions.of_grid(self.rows, CELL, self.cost)


def plateaus(losses: pd.DataFrame) -> pd.DataFrame:
    """Find the plateau in each trial's validation loss, of the first `EXAMINED` repeats.

    Parameters
    ----------
    losses : DataFrame
        As of `GridTable`.

    Returns
    -------
    DataFrame
        As `reports.findings.grid.of_grid` takes it.
    """
    names = ["batch_size", "learning_rate", "repeat"]
    some = losses[losses["repeat"] < EXAMINED] if len(losses) else losses
    rows = []
    for place, run in some.groupby(names, sort=False) if len(some) else ():
        epochs, curve = (run[name].to_numpy(float) for name in ("epoch", "validation_loss"))
        found = find_plateau(epochs, curve)
        ends = (np.nan, np.nan) if found is None else (epochs[found.start], epochs[found.end])
        rows.append((*place, *ends))
    return pd.DataFrame(rows, columns=[*names, "start", "end"])
