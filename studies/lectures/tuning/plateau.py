"""Lectures 29 and 31: the flat stretch of the loss curve where patience pays."""

from functools import partial

import pandas as pd

from network.analysis.plateaus import FALL, FLAT, SHORTEST, Plateau
from reports.words import Text
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import EMPTY, Picture, Report, Results, Sheet, Study
from studies.lectures.analysis import networks
from studies.lectures.analysis.slopes import Moments, moments_of, plateau_of, slopes_along
from studies.sentences import plateau as says
from sweep.trial import Trial


def report(results: Results) -> Report:
    """Find the plateaus, and look at gradient and curvature along one training that has one."""
    result = results["run"]
    found = [(trial, plateau_of(result, trial)) for trial in networks.usable(result)]
    looked = [(t, p) for t, p in found if len(result.outcomes[t.key].path)]
    if not looked:
        return EMPTY
    trial, plateau = next((pair for pair in looked if pair[1] is not None), looked[0])
    slopes = slopes_along(result, trial)
    moments = moments_of(slopes, plateau)
    said = says.plateau_findings(result, found)
    if plateau is not None:
        said += says.gradient_finding(slopes, plateau)
    said += says.curvature_findings(moments)
    pictures = _pictures(result, trial, plateau, slopes, moments)
    return Report(
        said,
        [
            *pictures,
            Sheet("moments", says.MOMENTS_CAPTION, partial(says.moments_table, moments)),
            Sheet("table", says.TABLE_CAPTION, partial(says.table, result, found)),
        ],
    )


def _pictures(
    result: PlanResult,
    trial: Trial,
    plateau: Plateau | None,
    slopes: pd.DataFrame,
    moments: Moments,
) -> list[Picture]:
    from reports.figures.lectures import plateaus

    epochs, losses = networks.train_losses(result, trial)
    ends = None if plateau is None else (epochs[plateau.start], epochs[plateau.end])
    caption = says.ALONG_CAPTION.fill(
        trial=says.name(trial), flat=f"{FLAT:.0%}", fall=f"{FALL:.0%}", shortest=f"{SHORTEST:.0%}"
    )
    numbers = slopes[["epoch", "shaken", "norm", "negative"]]
    along = partial(plateaus.along, (epochs, losses), numbers, ends, result.target_loss)
    values = [(name, row.eigenvalues) for name, row in moments]
    return [
        Picture("along", caption, along),
        Picture("curvatures", says.CURVATURES_CAPTION, partial(plateaus.curvatures, values)),
    ]


STUDY = Study(
    name="plateau",
    title=Text("The plateau", "平台期"),
    question=Text(
        "With 3 hidden units on the snake curve, the loss hardly falls between about epoch 1000 "
        "and 4000, and then it does. What is there: a minimum, or a saddle?",
        "用 3 个隐层神经元拟合蛇形曲线时，损失在大约 1000 到 4000 轮之间几乎不降，之后却突然下降。"
        "那里是极小值，还是鞍点？",
    ),
    lectures="29, 31",
    report=report,
    plans={
        "run": Plan(
            axes={"n_hidden": (3,)},
            fixed={"learning_rate": 0.5, "batch_size": 10},
            repeats=5,
        )
    },
)
