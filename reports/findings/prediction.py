"""How a guess made before the run compares with it: best cell, rank correlation, surprises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.findings.finding import Cell, named
from reports.statistics import by_cell
from reports.statistics.ranks import ranks, spearman
from reports.words import COST_UNITS, Text

GUESS = Text("The guess", "事先的猜测")

FEWEST = 3
"""Of fewer cells no correlation is said."""

MOST_SURPRISES = 3
_QUARTER = 0.25  # of all cells: a cell that is so far from where it was guessed surprises

OTHERS = Text("The guess was about other cells.", "猜测的不是这些格。")
NOT_CONVERGED = Text(
    "The guess for the best cell was {cell}, which did not converge; {better} of {n} cells did.",
    "猜测最佳的是{cell}，它未收敛；{n} 格中有 {better} 格收敛。",
)
RIGHT = Text(
    "The guess for the best cell was {cell}, and none of the {n} cells did better.",
    "猜测最佳的是{cell}，{n} 格中没有比它更好的。",
)
BETTER = Text(
    "The guess for the best cell was {cell}: {spent}; {better} of {n} cells did better, the best "
    "being {winner}: {least}.",
    "猜测最佳的是{cell}：{spent}；{n} 格中有 {better} 格更好，最好的是{winner}：{least}。",
)
ALL_EQUAL = Text(
    "The ranking can't be compared, because all cells are equal.", "各格相同，无法比较排名。"
)
CORRELATION = Text(
    "The guessed order of {n} cells and that of the run have the rank correlation {value} "
    "(Spearman; 1: same order, 0: unrelated). Cells that did not converge are last.",
    "猜测的 {n} 格顺序与实际顺序的等级相关系数为 {value}（Spearman；1 为完全一致，"
    "0 为无关）。未收敛的格排在最后。",
)
NEAR = Text("No cell ended far from its guessed rank.", "没有哪一格与猜测的名次相差很远。")
SURPRISE = Text(
    "{cell}, guessed rank {before}, actual rank {after}", "{cell}猜第 {before}，实际第 {after}"
)


@dataclass(frozen=True)
class Guess:
    """Which cells were guessed to be the best ones.

    Attributes
    ----------
    ranks : mapping of cell to float
        1 is the best; only one cell if no more was guessed. A cell is its values on the axes of
        the table, rows first.
    """

    ranks: Mapping[Cell, float]

    @property
    def best(self) -> Cell:
        """The cell that was guessed to be the best, the first one of several."""
        return min(self.ranks, key=lambda cell: self.ranks[cell])


def sentences(guess: Guess, cells: pd.DataFrame, cost: str = "epochs") -> list[Text]:
    """Say how a guess did.

    Parameters
    ----------
    guess : Guess
    cells : DataFrame
        As of `reports.tables.tables.cells`: its ``cost``, ``cost_text`` and ``accuracy`` count.
    cost : str
        What it is that these tell: a name in `COST_UNITS`.
    """
    common = [cell for cell in guess.ranks if cell in cells.index]
    if not common:
        return [OTHERS]
    said = [_of_best(guess.best, cells, cost)] if guess.best in common else []
    if len(common) >= FEWEST:
        guessed = ranks([guess.ranks[cell] for cell in common])
        came = ranks(cells.cost.loc[common])
        value = spearman(guessed, came)
        words = ALL_EQUAL if np.isnan(value) else CORRELATION
        said.append(words.fill(n=len(common), value=f"{value:.2f}"))
        said.append(_surprises([named(cell, cells.index.names) for cell in common], guessed, came))
    return said


def _of_best(best: Cell, cells: pd.DataFrame, cost: str) -> Text:
    axes, winner = cells.index.names, by_cell.cheapest(cells.cost, cells.accuracy) or best
    better = int((cells.cost < cells.cost[best]).sum())
    words = BETTER if better else RIGHT
    if not np.isfinite(cells.cost[best]):
        words = NOT_CONVERGED
    spent, least = (
        Text(*(f"{cells.cost_text[cell]} {unit}" for unit in COST_UNITS[cost]))
        for cell in (best, winner)
    )
    return words.fill(
        cell=named(best, axes),
        winner=named(winner, axes),
        better=better,
        n=len(cells),
        spent=spent,
        least=least,
    )


def _surprises(
    names: Sequence[Text], guessed: NDArray[np.float64], came: NDArray[np.float64]
) -> Text:
    """Name the cells whose rank is far from the guessed one, the farthest first."""
    apart = np.abs(came - guessed)
    farthest = np.argsort(-apart, kind="stable")[:MOST_SURPRISES]
    each = [
        SURPRISE.fill(cell=names[place], before=float(guessed[place]), after=float(came[place]))
        for place in farthest
        if apart[place] >= max(1, _QUARTER * len(names))
    ]
    if not each:
        return NEAR
    return Text(
        f"Surprises: {'; '.join(one.en for one in each)}.",
        f"出人意料：{'；'.join(one.zh for one in each)}。",
    )
