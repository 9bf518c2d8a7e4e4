"""Figures of training, validation and test set: losses, fluctuations and fits."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from reports.figures.fits import fit
from reports.figures.losses import HUGE
from reports.figures.style import (
    GREY,
    INK,
    ORANGE,
    SKY,
    dress,
    label_outer,
    line_key,
    panels_figure,
)
from reports.words import Text, say, word

LINES: Mapping[str, tuple[Text, str, float]] = {
    "train_loss": (Text("training set", "训练集"), SKY, 2.4),
    "validation_loss": (Text("validation set", "验证集"), INK, 1.5),
    "test_loss": (Text("test set", "测试集"), ORANGE, 1.5),
}
"""The three sets: name, colour and width of a line."""


def three_losses(runs: Mapping[Text, pd.DataFrame], note: Text | None = None) -> Figure:
    """Draw the three losses of each run and mark the lowest validation loss.

    Parameters
    ----------
    runs : mapping of Text to DataFrame
        By the panel's title, a row an evaluation: `epoch, train_loss, validation_loss,
        test_loss`.
    note : Text, optional
        Follows the title.
    """
    title = str(Text("Loss on the three sets", "三个集合上的损失")) + (
        f" ({say(note)})" if note else ""
    )
    figure, panels = panels_figure(len(runs), len(runs), 3.6, [title, "", ""], height=3, gap=0.35)
    losses = np.concatenate([run[list(LINES)].to_numpy(float).ravel() for run in runs.values()])
    seen = losses[(losses > 0) & (losses < HUGE)]
    limits = (0.8 * seen.min(), 1.2 * np.quantile(seen, 0.995)) if seen.size else (0.1, 1.0)
    for ax, (name, run) in zip(panels, runs.items(), strict=True):
        for column, (label, colour, width) in LINES.items():
            loss = run[column].where(run[column] < HUGE)
            ax.plot(run["epoch"], loss, color=colour, linewidth=width, label=say(label))
        lowest = run["validation_loss"].fillna(np.inf).argmin()
        place = run["epoch"].iloc[lowest], run["validation_loss"].iloc[lowest]
        label = say(Text("lowest validation loss", "验证损失最低点"))
        ax.plot(*place, color=INK, marker="v", markersize=8, linestyle="", label=label)
        ax.set(yscale="log", ylim=limits, xlabel=word("epoch"), ylabel=word("loss axis"))
        ax.set_title(say(name), fontsize=9)
        dress(ax)
    for ax in panels[1:]:
        ax.set_ylabel("")
        ax.tick_params(labelleft=False, which="both")
    line_key(figure, panels)
    return figure


def jumps(history: pd.DataFrame, samples: Mapping[int, NDArray[np.float64]]) -> Figure:
    """Draw the fluctuation of the mini-batch loss and its variation over random samples.

    Parameters
    ----------
    history : DataFrame
        The evaluations to show: `epoch, batch_loss, validation_loss`.
    samples : mapping of int to ndarray
        Losses of one and the same network on random sets of samples, by the sets' size.
    """
    title = Text("Why the loss of a mini-batch fluctuates", "小批损失为什么波动")
    figure, (left, right) = panels_figure(2, 2, 3.6, [say(title)], height=3, gap=0.4)
    for column, colour, width in (("batch_loss", SKY, 1.0), ("validation_loss", INK, 1.6)):
        left.plot(
            history["epoch"],
            1000 * history[column],
            color=colour,
            linewidth=width,
            label=word(column),
        )
    left.set(xlabel=word("epoch"), ylabel=str(Text("loss / 0.001", "损失 / 0.001")))
    left.set_title(say(Text("the last evaluations of the run", "训练的最后若干次评估")), fontsize=9)
    top = 1.02 * max(np.quantile(losses, 0.995) for losses in samples.values())
    bins = np.linspace(0.98 * min(losses.min() for losses in samples.values()), top, 40)
    label = Text("on {n} random samples", "在 {n} 个随机样本上")
    styles = ((SKY, "/" * 5), (GREY, ""))
    for (n, losses), (colour, hatch) in zip(samples.items(), styles, strict=False):
        look: dict[str, Any] = {"color": colour, "alpha": 0.75, "density": True, "hatch": hatch}
        right.hist(
            1000 * losses.clip(max=top),
            bins=(1000 * bins).tolist(),
            label=say(label.fill(n=n)),
            **look,
        )
    right.set(
        xlabel=str(Text("loss / 0.001", "损失 / 0.001")), ylabel=say(Text("frequency", "频率"))
    )
    right.set_yticks([])
    right.xaxis.set_major_locator(MaxNLocator(6))
    right.set_title(
        say(Text("the final network on random samples", "最终网络在随机样本上")), fontsize=9
    )
    for ax in (left, right):
        ax.legend(fontsize=8)
        dress(ax)
    low, high = left.get_ylim()
    left.set_ylim(low, high + 0.25 * (high - low))  # room for the legend
    return figure


class Fit(NamedTuple):
    """A network with its training samples: a panel of `fits_of_sets`."""

    title: Text
    train_x: ArrayLike
    train_y: ArrayLike
    predicted_y: ArrayLike


def fits_of_sets(
    fits: Sequence[Fit], test_x: ArrayLike, test_y: ArrayLike, *, test_is_curve: bool
) -> Figure:
    """Draw a panel for each network, with its training samples and the test set."""
    title = say(Text("Fit of each network to its training samples", "各网络对其训练样本的拟合"))
    figure, panels = panels_figure(len(fits), len(fits), 3.6, [title, ""], gap=0.3)
    labels = np.concatenate([np.ravel(fits[0].train_y), np.ravel(test_y)])
    margin = 0.15 * np.ptp(labels)
    for ax, (name, train_x, train_y, predicted) in zip(panels, fits, strict=True):
        fit(
            ax,
            train_x=train_x,
            train_y=train_y,
            test_x=test_x,
            test_y=test_y,
            predicted_y=predicted,
            test_is_curve=test_is_curve,
            legend=False,
        )
        ax.set_ylim(labels.min() - margin, labels.max() + margin)
        ax.set_title(say(name), fontsize=9)
        if np.size(train_x) <= 100:  # few points are hard to see
            ax.get_lines()[0].set(alpha=1, markersize=5, zorder=4)
    label_outer(panels, len(fits))
    line_key(figure, panels)
    return figure
