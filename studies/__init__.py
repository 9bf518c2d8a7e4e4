"""Named questions: which trials, which report; and the command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.functions import grid
    from studies.homework import assignment

__all__ = ["assignment", "grid"]

_PLACES = {"assignment": "studies.homework.assignment", "grid": "studies.functions.grid"}


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used, so that ``sweep --help`` stays quick."""
    if name in _PLACES:
        return import_module(_PLACES[name])
    raise AttributeError(f"module 'studies' has no attribute {name!r}")
