"""The law of batch size and learning rate: found where it is known, and what departs is named."""

import numpy as np
import pandas as pd
import pytest
from lectures_tests.whole import answered, check, said, survived

from reports import laws
from studies.lectures import batch_and_rate
from studies.sentences import batch_and_rate as says

CONSTANT, SLOPE, MOST = 500.0, 0.7, 10_000
SIZES, RATES = (2, 5, 10, 20, 50), (0.05, 0.1, 0.2, 0.5, 1.0)


def simulated(noise: float = 0.0) -> pd.DataFrame:
    """Make cells that follow the law; those beyond the most epochs did not converge."""
    rng = np.random.default_rng(1)
    rows = [{"batch_size": b, "learning_rate": r, "ratio": b / r} for b in SIZES for r in RATES]
    cells = pd.DataFrame(rows).assign(diverged=False)
    epochs = CONSTANT * cells.ratio**SLOPE * np.exp(noise * rng.normal(size=len(cells)))
    epochs = epochs.where(epochs <= MOST, np.inf)
    words = epochs.map(lambda e: f"{e:.0f}" if np.isfinite(e) else f">{MOST}")
    return cells.assign(epochs=epochs, epochs_text=words)


def at(cells: pd.DataFrame, size: int, rate: float) -> pd.Series:
    return (cells.batch_size == size) & (cells.learning_rate == rate)


def test_a_known_law_is_found() -> None:
    law, cells = laws.judge(simulated(), MOST)
    assert law.constant == pytest.approx(CONSTANT)
    assert law.slope == pytest.approx(SLOPE)
    assert set(cells.verdict) == {laws.ON, laws.AGREES}


def test_noise_and_a_few_departing_cells_do_not_bend_it() -> None:
    cells = simulated(noise=0.1)
    law, _ = laws.judge(cells, MOST)
    assert law.slope == pytest.approx(SLOPE, abs=0.06)
    assert law.constant == pytest.approx(CONSTANT, rel=0.2)
    cells.loc[at(cells, 2, 1.0) | at(cells, 5, 1.0), "epochs"] *= 4
    law, _ = laws.judge(cells, MOST)
    reached = cells[np.isfinite(cells.epochs)]
    least_squares, _ = np.polyfit(np.log(reached.ratio), np.log(reached.epochs), 1)
    assert abs(law.slope - SLOPE) < 0.5 * abs(least_squares - SLOPE)


def test_cells_that_did_not_converge_take_no_part_in_the_fit() -> None:
    cells = simulated()
    assert np.isinf(cells.epochs).any()
    law, _ = laws.judge(cells, MOST)
    without, _ = laws.judge(cells[np.isfinite(cells.epochs)], MOST)
    assert law == without


def test_departing_cells_are_named() -> None:
    cells = simulated()
    cells.loc[at(cells, 2, 1.0), "epochs"] *= 2
    cells.loc[at(cells, 10, 0.5), "epochs"] /= 2
    cells.loc[at(cells, 5, 1.0), "epochs"] = np.inf
    cells.loc[at(cells, 5, 0.5), ["epochs", "diverged"]] = [np.inf, True]
    law, cells = laws.judge(cells, MOST)
    findings = says.findings(law, cells, MOST)
    for text in findings:
        check(text)
    found = "\n".join(text.en for text in findings)
    assert "Slower than the law by more than a factor of 1.5: batch 2 at η 1." in found
    assert "Faster than the law by more than a factor of 1.5: batch 10 at η 0.5." in found
    assert "though the law says far fewer: batch 5 at η 1." in found
    assert "Diverged: batch 5 at η 0.5." in found
    assert f"Epochs ≈ 500 · (batch size / learning rate)^{law.slope:.2f}" in found


def test_too_few_cells_give_no_law() -> None:
    cells = simulated().head(5)
    cells.loc[2:, "epochs"] = np.inf
    law, judged = laws.judge(cells, MOST)
    assert law is None
    assert len(says.findings(law, judged, MOST)) == 1


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    settings = {"batch_size": [2, 5, None], "learning_rate": [0.2, 0.3, 0.5, 1.0]}
    settings |= {"target_loss": [0.005], "max_epochs": [2500]}
    return answered("batch-and-rate", tmp_path_factory.mktemp("law") / "run", settings, repeats=3)


def test_the_study_finds_that_epochs_grow_with_the_ratio(study) -> None:
    result = study.results["grid"]
    law, cells = laws.judge(batch_and_rate.ratios(result), 2500)
    assert 0.3 < law.slope < 1.2
    assert f"Epochs ≈ {law.constant:.3g} · (batch size / learning rate)^{law.slope:.2f}" in said(
        study
    )
    assert (cells[cells.batch_size == "full"].ratio >= 900).all()


def test_nothing_converged_is_survived(tmp_path) -> None:
    settings = {"batch_size": [10], "learning_rate": [0.1, 30.0], "max_epochs": [100]}
    result = survived("batch-and-rate", tmp_path / "run", settings, repeats=1)
    assert said(result) == "Only 0 of 2 combinations reach the target: too few for a law."
