"""What all tests need: Ctrl-C as in a terminal, and a PostgreSQL of their own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from undrawn import draw_here, draw_nothing, program

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell does for what is put behind
    signal.signal(signal.SIGINT, signal.default_int_handler)

if sys.dont_write_bytecode:  # or each of the hundreds of processes compiles all that it imports
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False

PASSWORD = "kept-out-of-sight"  # noqa: S105 - of a database that lives for a minute


def pytest_collection_modifyitems(items):
    """Let files that take longest come first, so that all processes end at about the same time."""
    items.sort(key=lambda item: item.path.parent.name not in ("studies_tests", "sweep_tests"))


def _programs():
    """Return the folder of PostgreSQL's programs; without it tests are skipped, but not in CI."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).parent)
    if not folders:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "there is no PostgreSQL here (apt-get install postgresql)"
        )
    return folders[-1]


def _user():
    """PostgreSQL doesn't run as root; then it runs as the user that its package has made."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def no_figures(monkeypatch, request):
    """Leave figures out, which take longer than all else; a test that draws them does so here."""
    (draw_here if "draws" in request.keywords else draw_nothing)(monkeypatch)


@pytest.fixture
def launch():
    """Return what starts a program in a process group of its own, as a terminal does.

    With the test it ends, whatever happened.
    """
    processes = []

    def launch(command, **options):
        pipes = {"stderr": subprocess.PIPE, "text": True, "start_new_session": True}
        process = subprocess.Popen(command, **pipes, **options)
        processes.append(process)
        return process

    yield launch
    for process in processes:
        with process, suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def start(launch):
    """Return what starts a command of `sweep`, by `launch`."""

    def start(*command, draws=False, **options):
        words = [*program(draws=draws), *map(str, command)]
        return launch(words, stdout=subprocess.PIPE, **options)

    return start


@pytest.fixture(scope="session")
def postgres_url():
    """Start a server, and return a URL without the password, which is in the environment."""
    programs, user = _programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="sweep-postgres-"))
    (folder / "password").write_text(PASSWORD)
    if user:
        for path in (folder, folder / "password"):
            os.chown(path, user["user"], user["group"])

    def call(program, *arguments):
        subprocess.run(
            [programs / program, "-D", folder / "data", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **user,
        )

    before = os.environ.get("PGPASSWORD")
    os.environ["PGPASSWORD"] = PASSWORD
    port = _free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    try:
        call(
            "initdb",
            "--no-sync",
            "-U",
            "sweep",
            "-A",
            "scram-sha-256",
            "--pwfile",
            str(folder / "password"),
        )
        call("pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
        yield f"postgresql://sweep@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)
        if before is None:
            del os.environ["PGPASSWORD"]
        else:
            os.environ["PGPASSWORD"] = before
