"""Findings that several studies share; each is stated only if the data supports it."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.words import LANGUAGES, Text, accuracy_text, joined, number, say, text_of
from studies.experiment.result import PlanResult

DIVERGED = Text(
    "{k} of {n} training runs diverged: the loss grew without bound. Use a lower learning rate.",
    "{n} 次训练中有 {k} 次发散：损失无限增大，应减小学习率。",
)


def diverged(results: Iterable[PlanResult], text: Text = DIVERGED) -> list[Text]:
    """State how many training runs diverged, if any did."""
    states = [state for result in results for state in result.frame.state]
    k = states.count("diverged")
    return [text.fill(k=k, n=len(states))] if k else []


def best_and_unfinished(result: PlanResult) -> list[Text]:
    """State which cell needs the fewest epochs, and how many do not reach the target."""
    never = result.cells[~np.isfinite(result.cells.epochs)]
    if never.empty:
        return fewest_epochs(result)
    unfinished = Text(
        "{k} of {n} combinations do not reach the target {target}; the best accuracy among them "
        "is {accuracy}.",
        "{n} 个组合中有 {k} 个未达到目标 {target}；其中最高准确率为 {accuracy}。",
    ).fill(
        k=len(never),
        n=len(result.cells),
        target=result.target_loss,
        accuracy=accuracy_text(float(never.accuracy.max())),
    )
    return [*fewest_epochs(result), unfinished]


def fewest_epochs(result: PlanResult) -> list[Text]:
    """State which cell needs the fewest epochs by the median, if any reaches the target."""
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
    """List the cells that miss the target by the median, and those that miss it in some repeats."""
    cells = result.cells
    never = cells[~np.isfinite(cells.epochs)]
    partly = cells[np.isfinite(cells.epochs) & (cells.n_converged < cells.n_trials)]
    said = []
    if len(never):
        said.append(
            Text(
                "Not reached within {n} epochs (by the median): {list}. The target is {target}.",
                "在 {n} 轮内未达到目标 {target}（按中位数）：{list}。",
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
            Text(
                "Some repeats do not reach the target: {list}.", "部分重复未达到目标：{list}。"
            ).fill(list=joined(each))
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
    """Give the shortest and the longest median time of the cells that reach the target."""
    reached = result.cells[np.isfinite(result.cells.epochs)]
    if len(reached) < 2:
        return []
    first, last = reached.seconds.idxmin(), reached.seconds.idxmax()
    axis_first, axis_last = (place(result, at) for at in (first, last))
    return [
        Text(
            "On this machine, a run that reaches the target takes a median of {low} s ({first}) "
            "to {high} s ({last}).",
            "在本机上，达到目标的训练耗时中位数为 {low} 秒（{first}）到 {high} 秒（{last}）。",
        ).fill(
            low=f"{reached.seconds[first]:.2g}",
            high=f"{reached.seconds[last]:.2g}",
            first=axis_first,
            last=axis_last,
        )
    ]


def each_of(rows: pd.DataFrame, shown: Text) -> Text:
    """Fill a text with the columns of each row, and join the results to a list in a sentence."""
    return joined([shown.fill(**dict(row)) for _, row in rows.iterrows()])


def place(result: PlanResult, values: object) -> Text:
    """Name a cell by its values on the plan's axes."""
    each = values if isinstance(values, tuple) else (values,)
    return settings_text(dict(zip(result.plan.axes, each, strict=True)))


def settings_text(settings: Mapping[str, Any]) -> Text:
    """Name a trial or a cell by its settings, such as ``learning rate η 0.5 and batch size 4``."""
    return joined([_setting(axis, value) for axis, value in settings.items()])


def _setting(axis: str, value: Any) -> Text:
    en, zh = (f"{say(text_of(axis), name)} {number(value)}" for name in LANGUAGES)
    return Text(hidden_units(value).en, zh) if axis == "n_hidden" else Text(en, zh)


def hidden_units(n: int) -> Text:
    """Write a number of hidden units with its noun."""
    return Text(f"{n} hidden unit{'' if n == 1 else 's'}", f"{n} 个隐层神经元")


def model_text(result: PlanResult, value: int) -> Text:
    """Name a model by its degree or its number of hidden units."""
    if result.plan.model == "polynomial":
        return Text("polynomial of degree {n}", "{n} 次多项式").fill(n=value)
    return Text("network with {units}", "网络（{units}）").fill(units=hidden_units(value))


def percent(share: float) -> str:
    """Write a share as a percentage."""
    return f"{100 * share:.1f} %"


def by_value(texts: "pd.Series[str]") -> Text:
    """List texts with the values that they belong to: ``0.9 (1), 0.95 (2) and 1 (4)``."""
    return joined([f"{text} ({value})" for value, text in texts.items()])
