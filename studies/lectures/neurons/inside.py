"""Lectures 29 and 30: how the network bends a straight line into a curve, step by step."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from network.analysis.inside import Array, Steps, network_steps, polynomial_steps
from network.two_layer import Parameters
from reports.words import Text
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.lectures.analysis import networks
from studies.sentences import inside as says
from sweep.trial import Trial

if TYPE_CHECKING:
    from reports.figures.lectures.inside import Panel

X = np.linspace(0.0, 1.0, 201).reshape(-1, 1)
DOTS = 10
"""One of so many points is marked and listed: 21 of them, as in the lecture."""


def report(results: Results) -> Report:
    """Take the models apart."""
    from reports.figures.lectures import inside

    said: list[Text] = []
    shown: list[Picture | Sheet] = []
    for name, caption in (("sine", says.SINE_CAPTION), ("snake", says.SNAKE_CAPTION)):
        result = results.get(name)
        trial = networks.best(result) if result else None
        if result is None or trial is None:
            continue
        steps = steps_of(result, trial)
        said.append(says.network_finding(result, trial, steps, X[:, 0]))
        rows = [(Text("network", "网络"), _panels(result, steps))]
        other = results.get("polynomial") if name == "sine" else None
        powers = networks.best(other) if other else None
        if other and powers:
            said.append(says.polynomial_finding(other, powers))
            panels = _panels(other, steps_of(other, powers))
            rows.append((Text("polynomial", "多项式"), panels))
        shown.append(Picture(name, caption, partial(inside.steps, X[:, 0], rows, DOTS)))
        if name == "sine":
            dots = (steps, X[:, 0], _truth(result), DOTS)
            shown.append(Sheet("table", says.TABLE_CAPTION, partial(says.table, *dots)))
    return Report(said, shown)


def steps_of(result: PlanResult, trial: Trial) -> Steps:
    """Return the steps of a trial's model at X."""
    parameters = result.outcomes[trial.key].parameters
    if result.plan.model == "polynomial":
        return polynomial_steps(X, parameters["weights"])
    return network_steps(X, Parameters(**parameters), networks.activation_of(result, trial))


def _truth(result: PlanResult) -> tuple[Array, Array]:
    data = result.dataset
    return data.test_x[:, 0], data.test_y[:, 0]


def _panels(result: PlanResult, steps: Steps) -> "list[Panel]":
    """Return the four steps as panels."""
    from reports.figures.lectures.inside import Panel

    units = range(1, steps.bent.shape[1] + 1)
    names = (*([f"{letter}{i}" for i in units] for letter in "za"), [f"w{i} a{i}" for i in units])
    if result.plan.model == "polynomial":
        powers = [says.power(i) for i in units]
        names = (["x"], powers, [f"w{i} {power}" for i, power in enumerate(powers, 1)])
    titles = (
        Text("1  straight lines", "1  直线"),
        Text("2  bent", "2  弯曲"),
        Text("3  times a weight", "3  乘以权重"),
    )
    values = (steps.lines, steps.bent, steps.parts)
    curves: list[list[tuple[str | Text, Array]]] = [
        list(zip(labels, columns.T, strict=True))
        for labels, columns in zip(names, values, strict=True)
    ]
    curves[2].append((Text("bias b", "偏置 b"), np.full(len(X), steps.bias)))
    panels = [Panel(*each) for each in zip(titles, curves, strict=True)]
    output = [(Text("sum and bias", "和加偏置"), steps.output)]
    return [
        *panels,
        Panel(Text("4  added up: the output", "4  相加：输出"), output, _truth(result)),
    ]


STUDY = Study(
    name="inside",
    title=Text("Inside the network", "网络内部"),
    question=Text(
        "How does a network with 2 hidden units bend the straight line x into a sine, and one with "
        "3 units into the snake curve, and what has that to do with a polynomial?",
        "2 个隐层神经元的网络怎样把直线 x 弯成正弦曲线，3 个神经元的又怎样弯成蛇形曲线？这与多项式"
        "有什么关系？",
    ),
    lectures="29, 30",
    report=report,
    plans={
        "sine": Plan(
            data="sine",
            axes={"n_hidden": (2,)},
            fixed={"learning_rate": 0.05, "batch_size": 10},
        ),
        "snake": Plan(axes={"n_hidden": (3,)}, fixed={"learning_rate": 0.5, "batch_size": 10}),
        "polynomial": Plan(
            model="polynomial", data="sine", axes={"degree": (3,)}, fixed={"target_loss": 0.005}
        ),
    },
)
