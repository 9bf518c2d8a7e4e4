"""How often the tests of faults try: seldom in `make test`, often in `make torture`."""

import os
import sys

import pytest


def count(name, few):
    """Return the count that the environment names, such as ``SWEEP_KILLS=200``, or a small one."""
    return int(os.environ.get(f"SWEEP_{name}", few))


def with_torture(cases, *others):
    """Return cases to parametrize by; those named after them run in `make torture` only."""
    return [pytest.param(c, marks=pytest.mark.torture) if c in others else c for c in cases]


def tell(text):
    """Show a measurement where pytest is told to show them (``-s``)."""
    sys.stdout.write(f"\n{text}\n")
