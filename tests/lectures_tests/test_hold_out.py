"""Training, validation and test set: the gap of few points, and the jumps of a mini-batch."""

from dataclasses import replace

import numpy as np
import pytest
from lectures_tests.whole import answered, sentence_with, survived

from network.data.generated import snake_function
from studies.lectures.analysis.networks import history_with_test_loss
from studies.lectures.models import hold_out

FEW = {"max_epochs": 20_000, "eval_every": 200}
MANY = {"max_epochs": 1000, "eval_every": 25}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("hold_out") / "run"
    settings = {"all-points": MANY, "few-points": FEW}
    study = replace(
        hold_out.STUDY,
        plans={
            name: replace(plan, fixed={**plan.fixed, **settings[name]})
            for name, plan in hold_out.STUDY.plans.items()
        },
    )
    return answered(study, out)


def test_the_gap_between_training_and_test_loss_is_larger_with_few_points(run):
    ends = {name: hold_out.final_losses(result).median() for name, result in run.results.items()}
    gap = {name: end.test - end.train for name, end in ends.items()}
    assert gap["few-points"] > 0 > gap["all-points"]
    few, many = (ends[name].test / ends[name].train for name in ("few-points", "all-points"))
    assert f"is {few:.2f} times the training loss with few samples and {many:.2f}" in (
        sentence_with(run, "with few samples")
    )


def test_test_losses_along_the_way_are_those_of_the_kept_parameters(run):
    result = run.results["few-points"]
    trial = hold_out.drawn_trial(result)
    history = history_with_test_loss(result, trial)
    assert len(history) == 100
    predicted = result.predict(result.dataset.test_x, **trial.params)
    loss = ((predicted - result.dataset.test_y) ** 2).mean() / 2
    assert history.test_loss.iloc[-1] == pytest.approx(loss, rel=1e-4)  # the path is in float32
    assert hold_out.final_losses(result).test[0] == pytest.approx(loss, rel=1e-12)
    assert history.test_loss.iloc[0] > 3 * loss


def test_the_noise_that_is_named_is_that_of_the_points(run):
    data = run.results["few-points"].dataset
    floor = ((snake_function(data.train_x) - data.train_y) ** 2).mean() / 2
    train = run.results["few-points"].frame.train_loss[0]
    overfits = [text.en for text in run.report.findings if "overfits" in text.en]
    assert len(overfits) == (train < floor)
    assert not overfits or f"{floor:.5f}" in overfits[0]


def test_few_samples_have_the_more_scattered_losses(run):
    result = run.results["all-points"]
    again = hold_out.losses_on_random_samples(result)
    assert list(again) == [5, 100]
    assert np.std(again[5]) > 3 * np.std(again[100])
    assert np.mean(again[5]) == pytest.approx(np.mean(again[100]), rel=0.1)
    low, high = np.quantile(again[5], (0.05, 0.95))
    assert f"between {low:.5f} and {high:.5f} on 5 random" in sentence_with(
        run, "mini-batch changes by"
    )


def test_other_data_full_batches_and_divergence_are_reported_too(tmp_path):
    small = {"max_epochs": [100]}
    run = survived("hold-out", tmp_path / "full", {**small, "batch_size": [None]}, data="hills")
    assert not any("mini-batch changes" in text.en for text in run.report.findings)
    run = survived("hold-out", tmp_path / "wild", {**small, "learning_rate": [80.0]})
    assert sentence_with(run, "diverged").startswith("2 of 2")


def test_repeats_are_joined_in_medians(tmp_path):
    run = survived("hold-out", tmp_path / "run", {"max_epochs": [60]}, repeats=3)
    ends = hold_out.final_losses(run.results["few-points"])
    assert len(ends) == 3
    assert f"the final training loss is {ends.train.median():.5f}," in sentence_with(
        run, "With 30 training samples, the final"
    )
