"""What a grid's result says, in sentences, each with what it rests on.

A sentence is said only where the data carries it. One draw is called one draw, and where repeats
don't agree on a best cell none is named as the best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from reports import laws, statistics
from reports.law_words import law_in_words
from reports.words import WORDS, Text, joined, number
from sweep.trial import TrialState, Value

Cell = tuple[Value, float]

MOST_NAMED = 6
"""Of more cells a sentence says how many they are, and names these first ones."""


@dataclass(frozen=True)
class Finding:
    """A sentence that the data carries.

    Attributes
    ----------
    kind : str
        What it is about, such as ``best`` or ``law``; one word, the same in all languages.
    text : Text
        The sentence, in both languages.
    cells : sequence of (batch_size, learning_rate)
        The cells that it speaks of.
    figure : str
        The name of the figure that shows it, such as ``epochs_map``; empty if none does.
    numbers : mapping of str to float
        What it rests on.
    """

    kind: str
    text: Text
    cells: tuple[Cell, ...] = ()
    figure: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


def of_grid(trials: pd.DataFrame, n_train: int) -> list[Finding]:
    """Say what the trials of a grid show.

    Parameters
    ----------
    trials : DataFrame
        A row a trial, as of `reports.frames.trials_frame`, with one number of hidden units.
    n_train : int
        Points of the training set.

    Returns
    -------
    list of Finding
        The best cell first; then what else there is to say.
    """
    trials = statistics.with_costs(trials, n_train)
    cells = statistics.of_cells(trials)
    return [
        *_best(trials, cells),
        *_other_costs(trials),
        *_not_reached(cells),
        *_along(cells, "learning_rate", HIGHER_RATE),
        *_along(cells, "batch_size", LARGER_BATCH),
        *_law(trials, n_train),
        *_states(trials),
    ]


# ---- the best cell ----------------------------------------------------------------------------

ONE_DRAW = Text(
    "In this draw the fewest epochs, {epochs}, were needed with {cell}; the accuracy is "
    "{accuracy}. It is one draw of weights and orders, and another may have another winner.",
    "本次抽样中，{cell} 所需轮数最少：{epochs} 轮，准确率 {accuracy}。"
    "这只是一次随机抽样，换一次初始权重和样本顺序，最快的可能是另一格。",
)
CLEAR = Text(
    "The fewest epochs are needed with {cell}: {epochs} by the median, fewest in {share} % of "
    "{n} repeats. No other cell keeps up with it beyond what luck explains.",
    "{cell} 所需轮数最少：中位数 {epochs} 轮，在 {n} 次重复中有 {share} % 为最少。"
    "其他各格与它的差距均超出运气所能解释的范围。",
)
UNDECIDED = Text(
    "By the median the fewest epochs are needed with {cell}: {epochs}, fewest in {share} % of {n} "
    "repeats. But {k} of the other cells can't be told apart from it: {list}. So no one cell is "
    "the best.",
    "按中位数，{cell} 所需轮数最少：{epochs} 轮，在 {n} 次重复中有 {share} % 为最少。"
    "但另有 {k} 格与它无法区分：{list}。因此不能说哪一格最佳。",
)
TOO_FEW = Text(
    "By the median of {n} repeats the fewest epochs are needed with {cell}: {epochs}, fewest in "
    "{share} % of them. These are too few repeats to tell cells apart: {needed} or more can.",
    "按 {n} 次重复的中位数，{cell} 所需轮数最少：{epochs} 轮，在其中 {share} % 为最少。"
    "重复次数太少，无法区分各格：至少需要 {needed} 次。",
)
NONE_CONVERGED = Text(
    "No cell reached the target in half of its trainings or more; the highest accuracy, "
    "{accuracy}, came with {cell}.",
    "没有一格在半数或更多的训练中达到目标；准确率最高的是 {cell}：{accuracy}。",
)


def _best(trials: pd.DataFrame, cells: pd.DataFrame) -> list[Finding]:
    found, n = statistics.winners(trials), trials["repeat"].nunique()
    if found.best is None:
        return _highest_accuracy(cells)
    best, row = found.best, cells.loc[[found.best]].iloc[0]
    share = float(found.wins[[best]].iloc[0])
    numbers = {"epochs": float(row["median"]), "share": share, "repeats": float(n)}
    values = {"cell": named(best), "epochs": number(float(row["median"])), "n": n}
    values |= {"share": f"{100 * share:.0f}", "accuracy": _r2(row.accuracy)}
    if n == 1:
        return [Finding("best", ONE_DRAW.fill(**values), _plain([best]), "epochs_map", numbers)]
    if found.p.isna().all() and len(cells) > 1:
        text = TOO_FEW.fill(needed=statistics.FEWEST_FOR_WINNERS, **values)
        return [Finding("best", text, _plain([best]), "epochs_map", numbers)]
    numbers["alike"] = float(len(found.alike))
    if found.alike:
        text = UNDECIDED.fill(k=len(found.alike), list=_listed(found.alike), **values)
    else:
        text = CLEAR.fill(**values)
    return [Finding("best", text, _plain([best, *found.alike]), "epochs_map", numbers)]


def _highest_accuracy(cells: pd.DataFrame) -> list[Finding]:
    if not cells.accuracy.notna().any():
        return []
    place = int(cells.accuracy.fillna(-np.inf).to_numpy(float).argmax())
    best, accuracy = tuple(cells.index[place]), float(cells.accuracy.iloc[place])
    text = NONE_CONVERGED.fill(cell=named(best), accuracy=_r2(accuracy))
    return [Finding("best", text, _plain([best]), "accuracy_map", {"accuracy": accuracy})]


OTHER_COST = Text(
    "Counted in {cost} it is another one: {cell}, with {value} by the median.",
    "若按{cost}计，则是另一格：{cell}，中位数 {value}。",
)
ONE_OTHER_COST = Text(
    "Counted in {cost} it is another one: {cell}, with {value}.",
    "若按{cost}计，则是另一格：{cell}，为 {value}。",
)


def _other_costs(trials: pd.DataFrame) -> list[Finding]:
    """Say which cell wins by updates, where it is not that by epochs.

    Samples seen are epochs times the training set, so their winner is that by epochs. Seconds are
    a trial's share of its pack's time: they tell more of the packing than of the cell.
    """
    first, found = statistics.winners(trials).best, statistics.winners(trials, "updates")
    other = found.best
    if first is None or other is None or other == first:
        return []
    value = float(found.medians.min())
    sentence = ONE_OTHER_COST if trials["repeat"].nunique() == 1 else OTHER_COST
    text = sentence.fill(cost=WORDS["updates"], cell=named(other), value=f"{value:.0f}")
    return [Finding("updates", text, _plain([other]), "", {"value": value})]


# ---- what was not reached ---------------------------------------------------------------------

NEVER = Text(
    "Never reached the target: {list}; their accuracy lies between {low} and {high}.",
    "从未达到目标：{list}；其准确率在 {low} 与 {high} 之间。",
)
PARTLY = Text(
    "Reached the target in some of the trainings only: {list}.",
    "只有部分训练达到目标：{list}。",
)


def _not_reached(cells: pd.DataFrame) -> list[Finding]:
    known = cells[cells.n > 0]
    never = known[(known.converged == 0) & known.accuracy.notna()]
    partly = known[(known.converged > 0) & (known.converged < known.n)]
    said = []
    if len(never):
        numbers = {"low": float(never.accuracy.min()), "high": float(never.accuracy.max())}
        shown = {name: _r2(value) for name, value in numbers.items()}
        text = NEVER.fill(list=_listed(never.index), **shown)
        said.append(Finding("never", text, _plain(never.index), "accuracy_map", numbers))
    if len(partly):
        each = Text("{cell} ({k} of {n})", "{cell}（{n} 次中 {k} 次）")
        names = [
            each.fill(cell=named(tuple(at)), k=int(k), n=int(n))
            for at, k, n in zip(partly.index, partly.converged, partly.n, strict=True)
        ]
        text = PARTLY.fill(list=joined(names))
        said.append(Finding("partly", text, _plain(partly.index), "epochs_map"))
    return said


# ---- along rows and columns -------------------------------------------------------------------

HIGHER_RATE = (
    Text("batch size", "批大小"),
    Text("a higher learning rate", "学习率越高"),
)
LARGER_BATCH = (
    Text("learning rate", "学习率"),
    Text("a larger batch", "批越大"),
)
FEWER = Text(
    "{what} takes fewer epochs at {every} {fixed} (medians).",
    "{every}{fixed}下，{what}轮数越少（按中位数）。",
)
MORE = Text(
    "{what} takes more epochs at {every} {fixed} (medians).",
    "{every}{fixed}下，{what}轮数越多（按中位数）。",
)
TURNS = Text(
    "{what} takes {sense} epochs at {fixed} {holds}, but not at {fixed} {list} (medians).",
    "{fixed}为 {holds} 时，{what}轮数越{sense}；{fixed}为 {list} 时则不然（按中位数）。",
)


def _along(cells: pd.DataFrame, varied: str, words: tuple[Text, Text]) -> list[Finding]:
    """Say whether epochs rise or fall along an axis, for all values of the other one.

    Only cells whose median converged are compared, and rows with two of them at least.
    """
    fixed_word, what = words
    (fixed,) = set(statistics.CELL) - {varied}
    table = cells["median"].unstack(varied)
    if "full" in table.columns:
        table = table[[*sorted(c for c in table.columns if c != "full"), "full"]]
    else:
        table = table[sorted(table.columns)]
    steps = {}
    for at, row in zip(table.index, table.to_numpy(float), strict=True):
        values = row[np.isfinite(row)]
        if len(values) > 1:
            steps[at] = np.diff(values)
    falling = [at for at, step in steps.items() if (step < 0).all()]
    rising = [at for at, step in steps.items() if (step > 0).all()]
    most, text, sense = (
        (falling, FEWER, Text("fewer", "少"))
        if len(falling) >= len(rising)
        else (rising, MORE, Text("more", "多"))
    )
    if len(steps) < 2 or 2 * len(most) <= len(steps):
        return []
    numbers, figure = {"holds": float(len(most)), "of": float(len(steps))}, f"loss_by_{fixed}"
    if len(most) == len(steps):
        sentence = text.fill(what=what, every=Text("every", "所有"), fixed=fixed_word)
    else:
        holds, others = (
            joined([number(at) for at in steps if (at in most) is wanted])
            for wanted in (True, False)
        )
        sentence = TURNS.fill(what=what, sense=sense, fixed=fixed_word, holds=holds, list=others)
    return [Finding(varied, _capital(sentence), (), figure, numbers)]


def _capital(text: Text) -> Text:
    return Text(text.en[0].upper() + text.en[1:], text.zh)


# ---- the law, and what went wrong -------------------------------------------------------------


def _law(trials: pd.DataFrame, n_train: int) -> list[Finding]:
    law, cells = laws.judge(trials, n_train)
    if law is None:
        return []
    n, k = int(cells.n.sum()), int(cells.converged.sum())
    numbers = {
        "constant": law.constant.value,
        "rate_exponent": law.rate_exponent.value,
        "batch_exponent": law.batch_exponent.value,
    }
    said = [Finding("law", text, (), "", numbers) for text in law_in_words(law, n, k)]
    off = cells[cells.verdict.isin([laws.SLOWER, laws.FASTER, laws.CONTRADICTS])]
    if len(off):
        places = list(zip(off.batch_size, off.learning_rate, strict=True))
        text = Text(
            "From this law depart, by more than a factor of {factor}: {list}.",
            "与该规律相差超过 {factor} 倍：{list}。",
        ).fill(factor=laws.FACTOR, list=_listed(places))
        said.append(Finding("departs", text, _plain(places), "epochs_map"))
    return said


def _states(trials: pd.DataFrame) -> list[Finding]:
    sentences = {
        TrialState.DIVERGED: Text(
            "{k} of {n} trainings diverged: {list}. A lower learning rate helps.",
            "{n} 次训练中有 {k} 次发散：{list}。应减小学习率。",
        ),
        TrialState.FAILED: Text(
            "{k} of {n} trainings failed: {list}. The reasons are below.",
            "{n} 次训练中有 {k} 次失败：{list}。原因见下文。",
        ),
    }
    said = []
    for state, sentence in sentences.items():
        some = trials[trials.state == state]
        if len(some):
            places = list(dict.fromkeys(zip(some.batch_size, some.learning_rate, strict=True)))
            text = sentence.fill(k=len(some), n=len(trials), list=_listed(places))
            numbers = {"k": float(len(some)), "n": float(len(trials))}
            said.append(Finding(str(state), text, _plain(places), "", numbers))
    return said


# ---- words ------------------------------------------------------------------------------------


def named(cell: Sequence[Any]) -> Text:
    """Name a cell: batch 2 at η 0.5."""
    return Text("batch {size} at η {rate}", "批 {size}、η {rate}").fill(
        size=number(cell[0]), rate=float(cell[1])
    )


def _listed(cells: Any) -> Text:
    each = [named(cell) for cell in cells]
    if len(each) <= MOST_NAMED:
        return joined(each)
    more = Text("{n} more", "另外 {n} 格").fill(n=len(each) - MOST_NAMED)
    return joined([*each[:MOST_NAMED], more])


def _plain(cells: Any) -> tuple[Cell, ...]:
    """Return cells as values that JSON knows."""
    return tuple(
        (size if isinstance(size, str) else int(size), float(rate)) for size, rate in cells
    )


def _r2(accuracy: float) -> str:
    if not np.isfinite(accuracy):
        return "n/a"
    return f"{accuracy:.3f}" if accuracy > -10 else f"{accuracy:.2e}"
