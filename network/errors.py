"""The exception of this layer, and the checks of numbers that raise it."""

import sys
from collections.abc import Iterable


class InputError(ValueError):
    """A setting or a file is not usable; the message says what was given and what is allowed."""


def unknown_name(parameter: str, given: object, known: Iterable[str]) -> InputError:
    """Build the error for a name that is not in a table of names."""
    return InputError(f"{parameter} must be one of {', '.join(known)}, got {given!r}.")


def check_positive(name: str, value: object, hint: str) -> None:
    """Raise InputError if a value is no finite number > 0; `hint` says what is usual."""
    if not (isinstance(value, int | float) and 0 < value <= sys.float_info.max):
        raise InputError(f"{name} must be a finite number > 0, got {value}; {hint}.")


def check_count(name: str, value: object, hint: str, most: int | None = None) -> None:
    """Raise InputError if a value is no whole number from 1 to `most`; `hint` as above."""
    if not isinstance(value, int) or value < 1:
        raise InputError(f"{name} must be a whole number ≥ 1, got {value}; {hint}.")
    if most is not None and value > most:
        raise InputError(f"{name} must be at most {most}, got {value}; {hint}.")
