"""The runner: everything is trained once, kept at once, and nothing depends on the workers."""

import os
import signal

import numpy as np
import pytest
from sweep_tests.toy import Toy, outcome

from sweep.errors import Interrupted
from sweep.grid import grid
from sweep.packs import make_packs
from sweep.progress.signals import Silent
from sweep.run import run
from sweep.runners.local import LocalRunner
from sweep.store.store import Store
from sweep.trial import TrialState


def trials_of(toy, n=6, repeats=1):
    return grid({"a": list(range(n)), "b": [0, 1]}, repeats, toy.identity())


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        yield store


def states(store, trials):
    return {trial.key: o.state for trial, o in store.outcomes(trials)}


@pytest.mark.parametrize(
    ("jobs", "in_processes"), [(1, False), (2, False), (5, False), (1, True), (3, True)]
)
def test_all_trials_are_kept_whoever_trains_them(store, in_processes, jobs):
    toy = Toy(in_processes)
    trials = trials_of(toy)
    run(toy, trials, store, LocalRunner(jobs))
    found = {t.key: o for t, o in store.outcomes(trials)}
    assert len(found) == len(trials)
    for trial in trials:
        assert found[trial.key].value == outcome(trial).value


def test_what_is_kept_is_not_trained_again(store, tmp_path):
    toy = Toy(log=tmp_path / "log")
    trials = trials_of(toy)
    run(toy, trials[:5], store, LocalRunner(2))
    run(toy, trials, store, LocalRunner(2))
    run(toy, trials, store, LocalRunner(2))
    trained = (tmp_path / "log").read_text().split()
    assert sorted(trained) == sorted(trial.key for trial in trials)


@pytest.mark.parametrize("in_processes", [False, True])
def test_a_trial_that_raises_fails_alone_and_is_tried_again_next_time(store, in_processes):
    toy = Toy(in_processes, broken=(3,))
    trials = trials_of(toy)
    run(toy, trials, store, LocalRunner(2))
    failed = {t.key for t in trials if t.params["a"] == 3}
    assert {k for k, s in states(store, trials).items() if s is TrialState.FAILED} == failed
    reasons = {o.reason for t, o in store.outcomes(trials) if t.key in failed}
    assert len(reasons) == 1
    assert reasons.pop().startswith("ArithmeticError: no a = 3 (toy.py, line ")
    run(Toy(in_processes), trials, store, LocalRunner(2))
    assert set(states(store, trials).values()) == {TrialState.CONVERGED}


class Hungry(Toy):
    """Asks for more memory than there is where `a` is 3, and notes each try."""

    def __call__(self, pack, watch):
        for trial in pack:
            if trial.params["a"] == 3:
                with self.log.open("a") as file:
                    file.write(f"{trial.key}\n")
                np.ones(1 << 58)
            yield trial, outcome(trial)


@pytest.mark.parametrize(("in_processes", "pack_size"), [(False, 1), (False, 4), (True, 4)])
def test_a_trial_that_runs_out_of_memory_is_tried_once_more_and_fails_alone(
    store, tmp_path, in_processes, pack_size
):
    toy = Hungry(in_processes, pack_size=pack_size, log=tmp_path / "log")
    trials = trials_of(toy)
    run(toy, trials, store, LocalRunner(2))
    hungry = {t.key for t in trials if t.params["a"] == 3}
    assert {k for k, s in states(store, trials).items() if s is TrialState.FAILED} == hungry
    assert len(states(store, trials)) == len(trials)
    reasons = [o.reason for t, o in store.outcomes(trials) if t.key in hungry]
    assert all("MemoryError: Unable to allocate" in reason for reason in reasons)
    tries = (tmp_path / "log").read_text().split()
    assert all(2 <= tries.count(key) <= 3 for key in hungry)


def test_packs_hold_trials_of_one_key_and_leave_no_worker_idle():
    toy = Toy(pack_size=4)
    trials = trials_of(toy, n=6, repeats=3)
    packs = make_packs(trials, toy, jobs=2)
    assert sorted(t.key for pack in packs for t in pack) == sorted(t.key for t in trials)
    assert all(len({t.params["b"] for t in pack}) == 1 for pack in packs)
    assert all(3 <= len(pack) <= 4 for pack in packs)
    few = [t for t in trials if t.params["b"] == 0][:4]
    assert [len(pack) for pack in make_packs(few, toy, jobs=2)] == [2, 2]


@pytest.mark.parametrize("in_processes", [False, True])
def test_ctrl_c_ends_a_sweep_and_keeps_what_is_finished(store, in_processes):
    class Interrupts(Silent):
        sent = False

        def finish(self, trial, outcome):
            if not self.sent:
                self.sent = True
                os.kill(os.getpid(), signal.SIGINT)

    toy = Toy(in_processes, pack_size=1, seconds=0.3)
    trials = trials_of(toy, n=50)
    with pytest.raises(Interrupted) as interruption:
        run(toy, trials, store, LocalRunner(2), progress=Interrupts())
    kept = states(store, trials)
    assert 0 < len(kept) < len(trials)
    assert (interruption.value.kept, interruption.value.total) == (len(kept), len(trials))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_progress_sees_every_trial_and_the_kept_ones(store):
    class Seen:
        def start(self, trials, kept, signals):
            self.trials, self.kept, self.finished = len(trials), len(kept), []

        def finish(self, trial, outcome):
            self.finished.append(trial.key)

        def stop(self):
            self.stopped = True

    toy, seen = Toy(), Seen()
    trials = trials_of(toy)
    run(toy, trials[:7], store, LocalRunner())
    run(toy, trials, store, LocalRunner(2), progress=seen)
    assert (seen.trials, seen.kept, seen.stopped) == (len(trials), 7, True)
    assert sorted(seen.finished) == sorted(t.key for t in trials[7:])
