"""Runs side by side: how their cells differ, in numbers and in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.findings.finding import Finding, listed
from reports.statistics import by_cell, paired
from reports.tables.tables import cells, table
from reports.words import Text


@dataclass(frozen=True)
class Comparison:
    """Another run beside the first one, in those cells that both have.

    Attributes
    ----------
    first, other : str
        The runs' names.
    cells : DataFrame
        Indexed by cell: ``first`` and ``other`` (median epochs, infinite where not reached),
        ``first_text`` and ``other_text`` (the same in words), ``accuracy_first`` and
        ``accuracy_other``, ``difference`` (of the epochs, other minus first; NaN where one is not
        known), ``ratio`` (other / first), and ``low`` and ``high``, the 95 % interval of the usual
        ratio within repeats; NaN where the runs are not paired or repeats are too few.
    n_pairs : int
        Repeats that both have, from the same weights and orders on the same data; 0 if they don't
        share those.
    """

    first: str
    other: str
    cells: pd.DataFrame
    n_pairs: int

    def table(self) -> pd.DataFrame:
        """Return `in_shape` of the epochs in words: ``4350 → 3100 (×0.71)``."""
        rows = self.cells
        ratio = rows.ratio.map(lambda r: f" (×{r:.2f})" if np.isfinite(r) and r > 0 else "")
        return in_shape(rows.first_text + " → " + rows.other_text + ratio)


def in_shape(values: "pd.Series[Any]") -> pd.DataFrame:
    """Return values of cells as a table: an axis down and one across; a single one goes across."""
    if values.index.nlevels == 1:
        return pd.DataFrame([values.to_numpy()], [""], values.index).rename_axis(index="epochs")
    return table(values.to_frame("value"), "value")


def compare(
    names: tuple[str, str],
    trials: tuple[pd.DataFrame, pd.DataFrame],
    by: Sequence[str],
    *,
    are_paired: bool,
) -> Comparison:
    """Put two runs side by side.

    Parameters
    ----------
    names, trials : (first, other)
        Their names, and a row a trial, as of `reports.frames.trials_frame`, with one value
        of every axis that is not in `by`.
    by : sequence of str
        The axes of the cells, one or two.
    are_paired : bool
        Whether the repeats of both begin with the same weights and see the same samples in the
        same orders.

    Returns
    -------
    Comparison
        Without cells if they have none in common.
    """
    a, b = (cells(each, by) for each in trials)
    both = a.index.intersection(b.index, sort=False)
    first, other = a.loc[both], b.loc[both]
    known = np.isfinite(first.epochs) & np.isfinite(other.epochs)
    epochs = [by_cell.by_repeat(each, by).loc[both] for each in trials]
    repeats = epochs[0].columns.intersection(epochs[1].columns)[: None if are_paired else 0]
    intervals = [
        paired.ratios(epochs[1].loc[cell, repeats], epochs[0].loc[cell, repeats]) for cell in both
    ]
    ends = [(each.low, each.high) if each.known else (np.nan, np.nan) for each in intervals]
    with np.errstate(invalid="ignore"):  # ∞ - ∞ and ∞ / ∞
        found = pd.DataFrame(
            {
                "first": first.epochs,
                "other": other.epochs,
                "first_text": first.epochs_text,
                "other_text": other.epochs_text,
                "accuracy_first": first.accuracy,
                "accuracy_other": other.accuracy,
                "difference": (other.epochs - first.epochs).where(known),
                "ratio": other.epochs / first.epochs,
            }
        )
    found[["low", "high"]] = np.reshape(np.array(ends, float), (len(both), 2))
    return Comparison(*names, found, len(repeats))


COUNTS = Text(
    "Of the {n} cells in both runs, {other} takes fewer epochs than {first} in {fewer}, more in "
    "{more}, and the same number in {same}{neither} (medians).",
    "两者共有 {n} 格，与 {first} 相比，{other} 有 {fewer} 格轮数更少，{more} 格更多，"
    "{same} 格相同{neither}（按中位数）。",
)
NEITHER = Text("; in {k} neither reaches its target", "；{k} 格两者都未达到目标")
BEYOND = Text(
    "Paired over {n} repeats, each cell by itself with 95 % confidence, {other} takes {sense} "
    "epochs than {first} with {list}.",
    "按 {n} 次重复配对比较，每格单独以 95 % 置信度，"
    "{other} 比 {first} 所需轮数更{sense}的有：{list}。",
)
NOTHING = Text(
    "Paired over {n} repeats, no cell differs with 95 % confidence.",
    "按 {n} 次重复配对比较，没有一格的差异达到 95 % 置信度。",
)
UNPAIRED = Text(
    "The repeats of {first} and {other} differ in initial weights, sample orders or data, so "
    "chance differs too: medians can be compared, but not repeat by repeat.",
    "{first} 与 {other} 的初始权重、样本顺序或数据不同，随机性也就不同："
    "只能比较中位数，不能逐次配对。",
)
ONE_DRAW = Text(
    "With fewer than six repeats, differences cannot be separated from chance.",
    "重复少于六次，无法判断哪些差异出于随机性。",
)


def sentences(found: Comparison) -> list[Finding]:
    """Say what a comparison shows, and what it can't show."""
    rows, names = found.cells, {"first": found.first, "other": found.other}
    known = rows[np.isfinite(rows["first"]) | np.isfinite(rows.other)]
    counts = {
        "fewer": int((known.other < known["first"]).sum()),
        "more": int((known.other > known["first"]).sum()),
        "same": int((known.other == known["first"]).sum()),
    }
    k = len(rows) - len(known)
    neither = NEITHER.fill(k=k) if k else ""
    text = COUNTS.fill(n=len(rows), neither=neither, **counts, **names)
    said = [Finding("counts", text, (), "ratios", counts)]
    if not found.n_pairs:
        return [*said, Finding("unpaired", UNPAIRED.fill(**names), (), "ratios")]
    if rows.low.isna().all():
        return [*said, Finding("few", ONE_DRAW, (), "ratios")]
    senses = {
        "faster": (rows.high < 1, Text("fewer", "少")),
        "slower": (rows.low > 1, Text("more", "多")),
    }
    for kind, (those, sense) in senses.items():
        if those.any():
            some = rows.index[those]
            places = some if some.nlevels > 1 else [(value,) for value in some]
            which = listed(places, [str(axis) for axis in some.names])
            text = BEYOND.fill(n=found.n_pairs, sense=sense, list=which, **names)
            said.append(Finding(kind, text, (), "ratios", {"k": len(some)}))
    if len(said) == 1:
        said.append(Finding("alike", NOTHING.fill(n=found.n_pairs), (), "ratios"))
    return said
