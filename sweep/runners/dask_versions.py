"""Versions on both ends of a Dask cluster: what must be the same, and what to do if it isn't."""

from collections.abc import Iterable, Mapping
from typing import Any

from sweep.errors import SweepError

HOW_TO_INSTALL = (
    'install the same version of this tool on all machines, as under "On several machines" in the '
    "README, and run the same command again to go on."
)

_COMPARED = {"python": 2, "numpy": 1, "numba": 2, "cloudpickle": 1, "distributed": 1}
"""How many leading numbers of a version must be the same on both ends."""

_SCHEDULER_NEEDS = ("python", "cloudpickle", "distributed")


def compare_versions(found: Mapping[str, Any]) -> None:
    """Raise SweepError if a machine of a cluster has versions that don't go with ours.

    Parameters
    ----------
    found : mapping
        What ``Client.get_versions`` returns.
    """
    ours = found["client"]["packages"]
    _compare("scheduler", found["scheduler"]["packages"], ours, _SCHEDULER_NEEDS)
    for address, worker in found["workers"].items():
        _compare(f"worker {address}", worker["packages"], ours, _COMPARED)


def _compare(
    end: str, theirs: Mapping[str, str], ours: Mapping[str, str], names: Iterable[str]
) -> None:
    for name in names:
        there, here = theirs.get(name) or "missing", ours.get(name) or "missing"
        count = _COMPARED[name]
        if there.split(".")[:count] != here.split(".")[:count]:
            raise SweepError(
                f"versions differ: {name} is {there} at the Dask {end} and {here} here; "
                f"{HOW_TO_INSTALL}"
            )
