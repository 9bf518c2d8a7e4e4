"""Arrays that travel come as they were, and hostile ones not at all."""

import tracemalloc
import zlib

import numpy as np
import pytest
from cases import each_of
from hostile import CHUNK, bomb, header, liars

from sweep.errors import SweepError
from sweep.store.serialization import MOST_BYTES, from_blob, to_blob

ARRAYS = {
    "history": np.zeros(3, [("epoch", int), ("loss", float)]),
    "none": np.empty(0, "V1"),
    "path": np.empty((0, 0), np.float32),
    "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "number": np.array(3),
}


def gigabytes():
    """Return a blob that unpacks to gigabytes by itself, whatever they hold."""
    packer = zlib.compressobj(9)
    first = packer.compress(header((5, 1))) + packer.flush(zlib.Z_FULL_FLUSH)
    chunk = packer.compress(bytes(CHUNK)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + 200 * chunk


HOSTILE = {
    "gigabytes": gigabytes(),
    "packed twice": zlib.compress(bomb(["history"])),
    "cut off": to_blob(ARRAYS)[:-9],
    "nothing": b"",
    **{lie: zlib.compress(content) for lie, content in liars(["history"]).items()},
}


def test_arrays_come_back_as_they_were():
    found = from_blob(to_blob(ARRAYS))
    assert list(found) == list(ARRAYS)
    for name, array in found.items():
        np.testing.assert_array_equal(array, ARRAYS[name])
        assert array.dtype == ARRAYS[name].dtype
        assert array.flags.writeable


@each_of("kind", HOSTILE)
def test_what_unpacks_to_more_than_may_be_is_refused_with_little_memory(kind):
    tracemalloc.start()
    try:
        with pytest.raises(SweepError, match="arrays that were kept can't be read"):
            from_blob(HOSTILE[kind])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * MOST_BYTES


def test_a_history_too_large_to_come_back_is_not_written():
    huge = np.broadcast_to(0.0, (MOST_BYTES // 16 + 1,))
    with pytest.raises(SweepError, match="evaluate losses less often"):
        to_blob({"history": huge})
