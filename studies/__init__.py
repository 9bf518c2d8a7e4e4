"""Named questions: which trials, which report; and the command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.homework import assignment

__all__ = ["assignment"]


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used, so that ``sweep --help`` stays quick."""
    if name in __all__:
        return import_module(f"studies.homework.{name}")
    raise AttributeError(f"module 'studies' has no attribute {name!r}")
