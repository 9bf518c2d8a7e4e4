"""Lecture 31: two to twelve hidden units at batch size 10 and learning rate 0.5."""

from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.study import Report, Results, Study


def report(results: Results) -> Report:
    """Compare the numbers of hidden units by epochs and accuracy."""
    result = results["units"]
    return Report(
        [
            *findings.not_reached(result),
            *findings.fewest(result),
        ],
        [
            parts.loss_curves(result, "n_hidden"),
            parts.costs(result, "n_hidden", "epochs"),
            parts.listing(result),
            *parts.curve_fits(result, "n_hidden", caption=FITS_CAPTION),
        ],
    )


FITS_CAPTION = Text(
    "The curve learned in repeat 0 with each number of hidden units.",
    "各隐层神经元数下，第 0 次重复的网络学到的曲线。",
)


STUDY = Study(
    name="hidden-units",
    title=Text("Two to twelve hidden units", "二到十二个隐层神经元"),
    question=Text(
        "With batch size 10 and learning rate 0.5, how many hidden units does the curve need, and "
        "do more units learn it in fewer epochs?",
        "批大小为 10、学习率为 0.5 时，这条曲线需要多少个隐层神经元？"
        "神经元更多时所需轮数是否更少？",
    ),
    report=report,
    plans={
        "units": Plan(
            axes={"n_hidden": (2, 4, 6, 8, 12)},
            fixed={"learning_rate": 0.5, "batch_size": 10},
            repeats=5,
        )
    },
)
