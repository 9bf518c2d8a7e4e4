"""Gradient and curvature of the loss of the full training set during a trial."""

from typing import Any

import numpy as np
import pandas as pd

from network.analysis.curvature import Gradient, full_gradient, hessian, settle, signs
from network.analysis.plateaus import Plateau, find_plateau
from network.losses import find_task
from reports.words import Text
from studies.experiment.result import PlanResult
from studies.lectures.analysis import networks
from studies.objectives.two_layer import PATH
from sweep.trial import Trial

Moments = list[tuple[Text, "pd.Series[Any]"]]
"""Named points of a run, each with its row of `slopes_along`."""

POINTS = 40
"""Number of evaluations of a trial that are examined."""

SAMPLES = 40_000
"""Limit on the samples of all of them together: larger data means fewer points."""


def gradient_of(result: PlanResult, trial: Trial) -> Gradient:
    """Return the gradient of the loss of all training samples for a trial's network."""
    data, settings = result.dataset, networks.objective_of(result).settings(trial.params)
    shapes, f = networks.initial(result, trial), networks.activation_of(result, trial)
    return full_gradient(data.train_x, data.train_y, shapes, f, find_task(settings.task))


def plateau_of(result: PlanResult, trial: Trial) -> Plateau | None:
    """Find the plateau in the loss curve of a trial, its training set's."""
    return find_plateau(*networks.train_losses(result, trial))


def slopes_along(result: PlanResult, trial: Trial) -> pd.DataFrame:
    """Measure gradient and curvature at evaluations throughout the run.

    Returns
    -------
    DataFrame
        Indexed by the evaluation: ``epoch``, ``loss``; ``shaken``, the norm of the gradient where
        the mini-batches left the network; and at the place where it settles ``norm``, the norm of
        the gradient, ``numbers``, the parameters, ``eigenvalues`` of the Hessian from small to
        large, and of these ``negative``, ``zero`` and ``positive``.
    """
    epochs, losses = networks.train_losses(result, trial)
    gradient = gradient_of(result, trial)
    path = result.outcomes[trial.key].arrays[PATH].astype(np.float64)
    n_points = int(np.clip(SAMPLES / len(result.dataset.train_x), 10, POINTS))
    rows = {}
    for i in sorted({*range(0, len(path), -(-len(path) // n_points)), len(path) - 1}):
        numbers = settle(gradient, path[i])
        eigenvalues = np.asarray(np.linalg.eigvalsh(hessian(gradient, numbers)), np.float64)
        measures = [np.linalg.norm(gradient(p)) for p in (path[i], numbers)]
        rows[i] = [epochs[i], losses[i], *measures, numbers, eigenvalues, *signs(eigenvalues)]
    names = ["epoch", "loss", "shaken", "norm", "numbers", "eigenvalues"]
    columns = [*names, "negative", "zero", "positive"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def moments_of(slopes: pd.DataFrame, plateau: Plateau | None) -> Moments:
    """Choose the points that are reported, each the nearest evaluation."""
    first, last = slopes.index[0], slopes.index[-1]
    wanted = [
        (
            Text("at the start", "开始"),
            first,
        ),
        (
            Text("at the end", "结束"),
            last,
        ),
    ]
    if plateau is not None:
        middle = (plateau.start + plateau.end) / 2
        wanted[1:1] = [
            (Text("on the plateau", "平台上"), middle),
            (
                Text("during the drop", "下降中"),
                plateau.fallen,
            ),
        ]
    return [
        (name, slopes.loc[slopes.index[np.abs(slopes.index - i).argmin()]]) for name, i in wanted
    ]


def phases(slopes: pd.DataFrame, plateau: Plateau) -> list[float]:
    """Return the gradient's median norm before the plateau, on it, and in the fall after it."""
    i = slopes.index
    masks = (
        i < plateau.start,
        (i >= plateau.start) & (i <= plateau.end),
        (i > plateau.end) & (i <= plateau.fallen),
    )
    return [float(slopes.norm[mask].median()) for mask in masks]
