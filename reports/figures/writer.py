"""Draws figures and writes them, in processes that help.

Drawing takes longer than training. Helpers are started early, so that they have imported what
they need, which takes a second, by the time that there is something to draw.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joblib.externals.loky import BrokenProcessPool, ProcessPoolExecutor
from joblib.externals.loky.backend import resource_tracker as loky_tracker

from reports.figures.fonts import NO_FONT, chinese_font, with_letters
from reports.files import replacing
from reports.words import current_language, language
from sweep.interrupts import interrupts_held
from sweep.runners.processes import end_with

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawing = Callable[[], "Figure"]


def draw(function: str, *arguments: Any, **options: Any) -> Any:
    """Call a drawing function, such as ``heat_maps.epochs_map``.

    It is named, so that whoever only says what to draw needn't import Matplotlib, which takes long.
    """
    module, name = function.split(".")
    return getattr(import_module(f"reports.figures.{module}"), name)(*arguments, **options)


ENDINGS = (".png", ".svg", ".pdf")
"""For screens; for the web, of any size; for a document that is printed."""

_HELPERS = 2  # more would wait for the last figure, which takes longest


class FigureWriter:
    """Writes figures; a context, at whose end the helpers are gone.

    Parameters
    ----------
    helper : bool
        Whether to start processes that help; without them this one draws.
    """

    def __init__(self, *, helper: bool) -> None:
        self._helpers: ProcessPoolExecutor | None = None
        self._hinted = False
        if helper and _HELPERS:
            begin = {"initializer": _begin, "initargs": (os.getpid(),)}
            self._helpers = ProcessPoolExecutor(_HELPERS, **begin)
            with interrupts_held(resource_tracker, loky_tracker):
                self._helpers.submit(os.getpid)  # starts them

    def write(self, figures: Mapping[Path, Drawing]) -> None:
        """Draw and write figures; the parameters are those of `drawing`."""
        with self.drawing(figures):
            pass

    @contextmanager
    def drawing(self, figures: Mapping[Path, Drawing]) -> Iterator[None]:
        """Draw and write figures, with every ending of `ENDINGS`, while the context goes on.

        Parameters
        ----------
        figures : mapping
            What draws each figure, by its path without an ending; it must be picklable. The last
            ones are drawn first, so those that take longest belong there.
        """
        self._hint()
        jobs = [(path, draw, current_language()) for path, draw in figures.items()][::-1]
        helped: list[Future[None]] = []
        if self._helpers is not None:
            with suppress(BrokenProcessPool):  # one was killed, and with it all
                helped = [self._helpers.submit(_write, *job) for job in jobs]
        yield
        for i, job in enumerate(jobs):
            try:
                if helped:
                    helped[i].result()
                    continue
            except BrokenProcessPool:
                helped = []
            _write(*job)

    def _hint(self) -> None:
        """Say once that a font is missing."""
        if current_language() == "zh" and not self._hinted and chinese_font() is None:
            self._hinted = True
            sys.stderr.write(f"sweep: {NO_FONT}\n")

    def __enter__(self) -> "FigureWriter":
        return self

    def __exit__(self, *_: object) -> None:
        if self._helpers is not None:  # what they have not finished is never seen
            self._helpers.shutdown(kill_workers=True)


def _write(stem: Path, draw: Drawing, name: str) -> None:
    """Write a figure as ``.png``, ``.svg`` and ``.pdf``, the same bytes for the same drawing."""
    with language(name):
        with_letters(draw, partial(_save, stem))


def _save(stem: Path, figure: "Figure") -> None:
    from matplotlib import rc_context

    with replacing(stem.with_suffix(".png")) as file:
        figure.savefig(file, format="png", dpi=150, pil_kwargs={"compress_level": 1})
    with rc_context({"svg.hashsalt": stem.name}), replacing(stem.with_suffix(".svg")) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})
    with replacing(stem.with_suffix(".pdf")) as file:
        figure.savefig(file, format="pdf", metadata={"CreationDate": None})


def _begin(parent: int) -> None:
    """Import what drawing needs in a helper, which ends soon after its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # what anyone prints goes to the parent's standard error
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    from matplotlib.backends import backend_agg, backend_pdf, backend_svg  # noqa: F401

    from reports.figures import fits, heat_maps, losses  # noqa: F401
