"""Lecture 31: batch sizes from 1 to the full set at learning rate 0.5."""

from functools import partial

import numpy as np

from reports.words import Text, number
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, Results, Study, each_value_alone
from sweep.trial import Value

COURSE = (5, 10, 15, 20)
"""The lecture's own batch sizes, which are drawn side by side."""


def report(results: Results) -> Report:
    """Compare the batch sizes by epochs, updates and seconds."""
    from reports.figures import losses

    result = results["sizes"]
    history = result.history
    if len(set(COURSE) & set(result.cells.index)) > 1:
        history = history[history.batch_size.isin(COURSE)]
    draw = partial(losses.side_by_side, history, result.target_loss, "batch_size")
    return Report(
        [
            *findings.fewest_epochs(result),
            *more_epochs_fewer_updates(result),
            *findings.fastest_in_seconds(result),
            *findings.not_reached(result),
        ],
        [
            parts.loss_curves(result, "batch_size"),
            parts.costs(result, "batch_size", "epochs", "updates", "seconds"),
            parts.listing(result),
            ReportFigure("panels", PANELS_CAPTION, draw),
        ],
    )


PANELS_CAPTION = Text(
    "Each batch size in its own panel. The smaller the batch, the more the loss on the last "
    "mini-batch fluctuates, because it is a mean over fewer samples.",
    "各批大小单独显示。批越小，最后一个小批的损失波动越大，因为它是更少样本的平均。",
)


def _samples(batch_size: Value) -> float:
    """Return what batch sizes are sorted by; the full set is the largest."""
    return np.inf if isinstance(batch_size, str) else float(str(batch_size))


def more_epochs_fewer_updates(result: PlanResult) -> list[Text]:
    """Compare the smallest and largest batch that converge; state a trend if all agree."""
    cells = result.cells
    cells = cells.loc[sorted(cells.index, key=_samples)]
    reached = cells[np.isfinite(cells.epochs)]
    if len(reached) < 2:
        return []
    low, high = reached.iloc[0], reached.iloc[-1]
    numbers = {
        "small": number(reached.index[0]),
        "large": number(reached.index[-1]),
        "epochs": low.epochs_text,
        "more": high.epochs_text,
        "updates": f"{low.updates:.0f}",
        "fewer": f"{high.updates:.0f}",
    }
    compared = Text(
        "Batch size {small} needs {epochs} epochs with {updates} updates in total, batch size "
        "{large} needs {more} epochs with {fewer} updates.",
        "批大小 {small} 需 {epochs} 轮、共 {updates} 次更新；批大小 {large} 需 {more} 轮、共 "
        "{fewer} 次更新。",
    ).fill(**numbers)
    in_order = reached.epochs.is_monotonic_increasing and reached.updates.is_monotonic_decreasing
    if len(reached) < 3 or not in_order or low.epochs == high.epochs:
        return [compared]
    always = Text(
        "Throughout, smaller batches need fewer epochs but more updates: from {epochs} epochs and "
        "{updates} updates at batch size {small} to {more} epochs and {fewer} updates at {large}.",
        "批越小，所需轮数越少，但更新次数越多，无一例外：从批大小 {small} 的 {epochs} 轮、"
        "{updates} 次更新，到 {large} 的 {more} 轮、{fewer} 次更新。",
    ).fill(**numbers)
    return [always]


STUDY = Study(
    name="batch-size",
    title=Text("Batch sizes", "批大小"),
    question=Text(
        "How many epochs does the network with 4 hidden units need at learning rate 0.5 with "
        "batch sizes 5, 10, 15 and 20, and with a single sample or the full batch? Which "
        "is fastest by number of updates, and which by time?",
        "隐层 4 个神经元、学习率 0.5 时，批大小取 5、10、15、20，各需多少轮？每次只用一个样本或用"
        "全批量又如何？按更新次数与时间，哪个最快？",
    ),
    lectures="31",
    report=report,
    plans={
        "sizes": Plan(
            axes={"batch_size": (1, 2, 5, 10, 15, 20, None)},
            fixed={"learning_rate": 0.5, "n_hidden": 4},
            repeats=5,
        )
    },
    train=partial(each_value_alone, "batch_size"),
)
