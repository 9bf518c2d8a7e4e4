"""Lecture 31: learning rates that decay during training."""

from functools import partial

import numpy as np
import pandas as pd

from network.training.schedules import SCHEDULES
from reports.words import Text, in_epochs, joined
from studies.experiment import parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, Results, Study

CONSTANT = "constant"

FEWEST_STEPS = 10
"""Fluctuations are stated from this number of steps on."""

PANELS_CAPTION = Text(
    "Each schedule in its own panel, starting from learning rate {rate}: whether and how the "
    "fluctuations decrease.",
    "各种衰减方式单独显示，从学习率 {rate} 开始：波动是否减小、如何减小。",
)
SCHEDULES_CAPTION = Text(
    "Learning rate against the epoch, on a linear and on a logarithmic scale. Step halves it ten "
    "times, exponential reduces it to a hundredth, inverse is 1/(1 + 10 t) with t from 0 to 1, and "
    "cosine follows half a cosine wave down to 0. All schedules end at the maximum number of "
    "epochs.",
    "学习率随轮数的变化，左为线性坐标，右为对数坐标。step 分十段、每段减半，exponential 降到百分之"
    "一，inverse 为 1/(1 + 10 t)（t 从 0 到 1），cosine 沿半个余弦波降到 0。各种方式都在最大轮数处"
    "结束。",
)
FALLING = Text("Decaying from {rate}: {list}.", "从 {rate} 开始衰减：{list}。")
STEADY = Text(
    "With the constant learning rate {rate}, {cell.n_converged} of {cell.n_trials} runs reach the "
    "target {target}, median: {epochs}.",
    "学习率恒为 {rate}：{cell.n_trials} 次训练中 {cell.n_converged} 次达到目标 {target}，中位数："
    "{epochs}。",
)
FLUCTUATIONS = Text(
    "With the constant learning rate {rate}, the loss rises in {rises} % of the evaluations in the "
    "second half of the runs; the median change between two evaluations is {jump} %.",
    "学习率恒为 {rate} 时，在训练的后半程，{rises}% 的评估中损失上升；相邻两次评估的损失变化中位数"
    "为 {jump}%。",
)
RESCUED = Text(
    "With decay, the same learning rate reaches the target: {list}.",
    "学习率从同一值开始衰减时能达到目标：{list}。",
)
SOONER = Text(
    "Decaying from this learning rate needs fewer epochs: {list}.",
    "从该值开始衰减，所需轮数更少：{list}。",
)
LATER = Text("Decay does not help here: {list}.", "在此情况下衰减没有帮助：{list}。")
LOST = Text(
    "Even with decay, the target is not reached by the median: {list}.",
    "即使衰减，按中位数也未达到目标：{list}。",
)


def report(results: Results) -> Report:
    """Compare the schedules at each rate by how many repeats reach the target, and when."""
    from reports.figures.lectures import learning_rates

    result = results["schedules"]
    rates = sorted(float(str(rate)) for rate in result.values("learning_rate"))
    most = result.plan.max_epochs
    epochs = np.linspace(0, most, 401).astype(int)
    falling = {
        str(name): rates[-1] * SCHEDULES[str(name)](epochs, most) for name in result.values("decay")
    }
    draw = partial(learning_rates.schedules, falling, most)
    highest, caption = result.losses(learning_rate=rates[-1]), PANELS_CAPTION.fill(rate=rates[-1])
    return Report(
        [text for rate in rates for text in schedule_findings(result, rate)],
        [
            ReportFigure("schedules", SCHEDULES_CAPTION, draw),
            parts.loss_grid(result),
            parts.listing(result),
            parts.loss_panels(result, "decay", history=highest, caption=caption),
        ],
    )


def schedule_findings(result: PlanResult, rate: float) -> list[Text]:
    """Compare the constant rate with schedules that start from it."""
    cells = result.cells.reset_index("decay").loc[[rate]]
    constant, falling = cells[cells.decay == CONSTANT], cells[cells.decay != CONSTANT]
    if constant.empty:
        return [FALLING.fill(rate=rate, list=_named(falling.sort_values("epochs")))]
    here = constant.iloc[0]
    sentence = STEADY.fill(
        rate=rate, cell=here, epochs=in_epochs(here.epochs_text), target=result.target_loss
    )
    said = [sentence, *fluctuations(result.losses(learning_rate=rate, decay=CONSTANT), rate)]
    sooner = falling.epochs < here.epochs
    better, rest = (SOONER, LATER) if np.isfinite(here.epochs) else (RESCUED, LOST)
    if sooner.any():
        said.append(better.fill(list=_named(falling[sooner].sort_values("epochs"))))
    if not sooner.all():
        said.append(rest.fill(list=_named(falling[~sooner])))
    return said


def _named(cells: pd.DataFrame) -> Text:
    """Name each schedule with its median epochs, how many reached the target, and its loss."""
    gone = Text("{cell.decay} (diverged)", "{cell.decay}（发散）")
    shown = Text(
        "{cell.decay} ({epochs}, {cell.n_converged} of {cell.n_trials}, loss {cell.loss:.2g})",
        "{cell.decay}（{epochs}，{cell.n_trials} 次中 {cell.n_converged} 次，损失 "
        "{cell.loss:.2g}）",
    )
    each = [
        (shown if np.isfinite(cell.loss) else gone).fill(
            cell=cell, epochs=in_epochs(cell.epochs_text)
        )
        for _, cell in cells.iterrows()
    ]
    return joined(each)


def fluctuations(history: pd.DataFrame, rate: float) -> list[Text]:
    """State how the loss fluctuates in the second halves; nothing if there are few steps."""
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
    title=Text("Learning rate decay", "学习率衰减"),
    question=Text(
        "With a learning rate that is too high, the loss jumps around the minimum. Does training "
        "reach the target if the learning rate decays, and with which schedule? Does decay help "
        "where the learning rate was already good?",
        "学习率过大时，损失会在最低点附近来回跳动。若在训练中让学习率逐渐衰减，能否达到目标？哪种衰"
        "减方式最好？学习率本来就合适时，衰减有没有帮助？",
    ),
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
