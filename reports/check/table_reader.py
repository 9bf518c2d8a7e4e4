"""Tables of batch sizes × learning rates, found in texts as people write and save them.

A text may be Markdown, CSV, a log or a list, with other text and other tables around. What isn't
understood for certain is no table, or a cell that isn't understood.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from reports.check.phrases import MEASURED, OTHER, CellEntry, plain, read_phrase
from reports.check.table_layouts import ExpectedTable, StudentsTable, tables_of
from reports.check.text_grids import NOWHERE, Block
from reports.words import WORDS, Text, printable
from sweep.errors import SweepError

_ANSWER = re.compile(r"\b(?:results?|final|answers?|summary|homework)\b|结果|最终|汇总|答案", re.I)
_NO_ANSWER = re.compile(
    r"\b(?:first|attempts?|preliminary|drafts?|old|wrong|examples?|expected|predict\w*|guess\w*|fit\w*"
    r"|textbook|tanh|relu)\b|初步|尝试|[草初]稿|预[测期]|猜|示例|例子|教材|旧|错误",
    re.I,
)
"""What a title says of a table that answers the question, and of one that doesn't."""

_AS_FULL = 0.75
"""Tables with so many of the cells of the fullest one may be the answer too."""


class _Reading(NamedTuple):
    """What was read of a block, and where that stands."""

    table: StudentsTable
    block: Block

    @property
    def is_usable(self) -> bool:
        """Whether it can be read, and tells of trials."""
        return bool(self.table.n_filled) and not self.table.problem

    @property
    def rank(self) -> tuple[int, bool]:
        """How well it answers: by the title above it, and whether it has accuracies."""
        above = f"{self.block.heading}\n{self.block.caption}"
        is_other = read_phrase(self.block.caption).names & set(MEASURED) == {OTHER}
        n = -1 if is_other or _NO_ANSWER.search(above) else int(bool(_ANSWER.search(above)))
        return n, any(entry.accuracy is not None for entry in self.table.entries.values())


def read_table(blocks: Sequence[Block], asked: ExpectedTable, name: str) -> StudentsTable:
    """Find the table in the blocks of a file that has a name; of several, the one that answers.

    Raises
    ------
    SweepError
        If there is none.
    """
    readings = [_Reading(_best(list(tables_of(block, asked))), block) for block in blocks]
    if any(each.is_usable for each in readings):
        usable = _together(readings)
        chosen = _chosen(usable)
        table = _told_where(chosen, usable)
        return _with_accuracies(table, [each.table for each in _beside(chosen, usable)])
    problems = [each.table.problem for each in readings if each.table.problem]
    raise SweepError(
        f"{name} has no table that can be read: headers with the {asked} were expected, and "
        f"epochs, or epochs / accuracy, in the cells; found {(problems or [_there(blocks)])[0]}."
    )


def _together(readings: list[_Reading]) -> list[_Reading]:
    """Return what can be read; tables that each have a value of an axis above them are one."""
    words = Text("a table for each {axis}, {layout}", "每个{axis}一个表，{layout}")
    found: dict[object, _Reading] = {}
    parted = {each.table.given for each in readings if each.is_usable and each.table.given}
    for i, each in enumerate(readings):
        given = each.table.given
        if not each.is_usable and given not in parted:
            continue
        if given and given in found:
            table = _joined(found[given].table, each.table)
            layout = words.fill(axis=WORDS[min(given)], layout=each.table.layout)
            table = replace(table, layout=layout, problem="")
            found[given] = found[given]._replace(table=table)
        else:
            found[given or i] = each
    return list(found.values())


def _joined(one: StudentsTable, other: StudentsTable) -> StudentsTable:
    """Return the cells of both; what differs is not understood."""
    entries = dict(one.entries)
    for cell, entry in other.entries.items():
        before = entries.get(cell, entry)
        joined = before.joined(entry)
        entries[cell] = before if _agree(before, entry) and not joined.understood else joined
    return replace(one, entries=entries)


def _agree(one: CellEntry, other: CellEntry) -> bool:
    """Return whether two entries say the same, in whatever words and digits."""
    if one.epochs != other.epochs or (one.epochs is None and one.more != other.more):
        return False
    if one.accuracy is None or other.accuracy is None:
        return one.accuracy is other.accuracy
    return abs(one.accuracy - other.accuracy) <= one.rounding + other.rounding + 1e-9


def _chosen(usable: list[_Reading]) -> _Reading:
    """Return the table that answers; of several that may, only what all of them say counts."""
    ending = [each for each in usable if any(e.ends for e in each.table.entries.values())] or usable
    most = max(each.table.n_filled for each in ending)
    full = [each for each in ending if each.table.n_filled >= _AS_FULL * most]
    best, *rivals = sorted(
        (each for each in full if each.rank == max(other.rank for other in full)),
        key=lambda each: -each.table.n_filled,
    )
    table = best.table
    for rival in rivals:
        table = _joined(table, rival.table)
    if table.unread == best.table.unread:
        return best
    remark = Text(
        "another table of the file is as full, and differs; the cells that differ do not count",
        "文件中另有一个同样完整但内容不同的表，不一致的格不采用",
    )
    return best._replace(table=replace(table, remarks=[*table.remarks, remark]))


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


def _told(table: StudentsTable) -> object:
    return {cell: (e.epochs, e.more, e.accuracy) for cell, e in table.entries.items() if e.tells}


def _beside(chosen: _Reading, usable: list[_Reading]) -> list[_Reading]:
    """Return the other tables, those first whose titles say as much, and of these the next."""
    places = {id(each.block): i for i, each in enumerate(usable)}
    others = [each for each in usable if each.block is not chosen.block]

    def is_far(other: _Reading) -> tuple[bool, int]:
        distance = places[id(other.block)] - places[id(chosen.block)]
        return other.rank[0] != chosen.rank[0], 2 * abs(distance) - (distance > 0)

    return sorted(others, key=is_far)


def _told_where(chosen: _Reading, usable: list[_Reading]) -> StudentsTable:
    """Say where the table stands, and which of several that can be read it is."""
    block, said = chosen.block, [chosen.table.layout]
    if block.place != NOWHERE:
        said.insert(0, block.place)
    title = printable(block.heading or block.caption)[:40]
    if title and title not in block.place.en and (len(usable) > 1 or chosen.rank[0] < 0):
        said.insert(0, Text("under “{title}”", "“{title}”之下").fill(title=title))
    if len(usable) > 1:
        which = Text("table {i} of {n} that can be read", "{n} 个可读取的表中的第 {i} 个")
        i = 1 + next(i for i, each in enumerate(usable) if each.block is block)
        said.insert(0, which.fill(i=i, n=len(usable)))
    layout = Text(", ".join(text.en for text in said), "，".join(text.zh for text in said))
    return replace(chosen.table, layout=layout)


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
