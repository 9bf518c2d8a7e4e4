"""The check of a table: a document for people, JSON for programs, a row for a class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from reports.check.plausibility import (
    OUTSIDE,
    JudgedCell,
    Rules,
    TableJudgement,
    Verdict,
    judge_table,
    reached,
)
from reports.check.table_layouts import StudentsTable
from reports.findings.finding import named
from reports.statistics.power_law import AXES
from reports.tables.tables import to_markdown
from reports.words import Text, apart, number, printable

VERDICTS = {
    Verdict.TYPICAL: ("✓", Text("typical", "正常")),
    Verdict.IMPLAUSIBLE: ("✗", Text("implausible", "不合理")),
    Verdict.NO_ACCURACY: ("!", Text("not reached, no accuracy", "未达到，且未填准确率")),
    Verdict.MISSING: ("∅", Text("missing", "缺失")),
    Verdict.UNREADABLE: ("?", Text("unreadable", "无法识别")),
}
"""The mark of each verdict, and the word."""

MOST_NAMED = 6
"""If there are more cells, only their number is given."""


class SeedFrom(NamedTuple):
    """A table beside the tool's own of the seed that a student number gives."""

    number: str
    seed: int | str  # which may be hidden, as the number
    differing: Sequence[JudgedCell]  # cells that can be read and say something else


@dataclass(frozen=True)
class Check:
    """A file's table, judged: all expected cells, row by row, and in words what the repeats are."""

    name: str
    table: StudentsTable
    judged: Sequence[JudgedCell]
    rules: Rules
    against: Text
    seed_from: SeedFrom | None = None

    def of(self, verdict: Verdict) -> list[JudgedCell]:
        """Return the cells with a verdict."""
        return [judged for judged in self.judged if judged.verdict is verdict]

    @property
    def n_typical(self) -> int:
        """How many cells are typical."""
        return len(self.of(Verdict.TYPICAL))

    @cached_property
    def whole(self) -> TableJudgement:
        """The table as a whole."""
        return judge_table(self.judged, self.rules)

    @property
    def is_implausible(self) -> bool:
        """Whether it is as a whole, or is not the table of its seed."""
        differs = self.seed_from is not None and bool(self.seed_from.differing)
        return differs or self.whole.is_implausible

    def document(self) -> str:
        """Return the check as Markdown."""
        read = Text(
            "Read as {layout}; compared with {against}.", "按{layout}读取，与 {against}比较。"
        ).fill(layout=self.table.layout, against=self.against)
        legend = " · ".join(f"{mark} {word}" for mark, word in VERDICTS.values())
        ranges = Text(
            "Epochs of the repeats: the median, and the range from {low} to {high} %.",
            "重复实验的轮数：中位数，以及 {low} % 到 {high} % 的范围。",
        ).fill(low=100 * OUTSIDE, high=100 * (1 - OUTSIDE))
        parts = [
            f"## {_escaped(self.name)}",
            _escaped(str(read)),
            self.board(),
            legend,
            str(ranges),
            self._board(self.range),
            "\n".join(f"- {_escaped(str(sentence))}" for sentence in self.sentences()),
        ]
        return "\n\n".join(parts)

    def board(self) -> str:
        """Return the table as it was read, in Markdown, with the mark of each cell."""
        return self._board(_marked)

    def _board(self, text: Callable[[JudgedCell], str]) -> str:
        """Return a table in Markdown with a text for each cell."""
        board: dict[str, dict[float, str]] = {}
        for judged in self.judged:
            size, rate = judged.cell
            board.setdefault(number(size), {})[rate] = text(judged)
        shown = pd.DataFrame.from_dict(board, orient="index")
        return to_markdown(shown.rename_axis(index=AXES[0], columns=AXES[1]))

    def range(self, judged: JudgedCell) -> str:
        """Return the median of a cell's repeats, and the range of what is plausible."""
        most = self.rules.max_epochs
        low, middle, high = (
            f"{epochs:.0f}" if np.isfinite(epochs) else f">{most}"
            for epochs in judged.reference.range
        )
        return f"{middle} ({low} – {high})" if low != high else middle

    def sentences(self) -> list[Text]:
        """Return what there is to say, each a sentence."""
        words = Text("{n} of {all} cells are typical.", "{all} 格中有 {n} 格正常。")
        said = [words.fill(n=self.n_typical, all=len(self.judged))]
        for judged in self.of(Verdict.IMPLAUSIBLE):
            words = Text("Implausible: {cell}: {reasons}.", "不合理：{cell}：{reasons}。")
            reasons = apart(judged.reasons)
            said.append(words.fill(cell=_named(judged), reasons=reasons))
        for verdict, words in _LISTS.items():
            if found := self.of(verdict):
                said.append(words.fill(cells=_listed(found)))
        remarks = dict.fromkeys(remark for judged in self.judged for remark in judged.remarks)
        for remark in remarks:
            of = [judged for judged in self.judged if remark in judged.remarks]
            said.append(_REMARK.fill(cells=_listed(of), remark=remark))
        said += [_SENTENCE.fill(remark=remark) for remark in self.table.remarks]
        if self.seed_from:
            number, seed, differing = self.seed_from
            words = _OF_SEED if not differing else _NOT_OF_SEED
            cells = _listed(differing)
            said.append(words.fill(number=number, seed=seed, cells=cells))
        return said + self._as_a_whole()

    def _as_a_whole(self) -> list[Text]:
        """Say how often repeats are as odd, and whether all cells together are too quick."""
        whole, n = self.whole, len(self.judged[0].reference.times)
        if not np.isfinite(whole.quicker):
            return [_NOT_JUDGED.fill(n=whole.n_read, all=len(self.judged))]
        said = []
        if whole.n_odd:
            said.append(_ODD.fill(share=f"{100 * whole.as_odd:.3g} %", n=n, k=whole.n_odd))
        said.append(_QUICKER.fill(share=f"{100 * whole.quicker:.3g} %", n=n))
        if whole.as_far < OUTSIDE:
            said.append(_TOO_SLOW if whole.quicker > 0.5 else _TOO_QUICK)
        if whole.is_uneven:
            said.append(_UNEVEN.fill(share=f"{100 * whole.as_uneven:.3g} %", n=n))
        return said

    def as_json(self) -> dict[str, Any]:
        """Return the check as values that JSON can write; null is not written, or never reached."""
        return {
            "table": self.name,
            "read_as": str(self.table.layout),
            "implausible": self.is_implausible,
            "against": str(self.against),
            "repeats": len(self.judged[0].reference.times),
            "counts": {verdict.value: len(self.of(verdict)) for verdict in Verdict},
            **self._shares(),
            "sentences": [str(sentence) for sentence in self.sentences()],
            "cells": [_as_json(judged, self.rules) for judged in self.judged],
        }

    def _shares(self) -> dict[str, float | None]:
        whole = self.whole
        shares = {"as_odd": whole.as_odd, "quicker": whole.quicker, "as_uneven": whole.as_uneven}
        return {
            f"share_of_repeats_{name}": share if np.isfinite(share) else None
            for name, share in shares.items()
        }

    def row(self) -> dict[str, Any]:
        """Return the counts of verdicts and the shares of repeats, as columns of a table."""
        counts = {verdict.value.replace(" ", "_"): len(self.of(verdict)) for verdict in Verdict}
        return {**counts, **self._shares()}


_LISTS = {
    Verdict.NO_ACCURACY: Text(
        "Not reached, but without the accuracy that the lecture asks for there: {cells}.",
        "未达到目标而没有按课程要求填写准确率：{cells}。",
    ),
    Verdict.MISSING: Text("Missing: {cells}.", "缺失：{cells}。"),
    Verdict.UNREADABLE: Text("Unreadable: {cells}.", "无法识别：{cells}。"),
}
_REMARK = Text("{cells}: {remark}.", "{cells}：{remark}。")
_SENTENCE = Text("Note: {remark}.", "注意：{remark}。")
_OF_SEED = Text(
    "All cells that can be read are those that sweep assignment --seed-from {number} gives (seed "
    "{seed}).",
    "能读出的各格均与 sweep assignment --seed-from {number}（种子 {seed}）的结果相同。",
)
_NOT_OF_SEED = Text(
    "Not as sweep assignment --seed-from {number} gives them (seed {seed}): {cells}.",
    "与 sweep assignment --seed-from {number}（种子 {seed}）的结果不同：{cells}。",
)
_NOT_JUDGED = Text(
    "The table as a whole is not judged: epochs can be read in {n} of its {all} cells.",
    "不对整个表作判断：{all} 格中只有 {n} 格能读出轮数。",
)
_ODD = Text(
    "{share} of the {n} repeats, each judged by the others, have as many implausible cells as this "
    "table ({k}).",
    "{n} 次重复各自与其余比较时，有 {share} 的不合理格数不少于此表（{k} 格）。",
)
_QUICKER = Text(
    "All cells taken together, {share} of the {n} repeats are faster than this table.",
    "所有格合起来看，{n} 次重复中有 {share} 比此表快。",
)
_TOO_SLOW = Text(
    "So the table as a whole is implausibly slow: perhaps the loss compared with the target "
    "lacks the factor ½, or the training set is different.",
    "因此整体不合理，太慢：可能与目标比较的损失没有乘以 ½，或者训练集不同。",
)
_TOO_QUICK = Text(
    "So the table as a whole is implausibly fast: perhaps the target is different, or training "
    "stopped at the loss of a mini-batch.",
    "因此整体不合理，太快：可能目标不同，或者以某个小批量的损失作为停止条件。",
)
_UNEVEN = Text(
    "The cells do not go together as those of one start do: in {share} of the {n} repeats they fit "
    "each other as badly. Made-up numbers look like this, and so do those of a program that draws "
    "new initial weights for each cell.",
    "各格之间不像同一起点的训练那样相互一致：{n} 次重复中有 {share} 同样不一致。编造的数会这样，"
    "每格都重新抽取初始权重的程序也会这样。",
)


def _marked(judged: JudgedCell) -> str:
    return f"{_escaped(judged.entry.text)} {VERDICTS[judged.verdict][0]}".strip()


def _listed(some: Sequence[JudgedCell]) -> Text:
    if len(some) > MOST_NAMED:
        return Text("{n} cells", "{n} 格").fill(n=len(some))
    return apart([_named(judged) for judged in some])


def _named(judged: JudgedCell) -> Text:
    words = (
        Text('{cell} "{entry}"', "{cell}“{entry}”") if judged.entry.text else Text(*["{cell}"] * 2)
    )
    return words.fill(cell=named(judged.cell, AXES), entry=judged.entry.text)


def _escaped(text: str) -> str:
    """Escape what would begin a tag, end a cell or move the cursor."""
    text = printable(text)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _as_json(judged: JudgedCell, rules: Rules) -> dict[str, Any]:
    entry, reference, (size, rate) = judged.entry, judged.reference, judged.cell
    low, middle, high = (int(e) if np.isfinite(e) else None for e in reference.range)
    accuracies = [a if np.isfinite(a) else None for a in reference.accuracy_range]
    return {
        "batch_size": number(size) if size is None else size,
        "learning_rate": rate,
        "written": entry.text,
        "epochs": entry.epochs,
        "reached": reached(entry, rules),
        "accuracy": entry.accuracy,
        "verdict": judged.verdict.value,
        "reasons": [str(reason) for reason in judged.reasons],
        "remarks": [str(remark) for remark in judged.remarks],
        "repeats": {
            "epochs_low": low,
            "epochs_median": middle,
            "epochs_high": high,
            "accuracy_low": accuracies[0],
            "accuracy_median": accuracies[1],
            "accuracy_high": accuracies[2],
            "share_reached": reference.reached,
            "share_diverged": reference.diverged,
        },
    }
