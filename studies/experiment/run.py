"""Runs a study: trains what it needs, and writes its run directory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from network.training.settings import TRAINING_VERSION
from reports.documents.documents import Part, study_document
from reports.figures.writer import ENDINGS, FigureWriter
from reports.files import csv_text, remove_others, write_text
from reports.words import REPORT, current_language, number, say, word
from studies.experiment import page
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.run_directory import RunDirectory, Stopwatch, own
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study
from studies.objectives.two_layer import TwoLayerObjective
from sweep.progress.signals import Progress, Silent
from sweep.run import Runner
from sweep.run import run as run_sweep


@dataclass(frozen=True)
class StudyResult:
    """What came of a study.

    Attributes
    ----------
    directory : Path
        Where its report lies.
    study : Study
    results : mapping of str to PlanResult
        By the names of the study's plans.
    report : Report
    """

    directory: Path
    study: Study
    results: Results
    report: Report

    @property
    def n_failed(self) -> int:
        """How many trainings failed."""
        return sum(int((result.frame.state == "failed").sum()) for result in self.results.values())

    def summary(self) -> str:
        """Return what the command prints: the findings, and the report's place."""
        findings = "\n".join(f"- {say(text)}" for text in self.report.findings)
        report = REPORT.fill(path=self.directory / "report.md")
        return f"{say(self.study.title)}\n\n{findings}\n\n{report}"


def answer(
    study: Study,
    out: Path,
    *,
    command: str,
    writer: FigureWriter,
    runner: Runner,
    progress: Callable[[Plan], Progress] = lambda _: Silent(),
) -> StudyResult:
    """Train what a study needs, and write its report.

    Parameters
    ----------
    study : Study
    out : Path
        The run directory. Trainings that it holds already are not done again.
    command : str
        What asks this question again.
    writer : FigureWriter
    runner : Runner
        Trains what is not kept.
    progress : callable, optional
        Gives what is shown while a plan is trained.

    Raises
    ------
    InputError, SweepError
        If something asked for can't be; nothing is written then.
    Interrupted
        After Ctrl-C, with all finished trainings kept.
    """
    for plan in study.plans.values():
        _ = plan.trials  # made now, so that what can't be is refused before anything is written
    stopwatch = Stopwatch()
    with own(out) as directory:

        def train(plan: Plan) -> PlanResult:
            shown = progress(plan)
            run_sweep(plan.objective, plan.trials, directory.store, runner, progress=shown)
            return PlanResult.read(plan, directory.store)

        with stopwatch.time("training"):
            results = study.train(study.plans, train)
        with stopwatch.time("report"):
            report = study.look(results)
            write(directory, study, results, report, command=command, writer=writer)
        directory.write_record(_record(study, results, command, stopwatch))
    return StudyResult(out, study, results, report)


def write(
    run: RunDirectory,
    study: Study,
    results: Results,
    report: Report,
    *,
    command: str,
    writer: FigureWriter,
) -> None:
    """Write all that is made from the store; ``run.json`` is the caller's."""
    if results:
        _write_results(run, results)
    folder = run.path / "figures"
    pictures = {p.name: p.draw for p in report.parts if isinstance(p, ReportFigure)}
    writer.write({folder / name: draw for name, draw in pictures.items()})
    wanted = {folder / f"{name}{end}" for name in pictures for end in ENDINGS}
    remove_others(folder, [f"*{end}" for end in ENDINGS], wanted)
    document = study_document(
        say(study.title),
        say(study.question),
        findings=[say(text) for text in report.findings],
        parts=[_part(run.path, part) for part in report.parts],
        settings=[(name, settings_in_words(result)) for name, result in results.items()],
        failures={t: why for r in results.values() for t, why in r.failures.items()},
        command=command,
    )
    write_text(run.path / "report.md", document)
    html = page.of_study(
        run.path, study, results, report, command=command, settings=settings_in_words
    )
    write_text(run.path / "report.html", html)


def write_index(folder: Path, results: Sequence[StudyResult]) -> None:
    """Write ``index.md``, which leads to the reports of several studies in one folder."""
    sections = [
        f"## [{say(r.study.title)}]({r.directory.relative_to(folder).as_posix()}/report.md)\n\n"
        f"{say(r.study.question)}\n\n" + "\n".join(f"- {say(text)}" for text in r.report.findings)
        for r in results
    ]
    write_text(folder / "index.md", "\n\n".join([f"# {word('studies')}", *sections]) + "\n")


def _part(path: Path, part: ReportFigure | ReportTable) -> Part:
    """Return a part as the document takes it; a table is written as CSV too."""
    if isinstance(part, ReportFigure):
        return Part(say(part.caption), f"figures/{part.name}.png")
    content, file = part.content(), f"{part.name}.csv"
    write_text(path / file, csv_text(content))
    return Part(say(part.caption), file, content)


def _write_results(run: RunDirectory, results: Results) -> None:
    """Write the trials, their histories, the data and the initial weights."""
    several = len(results) > 1
    frames = [
        pd.concat([pd.Series(name, result.frame.index, name="part"), result.frame], axis=1)
        for name, result in results.items()
    ]
    run.write_trials(pd.concat(frames) if several else frames[0].drop(columns="part"))
    folders = _data_folders(results)
    for name, result in results.items():
        run.write_history(result.plan.trials, f"history_{name}.csv" if several else "history.csv")
        run.write_data(result.dataset, folders[name])
        if isinstance(result.plan.objective, TwoLayerObjective):
            folder = f"weights/{name}" if several else "weights"
            run.write_weights(result.plan.objective, result.plan.trials, None, folder)


def _data_folders(results: Results) -> dict[str, str]:
    """Return where each part's data lie: all in one place if they are the same."""
    one_set = len({result.dataset.fingerprint for result in results.values()}) == 1
    return {name: "data" if one_set else f"data/{name}" for name in results}


def settings_in_words(result: PlanResult) -> dict[str, str]:
    """Return what was trained on what, as words."""
    plan, data = result.plan, result.dataset
    listed = {name: ", ".join(map(number, values)) for name, values in plan.axes.items()}
    listed |= {name: number(value) for name, value in plan.fixed.items()}
    sizes = [len(y) for y in (data.train_y, data.validation_y, data.test_y)]
    return {
        **{word(name): value for name, value in listed.items()},
        word("repeats, seed"): f"{plan.repeats}, {plan.seed}",
        word("data"): f"{data.name} (seed {plan.data_seed})",
        word("samples"): word("sample sizes").format(*sizes),
        word("fingerprint"): data.fingerprint,
    }


def _record(
    study: Study, results: Results, command: str, stopwatch: Mapping[str, float]
) -> dict[str, Any]:
    """Return the content of ``run.json``."""
    folders = _data_folders(results)
    return {
        "study": study.name,
        "command": command,
        "language": current_language(),
        **({} if study.definition is None else {"definition": dict(study.definition)}),
        "parts": {
            name: record_of_plan(result.plan, result.frame, folders[name])
            for name, result in results.items()
        },
        "training_version": TRAINING_VERSION,
        "seconds": dict(stopwatch),
    }


def record_of_plan(plan: Plan, frame: pd.DataFrame, folder: str) -> dict[str, Any]:
    """Return what ``run.json`` says of a plan, whose data lie in a folder."""
    data = plan.objective.dataset
    return {
        "model": plan.model,
        "axes": {axis: list(values) for axis, values in plan.axes.items()},
        "settings": dict(plan.fixed),
        "points": None if plan.points is None else list(plan.points),
        "repeats": plan.repeats,
        "seed": plan.seed,
        "data": plan.data,
        "test_data": plan.test_data,
        "data_seed": plan.data_seed,
        "engine": plan.engine,
        "training_points": plan.training_points,
        "name": data.name,
        "folder": folder,
        "validation": len(data.validation_x),
        "fingerprint": data.fingerprint,
        "states": {str(k): int(n) for k, n in frame.state.value_counts().items()},
    }
