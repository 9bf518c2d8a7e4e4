"""Smaller batches need fewer epochs and more updates."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from cases import each_of
from lectures_tests.whole import answered, said, survived

from studies.experiment.result import PlanResult
from studies.lectures.tuning import batch_size


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"batch_size": [2, 5, 10, 20, None], "target_loss": [0.005], "max_epochs": [2500]}
    return answered("batch-size", tmp_path_factory.mktemp("batch") / "run", settings, repeats=3)


def test_smaller_batches_need_fewer_epochs_and_more_updates(study) -> None:
    cells = study.results["sizes"].cells
    reached = cells[cells.n_converged == cells.n_trials].drop(index="full", errors="ignore")
    assert len(reached) >= 3
    assert reached.epochs.is_monotonic_increasing
    assert reached.updates.iloc[0] > reached.updates.iloc[-1]
    assert cells.n_converged["full"] == 0


def test_the_sentences_hold_the_numbers_of_the_run(study) -> None:
    cells = study.results["sizes"].cells
    fastest = cells.epochs.idxmin()
    assert f"with batch size {fastest}: {cells.epochs[fastest]:.0f};" in said(study)
    assert f"batch size full (loss {cells.loss['full']:.2g}" in said(study)


def test_the_full_batch_is_the_largest() -> None:
    rows = [("full", 900.0, 900.0), (20, 500.0, 1000.0), (1, 50.0, 5000.0), (5, 100.0, 2000.0)]
    cells = pd.DataFrame(rows, columns=["batch_size", "epochs", "updates"])
    cells["epochs_text"] = cells.epochs.map("{:.0f}".format)
    (text,) = batch_size.more_epochs_fewer_updates(
        SimpleNamespace(cells=cells.set_index("batch_size"))
    )
    assert "from 50 epochs and 5000 updates at batch size 1 to 900 epochs" in text.en
    assert text.en.endswith("900 updates at full.")


def test_it_is_not_said_of_all_sizes_where_one_is_out_of_line(study) -> None:
    result = study.results["sizes"]
    frame = result.frame.copy()
    out_of_line = frame.batch_size == 5
    frame.loc[out_of_line, "epochs"] = 50
    changed = PlanResult(result.plan, frame, result.history, result.outcomes)
    assert not batch_size.more_epochs_fewer_updates(changed)


@each_of("epochs", [(50, 50, 500), (np.inf, 50, 100, 500)])
def test_nor_where_two_sizes_tie_or_a_smaller_one_never_arrives(epochs):
    sizes = (1, 5, 20, 30)[: len(epochs)]
    cells = pd.DataFrame(
        {"batch_size": sizes, "epochs": epochs, "updates": (900, 800, 700, 600)[: len(epochs)]}
    )
    cells["epochs_text"] = cells.epochs.astype(str)
    result = SimpleNamespace(cells=cells.set_index("batch_size"))
    assert not batch_size.more_epochs_fewer_updates(result)


def test_one_size_that_never_arrives_is_survived(tmp_path) -> None:
    settings = {"batch_size": [30], "max_epochs": [100]}
    result = survived("batch-size", tmp_path / "run", settings, repeats=1)
    assert said(result).startswith("Not reached within 100 epochs: batch size 30")
