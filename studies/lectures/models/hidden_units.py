"""Lecture 31: two to twelve hidden units at batch size 10 and learning rate 0.5."""

from functools import partial

import numpy as np

from reports.words import Text, number
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, Results, Study, each_value_alone


def report(results: Results) -> Report:
    """Compare the numbers of hidden units by epochs, accuracy and time."""
    result = results["units"]
    return Report(
        [
            *findings.not_reached(result),
            *findings.fewest_epochs(result),
            *units_cost_time(result),
            *findings.fastest_in_seconds(result),
        ],
        [
            parts.loss_curves(result, "n_hidden"),
            parts.costs(result, "n_hidden", "epochs", "seconds"),
            parts.listing(result),
            *parts.curve_fits(result, "n_hidden", caption=FITS_CAPTION),
        ],
    )


FITS_CAPTION = Text(
    "The curve learned in repeat 0 with each number of hidden units.",
    "各隐层神经元数下，第 0 次重复的网络学到的曲线。",
)


def units_cost_time(result: PlanResult) -> list[Text]:
    """Compare what a thousand epochs cost with the fewest and with the most units."""
    trained = result.frame[result.frame.epochs > 0]
    spent = (1000 * trained.seconds / trained.epochs).groupby(trained.n_hidden).median()
    spent = spent.sort_index()
    if len(spent) < 2 or not np.isfinite(spent).all():
        return []
    few, many = spent.index[0], spent.index[-1]
    return [
        Text(
            "On this machine, 1000 epochs take {low} s with {few} hidden units ({a} parameters) "
            "and {high} s with {many} ({b} parameters).",
            "在本机上，1000 轮训练在 {few} 个隐层神经元（{a} 个参数）时需 {low} 秒，{many} 个（{b}"
            " 个参数）时需 {high} 秒。",
        ).fill(
            low=f"{spent[few]:.2g}",
            high=f"{spent[many]:.2g}",
            few=number(int(few)),
            many=number(int(many)),
            a=result.n_parameters(n_hidden=int(few)),
            b=result.n_parameters(n_hidden=int(many)),
        )
    ]


STUDY = Study(
    name="hidden-units",
    title=Text("Two to twelve hidden units", "二到十二个隐层神经元"),
    question=Text(
        "With batch size 10 and learning rate 0.5, how many hidden units does the curve need, do "
        "more units learn it in fewer epochs, and what does each cost in time?",
        "批大小为 10、学习率为 0.5 时，这条曲线需要多少个隐层神经元？神经元更多时所需轮数是否更少"
        "，时间代价如何？",
    ),
    report=report,
    plans={
        "units": Plan(
            axes={"n_hidden": (2, 4, 6, 8, 12)},
            fixed={"learning_rate": 0.5, "batch_size": 10},
            repeats=5,
        )
    },
    train=partial(each_value_alone, "n_hidden"),
)
