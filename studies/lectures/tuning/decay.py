"""Lecture 31: learning rates that fall while training goes on."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from network.training.schedules import find_schedule
from reports.words import Text, in_epochs, joined
from studies.experiment import parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, Results, Study

CONSTANT = "constant"

FEWEST_STEPS = 10
"""Of fewer steps nothing is said."""

PANELS_CAPTION = Text(
    "Each by itself, at the rate {rate}: how the jumps become smaller, or don't.",
    "逐一来看，学习率 {rate}：跳动如何变小，或不变小。",
)
SCHEDULES_CAPTION = Text(
    "The learning rate over the epochs, once evenly and once in powers of ten. Step halves it ten "
    "times, exponential takes it to a hundredth, inverse is 1/(1 + 10 t) with t from 0 to 1, and "
    "cosine follows half a wave down to 0. All reach their end at the last epoch allowed.",
    "学习率随轮数的变化，左为线性坐标，右为对数坐标。step 分十段、每段减半，exponential 降到"
    "百分之一，inverse 为 1/(1 + 10 t)（t 从 0 到 1），cosine 沿半个余弦波降到 0。"
    "都在允许的最后一轮到达终点。",
)
FALLING = Text("From {rate} on, with {list}.", "从 {rate} 开始：{list}。")
STEADY = Text(
    "Constant at {rate}: {k} of {n} trainings reach the target {target}, median: {epochs}.",
    "学习率恒为 {rate}：{n} 次训练中 {k} 次达到目标 {target}，中位数：{epochs}。",
)
FLUCTUATIONS = Text(
    "In the second half of the trainings at the constant rate {rate} the loss goes up in {rises} % "
    "of the steps, and usually changes by {jump} % from one evaluation to the next.",
    "学习率恒为 {rate} 时，后半程中 {rises}% 的步在上升，相邻两次评估的损失通常相差 {jump}%。",
)
RESCUED = Text(
    "The same rate, falling, gets there: {list}.", "同样的学习率逐渐衰减，则能到达：{list}。"
)
SOONER = Text(
    "Falling from this rate it gets there in fewer epochs: {list}.",
    "从该值开始衰减，所需轮数更少：{list}。",
)
LATER = Text(
    "Falling does not help here: {list}.",
    "在此衰减没有帮助：{list}。",
)
LOST = Text(
    "Not by the median, even falling: {list}.",
    "即使衰减，按中位数也未到达：{list}。",
)


def report(results: Results) -> Report:
    """Compare the schedules at each rate by how many repeats reach the target, and when."""
    from reports.figures import losses
    from reports.figures.lectures import learning_rates

    result = results["schedules"]
    rates = sorted(float(str(rate)) for rate in result.values("learning_rate"))
    names = [str(name) for name in result.values("decay")]
    epochs = np.linspace(0, result.plan.max_epochs, 401).astype(int)
    falling = {
        name: rates[-1] * find_schedule(name)(epochs, result.plan.max_epochs) for name in names
    }
    draw = partial(learning_rates.schedules, falling, result.plan.max_epochs)
    highest = result.losses(learning_rate=rates[-1])
    draw_each = partial(losses.side_by_side, highest, result.target_loss, "decay")
    return Report(
        [text for rate in rates for text in schedule_findings(result, rate)],
        [
            ReportFigure("schedules", SCHEDULES_CAPTION, draw),
            parts.loss_grid(result),
            parts.listing(result),
            ReportFigure("panels", PANELS_CAPTION.fill(rate=rates[-1]), draw_each),
        ],
    )


def schedule_findings(result: PlanResult, rate: float) -> list[Text]:
    """Compare the constant rate with those that fall from the same start."""
    cells = pd.DataFrame(result.cells.xs(rate, level="learning_rate"))
    if CONSTANT not in cells.index:
        return [FALLING.fill(rate=rate, list=_named(cells.sort_values("epochs")))]
    here: Any = cells.loc[CONSTANT]
    said = [
        STEADY.fill(
            rate=rate,
            k=int(here.n_converged),
            n=int(here.n_trials),
            epochs=in_epochs(here.epochs_text),
            target=result.target_loss,
        )
    ]
    said += fluctuations(result.losses(learning_rate=rate, decay=CONSTANT), rate)
    falling = cells.drop(index=CONSTANT)
    sooner = falling[falling.epochs < here.epochs].sort_values("epochs")
    rest = falling.drop(index=sooner.index)
    if len(sooner):
        said.append((SOONER if np.isfinite(here.epochs) else RESCUED).fill(list=_named(sooner)))
    if len(rest):
        said.append((LATER if np.isfinite(here.epochs) else LOST).fill(list=_named(rest)))
    return said


def _named(cells: pd.DataFrame) -> Text:
    """Name each schedule with its median epochs, how many reached the target, and its loss."""
    gone = Text("{name} (diverged)", "{name}（发散）")
    shown = Text(
        "{name} ({epochs}, {k} of {n}, loss {loss})",
        "{name}（{epochs}，{n} 次中 {k} 次，损失 {loss}）",
    )
    return joined(
        [
            (shown if np.isfinite(row.loss) else gone).fill(
                name=name,
                epochs=in_epochs(row.epochs_text),
                k=row.n_converged,
                n=row.n_trials,
                loss=f"{row.loss:.2g}",
            )
            for name, row in cells.iterrows()
        ]
    )


def fluctuations(history: pd.DataFrame, rate: float) -> list[Text]:
    """Say how much the loss jumps in the second halves; nothing if there are few steps."""
    halves = [
        np.diff(np.log(run.validation_loss.to_numpy(float)[len(run) // 2 :]))
        for _, run in history.groupby("repeat")
    ]
    steps = np.concatenate([*halves, np.zeros(0)])
    if len(steps) < FEWEST_STEPS or not np.isfinite(steps).all():
        return []
    jump = np.expm1(np.median(np.abs(steps)))
    rises = f"{100 * (steps > 0).mean():.0f}"
    return [FLUCTUATIONS.fill(rate=rate, rises=rises, jump=f"{100 * jump:.0f}")]


STUDY = Study(
    name="decay",
    title=Text("Learning rates that fall", "学习率衰减"),
    question=Text(
        "A rate that is too high jumps around the minimum. Does training reach the target when "
        "the rate falls while it goes on, and with which schedule? And does that help where the "
        "rate was good already?",
        "学习率过大时会在最低点附近来回跳。若训练中让学习率逐渐下降，能否达到目标？哪种衰减方式最好？"
        "学习率本来就合适时，衰减有没有帮助？",
    ),
    lectures="31",
    report=report,
    plans={
        "schedules": Plan(
            axes={
                "decay": ("constant", "step", "exponential", "inverse", "cosine"),
                "learning_rate": (0.5, 1.0),
            },
            fixed={"batch_size": 2, "n_hidden": 4},
            repeats=5,
        )
    },
)
