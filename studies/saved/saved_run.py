"""A run that is opened again from its directory: plans and data from ``run.json`` and ``data/``.

Nothing else is needed to make its report once more: not the file that the data or the study came
from, and not the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from network.data.datasets import Dataset, load
from network.errors import InputError
from network.training.settings import TRAINING_VERSION
from reports.documents.hand_in import LABELS
from reports.figures.writer import FigureWriter
from reports.statistics.by_cell import COSTS
from reports.words import in_language
from studies.experiment import toml_study
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.run import StudyResult, write
from studies.experiment.run_directory import (
    RECORD_FILE,
    STORE_FILE,
    RunDirectory,
    Stopwatch,
    read_record,
)
from studies.experiment.study import Results, Study
from studies.homework import assignment, prediction
from studies.lectures.catalogue import CATALOGUE, find_study
from studies.objectives.functions.source import UserFunction
from studies.search.report import NAME as SEARCH
from studies.search.report import search_study
from sweep.errors import SweepError
from sweep.store.repair import LEAST_ROW
from sweep.store.store import TrialResults


@dataclass(frozen=True)
class SavedRun:
    """What a run directory says of itself.

    Attributes
    ----------
    path : Path
    record : mapping
        The content of ``run.json``.
    study : Study
        What was run, with the data of ``data/``.
    """

    path: Path
    record: Mapping[str, Any]
    study: Study

    @property
    def parts(self) -> Mapping[str, Mapping[str, Any]]:
        """What the record says of each plan."""
        return cast(Mapping[str, Mapping[str, Any]], self.record["parts"])

    @property
    def command(self) -> str:
        """The command that made the run, in the language of the context.

        That of the homework is the one that its settings give, whatever the record has.
        """
        if self.study.name == assignment.NAME:
            return in_language(assignment.command(self.study.plans[assignment.PART]))
        return in_language(str(self.record["command"]).partition(" --lang ")[0])

    def write(
        self,
        target: RunDirectory,
        writer: FigureWriter,
        *,
        command: str | None = None,
        then: str = "",
        record: Mapping[str, Any] | None = None,
    ) -> StudyResult:
        """Write the report in the language of the context.

        Parameters
        ----------
        target : RunDirectory
            Where to write, with what holds the results.
        writer : FigureWriter
        command, then : str, optional
            What makes this report, and what has to follow; by default the run's command alone.
        record : mapping, optional
            What ``run.json`` says beside what it said before.

        Raises
        ------
        SweepError
            If results are missing.
        """
        results = self._results(target.store)
        kept = {name: self.record[name] for name in _KEPT if name in self.record}
        made = write(
            target,
            self.study,
            results,
            command=command or self.command,
            writer=writer,
            record={"date": "", **kept, "command": self.command, **(record or {})},
            stopwatch=Stopwatch(),
            made_in=self.path,
            then=then,
        )
        return StudyResult(target.path, self.study, results, made)

    def _results(self, store: TrialResults) -> Results:
        trials = [trial for plan in self.study.plans.values() for trial in plan.trials]
        missing = len(trials) - len(list(store.outcomes(trials, arrays=False)))
        if missing:
            raise SweepError(
                f"{missing} of the {len(trials)} trials of this report are not kept in "
                f"{self.path}, or its data were changed; run the command that made it again."
            )
        return {name: PlanResult.read(plan, store) for name, plan in self.study.plans.items()}


_KEPT = ("jobs", "runner", "storage", "optuna_study", "seconds", "cost", *LABELS)
"""What ``run.json`` says of how the trials ran, and how they are compared."""


_FEW = 1000
"""So many trials are listed in a moment, whether or not the store has them."""


def open_run(path: Path) -> SavedRun:
    """Read what a run directory trained; nothing in it is executed.

    Raises
    ------
    InputError, SweepError
        If it is none, or if what it says can't be understood.
    """
    record = read_record(path)
    version = record.get("training_version")
    if version != TRAINING_VERSION:
        raise SweepError(
            f"{path} was made with training version {version}, and here it is {TRAINING_VERSION}: "
            "the same settings give other results now; use the version of the tool that made it."
        )
    try:
        saved = SavedRun(path, record, _study(path, record))
    except InputError as error:
        raise InputError(f"{path / RECORD_FILE}: {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SweepError(
            f"{path / RECORD_FILE} lacks settings or data that a run has, or has them in another "
            "form: another version made it, or it was changed by hand; run the command that made "
            "it again, in a new directory."
        ) from error
    n_trials, store = sum(p.n_trials for p in saved.study.plans.values()), path / STORE_FILE
    if n_trials > _FEW + (store.stat().st_size // LEAST_ROW if store.exists() else 0):
        raise SweepError(
            f"{path / RECORD_FILE} speaks of {n_trials} trials, more than {STORE_FILE} can hold; "
            "it was changed: run the command that made it again, in a new directory."
        )
    return saved


def _study(path: Path, record: Mapping[str, Any]) -> Study:
    command, name = record["command"], record["study"]
    if not (isinstance(command, str) and isinstance(name, str) and command.isprintable()):
        raise TypeError("command")
    plans = {part: _plan(path, part, content) for part, content in record["parts"].items()}
    if name == assignment.NAME:
        plan = plans[assignment.PART]
        if plan.axes.keys() != set(assignment.AXES):
            raise TypeError("axes")
        cost = record.get("cost")
        known = str(cost) if cost in COSTS else "epochs"
        return assignment.grid_study(plan, known, prediction.kept(path))
    if name == SEARCH:
        return search_study(record["definition"], plans[SEARCH])
    if "definition" in record:
        (plan,) = plans.values()
        return toml_study.study_of(name, record["definition"], plan)
    if name in CATALOGUE:
        return replace(find_study(name), plans=plans)
    raise SweepError(
        f"{path} holds the study {name!r}, which is not known here; run its command again."
    )


def _plan(path: Path, name: str, part: Mapping[str, Any]) -> Plan:
    """Return the plan of a part, with the data that lie in the directory."""
    if part["folder"] not in ("data", f"data/{name}") or Path(name).name != name:
        raise TypeError("folder")
    if not isinstance(part["fingerprint"], str):
        raise TypeError("fingerprint")
    content = {key: value for key, value in part.items() if value is not None}
    data = _dataset(path / part["folder"], str(part["name"]), int(part["validation"]))
    function = UserFunction.of_record(part["function"]) if "function" in part else None
    return toml_study.plan_of(content, data, function)


def _dataset(folder: Path, name: str, n_validation: int) -> Dataset:
    """Read a data set; the validation set's size is recorded, for fewer points may be trained."""
    train, test = folder / "train.npz", folder / "test.npz"
    for file in (train, test):
        if not file.is_file():
            raise SweepError(f"{file} is missing; run the command that made it again.")
    data = load(str(train), str(test))
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
