"""One thing after the other in a run directory, compared with what it should be."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from network.errors import InputError
from network.two_layer import Parameters
from reports.check import differences
from reports.words import Text

MOST_NAMED = 5
"""Of more faults of one kind the others are counted."""

PAGE = "report.html"

ENDINGS = (".csv", ".md", ".tex", ".html")
"""Of the texts that are compared, in the order in which they are."""

OF_ANY_VERSION = ("trials.csv", "history*.csv", "table.md")
"""The numbers in these mean the same whichever version of the tool wrote them."""

NOT_COMPARED = ("seconds", "engine")
"""Columns that are other ones on another machine."""

_CONTENT = re.compile(r'<script type="application/json" id="content">(.*?)</script>', re.DOTALL)

IN = Text("{place}: {fault}", "{place}：{fault}")


@dataclass(frozen=True)
class CheckResult:
    """One thing that was looked at.

    Attributes
    ----------
    what : Text
    found : Text or None
        What can be said of it if it holds.
    faults : sequence of Text
        What doesn't hold.
    """

    what: Text
    found: Text | None = None
    faults: Sequence[Text] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.faults:
            return f"{_HOLDS}  {self.what}{f': {self.found}' if self.found else ''}"
        lines = [f"{_DIFFERS}  {self.what}", *(f"    {f}" for f in self.faults[:MOST_NAMED])]
        if len(self.faults) > MOST_NAMED:
            lines.append(f"    {_MORE.fill(n=len(self.faults) - MOST_NAMED)}")
        return "\n".join(lines)


_HOLDS, _DIFFERS = Text("✓ holds  ", "✓ 相符"), Text("✗ differs", "✗ 不符")
_MORE = Text("and {n} more", "以及另外 {n} 处")


def at_weights(path: Path, remade: Path) -> CheckResult:
    """Look at ``weights/``: the initial ones as the seed gives them, and the best network.

    Parameters
    ----------
    path, remade : Path
        The run directory, and the same made anew.
    """
    faults, files = [], sorted((remade / "weights").rglob("*.npz"))
    for file in files:
        name = file.relative_to(remade).as_posix()
        try:
            there = Parameters.load(path / name).as_dict()
            found = differences.of_arrays(there, Parameters.load(file).as_dict())
        except (InputError, OSError):
            found = [Text("is missing or can't be read", "缺失或无法读取")]
        faults += [IN.fill(place=name, fault=fault) for fault in found]
    words = Text(
        "{n} files, as the seed and the trainings give them", "{n} 个文件，与种子和训练一致"
    )
    return CheckResult(Text("weights", "权重"), words.fill(n=len(files)), faults)


def at_files(
    path: Path, remade: Path, axes: Collection[str], *, by_this_version: bool
) -> list[CheckResult]:
    """Look at all texts that are made from the store.

    Parameters
    ----------
    path, remade : Path
        The run directory, and the same made anew.
    axes : collection of str
        The columns of a CSV that say, with the repeat and the epoch, which row it is.
    by_this_version : bool
        Whether this version of the tool made it; another one may have had other words.
    """
    looks = []
    known = [*OF_ANY_VERSION, *(["table.csv"] if (remade / "table.md").exists() else [])]
    names = [p.name for ending in ENDINGS for p in sorted(remade.glob(f"*{ending}"))]
    for name in names:
        if not (by_this_version or any(fnmatch(name, one) for one in known)):
            continue
        should, there = text_of(remade / name), text_of(path / name)
        if not (path / name).exists():
            found = [Text("is missing", "缺失")]
        elif name.endswith(".csv"):
            naming = (*axes, "part", "repeat", "epoch")
            found = differences.of_csv(there, should, naming, but=NOT_COMPARED)
        elif name == PAGE:
            found = _of_page(there, should)
        elif by_this_version:
            found = differences.of_document(_without_command(there), _without_command(should))
        else:
            found = differences.of_document(_tables_in(there), _tables_in(should))
        looks.append(CheckResult(Text(name, name), None, found))
    return looks


def _without_command(document: str) -> str:
    """Leave the last part of a report out, which names the place where it was made."""
    return document.rpartition("\n## ")[0] if "\n```" in document else document


def _tables_in(document: str) -> str:
    return "\n".join(line for line in document.splitlines() if line.startswith("|"))


def _of_page(there: str, should: str) -> list[Text]:
    """Compare what two pages show, which both hold as JSON; not the scripts that show it."""
    contents = []
    for page in (there, should):
        match = _CONTENT.search(page)
        try:
            contents.append(json.loads(match[1]) if match else None)
        except (ValueError, RecursionError):
            contents.append(None)
    if contents[0] is None:
        return [Text("its content can't be read", "内容无法读取")]
    return differences.of_values(*contents, but=(*NOT_COMPARED, "command"))


def text_of(path: Path) -> str:
    """Return what a file holds; nothing if it isn't there or can't be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
