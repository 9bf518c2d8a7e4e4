"""Tables, figures, findings and the page's board show the axes that they are given, by name."""

import numpy as np
import pandas as pd
from cases import each_of

from reports.figures import heat_maps, losses
from reports.findings import grid
from reports.page.boards import PLACE, boards
from reports.page.cells import records
from reports.statistics import by_cell
from reports.statistics.measure import Measure
from reports.tables.best import best
from reports.tables.latex import to_latex
from reports.tables.spreads import spread_table
from reports.tables.tables import cells, table, to_csv, to_markdown
from reports.words import Text, language

MEASURE = Measure(target=0.001)
KNOWN, UNKNOWN = ("n_hidden", "learning_rate"), ("a", "b")
ROWS, COLUMNS, REPEATS = (2, 4), (0.5, 2.0), 12


def trials_of(down, across):
    """Make trials that take fewer epochs the larger both axes are; one cell never converges."""
    rows = []
    for row in ROWS:
        for column in COLUMNS:
            for repeat in range(REPEATS):
                epochs = int(1000 / (row * column)) + 10 * repeat
                used_up = (row, column) == (2, 0.5)
                rows.append(
                    {
                        across: column,
                        down: row,
                        "repeat": repeat,
                        "state": "exhausted" if used_up else "converged",
                        "epochs": epochs,
                        "updates": 9 * epochs,
                        "train_loss": 0.002,
                        "validation_loss": 0.001,
                        "test_r2": 0.5 if used_up else 0.9,
                    }
                )
    return pd.DataFrame(rows)


NAMES = {
    ("en", KNOWN): "hidden units \\ learning rate",
    ("zh", KNOWN): "隐层神经元数 \\ 学习率",
    ("en", UNKNOWN): "a \\ b",
    ("zh", UNKNOWN): "a \\ b",
}


@each_of(("name", "axes"), NAMES)
def test_tables_name_their_axes(name, axes):
    summary = cells(trials_of(*axes), axes)
    shown, found = table(summary), best(summary)
    with language(name):
        for text in (
            to_markdown(shown, found),
            to_markdown(spread_table(by_cell.of_cells(trials_of(*axes), axes))),
            to_latex([(shown, found, Text("", ""))]).replace("\\textbackslash{}", "\\"),
        ):
            assert NAMES[name, axes] in text
            assert "batch" not in text
            assert "批" not in text
    assert "**180 / 0.900**" in to_markdown(shown, found)
    assert to_csv({4: shown}).startswith(f"{axes[0]},0.5,2\n2,")


@each_of(
    ("axes", "en", "zh"),
    [
        (KNOWN, "4 hidden units, learning rate 2: 180", "4 个隐层神经元，学习率 2：180"),
        (UNKNOWN, "a 4, b 2: 180", "a 4，b 2：180"),
    ],
)
def test_the_best_combination_is_named_by_its_axes(axes, en, zh):
    found = best(cells(trials_of(*axes), axes))
    assert found.place == (4, 2.0)
    assert en in found.sentence.en
    assert zh in found.sentence.zh


@each_of(
    ("axes", "said"),
    [
        (KNOWN, ["(4 hidden units, η 2)", "(2 hidden units, η 0.5)"]),
        (UNKNOWN, ["(a 4, b 2)", "(a 2, b 0.5)"]),
    ],
)
def test_findings_name_cells_by_their_axes_and_speak_of_no_others(axes, said):
    found = {each.kind: each for each in grid.of_grid(trials_of(*axes), axes, 100)}
    assert said[0] in found["best"].text.en
    assert said[1] in found["never"].text.en
    assert found["best"].cells == ((4, 2.0),)
    assert "law" not in found
    assert all("batch size" not in each.text.en for each in found.values())


def test_figures_name_their_axes():
    summary = cells(trials_of(*UNKNOWN), UNKNOWN)
    numbers, words = (table(summary, name) for name in ("epochs", "epochs_text"))
    (ax,) = heat_maps.epochs_map(numbers, words, MEASURE, best=(4, 2.0)).axes
    assert (ax.get_ylabel(), ax.get_xlabel()) == UNKNOWN
    history = pd.concat(
        pd.DataFrame({"a": a, "b": b, "repeat": 0, "epoch": [50, 100]})
        for a in ROWS
        for b in (1, 2)
    ).assign(batch_loss=0.1, validation_loss=0.05)
    figure = losses.cells(history, 0.001, UNKNOWN)
    assert [ax.get_title() for ax in figure.axes] == ["b 1", "b 2", "", ""]
    assert [figure.axes[i].get_ylabel() for i in (0, 2)] == ["a 2", "a 4"]


@each_of("axes", [KNOWN, UNKNOWN])
def test_the_pages_board_has_the_same_numbers_as_the_tables(axes):
    trials = trials_of(*axes)
    (board,) = boards(trials, [axes[1], axes[0]])
    assert [axis.name.zh for axis in (board.rows, board.columns)] == (
        ["隐层神经元数", "学习率 η"] if axes is KNOWN else ["a", "b"]
    )
    assert [value.en for value in board.columns.values] == ["0.5", "2"]
    placed = board.located(trials)
    won = by_cell.winners(placed, PLACE)
    found = by_cell.of_cells(placed, PLACE).assign(wins=won.wins, p=won.p, law_epochs=np.nan)
    shown = [record["shown"] for record in records(placed, found, MEASURE)]
    for cost in by_cell.COSTS:
        assert [each[cost][0] for each in shown] == cells(trials, axes, cost).cost_text.tolist()
    assert board.long((1, 1)) == (
        Text("4 hidden units, learning rate 2", "4 个隐层神经元，学习率 2")
        if axes is KNOWN
        else Text("a 4, b 2", "a 4，b 2")
    )
