"""A sweep as an Optuna study that many processes work on: pop, tell, give back, collect.

Beside `Study` this uses the storage behind it (`BaseStorage`), which knows trials by their ids:
`Study.ask` and `Study.trials` read the whole study, and that grows with the grid.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from sweep.errors import SweepError
from sweep.optuna import queue
from sweep.optuna.leases import leases_of
from sweep.optuna.listing import Listing
from sweep.optuna.queue import Pack
from sweep.optuna.storage import Place, close, experimental
from sweep.store.serialization import result_from_json, result_to_json
from sweep.trial import Objective, Trial, TrialResult, trial_key
from sweep.trial import TrialState as State

HEARTBEAT = 10
"""Seconds between two signs of life of a trial in a database; after three times as many without
one it is tried again."""

PATIENCE = 60.0
"""After so many seconds without a new trial, whoever was enqueueing is taken to be gone."""

ABOUT, OUTCOME = "sweep:about", "sweep:outcome"


@dataclass(frozen=True)
class Claim:
    """A trial that this process has popped, and its id in the storage."""

    trial_id: int
    trial: Trial


class SharedStudy:
    """A study that is there, seen by one process.

    Parameters
    ----------
    place : Place
    name : str
    jobs : int
        How many threads will use it at once.
    heartbeat : int
        See HEARTBEAT; the same in all processes.
    about : mapping, optional
        With it the study is made if it isn't there: ``description``, what workers make the
        objective of; ``identity``, what decides results; and what else the maker wants to find.

    Raises
    ------
    SweepError
        If the study isn't there, or is about something else.
    """

    def __init__(
        self,
        place: Place,
        name: str,
        *,
        jobs: int = 1,
        heartbeat: int = HEARTBEAT,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.place, self.name = place, name
        if about is None and not place.is_there:
            place.check()
            raise NoStudy(f"there is no study {name} in {place.shown}; there is none.")
        self.storage = place.open(heartbeat=heartbeat, connections=jobs + 3)
        try:
            self.study = self._load() if about is None else self._create()
            self._id = self.study._study_id
            self.about = self._agree(about)
            if "search" in self.about:
                raise SweepError(
                    f"the study {name} is a search, in which one process works; give another "
                    "--study."
                )
            self._leases = leases_of(place, self.storage, self.study)
        except BaseException:
            close(self.storage)
            raise
        self._popping = threading.Lock()
        self._suspects: set[int] = set()
        self.listing = Listing(self.storage, self._id)

    def _create(self) -> optuna.Study:
        study = optuna.create_study(
            storage=self.storage, study_name=self.name, direction="minimize", load_if_exists=True
        )
        with experimental():
            study.set_metric_names(["validation loss"])
        return study

    def _load(self) -> optuna.Study:
        try:
            return optuna.load_study(storage=self.storage, study_name=self.name)
        except KeyError:
            names = optuna.get_all_study_names(self.storage)
            raise NoStudy(
                f"there is no study {self.name} in {self.place.shown}; there "
                f"{'are ' + ', '.join(sorted(names)) if names else 'is none'}."
            ) from None

    def _agree(self, about: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what the study is about, which is what it was made for if it was there."""
        there: dict[str, Any] | None = self.storage.get_study_system_attrs(self._id).get(ABOUT)
        if about is None and there is None:
            raise NoStudy(
                f"the study {self.name} was not made by this tool, or is only just being made; "
                "give another --study."
            )
        if about is None or there == about:
            return there or {}
        if there is not None and there.get("identity") != about["identity"]:
            raise SweepError(
                f"the study {self.name} is about other data, settings or a seed of its own; give "
                "another --study."
            )
        self.storage.set_study_system_attr(self._id, ABOUT, dict(about))
        for name, value in about.get("shown", {}).items():
            self.study.set_user_attr(name, value)
        return dict(about)

    def close(self) -> None:
        """Hold nothing more, neither trials nor connections."""
        self._leases.close()
        close(self.storage)

    def in_state(self, *states: TrialState) -> list[FrozenTrial]:
        """Read the trials that are in one of some states; let those be few."""
        return self.storage.get_all_trials(self._id, deepcopy=False, states=states)

    # ---- work --------------------------------------------------------------------------------

    def pop(self, objective: Objective) -> list[Claim]:
        """Pop as many waiting trials as make a pack; none if none is waiting.

        Packs are tried in the order in which they were enqueued. One whose first trial is gone
        belongs to somebody. When all have been tried, those that wait still are read: few, given
        back by somebody or enqueued again.
        """
        with self._popping:  # threads of one process take turns, which SQLite needs
            while self.listing.fresh or self._find_waiting(objective.pack_size):
                claims = list(self._claim(self.listing.fresh.popleft()))
                if claims:
                    return claims
            return []

    def _find_waiting(self, pack_size: int) -> bool:
        self.listing.refresh()
        if not self.listing.fresh:
            waiting = self.in_state(TrialState.WAITING)
            for start in range(0, len(waiting), pack_size):
                some = waiting[start : start + pack_size]
                ids, keys = zip(*((t._trial_id, t.user_attrs["key"]) for t in some), strict=True)
                self.listing.fresh.append(Pack(ids, keys))
        return bool(self.listing.fresh)

    def _claim(self, pack: Pack) -> Iterator[Claim]:
        for number, (trial_id, key) in enumerate(zip(pack.ids, pack.keys, strict=True)):
            if not self._claim_one(trial_id):
                if number == 0:
                    return
                continue
            frozen = self.storage.get_trial(trial_id)
            if trial_id not in self.listing.ids.get(key, ()):
                self.listing.add(frozen)
            if self._is_done_elsewhere(key, trial_id):
                self._finish(trial_id, TrialState.FAIL)
            else:
                yield Claim(trial_id, queue.trial_of(frozen))

    def _claim_one(self, trial_id: int) -> bool:
        try:
            if self._leases.take(trial_id):
                if self.storage.set_trial_state_values(trial_id, TrialState.RUNNING):
                    return True
                self._leases.drop(trial_id)
        except UpdateFinishedTrialError:
            self._leases.drop(trial_id)
        return False

    def _is_done_elsewhere(self, key: str, trial_id: int) -> bool:
        """Tell whether the same cell was enqueued a second time after all, and is complete."""
        others = (other for other in self.listing.ids.get(key, ()) if other != trial_id)
        return any(self.storage.get_trial(o).state is TrialState.COMPLETE for o in others)

    def tell(self, claim: Claim, outcome: TrialResult) -> None:
        """Finish a trial; nothing happens if it was taken for dead and is tried elsewhere."""
        try:
            describe_outcome(self.storage, claim.trial_id, outcome)
            if outcome.state is State.FAILED:
                self._finish(claim.trial_id, TrialState.FAIL)
            else:
                loss = outcome.validation_loss
                self._finish(
                    claim.trial_id, TrialState.COMPLETE, loss if np.isfinite(loss) else np.inf
                )
        except UpdateFinishedTrialError:
            self._leases.drop(claim.trial_id)

    def _finish(self, trial_id: int, state: TrialState, *values: float) -> None:
        self.storage.set_trial_state_values(trial_id, state, values or None)
        self._leases.drop(trial_id)

    def give_back(self, claims: Iterable[Claim]) -> None:
        """Let trials wait again that were popped, but not trained to the end."""
        for claim in claims:
            try:
                self.storage.set_trial_state_values(claim.trial_id, TrialState.WAITING)
            except UpdateFinishedTrialError:
                pass
            finally:
                self._leases.drop(claim.trial_id)

    def recover(self) -> None:
        """Put trials into the queue again whose process is gone."""
        self._leases.recover()

    def is_finished(self) -> bool:
        """Tell whether nothing is left: nothing waits, nothing runs, and nobody enqueues.

        Raises
        ------
        SweepError
            If whoever was enqueueing is gone.
        """
        if self.in_state(TrialState.WAITING, TrialState.RUNNING):
            self.recover()
            return False
        if not self.listing.refresh()["done"]:
            if self.listing.is_silent(PATIENCE):
                raise SweepError(
                    f"the study {self.name} is enqueued in part only, and nobody goes on; run the "
                    "command again that made it."
                )
            return False
        return not self.listing.fresh and not self._enqueue_lost()

    def _enqueue_lost(self) -> bool:
        """Enqueue again what was failed as stale by a process that died before it did so."""
        lost = [
            frozen
            for frozen in self.in_state(TrialState.FAIL)
            if OUTCOME not in frozen.system_attrs and self._is_lost(frozen)
        ]
        suspects, self._suspects = self._suspects, {frozen._trial_id for frozen in lost}
        for frozen in lost:
            if frozen._trial_id in suspects:  # else somebody may be about to do it
                again = queue.waiting_trial(queue.trial_of(frozen), frozen.distributions)
                self.study.add_trial(again)
        return bool(lost)

    def _is_lost(self, frozen: FrozenTrial) -> bool:
        ids = self.listing.ids.get(frozen.user_attrs["key"], ())
        return all(self.storage.get_trial(trial_id).state is TrialState.FAIL for trial_id in ids)

    # ---- results -----------------------------------------------------------------------------

    def outcomes(self, wanted: set[str], *, thorough: bool) -> Iterator[tuple[str, TrialResult]]:
        """Give the outcomes of finished trials, by their keys, each once.

        Parameters
        ----------
        wanted : set of str
            The keys that are looked for; read anew for each trial.
        thorough : bool
            Whether to look at every trial. Otherwise a pack is left at its first trial that is
            not finished: the rest of it is hardly better.
        """
        self.listing.refresh()
        for pack in list(self.listing.packs):
            for key in pack.keys:
                if key not in wanted:
                    continue
                outcome = self._outcome(key)
                if outcome is not None:
                    yield key, outcome
                elif not thorough:
                    break

    def _outcome(self, key: str) -> TrialResult | None:
        """Return what came of a cell; of one that was enqueued again, the latest that tells."""
        for trial_id in sorted(self.listing.ids[key], reverse=True):
            frozen = self.storage.get_trial(trial_id)
            if not frozen.state.is_finished():
                return None
            if OUTCOME in frozen.system_attrs:
                return result_from_json(frozen.system_attrs[OUTCOME])
        return None


class NoStudy(SweepError):  # noqa: N818 - it may still come
    """There is no study of that name."""


def describe_outcome(storage: BaseStorage, trial_id: int, outcome: TrialResult) -> None:
    """Write all of an outcome in one attribute, and what people look for in others."""
    content = result_to_json(outcome)
    storage.set_trial_system_attr(trial_id, OUTCOME, content)
    for name in ("state", "epochs", "test_r2"):
        if np.isfinite(outcome.test_r2) or name != "test_r2":  # JSON has no NaN
            storage.set_trial_user_attr(trial_id, name, content[name])


def check_key(trial: Trial, objective: Objective) -> None:
    """Raise SweepError if a trial means something else to this objective."""
    if trial_key(objective.identity(), trial.params, trial.repeat) != trial.key:
        raise SweepError(
            f"the trial {trial} was enqueued by another version of this tool; install the same "
            "version on all machines."
        )
