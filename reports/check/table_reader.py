"""Tables of batch sizes × learning rates, found in texts as people write and save them.

A text may be Markdown, CSV, a log or a list, with other text and other tables around. What isn't
understood for certain is no table, or a cell that isn't understood.
"""

from collections.abc import Sequence
from dataclasses import replace

from reports.check.phrases import plain
from reports.check.table_layouts import ExpectedTable, StudentsTable, tables_of
from reports.check.text_grids import NOWHERE, Block
from reports.words import Text
from sweep.errors import SweepError


def read_table(blocks: Sequence[Block], asked: ExpectedTable, name: str) -> StudentsTable:
    """Find the table in the blocks of a file that has a name, of several the fullest one.

    Raises
    ------
    SweepError
        If there is none.
    """
    readings = [_placed(_best(list(tables_of(block, asked))), block.place) for block in blocks]
    if usable := [reading for reading in readings if reading.n_filled and not reading.problem]:
        best = max(usable, key=lambda reading: reading.n_filled)
        others = [reading for reading in usable if reading is not best]
        return _with_accuracies(_told_which(best, usable), others)
    problems = [reading.problem for reading in readings if reading.problem]
    raise SweepError(
        f"{name} has no table that can be read: headers with the {asked} were expected, and "
        f"epochs, or epochs / accuracy, in the cells; found {(problems or [_there(blocks)])[0]}."
    )


def _best(tables: Sequence[StudentsTable]) -> StudentsTable:
    """Return the table with most cells, understood or not, or one that says why there is none."""

    def n_cells(table: StudentsTable) -> int:
        return table.n_filled + len(table.unread)

    best = max(tables, key=n_cells)
    if n_cells(best) == 0:
        return next((table for table in tables if table.problem), best)
    if len(best.unread) > best.n_filled:
        problem = f"cells that are not understood, such as {best.unread[0][:40]!r}"
        return replace(best, problem=problem)
    told = [entry for entry in best.entries.values() if entry.tells]
    if not any(e.ends or e.is_named for e in told):
        problem = f"numbers that nothing calls epochs or accuracies, such as {told[0].text!r}"
        return replace(best, problem=problem)
    if any(n_cells(t) == n_cells(best) and _told(t) != _told(best) for t in tables):
        return replace(best, problem="one that can be read in two ways; name the axes")
    return best


def _placed(table: StudentsTable, place: Text) -> StudentsTable:
    if place == NOWHERE:
        return table
    words = Text("{place}, {layout}", "{place}，{layout}")
    return replace(table, layout=words.fill(place=place, layout=table.layout))


def _told(table: StudentsTable) -> object:
    return {cell: (e.epochs, e.more, e.accuracy) for cell, e in table.entries.items() if e.tells}


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


def _there(blocks: Sequence[Block]) -> str:
    """Say what is in a file instead of the table."""
    rows = max((block.rows for block in blocks), key=lambda rows: sum(map(len, rows)), default=[])
    if not rows:
        return "no line with more than one cell"
    first = [plain(cell)[:20] for cell in rows[0][:5]]
    return f"{len(rows)} × {max(map(len, rows))} cells, the first row {', '.join(map(repr, first))}"
