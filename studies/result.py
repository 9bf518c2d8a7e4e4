"""What a grid of learning rates and batch sizes came to: frames, tables, figures, a summary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.generated import CURVES
from network.losses import r2
from network.plateaus import find_plateau
from network.two_layer import Parameters
from reports import best, findings, statistics, tables
from reports.best import Best
from reports.figure_writer import draw
from reports.finding import Finding
from reports.frames import history_frame, trials_frame
from reports.words import Text, accuracy_text, number
from studies.objective import TwoLayerObjective
from sweep.errors import SweepError
from sweep.store import Outcomes
from sweep.trial import Trial, TrialState

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HISTORY_REPEATS = 100
"""So many repeats' histories are held in memory and drawn; ``history.csv`` has all."""


LOOKED_AT = 10
"""Plateaus are looked for in so many repeats."""

FIT_TITLE = Text(
    "batch size {size}, η = {rate}: R² {accuracy} on the test set",
    "批大小 {size}，η = {rate}：测试集 R² 为 {accuracy}",
)


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
        What trainings are compared by: a name in `reports.statistics.COSTS`.
    """

    directory: Path
    objective: TwoLayerObjective
    frame: pd.DataFrame
    history: pd.DataFrame = field(repr=False)
    trials: Mapping[str, Trial] = field(repr=False)
    reasons: Mapping[str, str] = field(repr=False)
    networks: dict[int, Parameters] = field(repr=False, default_factory=dict)
    cost: str = "epochs"

    @classmethod
    def read(
        cls,
        directory: Path,
        objective: TwoLayerObjective,
        trials: list[Trial],
        store: Outcomes,
        cost: str = "epochs",
    ) -> "GridResult":
        """Read the outcomes of trials from the store."""
        results = list(store.outcomes(trials, arrays=False))
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
        return tables.cells(self._with_costs(n_hidden), cost=self.cost)

    def table(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return the table of ``epochs / accuracy``: batch sizes down, learning rates across."""
        return tables.table(self.cells(n_hidden))

    def best(self, n_hidden: int | None = None) -> Best | None:
        """Return the best combination, or None if no training gave a usable network."""
        return best.best(self.cells(n_hidden), self.cost)

    def statistics(self, n_hidden: int | None = None) -> pd.DataFrame:
        """Return what the repeats say of each cell, as of `reports.statistics.of_cells`.

        With the columns ``wins`` and ``p`` of `reports.statistics.Winners`.
        """
        trials = self._with_costs(n_hidden)
        chosen = statistics.winners(trials, self.cost)
        found = statistics.of_cells(trials, self.cost)
        return found.assign(wins=chosen.wins, p=chosen.p)

    def findings(self, n_hidden: int | None = None) -> list[Finding]:
        """Return what the table says, in sentences."""
        n_train = len(self.objective.dataset.train_x)
        flat = plateaus(self.losses(n_hidden))
        return findings.of_grid(self.rows(n_hidden), n_train, cost=self.cost, plateaus=flat)

    def _with_costs(self, n_hidden: int | None) -> pd.DataFrame:
        n_train = len(self.objective.dataset.train_x)
        return statistics.with_costs(self.rows(n_hidden), n_train)

    def best_trial(self, n_hidden: int | None = None) -> Trial | None:
        """Return the trial of the best combination that converged first, or None."""
        chosen = self.best(n_hidden)
        if chosen is None:
            return None
        rows = self.rows(n_hidden)
        here = (rows.batch_size == chosen.batch_size) & (rows.learning_rate == chosen.learning_rate)
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
        losses, chosen = self.losses(n_hidden), self.best(n_hidden)
        if learning_rate is not None:
            by, losses = "batch_size", losses[losses.learning_rate == learning_rate]
        else:
            size = batch_size or (chosen.batch_size if chosen else losses.batch_size.iloc[0])
            by, losses = "learning_rate", losses[losses.batch_size == size]
        from reports.loss_figures import loss_curves

        return loss_curves(losses, _axes(ax), by=by, target_loss=self.target_loss)

    def plot_epochs(self, *, n_hidden: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the heat map of epochs, or of another cost, until convergence."""
        return self._heat_map("cost", n_hidden, ax)

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
        network = self.networks.get(self.hidden[0] if n_hidden is None else n_hidden)
        if trial is None or network is None:
            raise SweepError("no network is known of a usable training, so there is no fit.")
        predicted = self.objective.predict(trial, network.as_dict(), data.test_x)
        title = FIT_TITLE.fill(
            size=number(trial.params["batch_size"]),
            rate=number(trial.params["learning_rate"]),
            accuracy=accuracy_text(r2(predicted, data.test_y)),
        )
        if data.n_inputs > 1 or data.n_outputs > 1:
            shown = {"truth": data.test_y, "predicted": predicted}
            return partial(draw, "fits.prediction_against_truth", **shown, title=str(title))
        return partial(
            draw,
            "fits.fit",
            train_x=data.train_x,
            train_y=data.train_y,
            test_x=data.test_x,
            test_y=data.test_y,
            predicted_y=predicted,
            title=str(title),
            test_is_curve=data.name in CURVES,
        )

    def _heat_map(self, column: str, n_hidden: int | None, ax: "Axes | None") -> "Axes":
        from reports.heat_maps import heat_map

        cells, chosen = self.cells(n_hidden), self.best(n_hidden)
        return heat_map(
            tables.table(cells, column),
            _axes(ax),
            text=tables.table(cells, f"{column}_text"),
            best=chosen.place if chosen else None,
            fewer_is_better=column == "cost",
        )


def plateaus(history: pd.DataFrame) -> pd.DataFrame:
    """Find the plateau in each training's validation loss, of the first `LOOKED_AT` repeats.

    Parameters
    ----------
    history : DataFrame
        As of `GridResult.history`.

    Returns
    -------
    DataFrame
        As `reports.findings.of_grid` takes it.
    """
    rows = []
    names = ["batch_size", "learning_rate", "repeat"]
    if len(history):
        history = history[history["repeat"] < LOOKED_AT]
    for place, run in history.groupby(names, sort=False) if len(history) else ():
        epochs, losses = (run[name].to_numpy(float) for name in ("epoch", "validation_loss"))
        found = find_plateau(epochs, losses)
        ends = (np.nan, np.nan) if found is None else (epochs[found.start], epochs[found.end])
        rows.append((*place, *ends))
    return pd.DataFrame(rows, columns=[*names, "start", "end"])


def _axes(ax: "Axes | None") -> "Axes":
    """Return the axes given, or those of a new figure, which a notebook shows."""
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots()
    return ax
