"""Lecture 31: learning rates that are too low, good, too high, or diverge."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from reports.statistics import regimes
from reports.words import Text, joined, number, word
from studies.experiment import parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import EMPTY, Report, ReportFigure, ReportTable, Results, Study, Train

REGIMES_CAPTION = Text(
    "One run of each kind. A curve that leaves the axes ends in a marker at the upper edge. Left: "
    "evaluated every few epochs; right: evaluated after each epoch.",
    "每种情况各取一次训练。超出图幅的曲线在上边缘以标记结束。左图每隔若干轮评估一次，右图每轮评"
    "估。",
)
MAP_CAPTION = Text(
    "Loss at the target, or else the median of the last fifth of the losses; the bar is the range "
    "of that fifth. At the upper edge: even higher, or infinite.",
    "达到目标时的损失，否则为最后五分之一损失的中位数；竖条为这五分之一的范围；上边缘表示更高或无穷"
    "大。",
)
RULES = Text(
    "Rules. **Diverging**: a loss is infinite, or the last fifth is more than ten times the loss "
    "of a constant prediction. **Good**: the target is reached (if no learning rate reaches it: "
    "the loss does not fluctuate, and the last fifth is at most 25 % above the lowest). **Too "
    "high**: the loss fluctuates, that is, in the second half it rises in at least a third of the "
    "steps and the median change is over 10 %; or a learning rate is not good although a lower one "
    "is. **Too low**: all others, which do not fluctuate but have not reached the target.",
    "判定规则。**发散**：损失为无穷大，或最后五分之一超过恒定预测损失的 10 倍。**合适**：达到目标"
    "（若无一达到：损失不波动，且最后五分之一至多比最低者高 25%）。**过大**：损失波动，即后半程至少"
    "三分之一的步在上升，且变化的中位数超过 10%；或更小的学习率合适而它不合适。**过小**：其余，不波"
    "动但尚未达到目标。",
)
REGIME_TEXTS = {
    "too low": Text(
        "Too low, {where}: the loss decreases steadily but slowly. At {rate} it is still "
        "{run[last]:.2g} after {run.epochs} epochs.",
        "过小，{where}：损失稳步下降，但很慢。学习率 {rate} 时，{run.epochs} 轮后损失仍为 "
        "{run[last]:.2g}。",
    ),
    "good": Text(
        "Good, {where}: the target {target} is reached, in the fewest epochs ({run.epochs}) at "
        "{rate}.",
        "合适，{where}：达到目标 {target}；其中 {rate} 所需轮数最少：{run.epochs} 轮。",
    ),
    "nearest": Text(
        "No learning rate reaches the target {target}. The best, {where}, end close to the lowest "
        "loss: {run[level]:.2g} at {rate}.",
        "没有学习率达到目标 {target}。最好的是 {where}，最终损失接近最低：{rate} 时为 "
        "{run[level]:.2g}。",
    ),
    "too high": Text(
        "Too high, {where}: the loss jumps around the minimum. At {rate} it changes by {jump} % "
        "between evaluations, rises in {rises} % of them, and ends between {run[lower]:.2g} and "
        "{run[upper]:.2g}.",
        "过大，{where}：损失在最低点附近来回跳动。{rate} 时相邻两次评估的损失相差 {jump}%，其中 "
        "{rises}% 在上升，最后在 {run[lower]:.2g} 到 {run[upper]:.2g} 之间。",
    ),
    "stuck": Text(
        "Too high, {where}: at {rate} the loss stays at {run[level]:.2g}, whereas lower learning "
        "rates do better.",
        "过大，{where}：{rate} 时损失停在 {run[level]:.2g}，较小的学习率反而更好。",
    ),
    "diverging": Text(
        "Diverging, {where}: at {rate} the loss is already more than ten times that of a constant "
        "prediction ({guess}) after epoch {first}, and does not recover.",
        "发散，{where}：{rate} 时第 {first} 轮后损失已超过恒定预测（{guess}）的十倍，且不再恢复。",
    ),
    "drifting": Text(
        "Diverging, {where}: at {rate} the final loss is {run[level]:.2g}, more than ten times "
        "that of a constant prediction ({guess}).",
        "发散，{where}：{rate} 时最终损失为 {run[level]:.2g}，超过恒定预测（{guess}）的十倍。",
    ),
}
NONE = {
    name: Text(
        f"None of the rates from {{low}} to {{high}} is {en}.",
        f"从 {{low}} 到 {{high}} 的学习率中没有{zh}的。",
    )
    for name, en, zh in (
        ("too low", "too low", "过小"),
        ("good", "good", "合适"),
        ("too high", "too high without diverging", "过大而不发散"),
        ("diverging", "so high that it diverges", "大到发散"),
    )
}
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
    """Classify each run by its losses."""
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
    whole, start = (
        {
            name: part.losses(learning_rate=rate, repeat=repeat)[["epoch", "validation_loss"]]
            for name, (rate, repeat) in chosen.items()
        }
        for part in (result, results.get("start", result))
    )
    rates = {name: rate for name, (rate, _) in chosen.items()}
    target, constant = result.target_loss, result.guess
    draw = partial(learning_rates.regimes, whole, start, rates, target, constant)
    draw_map = partial(learning_rates.rates_map, judged, target, constant)
    return Report(
        regime_findings(result, judged, start),
        [
            ReportFigure("regimes", REGIMES_CAPTION, draw),
            ReportFigure("rates", MAP_CAPTION, draw_map),
            ReportTable("table", RULES, partial(table, judged)),
        ],
    )


def regime_findings(
    result: PlanResult, judged: pd.DataFrame, start: Mapping[str, pd.DataFrame]
) -> list[Text]:
    """State the learning rates and one run of each regime, or that there is none."""
    verdicts = regimes.of_rates(judged)
    chosen = regimes.representatives(judged)
    low, high = float(verdicts.index[0]), float(verdicts.index[-1])
    said = []
    for name in regimes.REGIMES:
        if name not in chosen:
            said.append(NONE[name].fill(low=low, high=high))
            continue
        rate, repeat = chosen[name]
        row = judged[(judged.learning_rate == rate) & (judged.repeat == repeat)].iloc[0]
        far = ~(start[name].validation_loss.abs() < regimes.FAR * result.guess)
        kind = name
        if name == "good" and result.rows(learning_rate=rate, state="converged").empty:
            kind = "nearest"
        if name == "diverging" and not far.any():
            kind = "drifting"
        if name == "too high" and not (row.rises >= regimes.RISES and row.jump > regimes.JUMP):
            kind = "stuck"
        said.append(
            REGIME_TEXTS[kind].fill(
                where=rates_text(verdicts, name),
                rate=rate,
                run=row,
                jump=f"{100 * row.jump:.0f}",
                rises=f"{100 * row.rises:.0f}",
                first=start[name].epoch[far].min(),
                guess=f"{result.guess:.2g}",
                target=result.target_loss,
            )
        )
    return said


def rates_text(verdicts: "pd.Series[str]", regime: str) -> Text:
    """Name the rates of a regime, by the first and the last one where there is no other between."""
    places = np.flatnonzero(verdicts == regime)
    rates = [f"η {number(float(rate))}" for rate in verdicts.index[places]]
    if len(rates) > 1 and places[-1] - places[0] == len(rates) - 1:
        return Text(f"{rates[0]} to {rates[-1]}", f"{rates[0]} 到 {rates[-1]}")
    return joined(rates)


def table(judged: pd.DataFrame) -> pd.DataFrame:
    """Return the criteria of each run, one row per run."""
    from reports.figures.lectures.learning_rates import NAMES

    told = np.isfinite(judged["last"])  # steps towards infinity can't be counted
    frame = parts.in_words(
        {
            "learning_rate": judged.learning_rate.map(number),
            "repeat": judged.repeat,
            Text("regime", "类别"): judged.regime.map(NAMES),
            "epochs": judged.epochs,
            Text("last fifth: median", "最后五分之一：中位数"): judged.level.map("{:.4g}".format),
            Text("rising steps", "上升的步"): judged.rises.map("{:.0%}".format).where(told, "-"),
            Text("median change", "变化中位数"): judged.jump.map("{:.1%}".format).where(told, "-"),
        }
    )
    return frame if judged.repeat.nunique() > 1 else frame.drop(columns=word("repeat"))


STUDY = Study(
    name="rates-good-and-bad",
    title=Text("Good and bad learning rates", "合适与不合适的学习率"),
    question=Text(
        "Which learning rates are too low, good, too high, and so high that training diverges? A "
        "wide range of learning rates is trained, with more of them where results become worse, "
        "and each is classified by its loss curve.",
        "哪些学习率过小、合适、过大，哪些大到发散？先训练一系列跨度很大的学习率，在结果变差处加密，"
        "再按损失曲线逐一判定。",
    ),
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
