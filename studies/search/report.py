"""What a search writes and prints: its best trials, how it went, and how to do it again."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reports.documents.markdown import escaped, fenced
from reports.figures.writer import FigureWriter, draw
from reports.files import remove_others, write_text
from reports.frames import history_frame
from reports.words import LANGUAGES, REPORT, WORDS, Text, in_language, number, say, word
from studies.experiment import page
from studies.experiment.run_directory import RunDirectory
from studies.experiment.study import Report, ReportFigure, ReportTable
from studies.homework import figures
from studies.homework.assignment import FLAGS
from studies.objectives.two_layer import network_of
from sweep.grid import Range
from sweep.trial import TrialState

if TYPE_CHECKING:
    from studies.search.search import RangeSearch, SearchResult

SHOWN, ON_PAGE = 10, 200
"""So many trials are in the report's table, and so many can be selected on the page."""

TITLE = Text("A search for learning rate and batch size", "搜索学习率与批大小")
BEST_TRIALS = Text("The best {n} trials", "最好的 {n} 次试验")
NO_BEST = Text(
    "No training gave a usable network, so there is no best trial.",
    "没有一次训练得到可用的网络，因此没有最佳试验。",
)
BEST = Text(
    "Best trial: {values}. Rule: lowest validation loss among the trials that were trained to "
    "their end; {pruned} of {n} were pruned.",
    "最佳试验：{values}。规则：在训练到底的试验中验证损失最低者；{n} 次中有 {pruned} 次提前终止。",
)
ONE_DRAW = Text(
    "This is one draw of initial weights and sample orders: repeat the best as a grid.",
    "这只是初始权重和样本顺序的一次随机抽样：请把最好的参数作为网格重复训练。",
)
FIGURE = Text(
    "The validation loss of each trial, and the best so far.", "每次试验的验证损失，以及目前最佳。"
)


def table(found: "SearchResult") -> str:
    """Return the best trials as Markdown, and under them a line that says which is best."""
    if found.best() is None:
        return f"{NO_BEST}\n"
    shown = _best_trials(found)
    lines = shown.to_markdown(index=False, disable_numparse=True, stralign="right")
    return f"{lines}\n\n{_sentence(found)}\n"


def _best_trials(found: "SearchResult") -> pd.DataFrame:
    ranking = found.ranking().head(SHOWN)
    names = [*found.trials[0].params, "state", "epochs", "validation_loss", "test_r2"]
    shown = ranking[names].map(lambda v: f"{v:.4g}" if isinstance(v, float) else word(v))
    shown.insert(0, "trial", ranking.index + 1)
    shown.columns = pd.Index([word(name) for name in shown.columns])
    return shown


def _sentence(found: "SearchResult") -> Text:
    """Say which trial is best, and by which rule."""
    best = found.best()
    if best is None:
        return NO_BEST
    pruned = int((found.frame.state == TrialState.PRUNED).sum())
    values = [
        ", ".join(
            f"{say(WORDS[name], lang)} {number(value)}" for name, value in best.params.items()
        )
        for lang in LANGUAGES
    ]
    return BEST.fill(values=Text(*values), pruned=pruned, n=len(found.frame))


def summary(found: "SearchResult") -> str:
    """Return what the command prints."""
    place = REPORT.fill(path=found.directory / "report.md")
    return f"{table(found)}\n{place}"


def write(
    run: RunDirectory, found: "SearchResult", wanted: "RangeSearch", writer: FigureWriter
) -> None:
    """Write all that a search leaves; ``run.json`` is the caller's."""
    objective, best = wanted.question.objective, found.best()
    run.write_trials(found.frame)
    run.write_history(found.trials)
    run.write_data(objective.dataset)
    network = None
    if best is not None:
        ((_, outcome),) = run.store.outcomes([best])
        network = network_of(outcome.arrays)
    run.write_weights(objective, found.trials, network)
    figure = _figure(found)
    writer.write({run.path / "figures" / figure.name: figure.draw})
    figures.remove_earlier(run.path / "figures")
    remove_others(run.path, ("table.csv", "table.tex", "statistics.csv"), set())
    write_text(run.path / "table.md", table(found))
    write_text(run.path / "report.md", _report(found, wanted))
    write_text(run.path / "report.html", _page(run, found, wanted))


def _page(run: RunDirectory, found: "SearchResult", wanted: "RangeSearch") -> str:
    """Return the interactive page of the best trials, in the order of their ranking."""
    ranked = found.ranking().index
    order = [*ranked, *found.frame.index.difference(ranked)][:ON_PAGE]
    outcomes = list(run.store.outcomes([found.trials[place] for place in order]))
    grids = page.grids_of(
        wanted.question.objective,
        found.frame.loc[order].drop_duplicates("key"),
        history_frame(outcomes),
        outcomes,
        list(found.trials[0].params),
    )
    figure = _figure(found)
    table = ReportTable("table", BEST_TRIALS.fill(n=SHOWN), partial(_best_trials, found))
    settings = {FLAGS[name]: _words(value) for name, value in _settings(wanted).items()}
    return page.make(
        run.path,
        TITLE,
        grids,
        Report([_sentence(found), ONE_DRAW], [table, figure]),
        about=[(WORDS["settings"], settings), (WORDS["failures"], found.reasons)],
        command=in_language(wanted.command()),
    )


def _figure(found: "SearchResult") -> ReportFigure:
    return ReportFigure("search", FIGURE, partial(draw, "search.progress_figure", found.frame))


def _settings(wanted: "RangeSearch") -> dict[str, Any]:
    return {**wanted.question.settings(), **wanted.ranges}


def _report(found: "SearchResult", wanted: "RangeSearch") -> str:
    rows = [f"| {FLAGS[n]} | {escaped(_words(v))} |" for n, v in _settings(wanted).items()]
    failures = [f"- {trial}: {escaped(reason)}" for trial, reason in found.reasons.items()]
    parts: Sequence[object] = [
        f"# {TITLE}",
        f"## {BEST_TRIALS.fill(n=SHOWN)}",
        table(found).strip(),
        f"- {ONE_DRAW}",
        *([f"## {word('failures')}", "\n".join(failures)] if failures else []),
        f"## {word('settings')}",
        "\n".join(["| | |", "| --- | --- |", *rows]),
        f"## {word('search')}",
        f"![{word('search')}](figures/search.png)\n\n{FIGURE}",
        f"## {word('again')}",
        fenced(in_language(wanted.command())),
    ]
    return "\n\n".join(map(str, parts)) + "\n"


def _words(value: Any) -> str:
    if isinstance(value, Range | str):
        return str(value)
    return ", ".join(map(number, value)) if np.iterable(value) else number(value)
