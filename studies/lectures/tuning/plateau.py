"""Lectures 29 and 31: a plateau of the loss with a drop after it."""

from functools import partial

import numpy as np
import pandas as pd

from network.analysis.plateaus import FALL, FLAT, SHORTEST, Plateau
from reports.words import Text
from studies.experiment import parts
from studies.experiment.findings import settings_text
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import EMPTY, Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks
from studies.lectures.analysis.gradients import (
    Moments,
    gradients_along,
    moments_of,
    phases,
    plateau_of,
)
from studies.objectives.two_layer import PATH
from sweep.trial import Trial

ALONG_CAPTION = Text(
    "Loss on the training set, norm of its gradient, and number of negative curvatures during one "
    "run ({trial}). Mini-batches make the weights fluctuate in steep directions, which hides the "
    "slope that training follows; 200 further steps with the full training set remove the "
    "fluctuation. A plateau keeps at least {flat} of its loss over at least {shortest} of the "
    "epochs and ends in a drop to {fall}.",
    "一次训练（{trial}）过程中训练集的损失、其梯度的模，以及负曲率的个数。小批训练使权重在陡峭方向"
    "上波动，掩盖了训练真正遵循的坡度；再用全批量走 200 步即可消除波动。平台指在至少 {shortest} 的"
    "轮数内损失保持在 {flat} 以上，之后下降到 {fall} 的一段。",
)
CURVATURES_CAPTION = Text(
    "Curvatures at some points of the same run: both signs at a saddle point, all positive near a "
    "minimum.",
    "同一次训练若干时刻的曲率：鞍点处有正有负，极小值附近全部为正。",
)
MOMENTS_CAPTION = Text(
    "The same points in numbers; a curvature below one millionth of the largest is counted as "
    "zero.",
    "同样时刻的数值；小于最大曲率百万分之一的视为零。",
)
TABLE_CAPTION = Text("The plateau of each run.", "每次训练的平台位置。")


def report(results: Results) -> Report:
    """Find the plateaus, and examine gradient and curvature during one run that has one."""
    from reports.figures.lectures import plateaus

    result = results["run"]
    found = [(trial, plateau_of(result, trial)) for trial in networks.usable(result)]
    kept = [pair for pair in found if PATH in result.outcomes[pair[0].key].arrays]
    if not kept:
        return EMPTY
    trial, plateau = next((pair for pair in kept if pair[1] is not None), kept[0])
    slopes, runs = gradients_along(result, trial), positions(result, found)
    moments = moments_of(slopes, plateau)
    epochs, losses = networks.train_losses(result, trial)
    ends = None if plateau is None else (epochs[plateau.start], epochs[plateau.end])
    caption = ALONG_CAPTION.fill(
        trial=trial_text(trial), flat=f"{FLAT:.0%}", fall=f"{FALL:.0%}", shortest=f"{SHORTEST:.0%}"
    )
    measures = slopes[["epoch", "shaken", "norm", "negative"]]
    along = partial(plateaus.along, (epochs, losses), measures, ends, result.target_loss)
    values = [(name, row.eigenvalues) for name, row in moments]
    return Report(
        [
            *plateau_findings(runs),
            *gradient_finding(slopes, plateau),
            *curvature_findings(moments),
        ],
        [
            ReportFigure("along", caption, along),
            ReportFigure("curvatures", CURVATURES_CAPTION, partial(plateaus.curvatures, values)),
            ReportTable("moments", MOMENTS_CAPTION, partial(moments_table, moments)),
            ReportTable("table", TABLE_CAPTION, partial(table, runs)),
        ],
    )


def trial_text(trial: Trial) -> Text:
    """Name a run by its settings and its repeat."""
    return settings_text({**trial.params, "repeat": trial.repeat})


def positions(result: PlanResult, found: list[tuple[Trial, Plateau | None]]) -> pd.DataFrame:
    """Return where the plateau of each run lies.

    Returns
    -------
    DataFrame
        ``run`` (its name), ``epochs`` and ``last_loss``; the epochs ``start``, ``end`` and
        ``fallen`` of its plateau, and the lowest losses so far there: ``high``, ``low`` and
        ``after``; NaN without a plateau.
    """
    rows = []
    for trial, plateau in found:
        epochs, losses = networks.train_losses(result, trial)
        of_plateau = [np.nan] * 6
        if plateau is not None:
            at = list(plateau)
            of_plateau = [*epochs[at], *np.fmin.accumulate(losses)[at]]
        rows.append([trial_text(trial), epochs[-1], losses[-1], *of_plateau])
    names = ["run", "epochs", "last_loss", "start", "end", "fallen", "high", "low", "after"]
    return pd.DataFrame(rows, columns=names)


def plateau_findings(runs: pd.DataFrame) -> list[Text]:
    """State the median position of the plateaus, or that there is none."""
    with_plateau = runs[runs.start.notna()]
    if with_plateau.empty:
        return [
            Text(
                "None of the {n} runs has a plateau, that is, a flat stretch followed by a drop.",
                "{n} 次训练均未出现平台（即之后会再次下降的平缓段）。",
            ).fill(n=len(runs))
        ]
    wait = with_plateau.fallen - with_plateau.end
    return [
        Text(
            "{k} of {n} runs have a plateau, by the median from epoch {at.start:.0f} to "
            "{at.end:.0f}: the lowest loss so far decreases only from {at.high:.4f} to "
            "{at.low:.4f}, and then to {at.after:.4f} within {at.wait:.0f} epochs. Stopping on the "
            "plateau would miss the later drop.",
            "{n} 次训练中有 {k} 次出现平台，中位数为第 {at.start:.0f} 到 {at.end:.0f} 轮：此时最低"
            "损失只从 {at.high:.4f} 降到 {at.low:.4f}，随后却在 {at.wait:.0f} 轮内降到 "
            "{at.after:.4f}。在平台上停止会错过之后的下降。",
        ).fill(
            k=len(with_plateau),
            n=len(runs),
            at=with_plateau.assign(wait=wait).median(numeric_only=True),
        )
    ]


def gradient_finding(slopes: pd.DataFrame, plateau: Plateau | None) -> list[Text]:
    """Say that the gradient is small on the plateau, if it is."""
    if plateau is None:
        return []
    before, on, after = phases(slopes, plateau)
    if not (on < before and on < after):  # also where there is no point in one of them
        return []
    return [
        Text(
            "In the run shown in the figures, the norm of the gradient is {before} before the "
            "plateau, {on} on it and {after} during the drop (medians): training is slow there, "
            "but not finished.",
            "在图中的这次训练里，梯度的模在平台之前为 {before}，平台上为 {on}，之后下降时为 {after}"
            "（中位数）：训练只是变慢，并未结束。",
        ).fill(before=f"{before:.1e}", on=f"{on:.1e}", after=f"{after:.1e}")
    ]


def curvature_findings(moments: Moments) -> list[Text]:
    """State the signs of the curvatures on the plateau, if there is one, and at the end."""
    saddle = Text(
        "At epoch {at.epoch:.0f} ({name}), {at.negative} of {n} curvatures are negative and "
        "{at.positive} positive, as near a saddle point.",
        "第 {at.epoch:.0f} 轮（{name}），{n} 个曲率中 {at.negative} 个为负、{at.positive} 个为正，"
        "如同在鞍点附近。",
    )
    unfinished = Text(
        "At epoch {at.epoch:.0f} ({name}), {at.negative} of {n} curvatures are still negative: "
        "this is not a minimum.",
        "第 {at.epoch:.0f} 轮（{name}），{n} 个曲率中仍有 {at.negative} 个为负：这里不是极小值。",
    )
    bowl = Text(
        "At epoch {at.epoch:.0f} ({name}), none of {n} curvatures is negative and {at.positive} "
        "are positive, as near a minimum.",
        "第 {at.epoch:.0f} 轮（{name}），{n} 个曲率中没有负的，{at.positive} 个为正，如同在极小值附"
        "近。",
    )
    shown = [(*moments[-1], unfinished)]
    if len(moments) > 2:
        shown.insert(0, (*moments[1], saddle))
    return [
        (text if row.negative else bowl).fill(name=name, at=row, n=len(row.eigenvalues))
        for name, row, text in shown
    ]


def moments_table(moments: Moments) -> pd.DataFrame:
    """Return loss, gradient and curvature at the chosen points."""
    rows = pd.DataFrame([row for _, row in moments])
    return parts.in_words(
        {
            Text("point", "时刻"): [name for name, _ in moments],
            "epoch": rows.epoch.map("{:.0f}".format),
            "loss axis": rows.loss.map("{:.5f}".format),
            Text("gradient norm", "梯度的模"): rows.norm.map("{:.1e}".format),
            Text("negative", "负曲率"): rows.negative,
            Text("zero", "零曲率"): rows.zero,
            Text("positive", "正曲率"): rows.positive,
            Text("smallest curvature", "最小曲率"): [f"{v[0]:.1e}" for v in rows.eigenvalues],
            Text("largest curvature", "最大曲率"): [f"{v[-1]:.3g}" for v in rows.eigenvalues],
        }
    )


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the position of the plateau of each run."""
    at = runs[["start", "end", "fallen"]].map("{:.0f}".format).where(runs.start.notna(), "-")
    return parts.in_words(
        {
            Text("run", "训练"): runs.run,
            Text("plateau start", "平台起"): at.start,
            Text("plateau end", "平台止"): at.end,
            Text("drop complete", "下降完成"): at.fallen,
            "epochs": runs.epochs.map("{:.0f}".format),
            "loss": runs.last_loss.map("{:.5f}".format),
        }
    )


STUDY = Study(
    name="plateau",
    title=Text("The plateau", "平台期"),
    question=Text(
        "With 3 hidden units on the snake curve, the loss hardly decreases between about epoch "
        "1000 and 4000, and then drops. Is the plateau a minimum or a saddle point?",
        "用 3 个隐层神经元拟合蛇形曲线时，损失在大约 1000 到 4000 轮之间几乎不降，之后却突然下降。"
        "这个平台是极小值，还是鞍点？",
    ),
    report=report,
    plans={
        "run": Plan(
            axes={"n_hidden": (3,)},
            fixed={"learning_rate": 0.5, "batch_size": 10},
            repeats=5,
        )
    },
)
