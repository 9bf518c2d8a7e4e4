"""Real processes, real signals: nothing finished is lost, and a directory has one sweep."""

import os
import signal
import subprocess
import time

import pandas as pd
import psutil
import pytest
from cases import each_of
from counts import count, with_torture
from undrawn import program, run_here

from sweep.interrupts import no_interrupt_lost

LONG = ["--repeats", "4", "--max-epochs", "2000", "--target-loss", "1e-9"]
NUMPY = [*LONG, "--engine", "numpy", "--max-epochs", "20", "--jobs", "2"]
DASK = [*LONG, "--runner", "dask", "--jobs", "1"]
ENDLESS = ["--learning-rate", "0.5,1e-9", "--batch-size", "5", "--max-epochs", "1000000"]
"""Of its two trials one converges soon, and the other one takes hours."""

HANG = 120  # seconds after which a test gives up
DRAWS = bool(count("FIGURES", 0))  # which takes longer than all else


def sweep(out, *arguments):
    return ["assignment", "--out", out, *arguments]


def wait_for_first_line(process):
    """Wait until a trial is finished, which is told on a line."""
    line = process.stderr.readline()
    assert "trials done" in line, line + process.stderr.read()


def finish(out, *arguments, **options):
    """Run a sweep to its end, and return its code and what it says."""
    command = [*program(draws=DRAWS), *map(str, sweep(out, *arguments))]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=HANG, **options
    )
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    assert run_here(*sweep(out, *LONG)) == 0
    return comparable(out)


def comparable(out):
    trials = pd.read_csv(out / "trials.csv").drop(columns="seconds")
    return trials.to_csv(), (out / "history.csv").read_bytes(), (out / "table.md").read_bytes()


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(start, tmp_path, undisturbed):
    out = tmp_path / "run"
    process = start(*sweep(out, *LONG), draws=DRAWS)
    wait_for_first_line(process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=HANG)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "trials kept; run the same command again to resume" in said.splitlines()[-1]
    assert not (out / "table.md").exists()
    assert run_here(*sweep(out, *LONG)) == 0
    assert comparable(out) == undisturbed


@pytest.mark.parametrize("arguments", [LONG, NUMPY], ids=["threads", "processes"])
@pytest.mark.parametrize("seconds", [0.55, 1.2, 0.15, 0.35, 0.75, 0.95][: count("INTERRUPTS", 1)])
def test_ctrl_c_is_safe_also_before_the_first_trial(start, tmp_path, seconds, arguments):
    process = start(*sweep(tmp_path / "run", *arguments), draws=True)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    shown, said = process.communicate(timeout=HANG)
    if process.returncode == 130:
        assert said.splitlines()[-1].startswith("sweep: interrupted")
        assert "Traceback" not in said
    else:  # Python had not yet come to the command
        assert process.returncode == -signal.SIGINT
    assert shown == ""


def test_a_second_sweep_is_refused_and_ctrl_c_does_not_wait_for_the_trial_of_the_first(
    start, tmp_path, capsys
):
    out = tmp_path / "run"
    first = start(*sweep(out, *ENDLESS), draws=DRAWS)
    wait_for_first_line(first)
    assert run_here(*sweep(out, *ENDLESS)) == 2
    assert first.poll() is None
    said = capsys.readouterr().err
    assert f"belongs to another sweep that is running now, process {first.pid} " in said
    os.killpg(first.pid, signal.SIGINT)
    _, said = first.communicate(timeout=HANG)
    assert first.returncode == 130
    assert "with 1 of 2 trials kept" in said


def test_ctrl_c_with_worker_processes_leaves_none_behind(start, tmp_path):
    process = start(*sweep(tmp_path / "run", *NUMPY), draws=DRAWS)
    wait_for_first_line(process)
    workers = psutil.Process(process.pid).children()
    assert len(workers) >= 2
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=HANG)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert not psutil.wait_procs(workers, timeout=HANG)[1]


@pytest.mark.parametrize(
    "arguments",
    with_torture([LONG, NUMPY], LONG, NUMPY),
    ids=["threads", "processes"],
)
def test_sigterm_ends_as_ctrl_c_does_but_with_143(start, tmp_path, arguments):
    out = tmp_path / "run"
    process = start(*sweep(out, *arguments), draws=DRAWS)
    wait_for_first_line(process)
    helpers = psutil.Process(process.pid).children()
    process.terminate()
    _, said = process.communicate(timeout=HANG)
    assert process.returncode == 143
    assert "Traceback" not in said, said
    assert "trials kept; run the same command again to resume" in said.splitlines()[-1]
    assert not (out / "table.md").exists()
    assert not psutil.wait_procs(helpers, timeout=HANG)[1]


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        pytest.param(".lock", LONG, marks=pytest.mark.torture),
        ("trials.csv", ["--max-epochs", "50"]),
    ],
    ids=["before", "after"],
)
def test_sigterm_before_or_after_the_trials_ends_with_143_and_a_line(
    start, tmp_path, file, arguments
):
    out = tmp_path / "run"
    process = start(*sweep(out, *arguments), draws=True)
    while not (out / file).exists():
        assert process.poll() is None
        time.sleep(0.005)
    helpers = psutil.Process(process.pid).children()
    process.terminate()
    _, said = process.communicate(timeout=HANG)
    assert process.returncode == 143, said
    assert said.splitlines()[-1].startswith("sweep: interrupted")
    assert "Traceback" not in said
    assert not psutil.wait_procs(helpers, timeout=HANG)[1]


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.torture), signal.SIGKILL]
)
def test_ctrl_c_and_a_killed_parent_leave_no_dask_worker(start, tmp_path, number):
    process = start(*sweep(tmp_path / "run", *DASK), draws=DRAWS)
    wait_for_first_line(process)
    family = psutil.Process(process.pid).children()
    is_ctrl_c = number == signal.SIGINT  # which a terminal sends to the whole group
    (os.killpg if is_ctrl_c else os.kill)(process.pid, number)
    _, said = process.communicate(timeout=HANG)
    assert process.returncode == (130 if is_ctrl_c else -signal.SIGKILL)
    assert "Traceback" not in said, said
    assert not psutil.wait_procs(family, timeout=HANG)[1]


DEADLY = """
import os, signal, sys
if any("LokyProcess" in word for word in sys.orig_argv):
    from studies.objectives.two_layer import TwoLayerObjective
    lane = TwoLayerObjective.lane
    def deadly(self, trial):
        if trial.repeat == 1 and trial.params["learning_rate"] == 0.5:
            os.kill(os.getpid(), signal.SIGKILL)
        return lane(self, trial)
    TwoLayerObjective.lane = deadly
"""


@pytest.mark.torture
def test_a_trial_that_always_kills_its_worker_is_the_only_one_that_fails(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(DEADLY)
    question = ["--batch-size", "100", "--repeats", "2", "--max-epochs", "1", "--eval-every", "1"]
    question += ["--learning-rate", "0.3,0.5"]
    code, said = finish(
        tmp_path / "run",
        *(*question, "--engine", "numpy", "--jobs", "1"),
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert code == 1, said
    assert "Failed trials: 1" in said
    states = pd.read_csv(tmp_path / "run" / "trials.csv").state.value_counts()
    assert (states["failed"], states["exhausted"]) == (1, 3)
    assert "its worker died 2 times" in (tmp_path / "run" / "report.md").read_text()
    assert "killed by SIGKILL" in (tmp_path / "run" / "report.md").read_text()


def swallow(becomes):
    """Do with Ctrl-C what C code does: lose it, or make another error of it."""
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        if becomes is not None:
            raise becomes from None


@each_of("becomes", [None, SystemError("a result with an exception set")])
def test_ctrl_c_that_c_code_swallows_is_not_lost(becomes):
    with pytest.raises(KeyboardInterrupt), no_interrupt_lost():
        swallow(becomes)
