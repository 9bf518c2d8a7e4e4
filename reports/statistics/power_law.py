"""How epochs depend on the batch size and the learning rate together: a power law, and exceptions.

The fit is ``epochs = C · rate^a · batch size^b``. A sum of steps of size η · gradient takes one way
to the minimum; an epoch makes n / batch size of them, so if nothing but the way counted, a would be
-1 and b would be 1.

It is fitted to the medians of cells, and those that did not reach the target count for what they
say: that they need more than the epochs they had. Trials would not do in their place. Their epochs
have a long tail of bad starts, which pulls the line above most medians.
"""

from dataclasses import dataclass
from math import erfc, pi, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.statistics import by_cell
from reports.statistics.order_statistics import Array

AXES = ("batch_size", "learning_rate")
"""The axes of the cells that are fitted."""

FACTOR = 1.5
"""A cell departs if its epochs are so many times more or fewer than the fit predicts."""

FEWEST = 7
"""So many different cells must have converged for a fit."""

MOST_DEPART = 0.25
"""Where a larger share of the cells departs, the power law does not hold."""

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

    @property
    def may_be_zero(self) -> bool:
        """Whether the interval contains 0."""
        return self.low <= 0 <= self.high


@dataclass(frozen=True)
class PowerLawFit:
    """The fit ``epochs = constant · rate^rate_exponent · batch size^batch_exponent``.

    Attributes
    ----------
    constant : float
    rate_exponent, batch_exponent : Estimate
        With intervals that take the departures of cells from the fit to be independent.
    r2 : float
        The share of the variance of the logarithms that it explains, over the cells that reached
        the target.
    reached, within : int
        How many cells reached the target, and how many of these lie within `FACTOR` of the fit.
    contradicted : int
        How many did not reach it although the fit predicts far fewer epochs than they had.
    """

    constant: float
    rate_exponent: Estimate
    batch_exponent: Estimate
    r2: float
    reached: int
    within: int
    contradicted: int

    @property
    def holds(self) -> bool:
        """Whether both exponents are known not to be 0, and few cells depart."""
        judged = self.reached + self.contradicted
        few = judged - self.within <= MOST_DEPART * judged
        return few and not (self.rate_exponent.may_be_zero or self.batch_exponent.may_be_zero)

    @property
    def is_ratio(self) -> bool:
        """Whether the intervals allow what theory says: epochs ∝ batch size / rate."""
        return (
            self.rate_exponent.low <= -1 <= self.rate_exponent.high
            and self.batch_exponent.low <= 1 <= self.batch_exponent.high
        )


@dataclass(frozen=True)
class CensoredLine:
    """A line through points of which some are only known to lie higher.

    Attributes
    ----------
    slopes : ndarray, shape (k,)
    noise : float
    n_seen : int
        How many of the points were seen.
    curvature : ndarray, shape (k + 1, k + 1)
        Minus the Hessian of the log-likelihood at its maximum, for (slopes, 1) / noise.
    """

    slopes: Array
    noise: float
    n_seen: int
    curvature: Array

    def errors(self) -> Array:
        """Return half the width of each slope's 95 % interval."""
        # slopes = (scaled slopes) / (1 / noise), so by the delta method
        k = len(self.slopes)
        J = self.noise * np.column_stack([np.eye(k), -self.slopes])
        variances = np.diag(J @ np.linalg.inv(self.curvature) @ J.T)
        degrees = self.n_seen - k
        # the likelihood takes the noise to be known, and smaller than it is
        return np.asarray(student_quantile(degrees) * np.sqrt(variances * self.n_seen / degrees))


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
    value, gradient, curvature = _likelihood(v, Z, seen)
    for _ in range(100):
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > 1e-10:
            trial = v + size * step
            if trial[-1] > 0 and (found := _likelihood(trial, Z, seen))[0] >= value:
                break
            size /= 2
        else:
            break
        gain, (value, gradient, curvature), v = found[0] - value, found, trial
        if gain < 1e-10 * (1 + abs(value)):
            break
    return CensoredLine(v[:-1] / v[-1], float(1 / v[-1]), int(seen.sum()), curvature)


def _likelihood(v: Array, Z: Array, seen: "NDArray[np.bool_]") -> tuple[float, Array, Array]:
    """Return the log-likelihood, its gradient, shape (k + 1,), and minus its Hessian."""
    theta, e = v[-1], -Z @ v
    hidden = e[~seen]
    log_tail, mills = _tail(hidden)
    slope = e.copy()  # of minus the log-likelihood, by e
    slope[~seen] = mills
    bend = np.ones(len(e))
    bend[~seen] = mills * (mills - hidden)
    gradient = Z.T @ slope
    gradient[-1] += seen.sum() / theta
    curvature = (Z * bend[:, None]).T @ Z
    curvature[-1, -1] += seen.sum() / theta**2
    value = seen.sum() * np.log(theta) - 0.5 * float(e[seen] @ e[seen]) + float(log_tail.sum())
    return value, gradient, curvature


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


def _can_be_fitted(X: Array, y: Array, seen: "NDArray[np.bool_]") -> bool:
    """Tell whether enough was seen for a line, and with noise: else there is no likeliest one."""
    if seen.sum() < FEWEST:
        return False
    return bool(np.linalg.matrix_rank(np.column_stack([X, y])[seen]) > X.shape[1])


def _trimmed_line(X: Array, y: Array, seen: "NDArray[np.bool_]") -> CensoredLine:
    """Find the most likely line through all points but those that depart from it by `FACTOR`."""
    kept = np.full(len(y), True)
    for _ in range(10):
        line = censored_line(X[kept], y[kept], seen[kept])
        residuals = y - X @ line.slopes
        near = np.where(seen, np.abs(residuals), residuals) <= np.log(FACTOR)
        if (near == kept).all() or not _can_be_fitted(X[near], y[near], seen[near]):
            break
        kept = near
    return line


def judge(trials: pd.DataFrame, n_train: int) -> tuple[PowerLawFit | None, pd.DataFrame]:
    """Fit the power law to the medians of cells, and hold each against it.

    Logarithms of medians are a line plus normal noise, cut off where the epochs ended: J. Tobin,
    Estimation of relationships for limited dependent variables, 1958. Cells that depart from the
    line are left out, and it is fitted again until it stays: a single one that never converges,
    where the rate is too high, would move it away from all others. That losses are evaluated every
    50 epochs only is left out of account.

    Parameters
    ----------
    trials : DataFrame
        A row a trial: ``batch_size``, ``learning_rate``, ``repeat``, ``state``, ``epochs`` and
        ``test_r2``.
    n_train : int
        The batch size that the word full stands for.

    Returns
    -------
    law : PowerLawFit or None
        None if fewer than `FEWEST` cells converged, or all of one rate or of one batch size, or if
        a line goes exactly through them.
    cells : DataFrame
        A row a cell, as of `by_cell.of_cells`, with ``batch_size``, ``learning_rate``, ``ratio``
        (of the two), ``epochs`` (the median), ``predicted`` (epochs by the fit), ``factor`` (times
        more than predicted, NaN where not converged) and ``verdict``: on the law, slower, faster;
        for a cell that used up its epochs agrees (the fit predicts more than those), contradicts
        (`FACTOR` times fewer), open (between); diverged. Without a law that holds there is no
        prediction, and the verdict is an empty word.
    """
    cells = by_cell.of_cells(trials, AXES).reset_index().rename(columns={"median": "epochs"})
    cells = cells[cells.n > 0].reset_index(drop=True)  # in the others all trials failed
    sizes = cells.batch_size.astype(str).replace("full", str(n_train)).astype(float)
    cells = cells.assign(ratio=sizes / cells.learning_rate)
    reached = np.isfinite(cells.epochs.to_numpy(float))
    lost = (2 * cells.diverged >= cells.n).to_numpy() & ~reached
    unknown = cells.assign(predicted=np.nan, factor=np.nan, verdict="")
    X = np.column_stack(
        [np.ones(len(cells)), np.log(cells.learning_rate.astype(float)), np.log(sizes)]
    )
    limits = np.where(reached, cells.epochs, cells.cap)
    logs = np.log(np.where(lost, 1.0, limits))
    if not _can_be_fitted(X, logs, reached):
        return None, unknown
    line = _trimmed_line(X[~lost], logs[~lost], reached[~lost])
    predicted = np.exp(X @ line.slopes)
    factor = np.where(reached, cells.epochs / predicted, np.nan)
    verdicts = {
        DIVERGED: lost,
        ON: reached & (factor <= FACTOR) & (factor >= 1 / FACTOR),
        SLOWER: factor > FACTOR,
        FASTER: factor < 1 / FACTOR,
        AGREES: predicted > limits,
        CONTRADICTS: predicted * FACTOR < limits,
    }
    verdict = np.select(list(verdicts.values()), list(verdicts), OPEN)
    _, rate, size = (
        Estimate(float(slope), float(slope - error), float(slope + error))
        for slope, error in zip(line.slopes, line.errors(), strict=True)
    )
    residuals = np.log(factor[reached])
    law = PowerLawFit(
        constant=float(np.exp(line.slopes[0])),
        rate_exponent=rate,
        batch_exponent=size,
        r2=float(1 - (residuals @ residuals) / (len(residuals) * logs[reached].var())),
        reached=len(residuals),
        within=int((verdict == ON).sum()),
        contradicted=int((verdict == CONTRADICTS).sum()),
    )
    if not law.holds:
        return law, unknown
    return law, cells.assign(predicted=predicted, factor=factor, verdict=verdict)
