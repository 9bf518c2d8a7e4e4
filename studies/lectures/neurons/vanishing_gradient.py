"""Lecture 24: how slowly a saturated neuron learns, and how a gradient vanishes through layers."""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import pandas as pd

from network.activations import ACTIVATIONS, TRAINABLE, Array
from network.analysis.neurons import drive, gradients_through_layers
from network.initializers import INITIALIZERS
from reports.figures.lectures.panels import DOTTED, LINE_STYLES, Panel, line, mark
from reports.figures.style import GREY, INK, ORANGE
from reports.words import Text, joined, say, text_of, word
from studies.experiment import parts
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
STEPS = Text(
    "From the output {start} to {target}, the sigmoid neuron needs {sigmoid} steps, tanh {tanh} "
    "and ReLU {relu}; their slopes at the start are {s0}, {t0} and {r0}.",
    "从输出 {start} 走到 {target}，sigmoid 神经元需 {sigmoid} 步，tanh 需 {tanh} 步，ReLU 需 "
    "{relu} 步：起点斜率分别为 {s0}、{t0} 和 {r0}。",
)
SIGMOID_VANISHES = Text(
    "After {n} sigmoid layers, {left} of a gradient remains: each layer divides it by {factor}, "
    "because the slope is at most 1/4.",
    "反向经过 {n} 层 sigmoid 后，梯度只剩 {left}：每一层都使它除以 {factor}，因为斜率至多 1/4。",
)
OTHERS_REMAIN = Text(
    "With suitable initial weights, the gradient vanishes slowly or not at all with {names}: "
    "after {n} layers it has {list} times its size.",
    "配合合适的初始权重，梯度消失得很慢或不消失的有 {names}：经过 {n} 层后分别为原来的 {list} 倍。",
)
Paths = Mapping[str, tuple[Array, Array]]
Sizes = Mapping[str, Array]


def report(_: Results) -> Report:
    """Train a neuron with each activation, and propagate a gradient through layers of each."""
    paths, sizes = descents(), fading()
    return Report(
        [step_finding(paths), *layer_findings(sizes)],
        [
            _descents(paths),
            _layers(sizes),
            ReportTable("table", TABLE_CAPTION, partial(table, paths, sizes)),
        ],
    )


def descents() -> dict[str, tuple[Array, Array]]:
    """Return z and a after each step of the neuron with each activation."""
    return {
        name: drive(ACTIVATIONS[name], START, TARGET, learning_rate=RATE, tolerance=TOLERANCE)
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


def _descents(paths: Paths) -> ReportFigure:
    """Draw each activation, and the steps of the neuron down to the target."""
    z = np.linspace(-2.0, 4.0, 301)
    goal = Text("target {y}", "目标 {y}").fill(y=TARGET)
    panels = []
    for name, path in paths.items():
        n_steps = len(path[0]) - 1
        dots = {"marker": "o", "ms": 4 if n_steps < 60 else 3, "mec": "white", "mew": 0.4}
        content = [
            line(z, ACTIVATIONS[name].function(z), label="f(z)", color="0.75", lw=3),
            line(*path, label=Text("steps", "每一步"), color=ORANGE, lw=0.8, **dots),
            mark("axhline", TARGET, label=goal, color=INK, lw=1, ls=DOTTED),
        ]
        title = Text("{name}: {n} steps", "{name}: {n} 步").fill(name=text_of(name), n=n_steps)
        panels.append(Panel(title, content))
    every = np.concatenate([z for z, _ in paths.values()])
    axes = {
        "xlabel": "z",
        "ylabel": "a = f(z)",
        "xlim": (every.min() - 0.4, every.max() + 0.4),
        "ylim": (TARGET - 0.55, START + 0.15),
    }
    title = Text("Each dot is one step of gradient descent", "每个点为梯度下降的一步")
    return parts.panels("descents", title, DESCENTS_CAPTION, panels, axes=axes)


def _layers(sizes: Sizes) -> ReportFigure:
    """Draw the size of a gradient against the number of layers it has passed."""
    n = np.arange(LAYERS + 1)
    lines = [
        line(
            n,
            size,
            label=Text("{f} ({init})", "{f} ({init})").fill(f=text_of(f), init=text_of(WEIGHTS[f])),
            **style,
        )
        for (f, size), style in zip(sizes.items(), LINE_STYLES, strict=False)
    ]
    quarter = Text("a quarter per layer", "每层剩四分之一")
    lines.append(line(n, 0.25**n, label=quarter, color=GREY, lw=1.2, ls=DOTTED))
    title = Text("Size of a gradient passing back through layers", "梯度反向传播后的大小")
    axes = {
        "yscale": "log",
        "xlabel": Text("number of layers", "经过的层数"),
        "ylabel": Text("size relative to the output", "大小（与输出端之比）"),
    }
    return parts.panels("layers", title, LAYERS_CAPTION, [Panel("", lines)], axes=axes)


def per_layer(sizes: Array) -> float:
    """Return by what a gradient is multiplied in a layer, in the geometric mean."""
    return float(sizes[-1] ** (1 / (len(sizes) - 1)))


def step_finding(paths: Paths) -> Text:
    """State how many steps the neuron needs."""
    chosen = {name: paths[name] for name in ("sigmoid", "tanh", "relu")}
    slopes = {f"{name[0]}0": _first_slope(name, a) for name, (_, a) in chosen.items()}
    return STEPS.fill(
        start=START,
        target=TARGET,
        **{name: len(z) - 1 for name, (z, _) in chosen.items()},
        **{name: f"{slope:.2g}" for name, slope in slopes.items()},
    )


def _first_slope(name: str, a: Array) -> float:
    return float(ACTIVATIONS[name].derivative(a[0]))


def layer_findings(sizes: Sizes) -> Iterator[Text]:
    """State the remaining share of the gradient."""
    sigmoid = sizes["sigmoid"]
    yield SIGMOID_VANISHES.fill(
        n=LAYERS, left=f"{sigmoid[-1]:.0e}", factor=f"{1 / per_layer(sigmoid):.1f}"
    )
    kept = {name: each[-1] for name, each in sizes.items() if each[-1] > 0.1}
    if kept:
        yield OTHERS_REMAIN.fill(
            names=joined([word(name) for name in kept]),
            n=LAYERS,
            list=joined([f"{left:.3g}" for left in kept.values()]),
        )


def table(paths: Paths, sizes: Sizes) -> pd.DataFrame:
    """Return the steps, the slopes and the remaining share of the gradient."""
    return pd.DataFrame(
        {
            say(Text("activation", "激活函数")): word(name),
            say(Text("start z", "起点 z")): f"{z[0]:.3f}",
            say(Text("slope there", "起点斜率")): f"{_first_slope(name, a):.3f}",
            say(Text("steps", "步数")): len(z) - 1,
            say(Text("weights", "初始权重")): word(WEIGHTS[name]),
            say(Text("after 1 layer", "1 层后")): f"{sizes[name][1]:.3g}",
            say(Text("after 10", "10 层后")): f"{sizes[name][10]:.3g}",
            say(Text("after 20", "20 层后")): f"{sizes[name][20]:.3g}",
            say(Text("factor per layer", "每层倍数")): f"{per_layer(sizes[name]):.3f}",
        }
        for name, (z, a) in paths.items()
    )


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
