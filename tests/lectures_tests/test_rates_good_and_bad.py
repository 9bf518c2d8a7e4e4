"""Too low, good, too high and diverging rates are told apart, and found."""

import numpy as np
import pandas as pd
import pytest
from lectures_tests.whole import answered, said, survived

from reports.statistics import regimes

GUESS, TARGET = 0.02, 0.001
EPOCHS = np.arange(50, 5050, 50)
RNG = np.random.default_rng(0)

LOW = 0.02 * np.exp(-EPOCHS / 5000)
GOOD = np.append(0.02 * np.exp(-EPOCHS[:60] / 1050), 0.0009)
JUMPING = 0.01 * np.exp(RNG.normal(0, 0.5, len(EPOCHS)))
STUCK = np.full(len(EPOCHS), 0.01)
GONE = np.array([0.1, 30.0, np.nan])
FAR = np.full(len(EPOCHS), 5.0)


def a_history(curves: dict[float, np.ndarray], repeat: int = 0) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame(
            {
                "learning_rate": rate,
                "repeat": repeat,
                "epoch": 50 * np.arange(1, len(losses) + 1),
                "validation_loss": losses,
            }
        )
        for rate, losses in curves.items()
    )


def verdicts(curves: dict[float, np.ndarray]) -> list[str]:
    return list(regimes.judge(a_history(curves), TARGET, GUESS).regime)


def test_each_kind_of_history_is_judged_rightly() -> None:
    curves = {0.01: LOW, 0.5: GOOD, 1.5: JUMPING, 2.0: FAR, 3.0: GONE}
    assert verdicts(curves) == ["too low", "good", "too high", "diverging", "diverging"]


def test_a_rate_that_stays_high_is_too_high_only_where_a_lower_one_is_good() -> None:
    assert verdicts({0.5: GOOD, 1.0: STUCK}) == ["good", "too high"]
    assert verdicts({0.1: STUCK, 0.5: GOOD}) == ["too low", "good"]


def test_where_none_reaches_the_target_the_lowest_ones_are_good_unless_they_jump() -> None:
    curves = {0.01: LOW, 0.1: STUCK / 4, 0.2: STUCK / 3.5, 1.0: JUMPING / 4}
    assert verdicts(curves) == ["too low", "good", "good", "too high"]


def test_of_several_repeats_the_most_frequent_verdict_counts_and_of_equals_the_worse() -> None:
    history = pd.concat([a_history({1.0: GOOD}), a_history({1.0: JUMPING}, repeat=1)])
    judged = regimes.judge(history, TARGET, GUESS)
    assert regimes.of_rates(judged)[1.0] == "too high"
    assert regimes.representatives(judged) == {"too high": (1.0, 1)}
    third = pd.concat([history, a_history({1.0: GOOD}, repeat=2)])
    assert regimes.of_rates(regimes.judge(third, TARGET, GUESS))[1.0] == "good"


def test_the_representatives_are_those_that_the_rules_name() -> None:
    curves = {0.001: LOW, 0.05: LOW, 0.4: LOW, 0.5: GOOD, 1.0: GOOD[20:], 1.2: JUMPING}
    curves |= {1.4: JUMPING, 1.6: JUMPING, 2.0: GONE, 9.0: GONE}
    chosen = regimes.representatives(regimes.judge(a_history(curves), TARGET, GUESS))
    rates = {name: rate for name, (rate, _) in chosen.items()}
    assert rates == {"too low": 0.05, "good": 1.0, "too high": 1.4, "diverging": 2.0}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"max_epochs": [1500], "target_loss": [0.0048]}
    return answered("rates-good-and-bad", tmp_path_factory.mktemp("rates") / "run", settings)


def test_the_study_finds_all_four_for_the_snake(study) -> None:
    result = study.results["rates"]
    judged = regimes.judge(result.history, result.target_loss, GUESS)
    found = regimes.of_rates(judged)
    assert set(found) == set(regimes.REGIMES)
    by_regime = {name: found.index[found == name] for name in regimes.REGIMES}
    assert by_regime["too low"].max() < by_regime["good"].max() < by_regime["diverging"].min()
    diverged = result.frame[result.frame.state == "diverged"].learning_rate
    assert set(diverged) <= set(by_regime["diverging"])
    assert set(by_regime["good"]) == set(result.rows(state="converged").learning_rate)


def test_more_rates_are_trained_where_it_turns_bad(study) -> None:
    rates = study.results["rates"].frame.learning_rate
    assert len(rates) > len(study.study.plans["rates"].axes["learning_rate"])


def test_the_sentences_hold_the_numbers_of_the_run(study) -> None:
    result = study.results["rates"]
    judged = regimes.judge(result.history, result.target_loss, GUESS)
    (rate, _) = regimes.representatives(judged)["good"]
    assert f"in the fewest epochs ({result.cells.epochs[rate]:.0f}) at {rate:g}." in said(study)
    (rate, _) = regimes.representatives(judged)["too low"]
    last = result.losses(learning_rate=rate).validation_loss.iloc[-1]
    assert f"At {rate:g} it is still {last:.2g} after 1500 epochs" in said(study)


def test_a_regime_that_does_not_occur_is_said_not_to(tmp_path) -> None:
    settings = {"max_epochs": [100], "learning_rate": [0.01, 0.02]}
    result = survived("rates-good-and-bad", tmp_path / "run", settings, repeats=2)
    assert "None of the rates from 0.01 to 0.02 is so high that it diverges." in said(result)
