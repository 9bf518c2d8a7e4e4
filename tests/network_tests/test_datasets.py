"""Data sets: the course's curves, files of every kind, and files that are refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from cases import each_of

from network.data.datasets import ARRAYS, Dataset, generated, load, snake
from network.data.files import read
from network.data.generated import CURVES, FORMULAS, NOISE
from network.errors import InputError


def save_npz(path, data, label):
    np.savez(path, data=data, label=label)
    return str(path)


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return str(path)


def test_the_snake_curve_is_that_of_chapter_nine():
    data = snake(0)
    sizes = [len(a) for a in (data.train_x, data.validation_x, data.test_x)]
    assert sizes == [900, 100, 200]
    x, y = data.test_x, data.test_y
    clean = 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.01 * np.cos(50 * x) - 0.3
    np.testing.assert_array_equal(y, clean)
    x, y = data.train_x, data.train_y
    noise = y - (0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.01 * np.cos(50 * x) - 0.3)
    assert np.abs(noise).max() <= 0.05
    assert noise.std() == pytest.approx(0.1 / np.sqrt(12), rel=0.05)


def test_the_sine_curve_is_that_of_chapter_eight():
    data = generated("sine")
    assert [len(a) for a in (data.train_x, data.validation_x, data.test_x)] == [450, 50, 100]
    assert np.abs(data.train_y - np.sin(6.28 * data.train_x)).max() <= 0.1


def test_the_data_seed_decides_the_curve():
    assert snake(1).fingerprint == snake(1).fingerprint
    assert snake(1).fingerprint != snake(2).fingerprint


def test_a_data_set_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        snake().train_x[0] = 1


def test_the_fingerprint_sees_a_single_changed_number_and_a_moved_border():
    data = snake()
    arrays = [a.copy() for a in (getattr(data, name) for name in ARRAYS)]
    assert Dataset("other name", *arrays).fingerprint == data.fingerprint
    arrays[0] = arrays[0].copy()
    arrays[0][17] += 1e-15
    assert Dataset("snake", *arrays).fingerprint != data.fingerprint


@each_of("name", CURVES)
def test_the_formula_and_the_noise_of_a_curve_are_those_that_people_read(name):
    code = FORMULAS[name].replace("²", "**2").replace("·", "*").replace("−", "-")
    for factor in ("0.4", "0.3", "15", "50", "6.28"):
        code = code.replace(f"{factor}x", f"{factor}*x")
    data = generated(name, 0)
    x, y = data.train_x, data.train_y
    curve = eval(code, {"x": x, "sin": np.sin, "cos": np.cos})  # noqa: S307
    np.testing.assert_allclose(curve, CURVES[name](x), rtol=1e-12)
    assert 0.95 * NOISE[name] < np.abs(y - curve).max() <= NOISE[name]


def test_what_a_run_saves_is_read_back_as_the_same_data(tmp_path):
    rows = "\n".join(f"{i},{i * i % 7},{i % 5}" for i in range(57))
    for original in (snake(3), load(write(tmp_path / "d.csv", rows))):
        for name, arrays in original.course_files().items():
            np.savez(tmp_path / name, **arrays)
        again = load(str(tmp_path / "train.npz"), str(tmp_path / "test.npz"))
        assert again.fingerprint == original.fingerprint


def test_the_hold_out_of_an_npz_is_its_first_tenth(tmp_path):
    x = np.arange(100.0).reshape(50, 2)
    train = save_npz(tmp_path / "train.npz", x, x[:, :1])
    test = save_npz(tmp_path / "test.npz", x[:3], x[:3, :1])
    data = load(train, test)
    np.testing.assert_array_equal(data.validation_x, x[:5])
    np.testing.assert_array_equal(data.train_x, x[5:])
    np.testing.assert_array_equal(data.test_x, x[:3])


@each_of("header", ["", "a,b,y\n", "甲,乙,丙\n"])
@each_of("delimiter", [",", ";", "\t"])
def test_a_csv_is_split_at_random_but_by_its_seed(tmp_path, header, delimiter):
    rows = "\n".join(f"{i},{-i},{i / 8}" for i in range(100))
    path = write(tmp_path / "d.csv", (header + rows).replace(",", delimiter))
    data = load(path, data_seed=1)
    sizes = [len(a) for a in (data.train_x, data.validation_x, data.test_x)]
    assert sizes == [72, 8, 20]
    together = np.concatenate([data.train_x, data.validation_x, data.test_x])
    assert sorted(together[:, 0]) == list(range(100))
    assert data.train_x[:, 0].tolist() != sorted(data.train_x[:, 0])
    np.testing.assert_array_equal(data.train_y, data.train_x[:, :1] / 8)
    assert load(path, data_seed=1).fingerprint == data.fingerprint
    assert load(path, data_seed=2).fingerprint != data.fingerprint


def test_a_csv_with_a_test_file_keeps_all_its_rows_for_training(tmp_path):
    path = write(tmp_path / "d.csv", "\n".join(f"{i},{i}" for i in range(20)))
    test = write(tmp_path / "t.csv", "x,y\r\n1,2\r\n3,4\r\n")
    data = load(path, test)
    assert [len(a) for a in (data.train_x, data.validation_x, data.test_x)] == [18, 2, 2]


CSV = "x,y\n0.5,1.5\n-2,3\n4,0.25\n"


@each_of("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@each_of(
    "text",
    [
        CSV,
        CSV.replace("x,y\n", ""),
        CSV.replace(",", ";").replace(".", ","),
        CSV.replace(",", "\t").replace(".", ","),
        CSV.replace("\n", ",,\r\n"),
        CSV.replace("x,y", '"x","y"').replace("\n", "\n\n"),
        f"# measured; today\n\n{CSV}# the end\n",
    ],
)
def test_a_csv_is_read_in_any_usual_encoding_and_dialect(tmp_path, encoding, text):
    samples, is_csv = read(Path(write(tmp_path / "d.csv", text, encoding)))
    assert is_csv
    assert np.hstack(samples).tolist() == [[0.5, 1.5], [-2, 3], [4, 0.25]]


def test_names_of_columns_may_be_chinese_in_gbk(tmp_path):
    path = write(tmp_path / "d.csv", CSV.replace("x,y", "输入,标签"), "gb18030")
    assert len(load(path).train_x) == 1


@each_of(
    ("text", "message"),
    [
        ("", "is empty"),
        ("x,y\n", "no row of numbers"),
        ("1\n2\n3\n", "at least two columns"),
        ("1,2\n", "at least 3 are needed"),
        ("1,2\n3\n4,5\n", "line 2 has 1 cells where the first row has 2"),
        ("1,2\n3,four\n5,6\n", "line 2, column 2: 'four' is not a number"),
        ("x,1\n3,4\n5,6\n", "line 1, column 1: 'x' is not a number"),
        ("1,2\n3,\n5,6\n", "column 2: '' is not a number"),
        ("1,2\n3,nan\n5,6\n", "must be finite, got nan in row 2"),
        ("1,2\ninf,4\n5,6\n", "must be finite, got inf in row 2"),
        ("1,2\n\0,4\n", "text file"),
        ("x,y\n0,5,1,5\n", "line 2 has 4 cells, but the first row names 2 columns .*semicolon"),
        ("x,y\n1,2,3\n", "line 2 has 3 cells, but the first row names 2 columns"),
        (",x,y\n0,1,2\n", "first column has no name, .* pandas .*index=False"),
        ("0,1\n0.5,1.5\n", "begins with 0,1, which may be a sample, or numbers of columns"),
        ("1,5;2\n1.5;2\n", "line 2: numbers have both decimal points and commas"),
        ("1 2\n3 4\n", "at least two columns are needed"),
    ],
)
def test_a_csv_that_is_no_table_of_numbers_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        load(write(tmp_path / "d.csv", text))


@each_of(
    ("arrays", "message"),
    [
        ({"x": np.ones((5, 1)), "y": np.ones((5, 1))}, "lacks the arrays data and label"),
        ({"data": np.ones((5, 1))}, "lacks the array label"),
        ({"data": np.ones((5, 1)), "label": np.ones((4, 1))}, "5 rows of data but 4 of labels"),
        ({"data": np.ones((5, 1, 1)), "label": np.ones((5, 1))}, "must be a table"),
        ({"data": np.ones((0, 1)), "label": np.ones((0, 1))}, "must be a table"),
        ({"data": np.array(3.0), "label": np.array(3.0)}, "must be a table"),
        ({"data": np.array([["a"]] * 5), "label": np.ones((5, 1))}, "must hold real numbers"),
        ({"data": np.ones((5, 1), complex), "label": np.ones((5, 1))}, "must hold real numbers"),
        ({"data": np.full((5, 1), np.nan), "label": np.ones((5, 1))}, "must be finite, got nan"),
        ({"data": np.array([[None]] * 5), "label": np.ones((5, 1))}, "pickled objects are refused"),
        ({"data": np.ones((2, 1)), "label": np.ones((2, 1))}, "at least 3 are needed"),
    ],
)
def test_an_npz_with_other_content_is_refused(tmp_path, arrays, message):
    path = tmp_path / "d.npz"
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=message):
        load(str(path))


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"x", pickle.dumps([1, 2])])
def test_a_file_that_is_only_called_npz_is_refused(tmp_path, content):
    (tmp_path / "d.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"not an \.npz file"):
        load(str(tmp_path / "d.npz"))


class Bomb:
    """Would leave a trace if anything unpickled it."""

    def __reduce__(self):
        return (print, ("unpickled",))


def test_nothing_is_ever_unpickled(tmp_path, capsys):
    np.savez(tmp_path / "d.npz", data=np.array([Bomb()] * 5), label=np.ones((5, 1)))
    with pytest.raises(InputError):
        load(str(tmp_path / "d.npz"))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("source", ["missing.csv", "snak", "", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="neither a generated set|is not a file"):
        load(source)


def test_train_and_test_files_need_the_same_columns(tmp_path):
    train = save_npz(tmp_path / "a.npz", np.ones((9, 2)), np.ones((9, 1)))
    test = save_npz(tmp_path / "b.npz", np.ones((9, 3)), np.ones((9, 1)))
    with pytest.raises(InputError, match="2 columns of inputs but .* has 3"):
        load(train, test)


def test_a_curve_takes_no_test_file(tmp_path):
    with pytest.raises(InputError, match="with its own test set"):
        load("snake", "t.npz")
