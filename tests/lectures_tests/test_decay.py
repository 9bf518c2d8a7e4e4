"""A rate too high to converge does so when it falls."""

import numpy as np
import pytest
from lectures_tests.whole import answered, said, survived

from network.training.schedules import SCHEDULES


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"decay": ["constant", "inverse"], "learning_rate": [1.0], "max_epochs": [4000]}
    return answered("decay", tmp_path_factory.mktemp("decay") / "run", settings, repeats=3)


def test_a_falling_rate_beats_the_constant_one_by_the_median(study) -> None:
    epochs = study.results["schedules"].cells.epochs
    assert epochs["inverse", 1.0] < epochs["constant", 1.0]
    assert np.isinf(epochs["constant", 1.0])


def test_the_sentences_hold_the_numbers_of_the_run(study) -> None:
    cells = study.results["schedules"].cells
    here, falling = cells.loc["constant", 1.0], cells.loc["inverse", 1.0]
    assert f"rate 1, {here.n_converged} of 3 runs reach the target 0.001" in said(study)
    assert f"rate reaches the target: inverse ({falling.epochs:.0f} epochs" in said(study)


def test_where_the_constant_rate_is_good_nothing_is_claimed_for_those_that_fall(tmp_path) -> None:
    settings = {"learning_rate": [0.5], "target_loss": [0.004], "max_epochs": [2000]}
    result = survived("decay", tmp_path / "run", settings, repeats=1)
    epochs = result.results["schedules"].cells.epochs.droplevel("learning_rate")
    worse = [name for name in SCHEDULES if epochs[name] >= epochs["constant"]][1:]
    assert worse
    assert "Decay does not help here: " in said(result)
    claim = next(t.en for t in result.report.findings if "does not help" in t.en)
    assert all(name in claim for name in worse)


def test_a_single_schedule_that_never_arrives_is_survived(tmp_path) -> None:
    settings = {"decay": ["cosine"], "learning_rate": [3.0, 0.1], "max_epochs": [100]}
    result = survived("decay", tmp_path / "run", settings, repeats=1)
    assert "Decaying from 0.1: cosine (>100 epochs, 0 of 1" in said(result)
