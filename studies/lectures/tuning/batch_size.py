"""Lecture 31: batch sizes from 1 to the full set at learning rate 0.5."""

import numpy as np
import pandas as pd

from reports.words import Text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, Results, Study

COURSE = (5, 10, 15, 20)
"""The lecture's own batch sizes, which are drawn side by side."""

PANELS_CAPTION = Text(
    "Each batch size in its own panel. The smaller the batch, the more the loss on the last "
    "mini-batch fluctuates, because it is a mean over fewer samples.",
    "各批大小单独显示。批越小，最后一个小批的损失波动越大，因为它是更少样本的平均。",
)
TIME = Text(
    "In the textbook's loop an update takes nearly the same time with 1 sample as with 20, so "
    "computing time follows the number of updates.",
    "在教材的循环中，一次更新用 1 个样本与用 20 个所需时间相近，因此计算时间取决于更新次数。",
)
THROUGHOUT = Text(
    "Throughout, smaller batches need fewer epochs but more updates: from {low.epochs_text} epochs "
    "and {low.updates:.0f} updates at batch size {low.batch_size} to {high.epochs_text} epochs and "
    "{high.updates:.0f} updates at {high.batch_size}.",
    "批越小，所需轮数越少，但更新次数越多，无一例外：从批大小 {low.batch_size} 的 "
    "{low.epochs_text} 轮、{low.updates:.0f} 次更新，到 {high.batch_size} 的 {high.epochs_text} "
    "轮、{high.updates:.0f} 次更新。",
)


def report(results: Results) -> Report:
    """Compare the batch sizes by epochs and updates."""
    result = results["sizes"]
    history = result.history
    if len(set(COURSE) & set(result.cells.index)) > 1:
        history = history[history.batch_size.isin(COURSE)]
    return Report(
        [
            *findings.fewest(result),
            *(text for least in findings.fewest(result, "updates") for text in (least, TIME)),
            *more_epochs_fewer_updates(result),
            *findings.not_reached(result),
        ],
        [
            parts.loss_curves(result, "batch_size"),
            parts.costs(result, "batch_size", "epochs", "updates"),
            parts.listing(result),
            parts.loss_panels(result, "batch_size", history=history, caption=PANELS_CAPTION),
        ],
    )


def more_epochs_fewer_updates(result: PlanResult) -> list[Text]:
    """State that smaller batches need fewer epochs but more updates, if all that converge agree."""
    cells = result.cells.reset_index()
    samples = pd.to_numeric(cells.batch_size, errors="coerce")  # of full NaN, which sorts last
    in_order = cells.assign(samples=samples).sort_values("samples")
    reached = in_order.head(int(np.isfinite(in_order.epochs).sum()))
    epochs, updates = reached.epochs, reached.updates
    agree = epochs.is_monotonic_increasing and updates.is_monotonic_decreasing
    differ = epochs.is_unique and updates.is_unique and np.isfinite(epochs).all()
    if len(reached) < 3 or not (agree and differ):
        return []
    return [THROUGHOUT.fill(low=reached.iloc[0], high=reached.iloc[-1])]


STUDY = Study(
    name="batch-size",
    title=Text("Batch sizes", "批大小"),
    question=Text(
        "How many epochs does the network with 4 hidden units need at learning rate 0.5 with batch "
        "sizes 5, 10, 15 and 20, and with a single sample or the full batch? Which needs "
        "the fewest epochs, and which the fewest updates?",
        "隐层 4 个神经元、学习率 0.5 时，批大小取 5、10、15、20，各需多少轮？每次只用一个样本或用全"
        "批量又如何？哪个轮数最少，哪个更新次数最少？",
    ),
    report=report,
    plans={
        "sizes": Plan(
            axes={"batch_size": (1, 2, 5, 10, 15, 20, None)},
            fixed={"learning_rate": 0.5, "n_hidden": 4},
            repeats=5,
        )
    },
)
