"""A guess is held against what came: its place, its rank correlation, what surprised."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from reports.findings.prediction import Guess, sentences
from reports.statistics.ranks import ranks, spearman
from reports.words import language

numbers = st.lists(st.integers(-5, 5) | st.just(np.inf), min_size=3, max_size=20)


@given(numbers)
def test_ranks_are_those_of_an_independent_library(values):
    assert ranks(values).tolist() == rankdata(values).tolist()


@given(st.data())
def test_the_correlation_is_that_of_an_independent_library(data):
    a = data.draw(numbers.filter(lambda v: len(set(v)) > 1))
    b = data.draw(
        st.lists(st.integers(0, 9), min_size=len(a), max_size=len(a)).filter(
            lambda v: len(set(v)) > 1
        )
    )
    assert spearman(a, b) == pytest.approx(spearmanr(rankdata(a), b).statistic)


def test_where_all_are_equal_there_is_no_correlation():
    assert np.isnan(spearman([1, 2, 3], [np.inf] * 3))


def cells(costs):
    """Return cells with these costs; a cell that never converged has an infinite one."""
    return pd.DataFrame(
        {
            "cost": list(costs.values()),
            "cost_text": [f"{c:.0f}" if np.isfinite(c) else ">10000" for c in costs.values()],
            "accuracy": 0.97,
        },
        index=pd.MultiIndex.from_tuples(costs, names=["batch_size", "learning_rate"]),
    )


CAME = {
    (2, 0.1): 5000.0,
    (2, 0.5): 1000.0,
    (5, 0.1): np.inf,
    (5, 0.5): 3000.0,
    ("full", 0.5): np.inf,
}


def said(guess, costs=CAME):
    return [str(sentence) for sentence in sentences(Guess(guess), cells(costs))]


def test_a_right_guess_is_told():
    assert said({(2, 0.5): 1}) == [
        "The guess for the best cell was (batch size 2, η 0.5), and none of the 5 cells did better."
    ]


def test_a_wrong_guess_is_told_with_what_was_better():
    (sentence,) = said({(2, 0.1): 1})
    assert "(batch size 2, η 0.1): 5000 epochs; 2 of 5 cells did better" in sentence
    assert "(batch size 2, η 0.5): 1000 epochs" in sentence
    (sentence,) = said({("full", 0.5): 1})
    assert "which did not converge; 3 of 5 cells did" in sentence


def test_of_cells_that_tie_the_most_accurate_is_called_the_best():
    tied = cells({(2, 0.1): 5000.0, (2, 0.3): 1000.0, (2, 0.5): 1000.0})
    tied["accuracy"] = [0.97, 0.96, 0.98]
    (sentence,) = sentences(Guess({(2, 0.1): 1}), tied)
    assert "the best being (batch size 2, η 0.5): 1000 epochs" in sentence.en


def test_a_ranking_is_correlated_and_what_never_converged_is_last():
    order = [(2, 0.5), (5, 0.5), (2, 0.1), (5, 0.1), ("full", 0.5)]
    right = said({cell: i for i, cell in enumerate(order)})
    assert "have the rank correlation 0.97" in right[1]  # two that never converged are equal
    assert right[2] == "No cell ended far from its guessed rank."
    wrong = said({cell: -i for i, cell in enumerate(order)})
    assert "have the rank correlation -0.97" in wrong[1]
    assert wrong[2].startswith(
        "Surprises: (batch size 2, η 0.5), guessed rank 5, actual rank 1; (full batch"
    )
    with language("zh"):
        assert "出人意料：（批大小 2" in said({cell: -i for i, cell in enumerate(order)})[2]


def test_cells_that_were_not_run_are_left_out():
    guess = {(2, 0.5): 1, (5, 0.5): 2, (2, 0.1): 3, (99, 0.5): 4}
    assert "order of 3 cells" in said(guess)[1]
    assert said({(99, 0.5): 1}) == ["The guess was about other cells."]


def test_where_nothing_converged_there_is_nothing_to_compare():
    same = dict.fromkeys(CAME, np.inf)
    assert "can't be compared" in said({cell: i for i, cell in enumerate(CAME)}, same)[1]
