"""The plateau of the course's own run: the gradient is small on it, and the curvature mixed."""

from dataclasses import replace

import numpy as np
import pytest
from lectures_tests.whole import answered

from studies.experiment.study import NOTHING
from studies.lectures.analysis import networks
from studies.lectures.analysis.slopes import moments_of, phases, plateau_of, slopes_along
from studies.lectures.tuning.plateau import STUDY


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Two trainings of three units, the first of which has a plateau."""
    study = STUDY.with_plans(lambda plan: replace(plan, repeats=2))
    return answered(study, tmp_path_factory.mktemp("plateau"))


@pytest.fixture(scope="module")
def looked(result):
    run = result.results["run"]
    trial = run.trial(n_hidden=3)
    return run, trial, plateau_of(run, trial), slopes_along(run, trial)


def test_the_plateau_lies_about_where_the_lecture_has_it(looked):
    run, trial, plateau, _ = looked
    epochs, losses = networks.train_losses(run, trial)
    assert 500 < epochs[plateau.start] < 1500
    assert 3000 < epochs[plateau.end] < 4500
    assert losses[plateau.fallen] < 0.7 * losses[plateau.start]


def test_the_gradient_is_smaller_on_the_plateau_than_before_and_after(looked):
    _, _, plateau, slopes = looked
    before, on, after = phases(slopes, plateau)
    assert on < 0.6 * before
    assert on < 0.6 * after


def test_what_mini_batches_shake_is_larger_than_what_is_left_when_they_settle(looked):
    slopes = looked[3]
    assert (slopes.shaken > 3 * slopes.norm).mean() > 0.9


def test_curvatures_have_both_signs_on_the_plateau_and_one_in_the_end(looked):
    _, _, plateau, slopes = looked
    on, end = (row for _, row in moments_of(slopes, plateau)[1::2])
    assert plateau.start < on.name < plateau.end
    assert on.negative >= 1
    assert on.positive >= 1
    assert end.name == slopes.index[-1]
    assert end.negative == 0


def test_the_sentences_hold_the_numbers(result, looked):
    run, trial, plateau, slopes = looked
    first, second, *others = (sentence.en for sentence in result.report.findings)
    epochs, _ = networks.train_losses(run, trial)
    assert first.startswith("1 of 2 runs have a plateau")
    assert f"from epoch {epochs[plateau.start]:.0f} to {epochs[plateau.end]:.0f}" in first
    assert f"{phases(slopes, plateau)[1]:.1e} on it" in second
    assert "near a saddle" in others[0]
    assert "none of 10 curvatures is negative" in others[1]


def test_a_training_without_a_plateau_is_said_to_have_none(tmp_path):
    study = STUDY.with_settings({"max_epochs": [300], "n_hidden": [2, 3]})
    study = study.with_plans(lambda plan: replace(plan, repeats=3))
    result = answered(study, tmp_path)
    assert "None of the 6 runs has a plateau" in result.report.findings[0].en
    assert not any("on the plateau" in sentence.en for sentence in result.report.findings)


def test_trainings_that_diverge_leave_nothing_to_look_into(tmp_path):
    study = STUDY.with_settings({"max_epochs": [100], "learning_rate": [1e200]})
    assert answered(study, tmp_path).report.findings == [NOTHING]


def test_only_the_kept_paths_are_looked_into(tmp_path):
    """Of the repeats from the tenth on there are no parameters along the way."""
    study = STUDY.with_settings({"max_epochs": [50]})
    result = answered(study.with_plans(lambda plan: replace(plan, repeats=12)), tmp_path)
    run = result.results["run"]
    kept = ["path" in run.outcomes[trial.key].arrays for trial in run.plan.trials]
    assert np.flatnonzero(kept).tolist() == list(range(10))
