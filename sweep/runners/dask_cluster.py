"""The way to a Dask cluster: one of our own on this machine, or one that is there already.

Nothing in here waits for ever: what doesn't answer in time ends in a SweepError.
"""

import logging
import re
import warnings
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, TypeVar

from sweep.errors import SweepError
from sweep.interrupts import interrupts_held
from sweep.packs import DEATHS_ALONE

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

PATIENCE = 20
"""Seconds that a cluster may be without an answer or without a worker."""

HOW_TO_INSTALL = "install the same version of this tool on all machines, and run it again to go on."

_COMPARED = {"python": 2, "cloudpickle": 1, "distributed": 1, "numpy": 1, "numba": 2}
"""How many leading numbers of a version must be the same on both ends; the scheduler needs the
first three packages only."""

_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}")


def check_address(scheduler: str) -> None:
    """Raise SweepError if this is not what an address of a scheduler looks like."""
    if not _ADDRESS.fullmatch(scheduler):
        raise SweepError(
            f"the address of a scheduler looks like tcp://HOST:PORT or tls://HOST:PORT, got "
            f"{scheduler!r}; `dask scheduler` prints its own when it starts."
        )


def check_installed() -> None:
    """Raise SweepError if Dask is missing."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise SweepError('a Dask cluster needs the extra: pip install "sweep-lab[dask]".') from None


@contextmanager
def connected(scheduler: str | None, jobs: int) -> "Iterator[Client]":
    """Give a client of a scheduler, or of a cluster of our own with so many processes."""
    with _quiet():
        if scheduler is None:
            with _own_cluster(jobs) as client:
                yield client
        else:
            with _existing_cluster(scheduler) as client:
                yield client


def ask(client: "Client", question: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
    """Ask a client something; OSError, such as TimeoutError, if no answer comes in time."""
    if client.status != "running":
        raise ConnectionError("the client has lost its scheduler")

    async def answer() -> T:
        return await question()

    answered: T = client.sync(answer, callback_timeout=seconds or PATIENCE)
    return answered


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Dask neither log nor warn: what matters is said in our own sentences."""
    from distributed.versions import VersionMismatchWarning

    names = ("distributed", "distributed.client", "tornado.application", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # _compare_versions says it
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _own_cluster(jobs: int) -> "Iterator[Client]":
    import dask
    from distributed import Client, LocalCluster

    may_start_processes = dask.config.set({"distributed.worker.daemon": False})
    try:
        with interrupts_held(resource_tracker), may_start_processes:
            cluster = LocalCluster(
                host="127.0.0.1",
                scheduler_kwargs={
                    "dashboard": False,
                    "dashboard_address": "127.0.0.1:0",
                    "allowed_failures": DEATHS_ALONE - 1,
                },
                n_workers=jobs,
                threads_per_worker=1,
                memory_limit=0,
                silence_logs=logging.CRITICAL + 1,
            )
    except (OSError, RuntimeError) as error:
        raise SweepError(
            f"a Dask cluster can't be started on this machine ({error}); choose another runner."
        ) from error
    with cluster, Client(cluster, timeout=PATIENCE, set_as_default=False) as client:
        yield client


@contextmanager
def _existing_cluster(scheduler: str) -> "Iterator[Client]":
    from distributed import Client

    try:
        client = Client(scheduler, timeout=PATIENCE / 2, set_as_default=False)
    except OSError as error:
        raise _no_answer(scheduler) from error
    try:
        _meet(client, scheduler)
        yield client
    finally:
        client.close(timeout=2)


def _meet(client: "Client", scheduler: str) -> None:
    """Wait for a worker, and see that all are as we are."""

    async def versions() -> dict[str, Any]:
        return await client.get_versions(packages=["numba"])  # type: ignore[no-any-return]

    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise no_worker(scheduler) from None
    except OSError as error:
        raise _no_answer(scheduler) from error
    try:
        found = ask(client, versions, PATIENCE / 2)
    except OSError as error:
        raise _no_answer(scheduler) from error
    _compare_versions(found)


def _compare_versions(found: Mapping[str, Any]) -> None:
    """Raise SweepError if a machine has versions that don't go with ours.

    Parameters
    ----------
    found : mapping
        What ``Client.get_versions`` returns.
    """
    ours, scheduler = found["client"]["packages"], found["scheduler"]["packages"]
    ends = [("scheduler", scheduler, list(_COMPARED)[:3])]
    ends += [(f"worker {at}", w["packages"], list(_COMPARED)) for at, w in found["workers"].items()]
    for end, theirs, names in ends:
        for name in names:
            there, here = theirs.get(name) or "missing", ours.get(name) or "missing"
            if there.split(".")[: _COMPARED[name]] != here.split(".")[: _COMPARED[name]]:
                raise SweepError(
                    f"versions differ: {name} is {there} at the Dask {end} and {here} here; "
                    f"{HOW_TO_INSTALL}"
                )


def _no_answer(scheduler: str) -> SweepError:
    return SweepError(
        f"no Dask scheduler answers at {scheduler}; start one with `dask scheduler`, see that the "
        "address and the TLS settings are right, and run the same command again."
    )


def patience(client: "Client") -> float:
    """Return how many seconds to wait for a worker; one of our own is surely on its way."""
    return PATIENCE if client.cluster is None else 3 * PATIENCE


def no_worker(scheduler: str | None) -> SweepError:
    """Return what to raise where nobody works."""
    if scheduler is None:
        return SweepError(
            "the workers of the Dask cluster on this machine died and don't come back; all "
            "finished trials are kept: run the same command again to go on, or choose another "
            "runner."
        )
    return SweepError(
        f"the Dask cluster at {scheduler} has had no worker for {PATIENCE} seconds; start some "
        f"with `dask worker {scheduler}`, then run the same command again to go on: all finished "
        "trials are kept."
    )
