"""Who enqueues: each cell once, whoever starts, and however often.

The right to enqueue belongs to whoever makes a study with the next number in its name, which a
storage lets only one do. Who has it and is silent for a while is taken to be gone, and the next
number is free.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from optuna.exceptions import DuplicatedStudyError
from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy.exc import IntegrityError

from sweep.optuna import queue
from sweep.optuna.storage import Journal
from sweep.optuna.study import OUTCOME, SharedStudy
from sweep.packs import make_packs
from sweep.trial import Objective, Trial


def enqueue(
    study: SharedStudy,
    trials: Sequence[Trial],
    objective: Objective,
    jobs: int,
    patience: float,
    stopped: Callable[[], bool],
) -> None:
    """Enqueue what isn't yet; wait while somebody else does so.

    Parameters
    ----------
    study : SharedStudy
    trials : sequence of Trial
    objective : Objective
    jobs : int
        Packs are made so that so many can train at once.
    patience : float
        After so many seconds of silence somebody else is taken to be gone.
    stopped : callable
        Whether to give up.
    """
    while not stopped():
        state = study.listing.refresh()
        if not missing(study, trials):
            return
        if state["done"] or study.listing.is_silent(patience):
            _enqueue_alone(study, trials, objective, jobs, state["number"] + 1)
        else:
            time.sleep(0.2)


def missing(study: SharedStudy, trials: Sequence[Trial]) -> list[Trial]:
    """Return what was never enqueued, or failed by an exception and is to be tried again."""
    ids = study.listing.ids
    failed = {
        frozen.user_attrs["key"]
        for frozen in study.in_state(TrialState.FAIL)
        if OUTCOME in frozen.system_attrs and max(ids[frozen.user_attrs["key"]]) == frozen._trial_id
    }
    return [t for t in trials if t.key not in ids or t.key in failed]


def _enqueue_alone(
    study: SharedStudy, trials: Sequence[Trial], objective: Objective, jobs: int, number: int
) -> None:
    storage, listing = study.storage, study.listing
    try:
        storage.create_new_study([StudyDirection.MINIMIZE], _right(study.name, number))
    except DuplicatedStudyError:
        listing.wait_on()  # somebody came first
        time.sleep(0.2)
        return
    if listing.refresh()["number"] < number:
        listing.set_state(number, done=False)
        _adopt(study)
        packs = make_packs(missing(study, trials), objective, jobs)
        for chunk, some in enumerate(queue.chunks(packs), start=listing.size):
            if listing.refresh()["number"] != number:
                break  # this process slept so long that another went on for it
            try:
                queue.add(study.study, storage, some, chunk)
            except IntegrityError:
                break  # likewise, and the other has just taken this chunk's number
        else:
            listing.set_state(number, done=True)
    for old in range(number + 1):  # also what others who are gone left behind
        with suppress(KeyError):
            storage.delete_study(storage.get_study_id_from_name(_right(study.name, old)))


def _right(name: str, number: int) -> str:
    return f"{name} (enqueueing {number})"


def _adopt(study: SharedStudy) -> None:
    """List what a journal's enqueuer had enqueued, but not listed, when it was killed."""
    if not isinstance(study.place, Journal):
        return  # in a database both are one transaction
    known = {trial_id for ids in study.listing.ids.values() for trial_id in ids}
    for frozen in study.in_state(*TrialState):
        if frozen._trial_id not in known:
            study.listing.add(frozen)
    study.listing.refresh()
