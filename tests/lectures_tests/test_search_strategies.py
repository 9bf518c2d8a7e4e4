"""Search strategies: the same number of trials for each, and what came of them."""

import numpy as np
import pytest
from lectures_tests.whole import answered, numbers, sentence_with, survived

from studies.lectures.tuning.search_strategies import searches_of
from studies.search import strategies
from sweep.runners.local import LocalRunner

SMALL = {"max_epochs": [20], "batch_size": [20, 100]}


@pytest.fixture(scope="module", autouse=True)
def few_searches():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strategies, "N_SEARCHES", 3)
        patch.setattr(strategies, "PER_AXIS", 3)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory, few_searches):
    return answered("search-strategies", tmp_path_factory.mktemp("search") / "run", SMALL)


def test_all_strategies_get_the_same_number_of_trials(run):
    for name, result in run.results.items():
        searches = searches_of(name, result)
        assert [len(steps) for steps in searches] == [9] * 3
        tried = {tuple(step.point.values()) for steps in searches for step in steps}
        assert tried == {tuple(trial.params.values()) for trial in result.plan.trials}
    assert len(run.results["grid"].frame) == 9
    assert "after 9 trials" in sentence_with(run, "a median of 3 searches")


def test_the_values_are_the_losses_and_best_so_far_only_falls(run):
    for name, result in run.results.items():
        searches = searches_of(name, result)
        best = strategies.best_so_far(searches)
        assert (np.diff(best, axis=1) <= 0).all()
        assert best[:, -1].min() == result.frame.validation_loss.min()
        assert f"{np.median(best[:, -1]):.5f}" in numbers(sentence_with(run, "after 9 trials"))


def test_the_best_of_all_is_named(run):
    frames = [result.frame for result in run.results.values()]
    best = min(
        (frame.loc[frame.validation_loss.idxmin()] for frame in frames),
        key=lambda row: row.validation_loss,
    )
    sentence = sentence_with(run, "The lowest loss of all")
    assert f"{best.validation_loss:.5f}" in sentence
    assert (
        f"learning rate η {best.learning_rate:.15g} and batch size {best.batch_size}." in sentence
    )


def test_a_second_run_proposes_the_same_and_trains_nothing(run, monkeypatch):
    trained = []

    def train(self, objective, trials, *_):
        trained.extend(trials)

    monkeypatch.setattr(LocalRunner, "train", train)
    again = survived("search-strategies", run.directory, SMALL)
    assert trained == []
    for name, result in again.results.items():
        assert searches_of(name, result) == searches_of(name, run.results[name])
    assert again.report.findings == run.report.findings


def test_repeats_a_fixed_rate_and_divergence_are_reported_too(tmp_path, monkeypatch):
    monkeypatch.setattr(strategies, "PER_AXIS", 2)
    settings = {"max_epochs": [4], "learning_rate": [900.0], "batch_size": [40, 90]}
    run = survived("search-strategies", tmp_path / "run", settings, repeats=2)
    assert len(run.results["grid"].frame) == 8  # four batch sizes, twice
    assert "after 4 trials" in sentence_with(run, "a median of 3 searches")
    assert "counts them as the worst" in sentence_with(run, "diverged")
