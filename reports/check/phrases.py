"""What people write into a table's cells, `>10000 / 0.93`, `８２００次`, and above them, `η=0.1`.

One grammar reads all of it, token by token: numbers with their units, names of what is counted,
words for "not reached", words that mean nothing. A text with anything else in it is not understood.
"""

import html
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

RATE, BATCH, HIDDEN = "learning_rate", "batch_size", "n_hidden"
AXES = (BATCH, RATE, HIDDEN)
EPOCHS, ACCURACY, OTHER = "epochs", "accuracy", "other"
MEASURED = (EPOCHS, ACCURACY, OTHER)

_ABOVE, _SPREAD = "above", "spread"

_LONGEST = 200
"""Characters of a text that can be understood."""

_MOST = 1e7
"""A larger number has no meaning."""

_LEAST_FRACTION, _LEAST_PERCENT = 0.2, 50
"""A number that nothing names is an accuracy from here on: a loss, a time or a deviation may be
smaller."""

_WORDS = {
    OTHER: (
        r"max(?:imum)?[ _-]?(?:epochs?|iter(?:ation)?s?)"
        r"|(?:train(?:ing)?|val(?:id(?:ation)?)?)[ _-]?(?:set)?[ _-]?(?:acc(?:uracy)?|r\^?2)"
        r"|train(?:ing)?(?![ _-]?epoch)|val(?:id(?:ation)?)?|loss(?:es)?|err(?:or)?s?|r?mse|mae|eps"
        r"|time|seconds?|duration|updates?|seed|std|sd|n(?= ?=)",
        r"最大(?:训练|迭代)?(?:次数|轮数|轮次)|(?:训练|验证)集?上?的?(?:精度|准确率|准确度|正确率)"
        r"|训练集|验证集?|损失(?:函数)?值?|误差|时间|[用耗]时|秒数?|种子|标准差|方差",
    ),
    RATE: (r"learning[ _-]?rates?|lr|eta|alpha|rate", r"η|α|学习率|学习速率|步长"),
    BATCH: (
        r"(?:mini[ _-]?)?batch(?:[ _-]?sizes?)?(?! ?数)|bs|bz",
        r"小?批(?:处理|次|量)?(?:大小|尺寸|样本数|(?!数))",
    ),
    HIDDEN: (
        r"(?:n|num)?[ _-]?hidden(?:[ _-]?(?:units?|neurons?|nodes?|size))?|ne|neurons?",
        r"(?:隐[藏含]?层?)?(?:神经元|单元|节点)个?数?量?",
    ),
    EPOCHS: (
        r"(?:train(?:ing)?|n|num)?[ _-]?epochs?(?:[ _-]?(?:num|number|count))?|iter(?:ation)?s?",
        r"(?:训练|迭代|收敛)?(?:次数|轮数|轮次)|迭代|轮",
    ),
    ACCURACY: (r"acc(?:uracy)?|r\^?2(?!\d)", r"精[确准]?度|准确率|准确度|正确率|决定系数|R方"),
}
"""What a name means, in Latin letters and in others; earlier ones first."""

_UNREACHED = (
    r"not?[ -](?:yet )?(?:reach(?:ed)?|converge[ds]?|convergence)|never(?: reached| converged)?"
    r"|(?:did|does|do)(?:n'?t| not) (?:reach|converge)|unconverged|dnf|inf(?:inity)?",
    r"(?:未|不|没有?|无法|未能) ?能? ?(?:收敛|达到?|达标|完成|到达)(?:目标)?|达不到|∞",
)
_DIVERGED = (r"diverge[ds]?|diverging|overflow(?:ed)?|exploded?", r"发散|爆炸|溢出")
_FULL = (r"full(?:[ _-]?batch)?", r"全批量?|全部|整批|全量")
_FILLER = (
    r"about|approx(?:imately)?|best|at|after|and|mean|median|average|avg|converged?|reached"
    r"|number|of|test(?:ing)?|set|nan|n/?a|parameters?|results?|grid",
    r"大?约|左右|大概|最[佳优好]|[在于后时的]|测试集?上?|训练|收敛|达到?(?:目标)?|到达|平均|均值|中位数"
    r"|为|[数取]?值|数|大小|超?参数|组合|结果",
)
_NOT_COUNTED = (
    r"runs?|trials?|repeats?|seeds?|times|ms|s|sec(?:ond)?s?|min(?:ute)?s?|h|hours?",
    r"次(?:运行|实验|平均|重复)|秒钟?|分钟?|小时",
)
_COUNTED = (r"epochs?|iter(?:ation)?s?", r"个?轮次?(?!数)|次(?:迭代|循环)?(?!数)|代")


def _either(words: tuple[str, str]) -> str:
    """Write a pattern of words that is part of a verbose one; no word ends inside of another."""
    latin, others = (pattern.replace(" ", r"\ ") for pattern in words)
    return f"(?:(?<![a-z])(?:{latin})(?![a-z])|(?:{others}))"


_TOKEN = re.compile(
    rf"""
      (?P<number>
        (?P<sign>(?:^|(?<=[/(:=;])|(?<=[/(:=;]\ ))-(?=[\d.]))?
        (?P<digits>[1-9]\d{{0,2}}(?P<gap>[,'_ ])\d{{3}}(?:(?P=gap)\d{{3}})*(?!\d)
          |\d{{1,2}},\d+(?![.,]?\d)|\d*\.\d+|\d+)
        (?P<power>e[+-]?\d{{1,2}}(?!\d))?
        (?:\ ?(?P<scale>[kw](?![a-z])|万))?
        (?:\ ?(?:(?P<percent>%)|(?P<aside>{_either(_NOT_COUNTED)})|(?P<count>{_either(_COUNTED)})))?
        (?P<plus>\+(?!/?-|\ ?\d)|\ ?以上)?)
    | (?P<unreached>{_either(_UNREACHED)})
    | (?P<diverged>{_either(_DIVERGED)})
    | (?P<full>{_either(_FULL)})
    | {"|".join(f"(?P<{name}>{_either(words)})" for name, words in _WORDS.items())}
    | (?P<above>[>≥≧]=?|超过|[大多高]于)
    | (?P<spread>±|\+/?-)
    | (?P<nothing>{_either(_FILLER)}|\[\^?\w{{1,3}}\]|[\s()\[\]"'*`~≈†‡★☆✓✔→←↑↓↘_=:–—]
        |(?<!\d\ )(?<!-)-(?!-)|-(?![\d.-])|[.。](?=\s|$))
    | (?P<stop>[,;/|、])
    | (?P<unknown>.)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_EMPTY = re.compile(
    r"[\s\-–—_/\\.…?*~|]*|n\.?/?a\.?|nan|none|null|无|空白?|缺失?|未填|未做|待填|tbd|todo",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br ?/?>|[\r\n]+", re.IGNORECASE)
_FOOTNOTE = re.compile(
    r"(?<=\d{3})<sup>\w{1,3}</sup>|(?:(?<![r\d])|(?<=\d{3}))[⁰¹²³⁴-⁹]{1,3}", re.IGNORECASE
)
_POWER = re.compile("(?<=[0-9])[⁰¹²³⁴-⁹⁻]|<su[bp]>", re.IGNORECASE)
_FORMULA = re.compile(r"\$([^$]+)\$")
_TAG = re.compile(r"</?[a-z][^<>]{0,50}>", re.IGNORECASE)
_DOTTED = re.compile(r"[1-9]\.\d[05]0|10\.000")  # 8.200 for 8200; evaluated every 50 epochs
_SCALES = {"k": 1000, "w": 10_000, "万": 10_000}


class Number(NamedTuple):
    """A number, what names it, and its unit: ``%``, ``n`` for counts, or none."""

    name: str
    value: float
    half_unit: float  # of its last digit
    unit: str
    digits: str
    is_apart: bool  # a comma, a slash or the like stands before it


@dataclass(frozen=True)
class Phrase:
    """All that a text says; `names` are those without a number."""

    text: str
    numbers: tuple[Number, ...] = ()
    names: frozenset[str] = frozenset()
    is_complete: bool = True  # there is nothing else in it
    more: bool = False
    diverged: bool = False
    full: bool = False

    def values(self, axis: str, *, bare: bool) -> list[float | None]:
        """Return the one value of an axis that this stands for, or nothing.

        None as a batch size is the full set. A number without a name counts if `bare`.
        """
        is_other = self.more or self.diverged or not self.is_complete
        if self.full and not is_other and not self.numbers:
            return [None] if axis == BATCH else []
        if is_other or len(self.numbers) != 1 or self.numbers[0].unit:
            return []
        name, value = self.numbers[0].name or "", self.numbers[0].value
        named = self.names & set(AXES)
        fits = name == axis or (not name and (named == {axis} or (bare and not named)))
        return [value] if fits and 0 < value < _MOST else []

    @property
    def axes(self) -> set[str]:
        """The axes that are named, with or without a value."""
        return set(AXES) & {*self.names, *(number.name for number in self.numbers)}

    def without_axes(self) -> "Phrase":
        """Return the same without the values of axes."""
        numbers = tuple(number for number in self.numbers if number.name not in AXES)
        names = self.names - {BATCH} if self.full else self.names
        return replace(self, numbers=numbers, names=names, full=False)


@dataclass(frozen=True)
class CellEntry:
    """What is written in a cell."""

    text: str  # as it was written, without markup
    epochs: int | None = None
    more: bool = False  # says that these epochs were not enough
    diverged: bool = False
    accuracy: float | None = None  # as a fraction: 0.97 for 97 %
    rounding: float = 0.0  # half a unit of the accuracy's last digit
    is_named: bool = False  # it is called an accuracy
    understood: bool = True  # False where there is a text that may mean something else

    @property
    def ends(self) -> bool:
        """Whether it tells how a trial ended."""
        return self.epochs is not None or self.more or self.diverged

    @property
    def tells(self) -> bool:
        """Whether it tells of a trial."""
        return self.ends or self.accuracy is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written that could tell of a trial."""
        return self.understood and not self.tells

    def joined(self, other: "CellEntry") -> "CellEntry":
        """Return what both say of one trial; it is not understood if they contradict each other."""
        if other.is_empty or not self.understood:
            return self
        if self.is_empty or replace(self, text=other.text) == other:
            return other
        text = f"{self.text} / {other.text}"
        one, two = sorted((self, other), key=lambda entry: entry.ends)
        if one.accuracy is None or one.ends or two.accuracy is not None or not two.ends:
            return CellEntry(text, understood=False)
        return replace(one, text=text, epochs=two.epochs, more=two.more, diverged=two.diverged)


def plain(text: str) -> str:
    """Return a text without markup, in half-width characters and with single spaces."""
    text = _BREAK.sub(" / ", html.unescape(text).replace("\\", " ").replace("＼", " "))
    text = _TAG.sub("", _POWER.sub(r"^\g<0>", _FOOTNOTE.sub("", _FORMULA.sub(r"\1", text))))
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("’", "'")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@lru_cache(maxsize=20_000)
def read_phrase(text: str) -> Phrase:
    """Read a text; whatever it is, nothing is raised."""
    shown = plain(text[:_LONGEST])
    numbers: list[Number] = []
    names: list[str] = []
    owner, is_apart, seen = "", False, set()
    for match in _TOKEN.finditer(shown):
        kind = match.lastgroup or ""
        seen.add(kind)
        if kind == "number":
            numbers += [number] if (number := _number(match, owner, is_apart)) else []
            if match["plus"]:
                seen.add(_ABOVE)
            if owner in names:
                names.remove(owner)
            is_name = match["count"] and number and not number.unit  # in η=0.1 epochs=5400
            names += [EPOCHS] if is_name else []
            owner, is_apart = EPOCHS if is_name else "", False
        elif kind in _WORDS or kind in (_ABOVE, _SPREAD):
            owner = kind
            names += [kind] if kind in _WORDS else []
        elif kind == "stop":
            owner, is_apart = "", True
    return Phrase(
        shown,
        tuple(numbers),
        frozenset(names),
        is_complete="unknown" not in seen and len(text) <= _LONGEST,
        more=bool(seen & {"unreached", _ABOVE}),
        diverged="diverged" in seen,
        full="full" in seen,
    )


def _number(match: re.Match[str], owner: str, is_apart: bool) -> Number | None:
    """Return the number of a match, or None if it counts something else."""
    if match["aside"] or owner in (OTHER, _SPREAD):
        return None
    digits, scale = match["digits"], match["scale"]
    if gap := match["gap"]:
        value, decimals = float(digits.replace(gap, "")), 0
    else:
        value = float(digits.replace(",", "."))
        decimals = 0 if digits.isdigit() else len(re.split("[.,]", digits)[-1])
    factor = _SCALES.get((scale or "").lower(), 1) * 10.0 ** int((match["power"] or "e0")[1:])
    value = round(value * factor, 12) * (-1 if match["sign"] else 1)
    is_counted = scale or (match["count"] and owner not in AXES and value % 1 == 0)
    unit = "%" if match["percent"] else "n" * bool(is_counted)
    name = EPOCHS if owner == _ABOVE or is_counted or match["plus"] else owner
    return Number(name, value, 0.5 * factor * 10.0**-decimals, unit, digits, is_apart)


def read_entry(text: str, named: str = "") -> CellEntry:
    """Read what is written in a cell, where headers say that it is `EPOCHS` or `ACCURACY`."""
    shown = plain(text[:_LONGEST])
    return CellEntry(shown) if _EMPTY.fullmatch(shown) else entry_of(read_phrase(text), named)


def entry_of(phrase: Phrase, named: str = "") -> CellEntry:
    """Return what a phrase tells of a trial."""
    numbers, nothing = phrase.numbers, CellEntry(phrase.text, understood=False)
    if not phrase.is_complete or phrase.full or phrase.names - {EPOCHS, ACCURACY}:
        return nothing
    if named and sum(not number.name for number in numbers) == 1:
        numbers = tuple(number._replace(name=number.name or named) for number in numbers)
    read = [_measured(number) for number in _with_percents(numbers)]
    epochs = [value for kind, value, _ in read if kind == EPOCHS]
    accuracies = [(value, half) for kind, value, half in read if kind == ACCURACY]
    if not epochs and any(number.digits == "1.000" for number in numbers):
        return nothing  # of epochs a thousand, or an accuracy
    is_told = bool(read) or phrase.more or phrase.diverged
    if not is_told or max(len(epochs), len(accuracies)) > 1 or len(epochs + accuracies) < len(read):
        return nothing
    ending = (round(epochs[0]) if epochs else None, phrase.more, phrase.diverged)
    accuracy, rounding = accuracies[0] if accuracies else (None, 0.0)
    is_named = any(number.name == ACCURACY for number in numbers)
    return CellEntry(phrase.text, *ending, accuracy, rounding, is_named)


def _with_percents(numbers: tuple[Number, ...]) -> tuple[Number, ...]:
    """Take the second of two whole numbers, `3500 / 97`, as a percentage."""
    if len(numbers) != 2 or any(n.name or n.unit or not n.digits.isdigit() for n in numbers):
        return numbers
    first, second = numbers
    is_percent = second.is_apart and _LEAST_PERCENT <= second.value <= 100 < first.value
    return (first, second._replace(unit="%")) if is_percent else numbers


def _measured(number: Number) -> tuple[str, float, float]:
    """Return what a number is, or nothing that is known, its value and half its last digit."""
    name, value, half, unit, digits, _ = number
    percent = (ACCURACY, round(value / 100, 12), round(half / 100, 12))
    unknown = ("", value, half)
    is_whole = value % 1 == 0 and ("." not in digits or value > 100)
    if name in AXES or not -_MOST < value < _MOST:
        return unknown
    if unit == "%":
        return percent if 0 <= value <= 100 and name != EPOCHS else unknown
    if name == ACCURACY:
        return (ACCURACY, value, half) if value <= 1 else (percent if value <= 100 else unknown)
    if _DOTTED.fullmatch(digits) and 1 < value <= 10:
        return EPOCHS, value * 1000, 0.0
    if is_whole or name == EPOCHS or unit:
        return (EPOCHS, value, half) if is_whole and value > 0 else unknown
    if value < 0 or _LEAST_FRACTION <= value <= 1:
        return ACCURACY, value, half
    return percent if _LEAST_PERCENT <= value < 100 else unknown
