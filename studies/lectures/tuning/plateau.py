"""Lectures 29 and 31: the flat stretch of the loss curve where patience pays."""

from functools import partial

import numpy as np
import pandas as pd

from network.analysis.plateaus import FALL, FLAT, SHORTEST, Plateau
from reports.words import LANGUAGES, WORDS, Text, number, say, word
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import EMPTY, Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks
from studies.lectures.analysis.slopes import Moments, moments_of, phases, plateau_of, slopes_along
from sweep.trial import Trial

ALONG_CAPTION = Text(
    "The loss of the training set, the norm of its gradient, and how many of the curvatures point "
    "down, along one training ({trial}). Mini-batches shake the weights where the loss is steep, "
    "which hides the slope that the training follows; 200 steps with the full training set take "
    "the shaking away. A plateau keeps {flat} of its loss over {shortest} of the epochs or more, "
    "and ends in a fall to {fall}.",
    "一次训练（{trial}）过程中训练集的损失、其梯度的模，以及向下弯的曲率个数。小批训练会在陡峭方向"
    "上抖动权重，掩盖训练真正遵循的坡度；再用全部训练样本走 200 步即可消除抖动。平台指在至少 "
    "{shortest} 的轮数内损失保持在 {flat} 以上，之后下降到 {fall} 的一段。",
)
CURVATURES_CAPTION = Text(
    "The curvatures at some moments of the same training: some of each sign at a saddle, all up in "
    "the basin of a minimum.",
    "同一次训练若干时刻的曲率：鞍点处有正有负，极小值附近全部为正。",
)
MOMENTS_CAPTION = Text(
    "The same moments in numbers; a curvature below a millionth of the largest counts as level.",
    "同样时刻的数值；小于最大曲率百万分之一的算作平坦。",
)
TABLE_CAPTION = Text("Where each training has its plateau.", "每次训练的平台位置。")


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
    """Name a training: its place in the grid, and its repeat."""
    values = {**trial.params, "repeat": trial.repeat}
    en, zh = (
        [f"{WORDS[axis][i]} {number(value)}" for axis, value in values.items()]
        for i in range(len(LANGUAGES))
    )
    return Text(", ".join(en), "，".join(zh))


def plateau_findings(result: PlanResult, found: list[tuple[Trial, Plateau | None]]) -> list[Text]:
    """Say where the plateaus lie, in the median, or that there is none."""
    spans = []
    for trial, plateau in found:
        if plateau is not None:
            epochs, losses = networks.train_losses(result, trial)
            at = [plateau.start, plateau.end, plateau.fallen]
            spans.append([*epochs[at], *np.fmin.accumulate(losses)[at]])
    if not spans:
        return [
            Text(
                "None of the {n} trainings has a plateau: a flat stretch with a fall after it.",
                "{n} 次训练中没有一次出现平台（之后会再次下降的平缓段）。",
            ).fill(n=len(found))
        ]
    start, end, _, high, low, after = np.median(spans, axis=0)
    return [
        Text(
            "{k} of {n} trainings have a plateau, in the median from epoch {start} to {end}: the "
            "best loss so far goes from {high} to {low} only, and then within {wait} epochs to "
            "{after}. Whoever stops on it misses that.",
            "{n} 次训练中有 {k} 次出现平台，中位数为第 {start} 到 {end} 轮：迄今最低损失"
            "只从 {high} 降到 {low}，随后却在 {wait} 轮内降到 {after}。在平台上停下就会错过它。",
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
            "In the training of the pictures the gradient's norm is {before} before the plateau, "
            "{on} on it and {after} in the fall after it (medians): it is slow, not done.",
            "在图中的这次训练里，梯度的模在平台之前为 {before}，平台上为 {on}，之后下降时为 "
            "{after}（中位数）：只是慢，并未结束。",
        ).fill(before=f"{before:.1e}", on=f"{on:.1e}", after=f"{after:.1e}")
    ]


def curvature_findings(moments: Moments) -> list[Text]:
    """Say how the loss is curved on the plateau, if there is one, and at the end."""
    saddle = Text(
        "At epoch {epoch}, {name}, {negative} of {n} curvatures point down and {positive} up, as "
        "near a saddle.",
        "第 {epoch} 轮，{name}，{n} 个曲率中 {negative} 个向下、{positive} 个向上，如同鞍点附近。",
    )
    unfinished = Text(
        "At epoch {epoch}, {name}, {negative} of {n} curvatures still point down: this is no "
        "minimum.",
        "第 {epoch} 轮，{name}时，{n} 个曲率中仍有 {negative} 个向下：这里不是极小值。",
    )
    bowl = Text(
        "At epoch {epoch}, {name}, none of {n} curvatures points down and {positive} point up, as "
        "in the bowl of a minimum.",
        "第 {epoch} 轮，{name}，{n} 个曲率没有一个向下，{positive} 个向上，如同在极小值的谷中。",
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
    """Return loss, gradient and curvature at the moments."""
    rows = [
        {
            say(Text("moment", "时刻")): say(name),
            word("epoch"): f"{row.epoch:.0f}",
            word("loss axis"): f"{row.loss:.5f}",
            say(Text("gradient's norm", "梯度的模")): f"{row.norm:.1e}",
            say(Text("down", "向下")): row.negative,
            say(Text("level", "平坦")): row.zero,
            say(Text("up", "向上")): row.positive,
            say(Text("least curvature", "最小曲率")): f"{row.eigenvalues[0]:.1e}",
            say(Text("largest", "最大曲率")): f"{row.eigenvalues[-1]:.3g}",
        }
        for name, row in moments
    ]
    return pd.DataFrame(rows)


def table(result: PlanResult, found: list[tuple[Trial, Plateau | None]]) -> pd.DataFrame:
    """Return where each training has its plateau."""
    rows = []
    for trial, plateau in found:
        epochs, losses = networks.train_losses(result, trial)
        at = ["-"] * 3 if plateau is None else [f"{epochs[i]:.0f}" for i in plateau]
        rows.append(
            {
                say(Text("training", "训练")): say(trial_text(trial)),
                say(Text("plateau from", "平台起")): at[0],
                say(Text("to", "止")): at[1],
                say(Text("fallen by", "下降完成")): at[2],
                word("epochs"): f"{epochs[-1]:.0f}",
                word("loss"): f"{losses[-1]:.5f}",
            }
        )
    return pd.DataFrame(rows)


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
