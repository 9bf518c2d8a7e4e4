"""The figure of a search: what each trial came to, and the best so far."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.fits import in_figure
from reports.figures.style import GREY, INK, ORANGE, SKY, dress
from reports.statistics.measure import Measure
from reports.words import say, word
from sweep.trial import TrialState

_STYLES = {
    TrialState.CONVERGED: {"marker": "o", "color": SKY},
    TrialState.EXHAUSTED: {"marker": "s", "color": ORANGE},
    TrialState.PRUNED: {"marker": "x", "color": GREY},
}


def progress_figure(trials: pd.DataFrame, measure: Measure) -> Figure:
    """Draw the last value of each trial in the order of the search, and the best so far.

    What diverged or failed isn't drawn.
    """
    return in_figure(partial(_progress, trials=trials, measure=measure))


def _progress(ax: Axes, trials: pd.DataFrame, measure: Measure) -> Axes:
    number = np.arange(1, len(trials) + 1)
    loss = trials[measure.name].to_numpy(float)
    drawn = np.isfinite(loss)
    is_log = not measure.maximize and bool((loss[drawn] > 0).all())
    for state, style in _STYLES.items():
        some = drawn & (trials.state == state).to_numpy()
        if some.any():
            (points,) = ax.plot(number[some], loss[some], ls="", ms=5, mew=1.2)
            points.set(label=word(str(state)), **style)
    final = drawn & (trials.state != TrialState.PRUNED).to_numpy()
    if final.any():
        costs = np.where(final, measure.as_cost(loss), np.nan)
        best = measure.as_cost(np.fmin.accumulate(costs))
        ax.step(number, best, where="post", color=INK, lw=1.4, label=word("best so far"))
        ax.set_yscale("log" if is_log else "linear")
        ax.legend(fontsize=9)
    ax.set(xlabel=word("trial"), ylabel=say(measure.title))
    ax.set_title(word("search"), fontsize=11, loc="left")
    dress(ax)
    return ax
