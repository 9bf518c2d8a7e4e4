"""On Dask clusters nothing finished is lost, and nothing hangs, whoever is killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sweep_tests.toy import Toy, outcome

from sweep.errors import Interrupted, SweepError
from sweep.grid import grid
from sweep.progress.signals import Silent
from sweep.run import run
from sweep.runners import dask_cluster, dask_worker
from sweep.runners.dask import DaskRunner
from sweep.store.store import Store
from sweep.trial import TrialState

TESTS = Path(__file__).parents[1]
HANG = 120  # seconds after which a test gives up


def trials_of(toy, n):
    return grid({"a": list(range(n)), "b": [0, 1]}, 1, toy.identity())


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        yield store


def assert_all_kept(store, trials):
    found = list(store.outcomes(trials))
    assert [o.state for _, o in found] == [TrialState.CONVERGED] * len(trials)
    assert all(o.value == outcome(trial).value for trial, o in found)


def wait_until(condition, seconds=HANG):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@contextmanager
def dask(folder, *arguments, path=TESTS):
    """Run a command of Dask as a process of its own, and kill it and its children at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        family = [process, *psutil.Process(process.pid).children(recursive=True)]
        for member in family:
            member.kill()
        process.wait()


@contextmanager
def scheduler(folder, port=0):
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    options = ["--port", str(port), "--dashboard-address", "127.0.0.1:0"]
    with dask(folder, "scheduler", *options, "--scheduler-file", str(file)) as process:
        wait_until(file.exists)
        wait_until(lambda: file.read_text().endswith("}"))
        process.address = json.loads(file.read_text())["address"]
        yield process


def worker(folder, address, *options, path=TESTS):
    return dask(
        *(folder, "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"),
        *("--local-directory", str(folder), *options),
        path=path,
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Return the address of a cluster with one worker, for tests that leave it running."""
    folder = tmp_path_factory.mktemp("cluster")
    with scheduler(folder) as process, worker(folder, process.address):
        yield process.address


@pytest.fixture
def lose_patience(monkeypatch):
    """Return what makes a cluster's patience short, since its full length is only waiting."""
    assert dask_cluster.PATIENCE <= 20  # so each case ends in 30 s
    return lambda: monkeypatch.setattr(dask_cluster, "PATIENCE", 3)


class After(Silent):
    """Does something, once, when so many trials are finished."""

    def __init__(self, count, do):
        self.count, self.do, self.finished = count, do, 0

    def finish(self, trial, outcome):
        self.finished += 1
        if self.finished == self.count:
            self.do()


def own_workers():
    """Return the worker processes of the cluster that this process has started."""
    children = psutil.Process().children()
    return [child for child in children if "--multiprocessing-fork" in child.cmdline()]


def test_a_killed_worker_costs_nothing_but_time(store):
    toy = Toy(pack_size=1, seconds=0.02)
    trials = trials_of(toy, 20)
    kill = After(10, lambda: own_workers()[0].kill())
    run(toy, trials, store, DaskRunner(jobs=2), progress=kill)
    assert kill.finished == 40
    assert_all_kept(store, trials)
    assert not own_workers()


def test_our_own_cluster_listens_on_the_loopback_only(store):
    seen = set()

    def look():
        for process in [psutil.Process(), *own_workers()]:
            seen.update(c.laddr.ip for c in process.net_connections() if c.status == "LISTEN")

    toy = Toy()
    run(toy, trials_of(toy, 2), store, DaskRunner(jobs=1), progress=After(1, look))
    assert seen == {"127.0.0.1"}


def test_a_trial_that_kills_its_workers_fails_alone(store):
    toy = Toy(pack_size=4, deadly=(4,))
    trials = [t for t in trials_of(toy, 8) if t.params != {"a": 4, "b": 1}]
    run(toy, trials, store, DaskRunner(jobs=2))
    found = list(store.outcomes(trials))
    assert len(found) == len(trials)
    ((trial, failure),) = [(t, o) for t, o in found if o.state is TrialState.FAILED]
    assert trial.params["a"] == 4
    assert failure.reason.startswith("its worker died 2 times, with no other trial on it")


def test_a_trial_that_raises_fails_alone(store, cluster):
    toy = Toy(broken=(2,))
    trials = trials_of(toy, 4)
    run(toy, trials, store, DaskRunner(cluster))
    reasons = {t.params["a"]: o.reason for t, o in store.outcomes(trials) if o.reason}
    assert list(reasons) == [2]
    assert reasons[2].startswith("ArithmeticError: no a = 2 (toy.py, line ")


def test_a_killed_scheduler_ends_the_sweep_and_a_second_run_completes(store, tmp_path, cluster):
    toy = Toy(pack_size=1, seconds=0.05)
    trials = trials_of(toy, 20)
    with scheduler(tmp_path) as process, worker(tmp_path, process.address):
        progress = After(5, process.kill)
        with pytest.raises(SweepError, match=r"scheduler at tcp://.* is lost .* run the same"):
            run(toy, trials, store, DaskRunner(process.address), progress=progress)
    kept = len(list(store.outcomes(trials)))
    assert 5 <= kept < 40
    again = After(0, None)
    run(toy, trials, store, DaskRunner(cluster), progress=again)
    assert again.finished == 40 - kept
    assert_all_kept(store, trials)


def test_ctrl_c_stops_the_workers_of_an_existing_cluster_and_leaves_it_running(store, cluster):
    from distributed import Client

    slow, toy = Toy(pack_size=1, seconds=5), Toy(fixed={"quick": 1})

    def interrupt():
        with Client(cluster, set_as_default=False) as client:
            wait_until(lambda: sum(map(len, client.processing().values())))
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(Interrupted):
        run(slow, trials_of(slow, 50), store, DaskRunner(cluster))
    thread.join()
    run(toy, trials_of(toy, 2), store, DaskRunner(cluster))  # its one thread is free
    assert time.monotonic() - begun < HANG
    assert_all_kept(store, trials_of(toy, 2))


def test_where_nobody_listens_or_works_the_sweep_ends_with_a_sentence(
    store, tmp_path, lose_patience
):
    toy = Toy()
    lose_patience()
    with scheduler(tmp_path) as process:
        address = process.address
        with pytest.raises(SweepError, match=r"has had no worker for 3 seconds; start some with"):
            run(toy, trials_of(toy, 2), store, DaskRunner(address))
    with pytest.raises(SweepError, match=r"no Dask scheduler answers at tcp://127"):
        run(toy, trials_of(toy, 2), store, DaskRunner(address))


def test_when_the_last_worker_leaves_the_sweep_ends_with_a_sentence(store, tmp_path, lose_patience):
    toy = Toy(pack_size=1, seconds=0.05)
    trials = trials_of(toy, 50)

    with scheduler(tmp_path) as process, worker(tmp_path, process.address) as only:
        progress = After(5, lambda: (lose_patience(), only.kill()))
        with pytest.raises(SweepError, match="has had no worker for 3 seconds"):
            run(toy, trials, store, DaskRunner(process.address), progress=progress)
    assert 5 <= len(list(store.outcomes(trials))) < 100


@pytest.mark.parametrize(
    "seconds",
    [0.05, pytest.param(0.0, marks=pytest.mark.torture)],
    ids=["at work", "with results to hand over"],
)
def test_a_scheduler_that_falls_silent_ends_the_sweep_with_a_sentence(
    store, tmp_path, lose_patience, seconds
):
    toy = Toy(pack_size=1, seconds=seconds)
    with scheduler(tmp_path) as process, worker(tmp_path, process.address):
        progress = After(5, lambda: (lose_patience(), process.send_signal(signal.SIGSTOP)))
        with pytest.raises(SweepError, match="is lost"):
            run(toy, trials_of(toy, 50), store, DaskRunner(process.address), progress=progress)


OLDER = """
import importlib.metadata
version = importlib.metadata.version
importlib.metadata.version = lambda name: "0.1" if name == "{0}" else version(name)
import {0}  # Dask asks either for a version
{0}.__version__ = "0.1"
"""


@pytest.mark.parametrize(
    ("customization", "message"),
    [
        ("import sys; sys.modules['sweep'] = None", r"a Dask worker lacks a package \(.*sweep"),
        (OLDER.format("numpy"), r"versions differ: numpy is 0\.1 at the Dask worker tcp://"),
        pytest.param(
            OLDER.format("distributed"),
            r"versions differ: distributed is 0\.1 at the Dask worker",
            marks=pytest.mark.torture,
        ),
    ],
    ids=["without our package", "another NumPy", "another Dask"],
)
def test_workers_that_are_not_as_we_are_end_the_sweep(store, tmp_path, customization, message):
    (tmp_path / "sitecustomize.py").write_text(customization)
    with (
        scheduler(tmp_path) as process,
        worker(tmp_path, process.address, path=f"{tmp_path}{os.pathsep}{TESTS}"),
        pytest.raises(SweepError, match=message),
    ):
        run(Toy(), trials_of(Toy(), 2), store, DaskRunner(process.address))


def test_a_worker_whose_tool_gives_other_answers_is_refused(monkeypatch):
    job = dask_worker.pack_job(Toy(fixed={"seed": 0}), None)
    dask_worker.load.cache_clear()
    monkeypatch.setattr(Toy, "identity", lambda self: {"toy": 2, **self.fixed})
    with pytest.raises(SweepError, match="another version of this tool, whose toy would differ"):
        dask_worker.load(job)


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SweepError, match=r'pip install "sweep-lab\[dask\]"'):
        DaskRunner()


def test_an_address_may_be_a_name_a_number_or_tls():
    for address in ("tcp://10.0.0.1:8786", "tls://head.example.org:1", "tcp://[::1]:8786"):
        assert DaskRunner(address).scheduler == address
