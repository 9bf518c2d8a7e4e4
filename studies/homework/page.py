"""The homework's ``report.html``: what the page needs, gathered from the result and the store."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from reports.page import content
from reports.page.boards import PLACE, Board, boards
from reports.page.cells import COSTS
from reports.page.words import PAGE_WORDS
from reports.words import WORDS, Text, current_language
from studies.experiment.page import curve_of, recordings_of
from studies.homework.result import GridResult
from studies.homework.table import CELL
from studies.objectives.two_layer import KEPT_PATHS
from sweep.store.store import TrialResults
from sweep.trial import Trial, TrialResult

AXES = ("learning_rate", "batch_size", "n_hidden")


def make(
    result: GridResult,
    store: TrialResults,
    *,
    title: Text,
    settings: Mapping[str, str],
    data: Mapping[Text, Text | str],
    command: str,
) -> str:
    """Return the page, opening in the language of the context.

    Cells are compared by epochs, whatever the result's cost; that cost is shown first.
    """
    shown = list(store.outcomes([t for t in result.trials.values() if t.repeat < KEPT_PATHS]))
    laid_out = boards(result.frame, AXES, CELL)
    return content.make(
        title,
        [
            _grid(result, n_hidden, board, shown)
            for n_hidden, board in zip(result.hidden, laid_out, strict=True)
        ],
        about=[
            (WORDS["settings"], settings),
            (WORDS["data"], data),
            (WORDS["failures"], result.failures()),
        ],
        command=command,
        grids_name=PAGE_WORDS["hidden"],
        measure=result.cost if result.cost in COSTS else "epochs",
        language=current_language(),
    )


def _grid(
    result: GridResult, n_hidden: int, board: Board, shown: Sequence[tuple[Trial, TrialResult]]
) -> content.Grid:
    table = result.of(n_hidden)
    by_epochs = table if table.cost == "epochs" else replace(table, cost="epochs")
    places = {(size, rate): at for (rate, size, _), at in board.places.items()}
    at = [places[cell] for cell in by_epochs.statistics.index]
    recordings = recordings_of(result.objective, shown, board)
    return content.Grid(
        board,
        board.located(table.rows),
        by_epochs.statistics.set_axis(pd.MultiIndex.from_tuples(at, names=PLACE)),
        board.located(table.losses),
        recordings,
        result.target_loss,
        curve_of(result.objective, recordings),
        [(f.text, [places[cell] for cell in f.cells if cell in places]) for f in table.findings],
        Text(str(n_hidden), str(n_hidden)),
    )
