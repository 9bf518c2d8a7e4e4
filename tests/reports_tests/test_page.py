"""What the page holds: how large it gets, what is thinned, and that data can't become markup."""

import base64
import json
import re

import numpy as np
import pandas as pd
import pytest
from cases import each_of
from hypothesis import given, settings
from hypothesis import strategies as st
from reports_tests.test_statistics import trials_of

from reports.page import arrays, content, file
from reports.page.arrays import Recording
from reports.page.boards import PLACE, boards
from reports.page.scripts import bundle
from reports.page.words import PAGE_WORDS
from reports.statistics import by_cell
from reports.statistics.measure import Measure
from reports.words import Text

TARGET = 0.001
MEASURE = Measure(target=TARGET)


def made(n_sizes, n_rates, n_repeats, n_evaluations=200, n_kept=10):
    """Make a page of trainings that all use up their epochs."""
    cells = [(size, rate / 100) for size in range(1, n_sizes + 1) for rate in range(1, n_rates + 1)]
    last = 50 * n_evaluations
    trials = trials_of({cell: [np.inf] * n_repeats for cell in cells}, most=last)
    (board,) = boards(trials, ["learning_rate", "batch_size"])
    trials = board.located(trials)
    found = by_cell.of_cells(trials, PLACE)
    cell_statistics = found.assign(wins=0.0, p=np.nan, law_epochs=np.nan)
    epochs = np.arange(50, last + 1, 50)
    losses = np.geomspace(0.05, 2 * TARGET, n_evaluations)
    path = np.random.default_rng(0).normal(size=(1 + n_evaluations, 13)).astype(np.float32)
    recordings = [
        Recording(place, repeat, epochs, losses, path, "sigmoid")
        for repeat in range(min(n_kept, n_repeats))
        for place in board.places.values()
    ]
    names = {"epoch": epochs, "validation_loss": losses}
    history = pd.concat(
        [
            pd.DataFrame({"row": r.place[0], "column": r.place[1], **names}).assign(repeat=r.repeat)
            for r in recordings
        ]
    )
    curve = content.Curve(*[np.linspace(0, 1, 900)] * 4)
    return content.make(
        Text("title", "标题"),
        [content.Grid(board, trials, cell_statistics, history, recordings, MEASURE, curve)],
        about=[],
        command="sweep",
    )


def content_of(text):
    start = text.index('<script type="application/json"')
    return json.loads(text[text.index(">", start) + 1 : text.index("</script>", start)])


@pytest.fixture(scope="module")
def homework():
    return made(4, 4, 10)


def test_pages_stay_small_even_if_no_training_converges(homework):
    assert len(made(4, 4, 1).encode()) < 600_000
    assert len(homework.encode()) < 3_500_000
    content = content_of(homework)
    assert len(content["grids"][0]["recordings"]) == 160


def test_the_page_names_no_address_that_it_could_ask(homework):
    own = homework.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
    assert re.findall(r"(?:https?:)?//[a-z]+\.[a-z]+|\bfetch\(|\bimport\b", own) == []
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', homework).group(1)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


@each_of(("sizes", "rates", "repeats"), [(20, 25, 2), (4, 4, 100)])
def test_large_grids_keep_less_of_each_training(sizes, rates, repeats):
    text = made(sizes, rates, repeats, n_kept=2 if sizes > 4 else 10)
    assert len(text.encode()) < 3_500_000
    content = content_of(text)
    grid = content["grids"][0]
    assert len(grid["cells"]) == sizes * rates
    assert grid["repeats"] == repeats
    first = grid["recordings"][0]
    epochs = np.frombuffer(base64.b64decode(first["path_epochs"]), "<i4")
    assert epochs[0] == 0
    assert epochs[-1] == 10_000
    assert len(base64.b64decode(first["path"])) == 4 * 13 * len(epochs)
    assert any("path" not in recording for recording in grid["recordings"])
    assert content["paths"] < repeats


def test_levels_begin_at_the_target_and_only_get_looser():
    for target in (0.001, 0.00123456, 3.0):
        levels = arrays.levels(Measure(target=target))
        assert levels[0] == target
        assert levels == sorted(set(levels))
        assert levels[-1] == pytest.approx(target * 10**1.5, rel=0.01)
    assert arrays.levels(Measure(target=0.0)) == [0.0]
    assert arrays.levels(Measure("score", 0.9, maximize=True)) == [0.9]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.floats(0.001, 0.1), min_size=1, max_size=8), min_size=1, max_size=6))
def test_passages_are_the_first_evaluations_that_were_low_enough(runs):
    names = [{"row": 0, "column": 2, "repeat": r} for r in range(9)]
    parts = [
        pd.DataFrame({**n, "epoch": 50 * np.arange(1, len(run) + 1), "validation_loss": run})
        for run, n in zip(runs, names, strict=False)
    ]
    trials = pd.DataFrame(names)  # the last ones failed and have no history
    bounds = [0.002, 0.01, 0.05]
    found = arrays.passages(pd.concat(parts), trials, bounds)
    assert found.shape == (9, 3)
    for row, losses in enumerate([*runs, *[[]] * (9 - len(runs))]):
        for column, bound in enumerate(bounds):
            low = [50 * (i + 1) for i, loss in enumerate(losses) if loss <= bound]
            assert found[row, column] == (low[0] if low else -1)


def test_whatever_is_embedded_is_read_back_and_ends_no_element():
    hostile = {"</script><!--": ["<script>", "&amp;", '"', "\u2028", "{{ 7 * 7 }}", "数据"]}
    text = file.embedded(hostile)
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == hostile


def test_all_words_have_both_languages_with_the_same_places():
    for name, words in PAGE_WORDS.items():
        english, chinese = ({*re.findall(r"\{\w*\}", text)} - {"{unit}"} for text in words)
        assert english == chinese, name
        assert words.en
        assert words.zh
    scripts = bundle("main.js")
    asked = set(re.findall(r'\bt\("([^"]+)"', scripts))
    asked |= set(re.findall(r'data-word="([^"]+)"', (file.TEMPLATES / "page.html").read_text()))
    assert len(asked) > 40
    assert not asked - {"{{ heading }}"} - set(PAGE_WORDS)
