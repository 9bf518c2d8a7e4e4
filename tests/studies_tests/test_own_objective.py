"""An objective with axes and metrics of its own goes from `run` to the table."""

import numpy as np
import pandas as pd
import pytest
from sweep_tests.toy import Toy, outcome

from reports.frames import history_frame, trials_frame
from reports.tables.tables import cells, table
from sweep.grid import grid
from sweep.run import run
from sweep.runners.local import LocalRunner
from sweep.store.store import Store

TRIALS = grid({"a": [0, 1, 2], "b": [0, None]}, 2, Toy().identity())
COLUMNS = ["a", "b", "repeat", "state", "epochs", "n", "score", "seconds", "engine", "key"]


def results_of(toy, folder):
    with Store(folder / "s.sqlite") as store:
        run(toy, TRIALS, store, LocalRunner(2))
    with Store(folder / "s.sqlite", read_only=True) as store:
        return list(store.outcomes(TRIALS))


@pytest.mark.parametrize("broken", [(), (1,), (0, 1, 2)], ids=["all well", "some fail", "all fail"])
def test_frames_have_the_columns_of_the_objective_whatever_failed(tmp_path, broken):
    toy = Toy(broken=broken)
    frame = trials_frame(results_of(toy, tmp_path), toy.metrics)
    assert frame.columns.tolist() == COLUMNS
    good = ~frame.a.isin(broken)
    wanted = [outcome(trial).metrics for trial, well in zip(TRIALS, good, strict=True) if well]
    assert frame[good][["n", "score"]].to_dict("records") == wanted
    assert frame[~good].score.isna().all()
    if good.any():
        assert (frame.n.dtype, *frame[~good].n.unique()) in ((np.int64,), (np.int64, 0))


def test_histories_and_tables_name_what_the_objective_names(tmp_path):
    results = results_of(Toy(broken=(1,)), tmp_path)
    history = history_frame(results)
    assert history.columns.tolist() == ["a", "b", "repeat", "epoch", "error"]
    assert history.error.tolist() == [
        error for _, result in results if len(result.history) for error in result.history["error"]
    ]
    shown = table(cells(trials_frame(results, Toy.metrics), by=("a", "b")))
    wanted = [["3"] * 2, ["failed"] * 2, ["3"] * 2]
    axes = (pd.Index([0, 1, 2], name="a"), pd.Index([0, "full"], name="b"))
    pd.testing.assert_frame_equal(shown, pd.DataFrame(wanted, *axes), check_dtype=False)
