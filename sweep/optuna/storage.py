"""Optuna's storage: a PostgreSQL database for several processes, or an SQLite file for one.

A password never gets further than here: it is taken out of the URL before anyone else sees that.
"""

import shutil
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from sqlalchemy import URL, Connection, QueuePool, create_engine, inspect, make_url, text
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from sweep.errors import SweepError

ALLOWED = "give postgresql://user@host/database"

_TABLES = {"studies", "trials", "version_info", "alembic_version"}  # some of Optuna's
_SECRETS = ("password", "sslpassword")  # in a URL's query


class StudyStorage:
    """A database that Optuna keeps studies in.

    Parameters
    ----------
    url : sqlalchemy.URL

    Attributes
    ----------
    shown : str
        What may be shown, written and logged: never a password.
    """

    def __init__(self, url: URL) -> None:
        self._secrets = {name: str(url.query[name]) for name in _SECRETS if name in url.query}
        if url.password is not None:
            self._secrets["password"] = str(url.password)
        self._url = url.set(password=None).difference_update_query(_SECRETS)
        self.shown = self._url.set(drivername=url.get_backend_name(), query={}).render_as_string()
        optuna.logging.set_verbosity(optuna.logging.ERROR)

    @classmethod
    def of_file(cls, path: Path) -> "StudyStorage":
        """Return the storage that is an SQLite file."""
        return cls(URL.create("sqlite", database=str(path)))

    @classmethod
    def of_url(cls, url: str) -> "StudyStorage":
        """Understand a URL; SweepError if it is none of a database that is supported."""
        if not url.strip():
            raise SweepError(f"the storage is empty; {ALLOWED}.")
        if "://" not in url:
            raise SweepError(f"the storage must be the URL of a database; {ALLOWED}.")
        kind = url.partition("://")[0].lower().replace("postgres+", "postgresql+")
        kind = {"postgres": "postgresql"}.get(kind, kind)
        if kind.partition("+")[0] not in ("postgresql", "sqlite"):
            raise SweepError(f"the storage can't be of the kind {kind}://; {ALLOWED}.")
        kind = "postgresql+psycopg" if kind == "postgresql" else kind
        try:
            return cls(make_url(url).set(drivername=kind))
        except (SQLAlchemyError, ValueError):  # their messages quote the text
            raise SweepError(
                f"the storage begins with {kind}:// but is not a valid URL; {ALLOWED}."
            ) from None

    @property
    def one_process_only(self) -> bool:
        """Whether several processes would take the same trial: SQLite locks no rows."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def exists(self) -> bool:
        """Whether it need not be created first."""
        return not self.one_process_only or self._path.exists()

    @property
    def _path(self) -> Path:
        return Path(self._url.database or "")

    def check(self) -> None:
        """Raise SweepError if it can't be used; nothing is written."""
        with self.reported_errors():
            if not self.one_process_only:
                with self._connected() as connection:
                    self._refuse_others(connection)
            elif self._path.exists():
                self._check_file()
            elif not self._path.parent.is_dir():
                raise NotADirectoryError(f"there is no folder {self._path.parent}")

    def open(self, *, heartbeat: int | None, connections: int) -> RDBStorage:
        """Open the storage, and create its tables where it is new.

        Parameters
        ----------
        heartbeat : int or None
            Seconds between two heartbeats of a running trial; three times as long without one,
            and it is tried again. None does without.
        connections : int
            How many threads will use it at once.
        """
        self.check()
        with self.reported_errors(), experimental():
            try:
                return self._open(heartbeat, connections)
            except (IntegrityError, ProgrammingError):
                time.sleep(1.0)  # another process is just creating the tables, too
                return self._open(heartbeat, connections)

    def _open(self, heartbeat: int | None, connections: int) -> RDBStorage:
        if self.one_process_only:
            url = "sqlite:///file"  # Optuna's URLs can't hold every path
            options = {"creator": self._open_file, "poolclass": QueuePool}
        else:
            url = self._url.render_as_string(hide_password=False)  # there is none in it
            options = {"connect_args": self._arguments(), "pool_pre_ping": True}
        return RDBStorage(
            url,
            {**options, "pool_size": connections},
            heartbeat_interval=heartbeat,
            grace_period=heartbeat and 3 * heartbeat,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )

    def _open_file(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60, check_same_thread=False)

    def _check_file(self) -> None:
        """Check a file, or a copy of it where SQLite would first undo what a kill left behind."""
        journals = [Path(f"{self._path}{end}") for end in ("-journal", "-wal")]
        left = [path for path in journals if path.exists()]
        with TemporaryDirectory() as folder:
            path = self._path
            if left:
                for one in (self._path, *left):
                    shutil.copy(one, folder)
                path = Path(folder) / self._path.name
            uri = f"{path.resolve().as_uri()}?mode={'rw' if left else 'ro'}"

            def connect() -> sqlite3.Connection:
                return sqlite3.connect(uri, uri=True)

            engine = create_engine("sqlite://", creator=connect)
            try:
                with engine.connect() as connection:
                    self._refuse_others(connection)
            finally:
                engine.dispose()

    def _refuse_others(self, connection: Connection) -> None:
        """Raise SweepError for another program's database, or another version of Optuna's."""
        tables = set(inspect(connection).get_table_names())
        if tables and not tables >= _TABLES:
            others = sorted(tables - _TABLES) or sorted(tables)
            raise SweepError(
                f"the storage {self.shown} holds another program's tables, such as {others[0]}, "
                "and none of Optuna's; give an empty database."
            )
        if tables:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if found != _schema_version():
                raise SweepError(
                    f"the storage {self.shown} was created by another version of Optuna (schema "
                    f"{found}, here {_schema_version()}); give an empty database, or install that "
                    "version."
                )

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = create_engine(self._url, connect_args=self._arguments())
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def _arguments(self) -> dict[str, Any]:
        """Return what the driver is told beside the URL."""
        return {**self._secrets, "connect_timeout": 10}

    @contextmanager
    def reported_errors(self) -> Iterator[None]:
        """Report in one sentence, without a password, why the storage can't be used."""
        try:
            yield
        except ImportError as error:
            raise SweepError(
                f"the storage {self.shown} needs the extra postgres, which isn't installed; run "
                "pip install 'sweep-lab[postgres]'."
            ) from error
        except (SQLAlchemyError, StorageInternalError, OSError) as error:
            reason = _reason(error)
            for secret in self._secrets.values():
                reason = reason.replace(secret, "***") if secret else reason
            raise SweepError(
                f"the storage {self.shown} can't be used ({reason}); finished trials are kept: put "
                "that right and run the same command again."
            ) from None  # the chain could quote what was connected with


def close(storage: RDBStorage) -> None:
    """Close a storage's connections."""
    storage.remove_session()
    storage.engine.dispose()


def _schema_version() -> str:
    """Return the version of the tables that this Optuna creates."""
    storage = RDBStorage("sqlite:///:memory:")
    try:
        return storage.get_head_version()
    finally:
        close(storage)


def _reason(error: BaseException) -> str:
    """Return the first line of the innermost error, which is the database's own."""
    inner: BaseException | None = error
    while inner is not None:
        error, inner = inner, getattr(inner, "orig", None) or inner.__cause__
    message = getattr(error, "strerror", None) or str(error)
    lines = message.strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


@contextmanager
def experimental() -> Iterator[None]:
    """Use Optuna's heartbeats, which it calls experimental, knowingly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield
