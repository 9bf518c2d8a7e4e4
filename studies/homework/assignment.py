"""The homework: a grid of learning rates and batch sizes, and the 4×4 table that comes of it."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from network.data.datasets import Dataset
from network.errors import unknown_name
from network.training.settings import TRAINING_VERSION
from reports.figures.writer import FigureWriter
from reports.words import LANGUAGES, Text, current_language, in_language, language, number
from studies.experiment.plan import Plan
from studies.experiment.run import record_of_plan
from studies.experiment.run_directory import Stopwatch, own
from studies.experiment.runners import LOCAL, RunnerContext, RunnerOptions, find_runner
from studies.homework import report
from studies.homework.notebook import live_progress
from studies.homework.result import GridResult
from studies.objectives.two_layer import TwoLayerObjective
from sweep.progress.signals import Progress
from sweep.run import run as run_sweep
from sweep.trial import Trial

MANY = 1000
"""Of more trainings the report takes seconds, and it is said that it is being written."""

WRITING = Text("writing the report of {n} trials …", "正在写 {n} 次训练的报告……")

AXES = ("learning_rate", "batch_size", "n_hidden")
PART = "grid"
"""What ``run.json`` calls the homework's one plan."""

OLD_NAMES = {"learning_rates": "learning_rate", "batch_sizes": "batch_size", "hidden": "n_hidden"}

_FIXED = ("max_epochs", "target_loss", "eval_every", "activation", "init", "decay", "shuffle")
_OF_PLAN = ("repeats", "seed", "data", "test_data", "data_seed", "engine", "dataset")


@dataclass(frozen=True)
class Assignment:
    """The homework's question; each attribute is a flag of ``sweep assignment``.

    Attributes
    ----------
    learning_rate, batch_size, n_hidden : sequences
        The axes of the grid; None as a batch size is the whole training set.
    repeats : int
        Trials for each cell, each with its own initial weights and sample order.
    seed : int
        Seed for initial weights and sample order, ≥ 0.
    data, test_data : str
        A curve's name or a file, and the file of the test set.
    data_seed : int
        Seed for generated data and random splits, ≥ 0.
    engine : str
        ``compiled`` or ``numpy``.
    max_epochs, target_loss, eval_every, activation, init, decay, shuffle
        As in `network.training.settings.TrainingSettings`.
    dataset : Dataset, optional
        The data themselves, where they come from a run directory or a study.
    """

    learning_rate: Sequence[float] = (0.1, 0.3, 0.5, 0.7)
    batch_size: Sequence[int | None] = (2, 5, 10, 15)
    n_hidden: Sequence[int] = (4,)
    repeats: int = 1
    seed: int = 0
    data: str = "snake"
    test_data: str | None = None
    data_seed: int = 0
    engine: str = "compiled"
    max_epochs: int = 10_000
    target_loss: float = 0.001
    eval_every: int = 50
    activation: str = "sigmoid"
    init: str = "xavier"
    decay: str = "constant"
    shuffle: str = "fresh"
    dataset: Dataset | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        _ = self.plan  # checks names and seeds

    def settings(self) -> dict[str, Any]:
        """Return the attributes that are set, by name, as JSON values."""
        pairs = [(name, getattr(self, name)) for name in FLAGS]
        return {name: value for name, value in pairs if value is not None}

    def shown_settings(self) -> dict[str, str]:
        """Return the attributes that are set, as the command line takes them, by their flags."""
        return {FLAGS[name]: _text(value) for name, value in self.settings().items()}

    @cached_property
    def plan(self) -> Plan:
        """The trainings that answer the question."""
        return Plan(
            axes={name: getattr(self, name) for name in AXES},
            fixed={name: getattr(self, name) for name in _FIXED},
            **{name: getattr(self, name) for name in _OF_PLAN},
        )

    @classmethod
    def of_plan(cls, plan: Plan) -> "Assignment":
        """Return the question that a plan answers; TypeError if it is another one's plan."""
        if plan.axes.keys() != set(AXES):
            raise TypeError("axes")
        settings: dict[str, Any] = {**plan.axes, **plan.fixed}
        return cls(**settings, **{name: getattr(plan, name) for name in _OF_PLAN})

    @property
    def objective(self) -> TwoLayerObjective:
        """What is trained; InputError if the data can't be loaded."""
        return cast(TwoLayerObjective, self.plan.objective)

    @property
    def trials(self) -> list[Trial]:
        """All trainings; InputError or SweepError if there is one that can't be."""
        return self.plan.trials

    def command(self) -> str:
        """Return the command line that asks this question, but for where and how it runs."""
        words = ["sweep", "assignment"]
        for name, flag in FLAGS.items():
            value = _text(getattr(self, name))
            if value != _text(getattr(Assignment, name)):
                words += [flag, value]
        return shlex.join(words)


FLAGS = {f.name: f"--{f.name.replace('_', '-')}" for f in fields(Assignment)[:-1]}
"""The flag of each attribute but `dataset`."""


def renamed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings under today's names; earlier versions had other names for the axes."""
    return {OLD_NAMES.get(name, name): value for name, value in settings.items()}


def as_list(value: Any) -> list[Any]:
    """Return the values of an axis as a list; a single value is a list of one."""
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]


def _text(value: Any) -> str:
    """Write a value, or values with commas between, as the command line takes them."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(_text(v) for v in value)
    return number(value)


def run(
    out: str | Path = "runs/assignment",
    *,
    learning_rate: float | Sequence[float] = Assignment.learning_rate,
    batch_size: int | Sequence[int | None] | None = Assignment.batch_size,
    n_hidden: int | Sequence[int] = Assignment.n_hidden,
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
        Sample order: ``fresh``, ``cycle`` or ``none``.
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
    settings = {name: given[name] for name in FLAGS} | renamed(old_names)
    question = Assignment(**settings | {axis: as_list(settings[axis]) for axis in AXES})
    runner_options = RunnerOptions(runner, jobs, scheduler, storage, study)
    if lang not in LANGUAGES:
        raise unknown_name("lang", lang, LANGUAGES)
    with language(lang), FigureWriter(helper=runner_options.all_jobs > 1) as writer:
        shown = live_progress(max_epochs) if progress is None else progress
        return answer(question, Path(out), runner_options, writer, progress=shown)


def answer(
    question: Assignment,
    out: Path,
    runner_options: RunnerOptions,
    writer: FigureWriter,
    *,
    progress: Progress | None = None,
) -> GridResult:
    """Do what `run` does, for a question that was put together before."""
    stopwatch = Stopwatch()
    command = in_language(question.command())
    runner = find_runner(RunnerContext(runner_options, out, question.settings(), command))
    with stopwatch.time("data"):
        objective, trials = question.objective, question.trials
    with own(out) as directory:
        with stopwatch.time("training"):
            run_sweep(objective, trials, directory.store, runner, progress=progress)
        if progress is not None and len(trials) > MANY:
            progress.say(str(WRITING.fill(n=len(trials))))
        result = GridResult.read(out, objective, trials, directory.store)
        report.write(
            directory,
            result,
            command=command,
            settings=question.shown_settings(),
            writer=writer,
            stopwatch=stopwatch,
        )
        directory.write_record(_record(question, result, runner_options, stopwatch))
    return result


def _record(
    question: Assignment, result: GridResult, runner_options: RunnerOptions, stopwatch: Stopwatch
) -> dict[str, Any]:
    """Return the content of ``run.json``."""
    return {
        "study": "assignment",
        "command": in_language(question.command()),
        "language": current_language(),
        "parts": {PART: record_of_plan(question.plan, result.frame, "data")},
        "training_version": TRAINING_VERSION,
        "engines": sorted(set(result.frame.engine) - {""}),
        **runner_options.record(result.objective),
        "seconds": dict(stopwatch),
    }
