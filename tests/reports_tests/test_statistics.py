"""What is said of repeats, against known truths and an independent library."""

import numpy as np
import pandas as pd
import pytest
from cases import each_of
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from reports.findings.power_law import law_in_words
from reports.statistics import by_cell, order_statistics, power_law

RATES, SIZES = (0.1, 0.3, 0.5, 0.7), (2, 5, 10, 15)
MOST = 10_000
AXES = power_law.AXES


def trials_of(epochs: dict[tuple[int, float], list[float]], most: int = MOST) -> pd.DataFrame:
    """Make the trials of cells; infinite epochs are used up, NaN failed, negative diverged."""
    rows = []
    for (size, rate), each in epochs.items():
        for repeat, value in enumerate(each):
            state = "converged" if value <= most else "exhausted"
            state = "failed" if np.isnan(value) else "diverged" if value < 0 else state
            spent = min(abs(value), most) if np.isfinite(value) else most
            rows.append(
                {
                    "learning_rate": rate,
                    "batch_size": size,
                    "repeat": repeat,
                    "state": state,
                    "epochs": 0 if state == "failed" else int(spent),
                    "updates": int(spent) * 900 // size,
                    "test_r2": np.nan if state in ("failed", "diverged") else 0.97,
                }
            )
    return pd.DataFrame(rows)


def lawful(n_repeats: int, noise: float, seed: int = 0, most: int = MOST) -> pd.DataFrame:
    """Make trials of the homework's grid that follow 700 · rate^-0.6 · size^0.7."""
    rng = np.random.default_rng(seed)
    cells = {}
    for size in SIZES:
        for rate in RATES:
            luck = np.exp(noise * rng.normal(size=n_repeats))
            true = 700 * rate**-0.6 * size**0.7 * luck
            cells[size, rate] = [each if each <= most else np.inf for each in true]
    return trials_of(cells, most)


# ---- order statistics -------------------------------------------------------------------------


@given(st.lists(st.integers(1, 12), min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_of_runs_that_all_converged_are_those_of_numpy(values, share):
    found = order_statistics.quantiles(values, share)[0]
    assert found == pytest.approx(np.quantile(values, share))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=40), st.integers(1, 12))
def test_medians_agree_with_an_independent_kaplan_meier(values, cap):
    """All are censored at one cap: the two middle values are the points where half is left."""
    times = np.array(values, float)
    converged = times < cap
    sample = stats.CensoredData.right_censored(np.minimum(times, cap), ~converged)
    curve = stats.ecdf(sample).sf

    def first_at_most(left, strictly):
        below = curve.probabilities < left - 1e-12 if strictly else curve.probabilities <= left
        there = curve.quantiles[below & (curve.quantiles < cap)]
        return there[0] if len(there) else np.inf

    middle_two = first_at_most(0.5 + 1e-12, False), first_at_most(0.5, True)
    found = order_statistics.median(np.where(converged, times, np.inf))
    assert found == pytest.approx(np.mean(middle_two))


@each_of(
    ("values", "quartiles"),
    [
        ([100, 200, 400, np.inf], [175, 300, np.inf]),  # 300 is the mean of the middle two
        ([100, 200, np.inf, np.inf], [175, np.inf, np.inf]),  # one of the two never converged
        ([100, 200, 300, 400, np.inf], [200, 300, 400]),
        ([np.inf, np.inf], [np.inf, np.inf, np.inf]),
        ([100, np.nan], [100, 100, 100]),
    ],
)
def test_what_never_converged_is_slower_than_all_else(values, quartiles):
    assert order_statistics.quantiles(values, (0.25, 0.5, 0.75)).tolist() == quartiles


def test_no_values_have_no_median():
    assert np.isnan(order_statistics.median([]))
    assert not order_statistics.median_interval([]).known


@each_of("n", [6, 10, 20])
def test_intervals_of_censored_medians_hold_the_truth_at_least_as_often_as_they_say(n):
    rng, true, cap = np.random.default_rng(1), 500.0, 600.0  # a third is beyond the cap
    times = true * np.exp(0.4 * rng.normal(size=(2000, n)))
    found = map(order_statistics.median_interval, np.where(times <= cap, times, np.inf))
    held = [each.low <= true <= each.high for each in found]
    assert 0.945 <= np.mean(held) <= 0.99


def test_five_repeats_get_no_interval_and_six_get_one():
    assert not order_statistics.median_interval([1, 2, 3, 4, 5]).known
    six = order_statistics.median_interval([3, 1, 2, 6, 5, np.inf])
    assert six.known
    assert (six.low, six.median, six.high) == (1, 4, np.inf)


# ---- cells ------------------------------------------------------------------------------------


def test_the_cap_is_never_taken_for_a_result():
    cells = by_cell.of_cells(
        trials_of({(2, 0.5): [100, 300, np.inf], (5, 0.5): [np.inf, 200, np.inf]}),
        AXES,
    )
    assert cells["median"].tolist() == [300, np.inf]
    assert cells["upper"].tolist() == [np.inf, np.inf]
    assert cells.converged.tolist() == [2, 1]


def test_failed_trials_say_nothing_and_diverged_ones_never_converge():
    cells = by_cell.of_cells(
        trials_of({(2, 0.5): [100, np.nan, 300], (5, 0.5): [-5, 200, -5], (9, 0.5): [np.nan] * 3}),
        AXES,
    )
    assert cells.n.tolist() == [2, 3, 0]
    assert cells["median"].iloc[:2].tolist() == [200, np.inf]
    assert np.isnan(cells["median"].iloc[2])


def test_the_order_of_the_rows_does_not_matter():
    trials = lawful(12, 0.3)
    shuffled = trials.sample(frac=1, random_state=3)
    ours, theirs = by_cell.of_cells(trials, AXES), by_cell.of_cells(shuffled, AXES)
    pd.testing.assert_frame_equal(ours, theirs.reindex(ours.index))


def test_each_cost_has_its_own_winner():
    trials = trials_of({(2, 0.5): [1000] * 8, (10, 0.5): [3000] * 8})
    assert by_cell.winners(trials, AXES, "epochs").best == (2, 0.5)
    assert by_cell.winners(trials, AXES, "updates").best == (10, 0.5)


# ---- winners ----------------------------------------------------------------------------------


def test_wins_are_shares_of_repeats_and_ties_share_them():
    found = by_cell.winners(
        trials_of({(2, 0.5): [1, 2, np.inf, 3], (5, 0.5): [1, 1, np.inf, 5]}), AXES
    )
    assert found.wins.tolist() == [0.375, 0.375]  # a half, none, none, one; a half, one, none, none
    assert np.isnan(found.p).all()


def test_nothing_is_best_where_nothing_converged():
    found = by_cell.winners(trials_of({(2, 0.5): [np.inf] * 8, (5, 0.5): [np.inf] * 8}), AXES)
    assert found.best is None
    assert found.wins.tolist() == [0, 0]


def test_a_cell_that_is_always_slower_is_told_apart_and_one_that_is_not_is_not():
    rng = np.random.default_rng(0)
    base = rng.uniform(1000, 2000, size=20)
    twin = base * np.exp(0.1 * rng.normal(size=20))
    found = by_cell.winners(
        trials_of({(2, 0.5): list(base), (2, 0.7): list(twin), (15, 0.1): list(3 * base)}),
        AXES,
    )
    assert (15, 0.1) not in found.alike
    assert len(found.alike) == 1


def test_where_cells_do_not_differ_some_are_told_apart_in_few_sweeps_only():
    rng, wrong = np.random.default_rng(5), 0
    for _ in range(60):
        cells = {(s, r): list(rng.integers(1000, 9000, size=12)) for s in SIZES[:3] for r in RATES}
        found = by_cell.winners(trials_of(cells), AXES)
        wrong += len(found.alike) < len(cells) - 1
    assert wrong / 60 <= 0.2  # the level is 0.1; 13 or more of 60 would come once in 300 times


# ---- the law ----------------------------------------------------------------------------------


def test_the_line_is_the_maximum_of_an_independent_likelihood():
    trials = lawful(4, 0.4, most=3000)
    seen = (trials.state == "converged").to_numpy()
    assert 0.2 < seen.mean() < 0.8
    y = np.log(trials.epochs.to_numpy(float))
    X = np.column_stack([np.ones(len(y)), np.log(trials.learning_rate), np.log(trials.batch_size)])

    def loss(v):
        e = (y - X @ v[:3]) / np.exp(v[3])
        return -np.where(seen, stats.norm.logpdf(e) - v[3], stats.norm.logsf(e)).sum()

    other = optimize.minimize(loss, [6, -0.5, 0.5, -1], method="BFGS", options={"gtol": 1e-7})
    line = power_law.censored_line(X, y, seen)
    assert [*line.slopes, np.log(line.noise)] == pytest.approx(list(other.x), abs=1e-4)


def test_points_far_in_the_tail_are_no_trouble():
    e = np.array([-40.0, -5.0, 0.0, 5.0, 24.9, 25.1, 37.0, 300.0])
    log_tail, mills = power_law._tail(e)
    assert log_tail == pytest.approx(stats.norm.logsf(e), rel=1e-6)
    assert mills == pytest.approx(np.exp(stats.norm.logpdf(e) - stats.norm.logsf(e)), rel=1e-5)


def test_a_known_law_is_found_though_a_third_never_converged():
    trials = lawful(20, 0.3, most=7000)
    assert 0.2 < (trials.state == "exhausted").mean() < 0.5
    law, _ = power_law.judge(trials, 900)
    for found, true in ((law.rate_exponent, -0.6), (law.batch_exponent, 0.7)):
        assert found.low < true < found.high
        assert found.value == pytest.approx(true, rel=0.15)
    assert law.constant == pytest.approx(700, rel=0.2)
    assert law.holds
    assert not law.is_ratio
    shown = trials[trials.state == "converged"]
    naive, _ = np.polyfit(np.log(shown.batch_size), np.log(shown.epochs), 1)
    assert abs(law.batch_exponent.value - 0.7) < abs(naive - 0.7)


def test_half_of_the_cells_lie_below_the_fit_though_some_starts_and_a_cell_are_bad():
    """As in the study batch-and-rate; a fit to all trials lies above most medians."""
    trials = lawful(9, 0.1)
    bad = np.random.default_rng(3).random(len(trials)) < 0.15
    bad |= (trials.batch_size == 2) & (trials.learning_rate == 0.7)
    trials.loc[bad, ["epochs", "state"]] = [MOST, "exhausted"]
    law, cells = power_law.judge(trials, 900)
    assert law.constant == pytest.approx(700, rel=0.1)
    assert 0.25 < (cells.factor.dropna() < 1).mean() < 0.75


@pytest.mark.parametrize("repeats", [1, 10])
def test_its_intervals_hold_the_truth_about_as_often_as_they_say(repeats):
    laws = [power_law.judge(lawful(repeats, 0.2, seed=seed), 900)[0] for seed in range(100)]
    held = [law.rate_exponent.low <= -0.6 <= law.rate_exponent.high for law in laws]
    assert 0.88 <= np.mean(held) <= 1


@pytest.mark.parametrize(
    "epochs",
    [lambda size, rate: 700 * size**0.7, lambda size, rate: 300 if size < 5 else 9000 * rate],
    ids=["one exponent may be 0", "many cells depart"],
)
def test_a_law_that_does_not_hold_predicts_nothing(epochs):
    luck = iter(np.exp(0.1 * np.random.default_rng(2).normal(size=16)))
    trials = trials_of({(s, r): [epochs(s, r) * next(luck)] for s in SIZES for r in RATES})
    law, cells = power_law.judge(trials, 900)
    assert law.rate_exponent.may_be_zero or law.within < 0.75 * law.reached
    assert not law.holds
    assert cells.predicted.isna().all()
    assert set(cells.verdict) == {""}
    sentence = law_in_words(law)[0].en
    assert sentence.startswith("No power law in η and the batch size describes these epochs.")
    assert f"{law.within} of the {law.reached} cells that reached the target" in sentence


@each_of("degrees", [4, 9, 19, 99])
def test_students_quantile(degrees):
    assert power_law.student_quantile(degrees) == pytest.approx(
        stats.t.ppf(0.975, degrees), rel=0.005
    )


def test_cells_that_depart_are_named_and_those_that_could_not_be_seen_are_not():
    trials = lawful(1, 0.0)
    at = {cell: group.index[0] for cell, group in trials.groupby(["batch_size", "learning_rate"])}
    trials.loc[at[2, 0.7], "epochs"] *= 2
    trials.loc[at[15, 0.5], "epochs"] //= 2
    trials.loc[at[5, 0.5], ["epochs", "state"]] = [MOST, "exhausted"]
    trials.loc[at[2, 0.1], "state"] = "diverged"
    _, cells = power_law.judge(trials, 900)
    verdicts = cells.set_index(["batch_size", "learning_rate"]).verdict
    assert verdicts[5, 0.5] == power_law.CONTRADICTS
    assert verdicts[2, 0.1] == power_law.DIVERGED
    assert verdicts[15, 0.5] == power_law.FASTER


def test_there_is_no_law_of_too_few_cells_nor_of_one_row():
    assert (
        power_law.judge(trials_of({(2, 0.5): [10], (5, 0.5): [20], (5, 0.7): [30]}), 900)[0] is None
    )
    assert (
        power_law.judge(trials_of({(2, 0.1 * k): [100.0 * k] for k in range(1, 9)}), 900)[0] is None
    )
