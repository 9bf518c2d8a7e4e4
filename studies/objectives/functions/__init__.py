"""Functions that users write, as objectives of a sweep."""
