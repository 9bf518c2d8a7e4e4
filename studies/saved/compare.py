"""Puts runs side by side: what was set differently, how the cells differ, the curves.

The runs are only read, and may be running still.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path

import pandas as pd

from network.errors import InputError
from reports.documents.documents import Part, report_document
from reports.documents.markdown import escaped
from reports.figures.writer import ENDINGS, FigureWriter, draw
from reports.files import csv_text, refuse_links, remove_others, write_text
from reports.findings.comparison import Comparison, compare, in_shape, sentences
from reports.findings.finding import Finding
from reports.statistics import by_cell
from reports.statistics.measure import Measure
from reports.words import REPORT, Text, axis_name, in_language, number, word
from studies.experiment import page
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.run import settings_in_words
from studies.experiment.run_directory import STORE_FILE
from studies.experiment.study import ReportFigure, ReportTable, Results, Study
from studies.saved.saved_run import open_run
from sweep.errors import SweepError
from sweep.store.store import Store
from sweep.trial import Value

REPORT_FILE, PAGE_FILE, TABLE_FILE = "report.md", "report.html", "comparison.csv"
FILES = {REPORT_FILE, PAGE_FILE, TABLE_FILE, "figures"}

TITLE = Text("Runs side by side", "运行对比")
QUESTION = Text(
    "Each cell shows the median epochs of the first run, then those of the other, and their ratio.",
    "每格依次为第一次运行与另一次运行的中位轮数，以及两者之比。",
)
TABLE = Text("{other} beside {first}{where}", "{other} 与 {first} 对比{where}")
CURVES = Text("The loss curves of all runs{where}", "各次运行的损失曲线{where}")
DIFFERENT = Text("What was set differently:", "不同的设置：")


@dataclass(frozen=True)
class ComparisonReport:
    """What came of a comparison.

    Attributes
    ----------
    directory : Path
        Where its report lies.
    comparisons : sequence of Comparison
        Each other run beside the first one: two axes of cells, at one value of all others.
    findings : sequence of Finding
    """

    directory: Path
    comparisons: Sequence[Comparison]
    findings: Sequence[Finding]

    def summary(self) -> str:
        """Return what the command prints."""
        said = "\n".join(f"- {finding.text}" for finding in self.findings)
        place = REPORT.fill(path=self.directory / REPORT_FILE)
        return f"{said}\n\n{place}"


@dataclass(frozen=True)
class _Run:
    name: str
    study: Study
    results: Results


@dataclass(frozen=True)
class _Grid:
    """A table of cells: one or two axes, at one value of all others, in one part of a run.

    Attributes
    ----------
    part : str
        Empty where runs have one part only.
    by : tuple of str
    at : mapping
        The values of the other axes.
    """

    part: str
    by: tuple[str, ...]
    at: Mapping[str, Value]

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return those rows of a frame that belong to it."""
        return frame[(frame[list(self.at)] == list(self.at.values())).all(axis=1)]

    def words(self) -> Text:
        """Say which part and values these are, after a comma."""
        said = [Text(self.part, self.part)] if self.part else []
        said += [Text(*(f"{w} {number(v)}" for w in axis_name(n))) for n, v in self.at.items()]
        return Text("".join(f", {text.en}" for text in said), "".join(f"，{t.zh}" for t in said))


def compare_runs(paths: Sequence[Path], out: Path, writer: FigureWriter) -> ComparisonReport:
    """Compare runs with the first of them, and write the report.

    Parameters
    ----------
    paths : sequence of Path
        Two run directories or more, of the homework, studies or TOML files.
    out : Path
        A new or empty folder, or one that an earlier comparison has written.
    writer : FigureWriter

    Raises
    ------
    InputError, SweepError
        If that can't be done; nothing is written then.
    """
    if len(paths) < 2:
        raise InputError(f"sweep compare takes two run directories or more, got {len(paths)}.")
    _check_out(out)
    runs = [_read(name, path) for name, path in zip(_names(paths), paths, strict=True)]
    found = [(g, c) for other in runs[1:] for g, c in _compared(runs[0], other)]
    if not found:
        raise SweepError(
            f"{paths[0]} has no cell in common with the other runs: no combination of their axes "
            "is in both; give runs that share some."
        )
    comparisons = [comparison for _, comparison in found]
    findings = [finding for comparison in comparisons for finding in sentences(comparison)]
    command = in_language(shlex.join(["sweep", "compare", *map(str, paths), "--out", str(out)]))
    parts = _write(out, runs, found, writer)
    document = report_document(
        str(TITLE),
        str(QUESTION),
        [(word("findings"), "\n".join(f"- {escaped(str(f.text))}" for f in findings))],
        [_in_document(part) for part in parts],
        settings=[],
        failures={},
        command=command,
        has_page=False,
    )
    write_text(out / REPORT_FILE, document)
    said = [finding.text for finding in findings]
    html = page.without_runs(out, TITLE, QUESTION, command=command, findings=said, parts=parts)
    write_text(out / PAGE_FILE, html)
    return ComparisonReport(out, comparisons, findings)


def _in_document(part: ReportFigure | ReportTable) -> Part:
    """Return a part as the document takes it."""
    caption = escaped(str(part.caption))
    if isinstance(part, ReportFigure):
        return Part(caption, f"figures/{part.name}.png")
    return Part(caption, TABLE_FILE, part.content())


def _check_out(out: Path) -> None:
    """Refuse a folder in which something else lies, lest it be overwritten."""
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if names - FILES or (names and TABLE_FILE not in names) or out.is_file():
        raise SweepError(
            f"--out {out} has other files in it than those of a comparison; give an empty or new "
            "folder."
        )
    if names:
        refuse_links(out)


def _names(paths: Sequence[Path]) -> list[str]:
    """Return short names that tell the directories apart."""
    names = [path.resolve().name for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def _read(name: str, path: Path) -> _Run:
    study = open_run(path).study
    with Store(path / STORE_FILE, read_only=True) as store:
        results = {
            part: PlanResult.read(plan, store)
            for part, plan in study.plans.items()
            if any(True for _ in store.outcomes(plan.trials, arrays=False))
        }
    if not results:
        raise SweepError(f"{path} holds no finished trial; run its sweep first.")
    if not all(result.is_timed for result in results.values()):
        raise InputError(
            f"{path} has one evaluation a trial, or no target, so there are no epochs to compare; "
            "compare runs of functions that yield."
        )
    return _Run(name, study, results)


def _compared(first: _Run, other: _Run) -> Iterator[tuple[_Grid, Comparison]]:
    """Compare the parts that two runs share: those of one name, or the only ones."""
    for part, results in _parts_of_both(first.results, other.results):
        axes = list(dict.fromkeys(axis for r in results for axis in r.plan.axes))
        if any(not _has(result.plan, axis) for axis in axes for result in results):
            continue
        frames = [_with_axes(result.frame, result.plan, axes) for result in results]
        by, rest = tuple(reversed(axes[:2])), axes[2:]
        for at in frames[0][rest].drop_duplicates().to_dict("records") if rest else [{}]:
            grid = _Grid(part, by, {str(name): value for name, value in at.items()})
            rows = [grid.of(frame) for frame in frames]
            if not all(map(len, rows)):
                continue
            paired = _luck(results[0], axes) == _luck(results[1], axes)
            names = first.name, other.name
            found = compare(names, (rows[0], rows[1]), by, are_paired=paired)
            if len(found.cells):
                yield grid, found


def _parts_of_both(
    first: Results, other: Results
) -> Iterator[tuple[str, tuple[PlanResult, PlanResult]]]:
    if len(first) == len(other) == 1:
        yield "", (next(iter(first.values())), next(iter(other.values())))
        return
    for name in first:
        if name in other:
            yield name, (first[name], other[name])


def _has(plan: Plan, axis: str) -> bool:
    """Tell whether a setting is known of a plan; a default in a user's function is not."""
    return axis in plan.axes or hasattr(plan.objective.settings(plan.trials[0].params), axis)


def _with_axes(frame: pd.DataFrame, plan: Plan, axes: Sequence[str]) -> pd.DataFrame:
    """Return a frame with columns of those axes too that are fixed in its plan."""
    settings = plan.objective.settings(plan.trials[0].params)
    fixed = {axis: getattr(settings, axis) for axis in axes if axis not in plan.axes}
    return frame.assign(**{axis: "full" if v is None else v for axis, v in fixed.items()})


def _luck(result: PlanResult, axes: Sequence[str]) -> tuple[object, ...]:
    """Return what decides initial weights and orders, beside the axes; runs that share it pair."""
    plan = result.plan
    settings = plan.objective.settings(plan.trials[0].params)
    names = [name for name in ("init", "shuffle", "n_hidden") if name not in axes]
    drawn = [getattr(settings, name, None) for name in names]
    return (plan.seed, result.dataset.fingerprint, *drawn)


def _write(
    out: Path,
    runs: Sequence[_Run],
    found: Sequence[tuple[_Grid, Comparison]],
    writer: FigureWriter,
) -> list[ReportFigure | ReportTable]:
    """Write figures and the table, and return the parts of the report."""
    frames = []
    parts: list[ReportFigure | ReportTable] = []
    parts.append(ReportTable("settings", DIFFERENT, partial(_differences, runs)))
    grids = {grid.words().en: grid for grid, _ in found}
    wheres = {key: grid.words() if len(grids) > 1 else Text("", "") for key, grid in grids.items()}
    for number_, (grid, comparison) in enumerate(found, start=1):
        where = wheres[grid.words().en]
        caption = TABLE.fill(first=comparison.first, other=comparison.other, where=where)
        shown = partial(_shown, comparison, grid.by[0])
        parts.append(ReportTable(f"medians_{number_}", caption, shown))
        names = comparison.first, comparison.other
        drawing = partial(draw, "comparison.ratios", in_shape(comparison.cells.ratio), names)
        parts.append(ReportFigure(f"ratios_{number_}", caption, drawing))
        rows = by_cell.as_rows(comparison.cells)
        leading = {"run": comparison.other, **({"part": grid.part} if grid.part else {}), **grid.at}
        frames.append(pd.concat([pd.DataFrame(leading, rows.index), rows], axis=1))
    for number_, (key, grid) in enumerate(grids.items(), start=1):
        history, measure = _histories(runs, grid)
        drawing = partial(draw, "comparison.curves", history, measure, grid.by)
        parts.append(ReportFigure(f"curves_{number_}", CURVES.fill(where=wheres[key]), drawing))
    figures = {part.name: part.draw for part in parts if isinstance(part, ReportFigure)}
    writer.write({out / "figures" / name: drawing for name, drawing in figures.items()})
    wanted = {out / "figures" / f"{name}{end}" for name in figures for end in ENDINGS}
    remove_others(out / "figures", [f"*{end}" for end in ENDINGS], wanted)
    write_text(out / TABLE_FILE, csv_text(pd.concat(frames)))
    return parts


def _shown(comparison: Comparison, rows: str) -> pd.DataFrame:
    """Return the table of a comparison in words of the context's language."""
    content = comparison.table()
    content.index.name = word(rows)
    return content.rename(columns=number, index=number).reset_index()


def _histories(runs: Sequence[_Run], grid: _Grid) -> tuple[pd.DataFrame, Measure]:
    """Return the histories of all runs in the cells they share, and the strictest measure."""
    histories, measures = {}, list[Measure]()
    for run in runs:
        for name, result in run.results.items():
            if name == grid.part or len(run.results) == 1:
                every = [*grid.by, *grid.at]
                history = grid.of(_with_axes(result.history, result.plan, every))
                if len(history):
                    histories[run.name] = history.set_index(list(grid.by), drop=False)
                    measures.append(result.measure)
    places = [history.index.unique() for history in histories.values()]
    shared = reduce(lambda a, b: a.intersection(b, sort=False), places)
    kept = [
        history[history.index.isin(shared)].reset_index(drop=True).assign(run=name)
        for name, history in histories.items()
    ]
    if len({(each.name, each.maximize) for each in measures}) > 1:
        names = " and ".join(sorted({each.name for each in measures}))
        raise InputError(
            f"the runs are judged by {names}, which can't be compared; give one metric."
        )
    strictest = min(measures, key=lambda each: each.as_cost(each.target))
    return pd.concat(kept, ignore_index=True), strictest


def _differences(runs: Sequence[_Run]) -> pd.DataFrame:
    """Return the settings in which runs differ, and the data's fingerprint: a column a run."""
    settings = {
        run.name: {
            f"{part}: {name}" if len(run.results) > 1 else name: value
            for part, result in run.results.items()
            for name, value in settings_in_words(run.study, result).items()
        }
        for run in runs
    }
    shown = pd.DataFrame(settings).fillna("-")
    differing = shown[shown.nunique(axis=1) > 1]
    return differing.rename_axis(word("settings")).reset_index()
