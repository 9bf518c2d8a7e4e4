"""The overhead of a sweep: trials that do nothing, run and stored by each runner."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from sweep.grid import grid
from sweep.run import Runner, run
from sweep.runners.dask import DaskRunner
from sweep.runners.local import LocalRunner
from sweep.store.store import Store
from sweep.trial import EpochCallback, Trial, TrialResult, TrialState

SIZES = (1_000, 10_000, 100_000)
"""Numbers of cells."""

RUNNERS: tuple[tuple[str, Callable[[int], Runner], bool], ...] = (
    ("threads", LocalRunner, False),
    ("processes", LocalRunner, True),
    ("Dask", lambda jobs: DaskRunner(None, jobs), False),
)
"""Name, constructor, and whether the objective needs processes."""

HISTORY = np.zeros(4, [("epoch", np.int64), ("loss", np.float64)])


@dataclass(frozen=True)
class Idle:
    """An objective that does nothing.

    Parameters
    ----------
    in_processes : bool
    """

    in_processes: bool
    pack_size: int = 1
    metrics: Sequence[str] = ()

    def identity(self) -> Mapping[str, object]:
        """Return what keys are made from."""
        return {"objective": "idle"}

    def prepare(self, trials: Sequence[Trial]) -> None:
        """Do nothing."""

    def pack_key(self, trial: Trial) -> object:
        """Let any trials share a pack; a pack holds one."""

    def __call__(
        self, pack: list[Trial], watch: EpochCallback
    ) -> Iterator[tuple[Trial, TrialResult]]:
        """Yield small outcomes."""
        for lane, trial in enumerate(pack):
            watch(lane, 1)
            yield trial, TrialResult(TrialState.CONVERGED, 1, history=HISTORY)


def measure(
    report: Callable[[str], None] = lambda _: None, sizes: Sequence[int] = SIZES, jobs: int = 2
) -> pd.DataFrame:
    """Measure each runner on grids of several sizes.

    Parameters
    ----------
    report : callable, optional
        Called with the name of the next measurement.
    sizes : sequence of int
    jobs : int
        Parallel threads or processes.

    Returns
    -------
    DataFrame
        One row per runner and size, with the columns ``runner``, ``cells`` and ``ms_per_trial``:
        wall time from the axes to the store, including startup. A trial is a pack, so for Dask
        these are milliseconds per pack.
    """
    rows = []
    for name, make, in_processes in RUNNERS:
        if name == "Dask" and not find_spec("distributed"):
            continue
        for cells in sizes:
            report(f"{name}, {cells} cells")
            spent = seconds(make(jobs), Idle(in_processes), cells)
            rows.append((name, cells, 1e3 * spent / cells))
    return pd.DataFrame(rows, columns=["runner", "cells", "ms_per_trial"])


def seconds(runner: Runner, objective: Idle, cells: int) -> float:
    """Return the time of a sweep over so many cells, from its axes to its store."""
    with TemporaryDirectory() as folder, Store(Path(folder) / "trials.sqlite") as store:
        begun = time.perf_counter()
        axes = {"cell": range(cells)}
        trials = grid(axes, 1, objective.identity())
        run(objective, trials, store, runner)
        return time.perf_counter() - begun


def as_markdown(table: pd.DataFrame) -> str:
    """Return the table of `measure` as Markdown."""
    shown = table.rename(columns={"ms_per_trial": "ms per trial"})
    return str(shown.to_markdown(index=False, floatfmt=("", ",.0f", ".2f")))
