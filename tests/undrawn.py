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


def program(*, draws):
    """Return what starts the command `sweep`, with figures or without."""
    return [sys.executable, *(["-m", "studies.cli"] if draws else [__file__])]


class ForGood:
    """A monkeypatch that is never undone."""

    setattr = staticmethod(setattr)


if __name__ == "__main__":
    from studies.cli.main import main

    draw_nothing(ForGood)
    main()
