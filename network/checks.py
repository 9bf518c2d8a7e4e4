"""Checks of numbers that somebody gave, with the sentence that says what is allowed."""

import sys

from network.errors import InputError


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
