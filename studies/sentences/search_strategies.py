"""What is said of search strategies."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.words import WORDS, Text, joined, number, word
from studies.experiment.result import PlanResult
from studies.search import strategies

Array = NDArray[np.float64]

NAMES = {
    "grid": Text("grid search", "网格搜索"),
    "random": Text("random search", "随机搜索"),
    "tpe": Text("TPE (Optuna)", "TPE（Optuna）"),
}
BEST_CAPTION = Text(
    "What a search minimises is the validation loss after a fixed number of epochs: every training "
    "has one, also if it would never reach the target, and it costs little. "
    "Each search of the grid takes its points in another order; random and TPE begin alike.",
    "搜索要最小化的是训练固定轮数后的验证损失：即使永远达不到目标的训练也有这个值，而且代价小。"
    "每次网格搜索以不同顺序取点；随机搜索与 TPE 的开头相同。",
)
PLACES_CAPTION = Text(
    "All trials of all searches; the star marks the best.", "所有搜索的全部试验；星号为最佳。"
)
TABLE_CAPTION = Text(
    "The lowest loss of each search: median, least and greatest of the searches; and the settings "
    "of the best trial.",
    "每次搜索找到的最低损失：各次搜索的中位数、最小值与最大值；以及最佳试验的设置。",
)


def best_step(searches: Sequence[strategies.Search]) -> strategies.Step:
    """Return the best trial of several searches."""
    return min((step for of_one in searches for step in of_one), key=lambda step: step.value)


def table(
    searches: Mapping[str, Sequence[strategies.Search]], best: Mapping[str, Array]
) -> pd.DataFrame:
    """Return what the searches of each strategy found."""
    rows = []
    for name, of_name in searches.items():
        last, step = best[name][:, -1], best_step(of_name)
        rows.append(
            {
                str(Text("strategy", "策略")): str(NAMES[name]),
                str(Text("searches", "搜索次数")): len(of_name),
                str(Text("trials in each", "每次试验数")): len(of_name[0]),
                str(Text("median", "中位数")): shown(float(np.median(last))),
                str(Text("least", "最小")): shown(last.min()),
                str(Text("greatest", "最大")): shown(last.max()),
                **{word(axis): number(value) for axis, value in step.point.items()},
            }
        )
    return pd.DataFrame(rows)


def shown(loss: float) -> str:
    """Write a loss."""
    return f"{loss:.5f}"


def compared(best: Mapping[str, Array]) -> list[Text]:
    """Say which strategy ends lowest, and whether that is more than chance."""
    some = next(iter(best.values()))
    last = {name: values[:, -1] for name, values in best.items()}
    order = sorted(last, key=lambda name: float(np.median(last[name])))
    listed = joined(
        [
            Text("{name} {loss}", "{name} {loss}").fill(
                name=NAMES[name], loss=shown(float(np.median(last[name])))
            )
            for name in order
        ]
    )
    said = [
        Text(
            "After {n} trials the lowest loss is, in the median of {k} searches: {list}.",
            "{n} 次试验后的最低损失（{k} 次搜索的中位数）：{list}。",
        ).fill(n=some.shape[1], k=len(some), list=listed)
    ]
    if len(order) < 2:
        return said
    first, second = (last[name] for name in order[:2])
    if np.quantile(first, 0.75) >= np.quantile(second, 0.25):
        said.append(
            Text(
                "But the searches of {a} scatter from {low} to {high}, so it is not clearly "
                "better than {b}: one search alone would prove nothing.",
                "不过{a}的各次搜索散布在 {low} 到 {high} 之间，并不明显优于{b}："
                "只做一次搜索说明不了什么。",
            ).fill(
                a=NAMES[order[0]],
                b=NAMES[order[1]],
                low=shown(first.min()),
                high=shown(first.max()),
            )
        )
    return said


def learned(searches: Mapping[str, Sequence[strategies.Search]]) -> list[Text]:
    """Say whether TPE's later proposals are better than those by chance."""
    later = {
        name: np.array(
            [[step.value for step in of_one[strategies.STARTUP :]] for of_one in of_name]
        )
        for name, of_name in searches.items()
    }
    if not {"tpe", "random"} <= set(later) or not later["tpe"].size:
        return []
    guided, chance = float(np.median(later["tpe"])), float(np.median(later["random"]))
    if guided >= chance:
        return []
    return [
        Text(
            "TPE learns from its trials: after the first {n}, which are random, the median loss "
            "of what it proposes is {a}, that of random points {b}.",
            "TPE 能从试验中学习：前 {n} 次随机试验之后，它所提出的点的损失中位数为 {a}，"
            "随机点为 {b}。",
        ).fill(n=strategies.STARTUP, a=shown(guided), b=shown(chance))
    ]


def diverged(results: Sequence[PlanResult]) -> list[Text]:
    """Say how many trials were lost to divergence, if any were."""
    states = [state for result in results for state in result.frame.state]
    if "diverged" not in states:
        return []
    return [
        Text(
            "{k} of {n} trials diverged, for the ranges hold learning rates that are too high; a "
            "search has to bear with such trials, and counts them as worst.",
            "{n} 次试验中有 {k} 次发散，因为范围内含有过大的学习率；搜索必须容忍这样的试验，"
            "并把它们记为最差。",
        ).fill(k=states.count("diverged"), n=len(states))
    ]


def best(searches: Mapping[str, Sequence[strategies.Search]], epochs: int) -> Text:
    """Name the best of all trials."""
    name = min(searches, key=lambda name: best_step(searches[name]).value)
    step = best_step(searches[name])
    where = [
        Text(*(f"{word_} {number(value)}" for word_ in WORDS[axis]))
        for axis, value in step.point.items()
    ]
    return Text(
        "The lowest loss of all after {epochs} epochs, {loss}, was found by {name}: {where}.",
        "训练 {epochs} 轮后的最低损失为 {loss}，由{name}找到：{where}。",
    ).fill(epochs=epochs, loss=shown(step.value), name=NAMES[name], where=joined(where))
