"""Searches over ranges."""
