"""Runs without figures, or with fewer files, for tests that look at other things.

Drawing takes longer than all else.

``python undrawn.py assignment …`` is the command `sweep` without figures.
"""

import sys
from contextlib import nullcontext

from reports.figures import writer
from reports.files import replacing


def draw_nothing(monkeypatch):
    """Let figures that a report asks for not be drawn."""
    monkeypatch.setattr(writer.FigureWriter, "drawing", lambda self, figures: nullcontext())
    monkeypatch.setattr(writer, "_HELPERS", 0)


def draw_png_only(monkeypatch):
    """Let this process draw figures, and write them as PNG: other formats take twice as long."""

    def begin(self, *, helper):
        whole(self, helper=False)

    def save(stem, figure):
        with replacing(stem.with_suffix(".png")) as file:
            figure.savefig(file, format="png", dpi=50)

    whole = writer.FigureWriter.__init__
    monkeypatch.setattr(writer.FigureWriter, "__init__", begin)
    monkeypatch.setattr(writer, "_save", save)


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
