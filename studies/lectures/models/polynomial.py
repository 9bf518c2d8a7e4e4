"""Lectures 24 and 25: polynomials on the sine and on the snake curve, and what they cost."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from network.models import polynomial
from reports.figures.lectures import polynomials as figures
from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.sentences import polynomial as says

if TYPE_CHECKING:
    from matplotlib.figure import Figure


Array = NDArray[np.float64]


def report(results: Results) -> Report:
    """Compare the degrees, the two ways to the weights, and the polynomial with the network."""
    polynomials = {name: results[name] for name in says.NAMES if name in results}
    bounds = {name: bounds_of(result) for name, result in polynomials.items()}
    descents = [
        figures.Descent(
            says.NAMES[name],
            result.history,
            result.target_loss,
            {degree: bound.loss for degree, bound in bounds[name].items()},
        )
        for name, result in polynomials.items()
    ]
    shown: list[Picture | Sheet] = []
    if polynomials:
        draw = partial(figures.descents, descents)
        shown = [
            Picture("losses", says.LOSSES_CAPTION, draw),
            *(_fits(name, result, bounds[name]) for name, result in polynomials.items()),
            Sheet("degrees", says.DEGREES_CAPTION, partial(says.degrees, polynomials, bounds)),
        ]
    if "snake" in polynomials:
        draw = _weights(polynomials["snake"], bounds["snake"])
        shown.append(Picture("weights", says.WEIGHTS_CAPTION, draw))
    said = [
        *(says.sine(results["sine"]) if "sine" in results else []),
        *(says.snake(results["snake"], bounds["snake"]) if "snake" in results else []),
        *says.against_network(results.get("snake"), results.get("snake-network")),
        *findings.diverged(list(results.values())),
    ]
    return Report(said, [*shown, Sheet("cost", says.COST_CAPTION, partial(says.cost, results))])


def bounds_of(result: PlanResult) -> dict[int, polynomial.Bound]:
    """Return what least squares makes of each degree that was trained."""
    return polynomial.bounds(result.dataset, result.sizes("degree"))


def _fits(name: str, result: PlanResult, bounds: Mapping[int, polynomial.Bound]) -> Picture:
    data = result.dataset
    curves = {
        degree: (
            result.predict(data.test_x, degree=degree),
            polynomial.predict(data.test_x, bound.weights),
        )
        for degree, bound in bounds.items()
    }
    title = says.FITS_TITLE.fill(name=says.NAMES[name])
    draw = partial(figures.fits_of_two, title, curves, **parts.samples(data))
    return Picture(f"fits_{name}", parts.FITS_CAPTION, draw)


def _weights(result: PlanResult, bounds: Mapping[int, polynomial.Bound]) -> "partial[Figure]":
    ways = {
        figures.DESCENT: {
            degree: result.outcome(degree=degree).parameters["weights"] for degree in bounds
        },
        figures.SQUARES: {degree: bound.weights for degree, bound in bounds.items()},
    }
    return partial(figures.weights, says.WEIGHTS_TITLE, ways)


STUDY = Study(
    name="polynomial",
    title=Text("Curves fitted by polynomials", "用多项式拟合曲线"),
    question=Text(
        "How well do polynomials of degree 2, 3 and 4 fit the sine, and of degree 4, 5 (the first "
        "homework), 6 and 8 the snake curve? How near does gradient descent get to the best "
        "weights, and what does it cost against a two-layer network?",
        "2、3、4 次多项式拟合正弦曲线，4、5（第一次作业）、6、8 次拟合蛇形曲线，效果如何？"
        "梯度下降离最优权重有多远？与双层网络相比代价如何？",
    ),
    lectures="24, 25",
    report=report,
    plans={
        "sine": Plan(
            axes={"degree": (2, 3, 4)},
            fixed={"learning_rate": 0.2, "batch_size": 10, "target_loss": 0.005},
            model="polynomial",
            data="sine",
        ),
        "snake": Plan(
            axes={"degree": (4, 5, 6, 8)},
            fixed={"learning_rate": 0.2, "batch_size": 10, "max_epochs": 50_000},
            model="polynomial",
        ),
        "sine-network": Plan(
            axes={"n_hidden": (2,)},
            fixed={"learning_rate": 0.05, "batch_size": 10, "max_epochs": 5000},
            data="sine",
        ),
        "snake-network": Plan(
            axes={"n_hidden": (3,)}, fixed={"learning_rate": 0.5, "batch_size": 10}
        ),
    },
)
