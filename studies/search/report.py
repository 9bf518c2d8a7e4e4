"""What a search writes and prints: its best trials, how it went, and how to do it again."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from network.two_layer import Parameters
from reports.documents.markdown import escaped, fenced
from reports.figures.writer import FigureWriter
from reports.files import remove_others, write_text
from reports.words import REPORT, Text, in_language, number, word
from studies.experiment.run_directory import RunDirectory
from studies.homework import figures
from studies.homework.assignment import FLAGS
from sweep.grid import Range
from sweep.trial import TrialState

if TYPE_CHECKING:
    from studies.search.search import Found, Search

SHOWN = 10
"""So many trials are in the report's table."""

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


def table(found: "Found") -> str:
    """Return the best trials as Markdown, and under them a line that says which is best."""
    ranking, best = found.ranking().head(SHOWN), found.best()
    if best is None:
        return f"{NO_BEST}\n"
    names = [*best.params, "state", "epochs", "validation_loss", "test_r2"]
    shown = ranking[names].map(lambda v: f"{v:.4g}" if isinstance(v, float) else word(v))
    shown.insert(0, "trial", ranking.index + 1)
    shown.columns = [word(name) for name in shown.columns]
    pruned = int((found.frame.state == TrialState.PRUNED).sum())
    values = ", ".join(f"{word(name)} {number(value)}" for name, value in best.params.items())
    sentence = BEST.fill(values=values, pruned=pruned, n=len(found.frame))
    return (
        f"{shown.to_markdown(index=False, disable_numparse=True, stralign='right')}\n\n{sentence}\n"
    )


def summary(found: "Found") -> str:
    """Return what the command prints."""
    place = REPORT.fill(path=found.directory / "report.md")
    return f"{table(found)}\n{place}"


def write(run: RunDirectory, found: "Found", wanted: "Search", writer: FigureWriter) -> None:
    """Write all that a search leaves; ``run.json`` is the caller's."""
    from reports.figures.search import progress_figure

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
    figures.remove_earlier(run.path / "figures")
    remove_others(run.path, ("table.csv", "table.tex", "statistics.csv", "report.html"), set())
    write_text(run.path / "table.md", table(found))
    write_text(run.path / "report.md", _report(found, wanted))


def _report(found: "Found", wanted: "Search") -> str:
    settings: dict[str, Any] = {**wanted.question.settings(), **wanted.ranges}
    rows = [f"| {FLAGS[n]} | {escaped(_words(v))} |" for n, v in settings.items()]
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
