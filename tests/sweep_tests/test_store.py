"""The store keeps what is finished, exactly, and believes nothing that is not as it was written."""

import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from counts import count, tell
from sweep_tests.toy import outcome

from sweep.errors import SweepError
from sweep.grid import grid
from sweep.store.schema import CONTENT, SCHEMA_VERSION
from sweep.store.store import Store
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
def test_a_file_that_is_no_store_is_set_aside_and_said_to_be(tmp_path, content):
    path = tmp_path / "trials.sqlite"
    path.write_bytes(content)
    with Store(path) as store:
        (notice,) = store.notices
        assert "set aside as trials.damaged-1.sqlite, the 0 trainings" in notice
        assert list(store.outcomes(TRIALS)) == []
    assert (tmp_path / "trials.damaged-1.sqlite").read_bytes() == content


def test_a_store_of_a_later_version_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "trials.sqlite"
    Store(path).close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(SweepError, match="later version"):
            Store(path, read_only=read_only)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["trials.sqlite"]


def test_a_store_of_the_first_version_is_brought_up_to_date_after_a_copy(tmp_path):
    path = tmp_path / "trials.sqlite"
    with Store(path) as store:
        store.add((trial, outcome(trial)) for trial in TRIALS)
    database = sqlite3.connect(path)
    database.execute("ALTER TABLE trials RENAME TO new")
    database.execute(f"CREATE TABLE trials AS SELECT {', '.join(CONTENT)} FROM new")  # noqa: S608
    database.execute("DROP TABLE new")
    database.execute("PRAGMA user_version = 1")
    database.close()
    with Store(path, read_only=True) as store:  # is read as it is
        assert len(list(store.outcomes(TRIALS))) == len(TRIALS)
    with Store(path) as store:
        assert "trials.v1.sqlite is a copy" in store.notices[0]
        assert_right(store, len(TRIALS))
    with Store(path) as store:
        assert store.notices == []
    copy = sqlite3.connect(tmp_path / "trials.v1.sqlite")
    columns = [name for _, name, *_ in copy.execute("PRAGMA table_info(trials)")]
    assert columns == list(CONTENT)
    assert copy.execute("SELECT count(*) FROM trials").fetchone() == (len(TRIALS),)
    copy.close()


def assert_right(store, at_least=0):
    """Assert that what the store gives is what was put in, bit by bit; return how much it is."""
    found = list(store.outcomes(MANY))
    assert len(found) >= at_least
    for trial, got in found:
        wanted = outcome(trial)
        assert (got.epochs, got.train_loss, got.test_r2) == (
            *(wanted.epochs, wanted.train_loss, wanted.test_r2),
        )
        np.testing.assert_array_equal(got.path, wanted.path)
        np.testing.assert_array_equal(got.history, wanted.history)
        np.testing.assert_array_equal(got.parameters["W"], wanted.parameters["W"])
    return len(found)


MANY = TRIALS + grid({"a": list(range(4, 40)), "b": ["x", None]}, 2, {})

KILLED = """
import os, sys
from pathlib import Path
from sweep_tests.test_store import MANY
from counts import count, tell
from sweep_tests.toy import outcome
from sweep.store.store import Store
store = Store(Path(sys.argv[1]))
half = len(MANY) // 2
store.add((trial, outcome(trial)) for trial in MANY[:half])
store._database.execute("PRAGMA wal_checkpoint(FULL)")
for trial in MANY[half:]:
    store.add([(trial, outcome(trial))])
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Return the files of a store whose process was killed: half of it is in the log."""
    folder = tmp_path_factory.mktemp("killed")
    subprocess.run(
        [sys.executable, "-c", KILLED, folder / "trials.sqlite"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        check=False,
    )
    return {end: (folder / f"trials.sqlite{end}").read_bytes() for end in ("", "-wal")}


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


def test_random_corruptions_are_never_believed_and_what_is_whole_is_kept(killed, tmp_path):
    rng, kept, noticed = random.Random(0), [], 0  # noqa: S311 - no secrets
    rounds = count("CORRUPTIONS", 20)
    for number in range(rounds):
        end = ("", "-wal")[number % 2]
        files = {**killed, end: corrupt(killed[end], rng)}
        folder = tmp_path / str(number)
        folder.mkdir()
        for other, content in files.items():
            (folder / f"trials.sqlite{other}").write_bytes(content)
        with Store(folder / "trials.sqlite") as store:
            kept.append(assert_right(store))
            store.add((trial, outcome(trial)) for trial in MANY)
            assert assert_right(store) == len(MANY)
            if store.notices:
                noticed += 1
                aside = [folder / f"trials.damaged-1.sqlite{other}" for other in files]
                assert [file.read_bytes() for file in aside] == list(files.values())
            else:  # it hit what means nothing, or cut the log's end as a kill may
                assert end == "-wal" or kept[-1] == len(MANY)
        with Store(folder / "trials.sqlite") as store:
            assert store.notices == []
        assert not list(folder.glob("*.part"))
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
