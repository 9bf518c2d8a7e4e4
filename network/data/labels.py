"""Which labels a task can learn: numbers, classes 0 and 1, or rows of which one entry is 1."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from network.errors import InputError

Array = NDArray[np.float64]


def _two_classes(Y: Array) -> bool:
    return Y.shape[1] == 1 and bool(np.isin(Y, (0, 1)).all())


def _one_hot(Y: Array) -> bool:
    zeros_and_ones = bool(np.isin(Y, (0, 1)).all())
    return Y.shape[1] >= 2 and zeros_and_ones and bool((Y.sum(axis=1) == 1).all())


NEEDED: Mapping[str, tuple[Callable[[Array], bool], str]] = {
    "binary": (_two_classes, "one column of labels, each 0 or 1"),
    "multiclass": (_one_hot, "two or more columns of labels, with one 1 in each row and else 0"),
}
"""What the labels of a task must be: a test, and words for it. Others take any numbers."""


def classes(Y: Array) -> NDArray[np.int64]:
    """Return the class of each row of labels or probabilities, shape (n,)."""
    kind = Y[:, 0] >= 0.5 if Y.shape[1] == 1 else Y.argmax(axis=1)
    return np.asarray(kind, np.int64)


def check_labels(task: str, *sets: Array) -> None:
    """Raise InputError if labels, each of shape (n, n_outputs), are none that a task can learn."""
    if task not in NEEDED:
        return
    fits, needed = NEEDED[task]
    for Y in sets:
        if not fits(Y):
            columns = "1 column" if Y.shape[1] == 1 else f"{Y.shape[1]} columns"
            raise InputError(
                f"the task {task} needs {needed}, got {columns} with values from {Y.min():g} to "
                f"{Y.max():g}; choose the task that suits the labels: regression, binary or "
                "multiclass."
            )
