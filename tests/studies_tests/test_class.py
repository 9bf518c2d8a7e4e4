"""A class is checked: each hand-in, what is alike among them, and the page that shows it."""

import json
import shutil
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from browser import axe_finds_nothing, choose_switch, opened
from cases import each_of
from counts import count, tell
from studies_tests.hand_ins import write_class

from network.data.datasets import generated
from reports.check.class_report import ClassReport, HandInResult, Light
from reports.check.phrases import read_entry
from reports.check.similarity import COPIED, surprises
from studies.checking.check import TableChecker
from studies.checking.hand_ins.files import HandIn
from studies.checking.references.repeats import SEED
from studies.checking.references.shipped import (
    N_REPEATS,
    N_SEEDS,
    Start,
    made_for,
    shipped,
    train_tables,
)
from studies.cli import main
from studies.homework.assignment import grid_plan, seed_from

PLAN = grid_plan(repeats=N_REPEATS)
SHIPPED = shipped(PLAN)
REPEATS, SEEDS = SHIPPED.repeats, SHIPPED.seeds
RATES, SIZES = ("0.1", "0.3", "0.5", "0.7"), (2, 5, 10, 15)


@pytest.fixture(scope="module")
def checker():
    return TableChecker.of(PLAN, SHIPPED.frame(PLAN), SEEDS)


def texts(epochs, accuracies, never=">10000"):
    shown = [never if np.isinf(e) else f"{e:.0f}" for e in epochs]
    return [f"{e} / {a:.3f}" for e, a in zip(shown, accuracies, strict=True)]


def csv_of(cells):
    rows = [f"{size},{','.join(cells[4 * i : 4 * i + 4])}" for i, size in enumerate(SIZES)]
    return "\n".join([f"batch size,{','.join(f'eta={rate}' for rate in RATES)}", *rows, ""])


def table(of, place, never=">10000"):
    return texts(of.epochs[place], of.test_r2[place], never)


def made_up(seed):
    """Return a table whose cells are taken from other repeats each: right alone, not together."""
    places = np.random.default_rng(seed).integers(N_REPEATS, size=16), range(16)
    return REPEATS.epochs[places], REPEATS.test_r2[places]


def check_of(checker, cells):
    return checker.check(HandIn("t.csv", csv_of(cells).encode))


# ---- what comes with the package ----------------------------------------------------------------


def test_the_trials_that_come_with_the_package_are_those_that_are_trained():
    repeats, seeds = [137], [0, N_SEEDS - 1]
    starts = [Start(generated("snake", SEED + n), 0, n) for n in repeats]
    trained = train_tables(PLAN, [*starts, *(Start(PLAN.objective.dataset, n) for n in seeds)])
    for name, values in trained._asdict().items():
        kept = [*getattr(REPEATS, name)[repeats], *getattr(SEEDS, name)[seeds]]
        np.testing.assert_allclose(kept, values, rtol=1e-6)


def test_other_settings_have_no_trials_in_the_package():
    part = grid_plan(learning_rate=[0.7, 0.3], batch_size=5, repeats=50)
    found = shipped(part)
    assert found.repeats.epochs.shape == (N_REPEATS, 2)
    assert (found.repeats.epochs == REPEATS.epochs[:, [7, 5]]).all()
    assert len(found.frame(part)) == 100
    for other in ({"target_loss": 0.002}, {"data": "sine"}, {"learning_rate": 0.2}, {"seed": 1}):
        assert shipped(grid_plan(**{"repeats": 50} | other)) is None
    assert shipped(grid_plan(repeats=201)) is None
    assert made_for(PLAN)["identity"]["training_version"] > 0


def test_the_first_check_of_a_homework_trains_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "t.csv").write_text(csv_of(table(SEEDS, 3)))
    assert main.run(["check", str(tmp_path / "t.csv"), "--strict"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert not (tmp_path / "cache").exists()


# ---- how often honest tables are accused, and made-up ones found --------------------------------


def judged(checker, tables):
    return [check_of(checker, cells).whole for cells in tables]


def test_honest_tables_are_seldom_implausible_or_uneven(checker):
    found = judged(checker, [table(SEEDS, n) for n in range(0, N_SEEDS, 10)])
    assert np.mean([whole.is_implausible for whole in found]) <= 0.01
    assert np.mean([whole.is_uneven for whole in found]) <= 0.03


@pytest.mark.torture
def test_of_many_honest_classes_one_in_a_hundred_is_accused(checker):
    n = count("CLASSES", 1)
    wholes, alike = [], 0
    for data in range(n):
        dataset = generated("snake", 50_000 + data)
        found = train_tables(PLAN, [Start(dataset, 100_000 + 40 * data + k) for k in range(40)])
        results = [HandInResult(str(k), check_of(checker, table(found, k))) for k in range(40)]
        wholes += [each.check.whole for each in results]
        alike += len(ClassReport(results, {}, checker.trained, checker.seeds).clusters)
    accused = np.mean([whole.is_implausible for whole in wholes])
    uneven = np.mean([whole.is_uneven for whole in wholes])
    tell(f"{accused:.2%} implausible, {uneven:.2%} uneven, {alike} groups in {n} classes")
    assert accused <= 0.01
    assert uneven <= 0.02
    assert alike <= 0.05 * n


def test_numbers_without_the_correlation_of_repeats_are_uneven(checker):
    found = judged(checker, [texts(*made_up(n)) for n in range(60)])
    assert np.mean([whole.is_uneven for whole in found]) > 0.9


def test_another_target_or_data_set_is_noticed(checker):
    for other in ({"target_loss": 0.003}, {"data": "sine"}):
        plan = grid_plan(**other)
        starts = [Start(generated(plan.data, 900 + n), 900 + n) for n in range(2)]
        trained = train_tables(plan, starts)
        results = [
            HandInResult(str(n), check_of(checker, table(trained, n))) for n in range(len(starts))
        ]
        assert Light.TYPICAL not in ClassReport(results, {}, checker.trained).lights


def test_copies_are_found_though_one_cell_was_changed(checker):
    checks = []
    for n in range(30):
        copied = table(SEEDS, n, never="10000")  # which is the same as >10000
        copied[n % 16] = "4242 / 0.951"
        checks += [check_of(checker, table(SEEDS, n)), check_of(checker, copied)]
    results = [HandInResult(str(k), check) for k, check in enumerate(checks)]
    report = ClassReport(results, {}, checker.trained)  # the seeds are not known to it
    assert report.clusters == [[2 * n, 2 * n + 1] for n in range(30)]
    assert set(report.lights) == {Light.LOOK}
    known = ClassReport(results, {}, checker.trained, checker.seeds)
    assert [known.seed(2 * n).seed for n in range(30)] == list(range(30))
    assert known.seed(1).n_cells == 15
    assert known.clusters == []  # for all that they share is the tool's own table


def test_a_value_counts_by_how_rare_it_is():
    trained = np.array([[100.0, np.inf]] * 9 + [[150.0, np.inf]])
    np.testing.assert_allclose(
        surprises(np.array([[150.0, np.inf], [50.0, 100.0]]), trained),
        [[1.0, 0.0], [np.log10(20), np.log10(20)]],
    )


def test_hand_ins_with_few_cells_are_not_compared(checker):
    few = ["2000 / 0.97", "3000", "4000", *[""] * 13]
    results = [HandInResult(name, check_of(checker, few)) for name in "ab"]
    assert ClassReport(results, {}, checker.trained, checker.seeds).clusters == []
    assert 3 * np.log10(N_REPEATS) < COPIED


# ---- the class as files -------------------------------------------------------------------------


def hand_in(folder, name, cells, file="table.csv"):
    (folder / name).mkdir(exist_ok=True)
    (folder / name / file).write_text(csv_of(cells), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a class: honest ones, a copy, the tool's tables, made-up ones, and what has no table."""
    folder = tmp_path_factory.mktemp("class")
    for n, name in enumerate(["李雷 20260001", "Anna <b>20260002</b>", "=1+1 20260003", "Ben"]):
        hand_in(folder, name.replace("/", "_"), table(REPEATS, n))
    copied = table(REPEATS, 0, never="10000")
    copied[2] = "5150 / 0.97"
    hand_in(folder, "copy 20260005", copied)
    hand_in(folder, "tool 20260006", table(SEEDS, 7))
    hand_in(folder, "own seed 20260007", exact("20260007"))
    hand_in(folder, "invented", texts(*made_up(0)))
    hand_in(folder, "fast", texts(np.ceil(REPEATS.epochs[5] / 250) * 50, REPEATS.test_r2[5]))
    hand_in(folder, "two files", table(REPEATS, 6), "a.csv")
    hand_in(folder, "two files", table(REPEATS, 6), "b.txt")
    hand_in(folder, "two tables", table(REPEATS, 7), "draft.csv")
    hand_in(folder, "two tables", table(REPEATS, 8), "final.csv")
    (folder / "none").mkdir()
    (folder / "none" / "report.md").write_text("# Anna's report\n\nSorry.\n")
    (folder / "none" / "photo.png").write_bytes(b"x")
    (folder / "alone.csv").write_text(csv_of([*table(REPEATS, 9)[:14], "4oo0", ""]))
    return folder


def exact(number):
    trained = train_tables(PLAN, [Start(PLAN.objective.dataset, seed_from(number))])
    return table(trained, 0)


def check(folder, out, *arguments):
    return main.run(["check", str(folder), "--out", str(out), "--quiet", *arguments])


@pytest.fixture(scope="module")
def out(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "class-check"
    assert check(folder, out, "--json", str(out.parent / "class.json")) == 0
    return out


def rows_of(out):
    return pd.read_csv(out / "class.csv", keep_default_na=False).set_index("hand_in")


def test_each_student_has_a_row_with_a_light(out):
    rows = rows_of(out)
    assert rows.light.to_dict() == {
        "'=1+1 20260003": "typical",
        "Anna <b>20260002<_b>": "typical",
        "Ben": "typical",
        "alone.csv": "look",
        "copy 20260005": "look",
        "fast": "implausible",
        "invented": "look",
        "none": "unread",
        "own seed 20260007": "typical",
        "tool 20260006": "typical",
        "two files": "typical",
        "two tables/draft.csv": "typical",
        "two tables/final.csv": "typical",
        "李雷 20260001": "look",
    }
    assert rows.seed[rows.seed != ""].to_dict() == {"tool 20260006": "7"}
    assert rows.alike["copy 20260005"] == "李雷 20260001"
    assert rows.files["two files"] == "two files/a.csv; two files/b.txt"
    assert rows.missing["alone.csv"] == "1"
    assert "no table that can be read" in rows.problem["none"]
    content = json.loads((out.parent / "class.json").read_text())
    assert content["skipped"] == {"none/photo.png": "no table is read from .png files"}
    assert [pair["shared"] for pair in content["alike"]] == [15]


def test_the_workbook_has_the_same_rows_and_no_formulas(out):
    book = openpyxl.load_workbook(out / "class.xlsx")
    head, *rows = book["hand-ins"].iter_rows(values_only=True)
    expected = rows_of(out)
    assert list(head) == ["hand_in", *expected.columns]
    assert [row[0] for row in rows] == list(expected.index)
    assert {cell.data_type for row in book["hand-ins"] for cell in row} <= {"inlineStr", "s", "n"}
    assert [row[:3] for row in book["alike"].iter_rows(min_row=2, values_only=True)] == [
        ("copy 20260005", "李雷 20260001", 15)
    ]


def test_each_student_gets_a_letter_that_names_nobody_else(out):
    letters = sorted((out / "feedback").iterdir())
    assert len(letters) == 14
    of = {path.name[4:-3]: path.read_text(encoding="utf-8") for path in letters}
    assert "All 16 cells are as the experiment usually gives them" in of["Ben"]
    assert "initial weights of its own" in of["invented"]
    assert "found no table" in of["none"]
    assert "（" not in of["Ben"]
    assert "李雷" not in of["copy 20260005"]
    assert "nothing is entered yet" in of["alone.csv"]
    assert "<b>" not in of["Anna _b_20260002__b_"]


def test_names_and_cells_with_any_signs_are_written(tmp_path):
    for name in ("a\x1b[31m\nb", "\u202ec", "x" * 200, "CON"):
        hand_in(tmp_path, name, ["\x0c1\x1b"] * 16)
    assert check(tmp_path, tmp_path / "out") == 0
    shown = openpyxl.load_workbook(tmp_path / "out" / "class.xlsx")["hand-ins"]
    assert len(list((tmp_path / "out" / "feedback").iterdir())) == shown.max_row - 1 == 4
    assert shown["A4"].value == "a?[31m?b"


def test_a_hand_in_is_said_to_be_like_those_only_that_it_shares_cells_with(checker):
    converging = np.argsort(np.isinf(REPEATS.epochs).sum(axis=1))
    first, last = (table(REPEATS, k) for k in converging[:2])
    half = [*first[:8], *last[8:]]
    found = [HandInResult(str(k), check_of(checker, t)) for k, t in enumerate((first, half, last))]
    report = ClassReport(found, {}, checker.trained)
    assert report.clusters == [[0, 1, 2]]
    assert [report.alike(k) for k in range(3)] == [["1"], ["0", "2"], ["1"]]
    assert report.pairs()[["one", "other"]].to_numpy().tolist() == [["0", "1"], ["1", "2"]]


def test_a_second_check_replaces_the_first_and_other_folders_are_left_alone(folder, out, tmp_path):
    before = (out / "class.html").read_bytes()
    assert check(folder, out) == 0
    assert (out / "class.html").read_bytes() == before
    inside = tmp_path / "class"
    shutil.copytree(folder, inside)
    for _ in range(2):  # the answer is no hand-in
        assert check(inside, inside / "class-check") == 0
    assert len(rows_of(inside / "class-check")) == 14


def test_scripts_are_told_by_the_exit_code(folder, tmp_path):
    assert check(folder, tmp_path / "out", "--strict") == 1
    for name, code in (("Ben", 0), ("fast", 1)):
        assert main.run(["check", str(folder / name / "table.csv"), "--strict"]) == code
    unread = folder / "none" / "report.md"
    assert main.run(["check", str(unread), "--strict"]) == 1
    assert main.run(["check", str(unread)]) == 2
    assert main.run(["check", str(tmp_path / "nowhere.md"), "--strict"]) == 2
    shutil.copytree(folder / "Ben", tmp_path / "class" / "Ben")
    assert check(tmp_path / "class", tmp_path / "good", "--strict") == 0
    shutil.copytree(folder / "none", tmp_path / "class" / "none")
    assert check(tmp_path / "class", tmp_path / "unread", "--strict") == 1


def test_tables_are_checked_against_the_seed_of_each_student(folder, tmp_path):
    few = tmp_path / "class"
    for name in ("own seed 20260007", "tool 20260006", "Ben"):
        shutil.copytree(folder / name, few / name)
    with zipfile.ZipFile(few / "two 20260008.ZIP", "w") as archive:
        for n in (0, 1):
            archive.writestr(f"{n}.csv", csv_of(table(REPEATS, n)))
    assert check(few, tmp_path / "out", "--seed-from", "names", "--strict") == 1
    rows = rows_of(tmp_path / "out")
    assert rows.light.tolist() == ["typical", "typical", *["implausible"] * 3]
    assert "All cells that can be read are those" in rows.what["own seed 20260007"]
    assert "Not as sweep assignment --seed-from 20260006" in rows.what["tool 20260006"]


def test_nothing_names_anybody_in_an_anonymous_check(folder, tmp_path, capsys):
    out = tmp_path / "out"
    shutil.copytree(folder, tmp_path / "class")
    with zipfile.ZipFile(tmp_path / "class" / "Ben" / "tables.zip", "w") as archive:
        archive.writestr("Ben.zip", b"")  # the reason why it is skipped may name it
    assert check(folder, out) == 0  # whose letters have names
    names = ["--anonymous", "--json", "-", "--seed-from", "names"]
    capsys.readouterr()
    assert check(tmp_path / "class", out, *names) == 0
    output = capsys.readouterr()
    shown = [output.out, output.err, *(p.name for p in out.rglob("*"))]
    shown += [
        p.read_text(encoding="utf-8") for p in out.rglob("*") if p.suffix != ".xlsx" and p.is_file()
    ]
    shown += [
        str(cell.value)
        for sheet in openpyxl.load_workbook(out / "class.xlsx")
        for row in sheet
        for cell in row
    ]
    numbers = ("20260006", str(seed_from("20260006")))
    for name in ("Anna", "李雷", "Ben", *numbers, "invented", "draft"):
        assert not [text for text in shown if name in text]
    assert "02" in rows_of(out).index.astype(str).str.zfill(2).tolist()


# ---- the page -----------------------------------------------------------------------------------


@pytest.fixture
def page(browser, out):
    with opened(browser, out / "class.html") as page:
        yield page


def names(page):
    return page.locator("#list tbody th").all_inner_texts()


def test_the_list_is_sorted_filtered_and_walked(page):
    assert names(page)[0] == "fast"
    assert names(page)[-1] == "none"
    page.locator("#sort-name").click()
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Hand-in")
    page.locator("#sort-name").click()
    assert names(page)[0] in ("李雷 20260001", "two tables/final.csv")
    page.locator("#filter").fill("TWO ")
    assert sorted(names(page)) == ["two files", "two tables/draft.csv", "two tables/final.csv"]
    page.locator("#filter").fill("nobody")
    assert page.locator("#count").inner_text() == "No hand-in matches."
    page.locator("#filter").fill("")
    choose_switch(page, "lights", "alike only")
    assert sorted(names(page)) == ["copy 20260005", "李雷 20260001"]
    choose_switch(page, "lights", "all")
    page.locator("#list tbody button").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.innerText") == names(page)[1]
    assert names(page)[1] in page.locator("#details h3").first.inner_text()


def test_a_hand_in_is_shown_beside_the_ranges_with_its_feedback(page):
    page.get_by_role("button", name="alone.csv").click()
    details = page.locator("#details")
    cells = details.locator("tbody td .text").all_inner_texts()
    assert cells[0] == f"{table(REPEATS, 9)[0]} ✓"
    assert cells[-2:] == ["4oo0 ?", "∅"]
    assert details.locator("tbody td .note").first.inner_text() == "4300 (1750 – >10000)"
    details.locator("summary").click()
    details.locator("#copy").click()
    details.locator("[role=status]:not(:empty)").wait_for()
    choose_switch(page, "language", "zh")
    assert "给 alone.csv 的反馈" in details.locator("pre").inner_text()
    page.get_by_role("button", name="none", exact=True).click()
    assert "no table that can be read" in details.inner_text()


def test_what_is_alike_is_shown_and_leads_to_the_two(page):
    assert page.locator(".square").count() == 13 * 12 / 2
    assert page.locator(".square.alike").count() == 1
    page.locator(".square.alike").hover()
    assert "15 cells in common" in page.locator("#similarity .said").inner_text()
    page.locator("#similarity li button").first.click()
    assert page.locator(".looked th").inner_text() == "copy 20260005"


@each_of(("name", "scheme", "width"), [("en", "light", 1280), ("zh", "dark", 320)])
def test_axe_finds_nothing(page, name, scheme, width):
    axe_finds_nothing(page, name, scheme, width)


def test_a_class_without_tables_has_a_page(browser, tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.md").write_text("nothing")
    assert check(tmp_path / "class", tmp_path / "out") == 0
    with opened(browser, tmp_path / "out" / "class.html") as page:
        assert names(page) == ["a.md"]


def test_cells_are_read_as_their_texts_say(checker):
    cells = check_of(checker, table(REPEATS, 0)).judged
    assert [cell.entry for cell in cells] == [read_entry(text) for text in table(REPEATS, 0)]


def test_forty_hand_ins_of_all_kinds_are_checked_together(browser, tmp_path):
    write_class(tmp_path / "class")
    assert check(tmp_path / "class", tmp_path / "out", "--lang", "zh") == 0
    rows = rows_of(tmp_path / "out")
    assert len(rows) == 40
    assert "unread" not in set(rows.light)
    with opened(browser, tmp_path / "out" / "class.html") as page:
        assert len(names(page)) == 40
        assert page.locator("#headline").inner_text().startswith("共 40 份作业：")
