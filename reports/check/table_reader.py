"""Tables of batch sizes × learning rates, found in files as people write and save them.

A file may be Markdown or CSV, in UTF-8, UTF-16 or GBK, with any of the usual delimiters, with
other text and other tables around.
"""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

from reports.check.cell_parser import plain
from reports.check.table_layouts import LAYOUTS, NO_TABLE, ExpectedTable, StudentsTable
from reports.check.text_grids import Grid, grids_of, read_text
from reports.words import Text
from sweep.errors import SweepError


def read_table(path: Path, asked: ExpectedTable) -> StudentsTable:
    """Find the table in a file, of several the fullest one; SweepError if there is none."""
    manners = grids_of(read_text(path))
    n_filled = attrgetter("n_filled")
    for blocks in manners:
        readings = (
            max(
                (layout(g, asked) for g in grids for layout in LAYOUTS),
                key=n_filled,
                default=NO_TABLE,
            )
            for grids in blocks
        )
        if usable := [reading for reading in readings if reading.n_filled]:
            best = max(usable, key=n_filled)
            others = [reading for reading in usable if reading is not best]
            return _with_accuracies(_told_which(best, usable), others)
    raise SweepError(
        f"{path} has no table that can be read: headers with the {asked} were expected, and "
        f"epochs, or epochs / accuracy, in the cells; found {_there(manners)}."
    )


def _told_which(best: StudentsTable, usable: list[StudentsTable]) -> StudentsTable:
    if len(usable) == 1:
        return best
    place = 1 + next(i for i, reading in enumerate(usable) if reading is best)
    words = Text(
        "table {place} of {n} in the file, {layout}", "文件中 {n} 个表的第 {place} 个，{layout}"
    )
    return replace(best, layout=words.fill(place=place, n=len(usable), layout=best.layout))


def _with_accuracies(table: StudentsTable, others: list[StudentsTable]) -> StudentsTable:
    """Add the accuracies of another table, where this one has epochs only."""
    if any(entry.accuracy is not None for entry in table.entries.values()):
        return table
    for other in others:
        told = {cell: e for cell, e in other.entries.items() if e.accuracy is not None}
        if told and all(e.epochs is None and not e.more for e in told.values()):
            both = {
                cell: (cell in told and e.joined(told[cell])) or e
                for cell, e in table.entries.items()
            }
            remark = Text(
                "the accuracies come from another table of the file", "准确率取自文件中的另一个表"
            )
            return replace(table, entries=both, remarks=[*table.remarks, remark])
    return table


def _there(manners: Sequence[Sequence[Sequence[Grid]]]) -> str:
    """Say what is in a file instead of the table."""
    grids = [grid for blocks in manners for grids in blocks for grid in grids]
    if not grids:
        return "no line with more than one cell"
    grid = max(grids, key=lambda grid: len(grid) * len(grid[0]))
    first = [plain(cell)[:20] for cell in grid[0][:5]]
    return f"{len(grid)} × {len(grid[0])} cells, the first row {', '.join(map(repr, first))}"
