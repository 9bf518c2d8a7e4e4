"""A search for good hyperparameters: ranges instead of lists, and points that are proposed."""

import hashlib
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, cast

from network.errors import InputError, check_count
from reports.figures.writer import FigureWriter
from reports.words import in_language
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult, measure_of
from studies.experiment.run import StudyResult, write
from studies.experiment.run_directory import Stopwatch, another_run, own, read_record
from studies.experiment.runners import OPTUNA, RunnerOptions, storage_of
from studies.homework.assignment import FLAGS, command
from studies.search.report import NAME, search_study
from sweep.errors import Interrupted, SweepError
from sweep.grid import Range
from sweep.interrupts import first_interrupt
from sweep.optuna.search import PRUNERS, SAMPLERS, Prunable, SearchPlan, rungs_of
from sweep.optuna.search import search as run_search
from sweep.progress.signals import Signals
from sweep.trial import Trial, TrialResult, Value

_MOST_TRIALS = 100_000  # Optuna holds them all in memory


@dataclass(frozen=True)
class RangeSearch:
    """What is searched.

    Attributes
    ----------
    plan : Plan
        The homework's, or a variation of it: the lists of its axes are chosen from, and its other
        settings hold for all trials.
    ranges : mapping
        A Range for each axis that has one instead of a list.
    sampler, pruner : str
        Names in `SAMPLERS` and `PRUNERS`.
    n_trials : int
        How many points are tried, ≥ 1.
    command_line : str
        What asks for it, where the plan is not the homework's.
    """

    plan: Plan
    ranges: Mapping[str, Range]
    sampler: str = "tpe"
    n_trials: int = 40
    pruner: str = "none"
    command_line: str = ""

    def __post_init__(self) -> None:
        for name, given, known in (
            ("sampler", self.sampler, SAMPLERS),
            ("prune", self.pruner, PRUNERS),
        ):
            if given not in known:
                raise InputError(f"{name} must be one of {', '.join(known)}, got {given!r}.")
        check_count("trials", self.n_trials, "default: 40", _MOST_TRIALS)
        if self.plan.repeats != 1:
            raise InputError(
                f"a search has no repeats, got {self.plan.repeats}; leave --repeats out, and "
                "repeat what it finds as a grid."
            )
        ends = [[a.low, a.high] if isinstance(a, Range) else a for a in self.axes.values()]
        if prod(map(len, ends)) > _MOST_TRIALS:
            raise InputError(
                f"a search chooses from at most {_MOST_TRIALS:,} points of lists; give ranges such "
                "as 0.05:1.0:log instead."
            )
        for point in product(*ends):
            self.plan.objective.settings(dict(zip(self.axes, point, strict=True)))

    @property
    def axes(self) -> dict[str, Range | Sequence[Value]]:
        """The axes by their names in the settings."""
        return {name: self.ranges.get(name, values) for name, values in self.plan.axes.items()}

    def search_plan(self) -> SearchPlan:
        """Return what a sampler needs to know."""
        max_epochs, eval_every = (self.plan.setting(n) for n in ("max_epochs", "eval_every"))
        rungs = rungs_of(self.pruner, max_epochs, eval_every or 1)
        seed = self.plan.seed
        return SearchPlan(self.axes, self.n_trials, self.sampler, self.pruner, rungs, seed)

    def command(self) -> str:
        """Return the command line that searches the same."""
        if self.command_line:
            return self.command_line
        words = shlex.split(command(self.plan))
        for name, values in self.ranges.items():
            words += [FLAGS[name], str(values)]
        words += ["--sampler", self.sampler, "--trials", str(self.n_trials)]
        return shlex.join([*words, "--prune", self.pruner] if self.pruner != "none" else words)

    def definition(self) -> dict[str, Any]:
        """Return what ``run.json`` keeps beside the plan."""
        ranges = {name: str(values) for name, values in self.ranges.items()}
        given = {"sampler": self.sampler, "prune": self.pruner, "trials": self.n_trials}
        return {**given, "ranges": ranges}

    def study_name(self) -> str:
        """Return a name for what can go on: all but the number of trials decides it."""
        what = [dict(self.plan.objective.identity()), self.sampler, self.pruner]
        what += [{name: str(axis) for name, axis in self.axes.items()}]
        text = json.dumps(what, sort_keys=True)
        return f"search-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def search(
    wanted: RangeSearch, out: Path, options: RunnerOptions, say: Callable[[str], None]
) -> StudyResult:
    """Search, and write the run directory.

    Raises
    ------
    InputError, SweepError
        If that can't be done.
    Interrupted
        After Ctrl-C; the same command goes on.
    """
    if options.runner != OPTUNA:
        raise InputError("a search is Optuna's; leave --runner out, or give --runner optuna.")
    stopwatch, shown = Stopwatch(), wanted.plan.phrases
    objective = cast(Prunable, wanted.plan.objective)
    measure = measure_of(wanted.plan.objective)

    def tell(done: int, total: int, trial: Trial, result: TrialResult) -> None:
        value = measure.as_cost(result.value)
        say(shown.point(done, total, trial, result, str(measure.title), value))

    storage = storage_of(options, out)
    name = options.study or wanted.study_name()
    _refuse_another_search(out, name, in_language(wanted.command()))
    with own(out) as directory, FigureWriter(helper=False) as writer:
        with stopwatch.time("training"), Signals(()) as signals, first_interrupt(signals.stop):
            how = wanted.search_plan()
            trials = run_search(
                storage,
                name,
                how,
                objective,
                directory.store,
                signals,
                jobs=options.all_jobs,
                tell=tell,
                timeout=options.timeout,
            )
            if signals.stopped:
                raise Interrupted(len(trials), how.n_trials)
        points = [trial.params for trial in trials]
        axes = {
            axis: sorted({p[axis] for p in points}, key=_number) if isinstance(v, Range) else v
            for axis, v in wanted.axes.items()
        }
        plan = replace(wanted.plan, axes=axes, points=points)
        study = search_study(wanted.definition(), plan)
        results = {NAME: PlanResult.read(plan, directory.store)}
        made = write(
            directory,
            study,
            results,
            command=in_language(wanted.command()),
            writer=writer,
            record={**options.record(objective), "optuna_study": name},
            stopwatch=stopwatch,
        )
    return StudyResult(out, study, results, made)


def _refuse_another_search(out: Path, name: str, command: str) -> None:
    """Refuse a directory that holds a run of another question; SweepError says what to do."""
    try:
        held = read_record(out)
    except SweepError:
        return
    if held.get("optuna_study") != name:
        raise another_run(out, held, command)


def _number(value: Value) -> float:
    return float(str(value))
