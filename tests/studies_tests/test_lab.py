"""The page trains: the lab in report.html and lab.html, used in real browsers."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest
from browser import axe_finds_nothing, choose_switch, opened
from cases import each_of
from counts import count
from other_browsers import firefox, webkit
from undrawn import draw_nothing, run_here

from studies.homework import assignment

SMALL = {"learning_rate": [0.3, 0.7], "batch_size": [5, None], "max_epochs": 300, "eval_every": 10}
SLOW = {"learning_rate": 0.5, "batch_size": 2, "max_epochs": 20_000, "target_loss": 1e-9}


@pytest.fixture(scope="module")
def homework(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_nothing(monkeypatch)
        out = tmp_path_factory.mktemp("lab") / "run"
        stop = {"max_epochs": count("LAB_EPOCHS", 500), "target_loss": 0.0045}
        return assignment.run(out, **stop, jobs=1).directory


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_nothing(monkeypatch)
        out = tmp_path_factory.mktemp("small") / "run"
        return assignment.run(out, **SMALL, target_loss=0.0055, repeats=2, jobs=1).directory


@pytest.fixture
def lab(browser, small):
    """Open the lab of a small run."""
    with opened(browser, small / "report.html") as page:
        page.locator("#lab-open > summary").click()
        choose_switch(page, "pace", "at once")
        yield page


def train(page):
    page.locator("#train").click()
    page.wait_for_function("() => module_store.state.labRun?.ending")
    return page.locator("#lab-result").inner_text()


def swept(page, first, values, second="none", others="", repeats=1):
    """Sweep in the page, and return the texts of the table's cells."""
    if not page.locator("#sweep-form").is_visible():
        page.locator(".sweep > summary").click()
    page.locator("#sweep-first").select_option(first)
    page.locator("#sweep-first-values").fill(values)
    page.locator("#sweep-second").select_option(second)
    page.locator("#sweep-second-values").fill(others)
    page.locator("#sweep-repeats").fill(str(repeats))
    page.locator("#sweep-start").click()
    page.wait_for_function("() => !document.querySelector('#sweep-progress:not([hidden])')")
    return page.locator("#sweep-table .value").all_inner_texts()


SIXTEEN = """() => new Promise((tell) => {
    document.getElementById("lab-open").open = true;
    document.getElementById("sweep-start").click();
    const look = setInterval(() => {
        if (!document.getElementById("sweep-progress").hidden) return;
        clearInterval(look);
        tell(["#board", "#sweep-table"].map((table) =>
            [...document.querySelectorAll(`${table} .value`)].map((e) => e.textContent)));
    }, 50);
})"""


LOSSES = """() => ["sigmoid", "tanh", "softplus", "elu"].map((activation) => {
    const { settings } = module_settings.parsed(module_settings.settingsOf());
    const run = new module_training.Training({ ...settings, activation }, module_run.data());
    run.advance(100);
    return [run.loss, ...run.parameters];
})"""


@each_of("start", [firefox, webkit])
def test_other_browsers_train_the_homework_as_the_tool_does(browser, homework, start):
    with opened(browser, homework / "report.html") as page:
        expected = page.evaluate(LOSSES)
    with start(homework / "report.html") as evaluate:
        table, trained = evaluate(SIXTEEN)
        assert len(table) == 16
        assert trained == table
        assert evaluate(LOSSES) == expected  # to the last bit


@each_of("with_workers", [True, False])
def test_the_page_trains_the_homework_as_the_tool_does(browser, homework, with_workers):
    with opened(browser, homework / "report.html") as page:
        if not with_workers:
            page.evaluate("delete globalThis.Worker")
        table, trained = page.evaluate(SIXTEEN)
        trials = pd.read_csv(homework / "trials.csv")
        shown = [
            f"{e}" if s == "converged" else f">{e}"
            for e, s in zip(trials.epochs, trials.state, strict=True)
        ]
        assert sorted(trained) == sorted(shown)
        assert trained == table
        page.locator(".sweep > summary").click()
        choose_switch(page, "sweep-measure", "accuracy")
        choose_switch(page, "measure", "accuracy")
        accuracies = [
            page.locator(f"{t} .value").all_inner_texts() for t in ("#board", "#sweep-table")
        ]
        assert accuracies[0] == accuracies[1]
        findings = page.locator("#sweep-findings li").all_inner_texts()
        frame = trials[trials.state == "converged"].nsmallest(1, "epochs").iloc[0]
        best = f"(learning rate {frame.learning_rate:g}, batch size {frame.batch_size})"
        assert best in findings[0] or findings[0].startswith("Several cells needed the fewest")
        assert findings[-1].startswith("Never reached the target: (")


def test_a_run_is_a_recording_like_the_tables_own(lab):
    lab.locator("#cell-1").hover()
    assert "batch 5 at η 0.7" in lab.locator("#lab-source").inner_text()
    assert train(lab).endswith(", as in repeat 0 of the table's cell.")
    epochs, losses, kept, own = lab.evaluate(
        """() => {
            const {recording} = module_store.state.labRun;
            const table = module_store.grid().recordings.find((r) => r.cell === 1 && !r.repeat);
            return [recording.epochs, recording.losses, module_recordings.epochsOf(table),
                    module_recordings.lossesOf(table)].map((some) => Array.from(some));
        }"""
    )
    assert epochs == kept
    np.testing.assert_allclose(losses, own, rtol=1e-6)
    assert lab.locator("#curves .letter").all_text_contents()[-1] == "L"
    assert lab.locator("#readings li").last.inner_text().startswith("L\nbatch 5 at η 0.7")
    lab.locator("#looked-at").select_option("4")
    assert "trained here" in lab.locator("#lines").get_attribute("aria-label")
    lab.locator("#chips button").last.click()
    assert lab.evaluate("document.activeElement.id") != "body"
    assert lab.locator("#curves .letter").all_text_contents()[-1] != "L"
    lab.locator("#repeat").select_option("1")
    assert lab.locator("#lab-repeat").input_value() == "1"
    assert train(lab).endswith(", as in repeat 1 of the table's cell.")


def test_what_was_changed_is_said(lab):
    lab.locator("#cell-0").hover()
    lab.locator("#lab-activation").select_option("tanh")
    assert "changed here: activation sigmoid → tanh" in train(lab)
    lab.locator("#lab-fill").click()
    assert lab.locator("#lab-activation").input_value() == "sigmoid"


def test_a_copied_command_trains_the_same(lab, tmp_path):
    lab.locator("#lab-learning_rate").fill("0.6")
    lab.locator("#lab-batch_size").fill("7")
    lab.locator("#lab-n_hidden").fill("3")
    lab.locator("#lab-decay").select_option("cosine")
    lab.locator("#lab-seed").fill("5")
    lab.locator("#lab-repeat").fill("1")
    result = train(lab)
    lab.locator("#lab-command").click()
    command = shlex.split(lab.locator("#lab-text").inner_text())
    assert command[0] == "sweep"
    assert run_here(*command[1:], "--out", tmp_path / "run", "--jobs", 1, "--quiet") == 0
    trial = pd.read_csv(tmp_path / "run" / "trials.csv").iloc[1]
    assert str(trial.epochs) in result


def test_a_link_opens_the_lab_as_it_was(browser, lab, small):
    lab.locator("#lab-learning_rate").fill("0.123")
    lab.locator("#lab-init").select_option("he")
    lab.locator("#lab-link").click()
    fragment = lab.locator("#lab-text").inner_text().split("#")[1]
    page = browser.new_page()
    page.goto(f"{(small / 'report.html').as_uri()}#{fragment}&seed=-3&nonsense=<b>")
    assert page.locator("#lab-form").is_visible()
    assert page.locator("#lab-learning_rate").input_value() == "0.123"
    assert page.locator("#lab-init").input_value() == "he"
    assert page.locator("#lab-seed").input_value() in ("0", "-3")
    page.close()


@each_of(
    ("field", "text", "sentence"),
    [
        ("learning_rate", "-1", "learning rate: a number above 0."),
        ("batch_size", "901", "batch size: a whole number from 1 to 900, or full."),
        ("n_hidden", "1e9", "hidden units: a whole number from 1 to 32."),
        ("max_epochs", "", "maximum epochs: a whole number from 1 to 100000."),
        ("seed", "0x10", "seed: a whole number from 0 to 9007199254740991."),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_sentence(lab, field, text, sentence):
    lab.locator(f"#lab-{field}").fill(text)
    assert lab.locator("#lab-errors").inner_text() == sentence
    assert lab.locator("#train").is_disabled()
    lab.locator("#lab-fill").click()
    assert lab.locator("#lab-errors").inner_text() == ""


def test_training_can_be_watched_and_stopped(lab):
    for name, value in SLOW.items():
        lab.locator(f"#lab-{name}").fill(str(value))
    choose_switch(lab, "pace", "slow")
    lab.locator("#train").click()
    lab.wait_for_function("() => module_store.state.labRun?.epoch >= 20")
    assert lab.locator("#train").inner_text() == "Stop"
    assert lab.locator("#lab-fit path.line").count() == 2
    lab.locator("#train").click()
    epoch = lab.evaluate("module_store.state.labRun.epoch")
    lab.wait_for_timeout(200)
    assert lab.evaluate("module_store.state.labRun.epoch") == epoch < 20_000
    assert f"epoch {epoch}" in lab.locator("#lab-reading").inner_text()


def test_a_sweep_over_seeds_shows_what_luck_did(lab):
    lab.locator("#lab-target_loss").fill("0.0055")
    texts = swept(lab, "seed", "0 1 2 3 4 5 6")
    epochs = [float(text) if text.isdigit() else np.inf for text in texts]
    (sentence,) = lab.locator("#sweep-findings li").all_inner_texts()
    low, middle, high = np.quantile(epochs, [0.25, 0.5, 0.75])
    assert f"the median is {middle:.0f} epochs, the middle half {low:.0f} – {high:.0f}" in sentence
    assert f"{np.isfinite(epochs).sum()} of 7 reached the target" in sentence
    assert lab.locator("#sweep-table .best").count() == 0


def test_repeats_of_a_sweep_are_the_tools(lab, small):
    texts = swept(lab, "learning_rate", "0.3, 0.7", "batch_size", "5, full", repeats=2)
    assert texts == lab.locator("#board .value").all_inner_texts()
    assert "of 2 repeats" in lab.locator("#sweep-findings").inner_text() or ">" in texts[0]
    lab.locator("#sweep-command").click()
    assert lab.locator("#sweep-text").inner_text() == (
        "sweep assignment --learning-rate 0.3,0.7 --batch-size 5,full --max-epochs 300 "
        "--target-loss 0.0055 --eval-every 10 --repeats 2"
    )


def test_times_of_cells_that_converge_are_compared_by_the_median_of_three_runs(lab):
    lab.locator(".sweep > summary").click()
    lab.locator("#sweep-timed").check()
    swept(lab, "learning_rate", "1e9, 0.5, 0.7")  # what diverges takes the least
    runs = lab.evaluate(
        "module_store.state.sweep.runs.map((some) => some.map((r) => r.milliseconds))"
    )
    choose_switch(lab, "sweep-measure", "milliseconds")
    shown = lab.locator("#sweep-table .value").all_inner_texts()
    assert shown == [f"{np.floor(np.sort(times)[1] + 0.5):.0f} ms" for times in runs]
    found = lab.locator("#sweep-findings li").last.inner_text()
    assert re.search(r"rate 0.[57]\) took the least time.*the median of 3 runs", found)
    assert lab.locator("#sweep-table button.diverged").count() == 1


@each_of(
    ("values", "others", "sentence"),
    [
        ("0.1, x", "5", "learning rate: a number above 0."),
        ("", "5", "learning rate: a number above 0."),
        (",".join(str(i) for i in range(1, 101)), ",".join(str(i) for i in range(1, 101)), "runs"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_with_a_sentence(lab, values, others, sentence):
    swept(lab, "learning_rate", values, "batch_size", others)
    assert sentence in lab.locator("#sweep-errors").inner_text()
    assert lab.evaluate("module_store.state.sweep") is None


@each_of(
    ("first", "values", "repeats", "best"),
    [
        ("learning_rate", "0.3, 0.7", 1, 1),
        ("learning_rate", "0.7", 1, 0),  # which is not better than another
        ("target_loss", "0.0055, 0.1", 2, 0),  # a looser one is reached sooner by any network
        ("eval_every", "10，２０；50", 1, 0),
        ("seed", "1 2", 2, 0),
        ("repeat", "0 1", 7, 0),
    ],
)
def test_a_sweep_names_a_best_cell_only_where_cells_can_be_better(
    lab, first, values, repeats, best
):
    swept(lab, first, values, repeats=repeats)
    assert lab.locator("#sweep-table .best").count() == best
    said = lab.locator("#sweep-findings").inner_text()
    assert bool(best) == bool(re.search("best|fewest|lowest", said))


def test_a_stopped_sweep_says_nothing_of_the_best_and_keeps_the_focus(lab):
    for name, value in SLOW.items():
        lab.locator(f"#lab-{name}").fill(str(value))
    lab.locator(".sweep > summary").click()
    lab.locator("#sweep-first-values").fill("0.3, 1e9, 0.7")
    lab.locator("#sweep-second").select_option("none")
    lab.locator("#sweep-start").click()
    cell = lab.locator("#sweep-table button").nth(1)
    cell.focus()
    lab.wait_for_function("() => document.getElementById('sweep-progress').value > 0")
    lab.locator("#sweep-start").evaluate("(button) => button.click()")
    assert cell.locator(".value").inner_text() == "diverged"
    assert cell.evaluate("(button) => button === document.activeElement")
    assert lab.locator("#sweep-findings li, #sweep-table .best").count() == 0


def test_a_sweep_trains_the_repeat_of_the_form(lab):
    lab.locator("#lab-repeat").fill("1")
    swept(lab, "learning_rate", "0.3, 0.7")
    assert "repeat 1" in lab.locator("#sweep-count").inner_text()
    lab.locator("#sweep-command").click()
    assert lab.locator("#sweep-text").inner_text().endswith(" --repeats 2")
    lab.locator("#sweep-table button").first.click()
    text = lab.locator("#sweep-table .value").first.inner_text()
    assert text.strip(">") in train(lab)
    assert "as in repeat 1" in lab.locator("#lab-result").inner_text()


def test_the_playback_is_its_readers_while_a_run_trains(lab):
    for name, value in SLOW.items():
        lab.locator(f"#lab-{name}").fill(str(value))
    choose_switch(lab, "pace", "slow")
    lab.locator("#train").click()
    lab.wait_for_function("() => module_store.state.labRun?.epoch >= 50")
    assert lab.evaluate("module_store.state.epoch === module_store.state.labRun.epoch")
    lab.locator("#back").click()
    epoch = lab.evaluate("module_store.state.epoch")
    choose_switch(lab, "pace", "at once")  # at which it goes on
    lab.wait_for_function("() => module_store.state.labRun.epoch >= 1000")
    assert lab.evaluate("module_store.state.epoch") == epoch


def test_axe_finds_nothing_in_the_lab(lab):
    lab.locator("#lab-n_hidden").fill("9")
    lab.locator("#lab-target_loss").fill("0.006")
    train(lab)
    swept(lab, "activation", "sigmoid, relu")
    axe_finds_nothing(lab, "zh", "dark", 320)
    axe_finds_nothing(lab, "en", "light", 1280)


def test_sweep_lab_writes_a_page_without_a_run(browser, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_here("lab", "--lang", "zh") == 0
    assert capsys.readouterr().out == "网页：lab.html\n"
    with opened(browser, tmp_path / "lab.html") as page:
        choose_switch(page, "language", "en")
        choose_switch(page, "pace", "at once")
        assert page.locator("#board").count() == 0
        assert train(page) == "Reached the target at epoch 5850."  # as in the homework's table
    (tmp_path / "lab.html").write_text("a page of mine")
    assert run_here("lab") == 2
    assert (tmp_path / "lab.html").read_text() == "a page of mine"
    np.savetxt("two.csv", np.random.default_rng(0).random((50, 3)), delimiter=",")
    assert run_here("lab", "--data", "two.csv", "--out", "new.html") == 2
    assert "one input and one output" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab.html", "two.csv"]


def test_data_that_are_too_large_are_not_trained_in_the_page(browser, tmp_path, monkeypatch):
    draw_nothing(monkeypatch)
    monkeypatch.setattr("studies.experiment.page.MOST_SAMPLES", 100)
    found = assignment.run(
        tmp_path / "run", learning_rate=0.5, batch_size=None, max_epochs=100, jobs=1
    )
    with opened(browser, found.directory / "report.html") as page:
        assert page.locator("#lab").is_hidden()
        assert "1,200 samples" in page.locator("#lab-why").inner_text()
