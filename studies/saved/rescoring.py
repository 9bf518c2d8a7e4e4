"""What a sweep would have come to under looser rules, answered from its kept histories.

A trial that is stopped earlier is the same up to there. So a higher target loss, fewer
epochs, or fewer evaluations need no training: the history says when it would have
stopped. A stricter target, or an evaluation that was never made, can't be answered so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from network.errors import InputError
from network.losses import r2
from network.training.loop import Ending, Evaluation
from network.training.settings import TrainingSettings
from studies.experiment.plan import Model, Plan
from studies.objectives.stored import check_result
from studies.objectives.two_layer import PATH, measured, network_of
from sweep.errors import SweepError
from sweep.store.store import TrialResults
from sweep.trial import Trial, TrialResult, TrialState


def rescored(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    """Return a plan with looser rules.

    Parameters
    ----------
    plan : Plan
        What was run.
    changes : mapping
        Some of ``target_loss``, ``eval_every``, ``max_epochs``.

    Raises
    ------
    InputError
        If a rule is stricter than that of the run, so that its histories can't tell.
    """
    if not changes:
        return plan
    if plan.model != "network":
        raise InputError("a run of another model than the network can't be rescored; run it again.")
    for name in changes:
        if name in plan.axes:
            raise InputError(f"{name} is varied in this run, so it can't be changed here.")
    asked = plan.with_settings({name: [value] for name, value in changes.items()})
    target, epochs, every = (plan.setting(n) for n in ("target_loss", "max_epochs", "eval_every"))
    if asked.setting("target_loss") < target:
        raise InputError(
            f"--target-loss must be at least {target:g}, that of the run, got "
            f"{asked.setting('target_loss'):g}: its trials stopped there, so a stricter target "
            "needs new ones; run it with that target."
        )
    if asked.setting("max_epochs") > epochs:
        raise InputError(
            f"--max-epochs must be at most {epochs}, that of the run, got "
            f"{asked.setting('max_epochs')}: what comes later was never trained; run it with that."
        )
    if asked.setting("eval_every") % every:
        raise InputError(
            f"--eval-every must be a multiple of {every}, that of the run, got "
            f"{asked.setting('eval_every')}: the evaluations in between were never made."
        )
    if asked.setting("max_epochs") != epochs and plan.setting("decay") != "constant":
        raise InputError(
            f"--max-epochs can't be changed here: the rates of the schedule "
            f"{plan.setting('decay')!r} depend on it, so other ones were trained with; run it with "
            "that."
        )
    return asked


@dataclass(frozen=True)
class Rescored:
    """Gives the results of plans with looser rules, from those of the plans that were run.

    Parameters
    ----------
    store : TrialResults
        Holds the results of `run`.
    run, asked : mapping of str to Plan
        By the same names.
    """

    store: TrialResults
    run: Mapping[str, Plan]
    asked: Mapping[str, Plan]

    def outcomes(
        self, trials: Iterable[Trial], *, arrays: bool = True
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Give the results of trials of `asked`, in their order.

        Raises
        ------
        SweepError
            If an evaluation would be needed that was never made.
        """
        for trial in trials:
            trained, plan = self._trained[trial.key]
            for _, outcome in self.store.outcomes([trained]):
                check_result(plan.objective, trained, outcome)
                found = _rescore(outcome, trial, plan.objective)
                yield trial, found if arrays else replace(found, history=_NONE, arrays={})

    @cached_property
    def _trained(self) -> dict[str, tuple[Trial, Plan]]:
        """What was trained for each trial of `asked`, by its key, and that one's plan."""
        return {
            trial.key: (trained, asked)
            for run, asked in zip(self.run.values(), self.asked.values(), strict=True)
            for trial, trained in zip(asked.trials, run.trials, strict=True)
        }


_NONE: NDArray[np.void] = np.empty(0, "V1")


def _rescore(outcome: TrialResult, trial: Trial, objective: Model) -> TrialResult:
    """Return what would have come of a trial; it went on at least that long."""
    if outcome.state is TrialState.FAILED:
        return outcome
    settings = cast(TrainingSettings, objective.settings(trial.params))
    epochs = outcome.history["epoch"]
    evaluated = np.flatnonzero(
        ((epochs % settings.eval_every == 0) | (epochs == settings.max_epochs))
        & (epochs <= settings.max_epochs)
    )
    for count, place in enumerate(evaluated, start=1):
        measured = Evaluation(*outcome.history[place].item())
        ending = measured.ending(settings)
        if ending is not None:
            kept = evaluated[:count]
            return _ended(outcome, ending, measured, kept, trial, objective)
    if outcome.state is TrialState.PRUNED:  # before these rules would have ended it
        return outcome
    raise _never_made(int(epochs[evaluated[-1]]) if len(evaluated) else 0, outcome, trial, settings)


def _ended(
    outcome: TrialResult,
    ending: Ending,
    last: Evaluation,
    kept: NDArray[np.intp],
    trial: Trial,
    objective: Model,
) -> TrialResult:
    """Return the result of a trial that ends with one of the evaluations that are kept."""
    arrays, test_r2, data = (
        dict(outcome.arrays),
        outcome.metrics.get("test_r2", np.nan),
        objective.dataset,
    )
    path = arrays.pop(PATH, None)
    if last.epoch < outcome.epochs:
        arrays, test_r2 = {}, np.nan
        if path is not None:
            at_end = network_of(outcome.arrays).like(path[kept[-1]].astype(np.float64))
            arrays = at_end.as_dict()
            test_r2 = r2(objective.predict(trial, arrays, data.test_x), data.test_y)
    if path is not None:
        arrays[PATH] = path[kept]
    return replace(
        outcome,
        state=TrialState(ending),
        epochs=last.epoch,
        value=last.validation_loss,
        metrics={**measured(outcome.history[kept[-1]]), "test_r2": test_r2},
        seconds=outcome.seconds * last.epoch / outcome.epochs,
        history=outcome.history[kept],
        arrays=arrays,
    )


def _never_made(
    before: int, outcome: TrialResult, trial: Trial, settings: TrainingSettings
) -> SweepError:
    needed = settings.next_evaluation(before)
    return SweepError(
        f"the evaluation after epoch {needed} of {trial} was never made: it ended with "
        f"epoch {outcome.epochs} ({outcome.state}); give rules under which it would have ended "
        "there or earlier, or run it with them."
    )
