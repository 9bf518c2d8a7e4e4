"""Lecture 31: four learning rates at batch size 10."""

import numpy as np

from reports.words import Text, joined, number
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.study import Report, Results, Study


def report(results: Results) -> Report:
    """Compare the rates by epochs and by accuracy."""
    result = results["rates"]
    cells = result.cells.sort_index()
    reached = cells[np.isfinite(cells.epochs)]
    never = cells[~np.isfinite(cells.epochs) & np.isfinite(cells.loss)]
    said = []
    if len(reached):
        fastest = reached.epochs.idxmin()
        said.append(
            Text(
                "The learning rate {rate} needs the fewest epochs, {epochs}.",
                "学习率 {rate} 所需轮数最少：{epochs} 轮。",
            ).fill(rate=fastest, epochs=reached.epochs_text[fastest])
        )
    words = [f"{text} (η {number(rate)})" for rate, text in reached.epochs_text.items()]
    if len(reached) > 1 and reached.epochs.is_monotonic_decreasing:
        said.append(
            Text(
                "Each higher rate that converges does so in fewer epochs: {list}.",
                "在收敛的学习率中，学习率越大所需轮数越少：{list}。",
            ).fill(list=joined(words))
        )
    if len(never):
        said.append(
            Text(
                "Not converged within {n} epochs: η {list}; the last loss there is {loss}, the "
                "target {target}.",
                "在 {n} 轮内未收敛：η {list}；其最终损失为 {loss}，目标为 {target}。",
            ).fill(
                n=result.plan.max_epochs,
                list=joined([number(rate) for rate in never.index]),
                loss=", ".join(f"{loss:.5f}" for loss in never.loss),
                target=result.target_loss,
            )
        )
    return Report(
        [*said, *findings.diverged([result])],
        [
            parts.loss_curves(result, "learning_rate"),
            parts.listing(result),
            parts.loss_panels(result, "learning_rate"),
            *parts.curve_fits(result, "learning_rate"),
        ],
    )


STUDY = Study(
    name="learning-rate",
    title=Text("Four learning rates", "四种学习率"),
    question=Text(
        "How many epochs does the network with 4 hidden units need at learning rates 0.1, 0.3, 0.5 "
        "and 0.7, with mini-batches of 10, and how accurate is it then?",
        "隐层 4 个神经元、批大小 10 时，学习率取 0.1、0.3、0.5、0.7，各需多少轮，准确率如何？",
    ),
    lectures="31",
    report=report,
    plans={
        "rates": Plan(
            axes={"learning_rate": (0.1, 0.3, 0.5, 0.7)}, fixed={"batch_size": 10, "n_hidden": 4}
        )
    },
)
