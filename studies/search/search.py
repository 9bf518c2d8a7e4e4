"""A search for good hyperparameters: ranges instead of lists, and points that are proposed."""

import hashlib
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import pandas as pd

from network.errors import InputError, check_count
from reports.figures.writer import FigureWriter
from reports.frames import trials_frame
from reports.words import in_language, phrases
from studies.experiment.run_directory import Stopwatch, own
from studies.experiment.runners import OPTUNA, RunnerOptions, storage_of
from studies.homework.assignment import AXES, FLAGS, Assignment
from studies.objectives.two_layer import METRICS
from studies.search import report
from sweep.errors import Interrupted
from sweep.grid import Range
from sweep.interrupts import first_interrupt
from sweep.optuna.search import PRUNERS, SAMPLERS, SearchPlan, rungs_of
from sweep.optuna.search import search as run_search
from sweep.progress.signals import Signals
from sweep.store.store import Store
from sweep.trial import Trial, TrialState, Value

_MOST_TRIALS = 100_000  # Optuna holds them all in memory


@dataclass(frozen=True)
class RangeSearch:
    """What is searched.

    Attributes
    ----------
    question : Assignment
        Its lists are chosen from; its other settings hold for all trials.
    ranges : mapping
        A Range for each attribute of the question that is one instead of a list.
    sampler, pruner : str
        Names in `SAMPLERS` and `PRUNERS`.
    n_trials : int
        How many points are tried, ≥ 1.
    """

    question: Assignment
    ranges: Mapping[str, Range]
    sampler: str = "tpe"
    n_trials: int = 40
    pruner: str = "none"

    def __post_init__(self) -> None:
        for name, given, known in (
            ("sampler", self.sampler, SAMPLERS),
            ("prune", self.pruner, PRUNERS),
        ):
            if given not in known:
                raise InputError(f"{name} must be one of {', '.join(known)}, got {given!r}.")
        check_count("trials", self.n_trials, "default: 40", _MOST_TRIALS)
        if self.question.repeats != 1:
            raise InputError(
                f"a search has no repeats, got {self.question.repeats}; leave --repeats out, and "
                "repeat what it finds as a grid."
            )
        ends = [[a.low, a.high] if isinstance(a, Range) else a for a in self.axes.values()]
        if prod(map(len, ends)) > _MOST_TRIALS:
            raise InputError(
                f"a search chooses from at most {_MOST_TRIALS:,} points of lists; give ranges such "
                "as 0.05:1.0:log instead."
            )
        for point in product(*ends):
            self.question.objective.settings(dict(zip(self.axes, point, strict=True)))

    @property
    def axes(self) -> dict[str, Range | Sequence[Value]]:
        """The axes by their names in the settings."""
        return {name: self.ranges.get(name, getattr(self.question, name)) for name in AXES}

    def plan(self) -> SearchPlan:
        """Return what a sampler needs to know."""
        rungs = rungs_of(self.pruner, self.question.max_epochs, self.question.eval_every)
        seed = self.question.seed
        return SearchPlan(self.axes, self.n_trials, self.sampler, self.pruner, rungs, seed)

    def command(self) -> str:
        """Return the command line that searches the same."""
        words = shlex.split(self.question.command())
        for name, values in self.ranges.items():
            words += [FLAGS[name], str(values)]
        words += ["--sampler", self.sampler, "--trials", str(self.n_trials)]
        return shlex.join([*words, "--prune", self.pruner] if self.pruner != "none" else words)

    def study(self) -> str:
        """Return a name for what can go on: all but the number of trials decides it."""
        what = [dict(self.question.objective.identity()), self.sampler, self.pruner]
        what += [{name: str(axis) for name, axis in self.axes.items()}]
        text = json.dumps(what, sort_keys=True)
        return f"search-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class SearchResult:
    """What a search came to.

    Attributes
    ----------
    directory : Path
    frame : DataFrame
        A row a trial, the columns of ``trials.csv``, in the order of the search.
    trials : list of Trial
    reasons : dict of str to str
        Why trials failed, by the trial in words.
    """

    directory: Path
    frame: pd.DataFrame
    trials: list[Trial]
    reasons: dict[str, str]

    @classmethod
    def read(cls, directory: Path, trials: list[Trial], store: Store) -> "SearchResult":
        """Read the outcomes of trials from the store."""
        results = list(store.outcomes(trials, arrays=False))
        reasons = {str(t): o.reason for t, o in results if o.state is TrialState.FAILED}
        return cls(directory, trials_frame(results, METRICS), trials, reasons)

    def ranking(self) -> pd.DataFrame:
        """Return the trials that were trained to their end, the lowest validation loss first."""
        ended = self.frame.state.isin([TrialState.CONVERGED, TrialState.EXHAUSTED])
        return self.frame[ended].sort_values(["validation_loss", "epochs"], kind="stable")

    def best(self) -> Trial | None:
        """Return the best trial, or None if there is none."""
        ranking = self.ranking()
        return None if ranking.empty else self.trials[int(ranking.index[0])]


def search(
    wanted: RangeSearch, out: Path, runner_options: RunnerOptions, say: Callable[[str], None]
) -> SearchResult:
    """Search, and write the run directory.

    Raises
    ------
    InputError, SweepError
        If that can't be done.
    Interrupted
        After Ctrl-C; the same command goes on.
    """
    if runner_options.runner != OPTUNA:
        raise InputError("a search is Optuna's; leave --runner out, or give --runner optuna.")
    stopwatch, objective, shown = Stopwatch(), wanted.question.objective, phrases()

    def tell(*news: Any) -> None:
        say(shown.point(*news))

    storage = storage_of(runner_options, out)
    name, jobs = runner_options.study or wanted.study(), runner_options.all_jobs
    with own(out) as directory, FigureWriter(helper=False) as writer:
        with stopwatch.time("training"), Signals(()) as signals, first_interrupt(signals.stop):
            plan = wanted.plan()
            trials = run_search(
                storage, name, plan, objective, directory.store, signals, jobs=jobs, tell=tell
            )
            if signals.stopped:
                raise Interrupted(len(trials), plan.n_trials)
        found = SearchResult.read(out, trials, directory.store)
        report.write(directory, found, wanted, writer)
        record = {"study": "search", "command": in_language(wanted.command())}
        settings = {**wanted.question.settings(), **{n: str(r) for n, r in wanted.ranges.items()}}
        hands_record = {**runner_options.record(objective), "optuna_study": name}
        seconds = {"seconds": dict(stopwatch)}
        directory.write_record({**record, "settings": settings, **hands_record, **seconds})
    return found
