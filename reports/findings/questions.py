"""Questions for whoever discusses a grid: those that its data raise, asked in its own numbers."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from reports.findings.finding import Cell, Finding, listed, named, plain
from reports.statistics import by_cell
from reports.tables.tables import cost_text
from reports.words import COSTS, Text, accuracy_text, axis_name

DIVERGED = Text(
    "{k} of {n} trials diverged, at {list}. How can gradient descent let the loss grow without "
    "bound, and how would you find the highest learning rate that is still safe?",
    "{n} 次训练中有 {k} 次发散：{list}。梯度下降为什么会使损失无限增大？"
    "怎样找出仍然安全的最大学习率？",
)
NEVER = Text(
    "{cell} reached the target in no trial; {which}. Would more epochs be enough, or does it need "
    "another learning rate or batch size? What in its loss curve tells?",
    "{cell}在任何一次训练中都未达到目标；{which}。"
    "增加轮数就够了吗，还是需要换学习率或批大小？从它的损失曲线能看出什么？",
)
ALONE = Text("its accuracy is {accuracy}", "其准确率为 {accuracy}")
AMONG = Text(
    "of the {k} such cells none has a higher accuracy than its {accuracy}",
    "这样的格共 {k} 个，没有一格的准确率高于它的 {accuracy}",
)
SWAPPED = Text(
    "{cell} needs fewer epochs than {other}, {epochs} to {epochs_other}, but more updates, "
    "{updates} to {updates_other}{medians}. Why do the two counts disagree, and by which would you "
    "compare?",
    "与{other}相比，{cell}所需轮数较少（{epochs} 与 {epochs_other}），更新次数却较多"
    "（{updates} 与 {updates_other}）{medians}。两种计法为何不一致？应按哪一种比较？",
)
MEDIANS = Text(" (medians)", "，均为中位数")
PARTLY = Text(
    "{cell} reached the target in {k} of {n} repeats. What differs between these repeats, and what "
    "should a report say of such a cell: its median, this share, or both?",
    "{cell}在 {n} 次重复中有 {k} 次达到目标。这些重复之间有何不同？"
    "对这样的一格，应报告中位数、达到目标的比例，还是两者？",
)
SPREAD = Text(
    "The repeats of {cell} that reached the target took {low} to {high} {cost}; no other cell has "
    "a larger ratio between the two. Repeats differ in nothing but their random numbers: how can "
    "these matter so much?",
    "{cell}达到目标的各次重复，{cost}从 {low} 到 {high}；没有其他格的两者之比更大。"
    "各次重复只有随机数不同，为什么影响如此之大？",
)
CLOSE = Text(
    "{cell} needed {spent} {cost} and {other} {more}, in one draw each. How often would you repeat "
    "both before you call one of them faster, and why?",
    "{cell}的{cost}为 {spent}，{other}为 {more}，各只抽样一次。"
    "需要重复多少次，才能说其中一格更快？为什么？",
)
ALIKE = Text(
    "In {n} repeats {cell} and {other} can't be told apart by their {cost}. Which of them would "
    "you use, and what else would you decide by?",
    "在 {n} 次重复中，{cell}与{other}的{cost}无法区分。你会选用哪一格？还应依据什么来决定？",
)
ACCURATE = Text(
    "{cell} needs the fewest {cost} and has an accuracy of {accuracy}; {other} has the highest, "
    "{highest}. Is the difference worth the cost, and how could you find out whether it is chance?",
    "{cell}所需{cost}最少，准确率为 {accuracy}；准确率最高的是{other}，为 {highest}。"
    "这一差别值得多花的代价吗？怎样判断它是否出于偶然？",
)
EDGE = Text(
    "{cell}, with the fewest {cost}, has the {end} {axis} of the grid. What do you expect beyond "
    "it, and which values would you try next?",
    "{cost}最少的{cell}，其{axis}为网格中的{end}值。再往外会怎样？下一步应尝试哪些值？",
)
ENDS = (Text("lowest", "最小"), Text("highest", "最大"))
ALWAYS = [
    Text(
        "Which of the settings that all trials share (see Settings) would you change first, and "
        "what do you expect to see?",
        "在所有训练共用的设置（见“实验设置”）中，你会先改变哪一项？预计会看到什么？",
    ),
    Text(
        "What would you have to do before you recommend one of these combinations for other data?",
        "要把本表中的某个组合推荐用于其他数据，还需要做什么？",
    ),
    Text(
        "Which question about learning rate and batch size does this table leave open?",
        "关于学习率与批大小，本表还有什么问题没有回答？",
    ),
]


def of_grid(trials: pd.DataFrame, by: Sequence[str], cost: str = "epochs") -> list[Finding]:
    """Return the questions that a grid raises, at least three, those that say most first.

    Parameters
    ----------
    trials, by, cost
        As of `reports.findings.grid.of_grid`.
    """
    cells = by_cell.of_cells(trials, by, cost)
    won = by_cell.winners(trials, by, cost)
    found = [*_diverged(trials, by), *_never(cells, by), *_swapped(trials, by, cells)]
    if trials["repeat"].nunique() > 1:
        found += [*_partly(cells, by), *_spread(trials, by, cost)]
    if won.best is not None:
        found += [*_close(trials, won, cost), *_accurate(cells, won.best, cost)]
        found += _edge(cells, won.best, cost)
    return [*found, *(Finding("always", text) for text in ALWAYS)]


def _asked(kind: str, text: Text, *cells: Cell) -> Finding:
    return Finding(kind, text, plain(cells))


def _diverged(trials: pd.DataFrame, by: Sequence[str]) -> Iterator[Finding]:
    some = trials[trials.state == "diverged"]
    if len(some):
        places = list(some[list(by)].drop_duplicates().itertuples(index=False, name=None))
        text = DIVERGED.fill(k=len(some), n=len(trials), list=listed(places, by))
        yield _asked("diverged", text, *places)


def _never(cells: pd.DataFrame, by: Sequence[str]) -> Iterator[Finding]:
    never = cells[(cells.n > cells.diverged) & (cells.converged == 0)].accuracy.dropna()
    if len(never):
        cell = never.index.tolist()[int(never.argmax())]
        accuracy, k = accuracy_text(float(never.max())), len(never)
        which = (ALONE if k == 1 else AMONG).fill(accuracy=accuracy, k=k)
        yield _asked("never", NEVER.fill(cell=named(cell, by), which=which), cell)


def _swapped(trials: pd.DataFrame, by: Sequence[str], cells: pd.DataFrame) -> Iterator[Finding]:
    """Ask about the best cells by epochs and by updates, if each is worse by the other count."""
    counts = [by_cell.medians(trials, by, name) for name in by_cell.COSTS]
    cell, other = (by_cell.cheapest(medians, cells.accuracy) for medians in counts)
    if cell is None or other is None:
        return
    (epochs, more), (updates, fewer) = ((c[cell], c[other]) for c in counts)
    if epochs < more < np.inf and fewer < updates < np.inf:
        texts = map(cost_text, (epochs, more, updates, fewer))
        names = ("epochs", "epochs_other", "updates", "updates_other")
        medians = MEDIANS if trials["repeat"].nunique() > 1 else ""
        text = SWAPPED.fill(
            cell=named(cell, by),
            other=named(other, by),
            medians=medians,
            **dict(zip(names, texts, strict=True)),
        )
        yield _asked("swapped", text, cell, other)


def _partly(cells: pd.DataFrame, by: Sequence[str]) -> Iterator[Finding]:
    """Ask about the cell that reached the target in about half of its repeats."""
    share = (cells.converged / cells.n)[(cells.converged > 0) & (cells.converged < cells.n)]
    if len(share):
        cell = share.index.tolist()[int((share - 0.5).abs().argmin())]
        k, n = int(cells.converged[cell]), int(cells.n[cell])
        yield _asked("partly", PARTLY.fill(cell=named(cell, by), k=k, n=n), cell)


def _spread(trials: pd.DataFrame, by: Sequence[str], cost: str) -> Iterator[Finding]:
    spent = by_cell.by_repeat(trials, by, cost).replace(np.inf, np.nan)
    low, high = spent.min(axis=1), spent.max(axis=1)
    ratio = (high / low).fillna(1)
    if ratio.max() > 1:
        cell = ratio.index.tolist()[int(ratio.argmax())]
        ends = {"low": cost_text(low[cell]), "high": cost_text(high[cell])}
        text = SPREAD.fill(cell=named(cell, by), cost=COSTS[cost], **ends)
        yield _asked("spread", text, cell)


def _close(trials: pd.DataFrame, won: by_cell.Winners, cost: str) -> Iterator[Finding]:
    """Ask about the best cell, and the next of those that can't be told apart from it."""
    others = won.medians[won.alike].sort_values(kind="stable")
    if won.best is None or others.empty or not np.isfinite(others.iloc[0]):
        return
    cell, other, n = won.best, others.index.tolist()[0], trials["repeat"].nunique()
    text = (CLOSE if n == 1 else ALIKE).fill(
        cell=named(cell, won.medians.index.names),
        other=named(other, won.medians.index.names),
        cost=COSTS[cost],
        spent=cost_text(won.medians[cell]),
        more=cost_text(others.iloc[0]),
        n=n,
    )
    yield _asked("close" if n == 1 else "alike", text, cell, other)


def _accurate(cells: pd.DataFrame, best: Cell, cost: str) -> Iterator[Finding]:
    if cells.accuracy.isna().all():
        return
    other = cells.index.tolist()[int(cells.accuracy.fillna(-np.inf).argmax())]
    accuracy, highest = (accuracy_text(float(cells.accuracy[each])) for each in (best, other))
    if accuracy != highest and np.isfinite(cells.accuracy[best]):
        axes = cells.index.names
        text = ACCURATE.fill(
            cell=named(best, axes),
            other=named(other, axes),
            cost=COSTS[cost],
            accuracy=accuracy,
            highest=highest,
        )
        yield _asked("accurate", text, best, other)


def _edge(cells: pd.DataFrame, best: Cell, cost: str) -> Iterator[Finding]:
    for axis, value in zip(cells.index.names, best, strict=True):
        values = [v for v in cells.index.unique(axis) if not isinstance(v, str)]
        if len(values) > 1 and value in (min(values), max(values)):
            text = EDGE.fill(
                cell=named(best, cells.index.names),
                cost=COSTS[cost],
                axis=axis_name(str(axis)),
                end=ENDS[value == max(values)],
            )
            yield _asked("edge", text, best)
            return
