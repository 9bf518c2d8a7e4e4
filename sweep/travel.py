"""Arrays and outcomes as text, to travel in a shared database: compact, exact, never pickled."""

import base64
import io
import zlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.trial import Outcome, TrialState

Arrays = Mapping[str, NDArray[np.generic]]


def to_blob(arrays: Arrays) -> bytes:
    """Write arrays by name as ``.npz``, compressed."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return zlib.compress(buffer.getvalue(), level=1)


def from_blob(blob: bytes) -> dict[str, NDArray[Any]]:
    """Read what `to_blob` wrote; pickled objects are refused."""
    with np.load(io.BytesIO(zlib.decompress(blob)), allow_pickle=False) as arrays:
        return dict(arrays)


def to_text(arrays: Arrays) -> str:
    """Write arrays by name as text, for what can hold no bytes."""
    return base64.b64encode(to_blob(arrays)).decode("ascii")


def from_text(text: str) -> dict[str, NDArray[Any]]:
    """Read what `to_text` wrote."""
    return from_blob(base64.b64decode(text, validate=True))


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as values that JSON can write, bit by bit the same when read again."""
    plain = {f.name: getattr(outcome, f.name) for f in fields(Outcome)}
    parameters = {f"parameters.{name}": a for name, a in plain.pop("parameters").items()}
    others = {name: plain.pop(name) for name in ("history", "path")}
    arrays = to_text({**others, **parameters})
    return {**plain, "state": str(outcome.state), "arrays": arrays}


def outcome_from_json(content: Mapping[str, Any]) -> Outcome:
    """Read what `outcome_to_json` returned."""
    values = dict(content)
    arrays = from_text(values.pop("arrays"))
    return Outcome(
        **{**values, "state": TrialState(values["state"])},
        history=arrays.pop("history"),
        path=arrays.pop("path"),
        parameters={name.removeprefix("parameters."): a for name, a in arrays.items()},
    )
