"""Reads tables that people made from their files."""

from pathlib import Path

from reports.check.table_layouts import ExpectedTable, StudentsTable
from reports.check.table_reader import read_table
from studies.checking.hand_ins.files import HandIn
from studies.checking.hand_ins.formats import blocks_of_file


def table_in(file: Path | HandIn, asked: ExpectedTable) -> StudentsTable:
    """Return the table in a file; InputError or SweepError if there is none."""
    hand_in = HandIn.at(file) if isinstance(file, Path) else file
    return read_table(blocks_of_file(hand_in.content(), hand_in.name), asked, hand_in.name)
