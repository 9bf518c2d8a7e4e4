"""What is shown while a sweep runs: lines, the board, and nothing."""

import io
import re

import pytest
from rich.console import Console
from sweep_tests.toy import Toy, outcome

from sweep.grid import grid
from sweep.progress.signals import Signals, Silent
from sweep.progress.terminal import Board, Lines
from sweep.run import run
from sweep.runners.local import LocalRunner
from sweep.store.store import Store
from sweep.trial import TrialState

AXES = {"learning_rate": [0.1, 0.5], "batch_size": [2, None]}


def painted(board):
    console = Console(file=io.StringIO(), width=100)
    console.print(board._paint())
    return console.file.getvalue()


def test_signals_reach_other_processes_and_leave_no_file(tmp_path):
    import pickle
    from pathlib import Path

    trials = grid(AXES, 1, {})
    with Signals(trials) as signals:
        other = pickle.loads(pickle.dumps(signals))  # noqa: S301 - our own bytes
        other.report(trials[2], 450)
        assert signals.epochs() == {trials[2].key: 450}
        assert not other.stopped
        signals.stop()
        assert other.stopped
        path = Path(signals._path)
        assert path.exists()
    assert not path.exists()


def test_lines_tell_each_trial_and_the_time_left(tmp_path):
    trials = grid({"a": [1, 2, 3], "b": [0]}, 1, Toy().identity())
    stream = io.StringIO()
    with Store(tmp_path / "s.sqlite") as store:
        run(Toy(seconds=0.05), trials, store, LocalRunner(), progress=Lines(10, stream))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("a 1, b 0, repeat 0: converged after 3 epochs; 1 of 3 trials done")
    assert re.search(r"at most \d+ s left", lines[0])
    assert lines[2].endswith("3 of 3 trials done")


def test_many_trials_get_about_twenty_lines(tmp_path):
    trials = grid({"a": list(range(100)), "b": [0]}, 2, Toy().identity())
    stream = io.StringIO()
    with Store(tmp_path / "s.sqlite") as store:
        run(Toy(), trials, store, LocalRunner(), progress=Lines(10, stream))
    assert len(stream.getvalue().splitlines()) == 20


def test_the_board_shows_each_cell_as_what_it_is():
    trials = grid({"learning_rate": [0.1, 0.3, 0.5, 0.7, 0.9], "batch_size": [2, None]}, 1, {})
    board = Board("batch_size", "learning_rate", 10_000)
    with Signals(trials) as signals:
        kept = {trials[0].key: outcome(trials[0], epochs=2450)}
        board.start(trials, kept, signals)
        board.stop()
        signals.report(trials[1], 700)
        board.finish(trials[2], outcome(trials[2], state=TrialState.EXHAUSTED, epochs=10_000))
        board.finish(trials[3], outcome(trials[3], state=TrialState.DIVERGED))
        board.finish(trials[4], outcome(trials[4], state=TrialState.FAILED))
        text = painted(board)
    row = next(line for line in text.splitlines() if re.match(r"\W*2\b", line))
    for word in ("✓ 2450", "700 …", ">10000", "diverged", "failed"):
        assert word in row
    assert "full" in text
    assert "4 of 10 trials done, 1 of them from an earlier run" in text
    assert "left" in text


def test_a_board_of_too_many_cells_is_a_line():
    trials = grid({"learning_rate": list(range(1, 50)), "batch_size": list(range(1, 50))}, 1, {})
    board = Board("batch_size", "learning_rate", 10_000)
    with Signals(trials) as signals:
        board.start(trials, {}, signals)
        board.stop()
        board.finish(trials[0], outcome(trials[0]))
        assert painted(board).startswith("1 of 2401 trials done")


def test_the_board_counts_the_repeats_of_a_cell():
    trials = grid(AXES, 3, {})
    board = Board("batch_size", "learning_rate", 10_000)
    with Signals(trials) as signals:
        board.start(trials, {}, signals)
        board.stop()
        board.finish(trials[0], outcome(trials[0]))
        assert "1/3" in painted(board)


@pytest.mark.parametrize("kind", [Silent, lambda: Lines(10, io.StringIO())])
def test_progress_writes_nothing_to_the_standard_output(tmp_path, capsys, kind):
    trials = grid({"a": [1], "b": [0]}, 1, Toy().identity())
    with Store(tmp_path / "s.sqlite") as store:
        run(Toy(), trials, store, LocalRunner(), progress=kind())
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "")
