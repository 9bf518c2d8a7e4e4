"""Lecture 27: training, validation and test set, and what happens with few training points."""

from functools import partial

from network.data.generated import CURVES
from reports.figures.lectures import hold_out as figures
from reports.words import Text
from studies.experiment import findings
from studies.experiment.plan import Plan
from studies.experiment.study import Picture, Report, Results, Sheet, Study
from studies.lectures.analysis import networks
from studies.lectures.analysis.held_out import ends_of, measured_again, shown
from studies.sentences import hold_out as says


def report(results: Results) -> Report:
    """Follow the three losses, compare many points with few, and explain the jumps."""
    ends = {name: ends_of(result) for name, result in results.items()}
    many = results.get("all-points")
    again = measured_again(many) if many else {}
    history = many.losses(**shown(many).params, repeat=shown(many).repeat) if many else None
    said = [
        *says.gaps(results, ends),
        *says.noise(results, ends),
        *says.lowest(results, ends),
        *(says.jumps(history, again) if history is not None else []),
        *findings.diverged(list(results.values())),
    ]
    sheet = Sheet("sets", says.SETS_CAPTION, partial(says.sets, results, ends))
    pictures: list[Picture | Sheet] = [_losses(results), sheet, *_fits(results)]
    if history is not None and again:
        draw = partial(figures.jumps, history.tail(says.LAST), again)
        pictures.append(Picture("jumps", says.JUMPS_CAPTION, draw))
    return Report(said, pictures)


def _losses(results: Results) -> Picture:
    runs = {says.points(r): networks.history_with_test_loss(r, shown(r)) for r in results.values()}
    repeats = max(result.plan.repeats for result in results.values())
    note = Text("repeat 0 of {n} repeats", "共 {n} 次重复中的第 0 次").fill(n=repeats)
    draw = partial(figures.three_losses, runs, note if repeats > 1 else None)
    return Picture("losses", says.LOSSES_CAPTION, draw)


def _fits(results: Results) -> list[Picture]:
    """Draw the networks over their points, where there is one input."""
    data = next(iter(results.values())).dataset
    if data.n_inputs > 1 or data.n_outputs > 1:
        return []
    fits = [
        figures.Fit(
            says.points(r),
            r.dataset.train_x,
            r.dataset.train_y,
            r.predict(data.test_x, **shown(r).params),
        )
        for r in results.values()
    ]
    is_curve = data.name in CURVES
    draw = partial(figures.fits_of_sets, fits, data.test_x, data.test_y, test_is_curve=is_curve)
    return [Picture("fits", says.FITS_CAPTION, draw)]


SETTINGS = {
    "learning_rate": 0.1,
    "batch_size": 5,
    "activation": "tanh",
    "init": "normal",
    "target_loss": 1e-9,  # so that training goes on
}

STUDY = Study(
    name="hold-out",
    title=Text("Training, validation and test set", "训练集、验证集与测试集"),
    question=Text(
        "What do the losses on the three sets tell, why does that of a mini-batch jump, and what "
        "happens if a network with 12 hidden units has only 30 points to learn from?",
        "三个集合上的损失各说明什么？小批的损失为什么跳动？"
        "12 个隐层神经元的网络只有 30 个训练样本时会怎样？",
    ),
    lectures="27",
    report=report,
    plans={
        "all-points": Plan(
            axes={"n_hidden": (12,)}, fixed={**SETTINGS, "max_epochs": 5000, "eval_every": 10}
        ),
        "few-points": Plan(
            axes={"n_hidden": (12,)},
            fixed={**SETTINGS, "max_epochs": 200_000, "eval_every": 400},
            training_points=30,
        ),
    },
)
