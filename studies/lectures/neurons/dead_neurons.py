"""Lecture 24: ReLU units that die at high learning rates."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from reports.words import Text, accuracy_text, joined, number, say, word
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


def report(results: Results) -> Report:
    """Count the dead units of each network."""
    from reports.figures.lectures import neurons

    result = results.get("rates")
    census = pd.DataFrame() if result is None else dead_units.count(result)
    if result is None or census.empty:
        return EMPTY
    names = map(str, result.plan.axes["activation"])
    dead = {name: pd.DataFrame(census.loc[name]) for name in names if name in census.index}
    mortal = [name for name, rates in dead.items() if (rates.dead > 0).any()]
    draw = partial(
        neurons.dead_shares,
        {name: rates.dead for name, rates in dead.items()},
        {name: rates.accuracy for name, rates in dead.items()},
        {name: float(rates.born.mean()) for name, rates in dead.items()},
    )
    pictures = [ReportFigure("shares", SHARES_CAPTION, draw)]
    said = [deaths(name, dead[name]) for name in mortal]
    if mortal and dead_units.born_negative(result):
        said.append(DEAD_FROM_THE_START)
    if mortal and "first epochs" in results:
        lives = dead_units.lives(results["first epochs"], mortal[0])
        said += dying(mortal[0], lives)
        if lives:
            draw_time = partial(neurons.dying, dead_units.shares_in_time(lives), mortal[0])
            pictures.append(ReportFigure("dying", DYING_CAPTION, draw_time))
    said += survivors({name: each for name, each in dead.items() if name not in mortal})
    said += diverged(dead)
    sheet = ReportTable("table", TABLE_CAPTION, partial(table, census))
    return Report(said, [*pictures, sheet])


def deaths(name: str, rates: pd.DataFrame) -> Text:
    """State the share of dead units at the lowest and at the highest learning rate."""
    dead = rates.dead.dropna()
    values = {
        "name": word(name),
        "born": f"{rates.born.mean():.0%}",
        "low": number(float(dead.index[0])),
        "at_low": f"{dead.iloc[0]:.0%}",
        "high": number(float(dead.index[-1])),
        "at_high": f"{dead.iloc[-1]:.0%}",
    }
    lost = int((rates.all_dead * (rates.trained - rates.diverged)).round()[dead.index[-1]])
    if len(dead) > 1 and dead.is_monotonic_increasing and dead.iloc[-1] > dead.iloc[0]:
        text = Text(
            "Before training, {born} of the {name} units are dead. After training, the share is "
            "{at_low} at learning rate {low} and grows with the learning rate to {at_high} at "
            "{high}, where {lost} of {n} networks have no active unit left.",
            "训练前，{name} 神经元中有 {born} 是死的。训练后，学习率 {low} 时为 {at_low}，并随学习"
            "率增大，到 {high} 时达 {at_high}；此时 {n} 个网络中有 {lost} 个已没有活动的神经元。",
        )
    else:
        text = Text(
            "Before training, {born} of the {name} units are dead. After training, the share is "
            "{at_low} at learning rate {low} and {at_high} at {high}. It does not grow with every "
            "increase of the learning rate.",
            "训练前，{name} 神经元中有 {born} 是死的；训练后，学习率 {low} 时为 {at_low}，{high} "
            "时为 {at_high}，并非随学习率逐级增大。",
        )
    return text.fill(**values, lost=lost, n=int((rates.trained - rates.diverged)[dead.index[-1]]))


def survivors(dead: Mapping[str, pd.DataFrame]) -> list[Text]:
    """State which activations have no dead unit, and up to which learning rate."""
    counted = {name: rates.dead.dropna() for name, rates in dead.items()}
    each = [
        Text("{name} (up to learning rate {top})", "{name}（学习率至 {top}）").fill(
            name=word(name), top=float(shares.index[-1])
        )
        for name, shares in counted.items()
        if len(shares)
    ]
    if not each:
        return []
    none = Text("No units died with {list}.", "没有神经元死亡的：{list}。")
    return [none.fill(list=joined(each))]


def diverged(dead: Mapping[str, pd.DataFrame]) -> list[Text]:
    """State which runs are not counted because they diverged."""
    lost = [
        Text("{name} ({k} of {n})", "{name}（{n} 次中 {k} 次）").fill(
            name=word(name), k=int(rates.diverged.sum()), n=int(rates.trained.sum())
        )
        for name, rates in dead.items()
        if rates.diverged.any()
    ]
    if not lost:
        return []
    return [
        Text(
            "Runs not counted because they diverged: {list}.", "因发散而未计入的训练：{list}。"
        ).fill(list=joined(lost))
    ]


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


def dying(name: str, lives: dead_units.Lives) -> list[Text]:
    """State how many units die during training, and whether any recovers."""
    if not lives:
        return []
    said = []
    early, died = dead_units.deaths(lives)
    if died:
        epoch = lives[0][1].index[1]
        said.append(DIED.fill(early=early, died=died, name=word(name), epoch=epoch))
    if not any(dead_units.any_revived(units) for _, units in lives):
        said.append(NO_RETURN.fill(name=word(name)))
    return said


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
