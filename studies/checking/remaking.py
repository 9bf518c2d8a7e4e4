"""A run directory made once more, elsewhere: its store copied and mended, its files written.

Nothing is written into the run directory itself.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from reports.figures.writer import Drawing, FigureWriter
from reports.words import LANGUAGES, language
from studies.experiment.run_directory import PREDICTION_FILE, STORE_FILE, RunDirectory
from studies.saved.saved_run import SavedRun
from sweep.errors import SweepError
from sweep.store.repair import find_damage, open_to_read, roll_back
from sweep.store.schema import NUMBERS, TEXTS
from sweep.store.serialization import read_metrics
from sweep.store.store import Store
from sweep.trial import Trial


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
    names = (*TEXTS, *NUMBERS, "metrics")
    query = f"SELECT {', '.join(names)} FROM trials WHERE key = ?"  # noqa: S608 - our own names
    try:
        with closing(open_to_read(run / STORE_FILE)) as database:
            row = database.execute(query, (trial.key,)).fetchone()
        return {**dict(zip(names, row, strict=True)), **read_metrics(row[-1])} if row else {}
    except (SweepError, sqlite3.Error):
        return {}


def write_again(saved: SavedRun, store: Store, folder: Path) -> None:
    """Write all but the figures into a folder, in the language of the run."""
    for name in (PREDICTION_FILE, "figures"):  # the report and the page show what is in them
        if (there := saved.path / name).is_dir():
            shutil.copytree(there, folder / name, symlinks=True)
        elif there.is_file():
            shutil.copyfile(there, folder / name)
    current_language = saved.record.get("language")
    with language(current_language if current_language in LANGUAGES else LANGUAGES[0]):
        saved.write(RunDirectory(folder, store), NoFigures())
