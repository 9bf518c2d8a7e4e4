"""Where a sweep keeps all that it made, under names that never change."""

import errno
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from network.data.datasets import Dataset
from network.two_layer import Parameters
from reports.figures.writer import ENDINGS
from reports.files import (
    csv_text,
    read_text,
    refuse_links,
    remove,
    remove_others,
    remove_parts,
    replacing,
    write_arrays,
    write_text,
)
from reports.frames import history_frame
from studies.objectives.two_layer import TwoLayerObjective
from sweep.errors import SweepError
from sweep.store.lock import owned
from sweep.store.store import Store, TrialResults
from sweep.trial import Trial, TrialResult

STORE_FILE, RECORD_FILE = "trials.sqlite", "run.json"
PREDICTION_FILE = "prediction.json"  # which may be there before all else
PACKAGES = ("sweep-lab", "numpy", "numba", "pandas", "matplotlib", "joblib", "optuna")

_ROWS_AT_ONCE = 64  # trials whose histories are in memory together


class Stopwatch(dict[str, float]):
    """Seconds that each part of a run took, by its name."""

    @contextmanager
    def time(self, part: str) -> Iterator[None]:
        """Measure what is done in the context."""
        begun = time.perf_counter()
        yield
        self[part] = round(time.perf_counter() - begun, 3)


@dataclass(frozen=True)
class RunDirectory:
    """A directory in which what a sweep came to is written, and whatever holds its outcomes."""

    path: Path
    store: TrialResults

    def write_trials(self, trials: pd.DataFrame) -> None:
        """Write ``trials.csv``, a row a trial, in full precision."""
        write_text(self.path / "trials.csv", csv_text(trials))

    def write_history(self, trials: Sequence[Trial], name: str = "history.csv") -> None:
        """Write a row an evaluation, some trials at a time."""
        with replacing(self.path / name) as file:
            header = True
            for start in range(0, len(trials), _ROWS_AT_ONCE):
                some = self.store.outcomes(trials[start : start + _ROWS_AT_ONCE])
                rows = history_frame(some)
                if len(rows):
                    file.write(csv_text(rows, header=header).encode())
                    header = False

    def write_data(self, dataset: Dataset, folder: str = "data") -> None:
        """Write the data in the course's form."""
        for name, arrays in dataset.course_files().items():
            write_arrays(self.path / folder / name, arrays)

    def write_weights(
        self,
        objective: TwoLayerObjective,
        trials: Sequence[Trial],
        best: Parameters | None,
        folder_name: str = "weights",
    ) -> None:
        """Write the initial weights of each shape and repeat, and the best network.

        Where the initializer is varied too, its name is part of the file's.
        """
        folder = self.path / folder_name
        written = set()
        for trial in trials:
            n_hidden = objective.settings(trial.params).n_hidden
            kind = f"_{trial.params['init']}" if "init" in trial.params else ""
            path = folder / f"initial_h{n_hidden}_r{trial.repeat}{kind}.npz"
            if path not in written:
                write_arrays(path, objective.lane(trial).initial.as_dict())
                written.add(path)
        if best is not None:
            write_arrays(folder / "best.npz", best.as_dict())
            written.add(folder / "best.npz")
        remove_others(folder, ("initial_h*_r*.npz", "best.npz"), written)

    def remove_figures_but(self, wanted: Collection[str]) -> None:
        """Remove the figures that an earlier report has here, by ``run.json``, and this one not."""
        try:
            earlier = read_record(self.path).get("figures")
        except SweepError:
            return
        for name in earlier if isinstance(earlier, list) else ():
            if isinstance(name, str) and re.fullmatch(r"\w+", name) and name not in wanted:
                for ending in ENDINGS:
                    remove(self.path / "figures" / f"{name}{ending}")

    def write_record(self, record: dict[str, Any]) -> None:
        """Write ``run.json``: what ran, on what, with which versions, and how long it took."""
        record = {
            **record,
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in PACKAGES},
            "platform": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        }
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        write_text(self.path / RECORD_FILE, text + "\n")


@dataclass(frozen=True)
class OwnedDirectory(RunDirectory):
    """A directory that this process owns, and the store in it."""

    store: Store


@contextmanager
def own(path: Path, *, read_only: bool = False) -> Iterator[OwnedDirectory]:
    """Make a run directory, or take one that is there, and own it for a while.

    Parameters
    ----------
    path : Path
    read_only : bool
        Leave the store as it is; a damaged one is refused then.

    Raises
    ------
    SweepError
        If it can't be made or written, belongs to another sweep, or holds other things.
    """
    tempfile.gettempdir()  # which runs need: where there is none, nothing is written here either
    is_new = not path.exists()
    with ExitStack() as owning:
        try:
            path.mkdir(parents=True, exist_ok=True)
            names = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")}
            if names - {PREDICTION_FILE} and STORE_FILE not in names:
                raise SweepError(
                    f"{path} has files in it but is no run directory; give an empty or new one."
                )
            refuse_links(path)
            owning.enter_context(owned(path))
            remove_parts(path)
            store = owning.enter_context(Store(path / STORE_FILE, read_only=read_only))
        except OSError as error:
            if is_new and path.is_dir() and not any(path.iterdir()):
                path.rmdir()
            raise SweepError(
                f"{path} can't be used as run directory "
                f"({os.strerror(error.errno or errno.EIO)}); give a folder that can be written, "
                "on a disk of this machine."
            ) from error
        for notice in store.notices:
            sys.stderr.write(f"sweep: {notice}\n")
        yield OwnedDirectory(path, store)


def kept_results(path: Path, trials: Sequence[Trial]) -> dict[str, TrialResult]:
    """Return what a run directory, if it is one, holds of trials, by their keys; no arrays."""
    if not (path / STORE_FILE).exists():
        return {}
    refuse_links(path)
    with Store(path / STORE_FILE, read_only=True) as store:
        return {trial.key: result for trial, result in store.outcomes(trials, arrays=False)}


def refuse_another_question(path: Path, study: str, parts: Mapping[str, Any], again: str) -> None:
    """Refuse a run directory that holds the answer to another question, which would be lost.

    More repeats, and more values of an axis, are the same question: all trials stay part of it.

    Parameters
    ----------
    path : Path
    study : str
        The name of the study that is to be run.
    parts : mapping of str to mapping
        The records of its plans, with the ``defaults`` of their settings.
    again : str
        The command that is to be run.

    Raises
    ------
    SweepError
        It says how to give the run a place of its own.
    """
    try:
        held = read_record(path)
        is_same = held["study"] == study and all(
            name in parts and _contains(parts[name], part) for name, part in held["parts"].items()
        )
    except (SweepError, KeyError, TypeError, AttributeError):
        return  # it holds no finished run, or one of an earlier version
    if not is_same:
        raise another_run(path, held, again)


def another_run(path: Path, held: Mapping[str, Any], again: str) -> SweepError:
    """Return the error that says how to give a run a place of its own, where one is held."""
    names = (path.with_name(f"{path.name}-{n}") for n in count(2))
    place = next(name for name in names if not name.exists())
    flag = f"--name {place.name}" if path.parent == Path("runs") else f"--out {place}"
    return SweepError(
        f"{path} holds another run, `{held.get('command')}`; to keep it, give this one a place of "
        f"its own: {again} {flag}"
    )


def _contains(part: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Return whether a plan has all trials of one that was recorded."""
    part = json.loads(json.dumps(part, default=str))  # a function's defaults may be anything
    same = [n for n in ("model", "seed", "fingerprint", "training_points") if n in held]
    axes, settings, points = held["axes"], held["settings"], part["points"]
    return (
        all(part[name] == held[name] for name in same)
        and part["defaults"] | part["settings"] == part["defaults"] | settings
        and part["axes"].keys() == axes.keys()
        and all(value in part["axes"][name] for name in axes for value in axes[name])
        and (points is None or all(point in points for point in held["points"] or [None]))
        and part["repeats"] >= held["repeats"]
        and part.get("function", {}).get("name") == held.get("function", {}).get("name")
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
        if file.exists():
            refuse_links(path)
        record = json.loads(read_text(file), parse_float=_finite, parse_constant=_finite)
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
