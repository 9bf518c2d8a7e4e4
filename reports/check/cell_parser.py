"""What people write into a table's cells, `>10000 / 0.93`, `８２００次`, and above them, `η=0.1`.

A cell is read as a number of epochs, an accuracy, or both, whatever stands around them. Full-width
digits, decimal commas, percents, units and the words for "not reached" are understood; what isn't
is kept as it is and marked.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

NUMBER = re.compile(
    r"(?<![\d.])(?P<sign>(?:(?<=[\s/(:=;])|^)-)?"
    r"(?P<digits>[1-9]\d{0,2}(?:,\d{3})+(?!\d)|\d{1,2},\d+|\d*\.\d+|\d+)"
    r"(?P<power>e[+-]?\d{1,2}(?!\d))?\s*(?P<unit>%|k(?![a-z])|万|epochs?|轮|次|代)?",
    re.IGNORECASE,
)
"""A number: 10,000 has a comma for thousands, 0,97 one for decimals."""

_NOT_REACHED = re.compile(
    r"(?:未|不|没有?|无法|未能)\s*(?:能\s*)?(?:收敛|达到?|达标|完成|到达)|达不到|超过|大于|多于|以上"
    r"|[>≥≧∞]|\d\s*\+(?!\s*\d)|\bnot?\b.*\b(?:reach|converge)|\bnever\b|did\s?n[o']t|\bdnf\b|\binf\b",
    re.IGNORECASE,
)
_DIVERGED = re.compile(r"发散|爆炸|溢出|diverge|overflow|exploded", re.IGNORECASE)
_EMPTY = re.compile(
    r"[\s\-–—_/\\.…?*~x×|]*|n\.?/?a\.?|nan|none|null|无|空白?|缺失?|未填|未做|待填|tbd|todo",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:loss|误差|损失|mse|eps)\w*\s*[:=≈]?\s*[\d.,]+(?:e[+-]?\d+)?"  # a loss and its number
    r"|[\d.,]+\s*(?:s|sec|seconds?|ms|min|minutes?|秒钟?|分钟?)(?![a-z])"  # a time
    r"|\br\s*\^?\s*2(?=\s*[:=≈(]|\s)",  # the 2 of R²
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?[a-z][^>]*>|[*`$~]", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}) (?=\d{3}(?!\d))")
_UNITS = {"k": 1000, "万": 10_000}
_DOTTED = re.compile(r"[1-9]\.\d{3}|10\.000")  # for thousands, for a rate or an R² is below 1

_LEAST_PERCENT = 20
"""A number with decimals between 1 and this, without a percent sign, has no known meaning."""

_MOST = 1e9
"""A larger number has no meaning."""

_LONGEST = 200
"""Characters of a cell that are read."""

RATE, BATCH = "learning_rate", "batch_size"
_AXES = {
    RATE: re.compile(
        r"η|α|(?<![a-z])(?:lr|eta|alpha)(?![a-z])|learning|\brate|学习率|学习速率|步长",
        re.IGNORECASE,
    ),
    BATCH: re.compile(r"(?<![a-z])(?:bs|bz)(?![a-z])|batch|批", re.IGNORECASE),
}
_FULL = re.compile(r"\bfull|全批|全部|整批|全量", re.IGNORECASE)


@dataclass(frozen=True)
class CellEntry:
    """What is written in a cell."""

    text: str  # as it was written, without markup
    epochs: int | None = None
    more: bool = False  # says that these epochs were not enough
    diverged: bool = False
    accuracy: float | None = None  # as a fraction: 0.97 for 97 %
    rounding: float = 0.0  # half a unit of the accuracy's last digit
    understood: bool = True  # False where there is a text of which none of this can be read

    @property
    def tells(self) -> bool:
        """Whether it tells of a trial."""
        told = self.epochs is not None or self.accuracy is not None
        return told or self.more or self.diverged

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written that could tell of a trial."""
        return self.understood and not self.tells

    def joined(self, other: "CellEntry") -> "CellEntry | None":
        """Return an entry of the epochs of one and the accuracy of the other, if that is so."""
        for ends, measured in ((self, other), (other, self)):
            is_ending = ends.accuracy is None and (ends.epochs is not None or ends.more)
            if is_ending and measured.accuracy is not None and measured.epochs is None:
                text = f"{ends.text} / {measured.text}"
                return replace(
                    ends, text=text, accuracy=measured.accuracy, rounding=measured.rounding
                )
        return None


def plain(text: str) -> str:
    """Return a cell's text without markup, in half-width characters and with single spaces."""
    text = _MARKUP.sub(" ", html.unescape(text).replace("\\", " "))
    text = unicodedata.normalize("NFKC", text).replace("−", "-")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def read_entry(text: str) -> CellEntry:
    """Read what is written in a cell; whatever it is, nothing is raised."""
    shown = plain(text[:_LONGEST])
    if _EMPTY.fullmatch(shown):
        return CellEntry(shown)
    more, diverged = bool(_NOT_REACHED.search(shown)), bool(_DIVERGED.search(shown))
    bare = _THOUSANDS.sub(r"\1", _ASIDE.sub(" ", shown))
    found = [_number(match) for match in NUMBER.finditer(bare)]
    epochs, accuracies = _told_apart(found)
    if len(epochs) > 1 or len(accuracies) > 1 or "<" in shown:
        return CellEntry(shown, understood=False)
    if not (found or more or diverged) or len(epochs) + len(accuracies) < len(found):
        return CellEntry(shown, understood=False)
    accuracy = accuracies[0] if accuracies else None
    return CellEntry(
        shown,
        epochs=round(epochs[0].value) if epochs else None,
        more=more,
        diverged=diverged,
        accuracy=accuracy.value if accuracy else None,
        rounding=accuracy.half_unit if accuracy else 0.0,
    )


def axes_named(text: str) -> set[str]:
    """Return which axes a text names: RATE, BATCH, both or none."""
    shown = plain(text[:_LONGEST])
    return {axis for axis, words in _AXES.items() if words.search(shown)}


@lru_cache(maxsize=20_000)
def read_header(text: str) -> Mapping[str, float | None]:
    """Return the value of each axis that a row's or column's header can stand for.

    `bs:5` is a batch size, `η=0.1` a learning rate, and a bare 5 may be either. None as a batch
    size is the full set; a text without just one number stands for nothing.
    """
    shown = plain(text[:_LONGEST])
    named = axes_named(shown) or {RATE, BATCH}
    found = list(NUMBER.finditer(shown))
    if not found and _FULL.search(shown) and BATCH in named:
        return {BATCH: None}
    if len(found) != 1 or not 0 < value_of(found[0]) < _MOST:
        return {}
    return dict.fromkeys(named, value_of(found[0]))


class _Number(NamedTuple):
    """A number in a cell; `kind` is epochs, accuracy, whole (either) or nothing."""

    value: float
    half_unit: float
    kind: str


def _number(match: re.Match[str]) -> _Number:
    digits, unit = match["digits"], (match["unit"] or "").lower()
    value, decimals = value_of(match), len(re.split("[.,]", digits)[-1])
    is_whole = digits.isdigit() or ("," in digits and digits == f"{value:,.0f}")
    half = 0.5 if is_whole else 0.5 * 10.0**-decimals
    if unit == "%":
        return _percent(value, half)
    value *= _UNITS.get(unit, 1)
    if not abs(value) < _MOST or (unit and value < 0):
        return _Number(value, half, "")
    if unit:
        return _Number(value, half, "epochs")
    if _DOTTED.fullmatch(digits):
        return _Number(value * 1000, 0.0, "epochs")
    if value < 0 or (not is_whole and value <= 1):
        return _Number(value, half, "accuracy")
    if is_whole or match["power"] or (value > 100 and value.is_integer()):
        return _Number(value, half, "whole")
    percent = _percent(value, half)
    return percent if _LEAST_PERCENT <= value <= 100 else percent._replace(kind="")


def _percent(value: float, half: float) -> _Number:
    return _Number(round(value / 100, 12), round(half / 100, 12), "accuracy")


def value_of(match: re.Match[str]) -> float:
    """Return the value of a match of `NUMBER`, its unit left out."""
    digits = match["digits"]
    is_grouped = re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", digits)
    plain_digits = digits.replace(",", "" if is_grouped else ".")
    return float(f"{match['sign'] or ''}{plain_digits}{match['power'] or ''}")


def _told_apart(found: list[_Number]) -> tuple[list[_Number], list[_Number]]:
    """Return the numbers that are epochs and those that are accuracies.

    A whole number is epochs; beside another one, the smaller of the two is an accuracy in percent.
    """
    epochs = [number for number in found if number.kind in ("epochs", "whole")]
    accuracies = [number for number in found if number.kind == "accuracy"]
    wholes = [number for number in epochs if number.kind == "whole"]
    if len(epochs) == 2 and wholes and not accuracies:
        small = min(wholes)
        if small.value <= 100:
            epochs.remove(small)
            accuracies.append(_percent(100 if small.value == 1 else small.value, 0.5))
    return epochs, accuracies
