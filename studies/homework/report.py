"""Everything that a run directory gets from a grid's result, made anew from the store."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from network.data.datasets import Dataset
from network.losses import variance
from reports.documents.documents import Section, report_document, table_document
from reports.figures.writer import FigureWriter
from reports.files import csv_text, write_text
from reports.tables import tables
from reports.tables.best import Best
from reports.tables.latex import to_latex
from reports.tables.spreads import law_table, spread_table
from reports.words import COSTS, WORDS, Text
from studies.experiment.run_directory import RunDirectory, Stopwatch
from studies.homework import figures, page, prediction
from studies.homework.figures import GridFigure
from studies.homework.result import HISTORY_REPEATS, GridResult

TITLE = Text("Learning rate and batch size: homework table", "学习率与批大小：作业的结果表")
CELLS = Text(
    "Each cell shows {cost} / accuracy. The target is a validation loss of at most {target}; `>` "
    "marks a cell that used up all its epochs. Accuracy: R² on the test set.",
    "每格为：{cost} / 准确率。验证损失不超过 {target} 即达到目标；`>` 表示用完全部轮数仍未达到。"
    "准确率：测试集上的 R²。",
)
ONE_DRAW = Text(
    "This is one draw of initial weights and sample orders, and another draw can give another best "
    "combination: `--repeats 20` shows the random variation.",
    "这只是初始权重和样本顺序的一次随机抽样，换一次抽样，最佳组合可能不同："
    "`--repeats 20` 可看出随机性的影响。",
)
REPEATS = Text(
    "Each cell shows the medians of {n} repeats, each with weights and orders of its own. Of an "
    "even number the median is the mean of the middle two; if one of these did not converge, the "
    "median is not reached, and `>` stands there.",
    "每格为 {n} 次重复的中位数，每次重复各有其初始权重和样本顺序。重复次数为偶数时，"
    "中位数取中间两个值的平均；若其中之一未收敛，则视为未达到，写作 `>`。",
)
FIRST_REPEATS = Text(
    "The figures of loss curves show the first {n} repeats.", "损失曲线图只显示前 {n} 次重复。"
)
CONSTANT = Text(
    "All labels of the test set are equal, so R² is undefined there: n/a.",
    "测试集的标签全部相同，因此 R² 没有定义：n/a。",
)
HUGE = 1000.0
UNSCALED = Text(
    "The data contain numbers up to {largest}. Scale inputs and labels to about -1 to 1; otherwise "
    "gradient descent hardly learns at any learning rate.",
    "数据中有大至 {largest} 的数；请把输入和标签缩放到约 -1 到 1，否则无论学习率多少，"
    "梯度下降都难以学习。",
)
CAPTION = Text(
    "{cost} until the validation loss is at most {target}, and R² on the test set, with {n} hidden "
    "units. {sentence}",
    "验证损失不超过 {target} 所需的{cost}，以及测试集上的 R²（{n} 个隐层神经元）。{sentence}",
)


def write(
    run: RunDirectory,
    result: GridResult,
    *,
    command: str,
    settings: Mapping[str, str],
    writer: FigureWriter,
    stopwatch: Stopwatch,
) -> None:
    """Write all that is made from the store; ``run.json`` is the caller's.

    Parameters
    ----------
    run : RunDirectory
    result : GridResult
    command : str
        The command that reproduces this report.
    settings : mapping
        What was set, as words.
    writer : FigureWriter
    stopwatch : Stopwatch
        Is told how long each part takes.
    """
    wanted = {n: figures.of(result, n) for n in result.hidden}
    with (
        stopwatch.time("report"),
        figures.drawing(run.path / "figures", wanted, writer),
    ):
        _write_tables(run, result)
        sections = [_section(result, n, wanted[n]) for n in result.hidden]
        _write_documents(run, result, sections, command=command, settings=settings)


def _write_tables(run: RunDirectory, result: GridResult) -> None:
    """Write all that programs read."""
    trials = list(result.trials.values())
    run.write_trials(result.frame)
    run.write_history(trials)
    run.write_data(result.objective.dataset)
    run.write_weights(result.objective, trials, result.networks.get(result.hidden[0]))
    write_text(run.path / "statistics.csv", _statistics(result))
    content = {n: result.table(n) for n in result.hidden}
    write_text(run.path / "table.csv", tables.to_csv(content))


def _write_documents(
    run: RunDirectory,
    result: GridResult,
    sections: Sequence[Section],
    *,
    command: str,
    settings: Mapping[str, str],
) -> None:
    """Write all that people read."""
    data = _data_words(result.objective.dataset)
    write_text(run.path / "table.md", table_document(sections))
    write_text(run.path / "table.tex", to_latex([_captioned(result, s) for s in sections]))
    document = report_document(
        str(TITLE),
        sections,
        notes=_notes(result),
        settings=settings,
        data={str(name): str(value) for name, value in data.items()},
        failures=result.failures(),
        command=command,
    )
    write_text(run.path / "report.md", document)
    html = page.make(result, run.store, title=TITLE, settings=settings, data=data, command=command)
    write_text(run.path / "report.html", html)


def _section(result: GridResult, n_hidden: int, figures: Sequence[GridFigure]) -> Section:
    paths = {figure.name.removesuffix(f"_h{n_hidden}"): figure.path for figure in figures}
    repeated = result.frame["repeat"].nunique() > 1
    return Section(
        n_hidden,
        result.table(n_hidden),
        result.best(n_hidden),
        spread_table(result.statistics(n_hidden), result.cost) if repeated else None,
        law_table(result.statistics(n_hidden)),
        [(figure.path, str(figure.caption)) for figure in figures],
        [(str(f.text), paths.get(f.figure, "")) for f in result.findings(n_hidden)],
        [str(sentence) for sentence in prediction.how_it_did(result, n_hidden)],
    )


def _captioned(result: GridResult, section: Section) -> tuple[pd.DataFrame, Best | None, Text]:
    """Return a section's table as LaTeX takes it."""
    caption = CAPTION.fill(
        n=section.n_hidden,
        cost=COSTS[result.cost],
        target=result.target_loss,
        sentence=section.sentence,
    )
    return section.table, section.best, caption


def _statistics(result: GridResult) -> str:
    """Write ``statistics.csv``: what the repeats say of each cell."""
    parts = [result.statistics(n).reset_index().assign(n_hidden=n) for n in result.hidden]
    return csv_text(pd.concat(parts))


def _notes(result: GridResult) -> list[str]:
    """Say what a reader of the tables should know."""
    data, frame = result.objective.dataset, result.frame
    n = frame["repeat"].nunique()
    notes = [CELLS.fill(cost=COSTS[result.cost], target=result.target_loss)]
    notes.append(ONE_DRAW if n == 1 else REPEATS.fill(n=n))
    if n > HISTORY_REPEATS:
        notes.append(FIRST_REPEATS.fill(n=HISTORY_REPEATS))
    if np.isnan(variance(data.test_y)):
        notes.append(CONSTANT)
    largest = max(np.abs(data.train_x).max(), np.abs(data.train_y).max())
    if largest > HUGE:
        notes.append(UNSCALED.fill(largest=f"{largest:.3g}"))
    return [str(note) for note in notes]


def _data_words(data: Dataset) -> dict[Text, Text | str]:
    sizes = [len(y) for y in (data.train_y, data.validation_y, data.test_y)]
    return {
        WORDS["data"]: data.name,
        WORDS["samples"]: Text(*(words.format(*sizes) for words in WORDS["sample sizes"])),
        WORDS["inputs, outputs"]: f"{data.n_inputs}, {data.n_outputs}",
        WORDS["fingerprint"]: data.fingerprint,
    }
