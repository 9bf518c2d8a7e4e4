"""Runs side by side: differences of the cells, as counted from the runs' own tables."""

import numpy as np
import pandas as pd
import pytest
from undrawn import draw_nothing

from studies.cli import main
from studies.homework import assignment

pytestmark = pytest.mark.usefixtures("no_figures")

QUESTION = {
    "learning_rate": [0.3, 0.7],
    "batch_size": [5, 15],
    "max_epochs": 300,
    "target_loss": 0.008,
    "eval_every": 10,
    "repeats": 6,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_nothing(monkeypatch)
        assignment.run(folder / "constant", **QUESTION)
        assignment.run(folder / "decaying", **QUESTION, decay="cosine")
        few = QUESTION | {"repeats": 2, "batch_size": [5]}
        assignment.run(folder / "other seed", **few, seed=1)
    return folder


def medians(directory):
    trials = pd.read_csv(directory / "trials.csv")
    spent = trials.epochs.where(trials.state == "converged", np.inf)
    groups = spent.groupby([trials.batch_size, trials.learning_rate])
    middle_two = groups.apply(lambda cell: np.sort(cell)[[(len(cell) - 1) // 2, len(cell) // 2]])
    return middle_two.map(np.mean)


def compare(runs, out, *names, lang="en"):
    paths = [str(runs / name) for name in names]
    code = main.run(["compare", *paths, "--out", str(out), "--lang", lang])
    assert code == 0
    return pd.read_csv(out / "comparison.csv"), (out / "report.md").read_text()


def test_each_cell_has_both_medians_and_their_difference(runs, tmp_path, capsys):
    rows, report = compare(runs, tmp_path / "out", "constant", "decaying")
    cells = rows.set_index(["batch_size", "learning_rate"])
    for name, directory in (("first", "constant"), ("other", "decaying")):
        expected = medians(runs / directory)
        assert (cells[name] == expected.reindex(cells.index)).all()
    both = np.isfinite(cells["first"]) & np.isfinite(cells.other)
    assert both.any()
    assert (cells.difference[both] == (cells.other - cells["first"])[both]).all()
    assert cells.difference[~both].isna().all()
    fewer = int((cells.other < cells["first"]).sum())
    said = capsys.readouterr().out
    assert f"decaying takes fewer epochs than constant in {fewer}, more in" in said
    assert "| learning-rate schedule | constant | cosine |" in " ".join(report.split())
    for name in ("ratios_1", "curves_1"):
        assert f"figures/{name}.png" in report


def test_runs_with_other_luck_are_not_paired(runs, tmp_path, capsys):
    rows, _ = compare(runs, tmp_path / "out", "constant", "other seed")
    assert set(rows.batch_size) == {5}
    assert rows.low.isna().all()
    assert "initial weights, sample orders or data" in capsys.readouterr().out


def test_paired_repeats_give_intervals_that_hold_what_repeats_did(runs, tmp_path):
    rows, _ = compare(runs, tmp_path / "out", "constant", "decaying")
    a, b = (pd.read_csv(runs / name / "trials.csv") for name in ("constant", "decaying"))
    names = ["batch_size", "learning_rate", "repeat"]
    both = a.merge(b, on=names, suffixes=("", "_b"))
    both = both[(both.state == "converged") & (both.state_b == "converged")]
    ratio = (both.epochs_b / both.epochs).groupby([both.batch_size, both.learning_rate])
    whole = [cell for cell, k in ratio.size().items() if k == 6]
    assert whole
    cells = rows.set_index(["batch_size", "learning_rate"])
    for cell in whole:  # with six repeats the interval goes from the smallest to the largest
        ratios = ratio.get_group(cell)
        assert cells.low[cell] == pytest.approx(ratios.min())
        assert cells.high[cell] == pytest.approx(ratios.max())


def test_three_runs_are_held_against_the_first_in_chinese_too(runs, tmp_path, capsys):
    names = ("constant", "decaying", "other seed")
    rows, report = compare(runs, tmp_path / "out", *names, lang="zh")
    assert set(rows.run) == {"decaying", "other seed"}
    assert "运行对比" in report
    assert "两者共有 4 格" in capsys.readouterr().out


def test_an_earlier_comparison_is_replaced_and_other_files_are_not(runs, tmp_path, capsys):
    names = ("constant", "decaying", "other seed")
    compare(runs, tmp_path / "out", *names)
    (tmp_path / "out" / "figures").mkdir(exist_ok=True)
    (tmp_path / "out" / "figures" / "ratios_2.png").write_bytes(b"")  # as if it were drawn
    compare(runs, tmp_path / "out", *names[:2])
    assert not (tmp_path / "out" / "figures" / "ratios_2.png").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    arguments = [str(runs / "constant"), str(runs / "decaying"), "--out", str(tmp_path / "full")]
    assert main.run(["compare", *arguments]) == 2
    assert "has other files in it" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["notes.txt"]


def test_what_cannot_be_compared_is_refused(runs, tmp_path, capsys):
    out = ["--out", str(tmp_path / "out")]
    assert main.run(["compare", str(runs / "constant"), *out]) == 2
    assert "takes two run directories or more, got 1" in capsys.readouterr().err
    wide = {"repeats": 1, "batch_size": [30], "max_epochs": 10}
    assignment.run(tmp_path / "wide", **QUESTION | wide)
    assert main.run(["compare", str(runs / "constant"), str(tmp_path / "wide"), *out]) == 2
    assert "has no cell in common" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


TOML = """
repeats = 6

[axes]
init = ["he", "xavier"]
learning_rate = {rates}

[settings]
batch_size = 15
max_epochs = 300
target_loss = 0.008
eval_every = 10
decay = "{decay}"
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Run TOML studies: two with two axes, and one with the first axis only."""
    folder = tmp_path_factory.mktemp("own")
    texts = {
        "constant": TOML.format(rates="[0.3, 0.7]", decay="constant"),
        "decaying": TOML.format(rates="[0.7, 0.9]", decay="cosine"),
        "one axis": TOML.replace("learning_rate = {rates}\n", "")
        .replace("[settings]", "[settings]\nlearning_rate = 0.7")
        .format(decay="constant"),
    }
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_nothing(monkeypatch)
        for name, text in texts.items():
            (folder / f"{name}.toml").write_text(text)
            arguments = [str(folder / f"{name}.toml"), "--out", str(folder / name), "--quiet"]
            assert main.run(["run", *arguments]) == 0
    return folder


@pytest.mark.draws
def test_runs_with_axes_of_their_own_are_compared_by_these(own, tmp_path, capsys):
    rows, report = compare(own, tmp_path / "out", "constant", "decaying")
    assert set(rows.learning_rate) == {0.7}  # the only one in both
    cells = rows.set_index(["learning_rate", "init"])
    for name, directory in (("first", "constant"), ("other", "decaying")):
        trials = pd.read_csv(own / directory / "trials.csv")
        for init in ("he", "xavier"):
            cell = trials[(trials.init == init) & (trials.learning_rate == 0.7)]
            spent = np.sort(np.where(cell.state == "converged", cell.epochs, np.inf))
            assert cells[name][0.7, init] == (spent[2] + spent[3]) / 2
    assert "Of the 2 cells in both runs" in capsys.readouterr().out
    assert "| learning-rate schedule | constant | cosine |" in " ".join(report.split())
    for name in ("ratios_1", "curves_1"):
        content = (tmp_path / "out" / "figures" / f"{name}.png").read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 5000


def test_an_axis_that_one_run_lacks_has_its_fixed_value_there(own, tmp_path, capsys):
    rows, _ = compare(own, tmp_path / "out", "one axis", "constant")
    assert set(rows.learning_rate) == {0.7}
    assert (rows.ratio.dropna() == 1).all()  # the same trials
    rows, report = compare(own, tmp_path / "out", "one axis", "one axis")
    assert list(rows.init) == ["he", "xavier"]
    assert "learning_rate" not in rows
    assert "initial weights" in report
