"""Runs that are opened again."""
