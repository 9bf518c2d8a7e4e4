"""From what a user names to Optuna's storage: a database, or a journal file that bears a kill.

A password never gets further than here: it is taken out of the URL before anyone else sees that.
"""

import json
import os
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import optuna
from filelock import FileLock
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import (
    BaseStorage,
    JournalStorage,
    RDBStorage,
    RetryHeartbeatStaleTrialCallback,
)
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy import URL, create_engine, inspect, make_url
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from sweep.errors import SweepError

DATABASES = ("postgresql", "mysql", "mariadb", "sqlite")
ALLOWED = "give postgresql://user@host/database, or the path of a journal file"

_TABLES = {"studies", "trials", "version_info"}  # some of those that Optuna makes
_JOURNAL_BEGINS = b'{"op'
_SECRETS = ("password", "sslpassword")  # in a URL's query


class Place(ABC):
    """Where a study is kept.

    Attributes
    ----------
    shown : str
        What may be shown, written and logged: never a password.
    """

    def __init__(self, shown: str) -> None:
        self.shown = shown
        optuna.logging.set_verbosity(optuna.logging.WARNING)

    @property
    def one_process_only(self) -> bool:
        """Whether several processes would pop the same trial."""
        return False

    @property
    def is_there(self) -> bool:
        """Whether it need not be made first."""
        return True

    @abstractmethod
    def check(self) -> None:
        """Raise SweepError if it can't be reached; nothing is written."""

    @abstractmethod
    def open(self, *, heartbeat: int | None, connections: int) -> BaseStorage:
        """Open the storage, and make it where it is new.

        Parameters
        ----------
        heartbeat : int or None
            Seconds between two signs of life of a running trial; three times as long without
            one, and it is tried again. None does without.
        connections : int
            How many threads will use it at once.
        """

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Say in one sentence, without a password, why the storage can't be used."""
        try:
            yield
        except json.JSONDecodeError as error:
            raise SweepError(
                f"the journal {self.shown} is damaged ({error}); move it away, and run the same "
                "command again: a run directory keeps its finished trials without it."
            ) from error
        except (SQLAlchemyError, StorageInternalError, OSError) as error:
            raise SweepError(
                f"the storage {self.shown} can't be used ({self._redacted(_reason(error))}); "
                "finished trials are kept: put that right and run the same command again."
            ) from None  # the chain could quote what was connected with

    def _redacted(self, text: str) -> str:
        return text


def place_of(text: str) -> Place:
    """Understand a URL, or the path of a journal file; SweepError if it is neither."""
    if not text.strip():
        raise SweepError(f"--storage is empty; {ALLOWED}.")
    if "://" not in text:
        return Journal(Path(text))
    kind = text.partition("://")[0].lower().replace("postgres+", "postgresql+")
    kind = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}.get(kind, kind)
    if kind.partition("+")[0] not in DATABASES:
        raise SweepError(f"--storage can't be of the kind {kind}://; {ALLOWED}.")
    try:
        return Database(make_url(text).set(drivername=kind))
    except (SQLAlchemyError, ValueError):  # their messages quote the text
        raise SweepError(
            f"--storage begins with {kind}:// but is no URL that can be read; {ALLOWED}."
        ) from None


class Database(Place):
    """A database that SQLAlchemy has a driver for."""

    def __init__(self, url: URL) -> None:
        self._secrets = {name: str(url.query[name]) for name in _SECRETS if name in url.query}
        if url.password is not None:
            self._secrets["password"] = str(url.password)
        self._url = url.set(password=None).difference_update_query(_SECRETS)
        shown = self._url.set(drivername=url.get_backend_name(), query={})
        super().__init__(shown.render_as_string())

    @property
    def one_process_only(self) -> bool:
        """SQLite locks no rows: two processes pop the same trial."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def is_there(self) -> bool:
        """SQLite would make a file to look into."""
        return not self.one_process_only or Path(self._url.database or "").exists()

    def check(self) -> None:
        """Connect once."""
        with self.speaking(), self._driven():
            if not self.one_process_only:  # where that would make a file
                engine = create_engine(self._url, connect_args=self._arguments())
                try:
                    engine.connect().close()
                finally:
                    engine.dispose()

    def open(self, *, heartbeat: int | None, connections: int) -> RDBStorage:
        """Connect, with Optuna's heartbeats."""
        with self.speaking(), self._driven(), experimental():
            self._refuse_others()
            try:
                return self._connect(heartbeat, connections)
            except (IntegrityError, ProgrammingError):
                time.sleep(1.0)  # another process is just making the tables, too
                return self._connect(heartbeat, connections)

    def _refuse_others(self) -> None:
        """Raise SweepError for another program's database, and change nothing in it."""
        if self.one_process_only:
            path = Path(self._url.database or "")
            if not path.exists():
                return
            read_only = f"sqlite:///file:{quote(str(path.resolve()))}?mode=ro&uri=true"
            engine = create_engine(read_only)
        else:
            engine = create_engine(self._url, connect_args=self._arguments())
        try:
            tables = set(inspect(engine).get_table_names())
        finally:
            engine.dispose()
        if tables and not tables >= _TABLES:
            raise SweepError(
                f"the storage {self.shown} holds another program's tables, such as "
                f"{min(tables - _TABLES)}, and none of Optuna's; give an empty database."
            )

    def _connect(self, heartbeat: int | None, connections: int) -> RDBStorage:
        return RDBStorage(
            self._url.render_as_string(hide_password=False),  # there is none in it
            {
                "connect_args": self._arguments(),
                "pool_size": connections,
                "pool_pre_ping": True,
            },
            heartbeat_interval=heartbeat,
            grace_period=heartbeat and 3 * heartbeat,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )

    def _arguments(self) -> dict[str, Any]:
        """Return what the driver is told beside the URL."""
        is_postgresql = self._url.get_backend_name() == "postgresql"
        return self._secrets | ({"connect_timeout": 10} if is_postgresql else {})

    @contextmanager
    def _driven(self) -> Iterator[None]:
        """Say which package is missing."""
        try:
            yield
        except ImportError as error:
            is_postgresql = self._url.get_backend_name() == "postgresql"
            what = "the extra postgres" if is_postgresql else "a driver of its own"
            command = "'sweep-lab[postgres]'" if is_postgresql else "the driver"
            raise SweepError(
                f"the storage {self.shown} needs {what}, which isn't installed; run pip install "
                f"{command}."
            ) from error

    def _redacted(self, text: str) -> str:
        for secret in self._secrets.values():
            text = text.replace(secret, "***") if secret else text
        return text


def close(storage: BaseStorage) -> None:
    """Close a storage's connections."""
    storage.remove_session()
    if isinstance(storage, RDBStorage):
        storage.engine.dispose()


class Journal(Place):
    """A file to which every process appends what it does."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path

    @property
    def is_there(self) -> bool:
        """Optuna would make a file to look into."""
        return self.path.exists()

    def check(self) -> None:
        """Look for its folder."""
        with self.speaking():
            if not self.path.parent.is_dir():
                raise NotADirectoryError(f"there is no folder {self.path.parent}")

    def open(self, *, heartbeat: int | None, connections: int) -> JournalStorage:  # noqa: ARG002
        """Read the journal; it has no heartbeats."""
        with self.speaking():
            if self.path.exists():
                with self.path.open("rb") as file:
                    begins = file.read(len(_JOURNAL_BEGINS))
                if not _JOURNAL_BEGINS.startswith(begins):
                    raise SweepError(
                        f"{self.path} is no journal of Optuna's, and is left as it is; give "
                        "another path."
                    )
            backend = JournalFileBackend(str(self.path), lock_obj=JournalLock(self.path))
            return JournalStorage(backend)


class JournalLock(JournalFileOpenLock):
    """The lock of a journal file, and the repair of its last line.

    Optuna's own lock is a file that outlives its process: after a kill everybody waits 30 s. This
    one is the kernel's. Whoever holds it is the only writer, so a last line without an end was
    torn by a kill or a full disk; it was never reported as written, and is cut off before the
    next line would be glued to it.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self._journal, self._kernels = journal, FileLock(f"{journal}.flock")

    def acquire(self) -> bool:
        """Wait for the lock, then repair."""
        self._kernels.acquire(poll_interval=0.002)
        with suppress(FileNotFoundError):
            _cut_torn_line(self._journal)
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._kernels.release()


def _cut_torn_line(path: Path) -> None:
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        if end == 0:
            return
        file.seek(end - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)


def _reason(error: BaseException) -> str:
    """Return the first line of the innermost error, which is the database's own."""
    inner: BaseException | None = error
    while inner is not None:
        error, inner = inner, getattr(inner, "orig", None) or inner.__cause__
    text = getattr(error, "strerror", None) or str(error)
    lines = text.strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


@contextmanager
def experimental() -> Iterator[None]:
    """Use Optuna's heartbeats and metric names, which it calls experimental, knowingly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield
