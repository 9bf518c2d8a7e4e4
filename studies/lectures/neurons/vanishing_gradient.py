"""Lecture 24: how slowly a saturated neuron learns, and how a gradient vanishes through layers."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from network.activations import ACTIVATIONS, TRAINABLE, Array
from network.analysis.neurons import drive, gradients_through_layers
from network.initializers import INITIALIZERS
from reports.words import Text, joined, say, word
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study

START, TARGET, RATE, TOLERANCE = 0.9, 0.5, 0.5, 0.01
LAYERS, DRAWS = 20, 20

WEIGHTS = {
    **dict.fromkeys(("sigmoid", "tanh"), "xavier"),
    **dict.fromkeys(("relu", "leaky_relu", "elu", "softplus"), "he"),
}
"""The initial weights that suit each activation."""

DESCENTS_CAPTION = Text(
    "One neuron a = f(z), trained by gradient descent on (a - {target})²/2 with η = {rate} from "
    "the output {start} until it is within {tolerance} of {target}; the dots are its steps on the "
    "curve. The lecture counts 67 steps for the sigmoid with settings that it does not give.",
    "单个神经元 a = f(z)，对 (a - {target})²/2 做梯度下降（η = {rate}），从输出 {start} 开始，直到"
    "与 {target} 的误差不超过 {tolerance}；点为曲线上的每一步。课上 sigmoid 数出 67 步，但未给出所"
    "用设置。",
).fill(start=START, target=TARGET, rate=RATE, tolerance=TOLERANCE)
LAYERS_CAPTION = Text(
    "Size of a gradient after passing back through a number of layers of 100 units: medians of "
    "{draws} networks with random weights (He for the ReLU family, Xavier for the others).",
    "梯度反向经过若干层（每层 100 个神经元）后的大小：{draws} 个随机初始化网络的中位数；ReLU 类函"
    "数用 He 初始化，其余用 Xavier。",
).fill(draws=DRAWS)
TABLE_CAPTION = Text(
    "Steps of the neuron, its slope at the start, and the remaining share of the gradient.",
    "神经元所需步数、起点斜率，以及梯度所剩比例。",
)


def report(_: Results) -> Report:
    """Train a neuron with each activation, and propagate a gradient through layers of each."""
    from reports.figures.lectures import neurons

    paths, sizes = descents(), fading()
    z = np.linspace(-2.0, 4.0, 301)
    curves = {name: (z, ACTIVATIONS[name].function(z)) for name in TRAINABLE}
    return Report(
        [*step_findings(paths), *layer_findings(sizes)],
        [
            ReportFigure(
                "descents",
                DESCENTS_CAPTION,
                partial(neurons.descents, curves, paths, TARGET),
            ),
            ReportFigure("layers", LAYERS_CAPTION, partial(neurons.layers, sizes, WEIGHTS)),
            ReportTable("table", TABLE_CAPTION, partial(table, paths, sizes)),
        ],
    )


def descents() -> dict[str, tuple[Array, Array]]:
    """Return z and a after each step of the neuron with each activation."""
    return {
        name: drive(
            ACTIVATIONS[name],
            START,
            TARGET,
            learning_rate=RATE,
            tolerance=TOLERANCE,
        )
        for name in TRAINABLE
    }


def fading() -> dict[str, Array]:
    """Return the median size of the gradient after 0 to LAYERS layers of each activation."""
    sizes = {}
    for name in TRAINABLE:
        initialize, rng = INITIALIZERS[WEIGHTS[name]], np.random.default_rng(0)
        draws = [
            gradients_through_layers(ACTIVATIONS[name], initialize, rng, n_layers=LAYERS)
            for _ in range(DRAWS)
        ]
        sizes[name] = np.median(draws, axis=0)
    return sizes


def per_layer(sizes: Array) -> float:
    """Return by what a gradient is multiplied in a layer, in the geometric mean."""
    return float(sizes[-1] ** (1 / (len(sizes) - 1)))


def step_findings(paths: Mapping[str, tuple[Array, Array]]) -> list[Text]:
    """State how many steps the neuron needs."""
    steps = {name: len(z) - 1 for name, (z, _) in paths.items()}
    first = {name: float(ACTIVATIONS[name].derivative(a[0])) for name, (_, a) in paths.items()}
    return [
        Text(
            "From the output {start} to {target}, the sigmoid neuron needs {sigmoid} steps, tanh "
            "{tanh} and ReLU {relu}; their slopes at the start are {s0}, {t0} and {r0}.",
            "从输出 {start} 走到 {target}，sigmoid 神经元需 {sigmoid} 步，tanh 需 {tanh} 步，ReLU "
            "需 {relu} 步：起点斜率分别为 {s0}、{t0} 和 {r0}。",
        ).fill(
            start=START,
            target=TARGET,
            **{name: steps[name] for name in ("sigmoid", "tanh", "relu")},
            **{f"{name[0]}0": f"{first[name]:.2g}" for name in ("sigmoid", "tanh", "relu")},
        )
    ]


def layer_findings(sizes: Mapping[str, Array]) -> list[Text]:
    """State the remaining share of the gradient."""
    kept = {name: each[-1] for name, each in sizes.items() if each[-1] > 0.1}
    findings = [
        Text(
            "After {n} sigmoid layers, {left} of a gradient remains: each layer divides it by "
            "{factor}, because the slope is at most 1/4.",
            "反向经过 {n} 层 sigmoid 后，梯度只剩 {left}：每一层都使它除以 {factor}，因为斜率至多 "
            "1/4。",
        ).fill(
            n=LAYERS,
            left=f"{sizes['sigmoid'][-1]:.0e}",
            factor=f"{1 / per_layer(sizes['sigmoid']):.1f}",
        )
    ]
    if kept:
        findings.append(
            Text(
                "With suitable initial weights, the gradient vanishes slowly or not at all with "
                "{names}: after {n} layers, {list} of it remains.",
                "配合合适的初始权重，梯度消失得很慢或不消失的有 {names}：经过 {n} 层后分别还剩 "
                "{list}。",
            ).fill(
                names=joined([word(name) for name in kept]),
                n=LAYERS,
                list=joined([f"{left:.3g}" for left in kept.values()]),
            )
        )
    return findings


def table(paths: Mapping[str, tuple[Array, Array]], sizes: Mapping[str, Array]) -> pd.DataFrame:
    """Return the steps, the slopes and the remaining share of the gradient."""
    rows = [
        {
            say(Text("activation", "激活函数")): word(name),
            say(Text("start z", "起点 z")): f"{z[0]:.3f}",
            say(Text("slope there", "起点斜率")): f"{ACTIVATIONS[name].derivative(a[0]):.3f}",
            say(Text("steps", "步数")): len(z) - 1,
            say(Text("weights", "初始权重")): word(WEIGHTS[name]),
            say(Text("after 1 layer", "1 层后")): f"{sizes[name][1]:.3g}",
            say(Text("after 10", "10 层后")): f"{sizes[name][10]:.3g}",
            say(Text("after 20", "20 层后")): f"{sizes[name][20]:.3g}",
            say(Text("factor per layer", "每层倍数")): f"{per_layer(sizes[name]):.3f}",
        }
        for name, (z, a) in paths.items()
    ]
    return pd.DataFrame(rows)


STUDY = Study(
    name="vanishing-gradient",
    title=Text("The vanishing gradient", "梯度消失"),
    question=Text(
        "With each activation function, how many steps does a neuron need from an almost "
        "saturated output to the middle of its range, and how much of a gradient remains after up "
        "to 20 layers?",
        "使用不同的激活函数时，神经元从接近饱和的输出走到中间需要多少步？梯度反向经过 1 到 20 层后"
        "还剩多少？",
    ),
    report=report,
)
