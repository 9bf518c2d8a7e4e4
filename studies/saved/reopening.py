"""A run directory that is opened again: its question and its data, from ``run.json`` and ``data/``.

Nothing else is needed to ask the question once more: not the file that the data came from, and not
the command line.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any

from network.data.datasets import Dataset, load
from network.errors import InputError
from network.training.loop import TRAINING_VERSION
from studies.homework.assignment import FLAGS, Assignment, renamed
from sweep.errors import SweepError

RECORD_FILE = "run.json"


@dataclass(frozen=True)
class Reopened:
    """What a run directory says of itself.

    Attributes
    ----------
    path : Path
    record : mapping
        The content of ``run.json``.
    question : Assignment
        What was asked; its data are those of ``data/``.
    """

    path: Path
    record: Mapping[str, Any]
    question: Assignment

    @property
    def dataset(self) -> Dataset:
        """What was learned from, as ``data/`` has it."""
        return self.question.objective.dataset


def reopen(path: Path) -> Reopened:
    """Read what a run directory of the homework, or of a variation of it, was asked.

    Raises
    ------
    InputError, SweepError
        If it is none, or if what it says can't be understood.
    """
    record = read_record(path)
    if record.get("study") != "assignment":
        raise SweepError(
            f"{path} holds the study {record.get('study')!r}, and this is for runs of sweep "
            f"assignment; its own command makes that report anew from what is kept: "
            f"{record.get('command')} --out {path}"
        )
    version = record.get("training_version")
    if version != TRAINING_VERSION:
        raise SweepError(
            f"{path} was made with training version {version}, and here it is {TRAINING_VERSION}: "
            "the same settings give other results now; use the version of the tool that made it."
        )
    try:
        given = renamed(record["settings"])
        settings = {name: value for name, value in given.items() if name in FLAGS}
        _check_kinds(settings)
        Assignment(**settings)
        name, _ = record["data"]["name"], record["data"]["fingerprint"]
    except InputError as error:
        raise InputError(f"{path / RECORD_FILE}: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise SweepError(
            f"{path / RECORD_FILE} lacks settings or data that a run has, or has them in another "
            "form; it was changed by hand: run the sweep that made it again."
        ) from error
    train, test = (str(path / "data" / f"{part}.npz") for part in ("train", "test"))
    data = replace(load(train, test), name=str(name))
    return Reopened(path, record, Assignment(**settings, dataset=data))


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"{text} is no number that a run has")
    return number


def _check_kinds(settings: Mapping[str, Any]) -> None:
    """Raise TypeError if a setting is of another kind than that of a question."""
    elements: dict[str, tuple[type, ...]] = {
        "learning_rate": (float, int),
        "batch_size": (int, type(None)),
        "n_hidden": (int,),
    }
    for known in fields(Assignment)[: len(FLAGS)]:
        value = settings.get(known.name, known.default)
        if known.name in elements:
            values = value if isinstance(value, list | tuple) else [value, ""]  # which is none
            kinds = elements[known.name]
        else:
            values = [value]
            kinds = (str, type(None)) if known.default is None else (type(known.default),)
            kinds = (float, int) if float in kinds else kinds
        if any(type(each) not in kinds for each in values):
            raise TypeError(known.name)


def read_record(path: Path) -> dict[str, Any]:
    """Return the content of a run directory's ``run.json``.

    Raises
    ------
    SweepError
        If there is none, or it can't be read.
    """
    file = path / RECORD_FILE
    try:
        text = file.read_text(encoding="utf-8")
        record = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except FileNotFoundError:
        raise SweepError(
            f"{path} has no {RECORD_FILE}, which a finished run has; give a run directory, and if "
            "its sweep was interrupted, run that again first."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise SweepError(
            f"{file} can't be read ({error}); run the sweep that made it again."
        ) from error
    if not isinstance(record, dict):
        raise SweepError(f"{file} holds no record of a run; run the sweep that made it again.")
    return record
