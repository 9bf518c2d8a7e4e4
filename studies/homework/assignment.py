"""The homework as a study: a grid of learning rates and batch sizes, and its 4×4 table."""

import hashlib
import inspect
import shlex
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from network.data.datasets import Dataset
from network.errors import InputError, unknown_name
from reports.figures.writer import FigureWriter
from reports.findings.prediction import Guess
from reports.words import COSTS, LANGUAGES, in_language, language, number
from studies.experiment.plan import MODELS, ModelKind, Plan, as_list
from studies.experiment.run import StudyResult, answer, live_progress
from studies.experiment.runners import LOCAL, RunnerOptions
from studies.experiment.study import Study
from studies.homework import prediction, report
from studies.homework.result import GridResult
from studies.homework.task import QUESTION
from studies.objectives.functions.source import UserFunction
from sweep.progress.signals import Progress

NAME, PART = "assignment", "grid"
"""What ``run.json`` calls the homework, and its one plan."""

AXES = ("learning_rate", "batch_size", "n_hidden")
OLD_NAMES = {"learning_rates": "learning_rate", "batch_sizes": "batch_size", "hidden": "n_hidden"}


def run(
    out: str | Path = "runs/assignment",
    *,
    learning_rate: float | Sequence[float] = (0.1, 0.3, 0.5, 0.7),
    batch_size: int | Sequence[int | None] | None = (2, 5, 10, 15),
    n_hidden: int | Sequence[int] = 4,
    repeats: int = 1,
    seed: int = 0,
    data: str = "snake",
    test_data: str | None = None,
    data_seed: int = 0,
    engine: str = "compiled",
    max_epochs: int = 10_000,
    target_loss: float = 0.001,
    eval_every: int = 50,
    activation: str = "sigmoid",
    init: str = "xavier",
    decay: str = "constant",
    shuffle: str = "fresh",
    jobs: int | None = None,
    runner: str = LOCAL,
    scheduler: str | None = None,
    storage: str | None = None,
    study: str | None = None,
    progress: Progress | None = None,
    lang: str = "en",
    **old_names: Any,
) -> GridResult:
    """Run the homework, or a variation of it, and write its run directory.

    Parameters
    ----------
    out : path
        The run directory. Trials that it already holds are not run again.
    learning_rate : float or sequence of float
        Learning rates, > 0.
    batch_size : int, None, or sequence of these
        Batch sizes, ≥ 1; None is the whole training set.
    n_hidden : int or sequence of int
        Numbers of hidden units, ≥ 1; each gets its own table.
    repeats : int
        Trials for each cell, each with its own initial weights and sample order.
    seed : int
        Seed for initial weights and sample order, ≥ 0.
    data : str
        ``snake``, ``sine``, or the path of an ``.npz`` or CSV file.
    test_data : str, optional
        File of the test set; without it, a random fifth of the rows of `data`.
    data_seed : int
        Seed for generated data and random splits, ≥ 0.
    engine : str
        ``compiled`` (fast) or ``numpy`` (the textbook's loop).
    max_epochs : int
        Maximum number of epochs, ≥ 1.
    target_loss : float
        Stop when the validation loss is at most this value, > 0.
    eval_every : int
        Evaluate losses every so many epochs, ≥ 1.
    activation : str
        ``sigmoid``, ``tanh``, ``relu``, ``leaky_relu``, ``elu`` or ``softplus``.
    init : str
        Initial weights: ``xavier``, ``he``, ``normal`` or ``zero``.
    decay : str
        Learning-rate schedule: ``constant``, ``step``, ``exponential``, ``inverse`` or ``cosine``.
    shuffle : str
        Sample order: ``fresh`` (new in every epoch) or ``none``.
    jobs : int, optional
        Parallel trials; all cores by default.
    runner : str
        ``local``, ``dask`` for a cluster, or ``optuna`` to share the trials with workers elsewhere.
    scheduler : str, optional
        Address of a Dask cluster; by default a local one is started.
    storage, study : str, optional
        URL of Optuna's storage, and the name of the study.
    progress : Progress, optional
        Receives what happens; by default a notebook shows a live board, and nothing is shown
        elsewhere.
    lang : str
        Language of everything written and shown, ``en`` or ``zh``.
    **old_names
        ``learning_rates``, ``batch_sizes`` and ``hidden``, the axes' names in earlier versions.

    Returns
    -------
    GridResult

    Raises
    ------
    InputError, SweepError
        If a value is not allowed; nothing is written then.
    Interrupted
        After Ctrl-C, with all finished trials kept.
    """
    given = dict(locals())
    for name in old_names:
        if name not in OLD_NAMES:
            raise TypeError(f"run() got an unexpected keyword argument {name!r}")
    plan = grid_plan(**{name: given[name] for name in DEFAULTS}, **old_names)
    options = RunnerOptions(runner, jobs, scheduler, storage, study)
    if lang not in LANGUAGES:
        raise unknown_name("lang", lang, LANGUAGES)
    with language(lang), FigureWriter(helper=options.all_jobs > 1) as writer:
        shown = progress or live_progress(plan)
        return answer_grid(plan, Path(out), options, writer, progress=shown)


DEFAULTS: dict[str, Any] = {
    name: parameter.default
    for name, parameter in list(inspect.signature(run).parameters.items())[1:17]
}
"""The settings of the homework, each with its default."""

FLAGS = {name: f"--{name.replace('_', '-')}" for name in DEFAULTS}


def seed_from(number: str) -> int:
    """Return the seed of a student number, so that honest tables of a class differ.

    It is the SHA-256 of the text modulo 10⁹; spaces around it, capital letters and full-width
    digits make no difference.
    """
    plain = unicodedata.normalize("NFKC", number).strip().casefold()
    if not plain:
        raise InputError("the number to take a seed from is empty; give a student number.")
    return int(hashlib.sha256(plain.encode()).hexdigest(), 16) % 10**9


def grid_plan(
    dataset: Dataset | None = None, function: UserFunction | None = None, **settings: Any
) -> Plan:
    """Return the homework's plan, or a variation of it.

    Parameters
    ----------
    dataset : Dataset, optional
        The data themselves, where they come from a run directory or a study.
    function : UserFunction, optional
        What trains, in place of the course's network.
    **settings
        As of `run`; what is left out is as in the homework.

    Raises
    ------
    InputError
        If a value is not allowed.
    """
    given = DEFAULTS | {OLD_NAMES.get(name, name): value for name, value in settings.items()}
    of_plan = {f.name for f in fields(Plan)} & given.keys()
    kind = MODELS["network"] if function is None else ModelKind.of_function(function)
    return Plan(
        axes={axis: as_list(given[axis]) for axis in AXES},
        fixed={n: v for n, v in given.items() if n in kind.settings and n not in AXES},
        model="network" if function is None else "function",
        function=function,
        dataset=dataset,
        **{name: given[name] for name in of_plan},
    )


def grid_study(plan: Plan, cost: str = "epochs", guess: Guess | None = None) -> Study:
    """Return the homework with this plan.

    Parameters
    ----------
    plan : Plan
    cost : str
        What cells are compared by: a name in `reports.statistics.by_cell.COSTS`.
    guess : Guess, optional
        What was guessed before the run.
    """
    return Study(
        NAME,
        report.TITLE,
        QUESTION.fill(cost=COSTS[cost]),
        partial(report.make, cost=cost, guess=guess),
        {PART: plan},
        reports_failures=True,
    )


def answer_grid(
    plan: Plan,
    out: Path,
    options: RunnerOptions,
    writer: FigureWriter,
    *,
    progress: Progress | None = None,
    show: Callable[[GridResult], None] | None = None,
) -> GridResult:
    """Do what `run` does, for a plan that was put together before.

    What is to be shown is shown before figures are drawn and files are written.
    """
    found = answer(
        grid_study(plan, guess=prediction.kept(out)),
        out,
        command=in_language(command(plan)),
        writer=writer,
        options=options,
        progress=lambda _: progress,
        show=None if show is None else lambda found: show(grid_of(found)),
    )
    return grid_of(found)


def grid_of(found: StudyResult) -> GridResult:
    """Return the tables of a run of the homework, as its report has them."""
    return replace(cast(report.GridReport, found.report).grid, directory=found.directory)


def settings_of(plan: Plan) -> dict[str, Any]:
    """Return the settings of a plan of the homework that are set, by name, as JSON values."""
    found = {n: plan.axes.get(n, plan.fixed.get(n, getattr(plan, n, None))) for n in DEFAULTS}
    return {name: value for name, value in found.items() if value is not None}


def command(plan: Plan) -> str:
    """Return the command line that asks this question, but for where and how it runs."""
    words = ["sweep", NAME, *(["--objective", plan.function.given] if plan.function else [])]
    for name, value in settings_of(plan).items():
        if _text(value) != _text(DEFAULTS[name]):
            words += [FLAGS[name], _text(value)]
    return shlex.join(words)


def _text(value: Any) -> str:
    """Write a value, or values with commas between, as the command line takes them."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(_text(v) for v in value)
    return number(value)
