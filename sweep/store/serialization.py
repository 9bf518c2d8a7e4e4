"""Arrays and results as text, to travel in a shared database: compact, exact, never pickled."""

import base64
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from sweep.errors import SweepError
from sweep.store.schema import NUMBERS, check_kinds
from sweep.trial import TrialResult, TrialState

Arrays = Mapping[str, NDArray[np.generic]]

MOST_BYTES = 2**28
"""So large may arrays be that travel together; what somebody else sent may say it is larger."""

_MEMBER, _MOST_MEMBERS = b"PK\1\2", 100  # what a file begins with in a ZIP's directory


def to_blob(arrays: Arrays) -> bytes:
    """Write arrays by name as ``.npz``, compressed.

    Raises
    ------
    SweepError
        If they are too large.
    """
    size = sum(array.nbytes for array in arrays.values())
    if size > MOST_BYTES // 2:  # with room for names and headers
        raise SweepError(
            f"the history of a trial takes {size / 2**20:.0f} MB, more than can be kept; evaluate "
            "losses less often."
        )
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return zlib.compress(buffer.getvalue(), level=1)


def from_blob(blob: bytes) -> dict[str, NDArray[Any]]:
    """Read what `to_blob` wrote, and load nothing else: no objects, no more than that may be.

    SweepError if it is something else.
    """
    with readable("arrays that were kept"):
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(blob, MOST_BYTES)
        if not unpacking.eof or content.count(_MEMBER) > _MOST_MEMBERS:
            raise ValueError("they are too large")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ValueError("they are compressed twice")
            if sum(member.file_size for member in members) > len(content):
                raise ValueError("they are said to be larger than they are")
            return {m.filename.removesuffix(".npy"): _array(archive.read(m)) for m in members}


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Say in one sentence if what others may have written is none of ours, however that shows."""
    try:
        yield
    except SweepError:
        raise
    except Exception as error:  # whatever hostile content makes the readers raise
        raise SweepError(
            f"{what} can't be read ({error}); it was not written by this tool, or is damaged: make "
            "a new sweep."
        ) from error


def _array(content: bytes) -> NDArray[Any]:
    """Read an array as `numpy.save` writes it, without room for more than there is."""
    file = io.BytesIO(content)
    npy.read_magic(file)
    shape, is_fortran, kind = npy.read_array_header_1_0(file)
    if kind.hasobject or not kind.itemsize:
        raise ValueError("they are no numbers")
    numbers = np.frombuffer(content[file.tell() :], kind)
    return numbers.reshape(shape, order="F" if is_fortran else "C").copy()


def to_text(arrays: Arrays) -> str:
    """Write arrays by name as text, for what can hold no bytes."""
    return base64.b64encode(to_blob(arrays)).decode("ascii")


def from_text(text: str) -> dict[str, NDArray[Any]]:
    """Read what `to_text` wrote."""
    return from_blob(base64.b64decode(text, validate=True))


def result_to_json(outcome: TrialResult) -> dict[str, Any]:
    """Return an outcome as values that JSON can write, bit by bit the same when read again."""
    plain = {f.name: getattr(outcome, f.name) for f in fields(TrialResult)}
    arrays = to_text({"history": plain.pop("history"), **outcome.arrays})
    return {**plain, "state": str(outcome.state), "arrays": arrays}


def result_from_json(content: Mapping[str, Any]) -> TrialResult:
    """Read what `result_to_json` returned."""
    with readable("a result that was kept"):
        return result_of({**content, "arrays": from_text(content["arrays"])})


def result_of(values: Mapping[str, Any]) -> TrialResult:
    """Make a result of its values by name, its history among the arrays; None is not a number."""
    with readable("a result that was kept"):
        check_kinds(values)
        arrays = dict(values["arrays"])
        changes = {n: np.nan if values[n] is None else values[n] for n in NUMBERS}
        changes |= {"state": TrialState(values["state"]), "epochs": int(values["epochs"])}
        changes |= {"history": arrays.pop("history"), "arrays": arrays}
        return TrialResult(**{**values, **changes})
