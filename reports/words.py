"""What a reader sees: the words, in two languages, and how values are written.

A `Text` holds both languages; `say` chooses the one of the document that is being made.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from sweep.progress.phrases import Phrases, short
from sweep.trial import Value

LANGUAGES = ("en", "zh")

_language = ContextVar("language", default="en")


class Text(NamedTuple):
    """Words in English and in Chinese."""

    en: str
    zh: str

    def fill(self, **values: Any) -> "Text":
        """Put values into the places of both, as `str.format` does; numbers as people write.

        In Chinese a space stands between a name in Latin letters and the words around it.
        """
        shown = {k: number(v) if isinstance(v, float) else v for k, v in values.items()}
        en, zh = ({k: say(v, name) for k, v in shown.items()} for name in LANGUAGES)
        marked = {k: f"\ue000{v}\ue001" if isinstance(v, str) else v for k, v in zh.items()}
        return Text(self.en.format(**en), _spaced(self.zh.format(**marked)))

    def __str__(self) -> str:
        return str(say(self))


_MEETING = re.compile(r"(?<=[一-鿿])\ue000(?=[A-Za-z])|(?<=[A-Za-zη])\ue001(?=[一-鿿])")


def _spaced(text: str) -> str:
    """Put spaces where marked names in Latin letters meet Chinese, and take the marks away."""
    return _MEETING.sub(" ", text).replace("\ue000", "").replace("\ue001", "")


@contextmanager
def language(name: str) -> Iterator[None]:
    """Let everything that is written in the context be in a language, ``en`` or ``zh``."""
    token = _language.set(name)
    try:
        yield
    finally:
        _language.reset(token)


def set_language(name: str) -> None:
    """Let everything that is written from now on in this context be in a language."""
    _language.set(name)


def current_language() -> str:
    """Return the language of the context."""
    return _language.get()


def in_language(command: str) -> str:
    """Return a command line that answers in the language of the context."""
    return command if current_language() == "en" else f"{command} --lang {current_language()}"


def say(words: Any, name: str | None = None) -> Any:
    """Return a text in the language of the context, or in the one named; other values as is."""
    if isinstance(words, Text):
        return words[LANGUAGES.index(name or _language.get())]
    return words


WORDS = {
    "studies": Text("The studies of the lectures", "课程实验"),
    "findings": Text("Findings", "结果与分析"),
    "figure": Text("figure", "图"),
    "settings": Text("Settings", "实验设置"),
    "failures": Text("Failed trials", "失败的训练"),
    "again": Text("Reproduce", "复现方法"),
    "data": Text("data", "数据"),
    "model": Text("model", "模型"),
    "function": Text("function", "函数"),
    "judged by": Text("judged by", "评价指标"),
    "parameters": Text("parameters", "参数个数"),
    "classes": Text("classes", "类别数"),
    "samples": Text("samples", "样本"),
    "sample sizes": Text("{} training, {} validation, {} test", "训练 {}，验证 {}，测试 {}"),
    "inputs, outputs": Text("inputs, outputs", "输入数，输出数"),
    "fingerprint": Text("fingerprint (SHA-256)", "指纹（SHA-256）"),
    "repeats, seed": Text("repeats, seed", "重复次数，随机种子"),
    "learning_rate": Text("learning rate η", "学习率 η"),
    "batch_size": Text("batch size", "批大小"),
    "n_hidden": Text("hidden units", "隐层神经元数"),
    "activation": Text("activation", "激活函数"),
    "relu": Text("ReLU", "ReLU"),
    "leaky_relu": Text("leaky ReLU", "leaky ReLU"),
    "elu": Text("ELU", "ELU"),
    "step": Text("step", "阶跃"),
    "xavier": Text("Xavier", "Xavier"),
    "he": Text("He", "He"),
    "init": Text("initial weights", "初始权重"),
    "decay": Text("learning-rate schedule", "学习率衰减"),
    "shuffle": Text("order of the samples", "样本顺序"),
    "task": Text("task", "任务"),
    "max_epochs": Text("maximum epochs", "最大轮数"),
    "target_loss": Text("target loss", "目标损失"),
    "eval_every": Text("epochs between evaluations", "评估间隔轮数"),
    "degree": Text("degree", "次数"),
    "repeat": Text("repeat", "重复"),
    "seed": Text("seed", "随机种子"),
    "run": Text("run", "运行"),
    "slower": Text("slower", "更慢"),
    "faster": Text("faster", "更快"),
    "contradicts": Text("contradicts", "不符"),
    "epoch": Text("epoch", "轮数 (epoch)"),
    "epochs": Text("epochs", "轮数"),
    "updates": Text("updates", "更新次数"),
    "accuracy": Text("accuracy", "准确率"),
    "converged": Text("converged", "收敛"),
    "loss": Text("last loss", "最终损失"),
    "train_loss": Text("training loss", "训练损失"),
    "validation_loss": Text("validation loss", "验证损失"),
    "batch_loss": Text("loss on the last mini-batch", "最后一个小批量的损失"),
    "target": Text("target {:g}", "目标 {:g}"),
    "reached": Text("{} epochs", "{} 轮"),
    "not reached": Text("not reached", "未达到"),
    "off the scale": Text("off the scale", "超出图幅"),
    "diverged": Text("diverged", "发散"),
    "failed": Text("failed", "失败"),
    "no history": Text("no history", "无记录"),
    "curves": Text(
        "The {loss}, by {panel} (panels) and {curve} (curves)",
        "{loss}：各小图按{panel}，各曲线按{curve}",
    ),
    "curves together": Text("The {loss}, by {curve}", "{loss}：按{curve}"),
    "one by one": Text("Loss, by {curve}", "损失：按{curve}"),
    "loss axis": Text("loss", "损失"),
    "repeats": Text(
        "median of {} repeats; the band shows their middle half",
        "{} 次重复的中位数；色带为中间一半",
    ),
    "cells": Text("Loss in each cell of the grid", "网格中每一格的损失"),
    "few shown": Text("{axis}: {shown} of {all} values", "{axis}：{all} 个值中的 {shown} 个"),
    "one repeat": Text("repeat {} of {} repeats", "共 {1} 次重复中的第 {0} 次"),
    "accuracy map": Text("R² on the test set", "测试集上的 R²"),
    "fewer": Text("darker: fewer, better", "颜色越深越少，越好"),
    "lower": Text("darker: lower, better", "颜色越深越低，越好"),
    "higher": Text("darker: higher, better", "颜色越深越高，越好"),
    "best": Text("framed: the table's best", "方框：表中最佳"),
    "most accurate": Text("framed: the most accurate", "方框：准确率最高"),
    "no epochs": Text("hatched: target not reached", "斜线：未达到目标"),
    "no accuracy": Text("hatched: no value", "斜线：无值"),
    "training": Text("training points", "训练样本"),
    "true curve": Text("true curve (test set)", "真实曲线（测试集）"),
    "test points": Text("test points", "测试样本"),
    "network": Text("network", "网络"),
    "truth": Text("true value", "真实值"),
    "predicted": Text("network output", "网络输出"),
    "perfect": Text("perfect", "完全一致"),
    "trial": Text("trial", "试验"),
    "pruned": Text("pruned", "提前终止"),
    "exhausted": Text("exhausted", "用完轮数"),
    "state": Text("state", "状态"),
    "test_r2": Text("test R²", "测试集 R²"),
    "best so far": Text("best so far", "目前最佳"),
    "search": Text("Search results", "搜索结果"),
}
"""Words that several documents and figures share."""


REPORT = Text("Report: {path}", "报告：{path}")
"""What commands end with."""

COSTS = {
    "epochs": Text("epochs", "轮数"),
    "updates": Text("updates", "更新次数"),
}
"""The costs of a trial, as words."""

COST_UNITS = {
    "epochs": Text("epochs", "轮"),
    "updates": Text("updates", "次更新"),
}
"""The unit that follows the number of each cost."""


def text_of(name: str) -> str | Text:
    """Return one of `WORDS` in both languages; a name without an entry as it is."""
    return WORDS.get(name, name)


def word(name: str) -> str:
    """Return one of `WORDS` in the language of the context; a name without an entry as it is."""
    return str(say(text_of(name)))


_AXES: Mapping[str, tuple[Text, ...]] = {
    "batch_size": (
        Text("batch size", "批大小"),
        Text("batch size {}", "批大小 {}"),
        Text("batch {}", "批大小 {}"),
        Text("batch size {}", "批大小 {}"),
    ),
    "learning_rate": (
        Text("learning rate", "学习率"),
        Text("η {}", "η {}"),
        Text("η {}", "η {}"),
        Text("learning rate {}", "学习率 {}"),
    ),
    "n_hidden": (WORDS["n_hidden"], *[Text("{} hidden units", "{} 个隐层神经元")] * 3),
}
"""Axes with words of their own: the name, and a value in a sentence, in few words and in more."""

VALUES: Mapping[tuple[str, str], Text] = {
    ("batch_size", "full"): Text("full", "全批量"),
    ("init", "zero"): Text("zero", "全零"),
    ("decay", "constant"): Text("constant", "恒定"),
    ("decay", "step"): Text("step", "阶梯"),
    ("decay", "exponential"): Text("exponential", "指数"),
    ("decay", "inverse"): Text("inverse", "反比"),
    ("decay", "cosine"): Text("cosine", "余弦"),
    ("shuffle", "fresh"): Text("fresh", "每轮重新打乱"),
    ("shuffle", "none"): Text("not shuffled", "不打乱"),
}
"""Values of axes that are words."""


def value_text(axis: str, value: Any) -> Text:
    """Write a value of an axis in both languages; a long number with four digits."""
    shown = short(value.item() if isinstance(value, np.generic) else value)
    return VALUES.get((axis, shown), WORDS.get(shown, Text(shown, shown)))


def axis_name(axis: str) -> Text:
    """Return an axis's name without a symbol, as it is where there is no word for it."""
    return _AXES[axis][0] if axis in _AXES else WORDS.get(axis, Text(axis, axis))


def axis_value(axis: str, value: str | Text, length: int = 0) -> Text:
    """Name an axis and a value that it has: in a sentence (0), in few words (1) or in more (2)."""
    if length == 0 and (axis, value) == ("batch_size", "full"):
        return Text("full batch", "全批量")
    name = WORDS.get(axis, Text(axis, axis))
    words = _AXES[axis][1 + length] if axis in _AXES else Text(*(f"{n} {{}}" for n in name))
    shown = value if isinstance(value, Text) else Text(value, value)
    return Text(words.en.format(shown.en), words.zh.format(shown.zh))


def printable(text: str) -> str:
    """Return a text with ``?`` for what has no shape, as a terminal's commands have none."""
    return "".join(c if c.isprintable() else "?" for c in text)


def capital(text: Text) -> Text:
    """Begin the English with a capital letter."""
    return Text(text.en[:1].upper() + text.en[1:], text.zh)


_LONG = re.compile(r"`[^`]*`|(?<![\w.,-])\d{4,}(?!\.?\w)")


def grouped(text: str) -> str:
    """Write the whole numbers in a text, but not in code, as a report does: 10,000.

    Chinese has no commas there: 10000.

    A number that is part of a word, a name or a decimal fraction stays as it is.
    """
    if current_language() != "en":
        return text
    return _LONG.sub(lambda found: f"{int(found[0]):,}" if found[0].isdigit() else found[0], text)


def number(value: Value) -> str:
    """Write a value of an axis as people do: 0.1, 1, 0.00001, full."""
    if isinstance(value, float):
        return f"{value:.15g}"
    return "full" if value is None else str(value)


def accuracy_text(accuracy: float) -> str:
    """Write an R² with three digits; n/a where it is undefined."""
    if not isfinite(accuracy):
        return "n/a"
    return f"{accuracy:.3f}" if accuracy > -10 else f"{accuracy:.2e}"


def joined(values: Sequence[str | Text]) -> Text:
    """Return words as a list in a sentence: a, b and c."""
    en, zh = ([str(say(value, name)) for value in values] for name in LANGUAGES)
    if len(values) < 2:
        return Text(en[0], zh[0]) if values else Text("-", "-")
    before, last = "、".join(zh[:-1]), zh[-1]
    gap = " " * before[-1].isascii(), " " * last[0].isascii()  # between Latin and Chinese
    return Text(f"{', '.join(en[:-1])} and {en[-1]}", f"{before}{gap[0]}和{gap[1]}{last}")


def apart(texts: Sequence[Text]) -> Text:
    """Return texts that may hold commas as a list in a sentence: a; b; c."""
    return Text("; ".join(text.en for text in texts), "；".join(text.zh for text in texts))


def in_epochs(epochs_text: str) -> Text:
    """Write the epochs of a cell, which may be the word diverged, as words."""
    if epochs_text.isalpha():
        return Text(epochs_text, WORDS[epochs_text].zh if epochs_text in WORDS else epochs_text)
    return Text(f"{epochs_text} epochs", f"{epochs_text} 轮")


def phrases(*, is_own: bool = False, is_timed: bool = True) -> Phrases:
    """Return the words of the progress display in the language of the context.

    Those for a network of one's own know of no engine, and where its epochs say nothing, none.
    """
    found = _phrases()
    if is_own:
        found = replace(found, ready="")
    ended = Text("done", "完成")
    return found if is_timed else replace(found, exhausted=str(ended))


def _phrases() -> Phrases:
    if current_language() == "en":
        return Phrases(settings={"n_hidden": "{} hidden units"})
    return Phrases(
        done="已完成 {done}/{total} 次训练",
        kept="，其中 {kept} 次为之前所存",
        left="，至多还需 {time}",
        ready="；正在准备（首次运行需编译引擎）",
        converged="{epochs} 轮后收敛",
        exhausted="{epochs} 轮内未收敛",
        line="{trial}：{result}；{tally}",
        comma="，",
        searched="{done}/{total}：{trial}：{result}，{metric} {value:.3g}",
        names={name: text.zh for name, text in WORDS.items()},
        settings={"n_hidden": "{} 个隐层神经元"},
    )
