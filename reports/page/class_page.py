"""The page of a class: a row for each hand-in, the tables as they were read, and what is alike."""

from collections import Counter
from typing import Any

import numpy as np

from reports.check.class_report import COLUMNS, LIGHTS, ClassReport, HandInResult, Light
from reports.check.document import VERDICTS, Check
from reports.check.feedback import feedback
from reports.check.plausibility import OUTSIDE, JudgedCell
from reports.check.similarity import COPIED
from reports.page.file import page_of
from reports.page.words import PAGE_WORDS
from reports.words import LANGUAGES, Text, axis_name, current_language, language, number

MOST_COMPARED = 150
"""Hand-ins in the matrix of similarities; of a larger class it shows those that are alike."""


def page(report: ClassReport) -> str:
    """Return the page of a class, which opens in the language of the context."""
    return page_of("class.html", "class/main.js", content_of(report), current_language())


def content_of(report: ClassReport) -> dict[str, Any]:
    """Return what the page shows, as values for JSON; texts are pairs of both languages."""
    checks = [each.check for each in report.hand_ins if each.check]
    return {
        "language": current_language(),
        "title": _TITLE,
        "words": {**CLASS_WORDS, **{name: PAGE_WORDS[name] for name in ("language", "scripts")}},
        "headline": _headline(report),
        "lights": {light.value: words for light, words in LIGHTS.items()},
        "verdicts": {verdict.value: shown for verdict, shown in VERDICTS.items()},
        "board": _board(checks[0]) if checks else None,
        "hand_ins": [_hand_in(report, place) for place in range(len(report.hand_ins))],
        "clusters": report.clusters,
        "similarity": _matrix(report),
        "skipped": list(report.skipped_by_reason.items()),
        "about": _about(checks[0]) if checks else [],
    }


def _headline(report: ClassReport) -> Text:
    counts = Counter(report.lights)
    words = [f"{counts[light]} {LIGHTS[light].en}" for light in Light if counts[light]]
    chinese = [f"{LIGHTS[light].zh} {counts[light]}" for light in Light if counts[light]]
    alike = len(report.clusters)
    n = len(report.hand_ins)
    groups = Text(
        f" {alike} group{'s' if alike > 1 else ''} of hand-ins {'are' if alike > 1 else 'is'} "
        "alike beyond chance.",
        f"有 {alike} 组作业的相同之处超出巧合。",
    )
    en = f"{n} hand-in{'s' if n != 1 else ''}: {', '.join(words)}." + groups.en * bool(alike)
    return Text(en, f"共 {n} 份作业：{'，'.join(chinese)}。{groups.zh * bool(alike)}")


def _board(check: Check) -> dict[str, Any]:
    """Return the axes of the table."""
    sizes, rates = (list(dict.fromkeys(j.cell[axis] for j in check.judged)) for axis in (0, 1))
    return {
        "rows": [number(size) for size in sizes],
        "columns": [number(rate) for rate in rates],
        "row": axis_name("batch_size"),
        "column": axis_name("learning_rate"),
    }


def _hand_in(report: ClassReport, place: int) -> dict[str, Any]:
    each, match = report.hand_ins[place], report.seed(place)
    alike = [k for k, group in enumerate(report.clusters) if place in group]
    shown: dict[str, Any] = {
        "name": each.name,
        "light": report.lights[place].value,
        "sentences": report.sentences(place),
        "seed": match.seed if match else None,
        "cluster": alike[0] if alike else None,
        "files": list(each.files),
        "problems": list(dict.fromkeys(each.problems.values())),
        "feedback": _both(each),
        "cells": None,
    }
    if check := each.check:
        shown["cells"] = [_cell(judged, check) for judged in check.judged]
        shown["read as"] = check.table.layout
        shown["typical"] = check.n_typical
        quicker = check.whole.quicker
        shown["quicker"] = round(100 * quicker, 1) if np.isfinite(quicker) else None
    return shown


def _both(each: HandInResult) -> Text:
    texts = []
    for name in LANGUAGES:
        with language(name):
            texts.append(feedback(each.name, each.check))
    return Text(*texts)


def _cell(judged: JudgedCell, check: Check) -> dict[str, Any]:
    return {
        "text": judged.entry.text.strip("*"),  # which the best cell of a run has around it
        "verdict": judged.verdict.value,
        "range": check.range(judged),
        "reasons": [*judged.reasons, *judged.remarks],
    }


def _matrix(report: ClassReport) -> dict[str, Any]:
    """Return the similarity of all pairs, or of those that are alike to any other."""
    found, places = report.similarity, list(range(len(report.compared)))
    if len(places) > MOST_COMPARED:
        alike = [place for group in found.clusters for place in group]
        places = sorted(alike)[:MOST_COMPARED]
    return {
        "places": [report.compared[place] for place in places],
        "shared": [[int(found.shared[i, j]) for j in places] for i in places],
        "surprise": [[round(float(found.surprise[i, j]), 1) for j in places] for i in places],
        "copied": COPIED,
    }


def _about(check: Check) -> list[Text]:
    """Say how the tables are judged."""
    return [
        _AGAINST.fill(against=check.against, low=100 * OUTSIDE, high=100 * (1 - OUTSIDE)),
        _WHOLE,
        _UNEVEN,
        _SIMILAR.fill(copied=f"{COPIED:g}"),
        _PRIVATE,
    ]


_TITLE = Text("Hand-ins of a class", "全班作业检查")
_AGAINST = Text(
    "Each cell is compared with {against}. A cell is implausible if it is outside of the middle "
    "part of them, from {low} to {high} %.",
    "每格与 {against}比较；超出其 {low} % 到 {high} % 范围的格为不合理。",
)
_WHOLE = Text(
    "A table as a whole is implausible (red) if fewer than 0.5 % of the repeats are as fast or as "
    "slow, or have as many implausible cells. One implausible cell alone is no reason: about one "
    "in ten honest tables of the homework has one.",
    "若一样快或一样慢的重复不到 0.5 %，或不合理的格一样多的重复不到 0.5 %，则整个表不合理（红色）。"
    "单独一格不合理不足为据：诚实的 4×4 作业表中约十分之一会有。",
)
_UNEVEN = Text(
    "All cells of one start share data and initial weights, so they are fast or slow together. "
    "Tables in which they are not are worth a look: numbers may be made up, or the program draws "
    "new weights for each cell.",
    "同一起点的各格共用数据和初始权重，会一起快或一起慢。若不是这样，就值得一看：数字可能是编造的，"
    "也可能是程序每格都重新抽取权重。",
)
_SIMILAR = Text(
    "Two hand-ins are alike if their shared cells are too rare for chance: each counts by −log₁₀ "
    "of the share of trained tables with the same value, and {copied} in all is the limit. Cells "
    "that both have from the tool's own table for one seed do not count.",
    "若两份作业相同的格罕见到不像巧合，就称为相似：每格按训练所得的表中同值比例的 −log₁₀ 计分，"
    "总分达到 {copied} 为限。两份都等于本工具同一种子的结果的格不计。",
)
_PRIVATE = Text(
    "This page is one file, works offline, and sends nothing anywhere.",
    "本页为单个文件，可离线使用，不向任何地方发送数据。",
)

CLASS_WORDS = {
    **COLUMNS,
    "hand-ins": Text("Hand-ins", "作业"),
    "filter": Text("Name contains", "名称包含"),
    "show": Text("Show", "显示"),
    "all": Text("all", "全部"),
    "alike only": Text("alike", "相似"),
    "table": Text("Table", "表格"),
    "group": Text("group {letter}", "{letter} 组"),
    "cells spoken": Text("{n} of {all} cells typical", "{all} 格中 {n} 格正常"),
    "no match": Text("No hand-in matches.", "没有符合条件的作业。"),
    "shown": Text("{n} of {all} hand-ins", "{all} 份作业中的 {n} 份"),
    "sort by": Text("sort by {name}", "按{name}排序"),
    "details": Text("The hand-in", "这份作业"),
    "as read": Text(
        "As it was read; below, the epochs of the repeats: median, and range",
        "读取结果；下方为重复实验的轮数：中位数和范围",
    ),
    "said": Text("What there is to say", "说明"),
    "read as": Text("read as {layout}", "按{layout}读取"),
    "files": Text("Files with this table", "含有此表的文件"),
    "problems": Text("Other files", "其他文件"),
    "feedback": Text("Feedback for the student", "给学生的反馈"),
    "copy": Text("Copy as Markdown", "复制为 Markdown"),
    "copied": Text("Copied.", "已复制。"),
    "not copied": Text(
        "The browser does not allow it; select the text instead.", "浏览器不允许；请选中文本复制。"
    ),
    "similarity": Text("Similarity", "相似程度"),
    "similarity help": Text(
        "The darker, the less chance explains the cells that two hand-ins share; framed: alike. "
        "Select a square to see the two.",
        "颜色越深，两份作业相同的格越不像巧合；方框：相似。选中一格可查看这两份作业。",
    ),
    "pair": Text(
        "{one} and {other}: {n} cells in common, surprise {surprise}",
        "{one}与{other}：{n} 格相同，罕见程度 {surprise}",
    ),
    "in common": Text("{n} cells in common", "{n} 格相同"),
    "none alike": Text("No two hand-ins are alike beyond chance.", "没有两份作业的相似超出巧合。"),
    "few compared": Text(
        "Fewer than two tables have enough cells to be compared.",
        "可以比较的表不足两份。",
    ),
    "skipped": Text("Files that were not looked at", "未检查的文件"),
    "more": Text("and {n} more", "等另外 {n} 个"),
    "about": Text("How tables are judged", "如何判断"),
}
