"""Real processes, real signals: nothing finished is lost, and a directory has one sweep."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

SWEEP = [sys.executable, "-m", "studies.cli", "assignment"]
LONG = ["--repeats", "8", "--max-epochs", "3000", "--target-loss", "1e-9"]


def start(out, *arguments):
    """Start a sweep in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        [*SWEEP, "--out", str(out), *LONG, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_first_line(process):
    """Wait until a training is finished, which is told on a line."""
    line = process.stderr.readline()
    assert "trainings done" in line, line + process.stderr.read()


def finish(out):
    """Run the same command to its end, and return what it says of progress."""
    done = subprocess.run(
        [*SWEEP, "--out", str(out), *LONG], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    finish(out)
    return comparable(out)


def comparable(out):
    trials = pd.read_csv(out / "trials.csv").drop(columns="seconds")
    return trials.to_csv(), (out / "history.csv").read_bytes(), (out / "table.md").read_bytes()


def test_a_killed_sweep_goes_on_where_it_was(tmp_path, undisturbed):
    out = tmp_path / "run"
    for _ in range(2):
        process = start(out)
        wait_for_first_line(process)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    said = finish(out)
    assert "of them kept from before" in said
    assert comparable(out) == undisturbed


def test_ctrl_c_ends_with_130_at_once_and_says_how_to_go_on(tmp_path, undisturbed):
    out = tmp_path / "run"
    process = start(out)
    wait_for_first_line(process)
    begun = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - begun < 2
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "trials kept; run the same command again to go on" in said.splitlines()[-1]
    assert not (out / "table.md").exists()
    finish(out)
    assert comparable(out) == undisturbed


@pytest.mark.parametrize("seconds", [0.15, 0.35, 0.55, 0.75, 0.95, 1.2])
def test_ctrl_c_is_safe_also_before_the_first_training(tmp_path, seconds):
    process = start(tmp_path / "run")
    time.sleep(seconds)
    begun = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    shown, said = process.communicate(timeout=20)
    assert time.monotonic() - begun < 2
    if process.returncode == 130:
        assert said.splitlines()[-1].startswith("sweep: interrupted")
        assert "Traceback" not in said
    else:  # Python had not yet come to the command
        assert process.returncode == -signal.SIGINT
    assert shown == ""


def test_a_second_sweep_in_the_same_directory_is_refused_at_once(tmp_path):
    out = tmp_path / "run"
    first = start(out)
    wait_for_first_line(first)
    second = start(out)
    begun = time.monotonic()
    _, said = second.communicate(timeout=20)
    assert time.monotonic() - begun < 3  # most of it is Python's start
    assert second.returncode == 2
    assert f"belongs to another sweep that is running now, process {first.pid} " in said
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    finish(out)  # needs no unlocking


def test_ctrl_c_with_worker_processes_leaves_none_behind(tmp_path):
    process = start(tmp_path / "run", "--engine", "numpy", "--max-epochs", "20", "--jobs", "2")
    wait_for_first_line(process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    for _ in range(50):
        if not alive(process.pid):
            return
        time.sleep(0.1)
    pytest.fail("a worker process is still there after five seconds")


def alive(group):
    """Tell whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
