"""What a plan's trials came to: frames for tables and figures, and the trained models."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.data.datasets import Dataset
from network.two_layer import Parameters
from reports.frames import history_frame, loss_column, trials_frame
from reports.statistics import by_cell
from reports.statistics.measure import Measure
from reports.tables import tables
from reports.words import phrases
from studies.experiment.plan import Model, Plan
from studies.objectives.functions.objective import FunctionObjective
from studies.objectives.stored import check_result
from studies.objectives.two_layer import network_of, parameters_of
from sweep.store.store import TrialResults
from sweep.trial import Trial, TrialResult, TrialState, Value

Array = NDArray[np.float64]

DRAWN_REPEATS = 100
"""So many repeats' histories and models are held in memory and drawn; ``history.csv`` has all."""


@dataclass(frozen=True)
class PlanResult:
    """The outcomes of a plan, ready to be looked at.

    Attributes
    ----------
    plan : Plan
    frame : DataFrame
        A row a trial, the columns of ``trials.csv``.
    history : DataFrame
        A row an evaluation, the columns of ``history.csv``; of the first DRAWN_REPEATS repeats.
    outcomes : dict of str to Outcome
        By the trials' keys, with histories and parameters; of the same repeats, without those
        that failed: there is nothing in them to be looked at.
    failures : dict of str to str
        Why trials failed, by the trial in words.
    """

    plan: Plan
    frame: pd.DataFrame
    history: pd.DataFrame = field(repr=False)
    outcomes: Mapping[str, TrialResult] = field(repr=False)
    failures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, plan: Plan, store: TrialResults) -> "PlanResult":
        """Read the outcomes of a plan's trials from the store."""
        ended = list(store.outcomes(plan.trials, arrays=False))
        say = phrases()
        failures = {
            say.trial(trial): each.reason
            for trial, each in ended
            if each.state == TrialState.FAILED
        }
        drawn = [
            trial
            for trial, each in ended
            if trial.repeat < DRAWN_REPEATS and each.state != TrialState.FAILED
        ]
        outcomes = list(store.outcomes(drawn))
        for each in outcomes:
            check_result(plan.objective, *each)
        return cls(
            plan,
            trials_frame(ended, plan.objective.metrics),
            history_frame(outcomes),
            {trial.key: outcome for trial, outcome in outcomes},
            failures,
        )

    @property
    def guess(self) -> float:
        """The loss of the best constant: half the variance of the training labels."""
        return float(0.5 * self.dataset.train_y.var(axis=0).sum())

    @property
    def trained(self) -> list[Trial]:
        """The trials of `outcomes`, in the plan's order."""
        return [trial for trial in self.plan.trials if trial.key in self.outcomes]

    def values(self, axis: str) -> list[Value]:
        """Return the values of an axis that something was trained with."""
        with_it = [trial.params[axis] for trial in self.trained]
        return [value for value in self.plan.axes[axis] if value in with_it]

    @property
    def dataset(self) -> Dataset:
        """What was learned from."""
        return self.plan.objective.dataset

    @cached_property
    def measure(self) -> Measure:
        """What trials are judged by, and the target at which training stops."""
        found = measure_of(self.plan.objective)
        if self.plan.function is not None:
            return found
        return replace(found, name=loss_column(self.history))

    @property
    def target_loss(self) -> float:
        """The loss at which training stops; NaN without a target."""
        target = self.measure.target
        return np.nan if target is None else target

    @property
    def is_timed(self) -> bool:
        """Whether trials are stopped at a target, so that their epochs say something.

        A function that returns a number is evaluated once, at its end.
        """
        if self.plan.function is None:
            return True
        if self.measure.target is None:
            return False
        early = self.frame.epochs[self.frame.state == TrialState.CONVERGED] < self.plan.max_epochs
        return self.has_curves or bool(early.any())

    @property
    def cost(self) -> str:
        """What cells are compared by: epochs, or the last value where none are counted."""
        return "epochs" if self.is_timed else by_cell.VALUE

    @property
    def has_curves(self) -> bool:
        """Whether a trial was evaluated more than once."""
        return any(len(outcome.history) > 1 for outcome in self.outcomes.values())

    def sizes(self, axis: str) -> list[int]:
        """Return `values` of an axis of whole numbers, from small to large."""
        return sorted(int(str(value)) for value in self.values(axis))

    def trial(self, **params: Value) -> Trial:
        """Return the first repeat of a trial that has these values and did not fail."""
        found = (
            trial
            for trial in self.trained
            if params.items() <= {"repeat": trial.repeat, **trial.params}.items()
        )
        try:
            return next(found)
        except StopIteration:
            raise KeyError(f"nothing was trained with {params}") from None

    def outcome(self, **params: Value) -> TrialResult:
        """Return what came of `trial`, with its history, its path and its parameters."""
        return self.outcomes[self.trial(**params).key]

    def network(self, **params: Value) -> Parameters:
        """Return the trained network of `trial`."""
        return network_of(self.outcome(**params).arrays)

    def predict(self, X: Array, **params: Value) -> Array:
        """Return the outputs of the model of `trial`, shape (n, n_outputs)."""
        trial = self.trial(**params)
        with np.errstate(over="ignore", invalid="ignore"):  # it may have diverged
            return self.plan.objective.predict(trial, self.outcomes[trial.key].arrays, X)

    def n_parameters(self, **params: Value) -> int:
        """Return how many weights and biases the model of `trial` has."""
        return sum(a.size for a in parameters_of(self.outcome(**params).arrays).values())

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The medians of each point of the grid, as of `reports.tables.tables.cells`.

        Without the points at which all trials failed.
        """
        every = self.all_cells
        return every[every.epochs_text != TrialState.FAILED]

    @cached_property
    def all_cells(self) -> pd.DataFrame:
        """The same with those that failed, for tables.

        Of a function also ``value_cost`` and ``value_text``: the median of the last values.
        """
        axes = list(self.plan.axes)
        cells = tables.cells(self.frame, by=axes)
        if self.plan.function is None:
            return cells
        rows = by_cell.of_cells(self.valued, axes, by_cell.VALUE)
        texts = [by_cell.value_text(row, self.measure) for row in rows.to_dict("records")]
        return cells.assign(value_cost=rows["median"], value_text=texts)

    @cached_property
    def valued(self) -> pd.DataFrame:
        """`frame`, of a function with what `reports.statistics.by_cell.VALUE` needs."""
        if self.plan.function is None:
            return self.frame
        return by_cell.with_values(self.frame, self.measure)

    def rows(self, **params: Value) -> pd.DataFrame:
        """Return the rows of `frame` with these values."""
        return _where(self.frame, params)

    def losses(self, **params: Value) -> pd.DataFrame:
        """Return the rows of `history` with these values."""
        return _where(self.history, params)


def measure_of(objective: Model) -> Measure:
    """Return what trials of an objective are judged by."""
    if isinstance(objective, FunctionObjective):
        return objective.measure
    return Measure(target=float(str(objective.identity()["target_loss"])))


def _where(frame: pd.DataFrame, params: Mapping[str, Value]) -> pd.DataFrame:
    for name, value in params.items():
        frame = frame[frame[name] == ("full" if value is None else value)]
    return frame
