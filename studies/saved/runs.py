"""The runs that lie below a folder, and their pages."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from reports.words import Text, printable, say, word
from studies.experiment.run_directory import RECORD_FILE, read_record
from sweep.errors import SweepError

DEEPEST, MOST = 4, 1000
"""How deep below a folder runs are looked for, and how many are listed."""

UNREADABLE = Text("its run.json can't be read", "无法读取其 run.json")


def directories(folder: Path) -> Iterator[Path]:
    """Give the run directories in a folder and below it; links are not followed."""
    for path, below, files in os.walk(folder):
        below.sort()
        here = Path(path)
        if RECORD_FILE in files:
            below.clear()
            yield here
        elif len(here.relative_to(folder).parts) == DEEPEST:
            below.clear()


def listed(folder: Path) -> list[str]:
    """Return a paragraph on each run below a folder, the newest first.

    It has its directory, when it was made, the command, which has the settings that differ from
    the defaults, the states of its trials, and its first finding.

    Raises
    ------
    SweepError
        If there is no run.
    """
    found = [path for path, _ in zip(directories(folder), range(MOST), strict=False)]
    if not found:
        raise SweepError(f"there is no run in {folder}; sweep assignment makes one.")
    found.sort(key=lambda path: (path / RECORD_FILE).stat().st_mtime, reverse=True)
    return [_paragraph(path) for path in found]


def _paragraph(path: Path) -> str:
    made = datetime.fromtimestamp((path / RECORD_FILE).stat().st_mtime).astimezone()
    begin = f"{path}  ({made:%Y-%m-%d %H:%M})"
    try:
        record, states = read_record(path), Counter[str]()
        for part in record["parts"].values():
            states.update(part["states"])
        counts = [(n, word(state)) for state, n in sorted(states.items())]
        english = ", ".join(f"{n} {name}" for n, name in counts)
        trials = say(Text(english, "，".join(f"{n} 次{name}" for n, name in counts)))
        finding = say(Text(*record["finding"])) if record.get("finding") else ""
        lines = [begin, str(record["command"]), trials, finding]
    except (SweepError, KeyError, TypeError, AttributeError, ValueError):
        lines = [begin, say(UNREADABLE)]
    return "\n    ".join(printable(line) for line in lines if line)


def page_of(run: Path) -> Path:
    """Return the page of a run; SweepError if it has none."""
    page = run / "report.html"
    if not page.is_file():
        raise SweepError(f"{run} has no report.html; give a run directory, or see sweep runs.")
    return page
