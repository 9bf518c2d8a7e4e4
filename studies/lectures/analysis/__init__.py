"""Quantities that several studies compute from trained networks."""
