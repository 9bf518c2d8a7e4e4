"""Real processes at random moments: killed, interrupted, four at once, without a disk to write on.

`make torture` runs these tests with large counts.
"""

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from counts import count, tell
from hostile import as_others
from undrawn import program, run_here

from sweep.store.schema import CONTENT

DRAWS = bool(count("FIGURES", 0))  # which takes longer than all else
REPEATS = 8 if DRAWS else 4
TRIALS = 16 * REPEATS
GRID = ["--repeats", REPEATS, "--max-epochs", "600", "--target-loss", "1e-9"]
SHORT = ["--learning-rate", "0.5", "--batch-size", "5", "--max-epochs", "50"]
HANG = 120  # seconds after which a test gives up


def sweep(out, *arguments):
    return ["assignment", "--out", out, *arguments]


def finish(out, *arguments, **options):
    """Run a sweep to its end, and return its code and what it says."""
    done = subprocess.run(
        [*program(draws=DRAWS), *map(str, sweep(out, *arguments))],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
        **options,
    )
    return done.returncode, done.stderr


def kept_now(out):
    """Return each trial that is kept, with its place and its seconds: trained again it has others.

    Opened by SQLite itself, which first undoes what was half written.
    """
    with closing(sqlite3.connect(out / "trials.sqlite")) as database:
        try:
            return set(database.execute("SELECT key, rowid, seconds FROM trials"))
        except sqlite3.OperationalError:  # it has no table yet
            return set()


def rows(out, names=CONTENT):
    """Return what the store holds, apart from seconds."""
    chosen = ", ".join(name for name in names if name != "seconds")
    database = sqlite3.connect(out / "trials.sqlite")
    found = database.execute(f"SELECT {chosen} FROM trials ORDER BY key").fetchall()  # noqa: S608
    database.close()
    return found


def assert_whole(out):
    """Assert that each file is what its name says, and that none was left half written."""
    files = [path for path in out.rglob("*") if path.is_file() and path.name != ".lock"]
    for path in files:
        assert path.stat().st_size > 0 or path.name.endswith("-journal"), path
        assert not path.name.endswith(".part")
        if path.suffix == ".csv":
            pd.read_csv(path)
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".npz":
            with np.load(path) as arrays:
                assert all(np.isfinite(arrays[name]).all() for name in arrays)
        elif path.suffix == ".svg":
            ET.parse(path)  # noqa: S314 - our own file
        elif path.suffix == ".png":
            assert path.read_bytes().endswith(b"IEND\xaeB`\x82")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    assert run_here(*sweep(out, *GRID)) == 0
    return rows(out)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Return the run directory of a sweep of one trial, for nobody to change."""
    out = tmp_path_factory.mktemp("short") / "run"
    assert run_here(*sweep(out, *SHORT)) == 0
    return out


def wait_for_a_moment(rng, process, out):
    """Wait for a random time from the start, or, however slow the machine, from a trial kept."""
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0.3, 3))
        return
    before = len(rows_now(out))
    while process.poll() is None and len(rows_now(out)) <= before:
        time.sleep(0.02)
    time.sleep(rng.uniform(0, 0.5))


def test_kill_9_at_random_moments_loses_nothing_and_trains_nothing_twice(
    start, tmp_path, undisturbed
):
    rng = random.Random(count("SEED", 0))  # noqa: S311 - no secrets
    kills, after_first, sweeps = 0, 0, 0
    wanted = count("KILLS", 1)
    while kills < wanted or after_first < wanted / 4:
        out = tmp_path / f"run{sweeps}"
        kept = set()
        last = kills + min(8, wanted)  # so that there are many sweeps, on a slow machine too
        while True:
            process = start(*sweep(out, *GRID), draws=DRAWS)
            wait_for_a_moment(rng, process, out)
            if process.poll() is not None or kills >= last:
                _, said = process.communicate(timeout=HANG)
                assert process.returncode == 0, said
                break
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            before, kept = kept, kept_now(out) if out.exists() else set()
            assert before <= kept  # nothing was lost or replaced
            after_first += bool(kept)
        sweeps += 1
        final = kept_now(out)
        assert kept <= final
        assert len(final) == TRIALS
        assert rows(out) == undisturbed
        assert_whole(out)
        shutil.rmtree(out)
    tell(f"{kills} kills in {sweeps} sweeps, {after_first} of them after the first kept trial")


@pytest.mark.torture
def test_ctrl_c_at_random_moments_ends_with_130_and_keeps_what_is_finished(start, tmp_path):
    rng, slowest, codes = random.Random(count("SEED", 0)), 0.0, []  # noqa: S311 - no secrets
    for number in range(1, 1 + count("INTERRUPTS", 20)):
        out = tmp_path / f"run{number}"
        process = start(*sweep(out, *GRID, "--max-epochs", "50000"), draws=DRAWS)
        while number % 2 and not (out / ".lock").exists():  # some begin, however slow the machine
            time.sleep(0.02)
        time.sleep(rng.uniform(0.5, 3))
        begun = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        if number % 3 == 2:  # a second one doesn't wait
            time.sleep(0.05)
            os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=HANG)
        slowest = max(slowest, time.monotonic() - begun)
        codes.append(process.returncode)
        if process.returncode == -signal.SIGINT:  # Python had not yet come to the command
            continue
        assert process.returncode == 130, said
        assert "Traceback" not in said
        last = said.splitlines()[-1]
        assert last.startswith("sweep: interrupted")
        assert last.endswith("run the same command again to resume.")
        if "trials kept" in last:
            assert f"with {len(rows(out, ['key']))} of {TRIALS} trials kept" in last
    assert 130 in codes
    tell(f"{len(codes)} times Ctrl-C, the slowest end after {slowest:.2f} s")


@pytest.mark.torture
def test_of_four_sweeps_at_once_one_runs_and_the_others_are_refused(start, tmp_path, undisturbed):
    for number in range(count("FOURS", 20)):
        out = tmp_path / f"run{number}"
        four = [start(*sweep(out, *GRID), draws=DRAWS) for _ in range(4)]
        said = {process: process.communicate(timeout=HANG)[1] for process in four}
        assert sorted(process.returncode for process in four) == [0, 2, 2, 2], said.values()
        for process in four:
            if process.returncode == 2:
                assert "belongs to another sweep that is running now" in said[process]
                assert "Traceback" not in said[process]
        assert rows(out) == undisturbed
        assert_whole(out)


@pytest.mark.torture
def test_sweeps_that_start_at_once_share_one_cold_cache_of_compiled_code(start, tmp_path, short):
    cache = tmp_path / "cache"
    cache.mkdir()
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    outs = [tmp_path / f"run{number}" for number in range(count("COLD_SWEEPS", 4))]
    at_once = [start(*sweep(out, *SHORT), draws=DRAWS, env=environment) for out in outs]
    for process in at_once:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    assert list(cache.rglob("*.o"))
    assert all(rows(out) == rows(short) for out in outs)


WITHOUT_BYTECODE = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def limited(n_bytes):
    """Return what lets no file of a process grow past so many bytes, as a full disk does.

    Such a process must keep no bytecode: Python doesn't notice that it has written half of it.
    """
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


@pytest.mark.torture
@pytest.mark.parametrize("n_bytes", [60_000, 2_000][: count("DISKS", 1)])
def test_a_sweep_that_can_write_no_more_says_so_and_goes_on_when_it_can(
    tmp_path, undisturbed, n_bytes
):
    out = tmp_path / "run"
    code, said = finish(out, *GRID, preexec_fn=limited(n_bytes), env=WITHOUT_BYTECODE)
    assert code == 2, said
    assert "Traceback" not in said
    assert any(words in said for words in ("can't be written", "can't be used")), said
    before = rows(out, ["key"]) if (out / "trials.sqlite").stat().st_size else []
    code, said = finish(out, *GRID)
    assert code == 0, said
    assert f"{len(before)} of them from an earlier run" in said or not before
    assert rows(out) == undisturbed
    assert_whole(out)


@pytest.fixture
def disk(tmp_path):
    """Return what makes a disk of some size, or gives it another; skip where nobody may mount one.

    There `test_a_sweep_that_can_write_no_more_says_so_and_goes_on_when_it_can` holds alone. Where
    root runs the tests in CI, a disk must be made.
    """
    place = tmp_path / "disk"
    place.mkdir()

    def make(size):
        again = ["-o", f"remount,size={size}"] if place.is_mount() else ["-o", f"size={size}"]
        done = subprocess.run(
            ["mount", "-t", "tmpfs", *again, "tmpfs", place], capture_output=True, check=False
        )
        if done.returncode:
            (pytest.fail if os.environ.get("CI") and may_mount() else pytest.skip)(
                f"no disk can be mounted here: {done.stderr.decode()}"
            )
        return place

    yield make
    if place.is_mount():
        subprocess.run(["umount", "--lazy", place], check=True)


def may_mount():
    """Return whether this process has the right to mount: CAP_SYS_ADMIN, number 21."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "CapEff" in line
    )
    return bool(int(line.split()[1], 16) >> 21 & 1)


@pytest.mark.parametrize("size", ["200k", "40k", "2m"][: count("DISKS", 1)])
def test_a_full_disk_ends_a_sweep_with_a_sentence_and_it_goes_on_when_there_is_room(
    disk, undisturbed, size
):
    out = disk(size) / "run"
    code, said = finish(out, *GRID)
    assert code == 2, said
    assert "Traceback" not in said
    assert any(words in said for words in ("can't be written", "can't be used")), said
    files = [path for path in out.rglob("*") if path.is_file() and path.name != ".lock"]
    assert all(path.stat().st_size for path in files), files
    if size != "40k":
        before = rows(out, ["key"])
    disk("50m")
    code, said = finish(out, *GRID)
    assert code == 0, said
    assert size == "40k" or f"{len(before)} of them from an earlier run" in said
    assert rows(out) == undisturbed
    assert_whole(out)


def test_a_directory_that_is_read_only_is_refused_and_stays_as_it_was(short, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(short, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for path in (out, *out.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    code, said = finish(out, *SHORT, "--repeats", "2", preexec_fn=as_others)
    for path in (out, *out.rglob("*")):
        path.chmod(0o755)
    assert code == 2, said
    assert "Traceback" not in said
    assert "can't be used as run directory" in said
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_directory_that_vanishes_in_the_middle_ends_the_sweep_with_a_sentence(start, tmp_path):
    out = tmp_path / "run"
    one_by_one = ["--engine", "numpy", "--jobs", "1", "--max-epochs", "50"]
    process = start(*sweep(out, *GRID, *one_by_one), draws=DRAWS)
    while not (out / "trials.sqlite").exists() or not rows_now(out):
        assert process.poll() is None
        time.sleep(0.05)
    while out.exists():  # a journal may appear in it while it is being emptied
        shutil.rmtree(out, ignore_errors=True)
    _, said = process.communicate(timeout=HANG)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    assert f"{out}" in said
    assert not out.exists()


def rows_now(out):
    """Return the keys in a store that another process writes."""
    try:
        return rows(out, ["key"])
    except sqlite3.OperationalError:  # it has no table yet
        return []


JUMPING = """
import time
real, calls = time.time, [0]
def jumping():
    calls[0] += 1
    return real() + (-1) ** calls[0] * 86400 * 365
time.time = jumping
"""


@pytest.mark.torture
def test_a_clock_that_jumps_changes_nothing(short, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    code, said = finish(tmp_path / "a", *SHORT, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert code == 0, said
    assert rows(tmp_path / "a") == rows(short)
    seconds = json.loads((tmp_path / "a" / "run.json").read_text())["seconds"]
    assert all(0 <= value < 3600 for value in seconds.values())
    assert (pd.read_csv(tmp_path / "a" / "trials.csv").seconds >= 0).all()
