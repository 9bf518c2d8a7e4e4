"""How epochs depend on the batch size and the learning rate together: a power law, and exceptions.

The fit is ``epochs = C · rate^a · batch size^b · noise``. A sum of steps of size η · gradient takes
one way to the minimum; an epoch makes n / batch size of them, so if nothing but the way counted, a
would be -1 and b would be 1.

Trials that did not converge count for what they say: that they need more than the epochs they
had. So the fit does not lean on those cells that happened to be fast.
"""

from dataclasses import dataclass
from math import erfc, pi, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from reports.statistics import by_cell
from reports.statistics.order_statistics import Array
from sweep.trial import TrialState

AXES = ("batch_size", "learning_rate")
"""The axes of the cells that are fitted."""

FACTOR = 1.5
"""A cell departs if its epochs are so many times more or fewer than the fit predicts."""

FEWEST = 5
"""So many different cells must have converged for a fit."""

FEWEST_REPEATS = 5
"""From so many repeats on, intervals come from how repeats differ."""

ON, SLOWER, FASTER = "on the law", "slower", "faster"
AGREES, OPEN, CONTRADICTS = "agrees", "open", "contradicts"
DIVERGED = "diverged"

DEPARTS = (SLOWER, FASTER, CONTRADICTS)
"""The verdicts of cells that are far from the fit."""


class Estimate(NamedTuple):
    """A number and the 95 % interval about it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PowerLawFit:
    """The fit ``epochs = constant · rate^rate_exponent · batch size^batch_exponent``.

    Attributes
    ----------
    constant, rate_exponent, batch_exponent : Estimate
        With 95 % intervals.
    noise : float
        The standard deviation of its logarithm.
    by_repeats : bool
        Whether the intervals come from how repeats differ. Otherwise all trials were taken to be
        independent, which those of one repeat are not, and the intervals are too narrow.
    """

    constant: Estimate
    rate_exponent: Estimate
    batch_exponent: Estimate
    noise: float
    by_repeats: bool

    def epochs(self, batch_sizes: ArrayLike, rates: ArrayLike) -> Array:
        """Return the median epochs at some batch sizes and learning rates."""
        b, eta = np.asarray(batch_sizes, float), np.asarray(rates, float)
        return np.asarray(
            self.constant.value * eta**self.rate_exponent.value * b**self.batch_exponent.value
        )

    @property
    def is_ratio(self) -> bool:
        """Whether the intervals allow what theory says: epochs ∝ batch size / rate."""
        return (
            self.rate_exponent.low <= -1 <= self.rate_exponent.high
            and self.batch_exponent.low <= 1 <= self.batch_exponent.high
        )


def fit(trials: pd.DataFrame, n_train: int) -> PowerLawFit | None:
    """Fit the power law to trials, those that did not converge counted as such.

    Logarithms of epochs are a line plus normal noise, cut off where the epochs ended: J. Tobin,
    Estimation of relationships for limited dependent variables, 1958. That losses are evaluated
    every 50 epochs only is left out of account. Intervals allow trials of one repeat to be alike
    (K.-Y. Liang and S. L. Zeger, Longitudinal data analysis using generalized linear models, 1986)
    where there are at least FEWEST_REPEATS repeats.

    Parameters
    ----------
    trials : DataFrame
        A row a trial: ``batch_size``, ``learning_rate``, ``repeat``, ``state`` and ``epochs``.
        Diverged and failed ones are left out: no number of epochs would do for them.
    n_train : int
        The batch size that the word full stands for.

    Returns
    -------
    PowerLawFit or None
        None if fewer than `FEWEST` cells converged, or all of one rate or of one batch size, or all
        after the same epochs: without noise the likelihood has no maximum.
    """
    left = (TrialState.DIVERGED, TrialState.FAILED)
    some = trials[~trials.state.isin(left) & (trials.epochs > 0)]
    seen = (some.state == TrialState.CONVERGED).to_numpy()
    cells = some.loc[seen, list(AXES)].drop_duplicates()
    if len(cells) < FEWEST or (cells.nunique() < 2).any() or some.epochs[seen].nunique() < 2:
        return None
    sizes = some.batch_size.replace("full", n_train).astype(float)
    X = np.column_stack(
        [np.ones(len(some)), np.log(some.learning_rate.astype(float)), np.log(sizes)]
    )
    line = censored_line(X, np.log(some.epochs.to_numpy(float)), seen)
    repeats = some["repeat"].to_numpy()
    by_repeats = len(np.unique(repeats)) >= FEWEST_REPEATS
    low, high = line.intervals(repeats if by_repeats else None)
    a, b, c = (Estimate(*map(float, each)) for each in zip(line.slopes, low, high, strict=True))
    constant = Estimate(*np.exp([a.value, a.low, a.high]).tolist())
    return PowerLawFit(constant, b, c, line.noise, by_repeats)


@dataclass(frozen=True)
class CensoredLine:
    """A line through points of which some are only known to lie higher.

    Attributes
    ----------
    slopes : ndarray, shape (k,)
    noise : float
    scores : ndarray, shape (n, k + 1)
        The gradient of each point's log-likelihood at the maximum, for (slopes, 1) / noise.
    curvature : ndarray, shape (k + 1, k + 1)
        Minus the Hessian of their sum.
    """

    slopes: Array
    noise: float
    scores: Array
    curvature: Array

    def intervals(self, clusters: NDArray[np.int64] | None) -> tuple[Array, Array]:
        """Return the ends of the slopes' 95 % intervals, shape (k,) each.

        Parameters
        ----------
        clusters : ndarray of int, shape (n,), optional
            Points with the same number may be alike; without it all are independent.
        """
        covariance, quantile = np.linalg.inv(self.curvature), 1.959964
        if clusters is not None:
            names, place = np.unique(clusters, return_inverse=True)
            sums = np.zeros((len(names), self.scores.shape[1]))
            np.add.at(sums, place, self.scores)
            covariance = covariance @ (sums.T @ sums) @ covariance
            covariance *= len(names) / (len(names) - 1)
            quantile = student_quantile(len(names) - 1)
        # slopes = (scaled slopes) / (1 / noise), so by the delta method
        k = len(self.slopes)
        J = self.noise * np.column_stack([np.eye(k), -self.slopes])
        error = quantile * np.sqrt(np.diag(J @ covariance @ J.T))
        return self.slopes - error, self.slopes + error


def censored_line(X: Array, y: Array, seen: "NDArray[np.bool_]") -> CensoredLine:
    """Find the most likely line through points of which some are only known to lie higher.

    In the scaled slopes γ = β / σ and θ = 1 / σ the likelihood has one maximum only (R. J. Olsen,
    Note on the uniqueness of the maximum likelihood estimator for the Tobit model, 1978), and
    Newton's method finds it. With e = θ y - X γ a point that was seen adds log θ - e² / 2, and one
    that was not adds the logarithm of the normal tail beyond e.

    Parameters
    ----------
    X : ndarray, shape (n, k)
    y : ndarray, shape (n,)
    seen : ndarray of bool, shape (n,)
    """
    start, *_ = np.linalg.lstsq(X, y, rcond=None)
    spread = max(float(np.std(y - X @ start)), 1e-3)
    v = np.append(start, 1.0) / spread  # (γ, θ)
    Z = np.column_stack([X, -y])  # so that e = -Z v
    value, scores, curvature = _likelihood(v, Z, seen)
    for _ in range(100):
        step = np.linalg.solve(curvature, scores.sum(axis=0))
        size = 1.0
        while size > 1e-10:
            trial = v + size * step
            if trial[-1] > 0 and (found := _likelihood(trial, Z, seen))[0] >= value:
                break
            size /= 2
        else:
            break
        gain, (value, scores, curvature), v = found[0] - value, found, trial
        if gain < 1e-10 * (1 + abs(value)):
            break
    return CensoredLine(v[:-1] / v[-1], float(1 / v[-1]), scores, curvature)


def _likelihood(v: Array, Z: Array, seen: "NDArray[np.bool_]") -> tuple[float, Array, Array]:
    """Return the log-likelihood, its gradient by point (n, k + 1), and minus its Hessian."""
    theta, e = v[-1], -Z @ v
    hidden = e[~seen]
    log_tail, mills = _tail(hidden)
    slope = e.copy()  # of minus the log-likelihood, by e
    slope[~seen] = mills
    bend = np.ones(len(e))
    bend[~seen] = mills * (mills - hidden)
    scores = Z * slope[:, None]
    scores[seen, -1] += 1 / theta
    curvature = (Z * bend[:, None]).T @ Z
    curvature[-1, -1] += seen.sum() / theta**2
    value = seen.sum() * np.log(theta) - 0.5 * float(e[seen] @ e[seen]) + float(log_tail.sum())
    return value, scores, curvature


def _tail(e: Array) -> tuple[Array, Array]:
    """Return the logarithm of the normal tail beyond e, and density over tail.

    Beyond 25, where the tail is nearly no number any more, by its asymptotic series.
    """
    near = np.minimum(e, 25.0)
    tail = 0.5 * np.array([erfc(value / sqrt(2)) for value in near])
    mills = np.exp(-0.5 * near**2) / sqrt(2 * pi) / tail
    far = e > 25.0
    mills = np.where(far, e + 1 / np.maximum(e, 1) - 2 / np.maximum(e, 1) ** 3, mills)
    log_far = -0.5 * e**2 - 0.5 * np.log(2 * pi) - np.log(np.where(far, mills, 1.0))
    return np.where(far, log_far, np.log(tail)), mills


def student_quantile(degrees: int) -> float:
    """Return the 97.5 % point of Student's t distribution, within half a percent from 4 degrees on.

    By the expansion of E. A. Cornish and R. A. Fisher, 1938.
    """
    z, v = 1.959964, float(degrees)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def judge(trials: pd.DataFrame, n_train: int) -> tuple[PowerLawFit | None, pd.DataFrame]:
    """Fit the power law to trials, and hold the median of each cell against it.

    Parameters
    ----------
    trials, n_train
        As of `fit`, with ``test_r2``.

    Returns
    -------
    law : PowerLawFit or None
    cells : DataFrame
        A row a cell, as of `by_cell.of_cells`, with ``batch_size``, ``learning_rate``, ``ratio``
        (of the two), ``epochs`` (the median), ``cap`` (the most epochs that one of its trials
        had), ``predicted`` (epochs by the fit), ``factor`` (times more than predicted, NaN where
        not converged) and ``verdict``: on the law, slower, faster; for a cell that used up its
        epochs agrees (the fit predicts more than those), contradicts (`FACTOR` times fewer), open
        (between); diverged; and without a fit an empty word. Five or more repeats must agree: a
        cell whose interval holds the prediction is on the law, whatever its median is.
    """
    law, trained = fit(trials, n_train), trials[trials.state != TrialState.FAILED]
    most = trained.groupby(list(AXES), sort=False).epochs.max()
    cells = by_cell.of_cells(trained, AXES).assign(cap=most).reset_index()
    sizes = cells.batch_size.replace("full", n_train).astype(float)
    cells = cells.rename(columns={"median": "epochs"}).assign(ratio=sizes / cells.learning_rate)
    if law is None:
        return None, cells.assign(predicted=np.nan, factor=np.nan, verdict="")
    reached = np.isfinite(cells.epochs.to_numpy(float))
    predicted = law.epochs(sizes, cells.learning_rate)
    factor = np.where(reached, cells.epochs / predicted, np.nan)
    held = (cells.low <= predicted) & (predicted <= cells.high)  # NaN holds nothing
    verdicts = {
        DIVERGED: (2 * cells.diverged > cells.n) & ~reached,
        ON: reached & (held | (factor <= FACTOR) & (factor >= 1 / FACTOR)),
        SLOWER: factor > FACTOR,
        FASTER: factor < 1 / FACTOR,
        AGREES: predicted > cells.cap,
        CONTRADICTS: predicted * FACTOR < cells.cap,
    }
    verdict = np.select(list(verdicts.values()), list(verdicts), OPEN)
    return law, cells.assign(predicted=predicted, factor=factor, verdict=verdict)
