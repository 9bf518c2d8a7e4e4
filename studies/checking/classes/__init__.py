"""The hand-ins of a class."""
