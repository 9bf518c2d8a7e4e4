"""Tables as an Excel file."""

import io
import re
from collections.abc import Mapping

import pandas as pd

from reports.documents.word import fixed_archive
from reports.words import printable

_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?([eE][+-]?\d{1,3})?")
_LONGEST_NAME = 31


def to_xlsx(sheets: Mapping[str, pd.DataFrame], date: str) -> bytes:
    """Return an Excel file with a sheet for each table, the same bytes for the same content.

    What is written as a number is one, and all else text: nothing is a formula.

    Parameters
    ----------
    sheets : mapping of str to DataFrame
        Words and numbers; the index is not shown.
    date : str
        Such as 2026-11-28; may be empty.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.active)
    for name, content in sheets.items():
        sheet = book.create_sheet(name[:_LONGEST_NAME])
        rows = [list(map(str, content.columns)), *content.astype(object).to_numpy().tolist()]
        for i, row in enumerate(rows, start=1):
            for j, value in enumerate(row, start=1):
                cell = sheet.cell(i, j)
                cell.value = shown = _value(value)
                if isinstance(shown, str):
                    cell.data_type = "s"
                    cell.alignment = Alignment(horizontal="right")
                elif isinstance(shown, float):
                    cell.number_format = _digits(str(value))
                if i == 1:
                    cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDDDDD")
        sheet.freeze_panes = "B2"
        for j, column in enumerate(zip(*rows, strict=True), start=1):
            width = max(sum(1 + (c > "⺀") for c in str(v)) for v in column)
            sheet.column_dimensions[get_column_letter(j)].width = min(60, width + 2)
    file = io.BytesIO()
    book.save(file)
    return fixed_archive(file.getvalue(), date)


def _digits(text: str) -> str:
    """Return a format that shows a fraction with as many digits as a text does."""
    digits = text.partition(".")[2]
    return f"0.{'0' * len(digits)}" if digits.isdigit() else "General"


def _value(value: object) -> object:
    """Return a number where one is written, else a text that a sheet can hold."""
    text = str(value)
    if not _NUMBER.fullmatch(text):
        return printable(text)[:32_000]
    return int(text) if text.lstrip("-").isdigit() else float(text)
