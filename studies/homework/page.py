"""The boards of the homework's interactive page: one for each number of hidden units."""

from dataclasses import replace

import pandas as pd

from reports.page.boards import PLACE, Board, boards
from reports.page.content import Grid
from reports.page.words import PAGE_WORDS
from reports.words import Text
from studies.experiment.page import curve_of, lab_of, recordings_of
from studies.experiment.study import ReportPage
from studies.homework.result import GridResult
from studies.homework.table import CELL


def make(grid: GridResult) -> ReportPage:
    """Return the boards; their cells are compared by epochs, and the grid's cost is shown first."""
    laid_out = boards(grid.frame, list(grid.result.plan.axes), CELL)
    return ReportPage(
        [_grid(grid, n, board) for n, board in zip(grid.hidden, laid_out, strict=True)],
        PAGE_WORDS["hidden"],
        grid.cost,
        is_whole=True,
    )


def _grid(grid: GridResult, n_hidden: int, board: Board) -> Grid:
    table = grid.of(n_hidden)
    by_epochs = table if table.cost == "epochs" else replace(table, cost="epochs")
    places = {(size, rate): at for (rate, size, _), at in board.places.items()}
    at = [places[cell] for cell in by_epochs.statistics.index]
    recordings = recordings_of(grid.result, board)
    return Grid(
        board,
        board.located(table.rows),
        by_epochs.statistics.set_axis(pd.MultiIndex.from_tuples(at, names=PLACE)),
        board.located(table.losses),
        recordings,
        grid.result.measure,
        curve_of(grid.result.plan.objective, recordings),
        [
            (f.text, [places[cell] for cell in f.cells if cell in places])
            for f in grid.findings(n_hidden)
        ],
        Text(str(n_hidden), str(n_hidden)),
        lab=lab_of(grid.result.plan),
    )
