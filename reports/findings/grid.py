"""The findings of a grid: sentences, each with the numbers that support it.

A sentence is written only where the data support it. A single repeat is called one draw, and where
the repeats do not agree on a best cell, none is named.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from reports.findings.finding import Finding, listed, named, plain
from reports.findings.power_law import departing, law_in_words
from reports.findings.winner import of_winners
from reports.frames import in_order
from reports.statistics import by_cell, power_law
from reports.statistics.order_statistics import Array
from reports.words import COSTS, Text, accuracy_text, axis_name, capital, joined, number
from sweep.trial import TrialState


def of_grid(
    trials: pd.DataFrame,
    by: Sequence[str],
    n_train: int,
    *,
    cost: str = "epochs",
    plateaus: pd.DataFrame | None = None,
) -> list[Finding]:
    """Return the findings of a grid.

    Parameters
    ----------
    trials : DataFrame
        A row a trial, as of `reports.frames.trials_frame`; one value of every axis not in `by`.
    by : (str, str)
        The axes of the grid: the one that goes down its table, and the one that goes across.
    n_train : int
        Points of the training set.
    cost : str
        What cells are compared by: a name in `reports.statistics.by_cell.COSTS`.
    plateaus : DataFrame, optional
        A row for each training run whose loss curve was examined: the axes, ``repeat``, and the
        epochs ``start`` and ``end`` between which it is flat; NaN if never.

    Returns
    -------
    list of Finding
        The best cell first.
    """
    cells = by_cell.of_cells(trials, by, cost)
    return [
        *of_winners(trials, cells, cost),
        *_not_reached(cells, by),
        *(finding for axis in reversed(by) for finding in _along(cells, axis, cost)),
        *(_law(trials, n_train) if set(by) == set(power_law.AXES) else []),
        *([] if plateaus is None else _plateaus(plateaus, by)),
        *_states(trials, by),
    ]


# ---- what was not reached ---------------------------------------------------------------------

NEVER = Text(
    "Never reached the target: {list}; their accuracy lies between {low} and {high}.",
    "从未达到目标：{list}；其准确率在 {low} 与 {high} 之间。",
)
NEVER_SAME = Text(
    "Never reached the target: {list}, with an accuracy of {low}.",
    "从未达到目标：{list}；准确率为 {low}。",
)
PARTLY = Text(
    "Reached the target in some repeats only: {list}.",
    "只在部分重复中达到目标：{list}。",
)


def _not_reached(cells: pd.DataFrame, by: Sequence[str]) -> list[Finding]:
    known = cells[cells.n > 0]
    never = known[(known.converged == 0) & known.accuracy.notna()]
    partly = known[(known.converged > 0) & (known.converged < known.n)]
    said = []
    if len(never):
        numbers = {"low": float(never.accuracy.min()), "high": float(never.accuracy.max())}
        shown = {name: accuracy_text(value) for name, value in numbers.items()}
        words = NEVER_SAME if shown["low"] == shown["high"] else NEVER
        text = words.fill(list=listed(never.index, by), **shown)
        said.append(Finding("never", text, plain(never.index), "accuracy_map", numbers))
    if len(partly):
        each = Text("{cell} in {k} of {n}", "{cell}{n} 次中 {k} 次")
        names = [
            each.fill(cell=named(at, by), k=int(k), n=int(n))
            for at, k, n in zip(partly.index, partly.converged, partly.n, strict=True)
        ]
        text = PARTLY.fill(list=joined(names))
        said.append(Finding("partly", text, plain(partly.index), "epochs_map"))
    return said


# ---- along rows and columns -------------------------------------------------------------------

RAISED = {
    "learning_rate": Text("a higher learning rate", "学习率越高"),
    "batch_size": Text("a larger batch size", "批大小越大"),
}
LARGER = Text("a larger value of {axis}", "{axis}越大")
FEWER = Text(
    "{what} takes fewer {cost} at {every} {fixed}{how}.",
    "在{every}{fixed}下，{what}，{cost}越少{how}。",
)
MORE = Text(
    "{what} takes more {cost} at {every} {fixed}{how}.",
    "在{every}{fixed}下，{what}，{cost}越多{how}。",
)
TURNS = Text(
    "{what} takes {sense} {cost} at {fixed} {holds}, but not at {fixed} {list}{how}.",
    "{fixed}为 {holds} 时，{what}，{cost}越{sense}；{fixed}为 {list} 时则不然{how}。",
)
BY_MEDIANS = Text(" (medians)", "（按中位数）")
IN_THIS_RUN = Text(" in this run", "（本次运行）")


def _along(cells: pd.DataFrame, varied: str, cost: str) -> list[Finding]:
    """Say whether costs rise or fall along an axis, for all values of the other one.

    A cell that did not reach the target costs more than one that did within the same limit; two
    that did not are not compared.
    """
    (fixed,) = set(cells.index.names) - {varied}
    table = cells["median"].unstack(varied)
    if any(isinstance(value, str) and value != "full" for value in table.columns):
        return []  # words have no order
    order = in_order(table.columns)
    limits = cells["cap"].fillna(np.inf).unstack(varied)[order].to_numpy(float)
    steps = {}
    for at, row, limit in zip(table.index, table[order].to_numpy(float), limits, strict=True):
        compared = _steps(row[~np.isnan(row)], limit[~np.isnan(row)])
        if compared:
            steps[at] = np.array(compared)
    falling = [at for at, step in steps.items() if (step < 0).all()]
    rising = [at for at, step in steps.items() if (step > 0).all()]
    most, words, sense = (
        (falling, FEWER, Text("fewer", "少"))
        if len(falling) >= len(rising)
        else (rising, MORE, Text("more", "多"))
    )
    if len(steps) < 2 or 2 * len(most) <= len(steps):
        return []
    others = [at for at in steps if at not in most]
    text = (TURNS if others else words).fill(
        what=RAISED.get(varied, LARGER.fill(axis=axis_name(varied))),
        sense=sense,
        every=Text("every", "所有"),
        fixed=axis_name(str(fixed)),
        holds=joined([number(at) for at in steps if at in most]),
        list=joined([number(at) for at in others]),
        cost=COSTS[cost],
        how=BY_MEDIANS if cells.n.max() > 1 else IN_THIS_RUN,
    )
    numbers = {"holds": float(len(most)), "of": float(len(steps))}
    return [Finding(varied, capital(text), (), f"loss_by_{fixed}", numbers)]


def _steps(medians: Array, limits: Array) -> list[float]:
    """Return the differences of all pairs of cells that can be compared, later minus earlier.

    A median that was not reached is infinite; it is known to be above its limit, no more.
    """
    differences = []
    for i, j in combinations(range(len(medians)), 2):
        reached = [at for at in (i, j) if np.isfinite(medians[at])]
        limit = np.inf if len(reached) == 2 else limits[j if reached == [i] else i]
        if reached and limit >= medians[reached[0]]:
            differences.append(float(medians[j] - medians[i]))
    return differences


# ---- the power-law fit, and what went wrong ---------------------------------------------------


def _law(trials: pd.DataFrame, n_train: int) -> list[Finding]:
    law, cells = power_law.judge(trials, n_train)
    if law is None:
        return []
    numbers = {
        "constant": law.constant,
        "rate_exponent": law.rate_exponent.value,
        "batch_exponent": law.batch_exponent.value,
    }
    said = [Finding("law", text, (), "", numbers) for text in law_in_words(law)]
    off = departing(cells)
    if off is not None:
        text, places = off
        said.append(Finding("departs", text, plain(places), "epochs_map"))
    return said


def _places(frame: pd.DataFrame, by: Sequence[str]) -> list[tuple[object, ...]]:
    """Return the cells of a frame's rows, each once."""
    return list(frame[list(by)].drop_duplicates().itertuples(index=False, name=None))


PLATEAU = Text(
    "On a plateau the loss hardly falls for many epochs, and then falls again: {k} of the {n} loss "
    "curves examined have one. The longest is that of {cell}: {length} epochs, from epoch {start} "
    "to {end}. Stopping there would miss the later drop.",
    "平台期内损失在许多轮中几乎不降，随后又下降：所考察的 {n} 条损失曲线中有 {k} 条出现平台期。"
    "最长的是{cell}：{length} 轮，从第 {start} 轮到第 {end} 轮。若在此停止，就会错过其后的下降。",
)


def _plateaus(plateaus: pd.DataFrame, by: Sequence[str]) -> list[Finding]:
    some = plateaus[plateaus.start.notna()]
    if some.empty:
        return []
    at = int((some.end - some.start).argmax())
    start, end = float(some.start.iloc[at]), float(some.end.iloc[at])
    (place,) = _places(some.iloc[[at]], by)
    numbers = {"start": start, "end": end, "k": float(len(some)), "n": float(len(plateaus))}
    shown = {name: f"{value:.0f}" for name, value in numbers.items()}
    text = PLATEAU.fill(cell=named(place, by), length=f"{end - start:.0f}", **shown)
    return [Finding("plateau", text, plain([place]), "cells", numbers)]


STATES = {
    TrialState.DIVERGED: Text(
        "{k} of {n} trials diverged: {list}.{advice}", "{n} 次训练中有 {k} 次发散：{list}。{advice}"
    ),
    TrialState.FAILED: Text(
        "{k} of {n} trials failed: {list}. The reasons are given below.",
        "{n} 次训练中有 {k} 次失败：{list}。原因见下文。",
    ),
}
LOWER_RATE = Text(" A lower learning rate helps.", "应减小学习率。")


def _states(trials: pd.DataFrame, by: Sequence[str]) -> list[Finding]:
    said = []
    for state, sentence in STATES.items():
        some = trials[trials.state == state]
        if len(some):
            places = _places(some, by)
            advice = LOWER_RATE if "learning_rate" in trials else ""
            text = sentence.fill(k=len(some), n=len(trials), list=listed(places, by), advice=advice)
            numbers = {"k": float(len(some)), "n": float(len(trials))}
            said.append(Finding(str(state), text, plain(places), "", numbers))
    return said
