"""Lecture 27: training, validation and test set, and what happens with few training samples."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.data.generated import CURVES
from network.losses import half_mse
from reports.figures.lectures import hold_out as figures
from reports.words import Text, accuracy_text, word
from studies.experiment import findings
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks
from studies.lectures.analysis.held_out import ends_of, measured_again, shown

RISEN = 1.25  # losses jump; less is no rise
LAST = 60  # evaluations in the picture of the jumps
Ends = Mapping[str, pd.DataFrame]
LOSSES_CAPTION = Text(
    "Loss on the training set, from which the network learns; on the validation set, which "
    "decides when to stop; and on the test set, which decides nothing.",
    "训练集（用于学习）、验证集（决定何时停止）与测试集（不参与任何决定）上的损失。",
)
FITS_CAPTION = Text(
    "The networks at the end of training, with their training samples.",
    "训练结束时的网络与各自的训练样本。",
)
JUMPS_CAPTION = Text(
    "Left: loss on the last mini-batch of each epoch and on the validation set. Right: the final "
    "network evaluated on random sets of samples of the size of a mini-batch and of the "
    "validation set.",
    "左：每轮最后一个小批与验证集上的损失。右：最终网络在随机样本集上的损失，样本数分别与小批、验"
    "证集相同。",
)
SETS_CAPTION = Text(
    "Losses at the end of training, and the lowest validation loss (medians of the repeats).",
    "训练结束时的损失，以及最低验证损失（各次重复的中位数）。",
)
SETTINGS = {
    "learning_rate": 0.1,
    "batch_size": 5,
    "activation": "tanh",
    "init": "normal",
    "target_loss": 1e-9,  # so that training goes on
}


def report(results: Results) -> Report:
    """Follow the three losses, compare many samples with few, and explain the fluctuations."""
    ends = {name: ends_of(result) for name, result in results.items()}
    many = results.get("all-points")
    again = measured_again(many) if many else {}
    history = many.losses(**shown(many).params, repeat=shown(many).repeat) if many else None
    said = [
        *gaps(results, ends),
        *noise(results, ends),
        *lowest(results, ends),
        *(jumps(history, again) if history is not None else []),
        *findings.diverged(list(results.values())),
    ]
    sheet = ReportTable("sets", SETS_CAPTION, partial(losses_table, results, ends))
    pictures: list[ReportFigure | ReportTable] = [_losses(results), sheet, *_fits(results)]
    if history is not None and again:
        draw = partial(figures.jumps, history.tail(LAST), again)
        pictures.append(ReportFigure("jumps", JUMPS_CAPTION, draw))
    return Report(said, pictures)


def _losses(results: Results) -> ReportFigure:
    runs = {points_text(r): networks.history_with_test_loss(r, shown(r)) for r in results.values()}
    repeats = max(result.plan.repeats for result in results.values())
    note = Text("repeat 0 of {n} repeats", "共 {n} 次重复中的第 0 次").fill(n=repeats)
    draw = partial(figures.three_losses, runs, note if repeats > 1 else None)
    return ReportFigure("losses", LOSSES_CAPTION, draw)


def _fits(results: Results) -> list[ReportFigure]:
    """Draw the networks with their samples, where there is one input."""
    data = next(iter(results.values())).dataset
    if data.n_inputs > 1 or data.n_outputs > 1:
        return []
    fits = [
        figures.Fit(
            points_text(r),
            r.dataset.train_x,
            r.dataset.train_y,
            r.predict(data.test_x, **shown(r).params),
        )
        for r in results.values()
    ]
    is_curve = data.name in CURVES
    draw = partial(figures.fits_of_sets, fits, data.test_x, data.test_y, test_is_curve=is_curve)
    return [ReportFigure("fits", FITS_CAPTION, draw)]


def points_text(result: PlanResult) -> Text:
    """Name a part of the study by its number of training samples."""
    return Text("{n} training samples", "{n} 个训练样本").fill(n=len(result.dataset.train_x))


def losses_table(results: Results, ends: Ends) -> pd.DataFrame:
    """Return the losses at the end, by the number of training samples."""
    rows = []
    for name, result in results.items():
        end = ends[name].median()
        rows.append(
            {
                str(Text("training samples", "训练样本数")): len(result.dataset.train_x),
                word("epochs"): f"{end.epochs:.0f}",
                word("train_loss"): loss_text(end.train),
                word("validation_loss"): loss_text(end.validation),
                str(Text("test loss", "测试损失")): loss_text(end.test),
                word("accuracy"): accuracy_text(end.r2),
                str(Text("lowest validation loss", "最低验证损失")): loss_text(end.lowest),
                str(Text("at epoch", "所在轮数")): f"{end.epoch:.0f}",
            }
        )
    return pd.DataFrame(rows)


def loss_text(value: float) -> str:
    """Write a loss."""
    return f"{value:.5f}" if value < 10 else f"{value:.3g}"


def gaps(results: Results, ends: Ends) -> list[Text]:
    """State the final losses, and compare the gaps between training and test loss."""
    said, ratios = [], {}
    for name, result in results.items():
        end = ends[name].median()
        if not np.isfinite([end.train, end.validation, end.test]).all():
            continue
        ratios[name] = end.test / end.train
        said.append(
            Text(
                "With {points}, the final training loss is {train}, the validation loss {val} and "
                "the test loss {test}.",
                "{points}时，最终训练损失为 {train}，验证损失为 {val}，测试损失为 {test}。",
            ).fill(
                points=points_text(result),
                train=loss_text(end.train),
                val=loss_text(end.validation),
                test=loss_text(end.test),
            )
        )
    if len(ratios) == 2 and ratios["few-points"] > max(1.2, 1.5 * ratios["all-points"]):
        said.append(
            Text(
                "The test loss is {few} times the training loss with few samples and {many} times "
                "with all of them: a network trained on few samples generalizes less well.",
                "样本少时测试损失是训练损失的 {few} 倍，使用全部样本时是 {many} 倍：用少量样本训练"
                "的网络泛化能力较差。",
            ).fill(few=f"{ratios['few-points']:.2f}", many=f"{ratios['all-points']:.2f}")
        )
    return said


def noise(results: Results, ends: Ends) -> list[Text]:
    """Compare the training loss with that of the true curve, where this is known."""
    known = {
        name: result.dataset for name, result in results.items() if result.dataset.name in CURVES
    }
    said = []
    if "few-points" in known:
        data, train = known["few-points"], float(ends["few-points"].train.median())
        floor = half_mse(CURVES[data.name](data.train_x), data.train_y)
        if train < floor:
            said.append(
                Text(
                    "On the {n} noisy samples the true curve has a loss of {floor}. The training "
                    "loss of {train} is lower, so the network has also learned the noise: it "
                    "overfits.",
                    "真实曲线在这 {n} 个带噪声的样本上的损失为 {floor}；训练损失 {train} 更低，说"
                    "明网络把噪声也学了进去，即过拟合。",
                ).fill(floor=loss_text(floor), n=len(data.train_x), train=loss_text(train))
            )
    if "all-points" in known:
        end = ends["all-points"].median()
        if end.test < end.train:
            said.append(
                Text(
                    "With all samples, the test loss is lower than the training loss because the "
                    "test labels have no noise.",
                    "使用全部样本时，测试损失低于训练损失，因为测试集的标签没有噪声。",
                )
            )
    return said


def lowest(results: Results, ends: Ends) -> list[Text]:
    """State where the validation loss was lowest, if it clearly rose again."""
    said = []
    for name, result in results.items():
        end = ends[name].median()
        if np.isfinite(end.validation) and end.validation > RISEN * end.lowest:
            said.append(
                Text(
                    "With {points}, the validation loss was lowest at epoch {epoch} ({lowest}) "
                    "and had risen to {last} by the last epoch, {n}. Detecting this is what a "
                    "validation set is for.",
                    "{points}时，验证损失在第 {epoch} 轮最低（{lowest}），到最后一轮（第 {n} 轮）"
                    "升至 {last}。验证集正是用来发现这一点的。",
                ).fill(
                    points=points_text(result),
                    lowest=loss_text(end.lowest),
                    epoch=f"{end.epoch:.0f}",
                    last=loss_text(end.validation),
                    n=f"{end.epochs:.0f}",
                )
            )
    return said


def jumps(history: pd.DataFrame, again: Mapping[int, NDArray[np.float64]]) -> list[Text]:
    """Compare the fluctuations of the mini-batch and validation losses, and explain them."""
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
            "Between evaluations, the loss of the mini-batch changes by {batch} % and that of the "
            "validation set by {val} % (medians). The difference is sampling variation: 90 % of "
            "the losses of the final network lie between {a} and {b} on {m} random samples, and "
            "between {c} and {d} on {n}.",
            "相邻两次评估之间，小批损失变化 {batch}%，验证损失变化 {val}%（中位数）。差别来自抽样"
            "的随机性：最终网络在 {m} 个随机样本上的损失有 90% 落在 {a} 到 {b} 之间，在 {n} 个样本"
            "上则在 {c} 到 {d} 之间。",
        ).fill(
            batch=f"{batch:.1f}",
            val=f"{validation:.1f}",
            m=m,
            n=n,
            a=loss_text(low[0]),
            b=loss_text(low[1]),
            c=loss_text(high[0]),
            d=loss_text(high[1]),
        )
    ]


STUDY = Study(
    name="hold-out",
    title=Text("Training, validation and test set", "训练集、验证集与测试集"),
    question=Text(
        "What do the losses on the three sets show, why does the loss of a mini-batch fluctuate, "
        "and what happens if a network with 12 hidden units has only 30 training samples?",
        "三个集合上的损失各说明什么？小批的损失为什么波动？12 个隐层神经元的网络只有 30 个训练样本"
        "时会怎样？",
    ),
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
