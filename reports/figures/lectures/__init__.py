"""Figures for individual lecture studies."""
