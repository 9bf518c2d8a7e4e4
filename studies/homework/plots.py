"""What a grid's result draws on the axes that it is given, or on new ones, in its language."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from network.data.generated import CURVES
from network.losses import r2
from reports.figures.writer import draw
from reports.tables import tables
from reports.words import Text, accuracy_text, language, number
from sweep.errors import SweepError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from studies.homework.result import GridResult

FIT_TITLE = Text(
    "batch size {size}, η = {rate}: R² {accuracy} on the test set",
    "批大小 {size}，η = {rate}：测试集 R² 为 {accuracy}",
)


def on_axes(result: "GridResult", drawing: "Callable[[Axes], Axes]", ax: "Axes | None") -> "Axes":
    """Draw in the language of a result; in English where no font has its characters."""
    from reports.figures.fonts import letter, writable

    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots()
    with language(writable(result.language)):
        return letter(drawing(ax))


def losses(
    result: "GridResult",
    n_hidden: int | None,
    batch_size: int | str | None,
    learning_rate: float | None,
) -> "Callable[[Axes], Axes]":
    """Return what draws loss curves at one batch size, or at one learning rate."""
    rows, chosen = result.losses(n_hidden), result.best(n_hidden)
    if learning_rate is not None:
        by, rows = "batch_size", rows[rows.learning_rate == learning_rate]
    else:
        size = batch_size or (chosen.place[0] if chosen else rows.batch_size.iloc[0])
        by, rows = "learning_rate", rows[rows.batch_size == size]
    return partial(draw, "losses.loss_curves", rows, by=by, measure=result.result.measure)


def heat_map(result: "GridResult", n_hidden: int | None, column: str) -> "Callable[[Axes], Axes]":
    """Return what draws a heat map of the table: of ``cost`` or of ``accuracy``."""
    table, chosen = result.of(n_hidden), result.best(n_hidden)
    place = chosen.place if chosen else None
    return partial(
        draw,
        "heat_maps.heat_map",
        tables.table(table.cells, column),
        text=tables.table(table.cells, f"{column}_text"),
        best=table.most_accurate if column == "accuracy" else place,
        fewer_is_better=column == "cost",
    )


def fit(result: "GridResult", n_hidden: int | None) -> "Callable[[Axes], Axes]":
    """Return what draws the best trial's outputs; it can be sent to another process.

    Raises
    ------
    SweepError
        If no trial gave a usable network.
    """
    data, trial = result.result.dataset, result.best_trial(n_hidden)
    network = result.network(n_hidden)
    if trial is None or network is None:
        raise SweepError("no trial gave a usable network, so there is no fit.")
    predicted = result.result.plan.objective.predict(trial, network.as_dict(), data.test_x)
    title = FIT_TITLE.fill(
        size=number(trial.params["batch_size"]),
        rate=number(trial.params["learning_rate"]),
        accuracy=accuracy_text(r2(predicted, data.test_y)),
    )
    if data.n_inputs > 1 or data.n_outputs > 1:
        shown = {"truth": data.test_y, "predicted": predicted}
        return partial(draw, "fits.prediction_against_truth", **shown, title=title)
    return partial(
        draw,
        "fits.fit",
        train_x=data.train_x,
        train_y=data.train_y,
        test_x=data.test_x,
        test_y=data.test_y,
        predicted_y=predicted,
        title=title,
        test_is_curve=data.name in CURVES,
    )
