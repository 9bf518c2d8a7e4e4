"""The store keeps what is finished, exactly, and refuses what is no store."""

import sqlite3

import numpy as np
import pytest
from sweep_tests.toy import outcome

from sweep.errors import SweepError
from sweep.space import grid
from sweep.store import SCHEMA_VERSION, Store
from sweep.trial import Outcome, TrialState

TRIALS = grid({"a": [1, 2, 3], "b": ["x", None]}, 2, {})


def test_outcomes_come_back_bit_by_bit(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        store.add((trial, outcome(trial)) for trial in TRIALS)
    with Store(tmp_path / "s.sqlite") as store:
        found = list(store.outcomes(TRIALS))
    assert [trial for trial, _ in found] == TRIALS
    for trial, got in found:
        wanted = outcome(trial)
        for name in ("state", "epochs", "updates", "train_loss", "test_r2", "engine", "reason"):
            assert getattr(got, name) == getattr(wanted, name)
        assert np.isnan(got.validation_r2)
        np.testing.assert_array_equal(got.history, wanted.history)
        np.testing.assert_array_equal(got.path, wanted.path)
        np.testing.assert_array_equal(got.parameters["W"], wanted.parameters["W"])
        assert isinstance(got.epochs, int)


def test_numbers_that_are_not_finite_come_back_as_they_were(tmp_path):
    odd = Outcome(TrialState.DIVERGED, train_loss=np.inf, validation_loss=-np.inf, test_r2=np.nan)
    with Store(tmp_path / "s.sqlite") as store:
        store.add([(TRIALS[0], odd)])
        ((_, got),) = store.outcomes(TRIALS)
    assert (got.train_loss, got.validation_loss) == (np.inf, -np.inf)
    assert np.isnan(got.test_r2)


def test_only_the_asked_for_trials_are_given_in_their_order(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        store.add((trial, outcome(trial)) for trial in TRIALS[:4])
        asked = [TRIALS[3], TRIALS[7], TRIALS[1]]
        assert [trial for trial, _ in store.outcomes(asked)] == [TRIALS[3], TRIALS[1]]


def test_outcomes_can_be_had_without_their_arrays(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        store.add([(TRIALS[0], outcome(TRIALS[0]))])
        ((_, got),) = store.outcomes(TRIALS, arrays=False)
    assert got.epochs == 3
    assert got.history.size == 0


def test_a_transaction_is_kept_whole_or_not_at_all(tmp_path):
    class NoNumber:
        pass

    with Store(tmp_path / "s.sqlite") as store:
        bad = outcome(TRIALS[1], engine=NoNumber())
        with pytest.raises(SweepError, match="can't be written"):
            store.add([(TRIALS[0], outcome(TRIALS[0])), (TRIALS[1], bad)])
        assert list(store.outcomes(TRIALS)) == []
        store.add([(TRIALS[0], outcome(TRIALS[0]))])
        assert len(list(store.outcomes(TRIALS))) == 1


def test_every_row_is_synchronised_to_the_disk(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        assert store._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


@pytest.mark.parametrize("content", [b"not a database at all, but text" * 50, b"\0" * 4096])
def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "s.sqlite"
    path.write_bytes(content)
    with pytest.raises(SweepError, match=r"no store of this tool, or is damaged"):
        Store(path)
    assert path.read_bytes() == content


def test_a_store_of_a_later_version_is_refused(tmp_path):
    Store(tmp_path / "s.sqlite").close()
    database = sqlite3.connect(tmp_path / "s.sqlite")
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    with pytest.raises(SweepError, match="later version"):
        Store(tmp_path / "s.sqlite")
