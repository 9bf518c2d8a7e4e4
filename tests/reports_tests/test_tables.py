"""Tables show each outcome as what it is, and name the best combination by the rule."""

from functools import partial

import numpy as np
import pandas as pd
from cases import each_of

from reports.statistics.by_cell import of_cells
from reports.tables import tables
from reports.tables.best import best
from reports.tables.latex import to_latex
from reports.tables.spreads import law_table, spread_table
from reports.tables.tables import table, to_csv, to_markdown
from reports.words import Text, language

AXES = ["batch_size", "learning_rate"]
cells = partial(tables.cells, by=AXES)


def frame(*rows):
    """Make trials of (batch_size, learning_rate, state, epochs, test_r2)."""
    names = ["batch_size", "learning_rate", "state", "epochs", "test_r2"]
    trials = pd.DataFrame(rows, columns=names)
    losses = {"train_loss": 0.002, "validation_loss": 0.001}
    return trials.assign(**losses, updates=9 * trials.epochs)


def texts(*rows):
    return cells(frame(*rows)).text.tolist()


@each_of(
    ("state", "epochs", "r2", "text"),
    [
        ("converged", 4350, 0.9774, "4350 / 0.977"),
        ("exhausted", 10000, 0.757, ">10000 / 0.757"),
        ("exhausted", 10000, -2.5, ">10000 / -2.500"),
        ("diverged", 50, np.nan, "diverged"),
        ("diverged", 50, -np.inf, "diverged"),
        ("failed", 0, np.nan, "failed"),
        ("converged", 50, np.nan, "50 / n/a"),
        ("exhausted", 100, np.nan, ">100 / n/a"),
    ],
)
def test_a_single_trial_is_shown_as_what_it_is(state, epochs, r2, text):
    assert texts((2, 0.1, state, epochs, r2)) == [text]


@each_of(
    ("outcomes", "text"),
    [
        ([100, 300, 200], "200 / 0.500"),
        ([100, 200, 350, 400], "275 / 0.500"),  # the mean of the middle two
        ([100, None, None], ">10000 / 0.500"),
        ([100, 200, None, None], ">10000 / 0.500"),  # one of the middle two never converged
        ([100, 200, None, None, None], ">10000 / 0.500"),
        ([None, None], ">10000 / 0.500"),
    ],
)
def test_repeats_show_the_median_of_epochs_that_respects_what_never_converged(outcomes, text):
    rows = [
        (
            2,
            0.1,
            "exhausted" if e is None else "converged",
            e or 10000,
            0.4 + 0.2 * i / (len(outcomes) - 1),
        )
        for i, e in enumerate(outcomes)
    ]
    assert texts(*rows) == [text]


def test_repeats_that_failed_tell_nothing_about_their_cell():
    good = (2, 0.1, "converged", 100, 0.9)
    assert texts(good, (2, 0.1, "failed", 0, np.nan)) == ["100 / 0.900"]


def test_most_repeats_decide_whether_a_cell_diverged():
    diverged, exhausted = (2, 0.1, "diverged", 50, np.nan), (2, 0.1, "exhausted", 100, 0.1)
    assert texts(diverged, diverged, exhausted) == ["diverged"]
    assert texts(diverged, exhausted, exhausted) == [">100 / 0.100"]


def test_the_table_keeps_the_order_of_the_grid():
    rows = [(b, e, "converged", 100, 0.9) for b in (15, "full", 2) for e in (0.7, 0.1)]
    shown = table(cells(frame(*rows)))
    assert shown.index.tolist() == [15, "full", 2]
    assert shown.columns.tolist() == [0.7, 0.1]


def test_the_best_has_the_fewest_epochs_among_the_converged():
    found = best(
        cells(
            frame(
                (2, 0.1, "exhausted", 100, 0.99),
                (2, 0.3, "converged", 150, 0.95),
                (5, 0.1, "converged", 200, 0.98),
                (5, 0.3, "diverged", 50, np.nan),
            )
        )
    )
    assert found.place == (2, 0.3)
    assert found.sentence.en.startswith(
        "Best combination: batch size 2, learning rate 0.3: 150 epochs, accuracy 0.950. "
        "Rule: fewest epochs"
    )


def test_ties_are_decided_by_accuracy_and_the_sentence_says_so():
    found = best(cells(frame((2, 0.1, "converged", 150, 0.95), (5, 0.1, "converged", 150, 0.96))))
    assert found.place == (5, 0.1)
    assert "as here between 2" in found.sentence.en


def test_where_none_converged_accuracy_decides_and_the_sentence_says_so():
    found = best(cells(frame((2, 0.1, "exhausted", 150, 0.5), (5, 0.1, "exhausted", 150, 0.6))))
    assert found.place == (5, 0.1)
    assert "no combination converged" in found.sentence.en
    assert "epochs," not in found.sentence.en


def test_where_nothing_is_usable_there_is_no_best():
    assert (
        best(cells(frame((2, 0.1, "diverged", 50, np.nan), (5, 0.1, "failed", 0, np.nan)))) is None
    )


def test_converged_cells_without_an_accuracy_can_still_be_best():
    found = best(
        cells(frame((2, 0.1, "converged", 150, np.nan), (5, 0.1, "converged", 200, np.nan)))
    )
    assert found.place == (2, 0.1)
    assert "accuracy" not in found.sentence.en


def test_markdown_marks_the_best_and_csv_stays_plain():
    summary = cells(frame((2, 0.1, "converged", 150, 0.9), (2, 1.0, "converged", 250, 0.8)))
    shown = table(summary)
    markdown = to_markdown(shown, best(summary))
    assert markdown.count("**") == 2
    assert "**150 / 0.900**" in markdown
    assert to_csv({4: shown}) == "batch_size,0.1,1\n2,150 / 0.900,250 / 0.800\n"
    assert to_csv({4: shown, 8: shown}).splitlines() == [
        "n_hidden,batch_size,0.1,1",
        "4,2,150 / 0.900,250 / 0.800",
        "8,2,150 / 0.900,250 / 0.800",
    ]


def test_another_cost_decides_by_itself():
    trials = frame((2, 0.1, "converged", 150, 0.9), (5, 0.1, "exhausted", 400, 0.8))
    trials = pd.concat([trials, frame((10, 0.1, "converged", 250, 0.7))])
    trials["updates"] = [900, 800, 300]
    summary = cells(trials, cost="updates")
    assert summary.cost_text.tolist() == ["900", ">800", "300"]
    assert summary.epochs_text.tolist() == ["150", ">400", "250"]
    found = best(summary, "updates")
    assert found.place == (10, 0.1)
    assert "300 updates" in found.sentence.en
    assert "300 次更新" in found.sentence.zh


def test_a_chinese_table_names_states_and_axes_in_chinese_and_csv_does_not():
    shown = table(cells(frame((2, 0.1, "diverged", 50, np.nan), (2, 0.3, "failed", 0, np.nan))))
    with language("zh"):
        markdown = to_markdown(shown)
    assert all(word in markdown for word in ("批大小", "学习率", "发散", "失败"))
    assert to_csv({4: shown}) == "batch_size,0.1,0.3\n2,diverged,failed\n"


def test_latex_has_the_rules_of_booktabs_and_escapes_what_means_something():
    summary = cells(frame((2, 0.1, "converged", 150, 0.9), (2, 0.3, "exhausted", 200, 0.8)))
    text = to_latex([(table(summary), best(summary), Text("50 % of $1 & a_b ≤ c{}", ""))])
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) == 1
    assert r"2 & \textbf{150 / 0.900} & $>$200 / 0.800 \\" in text
    assert r"\caption{50 \% of \$1 \& a\_b $\le$ c\{\}}" in text
    assert r"batch size \textbackslash{} learning rate & 0.1 & 0.3 \\" in text


def test_spreads_show_the_middle_half_and_how_many_converged():
    runs = [(2, 0.1, "converged", 100 * k, 0.9) for k in range(1, 5)]
    runs += [(2, 0.1, "exhausted", 1000, 0.5)] * 3
    runs += [(5, 0.1, "diverged", 50, np.nan)] * 7 + [(10, 0.1, "failed", 0, np.nan)] * 7
    trials = frame(*runs).assign(repeat=[*range(7)] * 3)
    found = spread_table(of_cells(trials, AXES))[0.1]
    assert found.tolist() == ["400 [250, >1000] 4/7", "diverged", "failed"]


def test_the_laws_table_has_its_epochs_and_a_word_where_a_cell_departs():
    places = pd.MultiIndex.from_product([[2, 5], [0.1]], names=["batch_size", "learning_rate"])
    columns = {"law_epochs": [1234.0, 56_789.0], "law_verdict": ["on the law", "slower"]}
    statistics = pd.DataFrame(columns, index=places)
    assert law_table(statistics)[0.1].tolist() == ["1200", "57000 (slower)"]
    with language("zh"):
        assert law_table(statistics)[0.1].tolist() == ["1200", "57000 (更慢)"]
    assert law_table(statistics.assign(law_epochs=np.nan)) is None
