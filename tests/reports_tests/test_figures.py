"""What the figures show: each test reads back what was drawn."""

import io
import subprocess
import sys
from functools import partial
from itertools import pairwise, product

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports.figures import fits, heat_maps, losses
from reports.statistics.measure import Measure

TARGET = 0.001
MEASURE = Measure(target=TARGET)

rate_curves = partial(losses.loss_curves, by="learning_rate")
each_cell = partial(losses.cells, by=("batch_size", "learning_rate"))


def by_batch_size(history, target):
    return losses.by_panel(history, Measure(target=target), "batch_size", "learning_rate")


def by_learning_rate(history, target):
    return losses.by_panel(history, Measure(target=target), "learning_rate", "batch_size")


NAN, INF = float("nan"), float("inf")


def a_history(losses: dict[tuple[float, object, int], list[float]]) -> pd.DataFrame:
    """Make the history of trials from (learning rate, batch size, repeat) and losses."""
    trial, measures = (
        ["learning_rate", "batch_size", "n_hidden", "repeat"],
        ["batch_loss", "validation_loss"],
    )
    return pd.DataFrame(
        [
            {
                "learning_rate": rate,
                "batch_size": size,
                "n_hidden": 4,
                "repeat": repeat,
                "epoch": 50 * (i + 1),
                "batch_loss": 2 * loss,
                "validation_loss": loss,
            }
            for (rate, size, repeat), curve in losses.items()
            for i, loss in enumerate(curve)
        ],
        columns=[*trial, "epoch", *measures],
    )


def a_grid(rates: list[float], sizes: list[object], repeats: int = 1) -> pd.DataFrame:
    """Make a history in which every trial converges with its third evaluation."""
    cells = product(rates, sizes, range(repeats))
    return a_history({cell: [0.04, 0.008, 0.0009] for cell in cells})


def an_axes() -> Axes:
    return Figure().add_subplot()


def curve_of(ax: Axes, label: str) -> tuple[list[float], list[float]]:
    (line,) = [line for line in ax.get_lines() if line.get_label() == label]
    return np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()


def texts(ax: Axes) -> str:
    return "\n".join(text.get_text() for text in ax.texts)


def rendered(figure: Figure, *kinds: str) -> None:
    """Draw a figure for good, as PNG or as all these; warnings are errors here."""
    for kind in kinds or ("png",):
        figure.savefig(io.BytesIO(), format=kind, dpi=40)


def test_the_median_lets_a_trial_that_stopped_keep_its_last_loss() -> None:
    history = a_history(
        {
            (0.1, 5, 0): [0.010, 0.0009],
            (0.1, 5, 1): [0.030, 0.0200, 0.0150, 0.0008],
            (0.1, 5, 2): [0.020, 0.0300, 0.0040, 0.0030],
        }
    )
    curve = losses.median_curve(history, MEASURE)
    assert list(curve.index) == [50, 100, 150, 200]
    assert list(curve["median"]) == [0.020, 0.0200, 0.0040, 0.0009]
    assert list(curve["better"]) == [0.010, 0.0009, 0.0009, 0.0008]
    assert list(curve["worse"]) == [0.030, 0.0300, 0.0150, 0.0030]


def test_the_band_leaves_out_a_quarter_of_the_repeats_at_either_side() -> None:
    history = a_history({(0.1, 5, i): [0.01 * (i + 1)] for i in range(9)})
    curve = losses.median_curve(history, MEASURE)
    assert curve.loc[50].to_dict() == pytest.approx({"median": 0.05, "better": 0.03, "worse": 0.07})


def test_the_median_ends_with_the_evaluation_by_which_more_than_half_of_the_repeats_converged() -> (
    None
):
    history = a_history(
        {
            (0.1, 5, 0): [0.02, 0.0009],
            (0.1, 5, 1): [0.02, 0.0100, 0.0009],
            (0.1, 5, 2): [0.02, 0.0100, 0.0100, 0.0009],
            (0.1, 5, 3): [0.02, 0.0100, 0.0100, 0.01, 0.01],
        }
    )
    assert list(losses.median_curve(history, MEASURE).index) == [50, 100, 150, 200]


@pytest.mark.parametrize("broken", [NAN, INF])
def test_a_diverged_repeat_counts_as_worse_than_any_other(broken: float) -> None:
    history = a_history(
        {
            (9.0, 5, 0): [0.02, broken],
            (9.0, 5, 1): [0.02, 0.01, 0.005],
            (9.0, 5, 2): [0.02, 0.009, 0.004],
        }
    )
    curve = losses.median_curve(history, MEASURE)
    assert list(curve["median"]) == [0.02, 0.01, 0.005]
    assert list(curve["worse"]) == [0.02, INF, INF]


def test_a_curve_is_the_validation_loss_against_the_epoch_on_a_log_axis() -> None:
    history = a_history({(0.1, 5, 0): [0.03, 0.02, 0.01], (0.5, 5, 0): [0.02, 0.0009]})
    ax = an_axes()
    assert rate_curves(history, ax, measure=MEASURE) is ax
    assert ax.get_yscale() == "log"
    assert curve_of(ax, "0.1") == ([50, 100, 150], [0.03, 0.02, 0.01])
    assert curve_of(ax, "0.5") == ([50, 100], [0.02, 0.0009])
    assert set(curve_of(ax, "target 0.001")[1]) == {TARGET}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "validation loss")


def test_only_a_curve_that_reached_the_target_has_a_marker_at_its_end() -> None:
    history = a_history({(0.1, 5, 0): [0.03, 0.02, 0.01], (0.5, 5, 0): [0.02, 0.0009]})
    ax = rate_curves(history, an_axes(), measure=MEASURE)
    assert {line.get_label(): line.get_markevery() for line in ax.get_lines()[:2]} == {
        "0.1": [],
        "0.5": [1],
    }


def test_one_repeat_has_no_band_and_several_have_one_for_each_curve() -> None:
    one, several = (
        a_grid([0.1, 0.5], [5]),
        a_history({(rate, 5, r): [0.02 + 0.01 * r, 0.01] for rate in (0.1, 0.5) for r in range(3)}),
    )
    assert len(rate_curves(one, an_axes(), measure=MEASURE).collections) == 0
    bands = rate_curves(several, an_axes(), measure=MEASURE).collections
    assert len(bands) == 2
    heights = np.asarray(bands[0].get_paths()[0].vertices)[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.01, 0.04))


def test_the_legend_is_titled_and_sorted_with_the_full_batch_last() -> None:
    history = a_grid([0.5], ["full", 15, 2])
    ax = losses.loss_curves(history, an_axes(), by="batch_size", measure=MEASURE)
    legend = ax.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "batch size"
    words = [text.get_text() for text in legend.get_texts()]
    assert words == ["2", "15", "full", "target 0.001"]


def test_curves_differ_in_more_than_colour_and_grow_lighter() -> None:
    ax = rate_curves(a_grid([0.1, 0.3, 0.5, 0.7], [5]), an_axes(), measure=MEASURE)
    lines = ax.get_lines()[:4]
    assert len({str(line.get_marker()) for line in lines}) == 4
    assert len({str(line._dash_pattern) for line in lines}) == 4  # type: ignore[attr-defined]
    greys = [np.dot(to_rgb(line.get_color()), (0.3, 0.59, 0.11)) for line in lines]
    assert all(lighter - darker > 0.05 for darker, lighter in pairwise(greys))


def test_what_diverged_is_named_and_does_not_squeeze_the_others() -> None:
    history = a_history(
        {
            (0.1, 5, 0): [0.03, 0.02, 0.01],
            (9.0, 5, 0): [0.5, 1e200, INF],
            (50.0, 5, 0): [NAN],
            (70.0, 5, 0): [9.0, 1e7, 1e6],
        }
    )
    ax = rate_curves(history, an_axes(), measure=MEASURE, legend=False)
    assert texts(ax) == "diverged: 9, 50\noff the scale: 70"
    bottom, top = ax.get_ylim()
    assert bottom < TARGET
    assert 0.03 < top < 10
    rendered(ax.get_figure(root=True))  # type: ignore[arg-type]


def test_there_is_a_panel_for_each_batch_size_and_in_it_a_curve_for_each_learning_rate() -> None:
    figure = by_batch_size(a_grid([0.1, 0.3, 0.5], [15, 2, "full", 5]), TARGET)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["batch size 2", "batch size 5", "batch size 15", "batch size full"]
    for ax in figure.axes:
        assert [line.get_label() for line in ax.get_lines()[:3]] == ["0.1", "0.3", "0.5"]
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in figure.axes}) == 1
    assert [ax.get_legend() is not None for ax in figure.axes] == [False, True, False, False]


def test_there_is_a_panel_for_each_learning_rate_and_in_it_a_curve_for_each_batch_size() -> None:
    figure = by_learning_rate(a_grid([0.1, 0.3], [2, 5, 10]), TARGET)
    assert [ax.get_title() for ax in figure.axes] == [
        "learning rate η 0.1",
        "learning rate η 0.3",
    ]
    assert [line.get_label() for line in figure.axes[0].get_lines()[:3]] == ["2", "5", "10"]


def test_a_value_looks_the_same_in_a_panel_that_lacks_others() -> None:
    history = a_history({(0.1, 2, 0): [0.02], (0.5, 2, 0): [0.02], (0.5, 5, 0): [0.02]})
    both, one = by_batch_size(history, TARGET).axes
    assert curve_of(one, "0.1") == ([], [])
    assert both.get_lines()[1].get_color() == one.get_lines()[1].get_color()


def test_the_title_says_how_many_repeats_a_median_has() -> None:
    figure = by_batch_size(a_grid([0.1], [2], repeats=7), TARGET)
    assert "median of 7 repeats" in figure.get_suptitle()
    assert "repeats" not in by_batch_size(a_grid([0.1], [2]), TARGET).get_suptitle()


def test_words_and_numbers_stand_at_the_outer_panels_only() -> None:
    figure = by_batch_size(a_grid([0.1], [2, 5, 10, 15, 30]), TARGET)
    assert [bool(ax.get_xlabel()) for ax in figure.axes] == [False, False, True, True, True]
    assert [bool(ax.get_ylabel()) for ax in figure.axes] == [True, False, False, True, False]


def test_cells_has_a_panel_for_each_combination_with_both_losses() -> None:
    figure = each_cell(a_grid([0.1, 0.3, 0.5], [2, 5]), TARGET)
    assert [ax.get_title() for ax in figure.axes[:3]] == ["η = 0.1", "η = 0.3", "η = 0.5"]
    assert [figure.axes[i].get_ylabel() for i in (0, 3)] == ["batch size 2", "batch size 5"]
    for ax in figure.axes:
        assert ax.get_yscale() == "log"
        assert curve_of(ax, "validation loss") == ([50, 100, 150], [0.04, 0.008, 0.0009])
        assert curve_of(ax, "loss on the last mini-batch")[1] == [0.08, 0.016, 0.0018]
        assert set(curve_of(ax, "target 0.001")[1]) == {TARGET}
    assert len(figure.axes) == 6
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in figure.axes}) == 1


def test_of_many_values_few_are_drawn_evenly_chosen_with_both_ends_and_it_is_said() -> None:
    many = a_grid([round(0.01 * n, 2) for n in range(1, 41)], [2, 5])
    figure = by_learning_rate(many, TARGET)
    titles = [ax.get_title() for ax in figure.axes]
    assert len(titles) == 12
    assert titles[0].endswith(" 0.01")
    assert titles[-1].endswith(" 0.4")
    said = " ".join(text.get_text() for text in figure.texts)
    assert "learning rate η: 12 of 40 values" in said
    assert len(each_cell(many, TARGET).axes) == 24


def test_a_map_of_many_values_has_colours_without_words() -> None:
    numbers = np.linspace(100, 5000, 100).reshape(2, 50)
    numbers[0, 0] = INF
    table = pd.DataFrame(numbers, index=[2, 5], columns=np.arange(50.0))
    figure = heat_maps.epochs_map(table, table.map(str), MEASURE, best=(5, 49.0))
    (ax,) = figure.axes
    assert texts(ax) == ""
    (image,) = ax.images
    assert image.get_array().shape == (2, 50, 4)
    assert len(ax.get_xticks()) == heat_maps.MOST_BOXES
    rendered(figure)


def test_a_cell_says_what_came_of_it() -> None:
    history = a_history(
        {
            (0.1, 2, 0): [0.02, 0.0009],
            (0.5, 2, 0): [0.02, 0.01],
            (0.1, 5, 0): [0.02, INF],
            (0.5, 9, 0): [9.0, 1e8],
        }
    )
    figure = each_cell(history, TARGET)
    assert [texts(ax) for ax in figure.axes] == [
        *("100 epochs", "not reached"),
        *("diverged", "no history"),
        *("no history", "off the scale"),
    ]
    rendered(figure)


def test_cells_shows_the_first_of_several_repeats_and_says_so() -> None:
    history = a_history({(0.1, 2, 0): [0.02, 0.01], (0.1, 2, 1): [0.03, 0.02]})
    figure = each_cell(history, TARGET)
    assert curve_of(figure.axes[0], "validation loss")[1] == [0.02, 0.01]
    assert "repeat 0 of 2" in figure.get_suptitle()


@pytest.mark.parametrize(("n_rates", "n_sizes"), [(1, 1), (6, 1), (1, 6), (3, 2)])
def test_grids_of_any_shape_are_drawn_without_a_warning(n_rates: int, n_sizes: int) -> None:
    history = a_grid([0.1 * (i + 1) for i in range(n_rates)], list(range(2, 2 + n_sizes)))
    for draw, n_panels in (
        (by_batch_size, n_sizes),
        (by_learning_rate, n_rates),
        (each_cell, n_rates * n_sizes),
    ):
        figure = draw(history, TARGET)
        assert len(figure.axes) == n_panels
        assert max(figure.get_size_inches()) < 16
        rendered(figure, "png", "svg") if n_panels == 1 else rendered(figure)


@pytest.mark.parametrize("loss", [NAN, INF, 0.0, 1e300])
def test_a_history_without_a_usable_loss_is_drawn_without_a_warning(loss: float) -> None:
    history = a_history({(0.1, 2, repeat): [loss, loss] for repeat in range(3)})
    for draw in (
        by_batch_size,
        by_learning_rate,
        each_cell,
    ):
        rendered(draw(history, TARGET))


def test_an_empty_history_gives_a_figure_without_panels() -> None:
    for draw in (
        by_batch_size,
        by_learning_rate,
        each_cell,
    ):
        figure = draw(a_history({}), TARGET)
        assert figure.axes == []
        rendered(figure)


def a_table() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, columns = pd.Index([2, "full"], dtype=object), [0.1, 0.5, 0.7]
    epochs = pd.DataFrame([[INF, 2000.0, 4000.0], [NAN, 9000.0, INF]], rows, columns)
    words = [[">10000", "2000", "4000"], ["diverged", "9000", "failed"]]
    return epochs, pd.DataFrame(words, rows, columns)


def boxes(ax: Axes) -> dict[tuple[float, float], Rectangle]:
    """Return the filled cells by column and row."""
    found = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_fill()]
    return {box.get_xy(): box for box in found}


def grey(box: Rectangle) -> float:
    return float(np.dot(to_rgb(box.get_facecolor()), (0.3, 0.59, 0.11)))


def test_each_cell_of_a_heat_map_holds_its_text_in_the_order_of_the_table() -> None:
    epochs, words = a_table()
    ax = heat_maps.heat_map(epochs, an_axes(), text=words)
    found = {text.get_position(): text.get_text() for text in ax.texts}
    assert found == {(j + 0.5, i + 0.5): words.iloc[i, j] for i in range(2) for j in range(3)}
    assert ax.yaxis_inverted()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.1", "0.5", "0.7"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["2", "full"]


def test_the_better_cell_is_the_darker_one() -> None:
    epochs, words = a_table()
    fewer = boxes(heat_maps.heat_map(epochs, an_axes(), text=words, fewer_is_better=True))
    more = boxes(heat_maps.heat_map(epochs, an_axes(), text=words))
    assert grey(fewer[1, 0]) < grey(fewer[2, 0]) < grey(fewer[1, 1])
    assert grey(more[1, 0]) > grey(more[2, 0]) > grey(more[1, 1])


def test_cells_without_a_number_and_no_others_are_hatched() -> None:
    epochs, words = a_table()
    drawn = boxes(heat_maps.heat_map(epochs, an_axes(), text=words))
    assert {place for place, box in drawn.items() if box.get_hatch()} == {(0, 0), (0, 1), (2, 1)}


def test_text_is_readable_on_its_cell() -> None:
    values = pd.DataFrame([np.linspace(0, 1, 12)])
    ax = heat_maps.heat_map(values, an_axes(), text=values.map(str))
    drawn = boxes(ax)
    for i, text in enumerate(ax.texts):
        ink = np.dot(to_rgb(text.get_color()), (0.3, 0.59, 0.11))
        assert abs(ink - grey(drawn[i, 0])) > 0.35


def test_the_frame_lies_around_the_best_cell() -> None:
    epochs, words = a_table()
    ax = heat_maps.heat_map(epochs, an_axes(), text=words, best=("full", 0.7))
    frames = [patch for patch in ax.patches if not patch.get_fill()]
    assert {frame.get_xy() for frame in frames} == {(2, 1)}  # type: ignore[attr-defined]
    assert frames[-1].get_edgecolor()[:3] == (0, 0, 0)
    assert all(box.get_fill() for box in heat_maps.heat_map(epochs, an_axes(), text=words).patches)


def test_the_maps_explain_what_they_show_and_nothing_else() -> None:
    epochs, words = a_table()
    figure = heat_maps.epochs_map(epochs, words, MEASURE, best=(2, 0.5))
    assert figure.get_suptitle() == "Epochs until validation loss ≤ 0.001"
    notes = figure.texts[-1].get_text()
    assert notes == "darker: fewer, better · framed: the table's best · hatched: target not reached"
    full = epochs.fillna(1.0).replace(INF, 1.0)
    plain = heat_maps.accuracy_map(full, words)
    assert plain.texts[-1].get_text() == "darker: higher, better"
    framed = heat_maps.accuracy_map(full, words, best=(2, 0.5))
    assert framed.texts[-1].get_text() == "darker: higher, better · framed: the most accurate"


def test_a_negative_accuracy_does_not_fade_the_others() -> None:
    accuracy = pd.DataFrame([[-1e6, 0.5, 0.9]], columns=[0.1, 0.5, 0.7]).astype(object)
    ax = heat_maps.accuracy_map(accuracy, accuracy.map(str)).axes[0]
    drawn = boxes(ax)
    assert grey(drawn[1, 0]) - grey(drawn[2, 0]) > 0.1
    assert ax.texts[0].get_text() == "-1000000.0"


@pytest.mark.parametrize("value", [3.0, NAN])
def test_a_map_of_one_cell_is_drawn_without_a_warning(value: float) -> None:
    table = pd.DataFrame([[value]], index=[10], columns=[0.5])
    for figure in (
        heat_maps.epochs_map(table, table.map(str), MEASURE, best=(10, 0.5)),
        heat_maps.accuracy_map(table, table.map(str)),
    ):
        rendered(figure)


def test_a_fit_shows_points_truth_and_network_from_left_to_right() -> None:
    ax = fits.fit(
        an_axes(),
        train_x=np.array([[0.3], [0.1]]),
        train_y=np.array([[3.0], [1.0]]),
        test_x=[0.9, 0.0, 0.5],
        test_y=[9.0, 0.0, 5.0],
        predicted_y=[8.0, NAN, 4.0],
        title="best",
    )
    assert curve_of(ax, "training points") == ([0.3, 0.1], [3.0, 1.0])
    assert curve_of(ax, "true curve (test set)") == ([0.0, 0.5, 0.9], [0.0, 5.0, 9.0])
    assert curve_of(ax, "network")[1][1:] == [4.0, 8.0]
    assert ax.get_title(loc="left") == "best"
    assert ax.get_legend() is not None


def test_a_noisy_test_set_is_drawn_as_points() -> None:
    x, y = [1.0, 2.0], [2.0, 1.0]
    ax = fits.fit(
        an_axes(), train_x=x, train_y=y, test_x=x, test_y=y, predicted_y=y, test_is_curve=False
    )
    (line,) = [line for line in ax.get_lines() if line.get_label() == "test points"]
    assert line.get_linestyle() == "None"


def test_predictions_stand_against_the_truth_with_the_diagonal() -> None:
    truth, predicted = np.array([[1.0], [4.0]]), np.array([[1.5], [3.0]])
    ax = fits.prediction_against_truth(an_axes(), truth, predicted)
    assert curve_of(ax, "test points") == ([1.0, 4.0], [1.5, 3.0])
    assert curve_of(ax, "perfect") == ([1.0, 4.0], [1.0, 4.0])
    assert ax.get_aspect() == 1.0


def test_drawing_leaves_the_data_as_it_was() -> None:
    history = a_grid([0.1, 0.5], [2, "full"], repeats=2)
    before = history.copy(deep=True)
    by_batch_size(history, TARGET)
    each_cell(history, TARGET)
    pd.testing.assert_frame_equal(history, before)


def test_no_global_style_is_touched() -> None:
    names = set(matplotlib.rcParams) - {"backend"}  # to look at the backend is to choose one
    before = {name: matplotlib.rcParams[name] for name in names}
    rendered(each_cell(a_grid([0.1], [2]), TARGET))
    assert {name: matplotlib.rcParams[name] for name in names} == before


def test_pyplot_is_not_needed() -> None:
    code = (
        "import sys, reports.figures.fits, reports.figures.heat_maps, reports.figures.losses\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
