"""The files of a checked class: the page, tables for spreadsheets, and a letter to each student."""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from reports.check.class_report import ClassReport, Light
from reports.check.feedback import feedback
from reports.files import csv_text, folder_name, no_formula, remove_others, replacing, write_text
from reports.page import class_page
from reports.words import printable
from sweep.errors import SweepError

PAGE, TABLE, WORKBOOK, LETTERS = "class.html", "class.csv", "class.xlsx", "feedback"

_COLOURS = {
    Light.IMPLAUSIBLE: "F8CBAD",
    Light.LOOK: "FFE699",
    Light.TYPICAL: "C6E0B4",
    Light.UNREAD: "D9D9D9",
}


def check_folder(folder: Path) -> None:
    """Refuse a folder for the answer that has other things in it; SweepError says so."""
    if folder.exists() and not folder.is_dir():
        raise SweepError(f"{folder} is a file; give --out a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / PAGE).is_file():
        raise SweepError(
            f"{folder} has other files in it; give --out a new folder, or one of an earlier check."
        )


def write_class(report: ClassReport, folder: Path) -> None:
    """Write all files of a class, in the language of the context."""
    frame = report.frame()
    write_text(folder / PAGE, class_page.page(report))  # by it a later check knows the folder
    write_text(folder / TABLE, "\ufeff" + csv_text(frame))  # by this mark Excel knows UTF-8
    try:
        _write_workbook(folder / WORKBOOK, frame, report)
    except ImportError:
        sys.stderr.write(
            f"sweep: {WORKBOOK} is not written, for it needs the extra: "
            'pip install "sweep-lab[class]".\n'
        )
    letters = set()
    for place, each in enumerate(report.hand_ins, 1):
        letter = folder / LETTERS / f"{place:03} {folder_name(each.name).removesuffix('.md')}.md"
        write_text(letter, feedback(each.name, each.check))
        letters.add(letter)
    remove_others(folder / LETTERS, ("[0-9][0-9][0-9]* *.md",), letters)


def _shown(value: Any) -> Any:
    """Return a value as a workbook may hold it: no formula, no control characters."""
    return no_formula(printable(value)) if isinstance(value, str) else value


def _write_workbook(path: Path, frame: pd.DataFrame, report: ClassReport) -> None:
    """Write a sheet of the hand-ins, and one of the pairs that are alike."""
    from openpyxl import Workbook
    from openpyxl.styles import Font, PatternFill

    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in (("hand-ins", frame), ("alike", report.pairs())):
        sheet = book.create_sheet(title)
        sheet.append(list(rows.columns))
        for row in rows.astype(object).itertuples(index=False):
            sheet.append([None if pd.isna(value) else _shown(value) for value in row])
        sheet.freeze_panes = "B2"
        sheet.auto_filter.ref = sheet.dimensions
        for cell in sheet[1]:
            cell.font = Font(bold=True)
    for row_number, light in enumerate(report.lights, 2):
        fill = PatternFill("solid", start_color=_COLOURS[light])
        book["hand-ins"].cell(row_number, 2).fill = fill
    with replacing(path) as file:
        book.save(file)
