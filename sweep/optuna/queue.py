"""The queue of a study: what is written when cells are enqueued, and how a listing is read.

What was enqueued is listed in the study's system attributes, a chunk at a time: the trials' ids,
their keys, and how they fall into packs. With it a worker pops by id, one indexed row, and need
not read the study; `Study.ask` reads all waiting trials for each one that it pops.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from sweep.trial import Trial, Value

CHUNK = "sweep:chunk:"
EXTRA = "sweep:extra:"
FULL = "full"
_AT_ONCE = 1000  # trials in a chunk, more or less


@dataclass(frozen=True)
class Pack:
    """Trials that were enqueued to be trained together: their ids in the storage, and keys."""

    ids: tuple[int, ...]
    keys: tuple[str, ...]


def distributions(trials: Sequence[Trial]) -> dict[str, BaseDistribution]:
    """Return what Optuna shall know of each axis, so that its figures have sensible axes."""
    names = trials[0].params
    axes = {name: list(dict.fromkeys(t.params[name] for t in trials)) for name in names}
    repeats = max(trial.repeat for trial in trials)
    return {**{n: _axis(v) for n, v in axes.items()}, "repeat": IntDistribution(0, repeats)}


def _axis(values: list[Value]) -> BaseDistribution:
    whole = [v for v in values if isinstance(v, int)]
    if len(whole) == len(values):
        return IntDistribution(min(whole), max(whole))
    broken = [v for v in values if isinstance(v, float)]
    if len(broken) == len(values):
        return FloatDistribution(min(broken), max(broken))
    return CategoricalDistribution([FULL if v is None else v for v in values])


def waiting_trial(trial: Trial, axes: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """Return what is enqueued for a trial."""
    return create_trial(
        state=TrialState.WAITING,
        params=_params(trial),
        distributions=dict(axes),
        user_attrs={"key": trial.key},
    )


def _params(trial: Trial) -> dict[str, Any]:
    params = {name: FULL if value is None else value for name, value in trial.params.items()}
    return {**params, "repeat": trial.repeat}


def trial_of(frozen: FrozenTrial) -> Trial:
    """Return which trial was enqueued so."""
    params = {n: None if v == FULL else v for n, v in frozen.params.items() if n != "repeat"}
    return Trial(params, frozen.params["repeat"], frozen.user_attrs["key"])


def add(
    study: optuna.Study, storage: BaseStorage, packs: Sequence[Sequence[Trial]], number: int
) -> None:
    """Enqueue packs as one chunk, which gets a number of its own."""
    trials = [trial for pack in packs for trial in pack]
    axes = distributions(trials)

    def listing(ids: Sequence[int]) -> dict[str, Any]:
        keys = b"".join(bytes.fromhex(trial.key) for trial in trials)
        return {
            "ids": _as_runs(ids),
            "keys": base64.b64encode(keys).decode("ascii"),
            "packs": [len(pack) for pack in packs],
        }

    if isinstance(storage, RDBStorage):
        _add_at_once(storage, study._study_id, trials, axes, f"{CHUNK}{number}", listing)
    else:
        templates = (waiting_trial(trial, axes) for trial in trials)
        ids = [storage.create_new_trial(study._study_id, template) for template in templates]
        storage.set_study_system_attr(study._study_id, f"{CHUNK}{number}", listing(ids))


def chunks(packs: Sequence[Sequence[Trial]]) -> Iterator[list[Sequence[Trial]]]:
    """Gather packs to chunks, each of which is enqueued in one go."""
    chunk: list[Sequence[Trial]] = []
    for pack in packs:
        chunk.append(pack)
        if sum(map(len, chunk)) >= _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def packs_of(listing: Mapping[str, Any]) -> list[Pack]:
    """Read the packs of a chunk."""
    ids = [first + i for first, n in listing["ids"] for i in range(n)]
    joined = base64.b64decode(listing["keys"]).hex()
    size = len(joined) // len(ids)
    keys = [joined[start : start + size] for start in range(0, len(joined), size)]
    packs, start = [], 0
    for n in listing["packs"]:
        packs.append(Pack(tuple(ids[start : start + n]), tuple(keys[start : start + n])))
        start += n
    return packs


def _as_runs(ids: Sequence[int]) -> list[list[int]]:
    """Write ascending numbers as [first, how many]."""
    runs: list[list[int]] = []
    for number in ids:
        if runs and number == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    return runs


def _add_at_once(
    storage: RDBStorage,
    study_id: int,
    trials: Sequence[Trial],
    axes: Mapping[str, BaseDistribution],
    name: str,
    listing: Any,
) -> None:
    """Write trials and their listing into a database in one transaction.

    Optuna's `create_new_trial` counts all earlier trials for each new one, and asks the database
    some thirty times: 27 ms for the first cell, an hour for 100000. This writes the same rows
    and takes 0.2 ms a cell. It and `remove` are all that knows Optuna's tables; a test holds it
    to what Optuna itself writes.
    """
    from optuna.storages._rdb import models
    from sqlalchemy import func, insert, select

    with storage.scoped_session() as session, session.begin():
        models.StudyModel.find_or_raise_by_id(study_id, session, for_update=True)
        count = select(func.count()).where(models.TrialModel.study_id == study_id)
        number = session.execute(count).scalar_one()
        rows = [
            {"study_id": study_id, "number": number + i, "state": TrialState.WAITING}
            for i in range(len(trials))
        ]
        made = insert(models.TrialModel).returning(
            models.TrialModel.trial_id, sort_by_parameter_order=True
        )
        ids = session.execute(made, rows).scalars().all()
        known = {axis: distribution_to_json(values) for axis, values in axes.items()}
        params = [
            {
                "trial_id": trial_id,
                "param_name": axis,
                "param_value": axes[axis].to_internal_repr(value),
                "distribution_json": known[axis],
            }
            for trial_id, trial in zip(ids, trials, strict=True)
            for axis, value in _params(trial).items()
        ]
        keys = [
            {"trial_id": trial_id, "key": "key", "value_json": json.dumps(trial.key)}
            for trial_id, trial in zip(ids, trials, strict=True)
        ]
        session.execute(insert(models.TrialParamModel), params)
        session.execute(insert(models.TrialUserAttributeModel), keys)
        session.add(
            models.StudySystemAttributeModel(
                study_id=study_id, key=name, value_json=json.dumps(listing(ids))
            )
        )
    storage.remove_session()


def remove(study: optuna.Study, storage: BaseStorage) -> None:
    """Delete a study; of a large one in a database Optuna would load every row first."""
    if isinstance(storage, RDBStorage):
        from optuna.storages._rdb import models
        from sqlalchemy import delete, select

        mine = models.TrialModel.study_id == study._study_id
        with storage.scoped_session() as session, session.begin():
            for part in (
                models.TrialParamModel,
                models.TrialUserAttributeModel,
                models.TrialSystemAttributeModel,
                models.TrialValueModel,
                models.TrialIntermediateValueModel,
                models.TrialHeartbeatModel,
            ):
                ids = select(models.TrialModel.trial_id).where(mine)
                session.execute(delete(part).where(part.trial_id.in_(ids)))
            session.execute(delete(models.TrialModel).where(mine))
        storage.remove_session()
    storage.delete_study(study._study_id)
