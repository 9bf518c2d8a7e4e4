"""Files of numbers are looked at before they are loaded: none fills memory or runs a program."""

import tracemalloc

import numpy as np
import pytest
from cases import each_of
from hostile import bomb, liars

from network.data.datasets import load
from network.errors import InputError
from network.two_layer import Parameters

NAMES = ("data", "label")
WEIGHTS = ("W1", "B1", "W2", "B2")
LIARS = liars(NAMES)


def refused(call, path, content, most_memory=30e6):
    """Assert that a file is refused in a sentence, and that nothing large was in memory."""
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as refusal:
            call(str(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < most_memory
    return str(refusal.value)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_before(tmp_path):
    content = bomb(NAMES)
    assert len(content) < 10e6
    said = refused(load, tmp_path / "d.npz", content)
    assert "data unpacks to 3,221,225,600 bytes; at most 10,000,000 are allowed" in said


def test_so_are_weights(tmp_path):
    said = refused(Parameters.load, tmp_path / "w.npz", bomb(WEIGHTS))
    assert "W1 unpacks to 3,221,225,600 bytes" in said


@each_of("lie", LIARS)
def test_so_is_a_file_that_says_something_else_than_it_holds(tmp_path, lie):
    refused(load, tmp_path / "d.npz", LIARS[lie])


def test_the_refusal_says_what_was_found(tmp_path):
    said = {lie: refused(load, tmp_path / "d.npz", LIARS[lie]) for lie in LIARS}
    assert "have the shape (10000000000000, 1), but what is" in said["more numbers than are there"]
    assert "pickled objects are refused" in said["objects"]
    assert "write it with numpy.savez" in said["another compression"]
    assert "an archive of too many files" in said["a directory that is all of it"]


def test_one_number_too_many_is_refused_and_not_one_less(tmp_path, monkeypatch):
    monkeypatch.setattr("network.data.npz.MOST_NUMBERS", 10_000)
    path = tmp_path / "d.npz"
    half = np.zeros((5000, 1), np.int8)
    np.savez_compressed(path, data=half, label=half)
    assert len(load(str(path)).test_x) == 1000
    np.savez_compressed(path, data=half, label=np.zeros((5001, 1), np.int8))
    with pytest.raises(InputError, match=r"holds 10,001 numbers; at most 10,000"):
        load(str(path))


def test_arrays_that_nobody_asks_for_are_left_alone(tmp_path):
    path = tmp_path / "d.npz"
    x = np.arange(10.0).reshape(10, 1)
    np.savez(path, data=x, label=x, note=np.array([None]))
    assert len(load(str(path)).train_x) == 8 - 1


@each_of(
    "change",
    [{"W1": np.float64(1)}, {"B1": np.array([["a"]])}, {"W2": np.ones(3)}, {"B2": np.ones((9, 9))}],
)
def test_weights_of_other_shapes_are_refused(tmp_path, change):
    arrays = dict.fromkeys(WEIGHTS, np.ones((1, 1)))
    np.savez(tmp_path / "w.npz", **{**arrays, **change})
    with pytest.raises(InputError, match="tables of real numbers|don't belong together"):
        Parameters.load(tmp_path / "w.npz")


@pytest.mark.parametrize("row", ["1,2\n", "1," * 2000 + "1\n"], ids=["many rows", "long rows"])
def test_a_csv_of_too_many_numbers_is_refused_while_it_is_read(tmp_path, row, monkeypatch):
    monkeypatch.setattr("network.data.files.MOST_NUMBERS", 10_000)
    path = tmp_path / "d.csv"
    path.write_text(row * 6_000)
    with pytest.raises(InputError, match="holds more numbers than can be read"):
        load(str(path))


def test_a_csv_of_too_many_bytes_is_refused_unread(tmp_path):
    with (tmp_path / "d.csv").open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(InputError, match=r"has 200,000,000 bytes; a CSV file may have 100,000,000"):
        load(str(tmp_path / "d.csv"))
