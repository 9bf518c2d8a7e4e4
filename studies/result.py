"""What a grid of learning rates and batch sizes came to: frames, tables, figures, a summary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from network.generated import CURVES
from network.losses import r2
from network.two_layer import Parameters
from reports import findings, statistics, tables
from reports.documents import NO_BEST, Section, table_document
from reports.figure_writer import draw
from reports.findings import Finding
from reports.frames import history_frame, trials_frame
from reports.tables import Best
from reports.words import number
from studies.objective import TwoLayerObjective
from sweep.errors import SweepError
from sweep.store import Store
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
        The best trial's network for each number of hidden units that has one.
    """

    directory: Path
    objective: TwoLayerObjective
    frame: pd.DataFrame
    history: pd.DataFrame = field(repr=False)
    trials: Mapping[str, Trial] = field(repr=False)
    reasons: Mapping[str, str] = field(repr=False)
    networks: dict[int, Parameters] = field(repr=False, default_factory=dict)

    @classmethod
    def read(
        cls, directory: Path, objective: TwoLayerObjective, trials: list[Trial], store: Store
    ) -> "GridResult":
        """Read the outcomes of trials from the store."""
        results = list(store.outcomes(trials, arrays=False))
        drawn = (trial for trial in trials if trial.repeat < HISTORY_REPEATS)
        result = cls(
            directory,
            objective,
            trials_frame(results),
            history_frame(store.outcomes(drawn)),
            {trial.key: trial for trial in trials},
            {trial.key: o.reason for trial, o in results if o.state is TrialState.FAILED},
        )
        for n_hidden in result.hidden:
            best = result.best_trial(n_hidden)
            if best is not None:
                ((_, outcome),) = store.outcomes([best])
                result.networks[n_hidden] = Parameters(**outcome.parameters)
        return result

    @property
    def hidden(self) -> list[int]:
        """The numbers of hidden units, of which each has a table."""
        return [int(n) for n in self.frame.n_hidden.unique()]

    def rows(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the rows of `frame` with one number of hidden units, by default the first."""
        return self._of(self.frame, n_hidden)

    def losses(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the rows of `history` with one number of hidden units, by default the first."""
        return self._of(self.history, n_hidden)

    def _of(self, frame: pd.DataFrame, n_hidden: int | None) -> pd.DataFrame:
        return frame[frame.n_hidden == (self.hidden[0] if n_hidden is None else n_hidden)]

    def cells(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the medians of each cell, as of `reports.tables.cells`."""
        return tables.cells(self.rows(n_hidden))

    def table(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the table of ``epochs / accuracy``: batch sizes down, learning rates across."""
        return tables.table(self.cells(n_hidden))

    def best(self, n_hidden: int | None = None) -> Best | None:
        """Return the best combination, or None if no training gave a usable network."""
        return tables.best(self.cells(n_hidden))

    def statistics(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return what the repeats say of each cell, as of `reports.statistics.of_cells`."""
        trials = statistics.with_costs(self.rows(n_hidden), len(self.objective.dataset.train_x))
        found = statistics.of_cells(trials)
        chosen = statistics.winners(trials)
        return found.assign(wins=chosen.wins, p=chosen.p)

    def findings(self, n_hidden: int | None = None) -> list[Finding]:
        """Return what the table says, in sentences."""
        return findings.of_grid(self.rows(n_hidden), len(self.objective.dataset.train_x))

    def best_trial(self, n_hidden: int | None = None) -> Trial | None:
        """Return the trial of the best combination that converged first, or None."""
        best = self.best(n_hidden)
        if best is None:
            return None
        rows = self.rows(n_hidden)
        here = (rows.batch_size == best.batch_size) & (rows.learning_rate == best.learning_rate)
        rows = rows[here & (rows.state != TrialState.FAILED)]
        order = pd.DataFrame(
            {"late": rows.state != TrialState.CONVERGED, "epochs": rows.epochs, "r2": -rows.test_r2}
        )
        first = order.sort_values(["late", "epochs", "r2"]).index[0]
        return self.trials[rows.key[first]]

    def failures(self) -> dict[str, str]:
        """Return why trials failed, by the trial in words."""
        return {str(self.trials[key]): reason for key, reason in self.reasons.items()}

    @property
    def target_loss(self) -> float:
        """The validation loss at which training stops."""
        return float(str(self.objective.identity()["target_loss"]))

    def summary(self) -> str:
        """Return what the command prints: the tables, the best combinations, the report's place."""
        sections = [Section(n, self.table(n), self.best(n)) for n in self.hidden]
        return f"{table_document(sections)}\nReport: {self.directory / 'report.md'}"

    def _repr_html_(self) -> str:
        return "".join(
            f"<h4>{n} hidden units</h4>{self.table(n).to_html()}"
            f"<p>{escape(best.sentence if best else NO_BEST)}</p>"
            for n, best in ((n, self.best(n)) for n in self.hidden)
        )

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
        losses, best = self.losses(n_hidden), self.best(n_hidden)
        if learning_rate is not None:
            by, losses = "batch_size", losses[losses.learning_rate == learning_rate]
        else:
            size = batch_size or (best.batch_size if best else losses.batch_size.iloc[0])
            by, losses = "learning_rate", losses[losses.batch_size == size]
        from reports.loss_figures import loss_curves

        return loss_curves(losses, _axes(ax), by=by, target_loss=self.target_loss)

    def plot_epochs(self, *, n_hidden: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the heat map of epochs until convergence."""
        return self._heat_map("epochs", n_hidden, ax)

    def plot_accuracy(self, *, n_hidden: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the heat map of R² on the test set."""
        return self._heat_map("accuracy", n_hidden, ax)

    def plot_fit(self, *, n_hidden: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the best trial's outputs over the data, or against the truth for several inputs."""
        return self.fit_drawing(n_hidden)(_axes(ax))

    def fit_drawing(self, n_hidden: int | None = None) -> "Callable[[Axes], Axes]":
        """Return what `plot_fit` does with an Axes; it can be sent to another process.

        Raises
        ------
        SweepError
            If no training gave a usable network.
        """
        data, trial = self.objective.dataset, self.best_trial(n_hidden)
        if trial is None:
            raise SweepError("no training gave a usable network, so there is no fit to draw.")
        network = self.networks[int(trial.params["n_hidden"] or 0)]
        predicted = self.objective.predict(trial, network.as_dict(), data.test_x)
        accuracy = tables.accuracy_text(r2(predicted, data.test_y))
        title = (
            f"batch size {number(trial.params['batch_size'])}, "
            f"η = {number(trial.params['learning_rate'])}: R² {accuracy} on the test set"
        )
        if data.n_inputs > 1 or data.n_outputs > 1:
            shown = {"truth": data.test_y, "predicted": predicted}
            return partial(draw, "fits.prediction_against_truth", **shown, title=title)
        return partial(
            draw,
            "fits.fit",
            train_x=data.train_x,
            train_y=data.train_y,
            test_x=data.test_x,
            test_y=data.test_y,
            predicted_y=predicted,
            title=title,
            test_is_curve=data.name in CURVES,
        )

    def _heat_map(self, column: str, n_hidden: int | None, ax: "Axes | None") -> "Axes":
        from reports.heat_maps import heat_map

        cells, best = self.cells(n_hidden), self.best(n_hidden)
        return heat_map(
            tables.table(cells, column),
            _axes(ax),
            text=tables.table(cells, f"{column}_text"),
            best=best.place if best else None,
            fewer_is_better=column == "epochs",
        )


def _axes(ax: "Axes | None") -> "Axes":
    """Return the axes given, or those of a new figure, which a notebook shows."""
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots()
    return ax
