"""Compiled kernels are kept as machine code."""

import ctypes

import numpy as np
import pytest

from network.engine.compilation import kernel


def test_code_is_compiled_once_and_again_where_its_file_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    compiled = []

    def code():
        compiled.append(True)

        def double(values, n):
            for i in range(n):
                values[i] *= 2

        return double

    def doubled():
        values = np.arange(3.0)
        kernel("double", "float64* int64", code)(values, 3)
        return values.tolist()

    assert doubled() == doubled() == [0, 2, 4]
    assert len(compiled) == 1
    (file,) = tmp_path.iterdir()
    for damaged in (file.read_bytes()[:-7], b"", file.read_bytes()[:-1] + b"?"):
        file.write_bytes(damaged)
        assert doubled() == [0, 2, 4]
    assert len(compiled) == 4


def test_a_kernel_takes_arrays_of_its_types_only(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    first = kernel("first", "float64* int64", lambda: lambda values, n: None)
    for wrong in (np.arange(3), np.zeros((2, 2))[:, 0], [1.0]):
        with pytest.raises(ctypes.ArgumentError):
            first(wrong, 1)
