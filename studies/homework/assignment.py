"""The homework: a grid of learning rates and batch sizes, and the 4×4 table that comes of it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from network.data.datasets import Dataset
from network.errors import unknown_name
from network.training.loop import TRAINING_VERSION
from reports.figures.writer import FigureWriter
from reports.words import LANGUAGES, Text, language, number, spoken
from studies.cli.options import in_language
from studies.experiment.plan import Plan
from studies.experiment.run_directory import own
from studies.experiment.runners import LOCAL, Hands, Order, find_runner
from studies.homework import report
from studies.homework.notebook import live_progress
from studies.homework.report import Stopwatch
from studies.homework.result import GridResult
from studies.objectives.two_layer import TwoLayerObjective
from sweep.progress.signals import Progress
from sweep.run import run as run_sweep
from sweep.trial import Trial

MANY = 1000
"""Of more trainings the report takes seconds, and it is said that it is being written."""

WRITING = Text("writing the report of {n} trainings …", "正在写 {n} 次训练的报告……")

_FIXED = ("max_epochs", "target_loss", "eval_every", "activation", "init", "decay", "shuffle")
_OF_PLAN = ("repeats", "seed", "data", "test_data", "data_seed", "engine", "dataset")


@dataclass(frozen=True)
class Assignment:
    """The homework's question; each attribute is a flag of ``sweep assignment``.

    Attributes
    ----------
    learning_rates, batch_sizes, hidden : sequences
        The axes of the grid; None as a batch size is the whole training set.
    repeats : int
        Trials for each cell, each with weights and orders of its own.
    seed : int
        Decides weights and orders, ≥ 0.
    data, test_data : str
        A curve's name or a file, and the file of the test set.
    data_seed : int
        Decides generated data and random splits, ≥ 0.
    engine : str
        ``compiled`` or ``numpy``.
    max_epochs, target_loss, eval_every, activation, init, decay, shuffle
        As in `network.training.loop.TrainingSettings`.
    dataset : Dataset, optional
        The data themselves, where they come from a run directory or a study.
    """

    learning_rates: Sequence[float] = (0.1, 0.3, 0.5, 0.7)
    batch_sizes: Sequence[int | None] = (2, 5, 10, 15)
    hidden: Sequence[int] = (4,)
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
            axes={
                "learning_rate": self.learning_rates,
                "batch_size": self.batch_sizes,
                "n_hidden": self.hidden,
            },
            fixed={name: getattr(self, name) for name in _FIXED},
            **{name: getattr(self, name) for name in _OF_PLAN},
        )

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


FLAGS = {
    "learning_rates": "--eta",
    "batch_sizes": "--batch-size",
    **{f.name: f"--{f.name.replace('_', '-')}" for f in fields(Assignment)[2:-1]},
}
"""The flag of each attribute but `dataset`."""


def _text(value: Any) -> str:
    """Write a value, or values with commas between, as the command line takes them."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(_text(v) for v in value)
    return number(value)


def run(
    out: str | Path = "runs/assignment",
    *,
    jobs: int | None = None,
    runner: str = LOCAL,
    scheduler: str | None = None,
    storage: str | None = None,
    study: str | None = None,
    progress: Progress | None = None,
    lang: str = "en",
    **question: Any,
) -> GridResult:
    """Run the homework, or a variation of it, and write its run directory.

    Parameters
    ----------
    out : path
        The run directory. Trainings that it holds already are not done again.
    jobs : int, optional
        How many trainings, or packs of them, run at once; all cores by default.
    runner : str
        ``local``, ``dask`` for a cluster, or ``optuna`` to train as a study together with workers
        elsewhere.
    scheduler : str, optional
        The address of a Dask cluster; without it Dask makes a local one.
    storage, study : str, optional
        The URL of Optuna's storage, or a journal file; and the study's name.
    progress : Progress, optional
        Is shown what happens; by default a notebook shows a live board, and nothing is shown
        elsewhere.
    lang : str
        The language of all that is written and shown, ``en`` or ``zh``.
    **question
        The attributes of `Assignment`, such as ``learning_rates=[0.1, 0.3]``.

    Returns
    -------
    GridResult

    Raises
    ------
    InputError, SweepError
        If something asked for can't be; nothing is written then.
    Interrupted
        After Ctrl-C, with all finished trainings kept.
    """
    asked, hands = Assignment(**question), Hands(runner, jobs, scheduler, storage, study)
    if lang not in LANGUAGES:
        raise unknown_name("lang", lang, LANGUAGES)
    with language(lang), FigureWriter(helper=hands.all_jobs > 1) as writer:
        shown = live_progress(asked.max_epochs) if progress is None else progress
        return answer(asked, Path(out), hands, writer, progress=shown)


def answer(
    question: Assignment,
    out: Path,
    hands: Hands,
    writer: FigureWriter,
    *,
    progress: Progress | None = None,
) -> GridResult:
    """Do what `run` does, for a question that was put together before."""
    stopwatch = Stopwatch()
    command = in_language(question.command())
    runner = find_runner(Order(hands, out, question.settings(), command))
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
        directory.write_record(_record(question, result, hands, stopwatch))
    return result


def _record(
    question: Assignment, result: GridResult, hands: Hands, stopwatch: Stopwatch
) -> dict[str, Any]:
    """Return the content of ``run.json``."""
    data = result.objective.dataset
    return {
        "study": "assignment",
        "command": in_language(question.command()),
        "language": spoken(),
        "settings": question.settings(),
        "data": {
            "name": data.name,
            "fingerprint": data.fingerprint,
            "training": len(data.train_x),
            "validation": len(data.validation_x),
            "test": len(data.test_x),
        },
        "training_version": TRAINING_VERSION,
        "engines": sorted(set(result.frame.engine) - {""}),
        "states": {str(k): int(n) for k, n in result.frame.state.value_counts().items()},
        **hands.record(result.objective),
        "seconds": dict(stopwatch),
    }
