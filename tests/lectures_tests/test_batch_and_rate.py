"""The law of batch size and learning rate: what is said of it, and what departs is named."""

import numpy as np
import pandas as pd
import pytest
from lectures_tests.whole import answered, check, said, survived

from reports.findings.power_law import rounded
from reports.statistics import power_law
from studies.lectures.tuning.batch_and_rate import power_law_findings

CONSTANT, RATE, SIZE, MOST = 500.0, -0.6, 0.7, 10_000
SIZES, RATES = (2, 5, 10, 20, 50), (0.05, 0.1, 0.2, 0.5, 1.0)


def simulated() -> pd.DataFrame:
    """Make trials that follow a law; those beyond the most epochs did not converge."""
    rows = [{"batch_size": b, "learning_rate": r} for b in SIZES for r in RATES]
    trials = pd.DataFrame(rows)
    epochs = CONSTANT * trials.learning_rate**RATE * trials.batch_size**SIZE
    epochs *= np.exp(0.01 * np.random.default_rng(0).normal(size=len(epochs)))
    state = np.where(epochs <= MOST, "converged", "exhausted")
    return trials.assign(
        epochs=epochs.clip(upper=MOST).astype(int), state=state, repeat=0, test_r2=0.97
    )


def at(trials: pd.DataFrame, size: int, rate: float) -> pd.Series:
    return (trials.batch_size == size) & (trials.learning_rate == rate)


def test_departing_cells_are_named() -> None:
    trials = simulated()
    trials.loc[at(trials, 10, 0.5), "epochs"] //= 3
    trials.loc[at(trials, 5, 1.0), ["epochs", "state"]] = [MOST, "exhausted"]
    trials.loc[at(trials, 5, 0.5), "state"] = "diverged"
    law, cells = power_law.judge(trials, 900)
    findings = power_law_findings(law, cells, MOST)
    for text in findings:
        check(text)
    found = "\n".join(text.en for text in findings)
    assert "by more than a factor of 1.5: (batch size 5, η 1) and (batch size 10, η 0.5)." in found
    assert "and 1 did not reach it although the fit predicts far fewer epochs" in found
    assert "Diverged: (batch size 5, η 0.5)." in found
    assert f"epochs ≈ {rounded(law.constant)} · η^{law.rate_exponent.value:.2f} · " in found


def test_too_few_cells_give_no_law() -> None:
    law, judged = power_law.judge(simulated().head(3), 900)
    assert law is None
    assert [text.en for text in power_law_findings(law, judged, MOST)] == [
        "3 of 3 combinations reach the target; a power-law fit needs 7 or more, of several batch "
        "sizes and learning rates, which differ in their epochs."
    ]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"batch_size": [2, 5, None], "learning_rate": [0.2, 0.3, 0.5, 1.0]}
    settings |= {"target_loss": [0.005], "max_epochs": [2500]}
    return answered("batch-and-rate", tmp_path_factory.mktemp("law") / "run", settings, repeats=3)


def test_the_study_finds_that_epochs_grow_with_the_batch_and_fall_with_the_rate(study) -> None:
    law, cells = power_law.judge(study.results["grid"].frame, 900)
    assert 0.3 < law.batch_exponent.value < 1.2
    assert -1.2 < law.rate_exponent.value < -0.2
    assert f"{rounded(law.constant)} · η^" in said(study)
    assert (cells[cells.batch_size == "full"].ratio >= 900).all()


def test_nothing_converged_is_survived(tmp_path) -> None:
    settings = {"batch_size": [10], "learning_rate": [0.1, 30.0], "max_epochs": [100]}
    result = survived("batch-and-rate", tmp_path / "run", settings, repeats=1)
    assert said(result).startswith("0 of 2 combinations reach the target; a power-law fit needs 7")
