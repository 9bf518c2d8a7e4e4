"""The report of a run as the other files that were asked for: Word, PDF, and an Excel table."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from reports.documents.blocks import blocks_of
from reports.documents.hand_in import hand_in
from reports.documents.pdf import to_pdf
from reports.documents.word import to_docx
from reports.files import replacing
from reports.tables.workbook import to_xlsx
from sweep.errors import SweepError

WRITERS = {"pdf": to_pdf, "docx": to_docx}
TABLE = "table.xlsx"


def write_formats(
    folder: Path,
    document: Callable[[str], str],
    sheets: Mapping[str, pd.DataFrame],
    values: Mapping[str, str],
) -> None:
    """Write the files that the context asks for.

    Parameters
    ----------
    folder : Path
        The run directory, with its figures.
    document : callable
        Returns the report as Markdown, given the name of the format.
    sheets : mapping of str to DataFrame
    values : mapping
        As of `reports.documents.hand_in.HandIn.over`.

    Raises
    ------
    SweepError
        If a file can't be written, or a Word document is there that was changed.
    """
    date = values.get("date", "")
    for name in sorted(hand_in().formats, key="xlsx pdf docx".index):
        if name == "xlsx" and not sheets:
            raise SweepError(f"{folder} has no table, so there is no {TABLE}; leave xlsx out.")
        if name == "xlsx":
            _write(folder / TABLE, to_xlsx(sheets, date))
            continue
        blocks = blocks_of(document(name))
        content = WRITERS[name](blocks, folder, author=values.get("author", ""), date=date)
        path = folder / f"report.{name}"
        if name == "docx" and path.exists() and path.read_bytes() != content:
            raise SweepError(
                f"{path} is there already and differs, perhaps because you wrote into it; rename "
                "it, and run the same command again."
            )
        _write(path, content)


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)
