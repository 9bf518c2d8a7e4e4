"""What a plan's trainings came to: frames for tables and figures, and the trained models."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.datasets import Dataset
from network.two_layer import Parameters
from reports import tables
from reports.frames import history_frame, trials_frame
from studies.plan import Plan
from sweep.store import Store
from sweep.trial import Outcome, Trial, TrialState, Value

Array = NDArray[np.float64]

DRAWN_REPEATS = 20
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
        By the trials' keys, with histories and parameters; of the same repeats.
    """

    plan: Plan
    frame: pd.DataFrame
    history: pd.DataFrame = field(repr=False)
    outcomes: Mapping[str, Outcome] = field(repr=False)

    @classmethod
    def read(cls, plan: Plan, store: Store) -> "PlanResult":
        """Read the outcomes of a plan's trials from the store."""
        drawn = [trial for trial in plan.trials if trial.repeat < DRAWN_REPEATS]
        outcomes = list(store.outcomes(drawn))
        return cls(
            plan,
            trials_frame(store.outcomes(plan.trials, arrays=False)),
            history_frame(outcomes),
            {trial.key: outcome for trial, outcome in outcomes},
        )

    @property
    def dataset(self) -> Dataset:
        """What was learned from."""
        return self.plan.objective.dataset

    @property
    def target_loss(self) -> float:
        """The loss at which training stops."""
        return float(str(self.plan.objective.identity()["target_loss"]))

    def trial(self, **params: Value) -> Trial:
        """Return the first trial that has these values; ``repeat`` is 0 if it isn't among them."""
        wanted = {"repeat": 0, **params}
        for trial in self.plan.trials:
            if wanted.items() <= {"repeat": trial.repeat, **trial.params}.items():
                return trial
        raise KeyError(f"no trial with {wanted}")

    def outcome(self, **params: Value) -> Outcome:
        """Return what came of `trial`, with its history, its path and its parameters."""
        return self.outcomes[self.trial(**params).key]

    def network(self, **params: Value) -> Parameters:
        """Return the trained network of `trial`."""
        return Parameters(**self.outcome(**params).parameters)

    def predict(self, X: Array, **params: Value) -> Array:
        """Return the outputs of the model of `trial`, shape (n, n_outputs)."""
        trial = self.trial(**params)
        return self.plan.objective.predict(trial, self.outcomes[trial.key].parameters, X)

    @property
    def cells(self) -> pd.DataFrame:
        """The medians of each point of the grid, as of `reports.tables.cells`."""
        return tables.cells(self.frame, by=list(self.plan.axes))

    def rows(self, **params: Value) -> pd.DataFrame:
        """Return the rows of `frame` with these values."""
        return _where(self.frame, params)

    def losses(self, **params: Value) -> pd.DataFrame:
        """Return the rows of `history` with these values."""
        return _where(self.history, params)

    def failures(self) -> dict[str, str]:
        """Return why trials failed, by the trial in words."""
        return {
            str(trial): outcome.reason
            for trial in self.plan.trials
            if (outcome := self.outcomes.get(trial.key)) and outcome.state is TrialState.FAILED
        }


def _where(frame: pd.DataFrame, params: Mapping[str, Value]) -> pd.DataFrame:
    for name, value in params.items():
        frame = frame[frame[name] == ("full" if value is None else value)]
    return frame
