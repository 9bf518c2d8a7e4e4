"""Searches over ranges, and grids over functions that users wrote."""
