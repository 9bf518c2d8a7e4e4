"""What a notebook shows while trials run."""

import sys

from reports.words import phrases
from sweep.progress.signals import Progress, Silent


def live_progress(max_epochs: int, columns: str, rows: str | None) -> Progress:
    """Return a board that a notebook shows live; elsewhere nothing is shown."""
    if not _in_notebook():
        return Silent()
    from sweep.progress.notebook import NotebookBoard

    return NotebookBoard(rows, columns, max_epochs, phrases())


def _in_notebook() -> bool:
    """Tell whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None
