"""Sentences that many studies need, each only where the data carries it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reports.words import LANGUAGES, WORDS, Text, accuracy_text, joined, number
from studies.experiment.result import PlanResult


def diverged(results: Sequence[PlanResult]) -> list[Text]:
    """Say how many trainings diverged, if any did."""
    states = [state for result in results for state in result.frame.state]
    k = states.count("diverged")
    if not k:
        return []
    return [
        Text(
            "{k} of {n} trainings diverged: their loss grew beyond all numbers; a lower learning "
            "rate helps.",
            "{n} 次训练中有 {k} 次发散：损失无限增大；应减小学习率。",
        ).fill(k=k, n=len(states))
    ]


def best_and_unfinished(result: PlanResult) -> list[Text]:
    """Say which cell needs the fewest epochs, and which don't reach the target."""
    cells = result.cells
    reached = cells[np.isfinite(cells.epochs)]
    said = []
    if len(reached):
        fastest = reached.epochs.idxmin()
        said.append(
            Text(
                "The fewest epochs, {epochs}, are needed with {place}; the accuracy is {accuracy}.",
                "{place} 时所需轮数最少：{epochs} 轮，准确率 {accuracy}。",
            ).fill(
                epochs=reached.epochs_text[fastest],
                place=place(result, fastest),
                accuracy=reached.accuracy_text[fastest],
            )
        )
    if len(reached) < len(cells):
        best = cells.accuracy[~np.isfinite(cells.epochs)]
        said.append(
            Text(
                "{k} of {n} combinations don't reach the target {target}; the best accuracy among "
                "them is {accuracy}.",
                "{n} 个组合中有 {k} 个未达到目标 {target}；其中最高准确率为 {accuracy}。",
            ).fill(
                k=len(cells) - len(reached),
                n=len(cells),
                target=result.target_loss,
                accuracy=accuracy_text(float(best.max())),
            )
        )
    return said


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
            place=place(result, fastest),
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
                list=joined([_ending(result, at, row) for at, row in never.iterrows()]),
            )
        )
    if len(partly):
        shown = Text("{place} ({k} of {n})", "{place}（{n} 次中 {k} 次）")
        each = [
            shown.fill(
                place=place(result, at),
                k=int(row.n_trials - row.n_converged),
                n=row.n_trials,
            )
            for at, row in partly.iterrows()
        ]
        said.append(
            Text("Some repeats don't get there: {list}.", "部分重复未达到目标：{list}。").fill(
                list=joined(each)
            )
        )
    return said


def _ending(result: PlanResult, at: object, row: "pd.Series[float]") -> Text:
    if not np.isfinite(row.loss):
        return Text("{place} (diverged)", "{place}（发散）").fill(place=place(result, at))
    return Text("{place} (loss {loss}, R² {r2})", "{place}（损失 {loss}，R² {r2}）").fill(
        place=place(result, at),
        loss=f"{row.loss:.2g}",
        r2=accuracy_text(float(row.accuracy)),
    )


def fastest_in_seconds(result: PlanResult) -> list[Text]:
    """Say which value took the least time to the target, if more than one got there."""
    reached = result.cells[np.isfinite(result.cells.epochs)]
    if len(reached) < 2:
        return []
    first, last = reached.seconds.idxmin(), reached.seconds.idxmax()
    axis_first, axis_last = (place(result, at) for at in (first, last))
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


def place(result: PlanResult, values: object) -> Text:
    """Name a cell by its values on the plan's axes."""
    each = values if isinstance(values, tuple) else (values,)
    return joined(
        [
            Text(*(f"{WORDS[axis][i]} {number(value)}" for i in range(len(LANGUAGES))))
            for axis, value in zip(result.plan.axes, each, strict=True)
        ]
    )
