"""Notebooks, run by a real kernel: those of the tutorial, its lines, and others."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

DOCS = Path(__file__).parents[2] / "docs"
TESTS = Path(__file__).parents[1]
DRAW_HERE = (
    f"import sys; sys.path.append({str(TESTS)!r}); import undrawn\n"
    "undrawn.draw_here(undrawn.ForGood)\n"
)
SMALL = "learning_rate=[0.3, 0.7], batch_size=[5, None], max_epochs=100, repeats=2"


def lines_of_the_tutorial():
    (code,) = re.findall(
        r"```python\n(.*?)```", (DOCS / "en" / "tutorial.md").read_text(), re.DOTALL
    )
    lines = code.replace("repeats=5", "repeats=2, max_epochs=100")
    assert lines != code
    return lines


def run(folder, *cells):
    """Run cells in a new notebook, and return it with its outputs."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(folder)}}, kernel_name="python3"
    )
    return client.execute()


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    return run(
        tmp_path_factory.mktemp("notebook"),
        DRAW_HERE + "from studies import assignment",
        f"result = assignment.run('run', {SMALL}, lang='zh')",
        "result",
        "result.plot_losses(batch_size=5)",
        "result.frame",
        lines_of_the_tutorial(),
        "def twice(x):\n    return 2 * x",
        "def train(learning_rate, batch_size=5):\n    if batch_size == 2:\n"
        "        raise ValueError('no two')\n    return twice(learning_rate) / batch_size",
        "from studies import grid\n"
        "grid.run(train, learning_rate=[0.1, 0.3], batch_size=[2, 5], jobs=1)",
    )


def shown(cell, kind="text/html"):
    return "".join(
        output["data"][kind] for output in cell.outputs if kind in output.get("data", {})
    )


def test_progress_is_shown_live_and_ends_with_all_trainings_done(notebook):
    board = shown(notebook.cells[1])
    assert "已完成 8/8 次训练" in board
    assert board.count("2/2") == 4  # repeats of each cell
    assert not [o for o in notebook.cells[1].outputs if o.output_type == "error"]


def test_the_result_shows_its_table_its_findings_and_its_figures(notebook):
    page = shown(notebook.cells[2])
    assert page.count("&gt;100 / ") == 4
    assert "从未达到目标" in page
    assert page.count('src="data:image/png;base64,') == 3


def test_plots_and_frames_are_shown_as_those(notebook):
    assert shown(notebook.cells[3], "image/png")
    assert "test_r2" in shown(notebook.cells[4])


def test_the_lines_of_the_tutorial_run(notebook):
    assert shown(notebook.cells[5], "image/png")


def test_a_function_of_the_notebook_has_its_grid(notebook):
    assert "已完成" not in shown(notebook.cells[8])
    assert "4/4" in shown(notebook.cells[8]) or "4 of 4 trials done" in shown(notebook.cells[8])
    assert "&gt;10000" in shown(notebook.cells[8])
    assert "failed" in shown(notebook.cells[8])


def test_the_notebook_of_the_tutorial_runs(tmp_path):
    cells = nbformat.read(DOCS / "tutorial.zh.ipynb", 4).cells  # the English one has the same code
    executed = run(tmp_path, DRAW_HERE, *(c.source for c in cells if c.cell_type == "code"))
    assert "1750 / 0.984" in shown(executed.cells[2])
    assert shown(executed.cells[3], "image/png")
