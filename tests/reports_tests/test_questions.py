"""What a reader is asked to discuss: questions that the data raise, and that say nothing else."""

import numpy as np
import pandas as pd
from cases import each_of
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.findings.questions import of_grid

CAP, N_TRAIN = 1000, 900
NEVER, DIVERGED = 0, -1
AXES = ("batch_size", "learning_rate")


def trials(costs, accuracy=0.9):
    """Return the trials of cells: the epochs of each repeat, or `NEVER`, or `DIVERGED`."""
    states = {NEVER: "exhausted", DIVERGED: "diverged"}
    rows = [
        {
            **dict(zip(AXES, cell, strict=True)),
            "repeat": repeat,
            "state": states.get(epochs, "converged"),
            "epochs": epochs if epochs > 0 else CAP,
            "test_r2": (accuracy if isinstance(accuracy, float) else accuracy[cell])
            if epochs != DIVERGED
            else np.nan,
        }
        for cell, repeats in costs.items()
        for repeat, epochs in enumerate(repeats)
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(updates=frame.epochs * -(-N_TRAIN // frame.batch_size))


def kinds(costs, accuracy=0.9):
    return [question.kind for question in of_grid(trials(costs, accuracy), AXES)]


ONE = {(2, 0.1): [300], (2, 0.5): [200], (10, 0.1): [900], (10, 0.5): [800]}
ALWAYS = ["always"] * 3


def test_what_a_grid_raises_comes_first_and_three_questions_are_always_there():
    assert kinds(ONE) == ["swapped", "close", "edge", *ALWAYS]
    assert kinds({(2, 0.1): [500]}) == ALWAYS
    assert kinds({(2, 0.1): [DIVERGED]}) == ["diverged", *ALWAYS]


@each_of(
    ("change", "kind"),
    [
        ({(10, 0.1): [NEVER]}, "never"),
        ({(10, 0.1): [DIVERGED]}, "diverged"),
        ({(10, 0.9): [400]}, "swapped"),
        ({(5, 0.1): [150]}, "close"),
    ],
)
def test_a_change_of_the_data_raises_another_question(change, kind):
    (asked,) = [q for q in of_grid(trials(ONE | change), AXES) if q.kind == kind]
    assert set(asked.cells) & set(change)


def test_of_repeats_it_is_asked_what_differs_between_them():
    steady = {cell: spent * 6 for cell, spent in ONE.items()}
    assert not {"partly", "spread", "close"} & set(kinds(steady))
    uneven = steady | {(10, 0.1): [NEVER, 900, 900, NEVER, 900, 900], (2, 0.1): [100, *[300] * 5]}
    asked = {q.kind: q for q in of_grid(trials(uneven), AXES)}
    assert asked["partly"].cells == ((10, 0.1),)
    assert "4 of 6 repeats" in asked["partly"].text.en
    assert asked["spread"].cells == ((2, 0.1),)
    assert "100 to 300 epochs" in asked["spread"].text.en
    close = steady | {(2, 0.1): [199, 203] * 3}
    assert {q.kind: q for q in of_grid(trials(close), AXES)}["alike"].cells[1] == (2, 0.1)


def test_the_most_accurate_cell_is_asked_about_where_it_is_another_one():
    accuracy = dict.fromkeys(ONE, 0.9)
    assert "accurate" not in kinds(ONE, accuracy | {(2, 0.5): 0.91})
    assert "accurate" in kinds(ONE, accuracy | {(2, 0.1): 0.91})


EPOCHS = st.sampled_from([NEVER, DIVERGED, 50, 100, 150, 900])


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([1, 2, 6]).flatmap(
        lambda n: st.lists(st.lists(EPOCHS, min_size=n, max_size=n), min_size=4, max_size=4)
    )
)
def test_no_question_says_what_the_data_do_not(repeats):
    costs = dict(zip(ONE, repeats, strict=True))
    frame = trials(costs)
    reached = {cell: [e for e in spent if e > 0] for cell, spent in costs.items()}
    spent = frame.assign(spent=frame.epochs.where(frame.state == "converged", np.inf))
    medians = spent.groupby(list(AXES)).spent.median()
    for question in of_grid(frame, AXES):
        mine = [reached[cell] for cell in question.cells]
        others = [r for cell, r in reached.items() if cell not in question.cells]
        match question.kind:
            case "never":
                assert mine == [[]]
            case "partly":
                assert 0 < len(mine[0]) < len(repeats[0])
            case "spread":
                ratio = max(mine[0]) / min(mine[0])
                assert all(max(r) / min(r) <= ratio for r in others if r)
            case "diverged":
                assert all(DIVERGED in costs[cell] for cell in question.cells)
            case "swapped":
                few, many = (medians[cell] for cell in question.cells)
                assert few < many < np.inf
                updates = [medians[c] * -(-N_TRAIN // c[0]) for c in question.cells]
                assert updates[0] > updates[1]
            case "close" | "alike" | "edge":
                assert medians[question.cells[0]] == medians.min() < np.inf
            case kind:
                assert kind == "always", kind


def test_every_text_is_filled_in_both_languages():
    for question in of_grid(trials(ONE | {(10, 0.1): [NEVER], (10, 0.5): [DIVERGED]}), AXES):
        for text in question.text:
            assert "{" not in text
            assert text.endswith(("?", "？"))
