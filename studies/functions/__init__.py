"""Grids over functions that users wrote."""
