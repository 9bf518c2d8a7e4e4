"""Lecture 24: the activation functions, their derivatives, and what they cost."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from network.activations import ACTIVATIONS, Array
from network.analysis.activation_facts import (
    facts,
    tanh_with_one_exponential,
    tanh_with_two_exponentials,
)
from reports.words import Text
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.sentences import activations as says

Z = np.linspace(-6.0, 6.0, 1201)
"""Where the curves are drawn."""


def report(_: Results) -> Report:
    """Look at each function, and measure what it costs."""
    from reports.figures.lectures import activations

    known = {name: facts(f) for name, f in ACTIVATIONS.items()}
    cost = nanoseconds(
        {
            **{name: f.function for name, f in ACTIVATIONS.items()},
            "two": tanh_with_two_exponentials,
            "one": tanh_with_one_exponential,
        }
    )
    draw = partial(
        activations.functions,
        curves(),
        {name: each.largest_slope for name, each in known.items()},
        {name: (each.flat_below, each.flat_above) for name, each in known.items()},
    )
    bars = [(says.FORMS.get(name, name), each) for name, each in cost.items()]
    return Report(
        [*says.findings(known), says.cost_finding(cost["one"], cost["two"])],
        [
            Picture("functions", says.FUNCTIONS_CAPTION, draw),
            Sheet("table", says.TABLE_CAPTION, partial(says.table, known, cost)),
            Picture("costs", says.COSTS_CAPTION, partial(activations.costs, bars)),
        ],
    )


def curves() -> dict[str, tuple[Array, Array, Array]]:
    """Return z, f(z) and f'(z) of each function, as they are drawn."""
    values = {name: f.function(Z) for name, f in ACTIVATIONS.items()}
    return {name: (Z, A, ACTIVATIONS[name].derivative(A)) for name, A in values.items()}


def nanoseconds(functions: Mapping[str, Callable[[Array], Array]]) -> dict[str, float]:
    """Measure what each function takes for one of many numbers, at best.

    They are measured by turns, so that whatever else the machine does disturbs all alike.
    """
    numbers = np.random.default_rng(0).normal(0.0, 2.0, 20_000)
    best = dict.fromkeys(functions, np.inf)
    for _ in range(30):
        for name, function in functions.items():
            begun = time.perf_counter()
            function(numbers)
            best[name] = min(best[name], 1e9 * (time.perf_counter() - begun) / len(numbers))
    return best


STUDY = Study(
    name="activations",
    title=Text("The activation functions", "激活函数"),
    question=Text(
        "What do the activation functions of the hidden layer look like, how much of a gradient "
        "does each let through, and what does each cost to compute?",
        "隐层的各种激活函数是什么形状，各能让多少梯度通过，计算代价如何？",
    ),
    lectures="24",
    report=report,
)
