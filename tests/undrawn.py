"""Runs without figures, for tests that look at other things: drawing takes longer than all else."""

from reports.figure_writer import FigureWriter


def draw_nothing(monkeypatch):
    """Let figures that a report asks for not be drawn."""
    monkeypatch.setattr(FigureWriter, "write", lambda self, figures: None)
    monkeypatch.setattr("reports.figure_writer._HELPERS", 0)
