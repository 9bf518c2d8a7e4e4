"""Whether the order of the samples matters is read from the pairs, and from nothing else."""

import numpy as np
import pandas as pd
import pytest
from lectures_tests.whole import answered, check, said, survived

from reports.statistics import order_statistics, paired
from studies.lectures.tuning import shuffle

RNG = np.random.default_rng(0)


def a_frame(factor: float, spread: float, repeats: int = 20, r2: float = 0.0) -> pd.DataFrame:
    """Make trainings in which no shuffling needs a factor of the fresh order's epochs."""
    fresh = RNG.uniform(3000, 6000, repeats)
    unshuffled = fresh * factor * np.exp(spread * RNG.normal(size=repeats))
    rows = [
        {"shuffle": name, "repeat": i, "state": "converged", "epochs": e, "test_r2": accuracy}
        for name, epochs, accuracy in (("fresh", fresh, 0.97), ("none", unshuffled, 0.97 + r2))
        for i, e in enumerate(epochs)
    ]
    return pd.DataFrame(rows)


def sentence(frame: pd.DataFrame) -> str:
    texts = shuffle.order_findings(shuffle.comparison(frame))
    for text in texts:
        check(text)
    return "\n".join(text.en for text in texts)


def test_where_it_matters_it_is_said_to_and_in_which_direction() -> None:
    assert sentence(a_frame(1.5, 0.1)).startswith("It matters: no shuffling")
    assert sentence(a_frame(0.6, 0.1)).startswith(
        "It matters, in the other direction: no shuffling"
    )


def test_where_it_does_not_matter_no_difference_is_claimed() -> None:
    assert sentence(a_frame(1.0, 0.2)).startswith("No difference shown: no shuffling")


def test_few_repeats_tell_nothing_however_large_the_difference() -> None:
    assert sentence(a_frame(3.0, 0.01, repeats=5)).startswith("Too few repeats to decide")
    assert sentence(a_frame(3.0, 0.01, repeats=6)).startswith("It matters")


def test_trainings_that_never_arrive_count_as_slower_and_where_both_do_not_nothing_is_known() -> (
    None
):
    frame = a_frame(1.0, 0.2)
    frame.loc[(frame["shuffle"] == "none") & (frame["repeat"] < 18), "state"] = "exhausted"
    assert sentence(frame).startswith("It matters: no shuffling")
    frame.loc[frame["repeat"] < 18, "state"] = "exhausted"
    assert sentence(frame).startswith("Too few repeats to decide")
    assert sentence(frame.assign(state="diverged")).startswith("No run reaches the target")


def test_a_difference_in_accuracy_is_named_only_where_there_is_one() -> None:
    assert "The accuracy on the test set is lower by 0.01" in sentence(a_frame(1.0, 0.2, r2=-0.01))
    assert "accuracy" not in sentence(a_frame(1.0, 0.2))


def test_the_interval_of_the_median_is_that_of_the_sign_test() -> None:
    interval = order_statistics.median_interval(np.arange(1, 21))
    assert (interval.median, interval.low, interval.high) == (10.5, 6, 15)  # binomial(20, ½)
    assert not order_statistics.median_interval([1, 2, 3, 4, 5]).known
    assert order_statistics.median_interval([np.nan]).n == 0


def test_the_interval_holds_the_true_median_in_at_least_95_of_100_cases() -> None:
    draws = np.random.default_rng(3).exponential(size=(2000, 15))
    held = [not order_statistics.median_interval(x).excludes(np.log(2)) for x in draws]
    assert 0.95 - 0.01 < np.mean(held) < 0.99


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"target_loss": [0.0045], "batch_size": [2], "max_epochs": [1000]}
    return answered("shuffle", tmp_path_factory.mktemp("shuffle") / "run", settings, repeats=7)


def test_the_sentences_follow_the_pairs_of_the_run(study) -> None:
    frame = study.results["orders"].frame
    epochs = shuffle.by_repeat(frame, "epochs")
    interval = paired.ratios(epochs["none"], epochs["fresh"])
    assert f"needs {interval.median:.2f} times the epochs" in said(study)
    assert ("It matters: no shuffling" in said(study)) == (interval.low > 1)


def test_without_a_fresh_order_nothing_is_compared(tmp_path) -> None:
    settings = {"shuffle": ["none"], "max_epochs": [100]}
    result = survived("shuffle", tmp_path / "run", settings, repeats=2)
    assert "There are no two orders to compare." in said(result)
