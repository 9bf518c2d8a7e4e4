"""Whose report it is, and as which files it is wanted: what a command or a run's record says."""

import shlex
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from typing import Any

from reports.words import Text
from sweep.errors import SweepError

LABELS = {
    "author": Text("Name", "姓名"),
    "student_id": Text("Student number", "学号"),
    "course": Text("Course", "课程"),
    "date": Text("Date", "日期"),
}
"""The lines under the title; ``run.json`` has what they say under these names."""

FORMATS = {"docx": "docx", "pdf": "fpdf", "xlsx": "openpyxl"}
"""The files beside Markdown and CSV that can be asked for, and the library that writes each."""

_LONGEST = 200
_DATE = Text("{day} {month} {year}", "{year} 年 {number} 月 {day} 日")


@dataclass(frozen=True)
class HandIn:
    """What a command says of a report that is handed in.

    Attributes
    ----------
    author, student_id, course : str or None
        Empty is a blank to be filled in; None is what ``run.json`` says.
    format : str
        Names in `FORMATS` with commas between.

    Raises
    ------
    SweepError
        If a value is not allowed, or a library that is needed is not installed.
    """

    author: str | None = None
    student_id: str | None = None
    course: str | None = None
    format: str | None = None

    def __post_init__(self) -> None:
        for name in ("author", "student_id", "course"):
            given = getattr(self, name)
            if given is not None and _line(given) != given:
                raise SweepError(
                    f"--{name.replace('_', '-')} takes one line of at most {_LONGEST} characters, "
                    f"got {given[:20]!r} ({len(given)} characters)."
                )
        for name in self.formats:
            if name not in FORMATS:
                known = ", ".join(FORMATS)
                raise SweepError(
                    f"--format takes {known}, separated by commas, got {self.format!r}."
                )
            if find_spec(FORMATS[name]) is None:
                raise SweepError(
                    f'--format {name} needs the extra: pip install "sweep-lab[documents]".'
                )

    @property
    def formats(self) -> list[str]:
        """The files that are asked for."""
        given = (self.format or "").replace("，", ",").split(",")
        return list(dict.fromkeys(each.strip() for each in given if each.strip()))

    def over(self, recorded: Mapping[str, Any]) -> dict[str, str]:
        """Return the values of `LABELS` that aren't empty, of a record where nothing is given."""
        given = {name: getattr(self, name, None) for name in LABELS}
        found = {name: _line(recorded.get(name)) if v is None else v for name, v in given.items()}
        if not date_text(found["date"]):
            del found["date"]
        return {name: value for name, value in found.items() if value}


def _line(value: Any) -> str:
    """Return what may stand in a line under the title, and of anything else nothing."""
    is_line = isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST
    return value.strip() if is_line else ""


_NOTHING = HandIn()
_current = ContextVar("hand_in", default=_NOTHING)


def set_hand_in(given: HandIn) -> None:
    """Let all reports that are written from now on in this context be so handed in.

    SweepError if a font is missing.
    """
    if "pdf" in given.formats:
        from reports.documents.pdf import check_fonts

        names = (given.author, given.student_id, given.course)
        check_fonts("".join([str(LABELS["author"]), *filter(None, names)]))
    _current.set(given)


def hand_in() -> HandIn:
    """Return what the context says of reports."""
    return _current.get()


def lines_of(values: Mapping[str, str], *, blanks: bool) -> list[tuple[Text, Text]]:
    """Return the lines under a title: what each is, and what it says.

    Parameters
    ----------
    values : mapping
        As of `HandIn.over`.
    blanks : bool
        Whether what is not known is a line to be filled in, or none.
    """
    shown = {name: date_text(v) if name == "date" else v for name, v in values.items()}
    found = ((label, shown.get(name, "")) for name, label in LABELS.items())
    return [(a, b if isinstance(b, Text) else Text(b, b)) for a, b in found if b or blanks]


def date_text(text: str) -> Text | str:
    """Write a date such as 2026-11-28 as people do; nothing if it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ""
    return _DATE.fill(day=day.day, month=f"{day:%B}", number=day.month, year=day.year)


def byline_of(values: Mapping[str, str]) -> Text:
    """Return the lines under a title that are known as one line; empty if none is."""
    lines = lines_of(values, blanks=False)
    en, zh = ([f"{name[i]}{':：'[i]}{' ' * (1 - i)}{v[i]}" for name, v in lines] for i in (0, 1))
    return Text(" · ".join(en), "　".join(zh))


def with_flags(command: str, values: Mapping[str, str]) -> str:
    """Return a command line with flags after it."""
    words = [word for name, v in values.items() for word in (f"--{name.replace('_', '-')}", v)]
    return f"{command} {shlex.join(words)}".strip()
