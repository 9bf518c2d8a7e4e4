"""Lectures 32 to 34: batch size and learning rate go together, by a law with one constant."""

from functools import partial

import numpy as np
import pandas as pd

from reports import laws
from reports.words import Text, number, say, word
from studies import parts
from studies.plan import Plan
from studies.plan_result import PlanResult
from studies.sentences.law import CELLS_CAPTION, DEPARTING, LAW, LAW_CAPTION, TOGETHER, VERDICTS
from studies.study import Picture, Report, Results, Sheet, Study


def report(results: Results) -> Report:
    """Fit the law to the cells that converged, and name those that depart from it."""
    from reports import law_figures

    result = results["grid"]
    law, cells = laws.judge(ratios(result), result.plan.max_epochs)
    draw = partial(law_figures.law, cells, law, result.plan.max_epochs)
    return Report(
        findings(law, cells, result.plan.max_epochs),
        [
            Picture("law", LAW_CAPTION, draw),
            parts.epochs_map(result),
            parts.grid_table(result),
            Sheet("cells", CELLS_CAPTION, partial(sheet, cells)),
        ],
    )


def ratios(result: PlanResult) -> pd.DataFrame:
    """Return the cells with their ratio of batch size and learning rate."""
    cells = result.cells.reset_index()
    n_train = len(result.dataset.train_x)
    sizes = cells.batch_size.replace("full", n_train).astype(float)
    diverged = cells.epochs_text == "diverged"
    return cells.assign(ratio=sizes / cells.learning_rate, diverged=diverged)


def findings(law: laws.PowerLaw | None, cells: pd.DataFrame, max_epochs: int) -> list[Text]:
    """Say what the law is, what follows, and which cells depart from it."""
    reached = cells[np.isfinite(cells.epochs)]
    if law is None:
        return [
            Text(
                "Only {k} of {n} combinations reach the target: too few for a law.",
                "{n} 个组合中只有 {k} 个达到目标，不足以得出规律。",
            ).fill(k=len(reached), n=len(cells))
        ]
    middle = float(np.exp(np.median(np.abs(np.log(reached.factor)))))
    said = [
        LAW.fill(
            constant=f"{law.constant:.3g}",
            slope=f"{law.slope:.2f}",
            k=len(reached),
            n=len(cells),
            middle=f"{middle:.2f}",
        )
    ]
    if law.slope > 0:
        said.append(TOGETHER.fill(more=f"{2**law.slope:.2f}"))
    for verdict, sentence in DEPARTING.items():
        named = cells[cells.verdict == verdict]
        if len(named):
            each = parts.joined([_named(cell) for _, cell in named.iterrows()])
            said.append(sentence.fill(n=len(named), list=each, max=max_epochs, factor=laws.FACTOR))
    return said


def _named(cell: "pd.Series[float]") -> Text:
    return Text("batch {size} at η {rate}", "批 {size}、η {rate}").fill(
        size=number(cell.batch_size), rate=float(cell.learning_rate)
    )


def sheet(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that are not on the law, in words."""
    shown = cells[cells.verdict != laws.ON]
    return pd.DataFrame(
        {
            word("batch_size"): shown.batch_size.map(number),
            word("learning_rate"): shown.learning_rate.map(number),
            word("epochs"): shown.epochs_text,
            say(Text("by the law", "规律")): shown.predicted.map("{:.0f}".format),
            say(Text("verdict", "判断")): shown.verdict.map(lambda name: say(VERDICTS[name])),
        }
    )


STUDY = Study(
    name="batch-and-rate",
    title=Text("Batch size and learning rate go together", "批大小与学习率的关系"),
    question=Text(
        "The larger the batch, the higher should the learning rate be. Is there one law for the "
        "epochs in a whole grid of both, and which cells depart from it?",
        "批越大，学习率也应越大。在两者构成的整个网格中，轮数是否服从同一条规律？哪些格子偏离它？",
    ),
    lectures="32 to 34",
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
