"""Each finding is true of the data that it was made from, whatever those are."""

import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports_tests.test_statistics import lawful, trials_of

from reports.findings import grid
from reports.statistics import by_cell, power_law
from reports.tables import tables
from reports.tables.best import best as tables_best

AXES = power_law.AXES
SIZES, RATES = (2, 5, 10), (0.1, 0.3, 0.5)
RESULTS = st.one_of(
    st.integers(1, 200).map(lambda k: 50.0 * k), st.sampled_from([np.inf, np.nan, -50.0])
)


@st.composite
def grids(draw):
    """Make grids of all kinds: cells that converge, never, partly, diverge or fail."""
    n = draw(st.sampled_from([1, 2, 5, 8]))
    sizes = draw(st.lists(st.sampled_from(SIZES), min_size=1, unique=True))
    rates = draw(st.lists(st.sampled_from(RATES), min_size=1, unique=True))
    whole = st.lists(RESULTS, min_size=n, max_size=n)
    return trials_of({(size, rate): draw(whole) for size in sizes for rate in rates})


def by_kind(trials):
    found = {}
    for each in grid.of_grid(trials, AXES, 900):
        found.setdefault(each.kind, each)
    return found


def median_of(trials, size, rate, column="epochs"):
    """Return the mean of the middle two, infinite if one of them did not converge."""
    cell = trials[(trials.batch_size == size) & (trials.learning_rate == rate)]
    cell = cell[cell.state != "failed"]
    if cell.empty:
        return np.inf
    done = np.sort(np.where(cell.state == "converged", cell[column], np.inf))
    return (done[(len(done) - 1) // 2] + done[len(done) // 2]) / 2


def monotonic(medians, fixed):
    """Count rows of the table along which medians fall, those along which they rise, and all.

    What was not reached is larger than all that was, and two of these are not compared.
    """
    falling, rising, rows = 0, 0, []
    for value in dict.fromkeys(cell[fixed] for cell in medians):
        row = [medians[cell] for cell in sorted(medians) if cell[fixed] == value]
        pairs = [pair for pair in combinations(row, 2) if np.isfinite(pair).any()]
        if pairs:
            rows.append(value)
            falling += all(b < a for a, b in pairs)
            rising += all(b > a for a, b in pairs)
    return falling, rising, rows


def all_failed(trials, size, rate):
    here = (trials.batch_size == size) & (trials.learning_rate == rate)
    return (trials[here].state == "failed").all()


def best_converged(medians):
    return np.isfinite(list(medians.values())).any()


def places(trials):
    return list(dict.fromkeys(zip(trials.batch_size, trials.learning_rate, strict=True)))


@settings(max_examples=30, deadline=None)
@given(grids())
def test_every_sentence_is_true_of_the_data(trials):
    found = by_kind(trials)
    cells = places(trials)
    medians = {cell: median_of(trials, *cell) for cell in cells}
    if best_converged(medians):
        best = found["best"]
        assert best.numbers["epochs"] == min(medians.values())
        assert medians[best.cells[0]] == min(medians.values())
        assert ("one draw" in best.text.en) == (trials["repeat"].nunique() == 1)
    elif "best" in found:
        assert "No cell reached the target in more than half" in found["best"].text.en
    if best_converged(medians):
        spent = {cell: median_of(trials, *cell, "updates") for cell in cells}
        assert ("updates" in found) != (spent[best.cells[0]] == min(spent.values()))
        if "updates" in found:
            assert found["updates"].numbers["value"] == pytest.approx(min(spent.values()))
            assert spent[found["updates"].cells[0]] == pytest.approx(min(spent.values()))
    for kind in ("never", "partly"):
        for size, rate in found[kind].cells if kind in found else ():
            states = trials[(trials.batch_size == size) & (trials.learning_rate == rate)].state
            assert (states == "converged").any() == (kind == "partly")
            assert set(states) - {"converged", "failed"}
    for varied, fixed in (("learning_rate", 0), ("batch_size", 1)):
        some = {cell: spent for cell, spent in medians.items() if not all_failed(trials, *cell)}
        falling, rising, rows = monotonic(some, fixed)
        assert (varied in found) == (len(rows) > 1 and 2 * max(falling, rising) > len(rows))
        if varied in found:
            words = "takes fewer epochs" if falling >= rising else "takes more epochs"
            assert words in found[varied].text.en
            holds = {"holds": max(falling, rising), "of": len(rows)}
            assert found[varied].numbers == holds
    if "departs" in found:
        law, judged = power_law.judge(trials, 900)
        for size, rate in found["departs"].cells:
            (row,) = judged[(judged.batch_size == size) & (judged.learning_rate == rate)].iloc
            said = law.constant * rate**law.rate_exponent.value
            said *= size**law.batch_exponent.value
            times = min(row.epochs, row.cap) / said
            assert times > power_law.FACTOR or times < 1 / power_law.FACTOR
    for state in ("diverged", "failed"):
        k = int((trials.state == state).sum())
        assert (state in found) == (k > 0)
        if k:
            assert found[state].text.en.startswith(f"{k} of {len(trials)} trials {state}")


@settings(max_examples=30, deadline=None)
@given(grids())
def test_both_languages_have_the_same_numbers(trials):
    for each in grid.of_grid(trials, AXES, 900):
        english, chinese = (sorted(re.findall(r"[0-9][0-9.e+]*[0-9]|[0-9]", t)) for t in each.text)
        assert english == chinese
        assert "{" not in each.text.en + each.text.zh


def test_what_holds_in_every_row_is_said_and_exceptions_are_named():
    epochs = {(size, rate): [1000 * size / rate] for size in (2, 5, 10) for rate in RATES}
    epochs = {cell: [min(value[0], 9e9)] for cell, value in epochs.items()}
    found = by_kind(trials_of(epochs, most=10**9))
    assert found["learning_rate"].text.en == (
        "A higher learning rate takes fewer epochs at every batch size in this run."
    )
    assert found["batch_size"].numbers == {"holds": 3, "of": 3}
    epochs[2, 0.5] = [50_000]
    turned = by_kind(trials_of(epochs, most=10**9))["learning_rate"]
    assert turned.text.en == (
        "A higher learning rate takes fewer epochs at batch size 5 and 10, but not at batch size 2 "
        "in this run."
    )


def test_what_was_not_reached_is_more_than_what_was_but_only_above_its_own_limit():
    """As in the homework with --seed 3: the smallest batch diverges at high rates."""
    never = [np.inf]
    epochs = {(2, 0.3): [2200], (2, 0.5): never, (5, 0.3): [3150], (5, 0.5): [2950]}
    epochs |= {(10, 0.3): [5450], (10, 0.5): [4100]}
    assert "batch_size" not in by_kind(trials_of(epochs))  # at 0.5 it falls, then rises
    epochs = {(2, 0.3): [9000], (2, 0.5): [8000], (10, 0.3): never, (10, 0.5): never}
    assert by_kind(trials_of(epochs))["batch_size"].text.en == (
        "A larger batch size takes more epochs at every learning rate in this run."
    )
    trials = trials_of(epochs)  # but in updates, 9000 epochs of small batches are above its limit
    by_updates = {each.kind: each for each in grid.of_grid(trials, AXES, 900, cost="updates")}
    assert "batch_size" not in by_updates


def test_of_cells_that_tie_all_name_the_most_accurate_and_say_so():
    """As in the homework with --seed 4: batch size 2 at two learning rates."""
    trials = trials_of({(2, 0.3): [2150], (2, 0.5): [2150], (5, 0.5): [3000]})
    trials.loc[trials.learning_rate == 0.5, "test_r2"] = 0.981
    best = by_kind(trials)["best"]
    assert best.cells == ((2, 0.5),)
    assert "2 cells have this number of epochs; of these it is the most accurate." in best.text.en
    cells = tables.cells(trials, AXES)
    chosen = tables_best(cells)
    assert chosen.place == (2, 0.5)
    assert "as here between 2" in chosen.sentence.en
    assert by_cell.winners(trials, AXES).best == (2, 0.5)


@settings(max_examples=20, deadline=None)
@given(grids())
def test_the_best_by_updates_is_the_best_by_that(trials):
    spent = {cell: median_of(trials, *cell, "updates") for cell in places(trials)}
    found = {each.kind: each for each in grid.of_grid(trials, AXES, 900, cost="updates")}
    if np.isfinite(list(spent.values())).any():
        assert found["best"].numbers["updates"] == pytest.approx(min(spent.values()))
        assert spent[found["best"].cells[0]] == pytest.approx(min(spent.values()))
        assert "updates" not in found


def test_plateaus_are_counted_and_the_longest_is_named():
    trials = trials_of({(2, 0.5): [100, 150], (5, 0.1): [300, 300]})
    looked = [(2, 0.5, 0, 50, 250), (2, 0.5, 1, np.nan, np.nan), (5, 0.1, 0, 100, 900)]
    columns = ["batch_size", "learning_rate", "repeat", "start", "end"]
    plateaus = pd.DataFrame(looked, columns=columns)
    found = {f.kind: f for f in grid.of_grid(trials, AXES, 900, plateaus=plateaus)}["plateau"]
    assert found.text.en.startswith("On a plateau")
    assert "2 of the 3 loss curves" in found.text.en
    assert "(batch size 5, η 0.1): 800 epochs, from epoch 100 to 900" in found.text.en
    assert found.cells == ((5, 0.1),)
    flat = plateaus.assign(start=np.nan, end=np.nan)
    assert "plateau" not in {f.kind for f in grid.of_grid(trials, AXES, 900, plateaus=flat)}


def test_where_repeats_tell_no_cell_apart_it_is_said_so():
    epochs = np.random.default_rng(1).uniform(1000, 2000, size=(3, 6))
    found = by_kind(trials_of({(size, 0.5): list(epochs[i]) for i, size in enumerate(SIZES)}))
    assert "no other cell can be told apart" in found["best"].text.en


def test_no_one_cell_is_called_the_best_where_repeats_do_not_agree():
    rng = np.random.default_rng(4)
    one, other = rng.uniform(1000, 2000, size=(2, 20))
    cells = {(2, 0.5): list(one), (2, 0.3): list(other), (5, 0.1): list(one + other)}
    best = by_kind(trials_of(cells))["best"]
    assert "can't be told apart from it" in best.text.en
    assert "no single cell is the best" in best.text.en
    assert set(best.cells) == {(2, 0.5), (2, 0.3)}


def test_a_clear_winner_is_named():
    base = np.random.default_rng(4).uniform(1000, 2000, size=20)
    found = by_kind(trials_of({(2, 0.5): list(base), (5, 0.1): list(3 * base)}))["best"]
    assert found.text.en.startswith("The best cell is (batch size 2, η 0.5)")
    assert found.cells == ((2, 0.5),)


def test_few_repeats_are_called_so():
    found = by_kind(trials_of({(2, 0.5): [100, 150, 100], (5, 0.1): [300, 300, 300]}))["best"]
    assert "too few repeats to tell cells apart" in found.text.en


def test_the_law_is_told_with_its_intervals():
    found = by_kind(lawful(8, 0.2))["law"]
    assert found.numbers["rate_exponent"] == pytest.approx(-0.6, abs=0.15)
    assert "95 % intervals" in found.text.en
    assert "law" not in by_kind(lawful(1, 0.1, most=100))


def test_without_any_difference_in_epochs_there_is_no_law():
    found = by_kind(trials_of({(size, rate): [50] for size in (2, 5) for rate in RATES}))
    assert "best" in found
    assert "law" not in found


def test_nothing_usable_gives_nothing_but_the_reason():
    found = by_kind(trials_of({(2, 0.5): [np.nan], (5, 0.5): [np.nan]}))
    assert list(found) == ["failed"]
