"""Sentences and trainings that studies of one axis share."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from reports import tables
from reports.words import Text
from studies import parts
from studies.plan import Plan
from studies.plan_result import PlanResult
from studies.study import Picture, Results, Train
from sweep.trial import Value

COSTS_CAPTION = Text(
    "What a training costs: a dot for each, a line through the medians. An open dot had not "
    "reached the target when its epochs were used up.",
    "训练的代价：每次训练一个点，折线连接中位数。空心点表示用尽轮数仍未达到目标。",
)


def each_value_alone(axis: str, plans: Mapping[str, Plan], train: Train) -> Results:
    """Train each value of an axis by itself, so that the seconds can be compared.

    Trainings in one pack go in lock-step and share its time, whatever each would take alone.
    """
    for plan in plans.values():
        for value in plan.axes[axis]:
            train(replace(plan, axes={**plan.axes, axis: (value,)}))
    return {name: train(plan) for name, plan in plans.items()}


def costs(result: PlanResult, by: str, *columns: str) -> Picture:
    """Return the picture of costs, such as ``epochs``, against the values of an axis."""
    from reports import spread_figures

    frame = result.frame[[by, "repeat", "state", *columns]]
    draw = partial(spread_figures.costs, frame, by, columns)
    return Picture("costs", COSTS_CAPTION, draw)


def fewest_epochs(result: PlanResult) -> list[Text]:
    """Say which value needs the fewest epochs, by medians; nothing if none gets there."""
    reached = result.cells[np.isfinite(result.cells.epochs)]
    if reached.empty:
        return []
    fastest = reached.epochs.idxmin()
    return [
        Text(
            "The fewest epochs are needed with {place}: {epochs}; the accuracy is {accuracy}.",
            "{place} 时所需轮数最少：{epochs} 轮，准确率 {accuracy}。",
        ).fill(
            place=parts.place(result, fastest),
            epochs=reached.epochs_text[fastest],
            accuracy=reached.accuracy_text[fastest],
        )
    ]


def not_reached(result: PlanResult) -> list[Text]:
    """Say which values don't reach the target by the median, and which not in all repeats."""
    cells = result.cells
    never = cells[~np.isfinite(cells.epochs)]
    partly = cells[np.isfinite(cells.epochs) & (cells.n_converged < cells.n_trials)]
    said = []
    if len(never):
        said.append(
            Text(
                "Not reached within {n} epochs (medians): {list}; the target is {target}.",
                "在 {n} 轮内未达到目标 {target}（中位数）：{list}。",
            ).fill(
                n=result.plan.max_epochs,
                target=result.target_loss,
                list=parts.joined([_ending(result, place, row) for place, row in never.iterrows()]),
            )
        )
    if len(partly):
        shown = Text("{place} ({k} of {n})", "{place}（{n} 次中 {k} 次）")
        each = [
            shown.fill(
                place=parts.place(result, place),
                k=int(row.n_trials - row.n_converged),
                n=row.n_trials,
            )
            for place, row in partly.iterrows()
        ]
        said.append(
            Text("Some repeats don't get there: {list}.", "部分重复未达到目标：{list}。").fill(
                list=parts.joined(each)
            )
        )
    return said


def _ending(result: PlanResult, place: object, row: "pd.Series[float]") -> Text:
    if not np.isfinite(row.loss):
        return Text("{place} (diverged)", "{place}（发散）").fill(place=parts.place(result, place))
    return Text("{place} (loss {loss}, R² {r2})", "{place}（损失 {loss}，R² {r2}）").fill(
        place=parts.place(result, place),
        loss=f"{row.loss:.2g}",
        r2=tables.accuracy_text(float(row.accuracy)),
    )


def full_last(values: pd.Index) -> list[Value]:
    """Return the values of an axis from small to large, the full batch at the end."""
    return sorted(values, key=lambda v: np.inf if isinstance(v, str) else float(v))


def fastest_in_seconds(result: PlanResult) -> list[Text]:
    """Say which value took the least time to the target, if more than one got there."""
    reached = result.cells[np.isfinite(result.cells.epochs)]
    if len(reached) < 2:
        return []
    first, last = reached.seconds.idxmin(), reached.seconds.idxmax()
    axis_first, axis_last = (parts.place(result, place) for place in (first, last))
    return [
        Text(
            "On this machine a training that gets there takes from {low} s ({first}) to {high} s "
            "({last}), as a median.",
            "在本机上，达到目标的训练耗时（中位数）从 {low} 秒（{first}）到 {high} 秒（{last}）。",
        ).fill(
            low=f"{reached.seconds[first]:.2g}",
            high=f"{reached.seconds[last]:.2g}",
            first=axis_first,
            last=axis_last,
        )
    ]
