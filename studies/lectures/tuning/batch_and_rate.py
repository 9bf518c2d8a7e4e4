"""Lectures 32 to 34: batch size and learning rate go together, by a law with one constant."""

from functools import partial

from reports.statistics import power_law
from reports.words import Text
from studies.experiment import parts
from studies.experiment.plan import Plan
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.sentences import batch_and_rate as says


def report(results: Results) -> Report:
    """Fit the law to all trainings, and name the cells that depart from it."""
    from reports.figures import power_law as figures

    result = results["grid"]
    law, cells = power_law.judge(result.frame, len(result.dataset.train_x))
    draw = partial(figures.law, cells, law, result.plan.max_epochs)
    return Report(
        says.findings(law, cells, result.plan.max_epochs),
        [
            Picture("law", says.LAW_CAPTION, draw),
            parts.epochs_map(result),
            parts.grid_table(result),
            Sheet("cells", says.CELLS_CAPTION, partial(says.sheet, cells)),
        ],
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
