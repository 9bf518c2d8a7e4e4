"""Whatever is set, closed, full or missing around a command: it works, or says one sentence."""

import os
import re
import resource
import stat
import subprocess
import sys

import pytest
from counts import count, with_torture
from hostile import as_others
from undrawn import program

SWEEP = ["assignment", "--learning-rate", "0.5", "--batch-size", "10,15", "--max-epochs", "100"]
UGLY = "text.usetex: True\nfont.size: 30\nsavefig.bbox: tight\naxes.facecolor: red\nno value\n"
DRAWN = bool(count("FIGURES", 0)) or "epochs_map"  # all in `make torture`
NOBODY = "import pwd\ndef nobody(_): raise KeyError\npwd.getpwuid = nobody\n"
NO_TEMPORARY = "import tempfile\ntempfile._candidate_tempdir_list = lambda: ['/nowhere']\n"


def run(
    folder, *, environment=None, before="", redirect="", draws=False, words=(), left=None, **options
):
    """Run a sweep in a folder, and return it ended; assert that it leaves nothing but its results.

    `before` is run by each Python process as it starts.
    """
    for name in ("here", "temporary", "path"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "path" / "sitecustomize.py").write_text(before)
    there = {path: path.read_bytes() for path in (folder / "here").iterdir() if path.is_file()}
    ours = {"TMPDIR": str(folder / "temporary"), "PYTHONPATH": str(folder / "path")}
    everything = {**os.environ, **ours, **(environment or {})}
    command = [*program(draws=draws), *SWEEP, "--out", "run", *words]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirect}', "sh", *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder / "here",
        env={name: value for name, value in everything.items() if value is not None},
        **options,
    )
    assert "Traceback" not in done.stderr
    assert list((folder / "temporary").iterdir()) == []
    made = {path.name for path in (folder / "here").iterdir()} - {path.name for path in there}
    assert made == (left or ({"run"} if done.returncode == 0 else set()))
    return done


def figures(folder):
    return {path.name: path.read_bytes() for path in (folder / "here/run/figures").iterdir()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return what is drawn by a sweep in usual surroundings."""
    folder = tmp_path_factory.mktemp("plain")
    assert run(folder, draws=DRAWN).returncode == 0
    return figures(folder)


OTHER_SETTINGS = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MATPLOTLIBRC": "../matplotlibrc",
    "NUMBA_DISABLE_JIT": "1",
    "NUMBA_NUM_THREADS": "0",
}
HOMELESS = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR"))
WITHOUT_RIGHTS = {"before": NOBODY, "umask": 0o777, "preexec_fn": as_others}
USERS = {
    "settings of other libraries": (OTHER_SETTINGS, {"words": ["--jobs", "1"]}),
    "neither home nor rights": (HOMELESS, WITHOUT_RIGHTS),
    "both": (OTHER_SETTINGS | HOMELESS, WITHOUT_RIGHTS | {"words": ["--jobs", "2"]}),
}


@pytest.mark.parametrize("user", with_torture(USERS, *list(USERS)[:2]))
def test_whatever_is_set_and_missing_figures_are_the_same(tmp_path, plain, user):
    environment, options = USERS[user]
    (tmp_path / "here").mkdir()
    for folder in (tmp_path / "here", tmp_path):
        (folder / "matplotlibrc").write_text(UGLY)
    done = run(tmp_path, environment=environment, draws=DRAWN, **options)
    assert done.returncode == 0, done.stderr
    assert figures(tmp_path) == plain


@pytest.fixture
def full(tmp_path):
    """Make a device of our own that takes nothing, as a full disk."""
    try:
        os.mknod(tmp_path / "full", stat.S_IFCHR | 0o666, os.makedev(1, 7))
        (tmp_path / "full").write_bytes(b"")
    except PermissionError:
        pytest.skip("only root may make a device")


STREAMS = {
    "closed": (">&- 2>&-", 0, ""),
    "all closed": (">&- 2>&- <&-", 0, ""),
    "results can't be printed": ("> ../full", 2, "sweep: the output can't be written (No space"),
    "progress can't be printed": ("2> ../full", 0, ""),
    "nothing can be printed": ("> ../full 2> ../full", 2, ""),
    "a reader that goes away": ("| true", 0, ""),
}


# A reader that goes away is in test_refusals.py.
@pytest.mark.parametrize(
    "case",
    with_torture(STREAMS, "closed", "nothing can be printed", "a reader that goes away"),
)
def test_all_is_done_whatever_the_streams_are(tmp_path, full, case):
    redirect, code, said = STREAMS[case]
    done = run(tmp_path, redirect=redirect, left={"run"})
    assert done.returncode == code
    assert said in done.stderr
    assert (tmp_path / "here/run/report.html").exists()


TOO_LITTLE = {
    "no folder for temporary files": ({"before": NO_TEMPORARY}, "set TMPDIR to one that can"),
    "few files": (
        {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))},
        "allow it 64 or more",
    ),
    "a long name": ({"words": ["--out", "x" * 256]}, "a name is longer than this system allows"),
    "a long path": ({"words": ["--out", "x/" * 5000]}, "a name is longer than this system allows"),
}


@pytest.mark.parametrize("case", with_torture(TOO_LITTLE, "a long path"))
def test_where_nothing_can_be_done_one_sentence_says_why(tmp_path, case):
    options, said = TOO_LITTLE[case]
    done = run(tmp_path, **options)
    assert done.returncode == 2
    assert done.stderr.startswith("sweep: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


WINDOWS = """
import os, signal, socket, sys
for module, names in {
    os: ("fork", "forkpty", "killpg", "getuid", "geteuid", "getpgid", "setsid", "getsid", "mkfifo"),
    signal: ("SIGKILL", "SIGALRM", "SIGHUP", "SIGUSR1", "pthread_sigmask", "setitimer"),
    socket: ("AF_UNIX",),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
sys.modules.update(dict.fromkeys(("fcntl", "pwd", "grp", "resource", "termios", "tty")))
"""


@pytest.mark.filterwarnings("default")
def test_a_sweep_needs_no_name_that_windows_lacks(tmp_path):
    asked = {"PYTHONWARNDEFAULTENCODING": "1"}  # which differs from one system to the other
    done = run(tmp_path, before=WINDOWS, draws=DRAWN, environment=asked)
    assert done.returncode == 0, done.stderr
    assert not re.search(r"(network|sweep|reports|studies)/\S+py:\d+: EncodingWarning", done.stderr)
    assert (tmp_path / "here/run/figures/epochs_map.png").exists()


@pytest.mark.parametrize("name", ["network", "reports", "sweep"])
@pytest.mark.parametrize("kind", ["{}.py", "{}/__init__.py"])
def test_a_file_that_hides_a_package_is_named(tmp_path, name, kind):
    hiding = tmp_path / kind.format(name)
    hiding.parent.mkdir(exist_ok=True)
    hiding.write_text("")
    command = [sys.executable, "-c", "from studies import assignment"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: {hiding} hides the package '{name}' of sweep-lab")
    assert "rename it" in last
