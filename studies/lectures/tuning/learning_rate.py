"""Lecture 31: four learning rates at batch size 10."""

import numpy as np

from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, Results, Study


def report(results: Results) -> Report:
    """Compare the learning rates by epochs and by accuracy."""
    result = results["rates"]
    return Report(
        [
            *findings.fewest(result),
            *higher_is_faster(result),
            *findings.not_reached(result),
            *findings.diverged([result]),
        ],
        [
            parts.loss_curves(result, "learning_rate"),
            parts.listing(result),
            parts.loss_panels(result, "learning_rate"),
            *parts.curve_fits(result, "learning_rate"),
        ],
    )


def higher_is_faster(result: PlanResult) -> list[Text]:
    """State that each higher learning rate that converges needs fewer epochs, if it does."""
    cells = result.cells.sort_index()
    reached = cells[np.isfinite(cells.epochs)].reset_index()
    if len(reached) < 2 or not (np.diff(reached.epochs) < 0).all():
        return []
    shown = "{epochs_text} (η {learning_rate})"
    return [
        Text(
            "Among the learning rates that converge, a higher one needs fewer epochs: {list}.",
            "在收敛的学习率中，学习率越大所需轮数越少：{list}。",
        ).fill(list=findings.each_of(reached, Text(shown, shown)))
    ]


STUDY = Study(
    name="learning-rate",
    title=Text("Four learning rates", "四种学习率"),
    question=Text(
        "How many epochs does the network with 4 hidden units need at learning rates 0.1, 0.3, 0.5 "
        "and 0.7 with batch size 10, and how accurate is it then?",
        "隐层 4 个神经元、批大小 10 时，学习率取 0.1、0.3、0.5、0.7，各需多少轮，准确率如何？",
    ),
    report=report,
    plans={
        "rates": Plan(
            axes={"learning_rate": (0.1, 0.3, 0.5, 0.7)}, fixed={"batch_size": 10, "n_hidden": 4}
        )
    },
)
