"""Lecture 27: training, validation and test set, and what happens with few training points."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.generated import CURVES
from network.losses import half_mse
from reports import hold_out_figures as figures
from reports.tables import accuracy_text
from reports.words import Text, word
from studies import findings
from studies.plan import Plan
from studies.plan_result import PlanResult
from studies.study import Picture, Report, Results, Sheet, Study
from studies.trained import CURVE_FUNCTIONS, history_with_test_loss, loss_of
from sweep.trial import Trial

RISEN = 1.25  # losses jump; less is no rise
LAST = 60  # evaluations in the picture of the jumps
MEASURED_AGAIN = 2000

Ends = Mapping[str, pd.DataFrame]


def report(results: Results) -> Report:
    """Follow the three losses, compare many points with few, and explain the jumps."""
    ends = {name: ends_of(result) for name, result in results.items()}
    many = results["all-points"]
    history, again = pd.DataFrame(many.outcomes[shown(many).key].history), measured_again(many)
    said = [
        *_gaps(results, ends),
        *_noise(results, ends),
        *_lowest(results, ends),
        *_jumps(history, again),
        *findings.diverged(list(results.values())),
    ]
    sheet = Sheet("sets", SETS_CAPTION, partial(_sets, results, ends))
    pictures: list[Picture | Sheet] = [_losses(results), sheet, *_fits(results)]
    if again:
        draw = partial(figures.jumps, history.tail(LAST), again)
        pictures.append(Picture("jumps", JUMPS_CAPTION, draw))
    return Report(said, pictures)


LOSSES_CAPTION = Text(
    "Loss on the training set, which is learned, on the validation set, which is held out to "
    "decide when to stop, and on the test set, which decides nothing.",
    "训练集（用于学习）、验证集（留出来决定何时停止）与测试集（不参与任何决定）上的损失。",
)
FITS_CAPTION = Text("The networks at the end of training.", "训练结束时的网络。")
JUMPS_CAPTION = Text(
    "Left: loss on the epoch's last mini-batch and on the validation set. Right: the final network "
    "measured on random sets of samples, as large as a mini-batch and as the validation set.",
    "左：每轮最后一个小批与验证集上的损失。右：用与小批、验证集同样大小的随机样本集反复测量最终网络。",
)
SETS_CAPTION = Text(
    "Losses at the end of training, and where the validation loss was lowest (medians of the "
    "repeats).",
    "训练结束时的损失，以及验证损失的最低点（各次重复的中位数）。",
)


def _points(result: PlanResult) -> Text:
    return Text("{n} training points", "{n} 个训练样本").fill(n=len(result.dataset.train_x))


def shown(result: PlanResult) -> Trial:
    """Return the trial that is drawn: the first of the largest network."""
    return result.trial(n_hidden=max(result.plan.axes["n_hidden"], key=lambda n: int(str(n))))


def ends_of(result: PlanResult) -> pd.DataFrame:
    """Return a row a repeat: the three losses at the end, and the lowest on the validation set."""
    data, rows = result.dataset, []
    for trial in result.plan.trials:
        outcome = result.outcomes.get(trial.key)
        if outcome is None or trial.params != shown(result).params:
            continue
        validation = np.nan_to_num(outcome.history["validation_loss"], nan=np.inf)
        lowest = int(validation.argmin())
        rows.append(
            {
                "train": outcome.train_loss,
                "validation": outcome.validation_loss,
                "test": loss_of(result, trial, data.test_x, data.test_y),
                "r2": outcome.test_r2,
                "lowest": validation[lowest],
                "epoch": outcome.history["epoch"][lowest],
                "epochs": outcome.epochs,
            }
        )
    return pd.DataFrame(rows)


def measured_again(result: PlanResult) -> dict[int, NDArray[np.float64]]:
    """Measure the first network on many random sets of samples, small and large.

    Returns
    -------
    dict of int to ndarray, shape (MEASURED_AGAIN,)
        Losses, by the number of samples: a mini-batch's, and the validation set's.
    """
    data, trial = result.dataset, shown(result)
    n, rng = len(data.train_x), np.random.default_rng(result.plan.seed)
    if not np.isfinite(loss_of(result, trial, data.train_x, data.train_y)):
        return {}
    m = {**result.plan.fixed, **trial.params}["batch_size"] or n
    found = {}
    for size in (int(m), min(len(data.validation_x), n)):
        draws = (rng.choice(n, size, replace=False) for _ in range(MEASURED_AGAIN))
        losses = [loss_of(result, trial, data.train_x[i], data.train_y[i]) for i in draws]
        found[size] = np.array(losses)
    return found


def _losses(results: Results) -> Picture:
    runs = {_points(r): history_with_test_loss(r, shown(r)) for r in results.values()}
    repeats = results["all-points"].plan.repeats
    note = Text("repeat 0 of {n} repeats", "共 {n} 次重复中的第 0 次").fill(n=repeats)
    draw = partial(figures.three_losses, runs, note if repeats > 1 else None)
    return Picture("losses", LOSSES_CAPTION, draw)


def _fits(results: Results) -> list[Picture]:
    """Draw the networks over their points, where there is one input."""
    data = results["all-points"].dataset
    if data.n_inputs > 1 or data.n_outputs > 1:
        return []
    fits = [
        figures.Fit(
            _points(r),
            r.dataset.train_x,
            r.dataset.train_y,
            r.predict(data.test_x, **shown(r).params),
        )
        for r in results.values()
    ]
    is_curve = data.name in CURVES
    draw = partial(figures.fits_of_sets, fits, data.test_x, data.test_y, test_is_curve=is_curve)
    return [Picture("fits", FITS_CAPTION, draw)]


def _sets(results: Results, ends: Ends) -> pd.DataFrame:
    rows = []
    for name, result in results.items():
        end = ends[name].median()
        rows.append(
            {
                str(Text("training points", "训练样本数")): len(result.dataset.train_x),
                word("epochs"): f"{end.epochs:.0f}",
                word("train_loss"): _loss(end.train),
                word("validation_loss"): _loss(end.validation),
                str(Text("test loss", "测试损失")): _loss(end.test),
                word("accuracy"): accuracy_text(end.r2),
                str(Text("lowest validation loss", "最低验证损失")): _loss(end.lowest),
                str(Text("at epoch", "所在轮数")): f"{end.epoch:.0f}",
            }
        )
    return pd.DataFrame(rows)


def _loss(loss: float) -> str:
    return f"{loss:.5f}" if loss < 10 else f"{loss:.3g}"


def _gaps(results: Results, ends: Ends) -> list[Text]:
    """Say how far the losses end from each other, and which gap is wider."""
    said, ratios = [], {}
    for name, result in results.items():
        end = ends[name].median()
        if not np.isfinite([end.train, end.validation, end.test]).all():
            continue
        ratios[name] = end.test / end.train
        said.append(
            Text(
                "With {points} the training loss ends at {train}, the validation loss at {val}, "
                "the test loss at {test}.",
                "{points}时，训练损失最终为 {train}，验证损失为 {val}，测试损失为 {test}。",
            ).fill(
                points=_points(result),
                train=_loss(end.train),
                val=_loss(end.validation),
                test=_loss(end.test),
            )
        )
    if len(ratios) == 2 and ratios["few-points"] > max(1.2, 1.5 * ratios["all-points"]):
        said.append(
            Text(
                "The test loss is {few} times the training loss with few points, and {many} times "
                "with all: what the network learned from few points holds less for others.",
                "样本少时测试损失是训练损失的 {few} 倍，样本充足时是 {many} 倍：从少量样本"
                "学到的东西推广得较差。",
            ).fill(few=f"{ratios['few-points']:.2f}", many=f"{ratios['all-points']:.2f}")
        )
    return said


def _noise(results: Results, ends: Ends) -> list[Text]:
    """Set the training loss against that of the true curve, where this is known."""
    data, end = results["few-points"].dataset, ends["few-points"].median()
    if data.name not in CURVE_FUNCTIONS:
        return []
    said = []
    floor = half_mse(CURVE_FUNCTIONS[data.name](data.train_x), data.train_y)
    if end.train < floor:
        said.append(
            Text(
                "The true curve itself has a loss of {floor} on the {n} noisy points; a training "
                "loss of {train} is less, so the network has learned noise too: it overfits.",
                "真实曲线本身在这 {n} 个带噪声的样本上的损失是 {floor}；训练损失 {train} 比它还低，"
                "说明网络把噪声也学了进去，即过拟合。",
            ).fill(floor=_loss(floor), n=len(data.train_x), train=_loss(end.train))
        )
    end = ends["all-points"].median()
    if end.test < end.train:
        said.append(
            Text(
                "That the test loss ends below the training loss with all points is no mistake: "
                "the test labels have no noise.",
                "样本充足时测试损失低于训练损失并非错误：测试集的标签没有噪声。",
            )
        )
    return said


def _lowest(results: Results, ends: Ends) -> list[Text]:
    """Say where the validation loss was lowest, if it rose again clearly."""
    said = []
    for name, result in results.items():
        end = ends[name].median()
        if np.isfinite(end.validation) and end.validation > RISEN * end.lowest:
            said.append(
                Text(
                    "With {points} the validation loss was lowest, {lowest}, at epoch {epoch}, and "
                    "ended at {last} after {n}: this is what the validation set is there to tell.",
                    "{points}时，验证损失在第 {epoch} 轮最低（{lowest}），{n} 轮后为 {last}："
                    "这正是验证集要告诉我们的。",
                ).fill(
                    points=_points(result),
                    lowest=_loss(end.lowest),
                    epoch=f"{end.epoch:.0f}",
                    last=_loss(end.validation),
                    n=f"{end.epochs:.0f}",
                )
            )
    return said


def _jumps(history: pd.DataFrame, again: Mapping[int, NDArray[np.float64]]) -> list[Text]:
    """Compare how much the losses of a mini-batch and of the validation set jump, and say why."""
    last = history.tail(LAST)
    if len(again) < 2 or len(last) < 2:
        return []
    batch, validation = (
        100 * float((last[name].diff().abs() / last[name]).median())
        for name in ("batch_loss", "validation_loss")
    )
    if not batch > 1.5 * validation:
        return []
    (m, few), (n, many) = again.items()
    low, high = np.quantile(few, (0.05, 0.95)), np.quantile(many, (0.05, 0.95))
    return [
        Text(
            "From one evaluation to the next the loss of the mini-batch changes by {batch} %, that "
            "of the validation set by {val} % (medians). It is chance: on {m} random samples the "
            "final network has a loss from {a} to {b}, on {n} from {c} to {d} (nine tenths).",
            "相邻两次评估之间，小批损失变化 {batch}%，验证损失变化 {val}%（中位数）。这是偶然性："
            "最终网络在 {m} 个随机样本上的损失为 {a} 到 {b}，在 {n} 个样本上为 {c} 到 {d}"
            "（十分之九的情形）。",
        ).fill(
            batch=f"{batch:.1f}",
            val=f"{validation:.1f}",
            m=m,
            n=n,
            a=_loss(low[0]),
            b=_loss(low[1]),
            c=_loss(high[0]),
            d=_loss(high[1]),
        )
    ]


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
