"""Lecture 31: rates that are too low, good, too high, and far too high, found for the data."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from reports.statistics import regimes
from reports.words import Text
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import EMPTY, Picture, Report, Results, Sheet, Study, Train
from studies.sentences import rates_good_and_bad as says

FIRST_EPOCHS = 60


def train(plans: Mapping[str, Plan], train: Train) -> Results:
    """Train a wide row of rates, more where it turns bad, and the chosen ones from close by."""
    plan = plans["rates"]
    result = train(plan)
    if not result.trained:
        return {"rates": result}
    finer = between(judge(result))
    given = [float(str(rate)) for rate in plan.axes["learning_rate"]]
    plan = replace(plan, axes={**plan.axes, "learning_rate": sorted({*given, *finer})})
    result = train(plan)
    chosen = [rate for rate, _ in regimes.representatives(judge(result)).values()]
    closely = {"eval_every": 1, "max_epochs": min(FIRST_EPOCHS, plan.max_epochs)}
    start = replace(plan, axes={"learning_rate": chosen}, fixed={**plan.fixed, **closely})
    return {"rates": result, "start": train(start)}


def judge(result: PlanResult) -> pd.DataFrame:
    """Judge each training by its losses."""
    return regimes.judge(result.history, result.target_loss, result.guess)


def between(judged: pd.DataFrame) -> list[float]:
    """Return six rates between the best good one and the lowest that diverges."""
    chosen = regimes.representatives(judged)
    if not {"good", "diverging"} <= set(chosen):
        return []
    (low, _), (high, _) = chosen["good"], chosen["diverging"]
    return [float(f"{rate:.2g}") for rate in np.geomspace(low, high, 8)[1:-1]]


def report(results: Results) -> Report:
    """Show one rate of each regime, and where all rates end."""
    from reports.figures.lectures import learning_rates

    result = results.get("rates")
    if result is None:
        return EMPTY
    judged = judge(result)
    chosen = regimes.representatives(judged)
    each = {"repeat", "learning_rate", "epoch", "validation_loss"}
    whole, start = (
        {
            name: part.losses(learning_rate=rate, repeat=repeat)[sorted(each)]
            for name, (rate, repeat) in chosen.items()
        }
        for part in (result, results.get("start", result))
    )
    rates = {name: rate for name, (rate, _) in chosen.items()}
    target, constant = result.target_loss, result.guess
    draw = partial(learning_rates.regimes, whole, start, rates, target, constant)
    draw_map = partial(learning_rates.rates_map, judged, target, constant)
    return Report(
        says.findings(result, judged, whole, start),
        [
            Picture("regimes", says.CAPTION, draw),
            Picture("rates", says.MAP_CAPTION, draw_map),
            Sheet("table", says.RULES, partial(says.sheet, judged)),
        ],
    )


STUDY = Study(
    name="rates-good-and-bad",
    title=Text("Good and bad learning rates", "好的与坏的学习率"),
    question=Text(
        "Which learning rates are too low, good, too high, and so high that training diverges? "
        "A wide row of rates is trained, more of them where it turns bad, and each is judged by "
        "its loss curve.",
        "哪些学习率过小、合适、过大，哪些大到发散？先训练一系列跨度很大的学习率，在变坏处再加密，按损失曲线逐一判定。",
    ),
    lectures="31",
    report=report,
    plans={
        "rates": Plan(
            axes={
                "learning_rate": (
                    *(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
                    *(10.0, 30.0, 100.0, 300.0, 1000.0),
                )
            },
            fixed={"batch_size": 10, "n_hidden": 4},
        )
    },
    train=train,
)
