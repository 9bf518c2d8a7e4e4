"""Does the order of the samples matter? The course's shuffle runs into a cycle of three orders."""

from functools import partial

import pandas as pd

from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.sentences import shuffle as says


def report(results: Results) -> Report:
    """Compare the orders repeat by repeat: both start from the same weights."""
    from reports.figures import spreads

    result = results["orders"]
    frame, most = result.frame, result.plan.max_epochs
    epochs = says.table(frame, "epochs")
    draw = partial(spreads.strips, strip_rows(frame), "shuffle", says.STRIPS_TITLE, most)
    pictures = [Picture("epochs", says.STRIPS_CAPTION, draw)]
    if says.BASE in epochs and len(epochs.columns) > 1:
        notes = [says.NOTE.fill(**says.numbers(epochs, name)) for name in says.others(epochs)]
        draw = partial(spreads.pairs, epochs, says.BASE, most, notes)
        pictures.append(Picture("pairs", says.PAIRS_CAPTION, draw))
    return Report(
        [*says.findings(frame), *findings.not_reached(result)],
        [
            *pictures,
            Sheet("comparison", says.COMPARISON_CAPTION, partial(says.sheet, frame)),
            parts.listing(result),
            parts.loss_curves(result, "shuffle"),
        ],
    )


def strip_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what the picture of all trainings needs."""
    return frame[["shuffle", "repeat", "state", "epochs"]]


STUDY = Study(
    name="shuffle",
    title=Text("The order of the samples", "样本的顺序"),
    question=Text(
        "The course's program shuffles by a seed that runs into a cycle, so that three orders "
        "repeat for ever. Does that matter, against a fresh order in every epoch, or none at all?",
        "课程程序的打乱方式会陷入循环，三种顺序永远重复。"
        "与每轮新顺序相比，或与完全不打乱相比，这有影响吗？",
    ),
    lectures="-",
    report=report,
    plans={
        "orders": Plan(
            axes={"shuffle": ("fresh", "cycle", "none")},
            fixed={"learning_rate": 0.5, "batch_size": 10, "n_hidden": 4},
            repeats=20,
        )
    },
)
