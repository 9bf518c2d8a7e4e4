"""Puts runs side by side: what was set differently, how the cells differ, the curves.

The runs are only read, and may be running still.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from network.errors import InputError
from reports.documents.documents import Part, study_document
from reports.documents.markdown import escaped
from reports.figures.writer import ENDINGS, FigureWriter, draw
from reports.files import csv_text, remove_others, write_text
from reports.findings.comparison import Comparison, compare, sentences
from reports.findings.finding import Finding
from reports.words import REPORT, Text, in_language, word
from studies.experiment.run_directory import STORE_FILE
from studies.homework.result import GridResult
from studies.saved.reopening import Reopened, reopen
from sweep.errors import SweepError
from sweep.store.store import Store

REPORT_FILE, TABLE_FILE = "report.md", "comparison.csv"
FILES = {REPORT_FILE, TABLE_FILE, "figures"}

TITLE = Text("Runs side by side", "运行对比")
QUESTION = Text(
    "Each cell shows the median epochs of the first run, then those of the other, and their ratio.",
    "每格依次为第一次运行与另一次运行的中位轮数，以及两者之比。",
)
TABLE = Text("{other} beside {first}{hidden}", "{other} 与 {first} 对比{hidden}")
HIDDEN = Text(", {n} hidden units", "，{n} 个隐层神经元")
CURVES = Text("The loss curves of all runs{hidden}", "各次运行的损失曲线{hidden}")
DIFFERENT = Text("What was set differently:", "不同的设置：")


@dataclass(frozen=True)
class ComparisonReport:
    """What came of a comparison.

    Attributes
    ----------
    directory : Path
        Where its report lies.
    comparisons : sequence of (int, Comparison)
        Each other run beside the first one, with its number of hidden units.
    findings : sequence of Finding
    """

    directory: Path
    comparisons: Sequence[tuple[int, Comparison]]
    findings: Sequence[Finding]

    def summary(self) -> str:
        """Return what the command prints."""
        said = "\n".join(f"- {finding.text}" for finding in self.findings)
        place = REPORT.fill(path=self.directory / REPORT_FILE)
        return f"{said}\n\n{place}"


@dataclass(frozen=True)
class _Run:
    name: str
    opened: Reopened
    result: GridResult


def compare_runs(paths: Sequence[Path], out: Path, writer: FigureWriter) -> ComparisonReport:
    """Compare runs with the first of them, and write the report.

    Parameters
    ----------
    paths : sequence of Path
        Two run directories or more, of the homework or variations of it.
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
    first = runs[0]
    comparisons = [
        (n_hidden, _compared(first, other, n_hidden))
        for other in runs[1:]
        for n_hidden in first.result.hidden
        if n_hidden in other.result.hidden
    ]
    comparisons = [(n, found) for n, found in comparisons if len(found.cells)]
    if not comparisons:
        raise SweepError(
            f"{paths[0]} has no cell in common with the other runs: no batch size, learning rate "
            "and number of hidden units is in both; give runs that share some."
        )
    findings = [finding for _, found in comparisons for finding in sentences(found)]
    command = in_language(shlex.join(["sweep", "compare", *map(str, paths), "--out", str(out)]))
    parts = _write(out, runs, comparisons, writer)
    document = study_document(
        str(TITLE),
        str(QUESTION),
        findings=[escaped(str(finding.text)) for finding in findings],
        parts=parts,
        settings=[],
        failures={},
        command=command,
    )
    write_text(out / REPORT_FILE, document)
    return ComparisonReport(out, comparisons, findings)


def _check_out(out: Path) -> None:
    """Refuse a folder in which something else lies, lest it be overwritten."""
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if names - FILES or (names and TABLE_FILE not in names) or out.is_file():
        raise SweepError(
            f"--out {out} has other files in it than those of a comparison; give an empty or new "
            "folder."
        )


def _names(paths: Sequence[Path]) -> list[str]:
    """Return short names that tell the directories apart."""
    names = [path.resolve().name for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def _read(name: str, path: Path) -> _Run:
    opened = reopen(path)
    question = opened.question
    with Store(path / STORE_FILE, read_only=True) as store:
        result = GridResult.read(path, question.objective, question.trials, store)
    if result.frame.empty:
        raise SweepError(f"{path} holds no finished training; run its sweep first.")
    return _Run(name, opened, result)


def _compared(first: _Run, other: _Run, n_hidden: int) -> Comparison:
    """Compare two runs; their repeats are pairs if they share seed, data and initializer."""
    questions = [run.opened.question for run in (first, other)]
    drawn = {(q.seed, q.init, q.shuffle, q.objective.dataset.fingerprint) for q in questions}
    return compare(
        (first.name, other.name),
        (first.result.rows(n_hidden), other.result.rows(n_hidden)),
        are_paired=len(drawn) == 1,
    )


def _write(
    out: Path,
    runs: Sequence[_Run],
    comparisons: Sequence[tuple[int, Comparison]],
    writer: FigureWriter,
) -> list[Part]:
    """Write figures and the table, and return the parts of the document."""
    frames, figures = [], {}
    parts = [Part(str(DIFFERENT), TABLE_FILE, _differences(runs))]
    several = len({n for n, _ in comparisons}) > 1
    target = min(run.result.target_loss for run in runs)
    for number, (n_hidden, found) in enumerate(comparisons, start=1):
        hidden = HIDDEN.fill(n=n_hidden) if several else Text("", "")
        names = {"first": found.first, "other": found.other, "hidden": hidden}
        content = found.table()
        content.index.name = word("batch_size")
        caption = escaped(str(TABLE.fill(**names)))
        parts.append(Part(caption, TABLE_FILE, content.rename(columns=str).reset_index()))
        ratio = found.cells.ratio.unstack().reindex(index=content.index, columns=content.columns)
        name = f"ratios_{number}"
        figures[name] = partial(draw, "comparison.ratios", ratio, (found.first, found.other))
        parts.append(Part(caption, f"figures/{name}.png"))
        rows = found.cells.reset_index()
        rows.insert(0, "n_hidden", n_hidden)
        frames.append(pd.concat([pd.Series(found.other, rows.index, name="run"), rows], axis=1))
    for n_hidden in sorted({n for n, _ in comparisons}):
        hidden = HIDDEN.fill(n=n_hidden) if several else Text("", "")
        name = f"curves_h{n_hidden}"
        figures[name] = partial(draw, "comparison.curves", _histories(runs, n_hidden), target)
        parts.append(Part(str(CURVES.fill(hidden=hidden)), f"figures/{name}.png"))
    writer.write({out / "figures" / name: drawing for name, drawing in figures.items()})
    wanted = {out / "figures" / f"{name}{end}" for name in figures for end in ENDINGS}
    remove_others(out / "figures", [f"*{end}" for end in ENDINGS], wanted)
    write_text(out / TABLE_FILE, csv_text(pd.concat(frames)))
    return parts


def _histories(runs: Sequence[_Run], n_hidden: int) -> pd.DataFrame:
    """Return the histories of all runs in those cells that all of them have."""
    cells = [
        set(zip(h.batch_size, h.learning_rate, strict=True))
        for h in (run.result.losses(n_hidden) for run in runs if n_hidden in run.result.hidden)
    ]
    shared = set.intersection(*cells) or set.union(*cells)
    parts = []
    for run in runs:
        history = run.result.losses(n_hidden)
        places = zip(history.batch_size, history.learning_rate, strict=True)
        kept = history[[place in shared for place in places]]
        parts.append(kept.assign(run=run.name))
    return pd.concat(parts, ignore_index=True)


def _differences(runs: Sequence[_Run]) -> pd.DataFrame:
    """Return the settings in which runs differ, and the data's fingerprint: a column a run."""
    settings = {
        run.name: run.opened.question.shown_settings()
        | {word("fingerprint"): run.result.objective.dataset.fingerprint[:12]}
        for run in runs
    }
    shown = pd.DataFrame(settings).fillna("-")
    differing = shown[shown.nunique(axis=1) > 1]
    return differing.rename_axis(word("settings")).reset_index()
