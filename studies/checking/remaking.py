"""A run directory made once more, elsewhere: its store copied and mended, trained again, written.

Nothing is written into the run directory itself.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from network.data.datasets import Dataset
from reports.figures.writer import Drawing, FigureWriter
from reports.statistics.by_cell import COSTS
from reports.words import LANGUAGES, language
from studies.experiment.run_directory import PREDICTION_FILE, STORE_FILE, RunDirectory
from studies.homework import report
from studies.homework.result import GridResult
from studies.objectives.two_layer import TwoLayerObjective
from studies.saved.reopening import Reopened
from sweep.errors import Interrupted, SweepError
from sweep.grid import grid
from sweep.progress.signals import Progress
from sweep.run import run as run_sweep
from sweep.runners.local import LocalRunner
from sweep.store.repair import find_damage, open_to_read, roll_back
from sweep.store.schema import NUMBERS, TEXTS
from sweep.store.store import Store
from sweep.trial import Trial, TrialResult


class NoFigures(FigureWriter):
    """Draws nothing, where a report is made for its numbers."""

    def __init__(self) -> None:
        super().__init__(helper=False)

    @contextmanager
    def drawing(self, figures: Mapping[Path, Drawing]) -> Iterator[None]:  # noqa: ARG002
        """Draw nothing."""
        yield


@contextmanager
def copied_store(run: Path, folder: Path) -> Iterator[tuple[Store, str]]:
    """Copy a run's store into a folder, and open the copy; there it is mended if it is damaged.

    Given are the store and what was wrong with it, an empty word if nothing was.

    Raises
    ------
    SweepError
        If it is no store of this version.
    """
    for name in (STORE_FILE, f"{STORE_FILE}-journal"):
        if (run / name).is_file():
            shutil.copyfile(run / name, folder / name)
    copy = folder / STORE_FILE
    try:
        damage = ""
        if copy.exists():
            roll_back(copy)
            damage = find_damage(copy)
        store = Store(copy)
    except (SweepError, sqlite3.Error, OSError) as error:
        raise SweepError(str(error).replace(str(folder), str(run))) from error
    with store:
        yield store, damage


def claimed_values(run: Path, trial: Trial) -> dict[str, Any]:
    """Return what a store says of a trial, whether or not it can be believed; empty if nothing."""
    names = (*TEXTS, *NUMBERS)
    query = f"SELECT {', '.join(names)} FROM trials WHERE key = ?"  # noqa: S608 - our own names
    try:
        with closing(open_to_read(run / STORE_FILE)) as database:
            row = database.execute(query, (trial.key,)).fetchone()
    except (SweepError, sqlite3.Error):
        return {}
    return dict(zip(names, row, strict=True)) if row else {}


@dataclass(frozen=True)
class Remaking:
    """What is needed to make a run again.

    Attributes
    ----------
    opened : Reopened
    dataset : Dataset
        What its trainings learned from.
    fingerprint : str
        That of the data, as it is in the trials' keys.
    """

    opened: Reopened
    dataset: Dataset
    fingerprint: str

    @property
    def objective(self) -> TwoLayerObjective:
        """What is trained."""
        return replace(self.opened.question.objective, dataset=self.dataset)

    @property
    def trials(self) -> list[Trial]:
        """All that the run asks for."""
        question = self.opened.question
        identity = {**self.objective.identity(), "data": self.fingerprint}
        return grid(question.plan.axes, question.repeats, identity)

    def train(
        self, trials: Sequence[Trial], store: Path, engine: str, jobs: int, progress: Progress
    ) -> dict[str, TrialResult]:
        """Do trainings again, and return what came of them.

        Parameters
        ----------
        trials : sequence of Trial
        store : Path
            Where outcomes are kept meanwhile.
        engine : str
        jobs : int
        progress : Progress
        """
        objective = replace(self.objective, engine=engine)
        with Store(store) as kept:
            try:
                run_sweep(objective, trials, kept, LocalRunner(jobs), progress=progress)
            except Interrupted:  # nothing is kept of it
                raise KeyboardInterrupt from None
            return {trial.key: outcome for trial, outcome in kept.outcomes(trials)}

    def write(self, store: Store, folder: Path) -> GridResult:
        """Write all but the figures into a folder, in the language and by the cost of the run."""
        record, question = self.opened.record, self.opened.question
        if (guess := self.opened.path / PREDICTION_FILE).is_file():
            shutil.copyfile(guess, folder / PREDICTION_FILE)
        current_language, cost = record.get("language"), record.get("cost")
        with language(current_language if current_language in LANGUAGES else LANGUAGES[0]):
            result = GridResult.read(
                folder, self.objective, self.trials, store, cost if cost in COSTS else COSTS[0]
            )
            report.write(
                RunDirectory(folder, store),
                result,
                command=question.command(),
                settings=question.shown_settings(),
                writer=NoFigures(),
                stopwatch=report.Stopwatch(),
            )
        return result
