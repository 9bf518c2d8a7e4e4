"""The report of a grid over any axes: its tables, its figures, and what they say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from reports.files import csv_text
from reports.frames import TRIAL_COLUMNS
from reports.statistics import by_cell
from reports.tables import tables
from reports.tables.latex import to_latex
from reports.words import Text, axis_name, joined, number, say, word
from studies.experiment import findings, parts
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results

MOST_TABLES = 12
"""Of three axes or more there are so many tables of two; of more combinations the best is told."""

WHERE = Text("With {where}: {caption}", "{where}：{caption}")
BEST_OVER = Text(
    "The best over all values of {axes}: {caption}", "取遍{axes}各值中的最佳：{caption}"
)
VALUE_CAPTION = Text("Final {metric} of each cell{median}.", "各格最终的{metric}{median}。")
MEDIAN = Text(" (median of {n} repeats)", "（{n} 次重复的中位数）")
CELLS_CAPTION = Text("All cells{median}.", "所有各格{median}。")

Slice = tuple[Mapping[str, Any], PlanResult]
"""Values of the axes beyond the second, and the results at these."""

Draw = Callable[[PlanResult], ReportFigure]


def _of_first_axis(draw: Callable[..., ReportFigure]) -> Draw:
    return lambda result: draw(result, next(iter(result.plan.axes)))


FIGURES: dict[str, tuple[int, Draw]] = {
    "losses": (1, _of_first_axis(parts.loss_curves)),
    "panels": (1, _of_first_axis(parts.loss_panels)),
    "fits": (1, _of_first_axis(parts.fits)),
    "values": (1, _of_first_axis(parts.values)),
    "loss_grid": (2, parts.loss_grid),
    "epochs_map": (2, parts.epochs_map),
    "accuracy_map": (2, parts.accuracy_map),
    "value_map": (2, parts.value_map),
}
"""What can be drawn: how many axes it needs, and what draws it; of more axes two are drawn."""


def make(figures: Sequence[str], results: Results) -> Report:
    """Return the report of a study of one grid.

    Parameters
    ----------
    figures : sequence of str
        Names in `FIGURES`; what the results have nothing for is left out.
    results : mapping of str to PlanResult
        Of its one plan.
    """
    (result,) = results.values()
    slices = _slices(result)
    shown = _tables(result, slices)
    said = _findings(result)
    best = _best_slice(result, slices)
    drawn = [_figure(name, best) for name in figures if _can_be_drawn(name, result)]
    listing = _listing(result)
    return Report(said, [*shown, listing, *drawn], files=_files(result, shown or [listing], said))


def _slices(result: PlanResult) -> list[Slice]:
    """Return the results at each combination of values of all axes but the first two."""
    plan = result.plan
    sides, others = list(plan.axes)[:2], list(plan.axes)[2:]
    if not others:
        return [({}, result)]
    found = list[Slice]()
    for at in result.frame[others].drop_duplicates().to_dict("records"):
        values = {str(name): None if v == "full" else v for name, v in at.items()}
        part = replace(
            plan,
            axes={name: plan.axes[name] for name in sides},
            fixed={**plan.fixed, **values},
            dataset=result.dataset,
        )
        rows = result.rows(**values)
        history = result.losses(**values) if len(result.history) else result.history
        found.append((values, replace(result, plan=part, frame=rows, history=history)))
    return found


def _best_slice(result: PlanResult, slices: Sequence[Slice]) -> Slice:
    """Return the slice that has the best cell; the first one if there is no best."""
    best = findings.best_cell(result)
    if best is None or len(slices) == 1:
        return slices[0]
    at = dict(zip(result.plan.axes, best, strict=True))
    return next(
        (values, part)
        for values, part in slices
        if all(at[name] == ("full" if v is None else v) for name, v in values.items())
    )


# ---- tables -----------------------------------------------------------------------------------


def _columns(result: PlanResult) -> dict[str, Text]:
    """Return the columns of `PlanResult.all_cells` that have a table, and their captions."""
    found = {}
    if result.is_timed:
        has_accuracy = "test_r2" in result.frame
        found["text"] = parts.GRID_CAPTION if has_accuracy else parts.EPOCHS_CAPTION
    if result.plan.function is not None:
        caption = VALUE_CAPTION.fill(metric=result.measure.title, median=_median(result))
        found["value_text"] = caption
    return found


def _median(result: PlanResult) -> Text | str:
    n = result.plan.repeats
    return MEDIAN.fill(n=n) if n > 1 else ""


def _tables(result: PlanResult, slices: Sequence[Slice]) -> list[ReportTable]:
    """Return the tables of two axes; none where there is one axis."""
    axes = list(result.plan.axes)
    if len(axes) < 2:
        return []
    found = list[ReportTable]()
    for column, caption in _columns(result).items():
        name = "table" if not found else "values"
        if len(slices) > MOST_TABLES:
            names = joined([axis_name(axis) for axis in axes[2:]])
            words = BEST_OVER.fill(axes=names, caption=caption)
            cells = _best_over(result, axes[:2])
            found.append(_table(name, words, cells, column))
            continue
        for place, (at, part) in enumerate(slices, start=1):
            where = findings.settings_text({k: number(v) for k, v in at.items()})
            words = WHERE.fill(where=where, caption=caption) if at else caption
            numbered = f"{name}_{place}" if at else name
            found.append(_table(numbered, words, part.all_cells, column))
    return found


def _table(name: str, caption: Text, cells: pd.DataFrame, column: str) -> ReportTable:
    """Return the table of a column of cells with two axes: the first across, the second down."""
    across, down = map(str, cells.index.names)
    shown = tables.table(cells.reorder_levels([down, across]), column)
    return ReportTable(name, caption, partial(parts.grid_frame, shown))


def _best_over(result: PlanResult, sides: Sequence[str]) -> pd.DataFrame:
    """Return the best cell at each pair of values of two axes."""
    cells = result.all_cells
    cost = "value_cost" if result.cost == by_cell.VALUE else "cost"
    best = cells.sort_values(cost, kind="stable").groupby(level=list(sides), sort=False).head(1)
    others: list[Any] = [name for name in result.plan.axes if name not in sides]
    return best.droplevel(others).reindex(cells.index.droplevel(others).unique())


def _listing(result: PlanResult) -> ReportTable:
    """Return the table with a row a cell."""
    if result.plan.function is None:
        return parts.listing(result, name="cells")
    caption = CELLS_CAPTION.fill(median=_median(result))
    return ReportTable("cells", caption, partial(_metrics, result))


def _metrics(result: PlanResult) -> pd.DataFrame:
    """Return the cells of a function with the medians of all its metrics, as words."""
    cells, axes = result.all_cells, list(result.plan.axes)
    rows, where = cells.reset_index(drop=True), cells.index.to_frame(index=False)
    shown = {word(axis): where[axis].map(number) for axis in axes}
    if result.is_timed:
        shown[word("epochs")] = rows.epochs_text.map(word)
    if rows.n_trials.max() > 1 and result.measure.target is not None:
        pairs = zip(rows.n_converged, rows.n_trials, strict=True)
        shown[word("converged")] = pd.Series([f"{k}/{n}" for k, n in pairs])
    shown[say(result.measure.title)] = rows.value_text.map(word)
    others = [n for n in result.frame if n not in (*axes, *TRIAL_COLUMNS, result.measure.name)]
    medians = result.frame.groupby(axes, sort=False)[others].median().reindex(cells.index)
    for name in others:
        shown[word(str(name))] = medians[name].map("{:.4g}".format).reset_index(drop=True)
    return pd.DataFrame(shown)


def _files(
    result: PlanResult, shown: Sequence[ReportTable], said: Sequence[Text]
) -> dict[str, str]:
    """Return the tables for documents, and what the repeats say of each cell."""
    written, floats = [], []
    for table in shown:
        content = table.content()
        heading = [str(table.caption)] if len(shown) > 1 else []
        lines = content.to_markdown(index=False, disable_numparse=True, stralign="right")
        written.append("\n\n".join([*heading, lines]))
        first = content.columns[0]
        floats.append((content.set_index(first), None, table.caption))
    sentences = "\n".join(f"- {say(text)}" for text in said)
    frame, axes = result.valued, list(result.plan.axes)
    won = by_cell.winners(frame, axes, result.cost)
    statistics = by_cell.of_cells(frame, axes, result.cost).assign(wins=won.wins, p=won.p)
    if result.cost == by_cell.VALUE:
        statistics = by_cell.as_values(statistics, result.measure)
    return {
        "table.md": "\n\n".join([*written, sentences]) + "\n",
        "table.tex": to_latex(floats),
        "statistics.csv": csv_text(by_cell.as_rows(statistics)),
    }


# ---- sentences and figures --------------------------------------------------------------------


def _findings(result: PlanResult) -> list[Text]:
    """Say which cell is best, by epochs if that says something, or by the last value."""
    if not result.is_timed:
        text = findings.NOT_FINITE if result.plan.function else findings.DIVERGED
        return [*findings.best_value(result), *findings.diverged([result], text)]
    said = findings.best_and_unfinished(result)
    if findings.best_cell(result) is None and result.plan.function is not None:
        said += findings.best_value(result)
    return said


def _can_be_drawn(name: str, result: PlanResult) -> bool:
    """Tell whether the results have something for a figure."""
    needs = {
        "losses": result.has_curves,
        "loss_grid": result.has_curves,
        "epochs_map": result.is_timed,
        "accuracy_map": "test_r2" in result.frame,
    }
    return needs.get(name, True)


def _figure(name: str, best: Slice) -> ReportFigure:
    """Return a figure; of three axes or more with the values that the best cell has."""
    at, result = best
    figure = FIGURES[name][1](result)
    where = findings.settings_text({k: number(v) for k, v in at.items()})
    words = WHERE.fill(where=where, caption=figure.caption) if at else figure.caption
    return replace(figure, caption=words)
