"""A search for good hyperparameters: ranges instead of lists, and points that are proposed."""

import hashlib
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from network.checks import check_count
from network.errors import InputError
from network.two_layer import Parameters
from reports.figure_writer import FigureWriter
from reports.files import remove_others, write_text
from reports.frames import trials_frame
from reports.markdown import escaped, fenced
from reports.words import number
from studies import grid_figures
from studies.assignment import FLAGS, Assignment
from studies.grid_report import Stopwatch
from studies.run_directory import RunDirectory, own
from studies.runners import JOURNAL_FILE, OPTUNA, Hands
from sweep.errors import Interrupted
from sweep.interrupts import first_interrupt
from sweep.optuna_search import PRUNERS, SAMPLERS, Plan, rungs_of
from sweep.optuna_search import search as run_search
from sweep.optuna_storage import Journal, place_of
from sweep.progress import Signals
from sweep.space import Range
from sweep.store import Store
from sweep.trial import Trial, TrialState, Value

_SHOWN = 10  # trials in the report's table
_MOST_TRIALS = 100_000  # Optuna holds them all in memory
_AXES = {"learning_rates": "learning_rate", "batch_sizes": "batch_size", "hidden": "n_hidden"}


@dataclass(frozen=True)
class Search:
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
        check_count("trials", self.n_trials, "40 is usual", _MOST_TRIALS)
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
        return {
            axis: self.ranges.get(name, getattr(self.question, name))
            for name, axis in _AXES.items()
        }

    def plan(self) -> Plan:
        """Return what a sampler needs to know."""
        rungs = rungs_of(self.pruner, self.question.max_epochs, self.question.eval_every)
        seed = self.question.seed
        return Plan(self.axes, self.n_trials, self.sampler, self.pruner, rungs, seed)

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
class Found:
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
    def read(cls, directory: Path, trials: list[Trial], store: Store) -> "Found":
        """Read the outcomes of trials from the store."""
        results = list(store.outcomes(trials, arrays=False))
        reasons = {str(t): o.reason for t, o in results if o.state is TrialState.FAILED}
        return cls(directory, trials_frame(results), trials, reasons)

    def ranking(self) -> pd.DataFrame:
        """Return the trials that were trained to their end, the lowest validation loss first."""
        ended = self.frame.state.isin([TrialState.CONVERGED, TrialState.EXHAUSTED])
        return self.frame[ended].sort_values(["validation_loss", "epochs"], kind="stable")

    def best(self) -> Trial | None:
        """Return the best trial, or None if there is none."""
        ranking = self.ranking()
        return None if ranking.empty else self.trials[int(ranking.index[0])]

    def table(self) -> str:
        """Return the best trials as Markdown, and under them a line that says which is best."""
        ranking = self.ranking().head(_SHOWN)
        best = self.best()
        if best is None:
            return "No training gave a usable network, so there is no best trial.\n"
        names = [*best.params, "state", "epochs", "validation_loss", "test_r2"]
        table = ranking[names].map(lambda v: f"{v:.4g}" if isinstance(v, float) else v)
        table.insert(0, "trial", ranking.index + 1)
        table.columns = [name.replace("_", " ") for name in table.columns]
        words = ", ".join(f"{n.replace('_', ' ')} {number(v)}" for n, v in best.params.items())
        pruned = int((self.frame.state == TrialState.PRUNED).sum())
        return (
            f"{table.to_markdown(index=False, disable_numparse=True, stralign='right')}\n\n"
            f"Best trial: {words}. Rule: lowest validation loss among the trials that were trained "
            f"to their end; {pruned} of {len(self.frame)} were pruned.\n"
        )

    def summary(self) -> str:
        """Return what the command prints."""
        return f"{self.table()}\nReport: {self.directory / 'report.md'}"


def search(wanted: Search, out: Path, hands: Hands, say: Callable[[str], None]) -> Found:
    """Search, and write the run directory.

    Raises
    ------
    InputError, SweepError
        If that can't be done.
    Interrupted
        After Ctrl-C; the same command goes on.
    """
    if hands.runner != OPTUNA:
        raise InputError("a search is Optuna's; leave --runner out, or give --runner optuna.")
    stopwatch, objective = Stopwatch(), wanted.question.objective
    place = Journal(out / JOURNAL_FILE) if hands.storage is None else place_of(hands.storage)
    if hands.storage is not None:
        place.check()
    name, jobs = hands.study or wanted.study(), hands.all_jobs
    with own(out) as directory, FigureWriter(helper=False) as writer:
        with stopwatch.time("training"), Signals(()) as signals, first_interrupt(signals.stop):
            plan = wanted.plan()
            trials = run_search(
                place, name, plan, objective, directory.store, signals, jobs=jobs, say=say
            )
            if signals.stopped:
                raise Interrupted(len(trials), plan.n_trials)
        found = Found.read(out, trials, directory.store)
        _write(directory, found, wanted, writer)
        record = {"study": "search", "command": wanted.command()}
        settings = {**wanted.question.settings(), **{n: str(r) for n, r in wanted.ranges.items()}}
        hands_record = {**hands.record(objective), "optuna_study": name}
        seconds = {"seconds": dict(stopwatch)}
        directory.write_record({**record, "settings": settings, **hands_record, **seconds})
    return found


def _write(run: RunDirectory, found: Found, wanted: Search, writer: FigureWriter) -> None:
    from reports.range_figures import progress_figure

    objective, best = wanted.question.objective, found.best()
    run.write_trials(found.frame)
    run.write_history(found.trials)
    run.write_data(objective.dataset)
    network = None
    if best is not None:
        ((_, outcome),) = run.store.outcomes([best])
        network = Parameters(**outcome.parameters)
    run.write_weights(objective, found.trials, network)
    writer.write({run.path / "figures" / "search": partial(progress_figure, found.frame)})
    grid_figures.write(run.path / "figures", {}, writer)  # removes those of an earlier grid
    remove_others(run.path, ("table.csv",), set())
    write_text(run.path / "table.md", found.table())
    write_text(run.path / "report.md", _report(found, wanted))


def _report(found: Found, wanted: Search) -> str:
    settings: dict[str, Any] = {**wanted.question.settings(), **wanted.ranges}
    rows = [f"| {FLAGS[n]} | {escaped(_words(v))} |" for n, v in settings.items()]
    failures = [f"- {trial}: {escaped(reason)}" for trial, reason in found.reasons.items()]
    parts = [
        "# A search for learning rate and batch size",
        f"## The best {_SHOWN} trials",
        found.table().strip(),
        "- This is one draw of initial weights and sample orders: repeat the best as a grid.",
        *(["## Trainings that failed", "\n".join(failures)] if failures else []),
        "## Settings",
        "\n".join(["| | |", "| --- | --- |", *rows]),
        "## Figure",
        "![The search](figures/search.png)\n\nThe validation loss of each trial, and the best so "
        "far.",
        "## Make it again",
        fenced(wanted.command()),
    ]
    return "\n\n".join(parts) + "\n"


def _words(value: Any) -> str:
    if isinstance(value, Range | str):
        return str(value)
    return ", ".join(map(number, value)) if np.iterable(value) else number(value)
