"""Lecture 31: rates that are too low, good, too high, and far too high, found for the data."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from reports import regimes
from reports.words import Text, number, say, word
from studies import parts
from studies.plan import Plan
from studies.plan_result import PlanResult
from studies.sentences.regimes import CAPTION, MAP_CAPTION, NONE, RULES, SAID
from studies.study import Picture, Report, Results, Sheet, Study, Train

FIRST_EPOCHS = 60


def train(plans: Mapping[str, Plan], train: Train) -> Results:
    """Train a wide row of rates, more where it turns bad, and the chosen ones from close by."""
    plan = plans["rates"]
    judged = judge(train(plan))
    finer = between(judged)
    given = [float(str(rate)) for rate in plan.axes["learning_rate"]]
    plan = replace(plan, axes={**plan.axes, "learning_rate": sorted({*given, *finer})})
    result = train(plan)
    chosen = [rate for rate, _ in regimes.representatives(judge(result)).values()]
    closely = {"eval_every": 1, "max_epochs": min(FIRST_EPOCHS, plan.max_epochs)}
    start = replace(plan, axes={"learning_rate": chosen}, fixed={**plan.fixed, **closely})
    return {"rates": result, "start": train(start)}


def guess(result: PlanResult) -> float:
    """Return the loss of the best constant: half the variance of the labels."""
    return float(0.5 * result.dataset.train_y.var(axis=0).sum())


def judge(result: PlanResult) -> pd.DataFrame:
    """Judge each training by its losses."""
    return regimes.judge(result.history, result.target_loss, guess(result))


def between(judged: pd.DataFrame) -> list[float]:
    """Return six rates between the best good one and the lowest that diverges."""
    chosen = regimes.representatives(judged)
    if not {"good", "diverging"} <= set(chosen):
        return []
    (low, _), (high, _) = chosen["good"], chosen["diverging"]
    return [float(f"{rate:.2g}") for rate in np.geomspace(low, high, 8)[1:-1]]


def report(results: Results) -> Report:
    """Show one rate of each regime, and where all rates end."""
    from reports import rate_figures

    result, judged = results["rates"], judge(results["rates"])
    chosen = regimes.representatives(judged)
    each = {"repeat", "learning_rate", "epoch", "validation_loss"}
    whole, start = (
        {
            name: part.losses(learning_rate=rate, repeat=repeat)[sorted(each)]
            for name, (rate, repeat) in chosen.items()
        }
        for part in (result, results["start"])
    )
    rates = {name: rate for name, (rate, _) in chosen.items()}
    target, constant = result.target_loss, guess(result)
    draw = partial(rate_figures.regimes, whole, start, rates, target, constant)
    draw_map = partial(rate_figures.rates_map, judged, target, constant)
    return Report(
        findings(result, judged, whole, start),
        [
            Picture("regimes", CAPTION, draw),
            Picture("rates", MAP_CAPTION, draw_map),
            Sheet("table", RULES, partial(sheet, judged)),
        ],
    )


def findings(
    result: PlanResult,
    judged: pd.DataFrame,
    whole: Mapping[str, pd.DataFrame],
    start: Mapping[str, pd.DataFrame],
) -> list[Text]:
    """Say of each regime where it lies and what one training does there, or that there is none."""
    verdicts = regimes.of_rates(judged)
    chosen = regimes.representatives(judged)
    said = []
    for name in regimes.REGIMES:
        rates = verdicts.index[verdicts == name]
        if not len(rates):
            said.append(
                NONE[name].fill(low=float(verdicts.index[0]), high=float(verdicts.index[-1]))
            )
            continue
        rate, repeat = chosen[name]
        row = judged[(judged.learning_rate == rate) & (judged.repeat == repeat)].iloc[0]
        near = start[name].validation_loss
        gone = start[name].epoch[~(near.abs() < regimes.FAR * guess(result))]
        kind = name
        if name == "good" and not row.level <= result.target_loss and not _reached(result, rate):
            kind = "nearest"
        if name == "diverging" and not len(gone):
            kind = "drifting"
        if name == "too high" and not (row.rises >= regimes.RISES and row.jump > regimes.JUMP):
            kind = "stuck"
        said.append(
            SAID[kind].fill(
                where=span(verdicts, name),
                rate=float(rate),
                epochs=int(row.epochs),
                last=f"{whole[name].validation_loss.iloc[-1]:.2g}",
                level=f"{row.level:.2g}",
                lower=f"{row.lower:.2g}",
                upper=f"{row.upper:.2g}",
                jump=f"{100 * row.jump:.0f}",
                rises=f"{100 * row.rises:.0f}",
                first=int(gone.iloc[0]) if len(gone) else 0,
                guess=f"{guess(result):.2g}",
                target=result.target_loss,
            )
        )
    return said


def _reached(result: PlanResult, rate: float) -> bool:
    return bool((result.rows(learning_rate=rate).state == "converged").any())


def span(verdicts: "pd.Series[str]", regime: str) -> Text:
    """Name the rates of a regime, by the first and the last one where there is no other between."""
    places = np.flatnonzero(verdicts == regime)
    rates = [f"η {number(float(rate))}" for rate in verdicts.index[places]]
    if len(rates) > 1 and places[-1] - places[0] == len(rates) - 1:
        return Text(f"{rates[0]} to {rates[-1]}", f"{rates[0]} 到 {rates[-1]}")
    return parts.joined(rates)


def sheet(judged: pd.DataFrame) -> pd.DataFrame:
    """Return what each rate was judged by, a row a training."""
    from reports.rate_figures import NAMES

    told = np.isfinite(judged["last"])  # steps towards infinity can't be counted
    shown = {
        word("learning_rate"): judged.learning_rate.map(number),
        word("repeat"): judged.repeat,
        say(Text("regime", "类别")): judged.regime.map(lambda name: say(NAMES[name])),
        word("epochs"): judged.epochs,
        say(Text("last fifth: median", "最后五分之一：中位数")): judged.level.map("{:.4g}".format),
        say(Text("steps that rise", "上升的步")): judged.rises.map("{:.0%}".format).where(
            told, "-"
        ),
        say(Text("usual change", "通常变化")): judged.jump.map("{:.1%}".format).where(told, "-"),
    }
    frame = pd.DataFrame(shown)
    return frame if judged.repeat.nunique() > 1 else frame.drop(columns=word("repeat"))


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
