"""Reads data files: the course's ``.npz`` with ``data`` and ``label``, and CSV files.

Whatever a file holds, the answer is two tables of finite numbers or an `InputError` that says
where it went wrong.
"""

import csv
import os
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from network.errors import InputError
from network.generated import GENERATORS, Array, Samples


def read(path: Path) -> tuple[Samples, bool]:
    """Read a file of samples; the second value tells whether it is a CSV."""
    if not path.exists():
        raise InputError(
            f"data {str(path)!r} is neither a generated set ({', '.join(GENERATORS)}) nor a file "
            "that exists; check the spelling and the folder."
        )
    if not path.is_file():
        raise InputError(f"{path} is not a file; give an .npz or a CSV file.")
    try:
        if path.stat().st_size == 0:
            raise InputError(f"{path} is empty.")
        is_npz = zipfile.is_zipfile(path)
        if path.suffix == ".npz" and not is_npz:
            raise InputError(f"{path} is not an .npz file, whatever its name says.")
        data, label = _read_npz(path) if is_npz else _read_csv(path)
    except OSError as error:
        raise InputError(f"{path} can't be read: {os.strerror(error.errno or 0)}.") from error
    return (_checked(data, path, "data"), _checked(label, path, "label")), not is_npz


def _read_npz(path: Path) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Read the arrays ``data`` and ``label``, never unpickling anything."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            missing = {"data", "label"} - set(arrays.files)
            if missing:
                raise InputError(
                    f"{path} lacks the array{'s' * (len(missing) > 1)} "
                    f"{' and '.join(sorted(missing))}; it has {', '.join(arrays.files) or 'none'}."
                )
            data, label = (np.asarray(arrays[name]) for name in ("data", "label"))
    except InputError:
        raise
    except Exception as error:  # whatever a broken or hostile file makes the reader raise
        raise InputError(
            f"{path} can't be read as an .npz file of plain numbers; pickled objects are refused "
            f"({error})."
        ) from error
    if len(data.shape[:1]) and len(label.shape[:1]) and len(data) != len(label):
        raise InputError(f"{path} has {len(data)} rows of data but {len(label)} of labels.")
    return data, label


def _read_csv(path: Path) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Read a table of numbers: the last column is the label, a first row of names is skipped."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    if "\0" in text:
        raise InputError(f"{path} is neither an .npz file nor a text file with UTF-8 characters.")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        reader = csv.reader(text.splitlines(), delimiter=delimiter)
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{path} can't be read as a CSV file: {error}.") from error
    if lines and not any(_is_number(cell) for cell in lines[0][1]):
        del lines[0]  # the names of the columns
    if not lines:
        raise InputError(f"{path} has no row of numbers.")
    n_columns = len(lines[0][1])
    if n_columns < 2:
        raise InputError(f"{path} needs at least two columns, inputs and a label; it has one.")
    table = np.array([_numbers(row, n_columns, f"{path}, line {line}") for line, row in lines])
    return table[:, :-1], table[:, -1:]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(row: list[str], n_columns: int, place: str) -> list[float]:
    if len(row) != n_columns:
        raise InputError(f"{place} has {len(row)} cells where the first row has {n_columns}.")
    for column, cell in enumerate(row, start=1):
        if not _is_number(cell):
            raise InputError(f"{place}, column {column}: {cell!r} is not a number.")
    return [float(cell) for cell in row]


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
