"""Reads tables that people made from their files."""

from pathlib import Path

from network.data.text import open_text
from reports.check.table_layouts import ExpectedTable, StudentsTable
from reports.check.table_reader import read_table

MOST_BYTES = 500_000
"""No table of a homework is larger."""


def table_in(path: Path, asked: ExpectedTable) -> StudentsTable:
    """Return the table in a file; InputError or SweepError if there is none."""
    with open_text(path, "a CSV or Markdown file", MOST_BYTES) as file:
        return read_table(file.read(), asked, str(path))
