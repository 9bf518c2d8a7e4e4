"""Runs a study, and writes its run directory."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from network.training.settings import TRAINING_VERSION
from reports.documents.documents import Part, report_document
from reports.documents.formats import write_formats
from reports.documents.hand_in import LABELS, byline_of, hand_in, lines_of, with_flags
from reports.figures.writer import FigureWriter
from reports.files import csv_text, write_text
from reports.page.content import Link
from reports.statistics.measure import Measure
from reports.words import (
    REPORT,
    WORDS,
    Text,
    current_language,
    grouped,
    number,
    say,
    value_text,
    word,
)
from studies.experiment import findings, page
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.run_directory import (
    RunDirectory,
    Stopwatch,
    own,
    read_record,
    refuse_another_question,
)
from studies.experiment.runners import RunnerOptions, find_runner
from studies.experiment.study import (
    Report,
    ReportFigure,
    ReportPage,
    ReportTable,
    Results,
    Study,
    failures_of,
)
from studies.objectives.functions.source import UserFunction
from studies.objectives.two_layer import TwoLayerObjective
from sweep.errors import SweepError
from sweep.progress.signals import Progress, Silent
from sweep.run import run as run_sweep

MANY = 1000
"""The report of more trials takes seconds, and it is said that it is being written."""

LOW = Text("{metric}, the lower the better{target}", "{metric}，越低越好{target}")
HIGH = Text("{metric}, the higher the better{target}", "{metric}，越高越好{target}")
TARGET = Text("; target {target}", "；目标 {target}")
ONE_A_BATCH = Text("counted as one for each mini-batch", "按每个小批量更新一次计")
VERSION = Text("version {version}", "版本 {version}")
REPLACED = Text(
    "{version}; all trials were run again, because it replaces version {earlier}",
    "{version}；因取代了版本 {earlier}，全部重新训练",
)
WRITING = Text("writing the report of {n} trials …", "正在写 {n} 次训练的报告……")


def live_progress(plan: Plan) -> Progress:
    """Return a board that a notebook shows live; elsewhere nothing is shown."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if getattr(shell, "kernel", None) is None:
        return Silent()
    from sweep.progress.notebook import NotebookBoard

    columns, rows = [*plan.axes, None][:2]
    return NotebookBoard(rows, str(columns), plan.max_epochs, plan.phrases)


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
        """How many trials failed."""
        return sum(int((result.frame.state == "failed").sum()) for result in self.results.values())

    @property
    def frame(self) -> pd.DataFrame:
        """A row a trial, the columns of ``trials.csv``."""
        return _trials(self.results)

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        tables = (p.content() for p in self.report.parts if isinstance(p, ReportTable))
        said = "".join(f"<li>{escape(str(text))}</li>" for text in self.report.findings)
        shown = "".join(table.to_html(index=False) for table in tables)
        return f"<h4>{escape(str(self.study.title))}</h4>{shown}<ul>{said}</ul>"

    def summary(self) -> str:
        """Return what the command prints: a table or else the findings, and the report's place."""
        table = self.report.files.get("table.md", "").strip()
        said = findings.of_data(self.results) if table else self.report.findings
        report = str(REPORT.fill(path=self.directory / "report.md"))
        return "\n\n".join(filter(None, [say(self.study.title), table, _listed(said), report]))


def answer(
    study: Study,
    out: Path,
    *,
    command: str,
    writer: FigureWriter,
    options: RunnerOptions,
    progress: Callable[[Plan], Progress | None] = lambda _: None,
    show: Callable[[StudyResult], None] | None = None,
) -> StudyResult:
    """Run what a study needs, and write its run directory.

    Parameters
    ----------
    study : Study
    out : Path
        The run directory. Trials that it already holds are not run again.
    command : str
        What asks this question again.
    writer : FigureWriter
    options : RunnerOptions
    progress : callable, optional
        Gives what is shown while a plan is run.
    show : callable, optional
        Shows the result, before figures are drawn and files are written.

    Raises
    ------
    InputError, SweepError
        If a value is not allowed; nothing is written then.
    Interrupted
        After Ctrl-C, with all finished trials kept.
    """
    study, stopwatch = _with_earlier_version(study, out), Stopwatch()
    with stopwatch.time("data"):  # what can't be run is refused before anything is written
        for plan in study.plans.values():
            _ = plan.trials
        parts = {
            name: {**plan.record(), "defaults": plan.kind.defaults}
            for name, plan in study.plans.items()
        }
        refuse_another_question(out, study.name, parts, command)
        runner_of = find_runner(options, out, _about(study, command))
        for plan in study.plans.values():
            runner_of(plan)
    with own(out) as directory:

        def train(plan: Plan) -> PlanResult:
            shown = progress(plan)
            if shown is not None and plan.function and plan.function.replaces:
                shown.say(f"{plan.function.name}: {_version(plan.function)}")
            run_sweep(plan.objective, plan.trials, directory.store, runner_of(plan), progress=shown)
            if shown is not None and len(plan.trials) > MANY:
                shown.say(str(WRITING.fill(n=len(plan.trials))))
            return PlanResult.read(plan, directory.store)

        with stopwatch.time("training"):
            results = study.train(study.plans, train)
        objectives = [result.plan.objective for result in results.values()]
        report = write(
            directory,
            study,
            results,
            command=command,
            writer=writer,
            stopwatch=stopwatch,
            record=options.record(objectives[0] if objectives else None),
            show=show,
        )
    return StudyResult(out, study, results, report)


def _with_earlier_version(study: Study, out: Path) -> Study:
    """Note which version of a user's function the run directory has held before."""
    if not any(plan.function for plan in study.plans.values()) or not out.is_dir():
        return study
    try:
        parts = read_record(out)["parts"]
        held = {name: UserFunction.of_record(parts[name]["function"]) for name in study.plans}
    except (SweepError, KeyError, TypeError, AttributeError):
        return study  # it holds no finished run of a function
    plans = {}
    for name, plan in study.plans.items():
        function, earlier = plan.function, held[name]
        if function is not None and function.name == earlier.name:
            is_same = function.version == earlier.version
            replaces = earlier.replaces if is_same else earlier.version
            plan = replace(plan, function=replace(function, replaces=replaces))
        plans[name] = plan
    return replace(study, plans=plans)


def write(
    run: RunDirectory,
    study: Study,
    results: Results,
    *,
    command: str,
    writer: FigureWriter,
    record: Mapping[str, Any],
    stopwatch: Stopwatch,
    show: Callable[[StudyResult], None] | None = None,
    made_in: Path | None = None,
    then: str = "",
) -> Report:
    """Write all that is made from the store, and ``run.json`` with what else is recorded.

    Figures are drawn meanwhile, and the result is shown first. What makes the report again is
    `command` in `made_in`, by default here, and `then` another one.
    """
    said = _record(study, results, command)
    about = _handed_in(run.path, said["parts"], record)
    asked = with_flags(command, _place(made_in or run.path, command, about))
    again = "\n".join(filter(None, [asked, then]))
    with stopwatch.time("report"):
        report = study.make_report(results)
        figures = {part.name: part.draw for part in report.parts if isinstance(part, ReportFigure)}
        folder = run.path / "figures"
        with writer.drawing({folder / name: drawing for name, drawing in figures.items()}) as wait:
            if show is not None:
                show(StudyResult(run.path, study, results, report))
            _write_results(run, results, report)
            for name, content in report.files.items():
                write_text(run.path / name, content)
            document = _document(run.path, study, results, report, about)
            write_text(run.path / "report.md", document(command=again))
            shown = report.page or page.page_of(results)
            if not shown.is_whole:
                wait()  # for figures are on the page
            html = page.make(
                run.path,
                study,
                results,
                report,
                shown,
                command=again,
                byline=byline_of(about),
                settings=partial(settings_in_words, study),
            )
            write_text(run.path / "report.html", html)
        run.remove_figures_but(figures)
    run.write_record(
        {
            **said,
            "finding": next(_findings(report, shown), None),
            "figures": list(figures),
            "seconds": dict(stopwatch),
            **{name: value for name, value in record.items() if name not in LABELS},
            **about,
        }
    )
    if hand_in().formats:

        def as_format(name: str) -> str:
            return document(command=with_flags(again, {"format": name}), has_page=False)

        write_formats(run.path, as_format, _sheets(report), about)
    return report


def _place(path: Path, command: str, about: Mapping[str, str]) -> dict[str, str]:
    """Return the flags that let a command write the same report at the same place.

    A line of Python, as of `studies.grid.run`, takes none.
    """
    if not command.startswith("sweep "):
        return {}
    knows = command.startswith("sweep assignment")
    return {"out": str(path)} | {name: v for name, v in about.items() if name != "date" and knows}


def _document(
    path: Path, study: Study, results: Results, report: Report, about: Mapping[str, str]
) -> Callable[..., str]:
    """Return what writes the report as Markdown, given the command and if it has a page."""
    return partial(
        report_document,
        say(study.title),
        say(study.question) if report.chapters is None else "",
        report.chapters or [(word("findings"), _listed(report.findings))],
        [_part(path, part) for part in report.parts],
        settings=[(name, settings_in_words(study, result)) for name, result in results.items()],
        failures=failures_of(results),
        lines=lines_of(about, blanks=report.chapters is not None),
        separators=not any(plan.function for plan in study.plans.values()),
    )


def _sheets(report: Report) -> Mapping[str, pd.DataFrame]:
    """Return the tables of a report by their names."""
    parts = {part.name: part.content() for part in report.parts if isinstance(part, ReportTable)}
    return parts if report.sheets is None else report.sheets


def _handed_in(path: Path, parts: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, str]:
    """Return whose report it is, and of which day: of the run that first came to the same."""
    try:
        earlier = read_record(path)
    except SweepError:
        earlier = {}
    day = earlier.get("date") if earlier.get("parts") == parts else date.today().isoformat()
    return hand_in().over({**earlier, "date": day, **record})


def _findings(report: Report, shown: ReportPage) -> Iterator[Text]:
    """Give the findings of a report, or where each board has its own, those of the boards."""
    yield from report.findings
    for board in shown.grids:
        yield from (text for text, _ in board.findings)


def _listed(findings: Sequence[Text]) -> str:
    return "\n".join(f"- {say(text)}" for text in findings)


def write_index(folder: Path, results: Sequence[StudyResult], command: str) -> None:
    """Write ``index.md`` and ``index.html``, which lead to the reports of several studies."""
    sections, links = [], []
    for result in results:
        study, said = result.study, result.report.findings
        place = result.directory.relative_to(folder).as_posix()
        lines = "\n".join(f"- {say(text)}" for text in said)
        sections.append(
            f"## [{say(study.title)}]({place}/report.md)\n\n{say(study.question)}\n\n{lines}"
        )
        finding = said[0] if said else Text("", "")
        links.append(Link(f"{place}/report.html", study.title, study.question, finding))
    write_text(folder / "index.md", "\n\n".join([f"# {word('studies')}", *sections]) + "\n")
    html = page.without_runs(folder, WORDS["studies"], Text("", ""), command=command, links=links)
    write_text(folder / "index.html", html)


def _part(path: Path, part: ReportFigure | ReportTable) -> Part:
    """Return a part as the document takes it; a table is written as CSV too."""
    if isinstance(part, ReportFigure):
        return Part(say(part.caption), f"figures/{part.name}.png")
    content, file = part.content(), f"{part.name}.csv"
    write_text(path / file, csv_text(content))
    return Part(say(part.caption), file, content)


def _write_results(run: RunDirectory, results: Results, report: Report) -> None:
    """Write the trials, their histories, the data and the weights."""
    if not results:
        return
    several = len(results) > 1
    run.write_trials(_trials(results))
    folders = _data_folders(results)
    for name, result in results.items():
        run.write_history(result.plan.trials, f"history_{name}.csv" if several else "history.csv")
        run.write_data(result.dataset, folders[name])
        if isinstance(result.plan.objective, TwoLayerObjective):
            folder = f"weights/{name}" if several else "weights"
            run.write_weights(result.plan.objective, result.plan.trials, report.network, folder)


def _trials(results: Results) -> pd.DataFrame:
    """Return a row a trial, with its part where there are several."""
    frames = [
        pd.concat([pd.Series(name, result.frame.index, name="part"), result.frame], axis=1)
        for name, result in results.items()
    ]
    return pd.concat(frames) if len(frames) > 1 else frames[0].drop(columns="part")


def _data_folders(results: Results) -> dict[str, str]:
    """Return where each part's data lie: all in one place if they are the same."""
    one_set = len({result.dataset.fingerprint for result in results.values()}) == 1
    return {name: "data" if one_set else f"data/{name}" for name in results}


def _version(function: UserFunction) -> Text:
    version = VERSION.fill(version=function.version)
    return (
        REPLACED.fill(version=version, earlier=function.replaces) if function.replaces else version
    )


def settings_in_words(study: Study, result: PlanResult) -> dict[str, str]:
    """Return what was trained on what, as words; of a search its ranges, not its points."""
    plan, data, ranges = result.plan, result.dataset, (study.definition or {}).get("ranges", {})

    def shown(name: str, *values: Any) -> str:
        own = plan.function is not None  # its values may be words that mean something else
        texts = [number(v) if own else str(value_text(name, number(v))) for v in values]
        return str(_COMMA).join(map(grouped, texts))

    listed = {name: ranges.get(name) or shown(name, *values) for name, values in plan.axes.items()}
    listed |= {name: shown(name, value) for name, value in plan.fixed.items()}
    if plan.function is not None:
        listed = {name: value for name, value in listed.items() if name not in _JUDGED}
        listed["judged by"] = _judged(result.measure)
        listed["function"] = f"{plan.function.name} ({_version(plan.function)})"
        if result.is_timed and "batch_size" in plan.axes:
            listed["updates"] = str(ONE_A_BATCH)
    sizes = [len(y) for y in (data.train_y, data.validation_y, data.test_y)]
    return {
        **{word(name): value for name, value in listed.items()},
        word("repeats, seed"): f"{plan.repeats}, {plan.seed}",
        word("data"): str(_DATA.fill(name=data.name, seed=plan.data_seed)),
        word("samples"): word("sample sizes").format(*sizes),
        word("fingerprint"): data.fingerprint,
    }


_COMMA = Text(", ", "、")
_DATA = Text("{name} (seed {seed})", "{name}（随机种子 {seed}）")
_JUDGED = ("metric", "direction", "target_loss")


def _judged(measure: Measure) -> str:
    """Say by what runs are judged, and where they stop."""
    words = HIGH if measure.maximize else LOW
    target = "" if measure.target is None else TARGET.fill(target=measure.target)
    return str(words.fill(metric=measure.title, target=target))


def _about(study: Study, command: str) -> dict[str, Any]:
    """Return what is kept of a study beside its plans, as JSON values."""
    definition = {} if study.definition is None else {"definition": dict(study.definition)}
    return {"study": study.name, "command": command, **definition}


def _record(study: Study, results: Results, command: str) -> dict[str, Any]:
    """Return what ``run.json`` says of a study."""
    folders = _data_folders(results)
    engines = {engine for result in results.values() for engine in result.frame.engine}
    return {
        **_about(study, command),
        "language": current_language(),
        "parts": {
            name: result.plan.record()
            | {
                "folder": folders[name],
                "states": {str(k): int(n) for k, n in result.frame.state.value_counts().items()},
            }
            for name, result in results.items()
        },
        "training_version": TRAINING_VERSION,
        "engines": sorted(engines - {""}),
    }
