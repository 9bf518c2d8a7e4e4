"""What the homework came to, for a notebook and for its report: tables, findings, figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.two_layer import Parameters
from reports.findings.finding import Finding
from reports.findings.prediction import Guess, sentences
from reports.tables.best import Best
from reports.words import Text, current_language
from studies.experiment import findings
from studies.experiment.result import PlanResult
from studies.homework import notebook, plots
from studies.homework.table import CELL, GridTable
from studies.objectives.two_layer import network_of
from sweep.trial import Trial, TrialState

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class GridResult:
    """The results of a grid by tables, one for each number of hidden units.

    Attributes
    ----------
    directory : Path
        The run directory.
    result : PlanResult
    tables : mapping of int to GridTable
        By the number of hidden units.
    cost : str
        What trials are compared by: a name in `reports.statistics.by_cell.COSTS`.
    guess : Guess, optional
        What was guessed before the run.
    language : str
        Of what a notebook shows: ``en`` or ``zh``, by default that of the context.
    """

    directory: Path
    result: PlanResult
    tables: Mapping[int, GridTable] = field(repr=False)
    cost: str = "epochs"
    guess: Guess | None = None
    language: str = field(default_factory=current_language)

    @classmethod
    def of_plan(
        cls,
        directory: Path,
        result: PlanResult,
        cost: str = "epochs",
        guess: Guess | None = None,
    ) -> "GridResult":
        """Return the tables of a result; what they hold is computed when it is asked for."""
        n_train = len(result.dataset.train_x)
        tables = {
            int(n): GridTable(
                _measured(result.rows(n_hidden=n), n_train),
                result.losses(n_hidden=n) if len(result.history) else result.history,
                n_train,
                cost,
            )
            for n in result.frame.n_hidden.unique()
        }
        return cls(directory, result, tables, cost, guess)

    @property
    def frame(self) -> pd.DataFrame:
        """A row a trial, the columns of ``trials.csv``."""
        return self.result.frame

    @property
    def history(self) -> pd.DataFrame:
        """A row an evaluation, the columns of ``history.csv``, of the first repeats."""
        return self.result.history

    @property
    def hidden(self) -> list[int]:
        """The numbers of hidden units, of which each has a table."""
        return list(self.tables)

    def of(self, n_hidden: int | None = None) -> GridTable:
        """Return all about one number of hidden units, by default the first."""
        return self.tables[self.hidden[0] if n_hidden is None else n_hidden]

    def rows(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the rows of `frame` with one number of hidden units, by default the first."""
        return self.of(n_hidden).rows

    def losses(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the rows of `history` with one number of hidden units, by default the first."""
        return self.of(n_hidden).losses

    def cells(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the medians of each cell, as of `reports.tables.tables.cells`."""
        return self.of(n_hidden).cells

    def table(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the table of ``epochs / accuracy``: batch sizes down, learning rates across."""
        return self.of(n_hidden).table

    def best(self, n_hidden: int | None = None) -> Best | None:
        """Return the best combination, or None if no trial gave a usable network."""
        return self.of(n_hidden).best

    def statistics(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return what the repeats say of each cell, as of `GridTable.statistics`."""
        return self.of(n_hidden).statistics

    def findings(self, n_hidden: int | None = None) -> list[Finding]:
        """Return what the table says, in sentences; with the first one what is odd in the data."""
        is_first = n_hidden in (None, self.hidden[0])
        odd = findings.of_data({"": self.result}) if is_first else []
        return [*(Finding("data", text) for text in odd), *self.of(n_hidden).findings]

    def best_trial(self, n_hidden: int | None = None) -> Trial | None:
        """Return the trial of the best combination that converged first, or None.

        It is one of the first `studies.experiment.result.DRAWN_REPEATS` repeats, whose networks
        are at hand.
        """
        chosen = self.best(n_hidden)
        if chosen is None:
            return None
        rows = self.rows(n_hidden)
        here = (rows[list(CELL)] == list(chosen.place)).all(axis=1)
        rows = rows[here & rows.key.isin(self.result.outcomes)]
        if rows.empty:
            return None
        r2 = rows.get("test_r2", pd.Series(np.nan, rows.index))
        late = rows.state != TrialState.CONVERGED
        order = pd.DataFrame({"late": late, "epochs": rows.epochs, "r2": -r2})
        first = order.sort_values(["late", "epochs", "r2"]).index[0]
        return next(t for t in self.result.trained if t.key == rows.key[first])

    def network(self, n_hidden: int | None = None) -> Parameters | None:
        """Return the network of the best trial, or None."""
        best = self.best_trial(n_hidden)
        arrays = self.result.outcomes[best.key].arrays if best else {}
        return network_of(arrays) if arrays else None

    def on_guess(self, n_hidden: int | None = None) -> list[Text]:
        """Say how the guess did for the first number of hidden units; nothing if there was none."""
        if self.guess is None or n_hidden not in (None, self.hidden[0]):
            return []
        return sentences(self.guess, self.cells(), self.cost)

    @property
    def target_loss(self) -> float:
        """The validation loss at which training stops."""
        return self.result.target_loss

    # ---- figures; each draws on `ax`, or on a new one, and returns it ------------------------

    def plot_losses(
        self,
        *,
        batch_size: int | str | None = None,
        learning_rate: float | None = None,
        n_hidden: int | None = None,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw validation loss curves at one batch size or at one learning rate.

        Without either it is the best combination's batch size, with a curve for each rate.
        """
        drawing = plots.losses(self, n_hidden, batch_size, learning_rate)
        return plots.on_axes(self, drawing, ax)

    def plot_epochs(self, *, n_hidden: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the heat map of epochs, or of another cost, until convergence."""
        return plots.on_axes(self, plots.heat_map(self, n_hidden, "cost"), ax)

    def plot_accuracy(self, *, n_hidden: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the heat map of R² on the test set."""
        return plots.on_axes(self, plots.heat_map(self, n_hidden, "accuracy"), ax)

    def plot_fit(self, *, n_hidden: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the best trial's outputs over the data, or against the truth for several inputs."""
        return plots.on_axes(self, plots.fit(self, n_hidden), ax)

    def _repr_html_(self) -> str:
        return notebook.as_html(self)


def _measured(rows: pd.DataFrame, n_train: int) -> pd.DataFrame:
    """Return trials with their updates, of which a user's function tells nothing."""
    if "updates" in rows:
        return rows
    size = rows.batch_size.replace("full", n_train).astype(float)
    return rows.assign(updates=(rows.epochs * np.ceil(n_train / size)).astype(int))
