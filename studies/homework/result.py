"""What a grid of learning rates and batch sizes came to: frames, tables, figures, a summary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from network.two_layer import Parameters
from reports.findings.finding import Finding
from reports.frames import history_frame, trials_frame
from reports.tables.best import Best
from reports.words import current_language, phrases
from studies.homework import notebook, plots
from studies.homework.table import CELL, GridTable
from studies.objectives.two_layer import TwoLayerObjective
from sweep.errors import SweepError
from sweep.store.store import TrialResults
from sweep.trial import Trial, TrialState

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HISTORY_REPEATS = 100
"""So many repeats' histories are held in memory and drawn; ``history.csv`` has all."""


@dataclass(frozen=True)
class GridResult:
    """The outcomes of a grid, ready to be looked at; a notebook shows its table.

    Attributes
    ----------
    directory : Path
        The run directory, where the report lies.
    objective : TwoLayerObjective
    frame : DataFrame
        A row a trial, the columns of ``trials.csv``.
    history : DataFrame
        A row an evaluation, the columns of ``history.csv``; of the first HISTORY_REPEATS repeats.
    trials : dict of str to Trial
        By their keys.
    reasons : dict of str to str
        Why trials failed, by their keys.
    networks : dict of int to Parameters
        The best trial's network for each number of hidden units of which it is known.
    cost : str
        What trainings are compared by: a name in `reports.statistics.by_cell.COSTS`.
    language : str
        Of what a notebook shows: ``en`` or ``zh``, by default that of the context.
    """

    directory: Path
    objective: TwoLayerObjective
    frame: pd.DataFrame
    history: pd.DataFrame = field(repr=False)
    trials: Mapping[str, Trial] = field(repr=False)
    reasons: Mapping[str, str] = field(repr=False)
    networks: dict[int, Parameters] = field(repr=False, default_factory=dict)
    cost: str = "epochs"
    language: str = field(default_factory=current_language)

    @classmethod
    def read(
        cls,
        directory: Path,
        objective: TwoLayerObjective,
        trials: list[Trial],
        store: TrialResults,
        cost: str = "epochs",
    ) -> "GridResult":
        """Read the outcomes of trials from the store; SweepError if it has none of them."""
        results = list(store.outcomes(trials, arrays=False))
        if not results:
            raise SweepError(
                f"{directory} holds none of the trainings that its run.json speaks of; run the "
                "sweep that made it again."
            )
        drawn = (trial for trial in trials if trial.repeat < HISTORY_REPEATS)
        result = cls(
            directory,
            objective,
            trials_frame(results),
            history_frame(store.outcomes(drawn)),
            {trial.key: trial for trial, _ in results},
            {trial.key: o.reason for trial, o in results if o.state is TrialState.FAILED},
            cost=cost,
        )
        for n_hidden in result.hidden:
            best = result.best_trial(n_hidden)
            if best is not None:
                ((_, outcome),) = store.outcomes([best])
                if outcome.parameters:
                    result.networks[n_hidden] = Parameters(**outcome.parameters)
        return result

    @property
    def hidden(self) -> list[int]:
        """The numbers of hidden units, of which each has a table."""
        return [int(n) for n in self.frame.n_hidden.unique()]

    def of(self, n_hidden: int | None = None) -> GridTable:
        """Return all about one number of hidden units, by default the first."""
        return self._tables[self.hidden[0] if n_hidden is None else n_hidden]

    @cached_property
    def _tables(self) -> dict[int, GridTable]:
        n_train = len(self.objective.dataset.train_x)
        return {
            n: GridTable(
                self.frame[self.frame.n_hidden == n],
                self.history[self.history.n_hidden == n] if len(self.history) else self.history,
                n_train,
                self.cost,
            )
            for n in self.hidden
        }

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
        """Return the best combination, or None if no training gave a usable network."""
        return self.of(n_hidden).best

    def statistics(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return what the repeats say of each cell, as of `GridTable.statistics`."""
        return self.of(n_hidden).statistics

    def findings(self, n_hidden: int | None = None) -> list[Finding]:
        """Return what the table says, in sentences."""
        return self.of(n_hidden).findings

    def best_trial(self, n_hidden: int | None = None) -> Trial | None:
        """Return the trial of the best combination that converged first, or None."""
        chosen = self.best(n_hidden)
        if chosen is None:
            return None
        rows = self.rows(n_hidden)
        here = (rows[list(CELL)] == list(chosen.place)).all(axis=1)
        rows = rows[here & (rows.state != TrialState.FAILED)]
        order = pd.DataFrame(
            {"late": rows.state != TrialState.CONVERGED, "epochs": rows.epochs, "r2": -rows.test_r2}
        )
        first = order.sort_values(["late", "epochs", "r2"]).index[0]
        return self.trials[rows.key[first]]

    def failures(self) -> dict[str, str]:
        """Return why trials failed, by the trial in words."""
        return {phrases().trial(self.trials[key]): why for key, why in self.reasons.items()}

    @property
    def target_loss(self) -> float:
        """The validation loss at which training stops."""
        return float(str(self.objective.identity()["target_loss"]))

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
