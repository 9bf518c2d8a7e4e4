"""What a sweep would have come to under looser rules, answered from its kept histories.

A training that is stopped earlier is the same training up to there. So a higher target loss, fewer
epochs, or looking at the losses less often need no training: the history says when it would have
stopped. A stricter target, or an evaluation that was never made, can't be answered so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.errors import InputError
from network.losses import r2
from network.training.loop import Ending, Evaluation
from network.training.settings import TrainingSettings
from network.two_layer import Parameters
from studies.homework.assignment import Assignment
from studies.objectives.two_layer import TwoLayerObjective
from sweep.errors import SweepError
from sweep.store.store import TrialResults
from sweep.trial import Trial, TrialResult, TrialState


def rescored(question: Assignment, changes: Mapping[str, Any]) -> Assignment:
    """Return the question with looser rules.

    Parameters
    ----------
    question : Assignment
        What was run.
    changes : mapping
        Some of ``target_loss``, ``eval_every``, ``max_epochs``.

    Raises
    ------
    InputError
        If a rule is stricter than that of the run, so that its histories can't tell.
    """
    asked = replace(question, **changes)
    if asked.target_loss < question.target_loss:
        raise InputError(
            f"--target-loss must be at least {question.target_loss:g}, that of the run, got "
            f"{asked.target_loss:g}: its trainings stopped there, so a stricter target needs new "
            "ones; run sweep assignment with it."
        )
    if asked.max_epochs > question.max_epochs:
        raise InputError(
            f"--max-epochs must be at most {question.max_epochs}, that of the run, got "
            f"{asked.max_epochs}: what comes later was never trained; run sweep assignment with it."
        )
    if asked.eval_every % question.eval_every:
        raise InputError(
            f"--eval-every must be a multiple of {question.eval_every}, that of the run, got "
            f"{asked.eval_every}: the evaluations in between were never made."
        )
    if asked.max_epochs != question.max_epochs and question.decay != "constant":
        raise InputError(
            f"--max-epochs can't be changed here: the rates of the schedule {question.decay!r} "
            "depend on it, so other ones were trained with; run sweep assignment with it."
        )
    return asked


@dataclass(frozen=True)
class Rescored:
    """Gives the outcomes of a question with looser rules, from those of the one that was run.

    Parameters
    ----------
    store : Outcomes
        Holds the outcomes of `run`.
    run, asked : Assignment
    """

    store: TrialResults
    run: Assignment
    asked: Assignment

    def outcomes(
        self, trials: Iterable[Trial], *, arrays: bool = True
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Give the outcomes of trials of `asked`, in their order.

        Raises
        ------
        SweepError
            If an evaluation would be needed that was never made.
        """
        trained = dict(
            zip((trial.key for trial in self.asked.trials), self.run.trials, strict=True)
        )
        for trial in trials:
            for _, outcome in self.store.outcomes([trained[trial.key]]):
                found = _rescore(outcome, trial, self.asked.objective)
                yield trial, found if arrays else replace(found, history=_NONE, parameters={})


_NONE: NDArray[np.void] = np.empty(0, "V1")


def _rescore(outcome: TrialResult, trial: Trial, objective: TwoLayerObjective) -> TrialResult:
    """Return what would have come of a trial; its training went on at least that long."""
    if outcome.state is TrialState.FAILED:
        return outcome
    settings = objective.settings(trial.params)
    epochs = outcome.history["epoch"]
    looked_at = np.flatnonzero(
        ((epochs % settings.eval_every == 0) | (epochs == settings.max_epochs))
        & (epochs <= settings.max_epochs)
    )
    for count, place in enumerate(looked_at, start=1):
        measured = Evaluation(*outcome.history[place].item())
        ending = measured.ending(settings)
        if ending is not None:
            kept = looked_at[:count]
            return _ended(outcome, ending, measured, kept, trial, objective)
    raise _never_made(int(epochs[looked_at[-1]]) if len(looked_at) else 0, outcome, trial, settings)


def _ended(
    outcome: TrialResult,
    ending: Ending,
    last: Evaluation,
    kept: NDArray[np.intp],
    trial: Trial,
    objective: TwoLayerObjective,
) -> TrialResult:
    """Return the outcome of a training that ends with one of the evaluations that are kept."""
    network, test_r2 = outcome.parameters, outcome.test_r2
    path = outcome.path[kept] if len(outcome.path) else outcome.path
    if last.epoch < outcome.epochs:
        network, test_r2 = {}, np.nan
        if len(path):
            at_end = Parameters(**outcome.parameters).like(path[-1].astype(np.float64))
            network, data = at_end.as_dict(), objective.dataset
            test_r2 = r2(objective.predict(trial, network, data.test_x), data.test_y)
    return replace(
        outcome,
        state=TrialState(ending),
        epochs=last.epoch,
        updates=last.updates,
        train_loss=last.train_loss,
        validation_loss=last.validation_loss,
        validation_r2=last.validation_r2,
        test_r2=test_r2,
        seconds=outcome.seconds * last.epoch / outcome.epochs,
        history=outcome.history[kept],
        path=path,
        parameters=network,
    )


def _never_made(
    before: int, outcome: TrialResult, trial: Trial, settings: TrainingSettings
) -> SweepError:
    needed = settings.next_evaluation(before)
    return SweepError(
        f"the evaluation after epoch {needed} of {trial} was never made: its training ended with "
        f"epoch {outcome.epochs} ({outcome.state}); give rules under which it would have ended "
        "there or earlier, or run sweep assignment with them."
    )
