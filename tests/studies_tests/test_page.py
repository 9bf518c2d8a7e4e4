"""The page of a run, opened in a real browser and used as a reader would."""

import json
import re
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from browser import axe_finds_nothing, choose_switch, opened, reach_modules
from counts import count
from undrawn import draw_nothing

from network.activations import ACTIVATIONS, TRAINABLE
from network.losses import TASKS
from network.two_layer import Parameters, predict
from reports.figures.losses import median_curve
from reports.page.words import PAGE_WORDS
from reports.statistics.measure import Measure
from studies.experiment.result import PlanResult
from studies.experiment.run_directory import own
from studies.homework import assignment
from studies.homework.result import GridResult
from studies.saved.rescoring import Rescored, rescored

RATES, SIZES, HIDDEN = [0.3, 0.5, 0.7], [5, 15], [2, 4]
TARGET, MOST = 0.0055, 300
QUESTION = {
    "learning_rate": RATES,
    "batch_size": SIZES,
    "n_hidden": HIDDEN,
    "repeats": 3,
    "max_epochs": MOST,
    "eval_every": 10,
    "target_loss": TARGET,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_nothing(monkeypatch)
        return assignment.run(tmp_path_factory.mktemp("page") / "run", **QUESTION, jobs=1)


@pytest.fixture(scope="module")
def shared(browser, run):
    """Open the run's page once; each test begins anew with `begin`."""
    with opened(browser, run.directory / "report.html") as page:
        reach_modules(page)
        yield page


@pytest.fixture
def page(shared):
    shared.evaluate(
        """() => {
            set({language: "en", grid: 1, measure: "epochs", repeat: 0, epoch: Infinity, level: 0,
                 inside: null, logarithmic: true, playing: false, slots: [null, null, null, null]});
            document.getElementById("logarithmic").checked = true;
            document.getElementById("about").open = false;
            begin(1);
        }"""
    )
    return shared


def trials_of(run, n_hidden=4):
    trials = pd.read_csv(run.directory / "trials.csv")
    return trials[trials.n_hidden == n_hidden]


def median_text(cell, times, watched):
    """Write the median of an odd number of repeats, or that it was not reached."""
    middle = np.sort(times)[len(times) // 2]
    return f"{middle:.0f}" if np.isfinite(middle) else f">{watched[np.isinf(times)].max()}"


def board(page):
    """Return the large text of each button, by batch size and learning rate."""
    sizes, rates, texts = page.evaluate(
        """() => ["tbody th", "thead th", ".value"].map((which) =>
            [...document.querySelectorAll(`#board ${which}`)].map((e) => e.textContent))"""
    )
    places = [(int(size), float(rate)) for size in sizes for rate in rates]
    return dict(zip(places, texts, strict=True))


def cells_of(trials):
    return {
        (size, rate): trials[(trials.batch_size == size) & (trials.learning_rate == rate)]
        for size in SIZES
        for rate in RATES
    }


# ---- the numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("n_hidden", HIDDEN)
def test_each_number_on_the_board_follows_from_trials_csv(page, run, n_hidden):
    choose_switch(page, "grids", HIDDEN.index(n_hidden))
    cells = cells_of(trials_of(run, n_hidden))
    expected = {name: {} for name in ("epochs", "updates", "accuracy", "wins")}
    times = {at: np.where(c.state == "converged", c.epochs, np.inf) for at, c in cells.items()}
    least = np.min(list(times.values()), axis=0)
    won = {at: (spent == least) & np.isfinite(least) for at, spent in times.items()}
    ties = np.sum(list(won.values()), axis=0)
    for at, cell in cells.items():
        expected["epochs"][at] = median_text(cell, times[at], cell.epochs)
        updates = np.where(np.isfinite(times[at]), cell.updates, np.inf)
        expected["updates"][at] = median_text(cell, updates, cell.updates)
        expected["accuracy"][at] = f"{cell.test_r2.median():.3f}"
        expected["wins"][at] = f"{100 * (won[at] / np.maximum(ties, 1)).mean():.0f} %"
    assert any(text.startswith(">") for text in expected["epochs"].values())
    assert any(text.isdigit() for text in expected["epochs"].values())
    for measure, values in expected.items():
        choose_switch(page, "measure", measure)
        shown = {at: text.replace(",", "") for at, text in board(page).items()}
        assert shown == values


def test_a_pointed_cell_shows_the_numbers_of_statistics_csv(page, run):
    statistics = pd.read_csv(run.directory / "statistics.csv")
    statistics = statistics[statistics.n_hidden == 4]
    for button in page.locator("#board button").all():
        button.hover()
        shown = page.locator("#numbers").inner_text()
        head = page.locator("#numbers h3").text_content().removeprefix("batch size ")
        size, rate = head.split(", learning rate ")
        here = (statistics.batch_size == int(size)) & (statistics.learning_rate == float(rate))
        row = statistics[here].iloc[0]
        if np.isfinite(row["median"]):
            assert f"{row['median']:.0f} epochs" in shown
        assert f"{row.converged:.0f} of {row.n:.0f}" in shown
        assert f"{row.accuracy:.3f}" in shown
        assert f"{100 * row.wins:.0f} % of repeats" in shown
        if np.isfinite(row.upper):
            assert f"{row.lower:.0f} – {row.upper:.0f}" in shown


def test_every_looser_target_is_counted_as_the_histories_say(page, run):
    history = pd.read_csv(run.directory / "history.csv")
    history = history[history.n_hidden == 4]
    cells, n_levels = cells_of(history), page.evaluate("grid().levels.length")
    for level in range(n_levels):
        page.evaluate(f"set({{level: {level}}})")
        bound = TARGET
        if level:
            bound = float(page.locator("#level-value").inner_text())
            assert bound > TARGET
        expected = {}
        for at, cell in cells.items():
            reached = cell[cell.validation_loss <= bound].groupby("repeat").epoch.min()
            times = reached.astype(float).reindex(range(3), fill_value=np.inf).to_numpy()
            expected[at] = median_text(cell, times, np.full(3, MOST))
        assert board(page) == expected
    assert set(expected.values()) == {"10"}  # the loosest one is reached at once


def test_a_recount_is_what_the_report_under_that_target_says(page, run):
    plan = assignment.grid_plan(**QUESTION)
    for level in (2, 9):
        asked = rescored(plan, {"target_loss": page.evaluate(f"grid().levels[{level}]")})
        with own(run.directory) as directory:
            store = Rescored(directory.store, {"grid": plan}, {"grid": asked})
            result = GridResult.of_plan(run.directory, PlanResult.read(asked, store))
        page.evaluate(f"set({{level: {level}}})")
        choose_switch(page, "measure", "epochs")
        assert board(page) == result.cells(4).epochs_text.to_dict()
        choose_switch(page, "measure", "wins")
        wins = {at: f"{100 * share:.0f} %" for at, share in result.statistics(4).wins.items()}
        assert board(page) == wins


def test_a_target_is_chosen_with_the_keyboard_and_given_back(page):
    before = board(page)
    page.locator("#level").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.locator("#level").get_attribute("aria-valuetext") == str(
        page.evaluate("grid().levels[3]")
    )
    assert board(page) != before
    assert "re-evaluated" in page.locator("#level-note").inner_text()
    assert "at the original target" in page.locator("#numbers").inner_text()
    page.locator("#level-reset").click()
    assert board(page) == before
    assert page.evaluate("document.activeElement.id") == "level"


def test_the_slider_stays_as_long_as_it_is_while_it_is_dragged(page):
    box = page.locator("#level").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.locator("#level").bounding_box() == box
    middle = int(page.locator("#level").get_attribute("max")) / 2
    assert int(page.locator("#level").input_value()) == pytest.approx(middle, abs=1)


def test_the_pages_network_is_that_of_the_textbook(page):
    rng = np.random.default_rng(1)
    flat, X = rng.normal(0, 4, 13), np.linspace(-1, 2, 31).reshape(-1, 1)
    shape = Parameters(np.zeros((1, 4)), np.zeros((1, 4)), np.zeros((4, 1)), np.zeros((1, 1)))
    P = shape.like(flat)
    for activation in TRAINABLE:
        f = ACTIVATIONS[activation]
        found = page.evaluate(
            "([numbers, activation, xs]) => steps({ numbers, n: 4, activation }, xs)",
            [flat.tolist(), activation, X.ravel().tolist()],
        )
        Z1 = X @ P.W1 + P.B1
        expected = {
            "lines": Z1.T,
            "bent": f.function(Z1).T,
            "output": predict(X, P, f, TASKS["regression"]).ravel(),
        }
        for part, values in expected.items():
            np.testing.assert_allclose(found[part], values, rtol=1e-12, atol=1e-12)


# ---- curves and playback ----------------------------------------------------------------------


def test_the_curves_are_the_medians_of_the_reports_figures(page, run):
    history = run.losses(4)
    for cell, (size, rate) in enumerate(cells_of(trials_of(run))):
        drawn = page.evaluate(
            f"medianCurve(grid().recordings.filter((each) => each.cell === {cell}))"
        )
        here = history[(history.batch_size == size) & (history.learning_rate == rate)]
        expected = median_curve(here, Measure(target=TARGET))
        assert drawn["epochs"] == expected.index.tolist()
        for name in ("median", "better", "worse"):
            np.testing.assert_allclose(drawn[name], expected[name], rtol=1e-6)


def test_up_to_four_cells_lie_over_each_other(page):
    def names():
        return page.locator("#curves .letter").all_text_contents()

    assert len(names()) == 2  # the best and the slowest
    page.evaluate("chooseOnly([])")
    assert names() == []
    assert page.locator("#play, #forward, #epoch").evaluate_all(
        "(all) => all.every((e) => e.disabled)"
    )
    assert "No cell is selected" in page.locator("#curves-note").inner_text()
    for number, button in enumerate(page.locator("#board button").all()[:4], 1):
        button.click()
        assert len(names()) == number
        assert button.get_attribute("aria-pressed") == "true"
    assert page.locator("#chips button").count() == 4
    page.locator("#chips button").first.click()
    assert len(names()) == 3
    page.locator("#board button").nth(1).click()
    assert len(names()) == 2


def test_a_fifth_cell_takes_the_place_of_the_first(page):
    page.evaluate("chooseOnly([0, 1, 2, 3])")
    page.locator("#board button").nth(4).click()
    assert (
        page.locator("#status").inner_text()
        == "At most four cells: batch 5 at η 0.3 was deselected."
    )
    assert page.evaluate("state.slots") == [4, 1, 2, 3]


def test_the_loss_axis_is_logarithmic_or_not_and_holds_the_target(page):
    for logarithmic in (True, False):
        page.locator("#logarithmic").set_checked(logarithmic)
        low, *_, high = sorted(float(y) for y in heights(page, "#curves .gridline"))
        assert low < float(heights(page, "#curves .rule")[0]) < high
        ticks = page.locator("#curves .tick[text-anchor=end]").all_text_contents()
        steps = np.diff(np.array(ticks, float))
        assert (np.ptp(steps) > 1e-9) == logarithmic


def heights(page, which):
    """Return how far down horizontal lines of a chart are, in pixels."""
    return page.locator(which).evaluate_all(
        "(all) => all.map((e) => e.getAttribute('y1') ?? e.getAttribute('d').match(/ (.*)H/)[1])"
    )


def test_playback_draws_what_python_computes_from_the_kept_parameters(page, run):
    """Each step of the slider shows the network of that evaluation, up to where it ended."""
    page.evaluate("chooseOnly([2])")
    page.locator("#repeat").select_option("2")
    with own(run.directory) as directory:
        wanted = {"batch_size": 5, "learning_rate": 0.7, "n_hidden": 4}
        trial = next(
            t for t in run.result.plan.trials if dict(t.params) == wanted and t.repeat == 2
        )
        ((_, outcome),) = directory.store.outcomes([trial])
    shape = run.result.plan.objective.lane(trial).initial
    epochs = [0, *outcome.history["epoch"].tolist()]
    flats = [shape.flat().astype(np.float32), *outcome.arrays["path"]]
    assert page.locator("#epoch").get_attribute("max") == str(len(epochs) - 1)
    for place in (0, 1, len(epochs) // 2, len(epochs) - 1):
        page.locator("#epoch").fill(str(place))
        assert page.locator("#epoch-value").inner_text() == f"epoch {epochs[place]}"
        drawn, found = page.evaluate(
            "[xGrid(), steps(networkAt(played()[0].recording, epochShown()), xGrid())]"
        )
        x = np.array(drawn).reshape(-1, 1)
        parameters = shape.like(flats[place].astype(float)).as_dict()
        expected = run.result.plan.objective.predict(trial, parameters, x).ravel()
        np.testing.assert_allclose(found["output"], expected, rtol=1e-9, atol=1e-12)
        together = np.sum(found["parts"], axis=0) + float(parameters["B2"][0, 0])
        np.testing.assert_allclose(together, expected, rtol=1e-9, atol=1e-12)
        xs, ys = path_points(page, "#fit path[style*='--a']")  # axes: 0 to 1 across
        across, up = np.ptp(xs), np.ptp(ys)
        np.testing.assert_allclose((xs - xs[0]) / across, drawn, atol=2e-3)
        falling = (ys[0] - ys) / up  # from pixels to what is drawn, up to scale
        np.testing.assert_allclose(
            falling * np.ptp(expected), expected - expected[0], atol=0.01 * np.ptp(expected)
        )
    assert "reached the target at epoch" in page.locator("#readings").inner_text()


def path_points(page, which):
    """Return x and y of the points of a line, in pixels."""
    path = page.locator(which).first.get_attribute("d")
    points = [point.split(" ") for point in re.split("[ML]", path)[1:]]
    return np.array(points, float).T


def test_playback_plays_pauses_and_steps(page):
    page.locator("#epoch").fill("0")
    page.locator("#forward").click()
    page.locator("#forward").click()
    assert page.locator("#epoch-value").inner_text() == "epoch 20"
    page.locator("#back").click()
    assert page.locator("#epoch-value").inner_text() == "epoch 10"
    play = page.locator("#play")
    assert play.get_attribute("aria-label") == "Play"
    play.click()
    assert play.get_attribute("aria-label") == "Pause"
    stopped = page.evaluate(  # within the page, for it may be at its end before a click comes
        """() => new Promise((tell) => {
            const look = setInterval(() => {
                if (document.getElementById("epoch").value < 5) return;
                clearInterval(look);
                document.getElementById("play").click();
                tell(document.getElementById("epoch").value);
            }, 10);
        })"""
    )
    page.wait_for_timeout(200)
    assert page.locator("#epoch").input_value() == stopped
    play.click()
    page.wait_for_function("() => !state.playing")  # it ends by itself
    assert page.locator("#epoch-value").inner_text() == f"epoch {MOST}"


def test_the_look_inside_follows_the_cell_that_is_asked_for(page):
    page.evaluate("chooseOnly([0, 5])")
    lines = page.locator("#lines path.line")
    drawn = "(all) => all.map((path) => path.getAttribute('d'))"
    before = lines.evaluate_all(drawn)
    assert len(before) == 4
    page.locator("#looked-at").select_option("1")
    after = lines.evaluate_all(drawn)
    assert before != after
    assert "batch 15 at η 0.7" in page.locator("#lines").get_attribute("aria-label")
    choose_switch(page, "grids", 0)
    assert page.evaluate("document.activeElement.name") == "grids"
    assert lines.count() == 2
    assert page.evaluate("state.slots") == [0, 5, None, None]  # they are in this grid too


# ---- words and ways to use it -----------------------------------------------------------------


def test_all_words_change_with_the_language(page, run):
    finding = run.findings(4)[0].text
    assert page.locator("#headline").inner_text() == finding.en
    choose_switch(page, "language", "zh")
    assert page.locator("#headline").inner_text() == finding.zh
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    for element in page.locator("[data-word]").all():
        name = element.get_attribute("data-word")
        assert element.text_content() == PAGE_WORDS[name].zh
    labels = page.evaluate(
        "[...document.querySelectorAll('[aria-label]')].map((e) => e.ariaLabel)"
        ".concat([...document.querySelectorAll('.chart .title')].map((e) => e.textContent))"
    )
    english = [label for label in labels if "epoch" in label.replace("(epoch)", "")]
    assert len(labels) > 20
    assert english == []
    choose_switch(page, "language", "en")
    assert page.locator("#board-title").inner_text() == "The table"


def test_findings_choose_the_cells_that_they_speak_of(page, run):
    findings = run.findings(4)
    links = page.locator("#findings li")
    assert links.count() == len(findings)
    cells = list(cells_of(trials_of(run)))
    tried = 0
    for finding, item in zip(findings, links.all(), strict=True):
        assert finding.text.en in item.inner_text()
        if finding.cells:
            item.locator("button").click()
            slots = [cells[cell] for cell in page.evaluate("state.slots") if cell is not None]
            assert slots == list(finding.cells)[:4]
            tried += 1
    assert tried


def test_arrow_keys_walk_the_board_and_enter_chooses(page):
    page.evaluate("chooseOnly([])")
    page.locator("#board button").first.focus()
    for key, cell in [("ArrowRight", 1), ("ArrowDown", 4), ("Home", 3), ("ArrowUp", 0), ("End", 2)]:
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == f"cell-{cell}"
        assert page.locator("#board button[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    assert page.evaluate("state.slots") == [2, None, None, None]
    name = page.locator("#cell-2").text_content()
    assert name.startswith("batch size 5, learning rate 0.7: epochs ")
    assert name.endswith("A")
    assert page.locator("#numbers h3").text_content() == "batch size 5, learning rate 0.7"


def test_the_table_is_copied_as_text_markdown_and_latex(page, run):
    from studies.checking.hand_ins.formats import blocks_of_file

    def copied(name):
        page.locator("#board-copy").get_by_role("button", name=name).click()
        page.locator("#board-copied:not(:empty)").wait_for()
        return page.locator("#board-text").inner_text()

    lines = [line.split("\t") for line in copied("text").splitlines()]
    assert lines[0] == ["batch size \\ learning rate η", *map(str, RATES)]
    values = page.locator("#board .value").all_inner_texts()
    accuracies = page.locator("#board .small > span:nth-child(2)").all_inner_texts()
    cells = [f"{value} / {r2}" for value, r2 in zip(values, accuracies, strict=True)]
    assert [text for line in lines[1:] for text in line[1:]] == cells
    for name, ending in (("Markdown", ".md"), ("LaTeX", ".tex")):
        (block,) = blocks_of_file(copied(name).encode(), f"t{ending}")
        shown = [[cell.replace("\\", "").strip(" $") for cell in row] for row in block.rows]
        assert [text for row in shown[-2:] for text in row[1:]] == cells


def test_charts_are_saved_as_pictures(page):
    with page.expect_download() as download:
        page.locator("#curves + .save").click()
    assert download.value.suggested_filename == "curves.png"
    picture = plt.imread(download.value.path())
    box = page.locator("#curves").bounding_box()
    assert picture.shape[:2] == (2 * int(box["height"]), 2 * int(box["width"]))
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 50  # lines and letters


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [("en", "light", 1280), ("zh", "dark", 390), ("zh", "light", 1280), ("en", "dark", 390)][
        : count("AXE_VARIANTS", 1)
    ],
)
def test_axe_finds_nothing(page, name, scheme, width):
    axe_finds_nothing(page, name, scheme, width)


def test_numbers_fit_into_their_cells_on_a_narrow_screen(page):
    page.set_viewport_size({"width": 320, "height": 900})
    page.evaluate("set({grid: 0})")
    for value in page.locator("#board .value").all():
        assert value.evaluate("(e) => e.scrollWidth <= e.clientWidth"), value.text_content()
    page.set_viewport_size({"width": 1280, "height": 900})


def test_in_forced_colours_cells_have_borders_and_what_is_chosen_shows(page):
    page.emulate_media(forced_colors="active")
    style = "(e) => [getComputedStyle(e).borderTopWidth, getComputedStyle(e).outlineStyle]"
    cells = [cell.evaluate(style) for cell in page.locator("#board button").all()]
    chosen = page.evaluate("grid().cells.map((_, cell) => state.slots.includes(cell))")
    page.emulate_media(forced_colors="none")
    assert cells == [["1px", "solid" if is_chosen else "none"] for is_chosen in chosen]


def test_on_paper_all_is_light_and_fits_and_nothing_asks_to_be_clicked(page):
    page.emulate_media(color_scheme="dark")
    assert page.locator("#about-body").is_hidden()
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(background) == "rgb(255, 255, 255)" != dark
    assert page.locator("#play").is_hidden()
    assert page.locator("#about-body").is_visible()
    for chart in page.locator(".chart svg").all():
        assert chart.bounding_box()["width"] <= 700
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(background) == dark
    assert page.locator("#about-body").is_hidden()
    assert page.locator("#play").is_visible()
    page.emulate_media(color_scheme="light")
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_who_asks_for_less_motion_gets_a_step_a_second(page):
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("set({epoch: 0})")
    begun = time.monotonic()
    page.locator("#play").click()
    page.wait_for_function("() => state.epoch > 0")
    page.locator("#play").click()
    assert time.monotonic() - begun > 0.9  # it would be 125 ms
    page.emulate_media(reduced_motion="no-preference")


def test_the_page_says_what_the_run_says(run):
    """Its settings and its command are those of the other files."""
    content = (run.directory / "report.html").read_text(encoding="utf-8")
    start = content.index('<script type="application/json"')
    text = content[content.index(">", start) + 1 : content.index("</script>", start)]
    about = json.loads(text)
    record = json.loads((run.directory / "run.json").read_text())
    assert about["command"] == f"{record['command']} --out {run.directory}"
    settings = {tuple(name): value for name, value in about["about"][0][1]}
    assert settings["data", "数据"] == ["snake (seed 0)", "snake（随机种子 0）"]
