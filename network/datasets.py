"""Data: the two curves of the course, its ``.npz`` files, and CSV files of one's own.

A `Dataset` has a training set, a validation set that is held out of it, and a test set. The
hold-out is the first tenth of the course's data, and a seeded random tenth of a CSV's rows,
which may be sorted. A file without a test file gives up a seeded random fifth as test set.
"""

import csv
import hashlib
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from network.errors import InputError

Array = NDArray[np.float64]
Samples = tuple[Array, Array]  # inputs (n, n_inputs), labels (n, n_outputs)


@dataclass(frozen=True)
class Dataset:
    """Training, validation and test set; the arrays can't be written to.

    Attributes
    ----------
    name : str
        What to call it in a report.
    train_x, validation_x, test_x : ndarray, shapes (n, n_inputs)
    train_y, validation_y, test_y : ndarray, shapes (n, n_outputs)
    """

    name: str
    train_x: Array = field(repr=False)
    train_y: Array = field(repr=False)
    validation_x: Array = field(repr=False)
    validation_y: Array = field(repr=False)
    test_x: Array = field(repr=False)
    test_y: Array = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("train", "validation", "test"):
            for axis in ("x", "y"):
                array = np.ascontiguousarray(getattr(self, f"{name}_{axis}"), np.float64)
                array.flags.writeable = False
                object.__setattr__(self, f"{name}_{axis}", array)

    def _arrays(self) -> tuple[Array, ...]:
        return (
            *(self.train_x, self.train_y),
            *(self.validation_x, self.validation_y),
            *(self.test_x, self.test_y),
        )

    @property
    def n_inputs(self) -> int:
        """Number of input columns."""
        return int(self.train_x.shape[1])

    @property
    def n_outputs(self) -> int:
        """Number of label columns."""
        return int(self.train_y.shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all six arrays, their shapes included, in hexadecimal."""
        digest = hashlib.sha256()
        for array in self._arrays():
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()

    def course_files(self) -> dict[str, dict[str, Array]]:
        """Return the data in the course's form: ``data`` and ``label`` for each of two files.

        The validation set comes first in the training file, so that reading the two files gives
        the same three sets again.
        """
        return {
            "train.npz": {
                "data": np.concatenate([self.validation_x, self.train_x]),
                "label": np.concatenate([self.validation_y, self.train_y]),
            },
            "test.npz": {"data": self.test_x, "label": self.test_y},
        }


def load(source: str, test_source: str | None = None, data_seed: int = 0) -> Dataset:
    """Make the data set that a user names.

    Parameters
    ----------
    source : str
        ``snake`` or ``sine``, or the path of an ``.npz`` or CSV file.
    test_source : str, optional
        The path of the test set, where `source` is a file.
    data_seed : int
        Decides generated data and random splits.

    Raises
    ------
    InputError
        If a file is missing or holds something else than finite numbers in the right shapes.
    """
    if source in CURVES:
        if test_source is not None:
            raise InputError(
                f"the {source} curve brings its own test set; leave the test data out."
            )
        return CURVES[source](data_seed)
    return _from_files(source, test_source, np.random.default_rng(data_seed))


# ---- the two curves -------------------------------------------------------------------------


def _snake_function(x: Array) -> Array:
    return 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.01 * np.cos(50 * x) - 0.3


def _sine_function(x: Array) -> Array:
    return np.sin(6.28 * x)


def snake(data_seed: int = 0) -> Dataset:
    """Return the snake curve of chapter 9: 1000 training points with noise ±0.05, 200 for tests."""
    return _curve("snake", _snake_function, 1000, 0.05, 200, data_seed)


def sine(data_seed: int = 0) -> Dataset:
    """Return the sine curve of chapter 8: 500 training points with noise ±0.1, 100 for tests."""
    return _curve("sine", _sine_function, 500, 0.1, 100, data_seed)


CURVES: dict[str, Callable[[int], Dataset]] = {"snake": snake, "sine": sine}
"""The generated data sets by name."""


def _curve(
    name: str, f: Callable[[Array], Array], n_train: int, noise: float, n_test: int, seed: int
) -> Dataset:
    """Draw x uniformly on [0, 1] with noise on the labels; the test set is even and clean."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.0, 1.0, (n_train, 1))
    y = f(x) + rng.uniform(-noise, noise, (n_train, 1))
    test_x = np.linspace(0.0, 1.0, n_test).reshape(-1, 1)
    return _hold_out(name, (x, y), (test_x, f(test_x)))


def _hold_out(name: str, train: Samples, test: Samples) -> Dataset:
    """Hold the first tenth of the training samples out as validation set, at least one."""
    x, y = train
    n = max(1, len(x) // 10)
    return Dataset(name, x[n:], y[n:], x[:n], y[:n], *test)


# ---- files ----------------------------------------------------------------------------------


def _from_files(source: str, test_source: str | None, rng: np.random.Generator) -> Dataset:
    path = Path(source)
    train, is_csv = _read(path)
    if test_source is None:
        train, test = _split_test(path, train, rng)
    else:
        test, _ = _read(Path(test_source))
        for what, a, b in zip(("inputs", "labels"), train, test, strict=True):
            if a.shape[1] != b.shape[1]:
                raise InputError(
                    f"{source} has {a.shape[1]} columns of {what} but {test_source} has "
                    f"{b.shape[1]}; both need the same."
                )
    if len(train[0]) < 2:
        raise InputError(
            f"{source} leaves {len(train[0])} sample to train and validate with; "
            "at least 2 are needed, and 3 where the test set is taken from the same file."
        )
    if is_csv:
        order = rng.permutation(len(train[0]))
        train = (train[0][order], train[1][order])
    return _hold_out(path.stem, train, test)


def _split_test(path: Path, samples: Samples, rng: np.random.Generator) -> tuple[Samples, Samples]:
    """Take a random fifth out as test set, at least one; the rest keeps its order."""
    x, y = samples
    if len(x) < 3:
        raise InputError(
            f"{path} has {len(x)} sample{'s' * (len(x) > 1)}; at least 3 are needed to train, "
            "to validate and to test."
        )
    n_test = max(1, len(x) // 5)
    is_test = np.zeros(len(x), bool)
    is_test[rng.permutation(len(x))[:n_test]] = True
    return (x[~is_test], y[~is_test]), (x[is_test], y[is_test])


def _read(path: Path) -> tuple[Samples, bool]:
    """Read a file of samples; the second value tells whether it is a CSV."""
    if not path.exists():
        raise InputError(
            f"data {str(path)!r} is neither a known curve ({', '.join(CURVES)}) nor a file that "
            "exists; check the spelling and the folder."
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
