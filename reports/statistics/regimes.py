"""Too low, good, too high, diverging: a learning rate judged by its loss curve.

The rules, for the losses on the validation set of one training:

1. *Diverging*: a loss is not finite, or the last fifth lies over ten times what a constant guess
   would have.
2. *Good*: it reached the target. Where no training does: it doesn't jump, and its last fifth is
   within a quarter of the lowest there is.
3. *Too high*: it jumps, which is that in its second half the loss goes up at least every third
   time and usually changes by over 10 % from one evaluation to the next; or it is not good, and all
   good rates are lower.
4. *Too low*: all others. They don't jump, but have not arrived.

Of several repeats the most frequent verdict counts; of equally frequent ones the last above.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

REGIMES = ("too low", "good", "too high", "diverging")

FAR, NEAR = 10.0, 1.25
RISES, JUMP = 1 / 3, 0.1


def judge(history: pd.DataFrame, target_loss: float, guess: float) -> pd.DataFrame:
    """Judge each training of a row of learning rates.

    Parameters
    ----------
    history : DataFrame
        A row an evaluation: `learning_rate, repeat, epoch, validation_loss`.
    target_loss : float
        The loss at which training stopped.
    guess : float
        The loss of the best constant.

    Returns
    -------
    DataFrame
        A row a run, by rate: ``learning_rate``, ``repeat``, ``epochs``, ``last`` (the last
        loss), ``level`` (the median of the last fifth), ``lower`` and ``upper`` (its range),
        ``jump`` (the usual relative change in the second half), ``rises`` (the share of steps up
        in it) and ``regime``.
    """
    losses = history.assign(loss=history["validation_loss"].fillna(np.inf))
    rows = [
        {"learning_rate": rate, "repeat": repeat, "epochs": run["epoch"].max()}
        | _measures(run["loss"].to_numpy(float))
        for (rate, repeat), run in losses.groupby(["learning_rate", "repeat"])
    ]
    judged = pd.DataFrame(rows).sort_values(["learning_rate", "repeat"], ignore_index=True)
    reached = judged["last"] <= target_loss
    infinite = ~np.isfinite(judged["last"]) | (judged["level"] > FAR * guess)
    jumps = (judged["rises"] >= RISES) & (judged["jump"] > JUMP)
    lowest = judged["level"][~jumps].min()
    near = (judged["level"] <= NEAR * lowest) & ~jumps & ~infinite
    good = reached if reached.any() else near
    above = judged["learning_rate"] > judged["learning_rate"][good].max()
    verdict = np.select([infinite, good, jumps | above], [3, 1, 2], 0)
    return judged.assign(regime=[REGIMES[i] for i in verdict])


def _measures(losses: NDArray[np.float64]) -> dict[str, float]:
    """Measure the end of a loss curve."""
    last = losses[-max(1, len(losses) // 5) :]
    measures = {"last": losses[-1], "level": np.median(last)}
    measures |= {"lower": last.min(), "upper": last.max(), "jump": 0.0, "rises": 0.0}
    second_half = losses[len(losses) // 2 :]
    if len(second_half) > 1 and np.isfinite(second_half).all():
        steps = np.diff(np.log(np.maximum(second_half, np.finfo(float).tiny)))
        measures["jump"] = float(np.expm1(np.median(np.abs(steps))))
        measures["rises"] = float((steps > 0).mean())
    return {name: float(value) for name, value in measures.items()}


def of_rates(judged: pd.DataFrame) -> "pd.Series[str]":
    """Return the regime of each rate, the most frequent one of its repeats."""

    def verdict(regimes: "pd.Series[str]") -> str:
        counts = regimes.value_counts()
        return str(max(counts.index[counts == counts.max()], key=REGIMES.index))

    return judged.groupby("learning_rate")["regime"].agg(verdict)


def representatives(judged: pd.DataFrame) -> dict[str, tuple[float, int]]:
    """Choose a rate, and one of its repeats, to stand for each regime that occurs.

    Good: the fewest epochs, ties by the lower level. Too low: the one nearest to a tenth of the
    good one. Too high: the middle one. Diverging: the lowest.

    Returns
    -------
    dict of str to (learning rate, repeat)
        In the order of `REGIMES`.
    """
    verdicts = of_rates(judged)
    fits = judged[judged["regime"] == judged["learning_rate"].map(verdicts)]
    chosen: dict[str, float] = {}
    good = fits[fits["regime"] == "good"].groupby("learning_rate")[["epochs", "level"]].median()
    if len(good):
        chosen["good"] = float(good.sort_values(["epochs", "level"]).index[0])
    for regime in ("too low", "too high", "diverging"):
        rates = verdicts.index[verdicts == regime].to_numpy(float)
        if len(rates):
            wanted = {
                "too low": chosen["good"] / 10 if "good" in chosen else rates[-1],
                "too high": rates[len(rates) // 2],
                "diverging": rates[0],
            }[regime]
            chosen[regime] = float(min(rates, key=lambda rate: abs(np.log(wanted / rate))))
    return {
        name: (chosen[name], int(fits[fits["learning_rate"] == chosen[name]]["repeat"].min()))
        for name in REGIMES
        if name in chosen
    }
