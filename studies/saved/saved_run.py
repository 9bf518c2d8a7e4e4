"""A study opened again from its run directory: plans and data from ``run.json`` and ``data/``.

Nothing else is needed to make its report once more: not the file that the data or the study came
from, and not the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from network.data.datasets import Dataset, load
from network.errors import InputError
from network.training.loop import TRAINING_VERSION
from reports.figures.writer import FigureWriter
from reports.words import current_language, in_language
from studies.experiment import toml_study
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.run import StudyResult, write
from studies.experiment.run_directory import own
from studies.experiment.study import Results, Study
from studies.lectures.catalogue import CATALOGUE, find_study
from studies.saved.reopening import RECORD_FILE, read_record
from sweep.errors import SweepError
from sweep.store.store import Store


@dataclass(frozen=True)
class SavedRun:
    """What a study's run directory says of itself.

    Attributes
    ----------
    path : Path
    record : mapping
        The content of ``run.json``.
    study : Study
        Its plans are those that were trained, with the data of ``data/``.
    """

    path: Path
    record: Mapping[str, Any]
    study: Study

    @property
    def command(self) -> str:
        """The command that made the run, in the language of the context."""
        return in_language(str(self.record["command"]).partition(" --lang ")[0])

    def results(self, store: Store) -> Results:
        """Read the results of all plans; SweepError if some are missing."""
        plans = self.study.plans
        missing = sum(
            len(plan.trials) - len(list(store.outcomes(plan.trials, arrays=False)))
            for plan in plans.values()
        )
        if missing:
            raise SweepError(
                f"{missing} trials of this report are not kept in {self.path}; run the command "
                "that made it again."
            )
        return {name: PlanResult.read(plan, store) for name, plan in plans.items()}


def open_run(path: Path) -> SavedRun:
    """Read what a study's run directory trained; nothing in it is executed.

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
        parts = record["parts"]
        plans = {name: _plan(path, name, part) for name, part in parts.items()}
        command, name = record["command"], record["study"]
        if not (isinstance(command, str) and isinstance(name, str) and command.isprintable()):
            raise TypeError("command")
        if "definition" in record:
            (plan,) = plans.values()
            study = toml_study.study_of(name, record["definition"], plan)
        elif name in CATALOGUE:
            study = replace(find_study(name), plans=plans)
        else:
            raise SweepError(
                f"{path} holds the study {name!r}, which is not known here; run its command again."
            )
    except InputError as error:
        raise InputError(f"{path / RECORD_FILE}: {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SweepError(
            f"{path / RECORD_FILE} lacks settings or data that a run has, or has them in another "
            "form; run the command that made it again."
        ) from error
    return SavedRun(path, record, study)


def report_study(saved: SavedRun, writer: FigureWriter) -> StudyResult:
    """Write the report of a study again, in the language of the context."""
    with own(saved.path, read_only=True) as directory:
        results = saved.results(directory.store)
        report = saved.study.look(results)
        write(directory, saved.study, results, report, command=saved.command, writer=writer)
        directory.write_record({**saved.record, "language": current_language()})
    return StudyResult(saved.path, saved.study, results, report)


def _plan(path: Path, name: str, part: Mapping[str, Any]) -> Plan:
    """Return the plan of a part, with the data that lie in the directory."""
    if part["folder"] not in ("data", f"data/{name}") or Path(name).name != name:
        raise TypeError("folder")
    content = {key: value for key, value in part.items() if value is not None}
    data = _dataset(path / part["folder"], str(part["data"]), int(part["validation"]))
    if data.fingerprint != part["fingerprint"]:
        raise InputError(
            f"the data in {part['folder']} are not those that it trained on: their fingerprint is "
            f"{data.fingerprint[:12]}, and it has {str(part['fingerprint'])[:12]}."
        )
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
