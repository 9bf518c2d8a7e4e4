"""Lecture 30: grid, random and TPE search with the same number of trials."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from reports.figures.lectures import search_strategies as figures
from reports.words import Text, joined, number
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study, Train
from studies.search import strategies
from sweep.trial import Value

NAMES = {
    "grid": Text("grid search", "网格搜索"),
    "random": Text("random search", "随机搜索"),
    "tpe": Text("TPE (Optuna)", "TPE（Optuna）"),
}
BEST_CAPTION = Text(
    "Each search minimizes the validation loss after a fixed number of epochs: this value exists "
    "for every run, even if it would never reach the target, and is cheap to compute. Each grid "
    "search visits its points in a different order; random search and TPE start with the same "
    "points.",
    "搜索要最小化的是训练固定轮数后的验证损失：即使永远达不到目标的训练也有这个值，而且计算代价小。"
    "每次网格搜索以不同顺序取点；随机搜索与 TPE 从相同的点开始。",
)
PLACES_CAPTION = Text(
    "All trials of all searches; the star marks the best.", "所有搜索的全部试验；星号为最佳。"
)
TABLE_CAPTION = Text(
    "The lowest loss of each search (median, minimum and maximum over the searches), and the "
    "settings of the best trial.",
    "每次搜索找到的最低损失：各次搜索的中位数、最小值与最大值；以及最佳试验的设置。",
)
DIVERGED = Text(
    "{k} of {n} trials diverged, because the ranges include learning rates that are too high. A "
    "search has to tolerate such trials and counts them as the worst.",
    "{n} 次试验中有 {k} 次发散，因为范围内含有过大的学习率；搜索必须容忍这样的试验，并把它们记为最"
    "差。",
)
LOSS = "{:.5f}"
WORST = 1e3
"""The value of a trial that diverged."""

RANGES = Plan(
    axes={"learning_rate": (0.01, 3.0), "batch_size": (5, 50)},  # the ends of the ranges
    fixed={"n_hidden": 4, "max_epochs": 1000, "target_loss": 1e-9, "eval_every": 250},
)


def train_searches(plans: Mapping[str, Plan], train: Train) -> Results:
    """Let each strategy search, and return all that it trained as one plan."""
    return {name: _search(name, plan, train) for name, plan in plans.items()}


def _search(name: str, plan: Plan, train: Train) -> PlanResult:
    tried: dict[tuple[Value, ...], strategies.Point] = {}

    def evaluate(points: Sequence[strategies.Point]) -> list[float]:
        new = {tuple(point.values()): point for point in points}
        tried.update(new)
        return values_of(train(replace(plan, points=list(new.values()))), points)

    strategies.STRATEGIES[name](strategies.ranges_of(plan.axes), plan.seed, evaluate)
    return train(replace(plan, points=list(tried.values())))


def values_of(result: PlanResult, points: Sequence[strategies.Point]) -> list[float]:
    """Return the value of each point: the median of its repeats' validation losses."""
    losses = result.frame.validation_loss
    losses = losses.where(np.isfinite(losses), WORST).clip(upper=WORST)
    medians = losses.groupby([result.frame[axis] for axis in result.plan.axes]).median()
    # a trial that failed, and did not when it was tried again, lets TPE propose what wasn't tried
    return [float(medians.get(tuple(point.values()), WORST)) for point in points]


def searches_of(name: str, result: PlanResult) -> list[strategies.Search]:
    """Go through the searches of a strategy again, with the values that were found."""
    ranges = strategies.ranges_of(result.plan.axes)
    return strategies.STRATEGIES[name](ranges, result.plan.seed, partial(values_of, result))


def all_steps(results: Results) -> pd.DataFrame:
    """Return the trials of all searches.

    Returns
    -------
    DataFrame
        ``strategy``, a name in `NAMES`; ``search`` and ``trial``, numbers from 0; the axes; and
        ``loss``, the value that the search was told.
    """
    rows = [
        {"strategy": name, "search": i, "trial": j, **step.point, "loss": step.value}
        for name, result in results.items()
        for i, search in enumerate(searches_of(name, result))
        for j, step in enumerate(search)
    ]
    return pd.DataFrame(rows)


def report(results: Results) -> Report:
    """Compare the best loss of the strategies over their trials, and where they search."""
    steps = all_steps(results)
    plan = next(iter(results.values())).plan
    axes = list(plan.axes)
    return Report(
        [
            *compared(steps),
            *later_proposals(steps),
            best_trial(steps, axes, plan.max_epochs),
            *findings.diverged(results.values(), DIVERGED),
        ],
        [
            ReportFigure("best", BEST_CAPTION, partial(figures.best_so_far, steps, NAMES)),
            ReportTable("strategies", TABLE_CAPTION, partial(table, steps, axes)),
            ReportFigure("places", PLACES_CAPTION, partial(figures.places, steps, NAMES, *axes)),
        ],
    )


def lowest(steps: pd.DataFrame) -> "pd.api.typing.SeriesGroupBy[float, Any]":
    """Return the lowest loss of each search, grouped by strategy."""
    each: pd.Series[float] = steps.groupby(["strategy", "search"], sort=False).loss.min()
    return each.groupby("strategy", sort=False)


def table(steps: pd.DataFrame, axes: list[str]) -> pd.DataFrame:
    """Return what the searches of each strategy found."""
    last = lowest(steps)
    best = steps.loc[steps.groupby("strategy", sort=False).loss.idxmin()]
    return parts.in_words(
        {
            Text("strategy", "策略"): best.strategy.map(NAMES),
            Text("searches", "搜索次数"): last.size(),
            Text("trials per search", "每次试验数"): [steps.trial.max() + 1] * len(best),
            Text("median", "中位数"): last.median().map(LOSS.format),
            Text("minimum", "最小"): last.min().map(LOSS.format),
            Text("maximum", "最大"): last.max().map(LOSS.format),
            **{axis: best[axis].map(number) for axis in axes},
        }
    )


def compared(steps: pd.DataFrame) -> list[Text]:
    """State which strategy finds the lowest loss, and whether the difference is clear."""
    last = lowest(steps)
    medians = last.median().sort_values(kind="stable")
    shown = Text("{name} {loss}", "{name} {loss}")
    each = [
        shown.fill(name=NAMES[str(name)], loss=LOSS.format(loss)) for name, loss in medians.items()
    ]
    said = [
        Text(
            "The lowest loss after {n} trials, as a median of {k} searches: {list}.",
            "{n} 次试验后的最低损失（{k} 次搜索的中位数）：{list}。",
        ).fill(n=steps.trial.max() + 1, k=steps.search.max() + 1, list=joined(each))
    ]
    if len(medians) < 2:
        return said
    first, second = medians.index[:2]
    if last.quantile(0.75)[first] >= last.quantile(0.25)[second]:
        said.append(
            Text(
                "However, the middle halves of the searches of {a} and of {b} overlap, so neither "
                "is clearly better: a single search would prove nothing.",
                "不过，{a}与{b}的各次搜索中间一半的范围重叠，难分优劣：单次搜索不足以说明问题。",
            ).fill(a=NAMES[first], b=NAMES[second])
        )
    return said


def later_proposals(steps: pd.DataFrame) -> list[Text]:
    """State that TPE's later proposals are better than random ones, if they are."""
    later = steps[steps.trial >= strategies.STARTUP].groupby("strategy").loss.median()
    if not {"tpe", "random"} <= set(later.index) or later.tpe >= later.random:
        return []
    return [
        Text(
            "TPE learns from its trials: after the first {n}, which are random, the median loss of "
            "its trials is {at.tpe:.5f}, that of random trials {at.random:.5f}.",
            "TPE 能从试验中学习：前 {n} 次随机试验之后，它所提出的点的损失中位数为 {at.tpe:.5f}，随"
            "机点为 {at.random:.5f}。",
        ).fill(n=strategies.STARTUP, at=later)
    ]


def best_trial(steps: pd.DataFrame, axes: list[str], epochs: int) -> Text:
    """Name the best of all trials."""
    best = steps.sort_values("loss", kind="stable").iloc[0]
    return Text(
        "The lowest loss of all after {epochs} epochs, {best.loss:.5f}, was found by {name} with "
        "{where}.",
        "训练 {epochs} 轮后的最低损失为 {best.loss:.5f}，由{name}找到：{where}。",
    ).fill(
        epochs=epochs,
        best=best,
        name=NAMES[best.strategy],
        where=findings.settings_text(dict(best[axes])),
    )


STUDY = Study(
    name="search-strategies",
    title=Text("Grid, random and TPE search", "网格搜索、随机搜索与 TPE"),
    question=Text(
        "Which strategy finds a good learning rate and batch size with the fewest trials: a 4×4 "
        "grid over their ranges, the same number of random points, or the same number of points "
        "that TPE proposes from previous results?",
        "哪种策略用最少的试验找到好的学习率和批大小：在其范围内的 4×4 网格、同样多的随机点，还是由 "
        "TPE 根据已有结果提出的同样多的点？",
    ),
    report=report,
    plans=dict.fromkeys(NAMES, RANGES),
    train=train_searches,
)
