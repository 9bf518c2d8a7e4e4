"""The interactive page, ``report.html``."""
