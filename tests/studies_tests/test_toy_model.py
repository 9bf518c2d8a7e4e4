"""A model with axes and metrics of its own goes all the way: plan, run, tables, figures, page."""

import csv
import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from sweep_tests.toy import Toy

from network.data.datasets import Dataset
from reports.figures.writer import FigureWriter
from reports.words import Text
from studies.experiment import parts, run
from studies.experiment.plan import MODELS, ModelKind, Plan
from studies.experiment.runners import RunnerOptions
from studies.experiment.study import Report, Study


@dataclass(frozen=True)
class ToySettings:
    """The axes of the toy."""

    a: float
    b: float
    max_epochs: int = 10


@dataclass(frozen=True)
class ToyModel(Toy):
    """The toy as a model of a plan, which hands it data."""

    dataset: Dataset | None = field(default=None, repr=False)

    @classmethod
    def of_plan(cls, dataset, seed, engine, fixed):
        return cls(dataset=dataset, fixed={"target_loss": 0.5, **fixed})

    def settings(self, params):
        return ToySettings(**params)


def report(results):
    (result,) = results.values()
    return Report(
        [Text("A toy.", "玩具。")],
        [parts.grid_table(result), parts.listing(result, name="cells"), parts.epochs_map(result)],
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS, "toy", ModelKind.of_dataclass(ToyModel.of_plan, ToySettings))
        plan = Plan(axes={"a": [1, 2, 3], "b": [0.5, 4]}, model="toy", repeats=2)
        toys = Text("Toys", "玩具")
        study = Study("toys", toys, toys, report, {"toys": plan})
        out = tmp_path_factory.mktemp("toys") / "run"
        with FigureWriter(helper=False) as writer:
            yield run.answer(study, out, command="x", writer=writer, options=RunnerOptions(jobs=2))


def test_trials_and_histories_have_its_columns(found):
    trials = pd.read_csv(found.directory / "trials.csv")
    assert trials.columns.tolist() == [
        *("a", "b", "repeat", "state", "epochs", "n", "score", "seconds", "engine", "key")
    ]
    assert len(trials) == 12
    history = pd.read_csv(found.directory / "history.csv")
    assert history.columns.tolist() == ["a", "b", "repeat", "epoch", "error"]


def test_the_table_names_its_axes_and_shows_no_accuracy_that_it_lacks(found):
    (corner, *columns), *rows = csv.reader((found.directory / "table.csv").read_text().splitlines())
    assert (corner, columns) == ("b \\ a", ["1", "2", "3"])
    assert [row[0] for row in rows] == ["0.5", "4"]
    assert {text for row in rows for text in row[1:]} == {"3"}


def test_its_figure_and_its_page_are_there(found):
    assert (found.directory / "figures" / "epochs_map.png").stat().st_size > 1000
    page = (found.directory / "report.html").read_text(encoding="utf-8")
    start = page.index('<script type="application/json"')
    content = json.loads(page[page.index(">", start) + 1 : page.index("</script>", start)])
    (grid,) = content["grids"]
    assert [axis["name"][0] for axis in (grid["rows"], grid["columns"])] == ["b", "a"]
    assert len(grid["cells"]) == 6
    assert len(grid["recordings"]) == 12
    assert np.isclose(grid["target"], 0.5)
