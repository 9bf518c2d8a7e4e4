"""Lecture 24: how slowly a saturated neuron learns, and how a gradient fades through layers."""

from functools import partial

import numpy as np

from network.activations import ACTIVATIONS, TRAINABLE, Array
from network.analysis.neurons import drive, gradients_through_layers
from network.initializers import find_initializer
from reports.words import Text
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.sentences import vanishing_gradient as says


def report(_: Results) -> Report:
    """Drive a neuron with each activation, and send a gradient through layers of each."""
    from reports.figures.lectures import neurons

    paths, sizes = descents(), fading()
    z = np.linspace(-2.0, 4.0, 301)
    curves = {name: (z, ACTIVATIONS[name].function(z)) for name in TRAINABLE}
    return Report(
        [*says.step_findings(paths), *says.layer_findings(sizes)],
        [
            Picture(
                "descents",
                says.DESCENTS_CAPTION,
                partial(neurons.descents, curves, paths, says.TARGET),
            ),
            Picture("layers", says.LAYERS_CAPTION, partial(neurons.layers, sizes, says.WEIGHTS)),
            Sheet("table", says.TABLE_CAPTION, partial(says.table, paths, sizes)),
        ],
    )


def descents() -> dict[str, tuple[Array, Array]]:
    """Return z and a after each step of the neuron with each activation."""
    return {
        name: drive(
            ACTIVATIONS[name],
            says.START,
            says.TARGET,
            learning_rate=says.RATE,
            tolerance=says.TOLERANCE,
        )
        for name in TRAINABLE
    }


def fading() -> dict[str, Array]:
    """Return the median size of the gradient after 0 to says.LAYERS layers of each activation."""
    sizes = {}
    for name in TRAINABLE:
        initialize, rng = find_initializer(says.WEIGHTS[name]), np.random.default_rng(0)
        draws = [
            gradients_through_layers(ACTIVATIONS[name], initialize, rng, n_layers=says.LAYERS)
            for _ in range(says.DRAWS)
        ]
        sizes[name] = np.median(draws, axis=0)
    return sizes


STUDY = Study(
    name="vanishing-gradient",
    title=Text("The vanishing gradient", "梯度消失"),
    question=Text(
        "How many steps does a neuron need to get from an output near saturation to the middle, "
        "and what is left of a gradient that comes back through up to 20 layers, with each "
        "activation?",
        "用不同的激活函数，神经元从接近饱和的输出走到中间需要多少步？梯度反向经过 1 到 20 层后还剩"
        "多少？",
    ),
    lectures="24",
    report=report,
)
