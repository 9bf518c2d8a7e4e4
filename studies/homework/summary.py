"""What the command prints at its end: the table, the best cell, findings in short, the files."""

import sys

from reports.documents.documents import Section, table_document
from reports.tables.tables import corner
from reports.words import Text, number, word
from studies.homework.result import GridResult

FILES = Text(
    "Report: {report}; interactive page: {page}; tables: {tables}",
    "报告：{report}；可交互的网页：{page}；表格：{tables}",
)
FAILED = Text(
    "Failed trials: {n}; {report} gives the reasons. The first: {first}",
    "{n} 次训练失败，原因见 {report}。第一个：{first}",
)

_LONG = ("law", "departs")
"""Kinds of findings that are left to the report."""

_STYLES = {"diverged": "red", "failed": "red"}


def show(result: GridResult) -> None:
    """Print it; in colours where a terminal shows it, as Markdown elsewhere."""
    show_tables(result)
    show_files(result)


def show_tables(result: GridResult) -> None:
    """Print what comes before the names of the files, which need not be there yet."""
    sections = [Section(n, result.table(n), result.best(n)) for n in result.hidden]
    if sys.stdout.isatty():
        _paint(sections)
    else:
        sys.stdout.write(table_document(sections) + "\n")
    for section in sections:
        if len(sections) > 1:
            sys.stdout.write(f"{section.heading}:\n")
        said = [f for f in result.findings(section.n_hidden) if f.kind not in _LONG]
        sys.stdout.write("".join(f"- {finding.text}\n" for finding in said) + "\n")
        guessed = result.on_guess(section.n_hidden)
        sys.stdout.write("".join(f"- {sentence}\n" for sentence in guessed) + "\n" * bool(guessed))
    sys.stdout.flush()


def show_files(result: GridResult) -> None:
    """Print where the files are."""
    names = ("table.md", "table.csv", "table.tex")
    where = {"report": result.directory / "report.md", "page": result.directory / "report.html"}
    sys.stdout.write(f"{FILES.fill(**where, tables=Text(', '.join(names), '、'.join(names)))}\n")


def failures(result: GridResult) -> str:
    """Return the sentence about trials that failed; empty if there are none."""
    n = int((result.frame.state == "failed").sum())
    if not n:
        return ""
    first = next(iter(result.result.failures.values()))
    return str(FAILED.fill(n=n, report=result.directory / "report.md", first=first))


def _paint(sections: list[Section]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for section in sections:
        shown = Table(title=str(section.heading) if len(sections) > 1 else None)
        shown.add_column(str(corner(section.table)), justify="right")
        for rate in section.table.columns:
            shown.add_column(number(rate), justify="right")
        for size, row in section.table.iterrows():
            cells = [
                f"[{_style(section, size, rate, text)}]{word(text)}[/]"
                for rate, text in row.items()
            ]
            shown.add_row(str(size), *cells)
        console.print(shown)
        console.print(str(section.sentence), highlight=False, markup=False)
        console.print()


def _style(section: Section, size: object, rate: object, text: str) -> str:
    """Return the colour of a cell: green for the best, yellow where the target was not reached."""
    if section.best is not None and section.best.place == (size, rate):
        return "bold green"
    return _STYLES.get(text, "yellow" if text.startswith(">") else "default")
