"""Ctrl-C and SIGTERM, which ask for a stop. Only the main thread hears them; others do nothing."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPPING: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[list[int]]:
    """Let SIGTERM do what Ctrl-C does; the list that is given is empty until it came."""
    received: list[int] = []

    def handle(number: int, _: object) -> None:
        received.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def no_interrupt_lost() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end if it was raised before and swallowed, or made an error.

    Compilers and imports do so: they call Python from C, and what is raised there ends nowhere.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(number)
        before[number](number, frame)

    handlers = {number: signal.getsignal(number) for number in STOPPING}
    before = {number: handler for number, handler in handlers.items() if callable(handler)}
    show = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):  # which is raised below
            show(unraisable)

    for number in before:
        signal.signal(number, handle)
    sys.unraisablehook = hook
    try:
        yield
    except Exception:
        if not received:
            raise
    finally:
        sys.unraisablehook = show
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt


@contextmanager
def interrupts_held(*trackers: Any) -> Iterator[None]:
    """Let the threads and processes that are started meanwhile never hear Ctrl-C.

    Parameters
    ----------
    *trackers
        The modules ``resource_tracker`` of the libraries that start them: what tracks their
        resources would let Ctrl-C through again when it starts, so it is started first.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    for tracker in trackers:
        tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def first_interrupt(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Let the first Ctrl-C or SIGTERM ask for a stop; a second one is what it was before.

    The list that is given holds the signal once it came.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {number: signal.getsignal(number) for number in STOPPING}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, _: object) -> None:
        received.append(number)
        stop()
        restore()

    for number in before:
        signal.signal(number, handle)
    try:
        yield received
    finally:
        restore()
