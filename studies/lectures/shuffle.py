"""Does the order of the samples matter? The course's shuffle runs into a cycle of three orders."""

from functools import partial

import numpy as np
import pandas as pd

from reports import paired
from reports.words import Text, say, word
from studies import one_axis, parts
from studies.plan import Plan
from studies.sentences.orders import (
    BETTER,
    COMPARISON_CAPTION,
    FASTER,
    NEITHER,
    NOTE,
    ORDERS,
    PAIRS_CAPTION,
    SAME,
    SLOWER,
    STRIPS_CAPTION,
    TOO_FEW,
    WORSE,
)
from studies.study import Picture, Report, Results, Sheet, Study

BASE = "fresh"


def report(results: Results) -> Report:
    """Compare the orders repeat by repeat: both start from the same weights."""
    from reports import spread_figures

    result = results["orders"]
    frame, most = result.frame, result.plan.max_epochs
    epochs = table(frame, "epochs")
    title = Text(
        "Epochs of each training, by the order of the samples", "各样本顺序下每次训练的轮数"
    )
    draw = partial(spread_figures.strips, strip_rows(frame), "shuffle", title, most)
    pictures = [Picture("epochs", STRIPS_CAPTION, draw)]
    if BASE in epochs and len(epochs.columns) > 1:
        notes = [NOTE.fill(**_numbers(epochs, name)) for name in others(epochs)]
        draw = partial(spread_figures.pairs, epochs, BASE, most, notes)
        pictures.append(Picture("pairs", PAIRS_CAPTION, draw))
    return Report(
        [*findings(frame), *one_axis.not_reached(result)],
        [
            *pictures,
            Sheet("comparison", COMPARISON_CAPTION, partial(sheet, frame)),
            parts.listing(result),
            parts.loss_curves(result, "shuffle"),
        ],
    )


def strip_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what the picture of all trainings needs."""
    return frame[["shuffle", "repeat", "state", "epochs"]]


def table(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a row a repeat, a column an order; epochs are infinite where not converged."""
    values = frame[column].astype(float)
    if column == "epochs":
        values = values.where(frame.state == "converged", np.inf)
    wide = frame.assign(value=values).pivot(index="repeat", columns="shuffle", values="value")
    return wide[list(frame.shuffle.unique())]


def others(epochs: pd.DataFrame) -> list[str]:
    """Return the orders that are compared with the fresh one."""
    return [name for name in epochs.columns if name != BASE]


def findings(frame: pd.DataFrame) -> list[Text]:
    """Say of each order whether it needs more or fewer epochs than a fresh one, if one can."""
    epochs, accuracy = table(frame, "epochs"), table(frame, "test_r2")
    if BASE not in epochs:
        return [Text("There is no fresh order to compare with.", "没有每轮新顺序可比较。")]
    said = []
    for name in others(epochs):
        interval = paired.ratios(epochs[name], epochs[BASE])
        if not interval.n:
            sentence = NEITHER
        elif not interval.known:
            sentence = TOO_FEW
        elif interval.low > 1:
            sentence = SLOWER
        elif interval.high < 1:
            sentence = FASTER
        else:
            sentence = SAME
        said.append(sentence.fill(**_numbers(epochs, name)))
        difference = paired.median_interval(accuracy[name] - accuracy[BASE])
        if difference.excludes(0.0):
            said.append((WORSE if difference.median < 0 else BETTER).fill(**_r2(difference, name)))
    return said


def _numbers(epochs: pd.DataFrame, name: str) -> dict[str, object]:
    interval = paired.ratios(epochs[name], epochs[BASE])
    shown = {"ratio": interval.median, "low": interval.low, "high": interval.high}
    words = {key: f"{value:.2f}".replace("inf", "∞") for key, value in shown.items()}
    return {**words, "n": interval.n, "what": ORDERS.get(name, name)}


def _r2(difference: paired.Interval, name: str) -> dict[str, object]:
    return {
        "size": f"{abs(difference.median):.2g}",
        "low": f"{difference.low:.2g}",
        "high": f"{difference.high:.2g}",
        "what": ORDERS.get(name, name),
    }


def sheet(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the comparisons in numbers."""
    epochs, accuracy = table(frame, "epochs"), table(frame, "test_r2")
    rows = []
    for name in others(epochs) if BASE in epochs else []:
        numbers = _numbers(epochs, name)
        r2 = paired.median_interval(accuracy[name] - accuracy[BASE])
        rows.append(
            {
                word("shuffle"): name,
                say(Text("pairs", "对数")): numbers["n"],
                say(Text("epochs, times fresh", "轮数之比")): numbers["ratio"],
                say(Text("95 %", "95%")): f"{numbers['low']} – {numbers['high']}",
                say(Text("R² minus fresh", "R² 之差")): f"{r2.median:+.4f}",
                say(Text("95 % of it", "其 95%")): f"{r2.low:+.4f} – {r2.high:+.4f}",
            }
        )
    return pd.DataFrame(rows)


STUDY = Study(
    name="shuffle",
    title=Text("The order of the samples", "样本的顺序"),
    question=Text(
        "The course's program shuffles by a seed that runs into a cycle, so that three orders "
        "repeat for ever. Does that matter, against a fresh order in every epoch, or none at all?",
        "课程程序的打乱方式会陷入循环，三种顺序永远重复。"
        "与每轮新顺序相比，或与完全不打乱相比，这有影响吗？",
    ),
    lectures="-",
    report=report,
    plans={
        "orders": Plan(
            axes={"shuffle": ("fresh", "cycle", "none")},
            fixed={"learning_rate": 0.5, "batch_size": 10, "n_hidden": 4},
            repeats=20,
        )
    },
)
