"""Pages of whatever a run can come to: hostile names, failures, data without a curve."""

from dataclasses import replace

import numpy as np
from browser import choose_switch, opened, reach_modules

from reports.page.words import PAGE_WORDS
from reports.words import Text, language
from studies.experiment import page
from studies.experiment.result import PlanResult
from studies.experiment.run_directory import own
from studies.homework import assignment
from studies.objectives.two_layer import TwoLayerObjective
from sweep.run import run as sweep
from sweep.runners.local import LocalRunner

SMALL = {"learning_rate": [0.3, 0.7], "batch_size": [5], "max_epochs": 50}


def write_page(folder, question, *, title="t", settings=None, command="sweep"):
    """Train, and write the page alone, without figures; return its path."""
    study = replace(
        assignment.grid_study(assignment.grid_plan(**question)), title=Text(title, title)
    )
    (plan,) = study.plans.values()
    with own(folder / "run") as directory:
        sweep(plan.objective, plan.trials, directory.store, LocalRunner())
        results = {"grid": PlanResult.read(plan, directory.store)}
    report = study.make_report(results)
    path = folder / "report.html"
    shown = page.make(
        folder,
        study,
        results,
        report,
        report.page,
        command=command,
        byline=Text("", ""),
        settings=lambda _: settings or {},
    )
    path.write_text(shown, encoding="utf-8")
    return path


HOSTILE = "<img src=x onerror=alert(1)>\"'{{7*7}}${8*8}&amp;"


def test_hostile_names_are_shown_and_not_run(browser, tmp_path):
    name = tmp_path / f"{HOSTILE}.csv"
    np.savetxt(name, np.random.default_rng(0).random((40, 2)), delimiter=",")
    title = f"</script><script>alert(2)</script>{HOSTILE}<!--"
    question = {"data": str(name), **SMALL}
    path = write_page(tmp_path, question, title=title, command=title, settings={title: name.stem})
    with opened(browser, path) as page:
        page.locator("#about summary").click()
        cells = page.locator("#about-body td").all_text_contents()
        assert cells == [title, HOSTILE]
        assert page.locator("img").count() == 0
        assert page.locator("h1").inner_text() == page.title() == title
        assert page.locator("#about-body pre").inner_text() == title


def test_what_went_wrong_is_shown_as_what_it_is(browser, tmp_path, monkeypatch):
    outcome = TwoLayerObjective._outcome

    def failing(self, trial, result):
        if trial.params["learning_rate"] == 0.7:
            raise MemoryError(HOSTILE)
        return outcome(self, trial, result)

    monkeypatch.setattr(TwoLayerObjective, "_outcome", failing)
    question = {"learning_rate": [0.1, 0.7, 1e9], "batch_size": [5, None], "max_epochs": 50}
    path = write_page(tmp_path, {**question, "activation": "relu", "repeats": 2})
    with opened(browser, path) as page:
        reach_modules(page)
        shown = page.locator("#board .value").all_inner_texts()
        assert shown == [">50", "failed", "diverged"] * 2
        for name in ("en", "zh"):
            choose_switch(page, "language", name)
            for measure in ("epochs", "accuracy", "updates", "wins"):
                choose_switch(page, "measure", measure)
                assert all(page.locator("#board .value").all_inner_texts())
        assert page.locator("#board .value").nth(1).inner_text() == "0 %"
        choose_switch(page, "measure", "epochs")
        assert page.locator("#board .value").nth(1).inner_text() == "失败"
        choose_switch(page, "language", "en")
        page.evaluate("chooseOnly([0, 1, 2])")
        assert "no curve was saved" in page.locator("#curves-note").inner_text()
        page.locator("#board button").nth(2).hover()
        assert "2 of 2" in page.locator("#numbers").inner_text()
        page.locator("#epoch").fill("1")
        assert "diverged at epoch" in page.locator("#readings").inner_text()
        page.locator("#about summary").click()
        assert f"MemoryError: {HOSTILE}" in page.locator("#about-body").inner_text()


def test_several_inputs_have_a_board_and_curves_and_a_reason(browser, tmp_path):
    """And the page opens in the language that was asked for."""
    rng = np.random.default_rng(0)
    np.savetxt(tmp_path / "d.csv", rng.random((60, 4)), delimiter=",")
    with language("zh"):
        path = write_page(tmp_path, {"data": str(tmp_path / "d.csv"), **SMALL, "max_epochs": 100})
    with opened(browser, path) as page:
        reach_modules(page)
        assert page.locator("#language input[value=zh]").is_checked()
        assert page.locator("#board-title").inner_text() == PAGE_WORDS["board"].zh
        assert "（输入 3 个，输出 1 个）" in page.locator("#why").inner_text()
        choose_switch(page, "language", "en")
        assert "(inputs: 3, outputs: 1)" in page.locator("#why").inner_text()
        assert page.locator("#player").is_hidden()
        assert page.locator("#inside").is_hidden()
        assert page.locator("#curves path.line").count() > 0
        page.locator("#board button").nth(1).click()
        assert "a single run" in page.locator("#numbers").inner_text()
        page.evaluate("set({level: 2})")
