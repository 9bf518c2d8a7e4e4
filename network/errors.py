"""The one exception of this floor: what the user gave is nothing that the network can take."""

from collections.abc import Iterable


class InputError(ValueError):
    """A setting or a file is not usable; the message says what was given and what is allowed."""


def unknown_name(parameter: str, given: object, known: Iterable[str]) -> InputError:
    """Build the error for a name that is not in a table of names."""
    return InputError(f"{parameter} must be one of {', '.join(known)}, got {given!r}.")
