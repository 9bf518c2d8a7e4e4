"""Runs without figures, for tests that look at other things: drawing takes longer than all else."""

from contextlib import nullcontext

from reports.figures.writer import FigureWriter


def draw_nothing(monkeypatch):
    """Let figures that a report asks for not be drawn."""
    monkeypatch.setattr(FigureWriter, "drawing", lambda self, figures: nullcontext())
    monkeypatch.setattr("reports.figures.writer._HELPERS", 0)
