"""What was enqueued in a study, as its system attributes list it, read again and again."""

import threading
import time
from collections import deque
from typing import Any

from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from sweep.optuna.queue import CHUNK, EXTRA, Pack, packs_of

STATE = "sweep:queue"


class Listing:
    """Which trials there are, without reading them.

    Attributes
    ----------
    ids : dict of str to list of int
        The trials of each cell, by its key; more than one if it was enqueued again.
    packs : list of Pack
        As they were enqueued.
    fresh : deque of Pack
        Those that nobody here has tried to pop yet.
    """

    def __init__(self, storage: BaseStorage, study_id: int) -> None:
        self._storage, self._study_id = storage, study_id
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self.ids: dict[str, list[int]] = {}
        self.packs: list[Pack] = []
        self.fresh: deque[Pack] = deque()
        self._grown = time.monotonic()

    @property
    def size(self) -> int:
        """How many entries the listing has."""
        return len(self._seen)

    def refresh(self) -> dict[str, Any]:
        """Read what is new, and return who enqueues: a ``number``, and whether it is ``done``."""
        with self._lock:  # threads of one process read it
            return self._refresh()

    def _refresh(self) -> dict[str, Any]:
        attributes = self._storage.get_study_system_attrs(self._study_id)
        for name in sorted(attributes.keys() - self._seen, key=_place):
            if name.startswith(CHUNK):
                packs = packs_of(attributes[name])
                self.fresh += packs
            elif name.startswith(EXTRA):
                packs = [Pack((int(name.removeprefix(EXTRA)),), (attributes[name],))]
            else:
                continue
            self._seen.add(name)
            self._grown = time.monotonic()
            self.packs += packs
            for pack in packs:
                for trial_id, key in zip(pack.ids, pack.keys, strict=True):
                    self.ids.setdefault(key, []).append(trial_id)
        state: dict[str, Any] = attributes.get(STATE, {"number": -1, "done": True})
        if state["done"]:
            self._grown = time.monotonic()
        return state

    def set_state(self, number: int, *, done: bool) -> None:
        """Tell everybody who enqueues."""
        state = {"number": number, "done": done}
        self._storage.set_study_system_attr(self._study_id, STATE, state)

    def is_silent(self, seconds: float) -> bool:
        """Tell whether it should have grown, and hasn't for so long."""
        return time.monotonic() - self._grown >= seconds

    def wait_on(self) -> None:
        """Begin to count the seconds of silence anew."""
        self._grown = time.monotonic()

    def add(self, frozen: FrozenTrial) -> None:
        """List a trial that was enqueued again, by a heartbeat's callback say."""
        name = f"{EXTRA}{frozen._trial_id}"
        self._storage.set_study_system_attr(self._study_id, name, frozen.user_attrs["key"])


def _place(name: str) -> tuple[str, int]:
    """Sort chunks and extras as they were made."""
    kind, _, number = name.rpartition(":")
    return kind, int(number) if number.isdigit() else -1
