"""Figures that single studies of the lectures need."""
