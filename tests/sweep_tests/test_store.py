"""The store keeps what is finished, exactly, and believes nothing that is not as it was written."""

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from counts import count, tell
from sweep_tests.toy import outcome

from sweep.errors import SweepError
from sweep.grid import grid
from sweep.store import repair
from sweep.store.schema import SCHEMA_VERSION
from sweep.store.store import Store
from sweep.trial import TrialResult, TrialState

TRIALS = grid({"a": [1, 2, 3], "b": ["x", None]}, 2, {})


def test_outcomes_come_back_bit_by_bit(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        store.add((trial, outcome(trial)) for trial in TRIALS)
    with Store(tmp_path / "s.sqlite") as store:
        found = list(store.outcomes(TRIALS))
    assert [trial for trial, _ in found] == TRIALS
    for trial, got in found:
        wanted = outcome(trial)
        for name in ("state", "epochs", "value", "metrics", "engine", "reason"):
            assert getattr(got, name) == getattr(wanted, name)
        np.testing.assert_array_equal(got.history, wanted.history)
        np.testing.assert_array_equal(got.arrays["W"], wanted.arrays["W"])
        assert isinstance(got.epochs, int)


def test_numbers_that_are_not_finite_come_back_as_they_were(tmp_path):
    numbers = {"n": 2**53 + 1, "a": np.inf, "b": -np.inf, "c": np.nan, "d": -0.0, "e": 5e-324}
    odd = TrialResult(TrialState.DIVERGED, value=np.inf, metrics=numbers)
    with Store(tmp_path / "s.sqlite") as store:
        store.add([(TRIALS[0], odd)])
        ((_, got),) = store.outcomes(TRIALS)
    assert got.value == np.inf
    assert [(name, repr(n)) for name, n in got.metrics.items()] == [
        (name, repr(n)) for name, n in numbers.items()
    ]


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


def test_the_journal_is_rolled_back_and_the_disk_is_waited_for(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        assert store._database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert store._database.execute("PRAGMA synchronous").fetchone() == (1,)  # NORMAL


@pytest.mark.parametrize("content", [b"not a database at all, but text" * 50, b"\0" * 4096])
def test_a_file_that_is_no_store_is_set_aside_and_said_to_be(tmp_path, content):
    path = tmp_path / "trials.sqlite"
    path.write_bytes(content)
    with Store(path) as store:
        (notice,) = store.notices
        assert "set aside as trials.damaged-1.sqlite, the 0 intact trials" in notice
        assert list(store.outcomes(TRIALS)) == []
    assert (tmp_path / "trials.damaged-1.sqlite").read_bytes() == content


@pytest.mark.parametrize("version", [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])
def test_a_store_of_another_version_is_refused_and_left_alone(tmp_path, version):
    path = tmp_path / "trials.sqlite"
    Store(path).close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(SweepError, match="another version"):
            Store(path, read_only=read_only)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["trials.sqlite"]


STRANGE = {
    "view": "CREATE VIEW strange AS SELECT 1",
    "table": "CREATE TABLE strange (key TEXT)",
    "index": "CREATE INDEX strange ON trials (epochs)",
    "trigger": "CREATE TRIGGER strange AFTER INSERT ON trials BEGIN DELETE FROM trials; END",
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_store_that_holds_what_we_never_make_is_refused_and_left_alone(tmp_path, kind):
    path = tmp_path / "trials.sqlite"
    with Store(path) as store:
        store.add((trial, outcome(trial)) for trial in TRIALS)
    with closing(sqlite3.connect(path)) as database:
        database.execute(STRANGE[kind])
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(SweepError, match=f"holds a {kind} that this tool never makes"):
            Store(path, read_only=read_only)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["trials.sqlite"]


def test_another_program_s_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "trials.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE bookmarks (address TEXT)")
    before = path.read_bytes()
    with pytest.raises(SweepError, match="holds a table that this tool never makes, 'bookmarks'"):
        Store(path)
    assert path.read_bytes() == before


def test_a_query_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(repair, "QUERY_SECONDS", 0.1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n"
    with closing(repair.connect(tmp_path / "s.sqlite", mode="rwc")) as database:
        assert database.execute("PRAGMA trusted_schema").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            database.execute(endless).fetchall()


def assert_right(store, at_least=0):
    """Assert that what the store gives is what was put in, bit by bit; return how much it is."""
    found = list(store.outcomes(MANY))
    assert len(found) >= at_least
    for trial, got in found:
        wanted = outcome(trial)
        assert (got.epochs, got.value, got.metrics) == (3, wanted.value, wanted.metrics)
        np.testing.assert_array_equal(got.history, wanted.history)
        np.testing.assert_array_equal(got.arrays["W"], wanted.arrays["W"])
    return len(found)


MANY = TRIALS + grid({"a": list(range(4, 40)), "b": ["x", None]}, 2, {})

KILLED = """
import os, sys
from pathlib import Path
from sweep_tests.test_store import MANY
from sweep_tests.toy import outcome
from sweep.store.store import Store
store = Store(Path(sys.argv[1]))
store.add((trial, outcome(trial)) for trial in MANY[:-20])
store._database.execute("PRAGMA cache_size = 1")  # so that it is in the file before its end
store._database.execute("BEGIN")
store._database.execute("UPDATE trials SET epochs = 7, arrays = zeroblob(5000)")
os.kill(os.getpid(), 9)
"""


def test_a_write_that_was_killed_in_the_middle_is_undone(tmp_path):
    path = tmp_path / "trials.sqlite"
    subprocess.run(
        [sys.executable, "-c", KILLED, path],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        check=False,
    )
    assert (tmp_path / "trials.sqlite-journal").stat().st_size > 0
    with pytest.raises(SweepError, match="can't be used"):  # reading would have to write
        Store(path, read_only=True)
    with Store(path) as store:
        assert store.notices == []
        assert assert_right(store) == len(MANY) - 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the content of a store with all of MANY."""
    path = tmp_path_factory.mktemp("whole") / "trials.sqlite"
    with Store(path) as store:
        for trial in MANY:
            store.add([(trial, outcome(trial))])
    return path.read_bytes()


def corrupt(content, rng):
    """Truncate, overwrite or flip: what disks and people do to files."""
    content = bytearray(content)
    place = rng.randrange(len(content))
    kind = rng.choice(["truncate", "overwrite", "flip", "zero"])
    if kind == "truncate":
        del content[place:]
    elif kind == "flip":
        content[place] ^= 1 << rng.randrange(8)
    else:
        length = min(rng.choice([8, 100, 4096, 20000]), len(content) - place)
        content[place : place + length] = bytes(length) if kind == "zero" else rng.randbytes(length)
    return bytes(content)


def test_random_corruptions_are_never_believed_and_what_is_whole_is_kept(whole, tmp_path):
    rng, kept, noticed = random.Random(0), [], 0  # noqa: S311 - no secrets
    rounds = count("CORRUPTIONS", 10)
    for number in range(rounds):
        content = corrupt(whole, rng)
        path = tmp_path / f"{number}" / "trials.sqlite"
        path.parent.mkdir()
        path.write_bytes(content)
        with Store(path) as store:
            kept.append(assert_right(store))
            store.add((trial, outcome(trial)) for trial in MANY)
            assert assert_right(store) == len(MANY)
            if store.notices:
                noticed += 1
                assert path.with_name("trials.damaged-1.sqlite").read_bytes() == content
            else:  # it hit what means nothing
                assert kept[-1] == len(MANY)
        with Store(path) as store:
            assert store.notices == []
        assert not list(path.parent.glob("*.part"))
    tell(f"{rounds} corruptions, {noticed} recognised, {sum(kept) / rounds:.0f} kept of each 156")
    assert noticed > 0.6 * rounds
    assert sum(kept) > 0.4 * rounds * len(MANY)


def test_a_number_changed_by_hand_is_found_and_only_that_trial_is_lost(tmp_path):
    path = tmp_path / "trials.sqlite"
    with Store(path) as store:
        store.add((trial, outcome(trial)) for trial in TRIALS)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE trials SET epochs = 2 WHERE key = ?", (TRIALS[5].key,))
    database.close()
    before = path.read_bytes()
    with pytest.raises(SweepError, match="1 of its trials are not as they were written"):
        Store(path, read_only=True)
    assert path.read_bytes() == before
    with Store(path) as store:
        assert [t for t, _ in store.outcomes(TRIALS)] == [t for t in TRIALS if t != TRIALS[5]]


def test_reading_changes_no_file_and_makes_none(tmp_path):
    path = tmp_path / "trials.sqlite"
    with pytest.raises(SweepError, match="can't be used"):
        Store(path, read_only=True)
    assert not list(tmp_path.iterdir())
    with Store(path) as store:
        store.add((trial, outcome(trial)) for trial in TRIALS)
    before = path.read_bytes()
    with Store(path, read_only=True) as store:
        assert len(list(store.outcomes(TRIALS))) == len(TRIALS)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["trials.sqlite"]
