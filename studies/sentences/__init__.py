"""Longer sentences of studies, apart from what is computed."""
