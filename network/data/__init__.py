"""Data sets: generated curves, the course's ``.npz`` files, and CSV files."""
