"""Real processes, real signals: nothing finished is lost, and a directory has one sweep."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import psutil
import pytest

SWEEP = [sys.executable, "-m", "studies.cli", "assignment"]
LONG = ["--repeats", "8", "--max-epochs", "3000", "--target-loss", "1e-9"]
NUMPY = ["--engine", "numpy", "--max-epochs", "20", "--jobs", "2"]


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
    assert "trials done" in line, line + process.stderr.read()


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
    assert "trials kept; run the same command again to resume" in said.splitlines()[-1]
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
    process = start(tmp_path / "run", *NUMPY)
    wait_for_first_line(process)
    workers = psutil.Process(process.pid).children()
    assert len(workers) >= 2
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert not psutil.wait_procs(workers, timeout=5)[1]


@pytest.mark.parametrize("seconds", [0.75, 0.95, 1.2])
def test_ctrl_c_is_safe_also_while_worker_processes_start(tmp_path, seconds):
    process = start(tmp_path / "run", *NUMPY)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in said or process.returncode != 130


@pytest.mark.parametrize(
    "arguments", [[], NUMPY, ["--runner", "dask"]], ids=["threads", "processes", "Dask"]
)
def test_sigterm_ends_as_ctrl_c_does_but_with_143(tmp_path, arguments):
    out = tmp_path / "run"
    process = start(out, *arguments)
    wait_for_first_line(process)
    helpers = psutil.Process(process.pid).children()
    process.terminate()
    _, said = process.communicate(timeout=20)
    assert process.returncode == 143
    assert "Traceback" not in said, said
    assert "trials kept; run the same command again to resume" in said.splitlines()[-1]
    assert not (out / "table.md").exists()
    assert not psutil.wait_procs(helpers, timeout=5)[1]


@pytest.mark.parametrize("file", [".lock", "trials.csv"], ids=["before", "after"])
def test_sigterm_before_or_after_the_trainings_ends_with_143_and_a_line(tmp_path, file):
    out = tmp_path / "run"
    arguments = ["--max-epochs", "50"] if file == "trials.csv" else []
    process = start(out, *arguments)
    while not (out / file).exists():
        assert process.poll() is None
        time.sleep(0.005)
    helpers = psutil.Process(process.pid).children()
    process.terminate()
    _, said = process.communicate(timeout=20)
    assert process.returncode == 143, said
    assert said.splitlines()[-1].startswith("sweep: interrupted")
    assert "Traceback" not in said
    assert not psutil.wait_procs(helpers, timeout=5)[1]


def test_ctrl_c_and_dask_go_together_and_a_killed_parent_leaves_no_worker(tmp_path):
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        process = start(tmp_path / "run", "--runner", "dask", "--jobs", "2")
        wait_for_first_line(process)
        family = psutil.Process(process.pid).children()
        group = number == signal.SIGINT  # as a terminal does
        (os.killpg if group else os.kill)(process.pid, number)
        _, said = process.communicate(timeout=20)
        assert process.returncode == code
        assert "Traceback" not in said, said
        assert not psutil.wait_procs(family, timeout=5)[1]


DEADLY = """
import os, signal, sys
if any("LokyProcess" in word for word in sys.orig_argv):
    from studies.objectives.two_layer import TwoLayerObjective
    lane = TwoLayerObjective.lane
    def deadly(self, trial):
        if trial.repeat == 7 and trial.params["learning_rate"] == 0.5:
            os.kill(os.getpid(), signal.SIGKILL)
        return lane(self, trial)
    TwoLayerObjective.lane = deadly
"""


def test_a_trial_that_always_kills_its_worker_is_the_only_one_that_fails(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(DEADLY)
    question = ["--batch-size", "100", "--repeats", "100", "--max-epochs", "1", "--eval-every", "1"]
    done = subprocess.run(
        [*SWEEP, "--out", str(tmp_path / "run"), *question, "--engine", "numpy", "--jobs", "2"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Failed trials: 1" in done.stderr
    states = pd.read_csv(tmp_path / "run" / "trials.csv").state.value_counts()
    assert (states["failed"], states["exhausted"]) == (1, 399)
    assert "its worker died 2 times" in (tmp_path / "run" / "report.md").read_text()
    assert "killed by SIGKILL" in (tmp_path / "run" / "report.md").read_text()
