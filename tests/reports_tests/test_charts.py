"""The page's charts: what is drawn where, and what the pointer finds."""

import re

import numpy as np
import pytest
from browser import chromium
from cases import each_of

from reports.page.scripts import bundle

CONTENT = '{"language": "en", "measure": "epochs", "grids": [], "words": {}}'
PAGE = f"""<!DOCTYPE html><style>text {{ font-size: 12px }} #chart {{ position: relative }}</style>
<div id="chart" style="width: 500px; height: 300px"></div>
<script type="application/json" id="content">{CONTENT}</script>
<script>{bundle("charts/svg.js")}</script>"""


@pytest.fixture(scope="module")
def page():
    with chromium() as browser:
        opened = browser.new_page()
        opened.set_content(PAGE)
        yield opened


def drawn(page, x, y, *marks):
    axes = {"x": {"title": "x", **x}, "y": {"title": "y", **y}}
    page.evaluate(
        "([axes, marks]) => module_svg.draw('chart', {...axes, marks}, 'spoken')",
        [axes, list(marks)],
    )


def points(page, which="path.line"):
    path = page.locator(f"#chart {which}").first.get_attribute("d")
    return np.array(re.findall(r"([\d.-]+) ([\d.-]+)", path), float)


def gridlines(page, anchor, side):
    """Return the numbers at an axis, and where their lines are."""
    texts = page.locator(f"#chart .tick[text-anchor={anchor}]").all_text_contents()
    lines = page.locator("#chart .gridline")
    places = lines.evaluate_all(
        "(all, side) => all.filter((e) => e.getAttribute(side + 1) === e.getAttribute(side + 2))"
        ".map((e) => Number(e.getAttribute(side + 1)))",
        side,
    )
    return [float(text.replace("−", "-")) for text in texts], places


@each_of("log", [False, True])
def test_a_line_lies_where_the_ticks_say(page, log):
    values = [0.001, 0.02, 0.5, 3.0]
    drawn(
        page,
        {"range": [0, 10], "whole": True},
        {"range": [0.0005, 5], "log": log},
        {"kind": "line", "x": [0, 2, 5, 10], "y": values, "stroke": "red"},
    )
    found = points(page)
    for anchor, side, numbers, places, f in (
        ("middle", "x", [0, 2, 5, 10], found[:, 0], float),
        ("end", "y", values, found[:, 1], np.log10 if log else float),
    ):
        ticks, at = gridlines(page, anchor, side)
        assert len(ticks) >= 3
        slope, offset = np.polyfit([f(tick) for tick in ticks], at, 1)
        np.testing.assert_allclose(places, [slope * f(n) + offset for n in numbers], atol=0.2)
    assert page.locator("#chart").get_attribute("aria-label") == "spoken"


@each_of(
    ("low", "high", "log", "whole", "expected"),
    [
        (0, 10, False, True, [0, 2, 4, 6, 8, 10]),
        (0, 3, False, True, [0, 1, 2, 3]),
        (-0.31, 0.42, False, False, [-0.2, 0, 0.2, 0.4]),
        (0.0006, 0.03, True, False, [0.001, 0.002, 0.005, 0.01, 0.02]),
        (1e-9, 10, True, False, [1e-8, 1e-6, 1e-4, 1e-2, 1]),
    ],
)
def test_ticks_are_round_numbers_within_the_axis(page, low, high, log, whole, expected):
    axis = {"range": [low, high], "log": log, "whole": whole}
    assert page.evaluate("(axis) => module_svg.ticks(axis, 5)", axis) == pytest.approx(expected)


def test_a_line_is_broken_where_a_number_is_not_finite_and_never_leaves_what_can_be_drawn(page):
    mark = {"kind": "line", "x": [0, 1, 2, 3, 4], "y": [1, None, 2, 1e300, 1], "stroke": "red"}
    drawn(page, {"range": [0, 4]}, {"range": [0, 3]}, mark)
    path = page.locator("#chart path.line").get_attribute("d")
    assert path.count("M") == 2
    assert np.abs(points(page)).max() <= 1e5


def test_a_moved_line_is_drawn_on_the_same_axes(page):
    line = {"kind": "line", "key": "A", "x": [0, 1], "y": [0, 1], "stroke": "red"}
    drawn(page, {"range": [0, 1]}, {"range": [0, 1]}, line)
    before = points(page)
    page.evaluate("module_svg.move('chart', {A: {y: [1, 0]}})")
    np.testing.assert_allclose(points(page)[:, 1], before[::-1, 1])


def test_the_pointer_shows_the_value_of_the_nearest_line(page):
    page.evaluate(
        """() => module_svg.draw("chart", {
            x: {title: "x", range: [0, 10]}, y: {title: "y", range: [0, 10]},
            marks: [1, 9].map((level) => ({kind: "line", x: [0, 5, 10], y: [level, level, level],
                stroke: "red", hover: (i, y) => `point ${i}: ${y}`})),
        }, "")"""
    )
    tip = page.locator("#chart .tip")
    for which, level in (("path.line >> nth=0", 1), ("path.line >> nth=1", 9)):
        box = page.locator(f"#chart {which}").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + 4)
        assert tip.text_content() == f"point 1: {level}"
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    assert tip.is_hidden()
