"""Lectures 26, 27 and 29: how many hidden units a curve needs."""

from functools import partial

from reports.figures import fits as figures
from reports.words import Text, accuracy_text
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.lectures.analysis import networks
from studies.sentences import approximation as says


def report(results: Results) -> Report:
    """Show fits, loss curves and costs of each number of hidden units."""
    said = [
        *(text for name, result in results.items() for text in says.needed(name, result)),
        *(text for name, result in results.items() for text in says.noise(name, result)),
        *findings.diverged(list(results.values())),
    ]
    sheet = Sheet("units", says.UNITS_CAPTION, partial(says.units, results))
    pictures = [_fits(name, result) for name, result in results.items()]
    losses = [
        parts.loss_curves(result, "n_hidden", name=f"losses_{name}", caption=says.caption(name))
        for name, result in results.items()
    ]
    return Report(said, [*pictures, sheet, *losses])


def _fits(name: str, result: PlanResult) -> Picture:
    data, predictions = result.dataset, {}
    for n_hidden in result.sizes("n_hidden"):
        trial = networks.median_trial(result, n_hidden=n_hidden)
        outcome = result.outcomes[trial.key]
        label = Text("hidden units {n}: R² {r2}", "隐层神经元 {n}：R² {r2}").fill(
            n=n_hidden, r2=accuracy_text(outcome.test_r2)
        )
        predictions[label] = result.plan.objective.predict(trial, outcome.parameters, data.test_x)
    draw = partial(
        figures.fit_panels,
        predictions,
        Text("Fits of the {name}", "{name}的拟合").fill(name=says.NAMES[name]),
        **parts.samples(data),
    )
    return Picture(f"fits_{name}", says.FITS_CAPTION.fill(name=says.NAMES[name]), draw)


STUDY = Study(
    name="approximation",
    title=Text("How many hidden units a curve needs", "拟合一条曲线需要多少隐层神经元"),
    question=Text(
        "The universal approximation theorem promises that enough hidden units fit any curve. How "
        "many are enough for the sine (1 or 2), and for the snake curve (1, 2, 3 and more)?",
        "万能近似定理说：隐层神经元足够多，就能拟合任意曲线。正弦曲线（1、2 个）和蛇形曲线"
        "（1、2、3 个及更多）各需要多少个？",
    ),
    lectures="26, 27, 29",
    report=report,
    plans={
        "sine": Plan(
            axes={"n_hidden": (1, 2)},
            fixed={"learning_rate": 0.05, "batch_size": 10, "max_epochs": 5000},
            data="sine",
            repeats=3,
        ),
        "snake": Plan(
            axes={"n_hidden": (1, 2, 3, 4, 6)},
            fixed={"learning_rate": 0.5, "batch_size": 10},
            repeats=3,
        ),
    },
)
