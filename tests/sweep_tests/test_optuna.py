"""A sweep as an Optuna study: each cell once, whoever works on it and whoever dies."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path

import optuna
import pytest
from counts import count
from sweep_tests.toy import Toy, outcome

from sweep.errors import Interrupted, SweepError
from sweep.grid import grid
from sweep.optuna import enqueueing
from sweep.optuna.queue import chunks, waiting_trial
from sweep.optuna.runner import Collector, OptunaRunner
from sweep.optuna.storage import Journal, close, place_of
from sweep.optuna.study import SharedStudy
from sweep.optuna.worker import work
from sweep.run import run
from sweep.store.store import Store
from sweep.trial import TrialState

TESTS = Path(__file__).parents[1]


@pytest.fixture(params=["journal", "sqlite", "postgresql"])
def storage(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    path = tmp_path / "study"
    return str(path) if request.param == "journal" else f"sqlite:///{path}"


@pytest.fixture(params=["journal", "postgresql"])
def shared(request, tmp_path):
    """Return a storage for several processes."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return str(tmp_path / "study")


@pytest.fixture
def name(request):
    return f"{request.node.name}-{time.time()}"


def trials_of(toy, n=6, repeats=2):
    return grid({"a": list(range(n)), "b": [None, "x"]}, repeats, toy.identity())


def train(storage, name, toy, trials, path, jobs=1, **options):
    runner = OptunaRunner(place_of(storage), name, jobs, heartbeat=1, **options)
    with Store(path) as store:
        run(toy, trials, store, runner)
        return dict_of(store, trials)


def dict_of(store, trials):
    return {trial.key: o for trial, o in store.outcomes(trials)}


def enqueue(storage, name, toy, trials):
    """Make a study and enqueue all trials, as somebody does who doesn't work himself."""
    about = {"identity": toy.identity(), "description": toy.describe()}
    with closing(SharedStudy(place_of(storage), name, heartbeat=1, about=about)) as study:
        enqueueing.enqueue(study, trials, toy, 1, 60, lambda: False)


def collect(storage, name, toy, trials, path):
    with Store(path) as store:
        run(toy, trials, store, Collector(place_of(storage), name))
        return dict_of(store, trials)


@contextmanager
def opened(storage, name):
    """Look at a study with nothing but Optuna."""
    there = place_of(storage).open(heartbeat=1, connections=2)
    yield optuna.load_study(storage=there, study_name=name)
    close(there)


def states(storage, name):
    with opened(storage, name) as study:
        return Counter(trial.state.name for trial in study.trials)


def start_worker(storage, name, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "sweep_tests.toy_worker", storage, name, *arguments],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(*workers):
    for worker in workers:
        _, said = worker.communicate(timeout=100)
        assert worker.returncode == 0, said


def test_all_trials_are_kept_bit_by_bit(storage, name, tmp_path):
    toy = Toy()
    trials = trials_of(toy)
    found = train(storage, name, toy, trials, tmp_path / "s", jobs=2)
    assert list(found) == [t.key for t in trials]
    for trial in trials:
        wanted, got = outcome(trial), found[trial.key]
        assert (got.test_r2, got.epochs, got.state) == (wanted.test_r2, 3, TrialState.CONVERGED)
        assert got.history.tobytes() == wanted.history.tobytes()
        assert got.parameters["W"].tobytes() == wanted.parameters["W"].tobytes()
    assert states(storage, name) == {"COMPLETE": len(trials)}
    assert len(collect(storage, name, toy, trials, tmp_path / "c")) == len(trials)


def test_processes_serve_an_objective_that_wants_them(name, tmp_path):
    toy = Toy(in_processes=True)
    trials = trials_of(toy)
    assert len(train(str(tmp_path / "j"), name, toy, trials, tmp_path / "s", jobs=2)) == 24


def test_optuna_knows_the_cells_by_sensible_names_and_values(storage, name, tmp_path):
    toy = Toy()
    trials = trials_of(toy, n=2, repeats=1)
    train(storage, name, toy, trials, tmp_path / "s")
    with opened(storage, name) as study:
        assert study.metric_names == ["validation loss"]
        by_key = {t.user_attrs["key"]: t for t in study.trials}
    for trial in trials:
        wanted, got = outcome(trial), by_key[trial.key]
        assert got.params == {"a": trial.params["a"], "b": trial.params["b"] or "full", "repeat": 0}
        assert got.value == wanted.validation_loss
        assert got.intermediate_values == {}
        assert got.user_attrs == {
            "key": trial.key,
            "state": "converged",
            "epochs": 3,
            "test_r2": wanted.test_r2,
        }
        assert len(got.system_attrs) == 1  # the history and parameters, in one


def test_enqueueing_at_once_writes_what_optuna_itself_writes(storage, name):
    """Compare with `Study.add_trial`, which is too slow for a large grid."""
    toy = Toy()
    trials = trials_of(toy)
    enqueue(storage, name, toy, trials)
    by_key = {trial.key: trial for trial in trials}
    with opened(storage, name) as study:
        theirs = optuna.create_study(storage=study._storage, study_name=f"{name} by Optuna")
        axes = study.trials[0].distributions
        theirs.add_trials(waiting_trial(by_key[t.user_attrs["key"]], axes) for t in study.trials)
        pairs = list(zip(study.trials, theirs.trials, strict=True))
    assert len(pairs) == len(trials)
    for one, other in pairs:
        for what in ("number", "state", "params", "distributions", "user_attrs", "system_attrs"):
            assert getattr(one, what) == getattr(other, what)
        assert (one.datetime_start, one.values) == (other.datetime_start, other.values)


def test_what_is_in_the_study_or_the_store_is_not_trained_again(storage, name, tmp_path):
    toy = Toy(log=tmp_path / "log")
    trials = trials_of(toy)
    train(storage, name, toy, trials[:5], tmp_path / "s")
    train(storage, name, toy, trials, tmp_path / "s", jobs=2)
    train(storage, name, toy, trials, tmp_path / "other")
    trained = (tmp_path / "log").read_text().split()
    assert sorted(trained) == sorted(trial.key for trial in trials)


def test_a_trial_that_raises_is_reported_and_tried_again_by_the_next_run(storage, name, tmp_path):
    trials = trials_of(Toy())
    found = train(storage, name, Toy(broken=(3,)), trials, tmp_path / "s")
    failed = {t.key for t in trials if t.params["a"] == 3}
    assert {k for k, o in found.items() if o.state is TrialState.FAILED} == failed
    assert {found[k].reason.split(" (")[0] for k in failed} == {"ArithmeticError: no a = 3"}
    found = train(storage, name, Toy(), trials, tmp_path / "s")
    assert {o.state for o in found.values()} == {TrialState.CONVERGED}


def test_a_loss_that_is_not_finite_is_the_worst_of_all(storage, name, tmp_path, monkeypatch):
    class Diverging(Toy):
        def __call__(self, pack, watch):
            for trial in pack:
                changes = {"validation_loss": float("nan"), "test_r2": float("nan")}
                yield trial, outcome(trial, state=TrialState.DIVERGED, **changes)

    toy = Diverging()
    trials = trials_of(toy, n=1, repeats=1)
    found = train(storage, name, toy, trials, tmp_path / "s")
    assert [str(o.state) for o in found.values()] == ["diverged"] * 2
    assert states(storage, name) == {"COMPLETE": 2}


def test_two_that_start_at_the_same_moment_enqueue_each_cell_once(shared, name, tmp_path):
    toy = Toy(log=tmp_path / "log", seconds=0.01)
    trials = trials_of(toy, n=30)
    code = (
        "import sys; from pathlib import Path; from sweep_tests.toy import Toy;"
        "from sweep_tests.test_optuna import train, trials_of;"
        "toy = Toy(log=Path(sys.argv[3]), seconds=0.01);"
        "found = train(*sys.argv[1:3], toy, trials_of(toy, n=30), Path(sys.argv[4]));"
        "assert len(found) == 120, len(found)"
    )
    arguments = [shared, name, str(tmp_path / "log")]
    env = {**os.environ, "PYTHONPATH": str(TESTS)}
    starters = [
        subprocess.Popen([sys.executable, "-c", code, *arguments, str(tmp_path / f"{i}")], env=env)
        for i in range(3)
    ]
    assert [starter.wait(100) for starter in starters] == [0, 0, 0]
    trained = (tmp_path / "log").read_text().split()
    assert sorted(trained) == sorted(trial.key for trial in trials)
    assert states(shared, name) == {"COMPLETE": 120}
    with opened(shared, name) as study:
        study_names = optuna.get_all_study_names(study._storage)
    assert not [n for n in study_names if n.startswith(name) and n != name]


def test_who_died_while_enqueueing_is_succeeded_after_a_while(shared, name, tmp_path, monkeypatch):
    toy = Toy(log=tmp_path / "log")
    trials = trials_of(toy, n=6)
    monkeypatch.setattr("sweep.optuna.queue._AT_ONCE", 4)

    def die(packs):
        yield from list(chunks(packs))[:2]
        raise KeyboardInterrupt

    monkeypatch.setattr("sweep.optuna.queue.chunks", die)
    with pytest.raises(KeyboardInterrupt):
        enqueue(shared, name, toy, trials)
    monkeypatch.setattr("sweep.optuna.queue.chunks", chunks)
    monkeypatch.setattr("sweep.optuna.runner.PATIENCE", 1.0)
    assert len(train(shared, name, toy, trials, tmp_path / "s")) == 24
    assert sorted((tmp_path / "log").read_text().split()) == sorted(t.key for t in trials)


def test_workers_before_and_after_share_the_trials(shared, name, tmp_path):
    toy = Toy(seconds=0.3, log=tmp_path / "log")
    trials = trials_of(toy, n=8)
    early = start_worker(shared, name)
    assert "Waiting for it" in early.stderr.readline()
    enqueue(shared, name, toy, trials)
    late = start_worker(shared, name, "2")
    finish(early, late)
    trained = (tmp_path / "log").read_text().split()
    assert sorted(trained) == sorted(trial.key for trial in trials)
    assert states(shared, name) == {"COMPLETE": 32}


def test_what_a_killed_worker_ran_is_trained_by_another(shared, name, tmp_path):
    toy = Toy(seconds=0.5)
    trials = trials_of(toy, n=3)
    enqueue(shared, name, toy, trials)
    victim, other = start_worker(shared, name), start_worker(shared, name)
    assert "working" in victim.stderr.readline()
    assert "done here" in victim.stderr.readline()
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    finish(other)
    assert len(collect(shared, name, toy, trials, tmp_path / "c")) == 12
    assert states(shared, name)["RUNNING"] == 0


def test_ctrl_c_gives_the_trials_of_a_worker_back_at_once(shared, name, tmp_path):
    toy = Toy(seconds=0.5, log=tmp_path / "log")
    trials = trials_of(toy, n=2)
    enqueue(shared, name, toy, trials)
    worker = start_worker(shared, name)
    assert "working" in worker.stderr.readline()
    assert "done here" in worker.stderr.readline()
    os.killpg(worker.pid, signal.SIGINT)
    _, said = worker.communicate(timeout=10)
    assert worker.returncode == 130, said
    after = states(shared, name)
    assert set(after) == {"COMPLETE", "WAITING"}
    finish(start_worker(shared, name))
    assert states(shared, name) == {"COMPLETE": 8}
    trained = (tmp_path / "log").read_text().split()
    assert sorted(trained) == sorted(trial.key for trial in trials)


def test_ctrl_c_ends_the_runner_and_the_next_run_goes_on(storage, name, tmp_path):
    toy = Toy(seconds=0.3)
    trials = trials_of(toy)
    threading.Timer(2.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(Interrupted):
        train(storage, name, toy, trials, tmp_path / "s", jobs=2)
    assert states(storage, name)["RUNNING"] == 0
    assert len(train(storage, name, Toy(), trials, tmp_path / "s", jobs=2)) == 24


@pytest.mark.slow
def test_eight_workers_and_a_kill_in_each_round_leave_each_cell_once(postgres_url, tmp_path):
    toy = Toy(seconds=0.02)
    trials = trials_of(toy, n=count("OPTUNA_POINTS", 40))
    for number in range(count("OPTUNA_KILLS", 1)):
        name = f"round {number} {time.time()}"
        enqueue(postgres_url, name, toy, trials)
        workers = [start_worker(postgres_url, name) for _ in range(8)]
        victim = random.choice(workers)  # noqa: S311
        for line in victim.stderr:
            if line.startswith("working"):
                break
        time.sleep(random.uniform(0, 3))  # noqa: S311
        os.killpg(victim.pid, signal.SIGKILL)
        victim.communicate()
        finish(*(worker for worker in workers if worker is not victim))
        found = collect(postgres_url, name, toy, trials, tmp_path / f"{number}")
        assert len(found) == len(trials)
        after = states(postgres_url, name)
        assert after["COMPLETE"] == len(trials)
        assert set(after) <= {"COMPLETE", "FAIL"}


def test_a_torn_last_line_and_a_stale_lock_of_a_journal_cost_nothing(name, tmp_path):
    journal, toy = tmp_path / "j", Toy()
    trials = trials_of(toy)
    train(str(journal), name, toy, trials[:6], tmp_path / "s")
    with journal.open("ab") as file:
        file.write(b'{"op_code":6,"worker_id":"a')
    Path(f"{journal}.lock").symlink_to(journal)  # as Optuna's own lock leaves it after a kill
    begun = time.monotonic()
    assert len(train(str(journal), name, toy, trials, tmp_path / "s", exclusive=True)) == 24
    assert time.monotonic() - begun < 10
    assert len(train(str(journal), name, toy, trials, tmp_path / "other")) == 24


def test_a_journal_that_is_gone_is_made_again_for_what_the_store_lacks(name, tmp_path):
    journal, toy = tmp_path / "j", Toy(log=tmp_path / "log")
    trials = trials_of(toy)
    train(str(journal), name, toy, trials[:6], tmp_path / "s")
    journal.unlink()
    train(str(journal), name, toy, trials, tmp_path / "s")
    assert len((tmp_path / "log").read_text().split()) == len(trials)


def test_a_damaged_journal_is_told_in_a_sentence(name, tmp_path):
    journal = tmp_path / "j"
    journal.write_text('{"op\n{"op_code":0}\n')
    with pytest.raises(SweepError, match=r"journal .* is damaged .* move it away"):
        train(str(journal), name, Toy(), trials_of(Toy()), tmp_path / "s")


def test_a_study_about_something_else_is_refused(storage, name, tmp_path):
    enqueue(storage, name, Toy(), trials_of(Toy()))
    other = Toy(fixed={"seed": 1})
    with pytest.raises(SweepError, match="about other data, settings or a seed"):
        train(storage, name, other, trials_of(other), tmp_path / "s")


def test_workers_on_sqlite_are_refused_with_the_reason(tmp_path):
    place = place_of(f"sqlite:///{tmp_path}/s.db")
    with pytest.raises(SweepError, match="SQLite, from which two processes pop the same trial"):
        work(place, "name", Toy.from_description, say=print)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_waits_for_a_study_and_then_says_what_there_is(tmp_path):
    enqueue(str(tmp_path / "j"), "this", Toy(), trials_of(Toy()))
    with pytest.raises(SweepError, match=r"no study that in .*; there are this\."):
        work(place_of(str(tmp_path / "j")), "that", Toy.from_description, patience=0.1, say=print)


def test_a_worker_that_understands_trials_otherwise_refuses_them(name, tmp_path):
    class Other(Toy):
        def identity(self):
            return {"toy": 2}

    storage = str(tmp_path / "j")
    enqueue(storage, name, Toy(), trials_of(Toy()))
    with pytest.raises(SweepError, match="enqueued by another version of this tool"):
        work(place_of(storage), name, Other.from_description, say=print)
    assert set(states(storage, name)) == {"WAITING"}


def test_collecting_what_is_not_finished_keeps_what_there_is(name, tmp_path):
    storage, toy = str(tmp_path / "j"), Toy()
    trials = trials_of(toy)
    train(storage, name, toy, trials[:7], tmp_path / "s")
    with Store(tmp_path / "c") as store:
        with pytest.raises(SweepError, match="7 of 24 trials .* are finished, and kept"):
            run(toy, trials, store, Collector(Journal(tmp_path / "j"), name))
        assert len(dict_of(store, trials)) == 7


def test_a_cell_that_was_enqueued_twice_after_all_is_trained_once(storage, name, tmp_path):
    toy = Toy(log=tmp_path / "log")
    trials = trials_of(toy, n=1, repeats=1)
    enqueue(storage, name, toy, trials)
    with opened(storage, name) as study:
        study.add_trial(waiting_trial(trials[0], study.trials[0].distributions))
    assert len(train(storage, name, toy, trials, tmp_path / "s")) == 2
    assert len((tmp_path / "log").read_text().split()) == 2


def test_another_programs_database_is_refused_and_left_as_it_is(name, tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE invoices (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(SweepError, match="another program's tables, such as invoices"):
        train(f"sqlite:///{path}", name, Toy(), trials_of(Toy()), tmp_path / "s")
    assert path.read_bytes() == before


def test_a_text_file_is_no_journal_and_is_left_as_it_is(name, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("a first line\nand one without an end")
    with pytest.raises(SweepError, match="is no journal of Optuna's"):
        train(str(path), name, Toy(), trials_of(Toy()), tmp_path / "s")
    assert path.read_text() == "a first line\nand one without an end"
