"""Lecture 31: learning rates that fall while training goes on."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from network.schedules import find_schedule
from reports.words import Text
from studies import parts
from studies.plan import Plan
from studies.plan_result import PlanResult
from studies.sentences.decay import (
    FALLING,
    LATER,
    LOST,
    PANELS_CAPTION,
    RESCUED,
    SCHEDULES_CAPTION,
    SOONER,
    STEADY,
    UNREST,
)
from studies.study import Picture, Report, Results, Study

CONSTANT = "constant"

FEW = 10
"""Of fewer steps nothing is said."""


def report(results: Results) -> Report:
    """Compare the schedules at each rate by how many repeats reach the target, and when."""
    from reports import loss_figures, rate_figures

    result = results["schedules"]
    rates = sorted(float(str(rate)) for rate in result.plan.axes["learning_rate"])
    names = [str(name) for name in result.plan.axes["decay"]]
    epochs = np.linspace(0, result.plan.max_epochs, 401).astype(int)
    falling = {
        name: rates[-1] * find_schedule(name)(epochs, result.plan.max_epochs) for name in names
    }
    draw = partial(rate_figures.schedules, falling, result.plan.max_epochs)
    highest = result.losses(learning_rate=rates[-1])
    draw_each = partial(loss_figures.side_by_side, highest, result.target_loss, "decay")
    return Report(
        [text for rate in rates for text in findings(result, rate)],
        [
            Picture("schedules", SCHEDULES_CAPTION, draw),
            parts.loss_grid(result),
            parts.listing(result),
            Picture("panels", PANELS_CAPTION.fill(rate=rates[-1]), draw_each),
        ],
    )


def findings(result: PlanResult, rate: float) -> list[Text]:
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
            epochs=parts.in_epochs(here.epochs_text),
            target=result.target_loss,
        )
    ]
    said += unrest(result.losses(learning_rate=rate, decay=CONSTANT), rate)
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
    return parts.joined(
        [
            (shown if np.isfinite(row.loss) else gone).fill(
                name=name,
                epochs=parts.in_epochs(row.epochs_text),
                k=row.n_converged,
                n=row.n_trials,
                loss=f"{row.loss:.2g}",
            )
            for name, row in cells.iterrows()
        ]
    )


def unrest(history: pd.DataFrame, rate: float) -> list[Text]:
    """Say how much the loss jumps in the second halves; nothing if there are few steps."""
    halves = [
        np.diff(np.log(run.validation_loss.to_numpy(float)[len(run) // 2 :]))
        for _, run in history.groupby("repeat")
    ]
    steps = np.concatenate([*halves, np.zeros(0)])
    if len(steps) < FEW or not np.isfinite(steps).all():
        return []
    jump = np.expm1(np.median(np.abs(steps)))
    rises = f"{100 * (steps > 0).mean():.0f}"
    return [UNREST.fill(rate=rate, rises=rises, jump=f"{100 * jump:.0f}")]


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
