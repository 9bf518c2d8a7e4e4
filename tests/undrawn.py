"""Runs without figures, for tests that look at other things: drawing takes longer than all else.

``python undrawn.py assignment …`` is the command `sweep` without figures.
"""

import sys
from contextlib import nullcontext

from reports.figures import writer


def draw_nothing(monkeypatch):
    """Let figures that a report asks for not be drawn."""
    nothing = nullcontext(lambda: None)
    monkeypatch.setattr(writer.FigureWriter, "drawing", lambda self, figures: nothing)
    monkeypatch.setattr(writer, "_start_helper", lambda folder: None)


def program(*, draws):
    """Return what starts the command `sweep`, with figures or without."""
    return [sys.executable, *(["-m", "studies.cli"] if draws else [__file__])]


class _ForGood:
    """A monkeypatch that is never undone."""

    setattr = staticmethod(setattr)


if __name__ == "__main__":
    from studies.cli.main import main

    draw_nothing(_ForGood)
    main()
