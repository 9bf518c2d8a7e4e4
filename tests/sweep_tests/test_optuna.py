"""A sweep as an Optuna study: each cell once, whoever works on it and whoever dies."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path

import optuna
import pytest
from counts import count
from sqlalchemy import create_engine, inspect, make_url, text
from sweep_tests.toy import Toy, outcome

from sweep.errors import Interrupted, SweepError
from sweep.grid import grid
from sweep.optuna.cells import trial_of, waiting_trial, write_result
from sweep.optuna.runner import OptunaRunner
from sweep.optuna.storage import StudyStorage, close
from sweep.optuna.study import SharedStudy
from sweep.optuna.worker import work
from sweep.progress.signals import Signals
from sweep.run import run
from sweep.store.store import Store
from sweep.trial import TrialState

TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def poll_often(monkeypatch):
    monkeypatch.setattr("sweep.optuna.study.POLL", 0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request):
    return request.getfixturevalue({"sqlite": "file", "postgresql": "postgres_url"}[request.param])


@pytest.fixture
def file(tmp_path):
    return f"sqlite:///{tmp_path}/study"


@pytest.fixture
def name(request):
    return f"{request.node.name}-{time.time()}"


def trials_of(toy, n=3, repeats=1):
    return grid({"a": list(range(n)), "b": [None, "x"]}, repeats, toy.identity())


def train(storage, name, toy, trials, path, jobs=1, **options):
    runner = OptunaRunner(StudyStorage.of_url(storage), name, jobs, heartbeat=1, **options)
    with Store(path) as store:
        run(toy, trials, store, runner)
        return dict_of(store, trials)


def dict_of(store, trials):
    return {trial.key: o for trial, o in store.outcomes(trials)}


def enqueue(storage, name, toy, trials):
    """Make a study and enqueue all trials, as somebody does who doesn't work himself."""
    about = {"identity": toy.identity(), "description": toy.describe()}
    with (
        closing(SharedStudy(StudyStorage.of_url(storage), name, heartbeat=1, about=about)) as study,
        Signals(()) as signals,
    ):
        study.enqueue(trials, signals)


def collect(storage, name, toy, trials, path):
    with Store(path) as store:
        run(toy, trials, store, OptunaRunner(StudyStorage.of_url(storage), name, jobs=0))
        return dict_of(store, trials)


@contextmanager
def opened(storage, name):
    """Look at a study with nothing but Optuna."""
    there = StudyStorage.of_url(storage).open(heartbeat=1, connections=2)
    yield optuna.load_study(storage=there, study_name=name)
    close(there)


def states(storage, name):
    with opened(storage, name) as study:
        return Counter(trial.state.name for trial in study.trials)


@pytest.fixture
def start_worker(launch):
    """Return what starts a worker, which doesn't outlive the test."""

    def start(storage, name, *arguments):
        return launch(
            [sys.executable, "-m", "sweep_tests.toy_worker", storage, name, *arguments],
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )

    return start


def finish(*workers):
    for worker in workers:
        _, said = worker.communicate(timeout=600)  # for 400 cells on a busy machine
        assert worker.returncode == 0, said


def test_all_trials_are_kept_bit_by_bit(storage, name, tmp_path):
    toy = Toy()
    trials = trials_of(toy)
    found = train(storage, name, toy, trials, tmp_path / "s", jobs=2)
    assert list(found) == [t.key for t in trials]
    for trial in trials:
        wanted, got = outcome(trial), found[trial.key]
        assert (got.metrics["score"], got.epochs, got.state) == (
            wanted.metrics["score"],
            3,
            TrialState.CONVERGED,
        )
        assert got.history.tobytes() == wanted.history.tobytes()
        assert got.arrays["W"].tobytes() == wanted.arrays["W"].tobytes()
    assert states(storage, name) == {"COMPLETE": len(trials)}
    assert len(collect(storage, name, toy, trials, tmp_path / "c")) == len(trials)


def test_optuna_knows_the_cells_by_sensible_names_and_values(file, name, tmp_path):
    toy = Toy()
    trials = trials_of(toy, n=2, repeats=1)
    train(file, name, toy, trials, tmp_path / "s")
    with opened(file, name) as study:
        by_key = {t.user_attrs["key"]: t for t in study.trials}
    for trial in trials:
        wanted, got = outcome(trial), by_key[trial.key]
        assert got.params == {"a": trial.params["a"], "b": trial.params["b"] or "full", "repeat": 0}
        assert got.value == wanted.value
        assert got.intermediate_values == {}
        assert isinstance(got.user_attrs.pop("result"), str)  # history and parameters, in one
        assert got.user_attrs == {
            "key": trial.key,
            "cell": {"params": trial.params, "repeat": 0},
            "state": "converged",
            "epochs": 3,
            **wanted.metrics,
        }


def test_what_is_in_the_study_or_the_store_is_not_trained_again(storage, name, tmp_path):
    toy = Toy(log=tmp_path / "log")
    trials = trials_of(toy)
    train(storage, name, toy, trials[:3], tmp_path / "s")
    train(storage, name, toy, trials, tmp_path / "s", jobs=2)
    train(storage, name, toy, trials, tmp_path / "other")
    trained = (tmp_path / "log").read_text().split()
    assert sorted(trained) == sorted(trial.key for trial in trials)


def test_a_trial_that_raises_is_reported_and_tried_again_by_the_next_run(file, name, tmp_path):
    trials = trials_of(Toy())
    found = train(file, name, Toy(broken=(2,)), trials, tmp_path / "s")
    failed = {t.key for t in trials if t.params["a"] == 2}
    assert {k for k, o in found.items() if o.state is TrialState.FAILED} == failed
    assert {found[k].reason.split(" (")[0] for k in failed} == {"ArithmeticError: no a = 2"}
    found = train(file, name, Toy(), trials, tmp_path / "s")
    assert {o.state for o in found.values()} == {TrialState.CONVERGED}


def test_a_loss_that_is_not_finite_is_the_worst_of_all(file, name, tmp_path):
    class Diverging(Toy):
        def __call__(self, pack, watch):
            for trial in pack:
                changes = {"value": float("nan"), "metrics": {"n": 9, "score": float("nan")}}
                yield trial, outcome(trial, state=TrialState.DIVERGED, **changes)

    toy = Diverging()
    trials = trials_of(toy, n=1, repeats=1)
    found = train(file, name, toy, trials, tmp_path / "s")
    assert [str(o.state) for o in found.values()] == ["diverged"] * 2
    assert states(file, name) == {"COMPLETE": 2}


def test_workers_before_and_after_share_the_trials(postgres_url, name, start_worker, tmp_path):
    toy = Toy(seconds=0.2, log=tmp_path / "log")
    trials = trials_of(toy, repeats=2)
    early = start_worker(postgres_url, name)
    assert "Waiting for it" in early.stderr.readline()
    enqueue(postgres_url, name, toy, trials)
    late = start_worker(postgres_url, name, "2")
    finish(early, late)
    trained = (tmp_path / "log").read_text().split()
    assert sorted(trained) == sorted(trial.key for trial in trials)
    assert states(postgres_url, name)["COMPLETE"] == len(trials)


def test_what_a_killed_worker_ran_is_trained_by_another(postgres_url, name, start_worker, tmp_path):
    toy = Toy(seconds=0.3)
    trials = trials_of(toy, n=2, repeats=2)
    enqueue(postgres_url, name, toy, trials)
    victim = start_worker(postgres_url, name)
    assert "working" in victim.stderr.readline()
    assert "done here" in victim.stderr.readline()
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    assert len(train(postgres_url, name, toy, trials, tmp_path / "c")) == 8
    assert states(postgres_url, name)["RUNNING"] == 0


def test_ctrl_c_gives_the_trials_of_a_worker_back_at_once(
    postgres_url, name, start_worker, tmp_path
):
    toy = Toy(seconds=0.2, log=tmp_path / "log")
    trials = trials_of(toy, n=2, repeats=2)
    enqueue(postgres_url, name, toy, trials)
    worker = start_worker(postgres_url, name)
    assert "working" in worker.stderr.readline()
    assert "done here" in worker.stderr.readline()
    os.killpg(worker.pid, signal.SIGINT)
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == 130, said
    after = states(postgres_url, name)
    assert set(after) <= {"COMPLETE", "WAITING", "FAIL"}
    train(postgres_url, name, toy, trials, tmp_path / "s")
    assert states(postgres_url, name)["COMPLETE"] == 8
    trained = (tmp_path / "log").read_text().split()
    assert sorted(trained) == sorted(trial.key for trial in trials)


def test_ctrl_c_ends_the_runner_and_the_next_run_goes_on(storage, name, tmp_path):
    class Interrupting(Toy):
        def __call__(self, pack, watch):
            begun.extend(pack)
            if len(begun) == 3:
                os.kill(os.getpid(), signal.SIGINT)
            return super().__call__(pack, watch)

    begun, toy = [], Interrupting(seconds=0.1)
    trials = trials_of(toy)
    with pytest.raises(Interrupted):
        train(storage, name, toy, trials, tmp_path / "s", jobs=2)
    assert states(storage, name)["RUNNING"] == 0
    assert len(train(storage, name, Toy(), trials, tmp_path / "s", jobs=2)) == len(trials)


@pytest.mark.torture
def test_many_workers_and_a_kill_in_each_round_leave_each_cell_once(
    postgres_url, start_worker, tmp_path
):
    toy = Toy(seconds=0.02)
    trials = trials_of(toy, n=count("OPTUNA_POINTS", 100), repeats=2)
    for number in range(count("OPTUNA_KILLS", 10)):
        name = f"round {number} {time.time()}"
        enqueue(postgres_url, name, toy, trials)
        workers = [start_worker(postgres_url, name) for _ in range(count("OPTUNA_WORKERS", 8))]
        victim = random.choice(workers)  # noqa: S311
        for line in victim.stderr:
            if line.startswith("working"):
                break
        time.sleep(random.uniform(0, len(trials) / 50))  # noqa: S311
        os.killpg(victim.pid, signal.SIGKILL)
        victim.communicate()
        finish(*(worker for worker in workers if worker is not victim))
        found = collect(postgres_url, name, toy, trials, tmp_path / f"{number}")
        assert len(found) == len(trials)
        after = states(postgres_url, name)
        assert after["COMPLETE"] >= len(trials)
        assert set(after) <= {"COMPLETE", "FAIL", "PRUNED"}


def test_a_result_of_which_optuna_was_never_told_is_got_again(file, name, tmp_path):
    """As after a kill between the result and its telling: else the cell would have no value."""
    toy = Toy()
    trials = trials_of(toy)
    enqueue(file, name, toy, trials)
    with opened(file, name) as study:
        theirs = study.ask()
        write_result(theirs, outcome(trial_of(theirs)))
        study.tell(theirs, state=optuna.trial.TrialState.FAIL)
    assert len(train(file, name, toy, trials, tmp_path / "s")) == len(trials)
    assert states(file, name) == {"COMPLETE": len(trials), "FAIL": 1}


def test_a_study_about_something_else_is_refused(file, name, tmp_path):
    enqueue(file, name, Toy(), trials_of(Toy()))
    other = Toy(fixed={"seed": 1})
    with pytest.raises(SweepError, match="about other data, settings or a seed"):
        train(file, name, other, trials_of(other), tmp_path / "s")


def test_workers_on_sqlite_are_refused_with_the_reason(tmp_path):
    place = StudyStorage.of_url(f"sqlite:///{tmp_path}/s.db")
    with pytest.raises(SweepError, match="SQLite, from which two processes take the same trial"):
        work(place, "name", Toy.from_description, say=print)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_waits_for_a_study_and_then_says_what_there_is(postgres_url):
    enqueue(postgres_url, "this", Toy(), trials_of(Toy()))
    with pytest.raises(SweepError, match=r"no study that in .*; there are .*this"):
        work(
            StudyStorage.of_url(postgres_url), "that", Toy.from_description, patience=0.1, say=print
        )


def test_a_worker_that_understands_trials_otherwise_refuses_them(postgres_url, name):
    class Other(Toy):
        def identity(self):
            return {"toy": 2}

    storage = postgres_url
    enqueue(storage, name, Toy(), trials_of(Toy()))
    with pytest.raises(SweepError, match="enqueued by another version of this tool"):
        work(StudyStorage.of_url(storage), name, Other.from_description, say=print)
    assert set(states(storage, name)) == {"WAITING"}


def test_collecting_what_is_not_finished_keeps_what_there_is(file, name, tmp_path):
    toy = Toy()
    trials = trials_of(toy)
    train(file, name, toy, trials[:4], tmp_path / "s")
    with Store(tmp_path / "c") as store:
        with pytest.raises(SweepError, match="4 of 6 trials .* are finished, and kept"):
            run(toy, trials, store, OptunaRunner(StudyStorage.of_url(file), name, jobs=0))
        assert len(dict_of(store, trials)) == 4


def test_a_cell_that_was_enqueued_twice_after_all_is_trained_once(file, name, tmp_path):
    toy = Toy(log=tmp_path / "log")
    trials = trials_of(toy, n=1, repeats=1)
    enqueue(file, name, toy, trials)
    with opened(file, name) as study:
        study.add_trial(waiting_trial(trials[0], study.trials[0].distributions))
    assert len(train(file, name, toy, trials, tmp_path / "s")) == 2
    assert len((tmp_path / "log").read_text().split()) == 2


def test_another_programs_database_is_refused_and_left_as_it_is(name, tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE invoices (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(SweepError, match="another program's tables, such as invoices"):
        train(f"sqlite:///{path}", name, Toy(), trials_of(Toy()), tmp_path / "s")
    assert path.read_bytes() == before


def test_another_version_of_optuna_and_a_text_file_are_refused_and_left_as_they_are(tmp_path):
    path = tmp_path / "study"
    train(f"sqlite:///{path}", "name", Toy(), trials_of(Toy(), 1, 1), tmp_path / "s")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'v9.9.9'")
    before = path.read_bytes()
    with pytest.raises(SweepError, match="another version of Optuna .schema v9"):
        train(f"sqlite:///{path}", "name", Toy(), trials_of(Toy()), tmp_path / "s")
    assert path.read_bytes() == before
    notes = tmp_path / "notes.txt"
    notes.write_text("a first line\nand one without an end" * 100)
    with pytest.raises(SweepError, match="file is not a database"):
        train(f"sqlite:///{notes}", "name", Toy(), trials_of(Toy()), tmp_path / "s")
    assert notes.read_text() == "a first line\nand one without an end" * 100


def test_another_programs_postgresql_is_refused_and_left_as_it_is(postgres_url, name, tmp_path):
    engine = create_engine(postgres_url.replace("postgresql", "postgresql+psycopg"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE others"))
    url = make_url(postgres_url).set(database="others").render_as_string()
    other = create_engine(url.replace("postgresql", "postgresql+psycopg"))
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(SweepError, match="another program's tables, such as invoices"):
        train(url, name, Toy(), trials_of(Toy()), tmp_path / "s")
    assert inspect(other).get_table_names() == ["invoices"]
    for each in (engine, other):
        each.dispose()


def test_more_than_optuna_bears_is_refused_before_anything_is_written(name, tmp_path):
    trials = trials_of(Toy(), n=501, repeats=2)
    with pytest.raises(SweepError, match="2004 trials are too many .* run them with Dask"):
        train(f"sqlite:///{tmp_path}/study", name, Toy(), trials, tmp_path / "s")
    assert not (tmp_path / "study").exists()


def test_a_worker_killed_before_its_first_heartbeat_loses_nothing(postgres_url, name, tmp_path):
    toy = Toy()
    trials = trials_of(toy, n=1, repeats=1)
    enqueue(postgres_url, name, toy, trials)
    code = (
        "import sys, optuna; from sweep.optuna.storage import StudyStorage\n"
        "there = StudyStorage.of_url(sys.argv[1]).open(heartbeat=1, connections=2)\n"
        "optuna.load_study(storage=there, study_name=sys.argv[2]).ask()"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, postgres_url, name]
    assert subprocess.run(command, check=False).returncode == 0
    assert states(postgres_url, name) == {"RUNNING": 1, "WAITING": 1}
    assert len(train(postgres_url, name, toy, trials, tmp_path / "s")) == 2
    assert states(postgres_url, name) == {"COMPLETE": 2, "FAIL": 1}


@pytest.mark.parametrize("after", ["training", "writing"])
def test_a_worker_whose_trial_was_taken_from_it_goes_on(postgres_url, name, after, tmp_path):
    """On an overloaded machine heartbeats can come too late, and others give its trials up."""

    def take():
        with opened(postgres_url, name) as study:
            for theirs in study.trials:
                if theirs.state.name == "RUNNING":
                    study.tell(theirs.number, state=optuna.trial.TrialState.FAIL)
                    taken.append(theirs.number)

    class Taken(Toy):
        def __call__(self, pack, watch):
            if after == "training" and not taken:
                take()
            return super().__call__(pack, watch)

    def tell(*_):
        if after == "writing" and not taken:
            take()

    taken, toy = [], Taken()
    trials = trials_of(toy, n=2, repeats=1)
    enqueue(postgres_url, name, toy, trials)
    with (
        closing(SharedStudy(StudyStorage.of_url(postgres_url), name, heartbeat=1)) as study,
        Signals(()) as signals,
    ):
        study.work(toy, signals, tell)
    assert len(taken) == 1
    assert len(collect(postgres_url, name, toy, trials, tmp_path / "c")) == 4
