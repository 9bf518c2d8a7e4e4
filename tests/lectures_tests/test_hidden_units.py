"""Two units can't learn the curve, four can."""

import pytest
from lectures_tests.whole import answered, said, survived


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"n_hidden": [2, 4, 8], "learning_rate": [0.7], "batch_size": [2]}
    settings |= {"max_epochs": [3500]}
    return answered("hidden-units", tmp_path_factory.mktemp("hidden") / "run", settings, repeats=3)


def test_two_units_never_reach_the_target_and_four_do(study) -> None:
    cells = study.results["units"].cells
    assert cells.n_converged[2] == 0
    assert cells.n_converged[4] >= 2
    assert cells.accuracy[4] > 0.95 > cells.accuracy[2]


def test_the_sentences_hold_the_numbers_of_the_run(study) -> None:
    cells = study.results["units"].cells
    assert f"2 hidden units (loss {cells.loss[2]:.2g}, R² {cells.accuracy[2]:.3f})" in said(study)
    fastest = cells.epochs.idxmin()
    assert f"with {fastest} hidden units: {cells.epochs[fastest]:.0f};" in said(study)


def test_other_data_and_a_diverging_rate_are_survived(tmp_path) -> None:
    settings = {"n_hidden": [1], "learning_rate": [30.0], "max_epochs": [100]}
    result = survived("hidden-units", tmp_path / "run", settings, repeats=2, data="sine")
    assert "1 hidden unit (diverged)" in said(result)
