"""Worker processes may die, whenever and of whatever: nothing is lost but time."""

import importlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from counts import count
from sweep_tests.toy import Toy, outcome

from sweep.errors import SweepError
from sweep.grid import grid
from sweep.progress.signals import Silent
from sweep.run import run
from sweep.runners.local import LocalRunner
from sweep.store.store import Store
from sweep.trial import TrialState


def trials_of(toy, n, repeats=1):
    return grid({"a": list(range(n)), "b": [0, 1]}, repeats, toy.identity())


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        yield store


def workers(process=None):
    """Return the worker processes of a process, by default of this one."""
    found = []
    for child in (process or psutil.Process()).children():
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if any("LokyProcess" in word for word in child.cmdline()):
                found.append(child)
    return found


def wait_until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


class Killer(Silent):
    """Kills a worker, any of them, after every so many finished trials."""

    def __init__(self, every):
        self.random = random.Random(0)  # noqa: S311 - no secrets
        self.every, self.finished, self.kills = every, 0, 0

    def finish(self, trial, outcome):
        self.finished += 1
        if self.finished % self.every == 0:
            self.random.choice(workers()).kill()
            self.kills += 1


def test_kills_in_the_middle_of_a_sweep_cost_nothing_but_time(store):
    toy = Toy(in_processes=True, pack_size=1)
    kills = count("POOL_KILLS", 3)
    trials = trials_of(toy, 10 * kills)
    killer = Killer(every=19)
    run(toy, trials, store, LocalRunner(2), progress=killer)
    assert killer.kills >= kills
    found = list(store.outcomes(trials))
    assert [o.state for _, o in found] == [TrialState.CONVERGED] * 20 * kills
    assert all(o.value == outcome(trial).value for trial, o in found)


@pytest.mark.parametrize("pack_size", [1, 4])
def test_a_trial_that_kills_its_workers_fails_alone(store, pack_size):
    toy = Toy(in_processes=True, pack_size=pack_size, deadly=(4,))
    trials = [t for t in trials_of(toy, 8) if t.params != {"a": 4, "b": 1}]
    run(toy, trials, store, LocalRunner(2))
    found = list(store.outcomes(trials))
    assert len(found) == len(trials)
    failed = [(trial, o) for trial, o in found if o.state is TrialState.FAILED]
    ((trial, failure),) = failed
    assert trial.params["a"] == 4
    assert failure.reason == "its worker died 2 times, with no other trial on it (exit code 9)"


def test_the_reason_names_the_signal(store):
    toy = Toy(in_processes=True, pack_size=1, seconds=0.5)
    trials = trials_of(toy, 1)[:1]

    class KillsAll(Silent):
        def start(self, trials, kept, signals):
            def kill():
                while not self.stopped:
                    for key in signals.epochs():
                        signals.forget(trials[0])
                        workers()[0].kill()
                        killed.append(key)
                    time.sleep(0.01)

            killed, self.stopped, self.killed = [], False, None
            self.thread = threading.Thread(target=kill)
            self.thread.start()

        def stop(self):
            self.stopped = True
            self.thread.join()

    run(toy, trials, store, LocalRunner(), progress=KillsAll())
    ((_, failure),) = store.outcomes(trials)
    assert failure.state is TrialState.FAILED
    assert "killed by SIGKILL" in failure.reason


def test_workers_hear_no_ctrl_c_and_use_one_blas_thread(store):
    seen = []

    class Looks(Silent):
        def finish(self, trial, outcome):
            for worker in workers():
                status = Path(f"/proc/{worker.pid}/status").read_text()
                ignored = int(re.search(r"SigIgn:\s*(\w+)", status)[1], 16) >> 1 & 1
                seen.append((ignored, worker.environ()["OPENBLAS_NUM_THREADS"]))

    toy = Toy(in_processes=True, pack_size=1)
    run(toy, trials_of(toy, 5), store, LocalRunner(1), progress=Looks())
    assert set(seen) == {(1, "1")}


def test_a_second_ctrl_c_does_not_wait(store):
    toy = Toy(in_processes=True, pack_size=1, seconds=600)  # looks at the stop once a minute

    def interrupt():
        wait_until(lambda: len(workers()) == 2)
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(toy, trials_of(toy, 2), store, LocalRunner(2))
    thread.join()
    assert time.monotonic() - begun < 300  # half of what the trials take
    wait_until(lambda: not workers())


class Elsewhere(Toy):
    """Can be pickled, but not unpickled."""

    def __reduce__(self):
        return importlib.import_module, ("a_module_that_is_nowhere",)


def test_an_objective_that_workers_cannot_import_ends_the_sweep_with_a_sentence(store):
    toy = Elsewhere(in_processes=True)
    with pytest.raises(SweepError, match=r"can't begin: .* 'a_module_that_is_nowhere'"):
        run(toy, trials_of(toy, 3), store, LocalRunner(2))
    wait_until(lambda: not workers())


def test_workers_that_cannot_start_end_the_sweep_with_a_sentence(store, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    toy = Toy(in_processes=True)
    with pytest.raises(SweepError, match=r"die as they start \(exit code 1\)"):
        run(toy, trials_of(toy, 3), store, LocalRunner(2))


def test_a_store_that_cannot_be_written_ends_the_sweep(store):
    class Full(Silent):
        def finish(self, trial, outcome):
            raise SweepError("the disk is full")

    toy = Toy(in_processes=True, pack_size=1, seconds=0.1)
    with pytest.raises(SweepError, match="the disk is full"):
        run(toy, trials_of(toy, 30), store, LocalRunner(2), progress=Full())
    wait_until(lambda: not workers())


SCRIPT = """
import sys
from pathlib import Path
from sweep_tests.toy import Toy
from sweep.runners.local import LocalRunner
from sweep.run import run
from sweep.grid import grid
from sweep.store.store import Store

class Loud(Toy):
    def __call__(self, pack, watch):
        print("training")
        return super().__call__(pack, watch)

toy = Loud(in_processes=True, pack_size=1, seconds=float(sys.argv[2]))
trials = grid({"a": [1, 2, 3]}, 1, toy.identity())
with Store(Path(sys.argv[1])) as store:
    run(toy, trials, store, LocalRunner(2))
    print(len(list(store.outcomes(trials))), "kept")
"""


@pytest.fixture
def start_script(tmp_path):
    """Start a script that knows nothing of processes: no guard, an objective of its own."""
    (tmp_path / "script.py").write_text(SCRIPT)
    processes = []

    def start(seconds):
        process = subprocess.Popen(
            [sys.executable, tmp_path / "script.py", tmp_path / "s.sqlite", str(seconds)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_script_may_define_its_objective_and_print_from_it(start_script):
    shown, said = start_script(0).communicate(timeout=120)
    assert shown == "3 kept\n", said
    assert said.splitlines() == ["training"] * 3


def test_workers_do_not_outlive_a_parent_that_is_killed(start_script):
    process = start_script(600)
    assert process.stderr.readline() == "training\n"
    assert process.stderr.readline() == "training\n"
    crew = workers(psutil.Process(process.pid))
    assert len(crew) == 2
    process.kill()
    _, alive = psutil.wait_procs(crew, timeout=5 if count("POOL_KILLS", 0) else 120)
    process.communicate()
    assert not [w for w in alive if w.status() != psutil.STATUS_ZOMBIE]
