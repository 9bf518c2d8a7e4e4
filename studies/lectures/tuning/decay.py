"""Lecture 31: learning rates that fall while training goes on."""

from functools import partial

import numpy as np

from network.training.schedules import find_schedule
from reports.words import Text
from studies.experiment import parts
from studies.experiment.plan import Plan
from studies.experiment.study import Picture, Report, Results, Study
from studies.sentences import decay as says


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
        [text for rate in rates for text in says.findings(result, rate)],
        [
            Picture("schedules", says.SCHEDULES_CAPTION, draw),
            parts.loss_grid(result),
            parts.listing(result),
            Picture("panels", says.PANELS_CAPTION.fill(rate=rates[-1]), draw_each),
        ],
    )


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
