"""The pages of studies and searches, opened in a real browser and held against their files."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from browser import axe_finds_nothing, choose_switch, opened, reach_modules
from counts import count
from undrawn import draw_nothing

from reports.figures.writer import FigureWriter
from reports.words import grouped
from studies.cli import main, studies
from studies.experiment import run, toml_study
from studies.experiment.runners import RunnerOptions
from studies.homework.assignment import grid_plan
from studies.lectures.catalogue import CATALOGUE, find_study
from studies.search.report import ranking
from studies.search.search import RangeSearch, search
from sweep.grid import Range

QUICK = {"max_epochs": [300], "eval_every": [10], "target_loss": [0.0055]}
VARIANTS = [("en", "light", 1280), ("zh", "dark", 390), ("zh", "light", 1280), ("en", "dark", 390)]


def answered(folder, study, **plan):
    """Run a study, and return its directory."""
    study = study.with_plans(lambda each: replace(each, **plan))
    with FigureWriter(helper=False) as writer:
        run.answer(study, folder, command="sweep", writer=writer, options=RunnerOptions(jobs=1))
    return folder


@pytest.fixture
def undrawn(monkeypatch):
    draw_nothing(monkeypatch)


@pytest.fixture
def open_page(browser):
    """Return a context in which a run's page is open; at its end axe looks at the page."""

    @contextmanager
    def checked(folder, fewest=0):
        variants = count("AXE_VARIANTS", fewest)
        with opened(browser, folder / "report.html") as page:
            if page.locator("#board").count():
                reach_modules(page)
            yield page
            for variant in VARIANTS[:variants]:
                axe_finds_nothing(page, *variant)

    return checked


def shown_epochs(page):
    return page.locator("#board .value").all_inner_texts()


def epochs_text(cell):
    """Write the median of an odd number of repeats, or that it wasn't reached."""
    middle = np.sort(np.where(cell.state == "converged", cell.epochs, np.inf))[len(cell) // 2]
    return f"{middle:.0f}" if np.isfinite(middle) else f">{cell.epochs.max()}"


def test_two_axes_of_numbers_are_a_board(open_page, undrawn, tmp_path):
    axes = {"learning_rate": [0.3, 0.7], "n_hidden": [2, 4]}
    study = find_study("hidden-by-rate").with_settings({**QUICK, **axes})
    folder = answered(tmp_path / "run", study, repeats=3)
    trials = pd.read_csv(folder / "trials.csv")
    history = pd.read_csv(folder / "history.csv")
    expected = [
        epochs_text(trials[(trials.n_hidden == n) & (trials.learning_rate == rate)])
        for n in axes["n_hidden"]
        for rate in axes["learning_rate"]
    ]
    with open_page(folder) as page:
        assert page.locator("#board tbody th").all_inner_texts() == ["2", "4"]
        assert page.locator("#board thead th").all_inner_texts() == ["0.3", "0.7"]
        assert shown_epochs(page) == expected
        page.evaluate("chooseOnly([1, 2])")
        assert page.locator("#chips").inner_text().split("\n")[1] == "2 hidden units at η 0.7"
        for cell, n_hidden in ((1, 2), (2, 4)):  # each network has its own number of units
            page.locator("#looked-at").select_option(str(cell - 1))
            assert page.locator("#lines path.line").count() == n_hidden
        page.evaluate("set({level: 8})")
        reached = history[history.validation_loss <= page.evaluate("grid().levels[8]")]
        for (n, rate), text in zip(
            [(n, rate) for n in axes["n_hidden"] for rate in axes["learning_rate"]],
            shown_epochs(page),
            strict=True,
        ):
            here = reached[(reached.n_hidden == n) & (reached.learning_rate == rate)]
            first = here.groupby("repeat").epoch.min().reindex(range(3), fill_value=np.inf)
            middle = np.sort(first)[1]
            assert text == (f"{middle:.0f}" if np.isfinite(middle) else ">300")


def test_one_axis_is_a_list_of_cells(open_page, undrawn, tmp_path):
    study = find_study("learning-rate").with_settings({**QUICK, "learning_rate": [0.1, 0.7, 1e9]})
    folder = answered(tmp_path / "run", study)
    trials = pd.read_csv(folder / "trials.csv")
    with open_page(folder, 1) as page:
        assert page.locator("#board-title").inner_text() == "The cells"
        assert page.locator("#board tbody th").all_inner_texts() == ["0.1", "0.7", "1000000000"]
        states = dict(zip(trials.learning_rate, trials.state, strict=True))
        assert states[1e9] in ("diverged", "exhausted")
        expected = [epochs_text(trials[trials.learning_rate == rate]) for rate in (0.1, 0.7)]
        assert shown_epochs(page)[:2] == expected
        page.evaluate("chooseOnly([0])")
        page.locator("#board button").nth(1).click()
        history = pd.read_csv(folder / "history.csv")
        drawn = page.evaluate("medianCurve(compared()[1].recordings)")
        losses = history[history.learning_rate == 0.7].validation_loss
        np.testing.assert_allclose(drawn["median"], losses, rtol=1e-6)
        page.locator("#board button").first.focus()
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.id") == "cell-1"
        assert page.locator("#question").inner_text() == study.question.en
        findings = page.locator("#findings li").all_inner_texts()
        report = (folder / "report.md").read_text(encoding="utf-8")
        assert findings
        assert all(f"- {grouped(sentence)}" in report for sentence in findings)


def test_categories_are_a_list_and_parts_are_switched(open_page, undrawn, tmp_path):
    study = find_study("initial-weights").with_settings({**QUICK, "init": ["zero", "xavier"]})
    folder = answered(tmp_path / "run", study, repeats=3)
    trials = pd.read_csv(folder / "trials.csv")
    starts = trials[trials.part == "starts"]
    with open_page(folder) as page:
        assert page.locator("#grids label").all_inner_texts() == ["starts", "again"]
        assert shown_epochs(page) == [
            epochs_text(starts[starts.init == i]) for i in ("zero", "xavier")
        ]
        choose_switch(page, "grids", 1)
        assert shown_epochs(page) == [epochs_text(trials[trials.part == "again"])]
        choose_switch(page, "language", "zh")
        choose_switch(page, "grids", 0)
        assert page.locator("#board tbody th").all_inner_texts() == ["全零", "Xavier"]
        assert page.locator("h1").inner_text() == study.title.zh
        assert page.locator("#findings-title").inner_text() == "结果与分析"
        weights = page.locator(".sheet").last.locator("tbody tr")
        assert weights.count() == len(pd.read_csv(folder / "weights.csv"))


def test_a_study_that_trains_nothing_has_findings_figures_and_tables(open_page, tmp_path):
    folder = answered(tmp_path / "run", find_study("vanishing-gradient"))
    table = pd.read_csv(folder / "table.csv")
    assert (folder / "report.html").stat().st_size < 1_000_000
    with open_page(folder, 1) as page:
        assert page.locator("#board, #curves, #player").count() == 0
        rows = page.locator(".sheet tbody tr").all()
        assert [row.locator("td").first.inner_text() for row in rows] == table.iloc[:, 0].tolist()
        sizes = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
        assert len(sizes) == len(list((folder / "figures").glob("*.png")))
        assert min(sizes) > 100
        choose_switch(page, "language", "zh")
        assert page.locator("#findings li").count() > 1


def test_a_study_of_ones_own_has_a_page_with_a_board_for_each_other_value(
    open_page, undrawn, tmp_path
):
    (tmp_path / "own.toml").write_text(
        'title = "</script><b>Own"\n[axes]\nlearning_rate = [0.3, 0.7]\nbatch_size = [5, "full"]\n'
        'activation = ["sigmoid", "relu"]\n[settings]\nmax_epochs = 100\n',
    )
    folder = answered(tmp_path / "run", toml_study.read(tmp_path / "own.toml"))
    with open_page(folder) as page:
        assert page.locator("h1").inner_text() == "</script><b>Own"
        names = page.locator("#grids label").all_inner_texts()
        assert names == ["activation sigmoid", "activation ReLU"]
        choose_switch(page, "grids", 1)
        assert "a = relu(z)" in page.locator("#bent-caption").inner_text()
        assert page.locator("#board tbody th").all_inner_texts() == ["5", "full"]
        assert page.locator("#board button").count() == 4


def test_a_search_lists_its_trials_by_rank(open_page, undrawn, tmp_path):
    plan = grid_plan(learning_rate=[0.5], batch_size=[10], max_epochs=100)
    wanted = RangeSearch(plan, {"learning_rate": Range(0.1, 1.0, log=True)}, n_trials=3)
    options = RunnerOptions(runner="optuna", jobs=1)
    found = search(wanted, tmp_path / "run", options, lambda _: None)
    rates = ranking(found.results["search"]).learning_rate
    with open_page(tmp_path / "run") as page:
        named = page.locator("#board tbody th").all_inner_texts()
        assert named == [f"{rate:.4g}" for rate in rates]
        assert page.locator("#findings li").count() == 2


def test_all_studies_have_an_index_and_comparisons_a_page(
    browser, open_page, undrawn, tmp_path, monkeypatch
):
    some = {name: CATALOGUE[name] for name in ("batch-size", "activations")}
    monkeypatch.setattr(studies, "CATALOGUE", some)
    few = ["--learning-rate", "0.5", "--max-epochs", "20", "--quiet"]
    out = tmp_path / "all"
    assert main.run(["study", "all", "--out", str(out), *few]) == 0
    with opened(browser, out / "index.html") as page:
        links = page.locator("#links a")
        assert [link.get_attribute("href") for link in links.all()] == [
            f"{name}/report.html" for name in some
        ]
        assert all((out / name / "report.html").is_file() for name in some)
        assert page.locator("#links article").first.inner_text().count("\n") >= 2
        axe_finds_nothing(page, "en", "light", 1280)
    runs = [str(tmp_path / name) for name in ("one", "two")]
    for path, decay in zip(runs, ("constant", "cosine"), strict=True):
        main.run(["assignment", "--batch-size", "5", "--out", path, "--decay", decay, *few])
    assert main.run(["compare", *runs, "--out", str(tmp_path / "both")]) == 0
    with open_page(tmp_path / "both") as page:
        assert page.locator("#findings li").count() > 0
        assert "cosine" in page.locator("#parts table").first.inner_text()
        choose_switch(page, "language", "zh")
        assert "学习率衰减" in page.locator("#parts table").first.inner_text()
