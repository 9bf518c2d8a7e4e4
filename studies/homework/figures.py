"""The figures of a grid: which there are, and what each shows."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reports.figures.writer import ENDINGS, FigureWriter, draw
from reports.files import remove_others
from reports.tables import tables
from reports.words import COSTS, Text, capital
from studies.homework import plots
from studies.homework.result import GridResult
from studies.homework.table import CELL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CAPTIONS = {
    "epochs_map": Text(
        "{cost} until the validation loss reached the target.", "验证损失达到目标所需的{cost}。"
    ),
    "accuracy_map": Text("Accuracy: R² on the test set.", "准确率：测试集上的 R²。"),
    "best_fit": Text("The best combination's network and the data.", "最佳组合的网络与数据。"),
    "loss_by_batch_size": Text(
        "Validation loss, a panel for each batch size.", "验证损失，每个批大小一幅小图。"
    ),
    "loss_by_learning_rate": Text(
        "Validation loss, a panel for each learning rate.", "验证损失，每个学习率一幅小图。"
    ),
    "cells": Text(
        "Each cell by itself: the loss on the last mini-batch jumps, the validation loss does not.",
        "各格单独显示：最后一个小批量的损失会跳动，验证损失则不会。",
    ),
}
"""The names and captions of a grid's figures, in a report's order; the last take longest."""


@dataclass(frozen=True)
class GridFigure:
    """A figure to be drawn.

    Attributes
    ----------
    name : str
        One of CAPTIONS; with several numbers of hidden units ``_h4`` and so on follow.
    caption : Text
    draw : callable
        Returns the Figure; can be sent to another process.
    """

    name: str
    caption: Text
    draw: "Callable[[], Figure]"

    @property
    def path(self) -> str:
        """Where the figure lies, seen from the report."""
        return f"figures/{self.name}.png"


def of(result: GridResult, n_hidden: int) -> list[GridFigure]:
    """Return the figures of one number of hidden units."""
    suffix = f"_h{n_hidden}" if len(result.hidden) > 1 else ""
    return [
        GridFigure(name + suffix, capital(CAPTIONS[name].fill(cost=COSTS[result.cost])), draw)
        for name, draw in _drawings(result, n_hidden).items()
    ]


def _drawings(result: GridResult, n_hidden: int) -> "dict[str, Callable[[], Figure]]":
    losses, cells, best = result.losses(n_hidden), result.cells(n_hidden), result.best(n_hidden)
    target, place = result.target_loss, best.place if best else None
    spent, accuracy, spent_text, accuracy_text = (
        tables.table(cells, column) for column in ("cost", "accuracy", "cost_text", "accuracy_text")
    )
    drawings: dict[str, Callable[[], Figure]] = {
        "epochs_map": partial(
            draw, "heat_maps.epochs_map", spent, spent_text, target, place, cost=result.cost
        ),
        "accuracy_map": partial(draw, "heat_maps.accuracy_map", accuracy, accuracy_text, place),
    }
    if n_hidden in result.networks:
        drawings["best_fit"] = partial(draw, "fits.in_figure", plots.fit(result, n_hidden))
    if len(losses):
        drawings |= {
            "loss_by_batch_size": partial(
                draw, "losses.by_panel", losses, target, "batch_size", "learning_rate"
            ),
            "loss_by_learning_rate": partial(
                draw, "losses.by_panel", losses, target, "learning_rate", "batch_size"
            ),
            "cells": partial(draw, "losses.cells", losses, target, CELL),
        }
    return drawings


@contextmanager
def drawing(
    folder: Path, figures: Mapping[int, Sequence[GridFigure]], writer: FigureWriter
) -> Iterator[None]:
    """Draw and write all figures while the context goes on, and remove those of an earlier run."""
    all_figures = [figure for some in figures.values() for figure in some]
    with writer.drawing({folder / figure.name: figure.draw for figure in all_figures}):
        yield
    remove_earlier(folder, {figure.name for figure in all_figures})


def remove_earlier(folder: Path, names: Collection[str] = ()) -> None:
    """Remove a grid's figures of an earlier run, but those of these names."""
    wanted = {folder / f"{name}{end}" for name in names for end in ENDINGS}
    known = [name + suffix for name in CAPTIONS for suffix in ("", "_h*")]
    remove_others(folder, [f"{name}{end}" for name in known for end in ENDINGS], wanted)
