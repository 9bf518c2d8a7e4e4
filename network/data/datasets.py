"""Data sets: generated ones, the course's ``.npz`` files, and other CSV files.

A `Dataset` has a training set, a validation set that is held out of it, and a test set. The
hold-out is the first tenth of the course's data, and a seeded random tenth of a CSV's rows,
which may be sorted. Without a test file, a seeded random fifth of the data is the test set.
"""

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from network.data.files import read
from network.data.generated import GENERATORS, Array, Samples
from network.errors import InputError

ARRAYS = ("train_x", "train_y", "validation_x", "validation_y", "test_x", "test_y")
"""The arrays of a `Dataset`, in the order of its fields."""

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Dataset:
    """Training, validation and test set; the arrays can't be written to.

    Attributes
    ----------
    name : str
        What to call it in a report; made of letters, digits and a few signs.
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
        object.__setattr__(self, "name", _plain(self.name))
        for name in ARRAYS:
            array = np.ascontiguousarray(getattr(self, name), np.float64)
            array.flags.writeable = False
            object.__setattr__(self, name, array)

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
        for array in (getattr(self, name) for name in ARRAYS):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()

    def with_training_points(self, n: int) -> "Dataset":
        """Return this data with its first n training samples only; InputError if n is invalid."""
        if not 1 <= n <= len(self.train_x):
            raise InputError(
                f"training_points must be from 1 to {len(self.train_x)}, the size of the training "
                f"set, got {n}."
            )
        return replace(self, train_x=self.train_x[:n], train_y=self.train_y[:n])

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


def _plain(name: str) -> str:
    """Return a name that no table, figure or document takes for anything else."""
    signs = (c if c.isalnum() or c in " ._-()" else "_" for c in name)
    return "".join(signs).strip(" -")[:_LONGEST_NAME] or "data"


def load(source: str, test_source: str | None = None, data_seed: int = 0) -> Dataset:
    """Make the data set that a user names.

    Parameters
    ----------
    source : str
        A name in `GENERATORS`, or the path of an ``.npz`` or CSV file.
    test_source : str, optional
        The path of the test set, where `source` is a file.
    data_seed : int
        Decides generated data and random splits.

    Raises
    ------
    InputError
        If a file is missing or holds something else than finite numbers in the right shapes.
    """
    if source in GENERATORS:
        if test_source is not None:
            raise InputError(
                f"{source} is generated with its own test set; leave the test data out."
            )
        return generated(source, data_seed)
    return _from_files(source, test_source, np.random.default_rng(data_seed))


def generated(name: str, data_seed: int = 0) -> Dataset:
    """Return a generated data set, by its name in `GENERATORS`."""
    return _hold_out(name, *GENERATORS[name](np.random.default_rng(data_seed)))


def snake(data_seed: int = 0) -> Dataset:
    """Return the snake curve of the homework: 900 training and 100 validation samples."""
    return generated("snake", data_seed)


def _hold_out(name: str, train: Samples, test: Samples) -> Dataset:
    """Hold the first tenth of the training samples out as validation set, at least one."""
    x, y = train
    n = max(1, len(x) // 10)
    return Dataset(name, x[n:], y[n:], x[:n], y[:n], *test)


def _from_files(source: str, test_source: str | None, rng: np.random.Generator) -> Dataset:
    path = Path(source)
    train, is_csv = read(path)
    if test_source is None:
        train, test = _split_test(path, train, rng)
    else:
        test, _ = read(Path(test_source))
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
    name = f"{path.stem} (file)" if path.stem in GENERATORS else path.stem
    return _hold_out(name, train, test)


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
