"""The figure of a search: what each trial came to, and the best so far."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.fits import in_figure
from reports.figures.style import GREY, INK, ORANGE, SKY, dress
from reports.words import word
from sweep.trial import TrialState

_STYLES = {
    TrialState.CONVERGED: ("o", SKY),
    TrialState.EXHAUSTED: ("s", ORANGE),
    TrialState.PRUNED: ("x", GREY),
}


def progress(ax: Axes, trials: pd.DataFrame) -> Axes:
    """Draw the validation loss of each trial in their order, and the best so far.

    Parameters
    ----------
    ax : Axes
    trials : DataFrame
        As of `trials_frame`, in the order of the search. What diverged or failed isn't drawn.
    """
    number = np.arange(1, len(trials) + 1)
    loss = trials.validation_loss.to_numpy(float)
    drawn = np.isfinite(loss) & (loss > 0)
    for state, (marker, color) in _STYLES.items():
        some = drawn & (trials.state == state).to_numpy()
        if some.any():
            points = ax.plot(number[some], loss[some], ls="", ms=5, mew=1.2)
            style = {"marker": marker, "color": color, "label": word(str(state))}
            points[0].set(**style)
    final = drawn & (trials.state != TrialState.PRUNED).to_numpy()
    if final.any():
        best = np.fmin.accumulate(np.where(final, loss, np.nan))
        ax.step(number, best, where="post", color=INK, lw=1.4, label=word("best so far"))
        ax.set_yscale("log")
        ax.legend(fontsize=9)
    ax.set(xlabel=word("trial"), ylabel=word("validation_loss"))
    ax.set_title(word("search"), fontsize=11, loc="left")
    dress(ax)
    return ax


def progress_figure(trials: pd.DataFrame) -> Figure:
    """Return a figure of it."""
    return in_figure(partial(progress, trials=trials))
