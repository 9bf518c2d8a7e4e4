"""A grid's ``report.html``: what the page needs, gathered from the result and the store."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from network.data.generated import CURVES
from reports.page import content
from reports.page.arrays import Recording
from reports.page.cells import COSTS
from reports.page.words import PAGE_WORDS
from reports.words import Text, spoken
from studies.homework.result import GridResult
from studies.objectives.two_layer import KEPT_PATHS
from sweep.store.store import Outcomes
from sweep.trial import TrialState


def make(
    result: GridResult,
    store: Outcomes,
    *,
    title: Text,
    settings: Mapping[str, str],
    data: Mapping[Text, Text | str],
    command: str,
) -> str:
    """Return the page, opening in the language of the context.

    Its parameters are those of `reports.page.content.make`. Cells are compared by epochs,
    whatever the result's cost; what is counted in that is shown first.
    """
    recordings = _recordings(result, store)
    curve = _curve(result)
    if not isinstance(curve, Text) and not any(r.path.size for r in recordings):
        curve = PAGE_WORDS["no paths"]
    tables = [result.of(n) for n in result.hidden]
    grids = [
        content.Grid(
            n,
            table.rows,
            (table if table.cost == "epochs" else replace(table, cost="epochs")).statistics,
            table.losses,
            [r for r in recordings if r.n_hidden == n],
            table.findings,
            [] if isinstance(curve, Text) else _initial(result, n),
        )
        for n, table in zip(result.hidden, tables, strict=True)
    ]
    return content.make(
        title,
        grids,
        target_loss=result.target_loss,
        curve=curve,
        settings=settings,
        data=data,
        failures=result.failures(),
        command=command,
        measure=result.cost if result.cost in COSTS else "epochs",
        language=spoken(),
    )


def _recordings(result: GridResult, store: Outcomes) -> list[Recording]:
    """Read what the trainings of the first repeats left at each evaluation."""
    some = [trial for trial in result.trials.values() if trial.repeat < KEPT_PATHS]
    recordings = []
    for trial, outcome in store.outcomes(some):
        if outcome.state is TrialState.FAILED or not len(outcome.history):
            continue
        settings = result.objective.settings(trial.params)
        size = trial.params["batch_size"]
        recordings.append(
            Recording(
                settings.n_hidden,
                "full" if size is None else int(size),
                settings.learning_rate,
                trial.repeat,
                outcome.history["epoch"],
                outcome.history["validation_loss"],
                outcome.path,
            )
        )
    return recordings


def _curve(result: GridResult) -> content.Curve | Text:
    """Return what the networks are drawn over, or why they can't be."""
    data, identity = result.objective.dataset, result.objective.identity()
    if identity["task"] != "regression":
        return PAGE_WORDS["classes"]
    if data.n_inputs > 1 or data.n_outputs > 1:
        return PAGE_WORDS["many columns"].fill(inputs=data.n_inputs, outputs=data.n_outputs)
    return content.Curve(
        str(identity["activation"]),
        train_x=data.train_x.ravel(),
        train_y=data.train_y.ravel(),
        test_x=data.test_x.ravel(),
        test_y=data.test_y.ravel(),
        test_is_curve=data.name in CURVES,
    )


def _initial(result: GridResult, n_hidden: int) -> list[NDArray[np.float64]]:
    """Return the parameters from which all cells of each repeat started."""
    first = {
        trial.repeat: trial
        for trial in reversed(list(result.trials.values()))
        if trial.params["n_hidden"] == n_hidden and trial.repeat < KEPT_PATHS
    }
    lanes = (result.objective.lane(first[repeat]) for repeat in sorted(first))
    return [lane.initial.flat() for lane in lanes]
