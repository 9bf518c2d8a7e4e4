"""What a plan's trials came to: frames for tables and figures, and the trained models."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.data.datasets import Dataset
from network.two_layer import Parameters
from reports.frames import history_frame, trials_frame
from reports.tables import tables
from reports.words import phrases
from studies.experiment.plan import Plan
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

    @property
    def target_loss(self) -> float:
        """The loss at which training stops."""
        return float(str(self.plan.objective.identity()["target_loss"]))

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

    @property
    def cells(self) -> pd.DataFrame:
        """The medians of each point of the grid, as of `reports.tables.tables.cells`.

        Without the points at which all trials failed.
        """
        every = self.all_cells
        return every[every.epochs_text != TrialState.FAILED]

    @property
    def all_cells(self) -> pd.DataFrame:
        """The same with those that failed, for tables."""
        return tables.cells(self.frame, by=list(self.plan.axes))

    def rows(self, **params: Value) -> pd.DataFrame:
        """Return the rows of `frame` with these values."""
        return _where(self.frame, params)

    def losses(self, **params: Value) -> pd.DataFrame:
        """Return the rows of `history` with these values."""
        return _where(self.history, params)


def _where(frame: pd.DataFrame, params: Mapping[str, Value]) -> pd.DataFrame:
    for name, value in params.items():
        frame = frame[frame[name] == ("full" if value is None else value)]
    return frame
