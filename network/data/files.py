"""Reads data files: the course's ``.npz`` with ``data`` and ``label``, and CSV files.

Whatever a file holds, the answer is two tables of finite numbers or an `InputError` that says
where it went wrong.
"""

import csv
import os
import zipfile
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from network.data.generated import GENERATORS, Array, Samples
from network.data.npz import MOST_NUMBERS, read_arrays, too_many
from network.data.text import open_text
from network.errors import InputError

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

MOST_BYTES, MOST_LINE = 100_000_000, 1_000_000
"""The largest CSV file and its longest line; larger data come as ``.npz``."""


def read(path: Path) -> tuple[Samples, bool]:
    """Read a file of samples; the second value tells whether it is a CSV."""
    try:
        if not path.exists():
            raise InputError(
                f"data {str(path)!r} is neither a generated set ({', '.join(GENERATORS)}) nor a "
                "file that exists; check the spelling and the folder."
            )
        if not path.is_file():
            raise InputError(f"{path} is not a file; give an .npz or a CSV file.")
        is_npz = zipfile.is_zipfile(path)
        if path.suffix == ".npz" and not is_npz:
            raise InputError(f"{path} is not an .npz file, whatever its name says.")
        data, label = _read_npz(path) if is_npz else _read_csv(path)
    except OSError as error:
        raise InputError(f"{path} can't be read: {os.strerror(error.errno or 0)}.") from error
    return (_checked(data, path, "data"), _checked(label, path, "label")), not is_npz


def _read_npz(path: Path) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Read the arrays ``data`` and ``label``, never unpickling anything."""
    arrays = read_arrays(path, ("data", "label"))
    data, label = arrays["data"], arrays["label"]
    if len(data.shape[:1]) and len(label.shape[:1]) and len(data) != len(label):
        raise InputError(f"{path} has {len(data)} rows of data but {len(label)} of labels.")
    return data, label


def _read_csv(path: Path) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Read a table of numbers: the last column is the label, a first row of names is skipped.

    Between columns are commas, semicolons or tabs; with the latter two, numbers may have a decimal
    comma. Lines that begin with ``#`` are comments, and empty columns at the end don't count.
    """
    with open_text(path, "a CSV file", MOST_BYTES) as f:
        first = next((line for line in _lines(f, path) if line.strip()), "")
        delimiter = next((mark for mark in ";\t" if mark in first), ",")
        f.seek(0)
        try:
            table = _table(csv.reader(_lines(f, path), delimiter=delimiter), path, delimiter != ",")
        except csv.Error as error:
            raise InputError(f"{path} can't be read as a CSV file: {error}.") from error
    return table[:, :-1], table[:, -1:]


def _lines(file: Iterable[str], path: Path) -> Iterator[str]:
    """Yield the lines of a file, empty ones for comments."""
    for line in file:
        if len(line) > MOST_LINE:
            raise InputError(
                f"{path} has a line of {len(line):,} signs, which is no row of a table."
            )
        yield "\n" if line.startswith("#") else line


def _table(reader: "CsvReader", path: Path, decimal_commas: bool) -> Array:
    """Read all rows, shape (rows, columns), holding no more of them as text than one."""
    numbers, n_columns, names = array("d"), 0, None
    marks: set[str] = set()
    for row in reader:
        while len(row) > n_columns and not row[-1].strip():
            row.pop()
        if not any(cell.strip() for cell in row):
            continue
        place = f"{path}, line {reader.line_num}"
        used = {mark for cell in row for mark in ".," if mark in cell} if decimal_commas else set()
        row = [cell.replace(",", ".") for cell in row] if decimal_commas else row
        if names is None:
            names = _names(row, path)
            if names:
                continue
        if not numbers:
            n_columns = _n_columns(row, names, place)
        if len(numbers) + len(row) > MOST_NUMBERS:
            raise InputError(f"{path} holds more numbers than can be read; {too_many()}")
        marks |= used
        if len(marks) > 1:
            raise InputError(f"{place}: numbers have both decimal points and commas; use one.")
        numbers.extend(_numbers(row, n_columns, place))
    if not numbers:
        raise InputError(f"{path} has no row of numbers.")
    return np.frombuffer(numbers).reshape(-1, n_columns)


def _names(row: list[str], path: Path) -> list[str]:
    """Return the names in a first row, none if it is a sample; InputError if it may be both."""
    if not row[0].strip():
        raise InputError(
            f"{path}: the first column has no name, as if it were an index that pandas wrote; "
            "delete that column (in pandas, to_csv(…, index=False)), or name it if it is an input."
        )
    if len(row) > 1 and row == [str(place) for place in range(len(row))]:
        raise InputError(
            f"{path} begins with {','.join(row)}, which may be a sample, or numbers of columns as "
            "pandas writes them; in the first case write a row of names above it, in the second "
            "delete it."
        )
    return [] if any(_is_number(cell) for cell in row) else row


def _n_columns(row: list[str], names: list[str], place: str) -> int:
    """Return the number of columns; InputError if there are too few or not as many as names."""
    if len(row) < 2:
        raise InputError(
            f"{place}: at least two columns are needed, inputs and a label, with a comma, a "
            "semicolon or a tab between; there is one."
        )
    if names and len(names) != len(row):
        raise InputError(
            f"{place} has {len(row)} cells, but the first row names {len(names)} columns "
            f"({', '.join(map(repr, names[:5]))}); give each column a name, and numbers with "
            "decimal commas a semicolon or a tab between."
        )
    return len(row)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(row: list[str], n_columns: int, place: str) -> list[float]:
    if len(row) != n_columns:
        raise InputError(f"{place} has {len(row)} cells where the first row has {n_columns}.")
    try:
        return [float(cell) for cell in row]
    except ValueError:
        column, cell = next((i, c) for i, c in enumerate(row, start=1) if not _is_number(c))
        raise InputError(f"{place}, column {column}: {cell!r} is not a number.") from None


def _checked(array: NDArray[np.generic], path: Path, what: str) -> Array:
    """Return a column or table of finite float64, shape (n, columns)."""
    if array.dtype.kind not in "biuf":
        raise InputError(f"{path}: {what} must hold real numbers, got the type {array.dtype}.")
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2 or array.size == 0:
        raise InputError(
            f"{path}: {what} must be a table (samples, columns), got the shape {array.shape}."
        )
    with np.errstate(over="ignore"):
        table = array.astype(np.float64)
    if not np.isfinite(table).all():
        row, column = np.argwhere(~np.isfinite(table))[0]
        raise InputError(
            f"{path}: {what} must be finite, got {table[row, column]} in row {row + 1}, "
            f"column {column + 1}."
        )
    return table
