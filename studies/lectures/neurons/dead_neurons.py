"""Lecture 24: ReLU units that die at high learning rates."""

from functools import partial

import pandas as pd

from reports.words import Text
from studies.experiment.plan import Plan
from studies.experiment.study import EMPTY, Picture, Report, Results, Sheet, Study
from studies.lectures.analysis import dead_units
from studies.sentences import dead_neurons as says

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
    pictures = [Picture("shares", says.SHARES_CAPTION, draw)]
    said = [says.deaths(name, dead[name]) for name in mortal]
    if mortal and dead_units.born_negative(result):
        said.append(says.BORN)
    if mortal and "first epochs" in results:
        lives = dead_units.lives(results["first epochs"], mortal[0])
        said += says.dying(mortal[0], lives)
        if lives:
            draw_time = partial(neurons.dying, dead_units.shares_in_time(lives), mortal[0])
            pictures.append(Picture("dying", says.DYING_CAPTION, draw_time))
    said += says.survivors({name: each for name, each in dead.items() if name not in mortal})
    said += says.diverged(dead)
    table = Sheet("table", says.TABLE_CAPTION, partial(says.table, census))
    return Report(said, [*pictures, table])


STUDY = Study(
    name="dead-neurons",
    title=Text("Dead neurons", "死神经元"),
    question=Text(
        "A ReLU unit whose input is negative for every sample gets no gradient and never comes "
        "back. How many of 8 hidden units are dead after training at each learning rate, and do "
        "leaky ReLU and ELU have any?",
        "若一个 ReLU 神经元对所有样本的输入都为负，就得不到梯度，再也回不来。在各种学习率下，8 个"
        "隐层神经元训练后有多少是死的？leaky ReLU 和 ELU 会有吗？",
    ),
    lectures="24",
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
