"""The other grid: which rate suits which number of units."""

import numpy as np
import pytest
from lectures_tests.whole import answered, said, survived


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"n_hidden": [2, 4], "learning_rate": [0.3, 0.7, 1.4], "batch_size": [2]}
    settings |= {"max_epochs": [3000]}
    return answered("hidden-by-rate", tmp_path_factory.mktemp("grid") / "run", settings, repeats=1)


def test_every_cell_has_an_accuracy_and_two_units_never_arrive(study) -> None:
    cells = study.results["grid"].cells
    assert len(cells) == 6
    assert cells.accuracy.notna().all()
    assert np.isinf(cells.epochs.xs(2, level="n_hidden")).all()
    assert np.isfinite(cells.epochs.xs(4, level="n_hidden")).any()
    assert "With 2 units, no learning rate reaches the target" in said(study)


def test_the_best_rate_is_that_of_the_cells(study) -> None:
    epochs = study.results["grid"].cells.epochs.xs(4, level="n_hidden")
    best = epochs.idxmin()
    assert f"η {best:g} with 4 units ({epochs[best]:.0f} epochs)" in said(study)


def test_nothing_converged_is_survived(tmp_path) -> None:
    settings = {"n_hidden": [1, 3], "learning_rate": [0.01], "max_epochs": [100]}
    result = survived("hidden-by-rate", tmp_path / "run", settings, repeats=2)
    assert "is not reached in 2 of 2 combinations" in said(result)
    assert "Learning rates with the fewest epochs" not in said(result)
