"""Lecture 30: grid, random and TPE search with the same number of trials."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reports.figures.lectures import search_strategies as figures
from reports.words import Text
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Picture, Report, Results, Sheet, Study, Train
from studies.search import strategies
from studies.sentences import search_strategies as says
from sweep.trial import Value

Array = NDArray[np.float64]


WORST = 1e3
"""The value of a training that diverged."""


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
    losses = dict(zip(result.frame.key, result.frame.validation_loss, strict=True))
    of_point: dict[tuple[Value, ...], list[float]] = {}
    for trial in result.plan.trials:
        loss = losses[trial.key]
        loss = min(float(loss), WORST) if np.isfinite(loss) else WORST
        of_point.setdefault(tuple(trial.params.values()), []).append(loss)
    # a trial that failed, and did not when it was tried again, lets TPE propose what wasn't tried
    return [float(np.median(of_point.get(tuple(point.values()), WORST))) for point in points]


def searches_of(name: str, result: PlanResult) -> list[strategies.Search]:
    """Go through the searches of a strategy again, with the values that were found."""
    ranges = strategies.ranges_of(result.plan.axes)
    return strategies.STRATEGIES[name](ranges, result.plan.seed, partial(values_of, result))


def report(results: Results) -> Report:
    """Compare how soon the strategies find what is good, and where they look."""
    searches = {name: searches_of(name, result) for name, result in results.items()}
    best = {name: strategies.best_so_far(of_name) for name, of_name in searches.items()}
    curves = {says.NAMES[name]: values for name, values in best.items()}
    plan = next(iter(results.values())).plan
    axes = list(plan.axes)
    places = {
        says.NAMES[name]: [
            (float(str(step.point[axes[0]])), float(str(step.point[axes[1]])), step.value)
            for of_one in of_name
            for step in of_one
        ]
        for name, of_name in searches.items()
    }
    said = [
        *says.compared(best),
        *says.learned(searches),
        says.best(searches, plan.max_epochs),
        *says.diverged(list(results.values())),
    ]
    return Report(
        said,
        [
            Picture("best", says.BEST_CAPTION, partial(figures.best_so_far, curves)),
            Sheet("strategies", says.TABLE_CAPTION, partial(says.table, searches, best)),
            Picture("places", says.PLACES_CAPTION, partial(figures.places, places, *axes)),
        ],
    )


RANGES = Plan(
    axes={"learning_rate": (0.01, 3.0), "batch_size": (5, 50)},  # the ends of the ranges
    fixed={"n_hidden": 4, "max_epochs": 1000, "target_loss": 1e-9, "eval_every": 250},
)

STUDY = Study(
    name="search-strategies",
    title=Text("Grid, random and TPE search", "网格搜索、随机搜索与 TPE"),
    question=Text(
        "Which strategy finds a good learning rate and batch size with the fewest trials: a 4×4 "
        "grid over their ranges, as many random points, or as many that TPE proposes from the "
        "results so far?",
        "哪种策略用最少的试验找到好的学习率和批大小：在其范围内的 4×4 网格、同样多的随机点，"
        "还是由 TPE 根据已有结果提出的同样多的点？",
    ),
    lectures="30",
    report=report,
    plans=dict.fromkeys(says.NAMES, RANGES),
    train=train_searches,
)
