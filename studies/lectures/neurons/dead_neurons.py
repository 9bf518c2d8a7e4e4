"""Lecture 24: ReLU units that die at high learning rates."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import starmap

import numpy as np
import pandas as pd

from reports.figures.lectures.panels import DOTTED, LINE_STYLES, Mark, Panel, line, mark
from reports.figures.losses import line_styles
from reports.figures.style import GREY
from reports.words import Text, accuracy_text, joined, number, say, text_of, word
from studies.experiment import parts
from studies.experiment.plan import Plan
from studies.experiment.study import EMPTY, Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import dead_units

SHARES_CAPTION = Text(
    "Left: share of hidden units that pass on no gradient for any training sample, at the end of "
    "training (dotted: before training). Right: median accuracy. Runs that diverged are not "
    "counted; a line ends where all runs diverged.",
    "左：训练结束时，在任何训练样本上都没有梯度通过的隐层神经元所占比例；点线为训练前。右：准确率"
    "的中位数。发散的训练不计入；若全部发散，曲线到此为止。",
)
DYING_CAPTION = Text(
    "The same share after each of the first epochs.", "训练最初各轮之后的同一比例。"
)
TABLE_CAPTION = Text(
    "Shares of dead units before and after training, median accuracy, and the number of runs that "
    "diverged and were not counted.",
    "训练前后死神经元的比例、准确率的中位数，以及发散而未计入的训练数。",
)
NO_RETURN = Text(
    "No {name} unit that was dead at one evaluation was active at a later one: a unit without a "
    "gradient cannot recover.",
    "在某次评估时已死的 {name} 神经元，之后都没有恢复：没有梯度的神经元无法恢复。",
)
DIED = Text(
    "During the epochs of the second figure, {died} {name} units died, {early} of them by epoch "
    "{epoch}.",
    "在第二幅图所示各轮中，有 {died} 个 {name} 神经元死亡，其中 {early} 个在第 {epoch} 轮结束前。",
)
DEAD_FROM_THE_START = Text(
    "Here x is never negative and the biases start at 0, so a ReLU unit with a negative initial "
    "weight is dead from the start.",
    "此处 x 不为负且偏置从 0 开始，因此初始权重为负的 ReLU 神经元一开始就是死的。",
)
RATES = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0)
SETTINGS = {"batch_size": 10, "n_hidden": 8, "init": "he"}
GROWS = Text(
    "Before training, {born} of the {name} units are dead. After training, the share is {at_low} "
    "at learning rate {low} and grows with the learning rate to {at_high} at {high}, where {lost} "
    "of {n} networks have no active unit left.",
    "训练前，{name} 神经元中有 {born} 是死的。训练后，学习率 {low} 时为 {at_low}，并随学习率增大，"
    "到 {high} 时达 {at_high}；此时 {n} 个网络中有 {lost} 个已没有活动的神经元。",
)
DOES_NOT_GROW = Text(
    "Before training, {born} of the {name} units are dead. After training, the share is {at_low} "
    "at learning rate {low} and {at_high} at {high}. It does not grow with every increase of the "
    "learning rate.",
    "训练前，{name} 神经元中有 {born} 是死的；训练后，学习率 {low} 时为 {at_low}，{high} 时为 "
    "{at_high}，并非随学习率逐级增大。",
)
NONE_DIED = Text("No units died with {list}.", "没有神经元死亡的：{list}。")
UP_TO = Text("{name} (up to learning rate {top})", "{name}（学习率至 {top}）")
NOT_COUNTED = Text(
    "Runs not counted because they diverged: {list}.", "因发散而未计入的训练：{list}。"
)
SOME_OF = Text("{name} ({k} of {n})", "{name}（{n} 次中 {k} 次）")
DEAD_UNITS = Text("dead units (%)", "死神经元 (%)")


def report(results: Results) -> Report:
    """Count the dead units of each network."""
    result = results.get("rates")
    census = pd.DataFrame() if result is None else dead_units.count(result)
    if result is None or census.empty:
        return EMPTY
    names = map(str, result.plan.axes["activation"])
    dead = {name: pd.DataFrame(census.loc[name]) for name in names if name in census.index}
    mortal = {name: rates for name, rates in dead.items() if (rates.dead > 0).any()}
    shown: list[ReportFigure | ReportTable] = [_shares(dead)]
    said = list(starmap(deaths, mortal.items()))
    if mortal and dead_units.born_negative(result):
        said.append(DEAD_FROM_THE_START)
    if mortal and "first epochs" in results:
        name = next(iter(mortal))
        lives = dead_units.lives(results["first epochs"], name)
        if len(lives):
            said += dying(name, lives)
            shown.append(_dying(name, lives))
    said += survivors({name: rates for name, rates in dead.items() if name not in mortal})
    shown.append(ReportTable("table", TABLE_CAPTION, partial(table, census)))
    return Report([*said, *diverged(dead)], shown)


def _shares(dead: Mapping[str, pd.DataFrame]) -> ReportFigure:
    """Draw the share of dead units, and the accuracy, against the learning rate."""
    shares: list[Mark] = []
    accuracies: list[Mark] = []
    for (name, rates), style in zip(dead.items(), LINE_STYLES, strict=False):
        shares.append(line(rates.index, 100 * rates.dead, label=name, **style))
        accuracies.append(line(rates.index, rates.accuracy, **style))
    for name, rates in dead.items():
        if rates.born.any():
            label = Text("{name}: before training", "{name}：训练前").fill(name=text_of(name))
            born = 100 * rates.born.mean()
            shares.append(mark("axhline", born, label=label, color=GREY, lw=1.2, ls=DOTTED))
    shown = pd.concat([rates.accuracy for rates in dead.values()])
    limits = (min([0.0, *shown[shown > -1]]) - 0.05, 1.03)
    accuracy = {"ylim": limits, "ylabel": Text("R² on the test set", "测试集上的 R²")}
    panels = [
        Panel("", shares, {"ylim": (-4, 104), "ylabel": DEAD_UNITS}),
        Panel("", accuracies, accuracy),
    ]
    ticks = sorted({rate for rates in dead.values() for rate in rates.index})
    axes = {
        "xscale": "log",
        "xlabel": "learning_rate",
        "xticks": ticks,
        "xticklabels": list(map(number, ticks)),
    }
    title = Text("Dead hidden units and accuracy", "死神经元与准确率")
    return parts.panels("shares", title, SHARES_CAPTION, panels, shared=False, axes=axes)


def _dying(name: str, lives: pd.DataFrame) -> ReportFigure:
    """Draw the share of dead units during training, a line for each learning rate."""
    shares = (100 * lives.T.groupby(level=0).mean()).T.sort_index(axis=1)
    lines = []
    for (rate, share), style in zip(shares.items(), line_styles(shares.shape[1]), strict=True):
        style["marker"] = ""
        lines.append(line(share.index, share, label=number(float(str(rate))), **style))
    title = Text(
        "Dead {name} units during training, by learning rate",
        "训练过程中的 {name} 死神经元（按学习率）",
    ).fill(name=text_of(name))
    axes = {"ylim": (-4, 104), "xlabel": "epoch", "ylabel": DEAD_UNITS}
    return parts.panels("dying", title, DYING_CAPTION, [Panel("", lines)], axes=axes)


def deaths(name: str, rates: pd.DataFrame) -> Text:
    """State the share of dead units at the lowest and at the highest learning rate."""
    dead = rates.dead.dropna()
    low, high = float(dead.index[0]), float(dead.index[-1])
    grows = len(dead) > 1 and dead.is_monotonic_increasing and dead[high] > dead[low]
    n = int(rates.trained[high] - rates.diverged[high])
    return (GROWS if grows else DOES_NOT_GROW).fill(
        name=word(name),
        born=f"{rates.born.mean():.0%}",
        low=low,
        at_low=f"{dead[low]:.0%}",
        high=high,
        at_high=f"{dead[high]:.0%}",
        lost=round(rates.all_dead[high] * n),
        n=n,
    )


def survivors(dead: Mapping[str, pd.DataFrame]) -> Iterator[Text]:
    """State which activations have no dead unit, and up to which learning rate."""
    counted = {name: rates.dead.dropna() for name, rates in dead.items()}
    each = [
        UP_TO.fill(name=word(name), top=float(shares.index[-1]))
        for name, shares in counted.items()
        if len(shares)
    ]
    if each:
        yield NONE_DIED.fill(list=joined(each))


def diverged(dead: Mapping[str, pd.DataFrame]) -> Iterator[Text]:
    """State which runs are not counted because they diverged."""
    lost = [
        SOME_OF.fill(name=word(name), k=int(rates.diverged.sum()), n=int(rates.trained.sum()))
        for name, rates in dead.items()
        if rates.diverged.any()
    ]
    if lost:
        yield NOT_COUNTED.fill(list=joined(lost))


def table(census: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of dead units as text."""

    def share(value: float) -> str:
        return f"{value:.0%}" if np.isfinite(value) else "-"

    return pd.DataFrame(
        {
            word("activation"): [word(name) for name, _ in census.index],
            word("learning_rate"): [number(rate) for _, rate in census.index],
            say(Text("dead before", "训练前死亡")): census.born.map(share).tolist(),
            say(Text("dead after", "训练后死亡")): census.dead.map(share).tolist(),
            word("accuracy"): census.accuracy.map(accuracy_text).tolist(),
            word("diverged"): [
                f"{k}/{n}" for k, n in zip(census.diverged, census.trained, strict=True)
            ],
        }
    )


def dying(name: str, lives: pd.DataFrame) -> Iterator[Text]:
    """State how many units die during training, and whether any recovers."""
    early, died = dead_units.deaths(lives)
    if died:
        yield DIED.fill(died=died, early=early, name=word(name), epoch=lives.index[1])
    if not dead_units.any_revived(lives):
        yield NO_RETURN.fill(name=word(name))


STUDY = Study(
    name="dead-neurons",
    title=Text("Dead neurons", "死神经元"),
    question=Text(
        "A ReLU unit whose input is negative for every sample gets no gradient and cannot "
        "recover. How many of 8 hidden units are dead after training at each learning rate, and "
        "does this happen with leaky ReLU and ELU?",
        "若一个 ReLU 神经元对所有样本的输入都为负，就得不到梯度，无法恢复。在各种学习率下，8 个隐"
        "层神经元训练后有多少是死的？leaky ReLU 和 ELU 会出现这种情况吗？",
    ),
    report=report,
    plans={
        "rates": Plan(
            axes={
                "learning_rate": RATES,
                "activation": ("relu", "leaky_relu", "elu"),
            },
            fixed={**SETTINGS, "max_epochs": 500},
            repeats=10,
        ),
        "first epochs": Plan(
            axes={"learning_rate": RATES, "activation": ("relu",)},
            fixed={**SETTINGS, "max_epochs": 30, "eval_every": 1},
            repeats=10,
        ),
    },
)
