"""Gradient and curvature of the loss of the full training set during a trial."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from network.analysis.curvature import Gradient, full_gradient, hessian, settle, signs
from network.analysis.plateaus import Plateau, find_plateau
from reports.words import Text
from studies.experiment.result import PlanResult
from studies.lectures.analysis import networks
from studies.objectives.two_layer import PATH
from sweep.trial import Trial

Moments = list[tuple[Text, "pd.Series[Any]"]]
"""Named points of a run, each with its row of `gradients_along`."""

POINTS = 40
"""Number of evaluations of a trial that are examined."""

SAMPLES = 40_000
"""Limit on the samples of all of them together: with more data, fewer are examined."""


def gradient_of(result: PlanResult, trial: Trial) -> Gradient:
    """Return the gradient of the loss of all training samples for a trial's network."""
    data, shapes = result.dataset, networks.initial(result, trial)
    f, task = networks.activation_of(result, trial), networks.task_of(result, trial)
    return full_gradient(data.train_x, data.train_y, shapes, f, task)


def plateau_of(result: PlanResult, trial: Trial) -> Plateau | None:
    """Find the plateau in the training loss of a trial."""
    return find_plateau(*networks.train_losses(result, trial))


def gradients_along(result: PlanResult, trial: Trial) -> pd.DataFrame:
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
    wanted = {Text("at the start", "开始"): float(slopes.index[0])}
    if plateau is not None:
        wanted[Text("on the plateau", "平台上")] = (plateau.start + plateau.end) / 2
        wanted[Text("during the drop", "下降中")] = plateau.fallen
    wanted[Text("at the end", "结束")] = float(slopes.index[-1])
    nearest = {name: int(np.abs(slopes.index - i).argmin()) for name, i in wanted.items()}
    return [(name, slopes.iloc[i]) for name, i in nearest.items()]


def phases(slopes: pd.DataFrame, plateau: Plateau) -> list[float]:
    """Return the gradient's median norm before the plateau, on it, and during the drop."""
    ends = (-np.inf, plateau.start, plateau.end + 1, plateau.fallen + 1)
    i = slopes.index
    return [float(slopes.norm[(i >= first) & (i < end)].median()) for first, end in pairwise(ends)]
