"""What a check of a table says: a document for people, JSON for programs, a row for a class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.plausibility import OUTSIDE, Judged, Rules, Verdict, share_as_odd
from reports.students_tables import StudentsTable
from reports.tables import to_markdown
from reports.words import Text, joined, number

VERDICTS = {
    Verdict.TYPICAL: ("✓", Text("typical", "正常")),
    Verdict.IMPLAUSIBLE: ("✗", Text("implausible", "可疑")),
    Verdict.NO_ACCURACY: ("!", Text("not reached, and no accuracy", "未达到，且未填准确率")),
    Verdict.MISSING: ("∅", Text("missing", "缺失")),
    Verdict.UNREADABLE: ("?", Text("can't be read", "无法识别")),
}
"""The mark of each verdict, and the word."""

MOST_NAMED = 6
"""Of more cells their number is said instead."""

_MANY = 0.5
"""If so many of the cells are too slow, it may be that the loss is another one."""


@dataclass(frozen=True)
class Check:
    """A table, judged.

    Attributes
    ----------
    name : str
        The file's name.
    table : StudentsTable
    judged : sequence of Judged
        All cells that were asked for, row by row.
    rules : Rules
    against : Text
        What the repeats are, in words.
    """

    name: str
    table: StudentsTable
    judged: Sequence[Judged]
    rules: Rules
    against: Text

    def of(self, verdict: Verdict) -> list[Judged]:
        """Return the cells with a verdict."""
        return [judged for judged in self.judged if judged.verdict is verdict]

    @property
    def as_odd(self) -> float:
        """The share of honest tables that have as many cells with implausible epochs."""
        return share_as_odd(self.judged, self.rules)

    def document(self) -> str:
        """Return the check as Markdown."""
        read = Text(
            "Read as {layout}; held against {against}.", "按{layout}读取，与{against}比较。"
        ).fill(layout=self.table.layout, against=self.against)
        legend = " · ".join(f"{mark} {word}" for mark, word in VERDICTS.values())
        ranges = Text(
            "Epochs of the repeats: the median, and the range from {low} to {high} %.",
            "重复实验的轮数：中位数，以及 {low} % 到 {high} % 的范围。",
        ).fill(low=100 * OUTSIDE, high=100 * (1 - OUTSIDE))
        sentences = [_escaped(str(sentence)) for sentence in self.sentences()]
        return "\n\n".join(
            [
                f"## {_escaped(self.name)}",
                str(read),
                to_markdown(self._board(_marked)),
                legend,
                str(ranges),
                to_markdown(self._board(self._range)),
                "\n".join(f"- {sentence}" for sentence in sentences),
            ]
        )

    def _board(self, text: Callable[[Judged], str]) -> pd.DataFrame:
        texts = pd.Series({judged.cell: text(judged) for judged in self.judged})
        cells = [judged.cell for judged in self.judged]
        rows, columns = (list(dict.fromkeys(values)) for values in zip(*cells, strict=True))
        board = [[texts[row, column] for column in columns] for row in rows]
        return pd.DataFrame(board, index=[number(row) for row in rows], columns=columns)

    def _range(self, judged: Judged) -> str:
        low, middle, high = (self._epochs(epochs) for epochs in judged.reference.range)
        return f"{middle} ({low} – {high})" if low != high else middle

    def _epochs(self, epochs: float) -> str:
        return f"{epochs:.0f}" if np.isfinite(epochs) else f">{self.rules.max_epochs}"

    def sentences(self) -> list[Text]:
        """Return what there is to say, each a sentence."""
        n_typical = len(self.of(Verdict.TYPICAL))
        words = Text("{n} of {all} cells are typical.", "{all} 格中有 {n} 格正常。")
        said = [words.fill(n=n_typical, all=len(self.judged))]
        for judged in self.of(Verdict.IMPLAUSIBLE):
            words = Text("Implausible: {cell}: {reasons}.", "可疑：{cell}：{reasons}。")
            reasons = joined(list(judged.reasons))
            said.append(words.fill(cell=_named(judged), reasons=reasons))
        for verdict, words in _LISTS.items():
            if found := self.of(verdict):
                said.append(words.fill(cells=_listed(found)))
        remarks = dict.fromkeys(remark for judged in self.judged for remark in judged.remarks)
        for remark in remarks:
            of = [judged for judged in self.judged if remark in judged.remarks]
            said.append(_REMARK.fill(cells=_listed(of), remark=remark))
        said += [_SENTENCE.fill(remark=remark) for remark in self.table.remarks]
        return said + self._as_a_whole()

    def _as_a_whole(self) -> list[Text]:
        odd = [judged for judged in self.judged if judged.odd_epochs]
        if not odd:
            return []
        n = len(odd[0].reference.times)
        words = Text(
            "{share} of the {n} repeats, each judged by the others, have as many cells with "
            "implausible epochs ({k}) as this table.",
            "{n} 次重复各自与其余比较时，有 {share} 的轮数可疑格数不少于此表（{k} 格）。",
        )
        said = [words.fill(share=f"{100 * self.as_odd:.1f} %", n=n, k=len(odd))]
        slow = [judged for judged in odd if np.isfinite(judged.reference.range[2])]
        slow = [j for j in slow if (j.entry.epochs or np.inf) > j.reference.range[2]]
        if len(slow) > _MANY * self.table.n_filled:
            said.append(_OTHER_LOSS)
        return said

    def as_json(self) -> dict[str, Any]:
        """Return the check as values that JSON can write; null is not reached, or not written."""
        return {
            "table": self.name,
            "read_as": str(self.table.layout),
            "against": str(self.against),
            "repeats": len(self.judged[0].reference.times),
            "counts": {verdict.value: len(self.of(verdict)) for verdict in Verdict},
            "share_of_repeats_as_odd": self.as_odd,
            "sentences": [str(sentence) for sentence in self.sentences()],
            "cells": [_as_json(judged) for judged in self.judged],
        }

    def row(self) -> dict[str, Any]:
        """Return the check as a row of a class's table."""
        counts = {verdict.value.replace(" ", "_"): len(self.of(verdict)) for verdict in Verdict}
        return {
            "table": self.name,
            **counts,
            "share_of_repeats_as_odd": self.as_odd,
            "what": " ".join(str(sentence) for sentence in self.sentences()[1:]),
        }


_LISTS = {
    Verdict.NO_ACCURACY: Text(
        "Not reached, and the accuracy not filled in, which the lecture asks for there: {cells}.",
        "未达到目标而没有按课程要求填写准确率：{cells}。",
    ),
    Verdict.MISSING: Text("Missing: {cells}.", "缺失：{cells}。"),
    Verdict.UNREADABLE: Text("Not understood: {cells}.", "无法识别：{cells}。"),
}
_REMARK = Text("{cells}: {remark}.", "{cells}：{remark}。")
_SENTENCE = Text("Note: {remark}.", "注意：{remark}。")
_OTHER_LOSS = Text(
    "Most cells are slower than any repeat: perhaps the loss that was held against the target has "
    "no factor ½, or the training set is another one.",
    "大多数格比所有重复都慢：可能与目标比较的损失没有乘以 ½，或者训练集不同。",
)


def _marked(judged: Judged) -> str:
    return f"{_escaped(judged.entry.text)} {VERDICTS[judged.verdict][0]}".strip()


def _named(judged: Judged) -> Text:
    size, rate = map(number, judged.cell)
    written = f" ({judged.entry.text})" if judged.entry.text else ""
    return Text(f"batch {size}, η {rate}{written}", f"批 {size}、η {rate}{written}")


def _listed(some: Sequence[Judged]) -> Text:
    if len(some) > MOST_NAMED:
        return Text("{n} cells", "{n} 格").fill(n=len(some))
    names = [_named(judged) for judged in some]
    return Text("; ".join(name.en for name in names), "；".join(name.zh for name in names))


def _escaped(text: str) -> str:
    """Escape what would begin a tag, end a cell or move the cursor."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _as_json(judged: Judged) -> dict[str, Any]:
    entry, reference = judged.entry, judged.reference
    low, middle, high = (int(e) if np.isfinite(e) else None for e in reference.range)
    return {
        "batch_size": number(judged.cell[0]) if judged.cell[0] is None else judged.cell[0],
        "learning_rate": judged.cell[1],
        "written": entry.text,
        "epochs": entry.epochs,
        "not_reached": entry.more,
        "accuracy": entry.accuracy,
        "verdict": judged.verdict.value,
        "reasons": [str(reason) for reason in judged.reasons],
        "remarks": [str(remark) for remark in judged.remarks],
        "repeats": {
            "epochs_low": low,
            "epochs_median": middle,
            "epochs_high": high,
            "share_reached": reference.reached,
            "share_diverged": reference.diverged,
        },
    }
