"""Labels that a task can't learn are refused before any training."""

import numpy as np
import pytest
from cases import each_of

from network.data.datasets import Dataset, generated
from network.data.labels import check_labels
from network.errors import InputError
from network.training.settings import TrainingSettings

ONE_HOT = np.eye(3)[[0, 2, 1, 1]]


@each_of(
    ("task", "labels"),
    [
        ("binary", [[0.0], [1.0]]),
        ("binary", [[1.0]]),
        ("multiclass", ONE_HOT),
        ("regression", [[0.3, -7.0]]),
    ],
)
def test_labels_that_fit_are_taken(task, labels):
    check_labels(task, np.array(labels))


@each_of(
    ("task", "labels", "message"),
    [
        ("binary", [[0.0], [2.0]], "one column of labels, each 0 or 1, got 1 column .* 0 to 2;"),
        ("binary", ONE_HOT, "each 0 or 1, got 3 columns"),
        ("multiclass", [[0.0], [1.0]], "two or more columns of labels.* got 1 column"),
        ("multiclass", [[0.0, 0.0]], "with one 1 in each row"),
        ("multiclass", [[1.0, 1.0]], "with one 1 in each row"),
        ("multiclass", [[0.5, 0.5]], "choose the task that suits the labels"),
        ("multiclass", [[2.0, -1.0]], "with values from -1 to 2"),
    ],
)
def test_labels_that_do_not_fit_are_refused(task, labels, message):
    with pytest.raises(InputError, match=message):
        check_labels(task, np.array(labels))


@each_of("wrong", ["train_y", "validation_y", "test_y"])
def test_all_three_sets_are_looked_at(wrong):
    data = generated("xor")
    settings = TrainingSettings(1.0, 10, task="binary")
    settings.check_against(data)
    arrays = {
        name: getattr(data, name)
        for name in ("train_x", "train_y", "validation_x", "validation_y", "test_x", "test_y")
    }
    arrays[wrong] = arrays[wrong] + 0.5
    with pytest.raises(InputError, match="each 0 or 1"):
        settings.check_against(Dataset("wrong", **arrays))
