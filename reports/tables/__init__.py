"""The table of a grid, for Markdown, CSV and LaTeX."""
