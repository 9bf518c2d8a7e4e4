"""How often the tests of faults try: seldom in `make test`, often in `make torture`."""

import os
import sys


def count(name, few):
    """Return the count that the environment names, such as ``SWEEP_KILLS=200``, or a small one."""
    return int(os.environ.get(f"SWEEP_{name}", few))


def tell(text):
    """Show a measurement where pytest is told to show them (``-s``)."""
    sys.stdout.write(f"\n{text}\n")
