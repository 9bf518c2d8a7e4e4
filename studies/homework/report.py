"""The homework's report: the tables, what they say, and the figures."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from network.two_layer import Parameters
from reports.documents.documents import Section, table_chapters, table_document
from reports.files import csv_text
from reports.findings.prediction import Guess
from reports.tables import tables
from reports.tables.best import Best
from reports.tables.latex import to_latex
from reports.tables.spreads import law_table, spread_table
from reports.words import COSTS, Text, capital, word
from studies.experiment.parts import grid_frame
from studies.experiment.result import DRAWN_REPEATS
from studies.experiment.study import Report, ReportFigure, ReportPage, Results
from studies.homework import figures, page, task
from studies.homework.result import GridResult

TITLE = Text("Learning rate and batch size: homework report", "学习率与批大小实验报告")
CELLS = Text(
    "Each cell shows {cost} / accuracy; “>” marks a cell that used up all its epochs and did not "
    "reach the target, a validation loss of at most {target}.",
    "每格为：{cost} / 准确率；“>” 表示用完全部轮数仍未达到目标（验证损失不超过 {target}）。",
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
    "median is not reached, and “>” stands there.",
    "每格为 {n} 次重复的中位数，每次重复各有其初始权重和样本顺序。重复次数为偶数时，"
    "中位数取中间两个值的平均；若其中之一未收敛，则视为未达到，写作 “>”。",
)
FIRST_REPEATS = Text(
    "The figures of loss curves show the first {n} repeats.", "损失曲线图只显示前 {n} 次重复。"
)
ASKED = 3
"""So many questions are left to discuss."""

ABOUT = Text("({heading}) {question}", "（{heading}）{question}")
CAPTION = Text(
    "{cost} until the validation loss is at most {target}, and R² on the test set, with {n} hidden "
    "units. {sentence}",
    "验证损失不超过 {target} 所需的{cost}，以及测试集上的 R²（{n} 个隐层神经元）。{sentence}",
)


class GridReport(Report):
    """The homework's report. Each part is made when it is first asked for.

    So figures can be drawn while all else is computed.

    Attributes
    ----------
    grid : GridResult
    """

    grid: GridResult

    def __init__(self, grid: GridResult) -> None:
        object.__setattr__(self, "grid", grid)

    @cached_property
    def findings(self) -> Sequence[Text]:
        """The sentences of all tables."""
        return [finding.text for n in self.grid.hidden for finding in self.grid.findings(n)]

    @cached_property
    def parts(self) -> Sequence[ReportFigure]:
        """The figures."""
        return [figure for some in self._figures.values() for figure in some.values()]

    @cached_property
    def _figures(self) -> dict[int, dict[str, ReportFigure]]:
        return {n: figures.of(self.grid, n) for n in self.grid.hidden}

    @cached_property
    def _sections(self) -> list[Section]:
        return [_section(self.grid, n, self._figures[n]) for n in self.grid.hidden]

    @cached_property
    def chapters(self) -> Sequence[tuple[str, str]]:
        """The task, the tables, what they say, how the guess did, and what to discuss."""
        before = task.chapters(self.grid.result, self.grid.cost)
        about = self._sections[0].heading if len(self._sections) > 1 else None
        asked = [_about(about, f.text) for f in self.grid.of().questions[:ASKED]]
        return [*before, *table_chapters(self._sections, _notes(self.grid), asked)]

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The tables for programs and for other documents."""
        grid = self.grid
        statistics = [grid.statistics(n).reset_index().assign(n_hidden=n) for n in grid.hidden]
        return {
            "statistics.csv": csv_text(pd.concat(statistics)),
            "table.csv": tables.to_csv({n: grid.table(n) for n in grid.hidden}),
            "table.md": table_document(self._sections),
            "table.tex": to_latex([_captioned(grid, section) for section in self._sections]),
        }

    @cached_property
    def sheets(self) -> Mapping[str, pd.DataFrame]:
        """The costs of each table, and the accuracies."""
        grid = self.grid
        measures = {f"{grid.cost}": "cost_text", "accuracy": "accuracy_text"}
        return {
            f"{word(name)}{f' {n}' if len(grid.hidden) > 1 else ''}": grid_frame(
                tables.table(grid.cells(n), column)
            )
            for n in grid.hidden
            for name, column in measures.items()
        }

    @cached_property
    def page(self) -> ReportPage:
        """A board for each table."""
        return page.make(self.grid)

    @cached_property
    def network(self) -> Parameters | None:
        """That of the best trial of the first table."""
        return self.grid.network()


def make(results: Results, *, cost: str, guess: Guess | None) -> GridReport:
    """Return the report of the homework, in the language of the context.

    Parameters
    ----------
    results : mapping of str to PlanResult
        Of its one plan.
    cost : str
        What cells are compared by: a name in `reports.statistics.by_cell.COSTS`.
    guess : Guess or None
        What was guessed before the run.
    """
    (result,) = results.values()
    return GridReport(GridResult.of_plan(Path(), result, cost, guess))


def _section(grid: GridResult, n_hidden: int, pictures: Mapping[str, ReportFigure]) -> Section:
    repeated = grid.frame["repeat"].nunique() > 1
    paths = {name: f"figures/{figure.name}.png" for name, figure in pictures.items()}
    captions = {paths[name]: str(figure.caption) for name, figure in pictures.items()}
    return Section(
        n_hidden,
        grid.table(n_hidden),
        grid.best(n_hidden),
        spread_table(grid.statistics(n_hidden)) if repeated else None,
        law_table(grid.statistics(n_hidden)),
        [(str(f.text), paths.get(f.figure, "")) for f in grid.findings(n_hidden)],
        captions,
        paths.get("best_fit", ""),
        [str(sentence) for sentence in grid.on_guess(n_hidden)],
    )


def _about(heading: Text | None, question: Text) -> str:
    """Say of which table a question is, where there are several."""
    return str(question) if heading is None else str(ABOUT.fill(heading=heading, question=question))


def _captioned(grid: GridResult, section: Section) -> tuple[pd.DataFrame, Best | None, Text]:
    """Return a section's table as LaTeX takes it."""
    caption = CAPTION.fill(
        n=section.n_hidden,
        cost=COSTS[grid.cost],
        target=grid.target_loss,
        sentence=section.sentence,
    )
    return section.table, section.best, capital(caption)


def _notes(grid: GridResult) -> list[str]:
    """Say what a reader of the tables should know."""
    n = grid.frame["repeat"].nunique()
    notes = [CELLS.fill(cost=COSTS[grid.cost], target=grid.target_loss)]
    notes.append(ONE_DRAW if n == 1 else REPEATS.fill(n=n))
    if n > DRAWN_REPEATS:
        notes.append(FIRST_REPEATS.fill(n=DRAWN_REPEATS))
    return [str(note) for note in notes]
