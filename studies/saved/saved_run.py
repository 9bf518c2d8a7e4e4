"""A run that is opened again from its directory: plans and data from ``run.json`` and ``data/``.

Nothing else is needed to make its report once more: not the file that the data or the study came
from, and not the command line.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from network.data.datasets import Dataset, load
from network.errors import InputError
from network.training.settings import TRAINING_VERSION
from reports.figures.writer import FigureWriter
from reports.statistics.by_cell import COSTS
from reports.words import in_language
from studies.experiment import toml_study
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.run import StudyResult, write
from studies.experiment.run_directory import RunDirectory, Stopwatch
from studies.experiment.study import Results, Study
from studies.homework import report
from studies.homework.assignment import PART, Assignment
from studies.homework.result import GridResult
from studies.lectures.catalogue import CATALOGUE, find_study
from sweep.errors import SweepError
from sweep.store.store import TrialResults

RECORD_FILE = "run.json"


@dataclass(frozen=True)
class SavedRun:
    """What a run directory says of itself.

    Attributes
    ----------
    path : Path
    record : mapping
        The content of ``run.json``.
    parts : mapping of str to mapping
        What it says of each plan.
    """

    path: Path
    record: Mapping[str, Any]
    parts: Mapping[str, Mapping[str, Any]]

    @property
    def plans(self) -> Mapping[str, Plan]:
        """What was trained, by the names of the parts, with the data of ``data/``."""
        raise NotImplementedError

    @property
    def command(self) -> str:
        """The command that made the run, in the language of the context."""
        return in_language(str(self.record["command"]).partition(" --lang ")[0])

    def with_plans(self, plans: Mapping[str, Plan]) -> "SavedRun":
        """Return this run with other plans of the same names."""
        raise NotImplementedError

    def write(self, target: RunDirectory, writer: FigureWriter) -> GridResult | StudyResult:
        """Write the report in the language of the context; ``run.json`` is the caller's."""
        raise NotImplementedError


@dataclass(frozen=True)
class SavedAssignment(SavedRun):
    """A run of the homework, or of a variation of it."""

    question: Assignment

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The one plan."""
        return {PART: self.question.plan}

    @property
    def command(self) -> str:
        """The command that its settings give, whatever ``run.json`` has."""
        return in_language(self.question.command())

    def with_plans(self, plans: Mapping[str, Plan]) -> "SavedAssignment":
        """Return this run with another plan."""
        return replace(self, question=Assignment.of_plan(plans[PART]))

    def write(self, target: RunDirectory, writer: FigureWriter) -> GridResult:
        """Write the report, by the cost that it was written by before."""
        cost, question = self.record.get("cost"), self.question
        result = GridResult.read(
            target.path,
            question.objective,
            question.trials,
            target.store,
            str(cost) if cost in COSTS else "epochs",
        )
        report.write(
            target,
            result,
            command=self.command,
            settings=question.shown_settings(),
            writer=writer,
            stopwatch=Stopwatch(),
        )
        return result


@dataclass(frozen=True)
class SavedStudy(SavedRun):
    """A run of a study of the lectures, or of a TOML file."""

    study: Study

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The plans that were trained."""
        return self.study.plans

    def with_plans(self, plans: Mapping[str, Plan]) -> "SavedStudy":
        """Return this run with other plans."""
        return replace(self, study=replace(self.study, plans=plans))

    def write(self, target: RunDirectory, writer: FigureWriter) -> StudyResult:
        """Write the report; SweepError if the store lacks trials of it."""
        results = self._results(target.store)
        made = self.study.look(results)
        write(target, self.study, results, made, command=self.command, writer=writer)
        return StudyResult(target.path, self.study, results, made)

    def _results(self, store: TrialResults) -> Results:
        missing = sum(
            len(plan.trials) - len(list(store.outcomes(plan.trials, arrays=False)))
            for plan in self.plans.values()
        )
        if missing:
            raise SweepError(
                f"{missing} trials of this report are not kept in {self.path}, or its data were "
                "changed; run the command that made it again."
            )
        return {name: PlanResult.read(plan, store) for name, plan in self.plans.items()}


def open_run(path: Path) -> SavedAssignment | SavedStudy:
    """Read what a run directory trained; nothing in it is executed.

    Raises
    ------
    InputError, SweepError
        If it is none, or if what it says can't be understood.
    """
    record = read_record(path)
    if record.get("study") == "search":
        raise SweepError(
            f"{path} holds the study 'search', and this is for grids; sweep search makes its "
            "report anew from what is kept."
        )
    version = record.get("training_version")
    if version != TRAINING_VERSION:
        raise SweepError(
            f"{path} was made with training version {version}, and here it is {TRAINING_VERSION}: "
            "the same settings give other results now; use the version of the tool that made it."
        )
    try:
        return _saved_run(path, record)
    except InputError as error:
        raise InputError(f"{path / RECORD_FILE}: {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SweepError(
            f"{path / RECORD_FILE} lacks settings or data that a run has, or has them in another "
            "form: another version made it, or it was changed by hand; run the command that made "
            "it again, in a new directory."
        ) from error


def _saved_run(path: Path, record: Mapping[str, Any]) -> SavedAssignment | SavedStudy:
    command, name = record["command"], record["study"]
    if not (isinstance(command, str) and isinstance(name, str) and command.isprintable()):
        raise TypeError("command")
    parts = record["parts"]
    plans = {part: _plan(path, part, content) for part, content in parts.items()}
    if name == "assignment":
        return SavedAssignment(path, record, parts, Assignment.of_plan(plans[PART]))
    if "definition" in record:
        (plan,) = plans.values()
        study = toml_study.study_of(name, record["definition"], plan)
    elif name in CATALOGUE:
        study = replace(find_study(name), plans=plans)
    else:
        raise SweepError(
            f"{path} holds the study {name!r}, which is not known here; run its command again."
        )
    return SavedStudy(path, record, parts, study)


def _plan(path: Path, name: str, part: Mapping[str, Any]) -> Plan:
    """Return the plan of a part, with the data that lie in the directory."""
    if part["folder"] not in ("data", f"data/{name}") or Path(name).name != name:
        raise TypeError("folder")
    if not isinstance(part["fingerprint"], str):
        raise TypeError("fingerprint")
    content = {key: value for key, value in part.items() if value is not None}
    data = _dataset(path / part["folder"], str(part["name"]), int(part["validation"]))
    return toml_study.plan_of(content, data)


def _dataset(folder: Path, name: str, n_validation: int) -> Dataset:
    """Read a data set; the validation set's size is recorded, for fewer points may be trained."""
    data = load(str(folder / "train.npz"), str(folder / "test.npz"))
    x = np.concatenate([data.validation_x, data.train_x])
    y = np.concatenate([data.validation_y, data.train_y])
    if not 0 < n_validation < len(x):
        raise ValueError("validation")
    return replace(
        data,
        name=name,
        train_x=x[n_validation:],
        train_y=y[n_validation:],
        validation_x=x[:n_validation],
        validation_y=y[:n_validation],
    )


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


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"{text} is no number that a run has")
    return number
