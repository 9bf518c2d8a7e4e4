"""Lectures 32 to 34: batch size and learning rate together, described by one power law."""

from functools import partial

import numpy as np
import pandas as pd

from reports.findings.power_law import departing, law_in_words
from reports.statistics import power_law
from reports.words import Text, number, word
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

FIT_CAPTION = Text(
    "The median of each cell against the power-law fit, or against the ratio of batch size and "
    "learning rate where no power law holds. Grey: within a factor of {factor} of the fit. Open "
    "triangles did not reach the target within the maximum number of epochs; the fit treats them "
    "as censored.",
    "每格的中位轮数与幂律拟合；若不符合幂律，横轴为批大小与学习率之比。灰色：与拟合相差不超过 "
    "{factor} 倍。空心三角表示在最大轮数内未达到目标，拟合时按删失数据处理。",
).fill(factor=power_law.FACTOR)
CELLS_CAPTION = Text(
    "The cells that deviate from the power-law fit and those that did not converge, with the "
    "epochs predicted by the fit; all cells where there is none.",
    "偏离幂律拟合的格子与未收敛的格子，以及拟合给出的轮数；无拟合时列出所有格子。",
)
NOT_REACHED = {
    power_law.AGREES: Text(
        "{n} combinations did not reach the target within {max} epochs, as the power-law fit "
        "predicts: {list}.",
        "{n} 个组合在 {max} 轮内未达到目标，与幂律拟合相符：{list}。",
    ),
    power_law.OPEN: Text(
        "Not reached within {max} epochs, where the power-law fit predicts slightly fewer, so "
        "nothing can be concluded: {list}.",
        "{max} 轮内未达到，而幂律拟合给出的略少，不足以判断：{list}。",
    ),
    power_law.DIVERGED: Text("Diverged: {list}.", "发散：{list}。"),
}
VERDICTS = {
    "": Text("no fit", "无拟合"),
    power_law.SLOWER: Text("slower", "更慢"),
    power_law.FASTER: Text("faster", "更快"),
    power_law.AGREES: Text("not reached: agrees", "未达到：相符"),
    power_law.OPEN: Text("not reached: undecided", "未达到：无法判断"),
    power_law.CONTRADICTS: Text("not reached: contradicts", "未达到：矛盾"),
    power_law.DIVERGED: Text("diverged", "发散"),
}


def report(results: Results) -> Report:
    """Fit the power law to all runs, and name the cells that deviate from it."""
    from reports.figures import power_law as figures

    result = results["grid"]
    law, cells = power_law.judge(result.frame, len(result.dataset.train_x))
    draw = partial(figures.law, cells, law, result.plan.max_epochs)
    return Report(
        power_law_findings(law, cells, result.plan.max_epochs),
        [
            ReportFigure("law", FIT_CAPTION, draw),
            parts.epochs_map(result),
            parts.grid_table(result),
            ReportTable("cells", CELLS_CAPTION, partial(cells_table, cells)),
        ],
    )


def power_law_findings(
    law: power_law.PowerLawFit | None, cells: pd.DataFrame, max_epochs: int
) -> list[Text]:
    """State the power law, its consequences, and the cells that deviate from it."""
    if law is None:
        return [
            Text(
                "{k} of {n} combinations reach the target; a power-law fit needs {needed} or more, "
                "of several batch sizes and learning rates, which differ in their epochs.",
                "{n} 个组合中有 {k} 个达到目标；幂律拟合至少需要 {needed} 个，"
                "且其批大小、学习率和轮数不能都相同。",
            ).fill(k=int(np.isfinite(cells.epochs).sum()), n=len(cells), needed=power_law.FEWEST)
        ]
    off = departing(cells)
    said = [*law_in_words(law), *([] if off is None else [off[0]])]
    shown = Text(
        "(batch size {batch_size}, η {learning_rate})", "（批大小 {batch_size}，η {learning_rate}）"
    )
    for verdict, sentence in NOT_REACHED.items():
        named = cells[cells.verdict == verdict]
        if len(named):
            each = findings.each_of(named, shown)
            said.append(sentence.fill(n=len(named), list=each, max=max_epochs))
    return said


def cells_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that deviate from the power law."""
    shown = cells[cells.verdict != power_law.ON]
    epochs = shown.epochs.map(number).where(
        np.isfinite(shown.epochs), shown.cap.map(">{:.0f}".format)
    )
    return parts.in_words(
        {
            "batch_size": shown.batch_size.map(number),
            "learning_rate": shown.learning_rate.map(number),
            "epochs": epochs.where(shown.verdict != power_law.DIVERGED, word("diverged")),
            Text("power-law fit", "幂律拟合"): shown.predicted.map("{:.0f}".format),
            Text("verdict", "判断"): shown.verdict.map(VERDICTS),
        }
    )


STUDY = Study(
    name="batch-and-rate",
    title=Text("Batch size and learning rate", "批大小与学习率的关系"),
    question=Text(
        "The larger the batch, the higher the learning rate should be. Does one power law describe "
        "the epochs in a whole grid of both, and which cells deviate from it?",
        "批越大，学习率也应越大。在两者构成的整个网格中，轮数是否符合同一条幂律？哪些格子偏离它？",
    ),
    report=report,
    plans={
        "grid": Plan(
            axes={
                "learning_rate": (0.1, 0.2, 0.3, 0.5, 0.7, 1.0),
                "batch_size": (2, 3, 5, 10, 15, 30),
            },
            fixed={"n_hidden": 4},
            repeats=3,
        )
    },
)
