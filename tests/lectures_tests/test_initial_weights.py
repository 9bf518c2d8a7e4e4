"""Zero weights learn nothing, luck moves the rest, and kept weights give the same training."""

import numpy as np
import pytest
from lectures_tests.whole import answered, said, survived

from network.two_layer import Parameters
from studies.lectures.tuning import initial_weights


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"init": ["zero", "normal", "xavier"], "batch_size": [2], "max_epochs": [3000]}
    path = tmp_path_factory.mktemp("init") / "run"
    return answered("initial-weights", path, settings, repeats=4)


def test_zero_weights_leave_all_units_equal_and_never_converge(study) -> None:
    result = study.results["starts"]
    W1, _ = initial_weights.weights_of(result, "zero")
    assert W1.shape == (60, 1, 4)
    assert (W1[:, :, :1] == W1).all()
    final = result.outcome(init="zero").arrays
    assert np.ptp(final["W1"]) == np.ptp(final["B1"]) == np.ptp(final["W2"]) == 0
    assert result.cells.n_converged["zero"] == 0
    assert "With zero initial weights, all 4 hidden units are equal" in said(study)


def test_drawn_weights_differ_from_unit_to_unit_and_converge(study) -> None:
    result = study.results["starts"]
    for init in ("normal", "xavier"):
        W1, _ = initial_weights.weights_of(result, init)
        assert (np.ptp(W1, axis=2) > 0).all()
        assert result.cells.n_converged[init] >= 3


def test_the_spread_by_luck_is_that_of_the_run(study) -> None:
    rows = study.results["starts"].frame
    epochs = rows[(rows.init == "xavier") & (rows.state == "converged")].epochs
    assert f"xavier {epochs.min()} to {epochs.max()}" in said(study)


def test_the_files_hold_the_weights_of_their_initializer_and_repeat(study) -> None:
    folder = study.directory / "weights" / "starts"
    assert len(list(folder.iterdir())) == 12
    zero = Parameters.load(folder / "initial_h4_r0_zero.npz")
    assert not zero.W1.any()
    plan = study.results["starts"].plan
    trial = study.results["starts"].trial(init="xavier", repeat=1)
    loaded = Parameters.load(folder / "initial_h4_r1_xavier.npz")
    np.testing.assert_array_equal(loaded.flat(), plan.objective.lane(trial).initial.flat())


def test_the_same_weights_give_the_same_training_and_others_another(study) -> None:
    first = study.results["starts"].outcome(init="xavier")
    second = study.results["again"].outcome(init="xavier")
    other = study.results["starts"].outcome(init="xavier", repeat=1)
    assert study.results["again"].plan.trials[0].key not in study.results["starts"].outcomes
    np.testing.assert_array_equal(first.arrays["W1"], second.arrays["W1"])
    assert not np.array_equal(first.arrays["W1"], other.arrays["W1"])
    assert f"the same network to the last bit, both after {first.epochs} epochs." in said(study)


def test_twelve_repeats_of_one_initializer_are_survived(tmp_path) -> None:
    settings = {"init": ["he"], "max_epochs": [100], "n_hidden": [1]}
    result = survived("initial-weights", tmp_path / "run", settings, repeats=12)
    assert "hidden units are equal" not in said(result)
