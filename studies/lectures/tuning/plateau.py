"""Lectures 29 and 31: a plateau of the loss with a drop after it."""

from functools import partial

import numpy as np
import pandas as pd

from network.analysis.plateaus import FALL, FLAT, SHORTEST, Plateau
from reports.words import Text, say, word
from studies.experiment.findings import settings_text
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import EMPTY, Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks
from studies.lectures.analysis.slopes import Moments, moments_of, phases, plateau_of, slopes_along
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
    result = results["run"]
    found = [(trial, plateau_of(result, trial)) for trial in networks.usable(result)]
    looked = [(t, p) for t, p in found if PATH in result.outcomes[t.key].arrays]
    if not looked:
        return EMPTY
    trial, plateau = next((pair for pair in looked if pair[1] is not None), looked[0])
    slopes = slopes_along(result, trial)
    moments = moments_of(slopes, plateau)
    said = plateau_findings(result, found)
    if plateau is not None:
        said += gradient_finding(slopes, plateau)
    said += curvature_findings(moments)
    pictures = _pictures(result, trial, plateau, slopes, moments)
    return Report(
        said,
        [
            *pictures,
            ReportTable("moments", MOMENTS_CAPTION, partial(moments_table, moments)),
            ReportTable("table", TABLE_CAPTION, partial(table, result, found)),
        ],
    )


def _pictures(
    result: PlanResult,
    trial: Trial,
    plateau: Plateau | None,
    slopes: pd.DataFrame,
    moments: Moments,
) -> list[ReportFigure]:
    from reports.figures.lectures import plateaus

    epochs, losses = networks.train_losses(result, trial)
    ends = None if plateau is None else (epochs[plateau.start], epochs[plateau.end])
    caption = ALONG_CAPTION.fill(
        trial=trial_text(trial), flat=f"{FLAT:.0%}", fall=f"{FALL:.0%}", shortest=f"{SHORTEST:.0%}"
    )
    numbers = slopes[["epoch", "shaken", "norm", "negative"]]
    along = partial(plateaus.along, (epochs, losses), numbers, ends, result.target_loss)
    values = [(name, row.eigenvalues) for name, row in moments]
    return [
        ReportFigure("along", caption, along),
        ReportFigure("curvatures", CURVATURES_CAPTION, partial(plateaus.curvatures, values)),
    ]


def trial_text(trial: Trial) -> Text:
    """Name a run by its settings and its repeat."""
    return settings_text({**trial.params, "repeat": trial.repeat})


def plateau_findings(result: PlanResult, found: list[tuple[Trial, Plateau | None]]) -> list[Text]:
    """State the median position of the plateaus, or that there is none."""
    spans = []
    for trial, plateau in found:
        if plateau is not None:
            epochs, losses = networks.train_losses(result, trial)
            at = [plateau.start, plateau.end, plateau.fallen]
            spans.append([*epochs[at], *np.fmin.accumulate(losses)[at]])
    if not spans:
        return [
            Text(
                "None of the {n} runs has a plateau, that is, a flat stretch followed by a drop.",
                "{n} 次训练均未出现平台（即之后会再次下降的平缓段）。",
            ).fill(n=len(found))
        ]
    start, end, _, high, low, after = np.median(spans, axis=0)
    return [
        Text(
            "{k} of {n} runs have a plateau, by the median from epoch {start} to {end}: the "
            "lowest loss so far decreases only from {high} to {low}, and then to {after} within "
            "{wait} epochs. Stopping on the plateau would miss the later drop.",
            "{n} 次训练中有 {k} 次出现平台，中位数为第 {start} 到 {end} 轮：此时最低损失只从 "
            "{high} 降到 {low}，随后却在 {wait} 轮内降到 {after}。在平台上停止会错过之后的下降。",
        ).fill(
            k=len(spans),
            n=len(found),
            start=f"{start:.0f}",
            end=f"{end:.0f}",
            high=f"{high:.4f}",
            low=f"{low:.4f}",
            wait=f"{np.median([row[2] - row[1] for row in spans]):.0f}",
            after=f"{after:.4f}",
        )
    ]


def gradient_finding(slopes: pd.DataFrame, plateau: Plateau) -> list[Text]:
    """Say that the gradient is small on the plateau, if it is."""
    before, on, after = phases(slopes, plateau)
    if not (on < before and on < after):  # also where there is no point in one of them
        return []
    return [
        Text(
            "In the run shown in the figures, the norm of the gradient is {before} before the "
            "plateau, {on} on it and {after} during the drop (medians): training is slow there, "
            "but not finished.",
            "在图中的这次训练里，梯度的模在平台之前为 {before}，平台上为 {on}，之后下降时为 "
            "{after}（中位数）：训练只是变慢，并未结束。",
        ).fill(before=f"{before:.1e}", on=f"{on:.1e}", after=f"{after:.1e}")
    ]


def curvature_findings(moments: Moments) -> list[Text]:
    """State the signs of the curvatures on the plateau, if there is one, and at the end."""
    saddle = Text(
        "At epoch {epoch} ({name}), {negative} of {n} curvatures are negative and {positive} "
        "positive, as near a saddle point.",
        "第 {epoch} 轮（{name}），{n} 个曲率中 {negative} 个为负、{positive} 个为正，如同在鞍点附"
        "近。",
    )
    unfinished = Text(
        "At epoch {epoch} ({name}), {negative} of {n} curvatures are still negative: this is not "
        "a minimum.",
        "第 {epoch} 轮（{name}），{n} 个曲率中仍有 {negative} 个为负：这里不是极小值。",
    )
    bowl = Text(
        "At epoch {epoch} ({name}), none of {n} curvatures is negative and {positive} are "
        "positive, as near a minimum.",
        "第 {epoch} 轮（{name}），{n} 个曲率中没有负的，{positive} 个为正，如同在极小值附近。",
    )
    shown = [(*moments[-1], unfinished)]
    if len(moments) > 2:
        shown.insert(0, (*moments[1], saddle))
    return [
        (text if row.negative else bowl).fill(
            name=name,
            epoch=f"{row.epoch:.0f}",
            negative=row.negative,
            positive=row.positive,
            n=len(row.eigenvalues),
        )
        for name, row, text in shown
    ]


def moments_table(moments: Moments) -> pd.DataFrame:
    """Return loss, gradient and curvature at the chosen points."""
    rows = [
        {
            say(Text("point", "时刻")): say(name),
            word("epoch"): f"{row.epoch:.0f}",
            word("loss axis"): f"{row.loss:.5f}",
            say(Text("gradient norm", "梯度的模")): f"{row.norm:.1e}",
            say(Text("negative", "负曲率")): row.negative,
            say(Text("zero", "零曲率")): row.zero,
            say(Text("positive", "正曲率")): row.positive,
            say(Text("smallest curvature", "最小曲率")): f"{row.eigenvalues[0]:.1e}",
            say(Text("largest curvature", "最大曲率")): f"{row.eigenvalues[-1]:.3g}",
        }
        for name, row in moments
    ]
    return pd.DataFrame(rows)


def table(result: PlanResult, found: list[tuple[Trial, Plateau | None]]) -> pd.DataFrame:
    """Return the position of the plateau of each run."""
    rows = []
    for trial, plateau in found:
        epochs, losses = networks.train_losses(result, trial)
        at = ["-"] * 3 if plateau is None else [f"{epochs[i]:.0f}" for i in plateau]
        rows.append(
            {
                say(Text("run", "训练")): say(trial_text(trial)),
                say(Text("plateau start", "平台起")): at[0],
                say(Text("plateau end", "平台止")): at[1],
                say(Text("drop complete", "下降完成")): at[2],
                word("epochs"): f"{epochs[-1]:.0f}",
                word("loss"): f"{losses[-1]:.5f}",
            }
        )
    return pd.DataFrame(rows)


STUDY = Study(
    name="plateau",
    title=Text("The plateau", "平台期"),
    question=Text(
        "With 3 hidden units on the snake curve, the loss hardly decreases between about epoch "
        "1000 and 4000, and then drops. Is the plateau a minimum or a saddle point?",
        "用 3 个隐层神经元拟合蛇形曲线时，损失在大约 1000 到 4000 轮之间几乎不降，之后却突然下降。"
        "这个平台是极小值，还是鞍点？",
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
