"""Finished trials, kept in one SQLite file."""
