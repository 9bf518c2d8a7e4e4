"""Lecture 29: regression with three inputs and five hidden units."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from network.data.generated import hills_function
from network.models import linear
from reports.figures.lectures import many_inputs as figures
from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.sentences import many_inputs as says

Array = NDArray[np.float64]

ALONG = 60  # points along an input


def report(results: Results) -> Report:
    """Set the network against the truth, and against the best linear model."""
    result = results["network"]
    data = result.dataset
    line = linear.best(data)
    n_hidden = int(str(result.cells.accuracy.fillna(-np.inf).idxmax()))
    shown = {
        says.named(says.NETWORK, result.outcome(n_hidden=n_hidden).test_r2): result.predict(
            data.test_x, n_hidden=n_hidden
        ),
        says.named(says.LINEAR, line.accuracy): linear.predict(data.test_x, line.weights),
    }
    said = [
        *says.better(result, n_hidden, line),
        *says.cost(result, n_hidden, line),
        *findings.diverged([result]),
    ]
    return Report(
        said,
        [
            Picture(
                "truth", says.TRUTH_CAPTION, partial(figures.against_truth, data.test_y, shown)
            ),
            Sheet("table", says.TABLE_CAPTION, partial(says.table, result, line)),
            _along(result, n_hidden, line.weights),
            parts.loss_curves(result, "n_hidden"),
        ],
    )


def _along(result: PlanResult, n_hidden: int, weights: Array) -> Picture:
    """Walk along each input through the middle of the data."""
    X = result.dataset.train_x
    middle = np.median(X, axis=0)
    grid = np.linspace(X.min(axis=0), X.max(axis=0), ALONG).T  # (n_inputs, ALONG)
    walks = np.repeat(middle[None, None], len(grid), axis=0).repeat(ALONG, axis=1)
    for i, values in enumerate(grid):
        walks[i, :, i] = values  # (n_inputs, ALONG, n_inputs)

    lines = {
        says.NETWORK: np.array([result.predict(walk, n_hidden=n_hidden)[:, 0] for walk in walks]),
        says.LINEAR: np.array([linear.predict(walk, weights)[:, 0] for walk in walks]),
    }
    is_hills = result.dataset.name == "hills"
    truth = np.array([hills_function(walk)[:, 0] for walk in walks]) if is_hills else None
    draw = partial(figures.along_inputs, grid, lines, truth, says.ALONG_NOTE)
    return Picture("along", says.ALONG_CAPTION, draw)


STUDY = Study(
    name="many-inputs",
    title=Text("Regression with three inputs", "三个输入的回归"),
    question=Text(
        "A network with three inputs and five hidden units works just like one with a single "
        "input. How well does it predict, where no curve can be drawn any more?",
        "三个输入、五个隐层神经元的网络与单输入网络的做法完全一样。画不出曲线时，它预测得如何？",
    ),
    lectures="29",
    report=report,
    plans={
        "network": Plan(
            axes={"n_hidden": (5,)},
            fixed={"learning_rate": 0.5, "batch_size": 10, "eval_every": 10},
            data="hills",
            repeats=3,
        )
    },
)
