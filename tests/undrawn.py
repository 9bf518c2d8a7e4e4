"""Runs without figures, or with fewer files, for tests that look at other things.

Drawing takes longer than all else.

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


def draw_here(monkeypatch):
    """Let this process draw figures: to start others takes longer than to draw a few."""

    def begin(self, *, helper, **options):
        whole(self, helper=False, **options)

    whole = writer.FigureWriter.__init__
    monkeypatch.setattr(writer.FigureWriter, "__init__", begin)


def run_here(*command):
    """Run a command in this process, without figures, and return its exit code."""
    import pytest

    from studies.cli.main import run

    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        return run([*map(str, command)])


def draw_one(monkeypatch, name):
    """Let one figure of a report be drawn, in the way that all are."""

    def drawing(self, figures):
        return whole(self, {path: draw for path, draw in figures.items() if path.name == name})

    whole = writer.FigureWriter.drawing
    monkeypatch.setattr(writer.FigureWriter, "drawing", drawing)


def program(*, draws):
    """Return what starts the command `sweep`, with all figures, one that is named, or none."""
    if draws is True:
        return [sys.executable, "-m", "studies.cli"]
    return [sys.executable, __file__, *([f"--drawn={draws}"] if draws else [])]


class ForGood:
    """A monkeypatch that is never undone."""

    setattr = staticmethod(setattr)


if __name__ == "__main__":
    from studies.cli.main import main

    if sys.argv[1].startswith("--drawn="):
        draw_one(ForGood, sys.argv.pop(1).removeprefix("--drawn="))
    else:
        draw_nothing(ForGood)
    main()
