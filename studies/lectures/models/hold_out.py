"""Lecture 27: training, validation and test set, and what happens with few training samples."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from network.data.generated import CURVES
from network.losses import half_mse
from reports.figures.lectures.panels import Panel, line, mark
from reports.figures.losses import HUGE
from reports.figures.style import GREY, INK, ORANGE, SKY
from reports.words import WORDS, Text, accuracy_text, say
from studies.experiment import findings, parts
from studies.experiment.plan import Plan
from studies.experiment.result import Array, PlanResult
from studies.experiment.study import Report, ReportFigure, ReportTable, Results, Study
from studies.lectures.analysis import networks
from sweep.trial import Trial

RISEN = 1.25  # losses fluctuate; less is no rise
LAST = 60  # evaluations in the figure of the fluctuations
N_DRAWS = 2000  # random sets of samples of each size
Ends = Mapping[str, "pd.Series[float]"]
Losses = Mapping[int, Array]
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
POINTS = Text("{n} training samples", "{n} 个训练样本")
FINAL_LOSSES = Text(
    "With {points}, the final training loss is {train}, the validation loss {validation} and the "
    "test loss {test}.",
    "{points}时，最终训练损失为 {train}，验证损失为 {validation}，测试损失为 {test}。",
)
GAP = Text(
    "The test loss is {few} times the training loss with few samples and {many} times with all of "
    "them: here the network trained on few samples generalizes less well.",
    "样本少时测试损失是训练损失的 {few} 倍，使用全部样本时是 {many} 倍：此处用少量样本训练的网络泛"
    "化能力较差。",
)
OVERFITS = Text(
    "On the {n} noisy samples the true curve has a loss of {floor}. The training loss of {train} "
    "is lower, so the network has also learned the noise: it overfits.",
    "真实曲线在这 {n} 个带噪声的样本上的损失为 {floor}；训练损失 {train} 更低，说明网络把噪声也学"
    "了进去，即过拟合。",
)
NO_NOISE = Text(
    "With all samples, the test loss is lower than the training loss; the test labels have no "
    "noise.",
    "使用全部样本时，测试损失低于训练损失；测试集的标签没有噪声。",
)
ROSE_AGAIN = Text(
    "With {points}, the validation loss was lowest at epoch {epoch} ({lowest}) and had risen to "
    "{validation} by the last epoch, {epochs}. Detecting this is what a validation set is for.",
    "{points}时，验证损失在第 {epoch} 轮最低（{lowest}），到最后一轮（第 {epochs} 轮）升至 "
    "{validation}。验证集正是用来发现这一点的。",
)
FLUCTUATES = Text(
    "Between evaluations, the loss of the mini-batch changes by {batch} % and that of the "
    "validation set by {val} % (medians). The difference is sampling variation: 90 % of the "
    "losses of the final network lie between {a} and {b} on {m} random samples, and between {c} "
    "and {d} on {n}.",
    "相邻两次评估之间，小批损失变化 {batch}%，验证损失变化 {val}%（中位数）。差别来自抽样的随机性"
    "：最终网络在 {m} 个随机样本上的损失有 90% 落在 {a} 到 {b} 之间，在 {n} 个样本上则在 {c} 到 "
    "{d} 之间。",
)
COLUMNS = {
    "n": Text("training samples", "训练样本数"),
    "epochs": WORDS["epochs"],
    "train": WORDS["train_loss"],
    "validation": WORDS["validation_loss"],
    "test": Text("test loss", "测试损失"),
    "r2": WORDS["accuracy"],
    "lowest": Text("lowest validation loss", "最低验证损失"),
    "epoch": Text("at epoch", "所在轮数"),
}
LINES: dict[str, dict[str, Any]] = {
    "train_loss": {"label": Text("training set", "训练集"), "color": SKY, "lw": 2.4},
    "validation_loss": {"label": Text("validation set", "验证集"), "color": INK, "lw": 1.5},
    "test_loss": {"label": Text("test set", "测试集"), "color": ORANGE, "lw": 1.5},
}
SETTINGS = {
    "learning_rate": 0.1,
    "batch_size": 5,
    "activation": "tanh",
    "init": "normal",
    "target_loss": 1e-9,  # so that training does not stop
}


def report(results: Results) -> Report:
    """Follow the three losses, compare many samples with few, and explain the fluctuations."""
    ends = {name: final_losses(result).median() for name, result in results.items()}
    said = [*gaps(results, ends), *noise(results, ends), *lowest(results, ends)]
    shown: list[ReportFigure | ReportTable] = [
        _losses(results),
        ReportTable("sets", SETS_CAPTION, partial(losses_table, results, ends)),
        *_fits(results),
    ]
    many = results.get("all-points")
    sampled = losses_on_random_samples(many) if many else {}
    if many and sampled:
        trial = drawn_trial(many)
        last = many.losses(**trial.params, repeat=trial.repeat).tail(LAST)
        said += fluctuations(last, sampled)
        shown.append(_fluctuations(last, sampled))
    return Report([*said, *findings.diverged(list(results.values()))], shown)


def drawn_trial(result: PlanResult) -> Trial:
    """Return the trial that is drawn: the first of the largest network."""
    return result.trial(n_hidden=result.sizes("n_hidden")[-1])


def final_losses(result: PlanResult) -> pd.DataFrame:
    """Return a row a repeat: the three losses at the end, and the lowest on the validation set."""
    data, rows = result.dataset, []
    for trial in result.trained:
        if trial.params != drawn_trial(result).params:
            continue
        outcome = result.outcomes[trial.key]
        validation = np.nan_to_num(outcome.history["validation_loss"], nan=np.inf)
        rows.append(
            {
                "train": outcome.metrics["train_loss"],
                "validation": outcome.metrics["validation_loss"],
                "test": networks.loss_of(result, trial, data.test_x, data.test_y),
                "r2": outcome.metrics["test_r2"],
                "lowest": validation.min(),
                "epoch": outcome.history["epoch"][validation.argmin()],
                "epochs": outcome.epochs,
            }
        )
    return pd.DataFrame(rows)


def losses_on_random_samples(result: PlanResult) -> Losses:
    """Evaluate the network that is drawn on many random sets of training samples.

    Returns
    -------
    dict of int to ndarray, shape (N_DRAWS,)
        Losses, by the number of samples: a mini-batch's, and the validation set's. Empty if the
        network has diverged.
    """
    data, trial = result.dataset, drawn_trial(result)
    n, rng = len(data.train_x), np.random.default_rng(result.plan.seed)
    if not np.isfinite(networks.loss_of(result, trial, data.train_x, data.train_y)):
        return {}
    m = {**result.plan.fixed, **trial.params}["batch_size"] or n
    found = {}
    for size in (int(m), min(len(data.validation_x), n)):
        draws = (rng.choice(n, size, replace=False) for _ in range(N_DRAWS))
        losses = [networks.loss_of(result, trial, data.train_x[i], data.train_y[i]) for i in draws]
        found[size] = np.array(losses)
    return found


def points_text(result: PlanResult) -> Text:
    """Name a part of the study by its number of training samples."""
    return POINTS.fill(n=len(result.dataset.train_x))


def in_words(result: PlanResult, end: "pd.Series[float]") -> dict[str, Any]:
    """Return medians of `final_losses` as sentences and table write them."""
    return {
        "points": points_text(result),
        "n": len(result.dataset.train_x),
        "r2": accuracy_text(end.r2),
        **{name: loss_text(end[name]) for name in ("train", "validation", "test", "lowest")},
        **{name: f"{end[name]:.0f}" for name in ("epoch", "epochs")},
    }


def _losses(results: Results) -> ReportFigure:
    """Draw the three losses of each part, with the lowest validation loss marked."""
    runs = {
        points_text(r): networks.history_with_test_loss(r, drawn_trial(r)) for r in results.values()
    }
    label = Text("lowest validation loss", "验证损失最低点")
    panels = []
    for name, run in runs.items():
        drawn = run.where(run < HUGE)
        lines = [line(run.epoch, drawn[loss], **style) for loss, style in LINES.items()]
        lowest = run.validation_loss.fillna(np.inf).argmin()
        x, y = run.epoch[lowest], run.validation_loss[lowest]
        lines.append(line(x, y, label=label, color=INK, marker="v", ms=8, ls=""))
        panels.append(Panel(name, lines))
    repeats = max(result.plan.repeats for result in results.values())
    title = Text("Loss on the three sets", "三个集合上的损失")
    if repeats > 1:
        note = Text(" (repeat 0 of {n} repeats)", " (共 {n} 次重复中的第 0 次)").fill(n=repeats)
        title = Text(title.en + note.en, title.zh + note.zh)
    axes = {"yscale": "log", "xlabel": "epoch", "ylabel": "loss axis"}
    return parts.panels("losses", title, LOSSES_CAPTION, panels, axes=axes)


def _fits(results: Results) -> list[ReportFigure]:
    """Draw the networks with their samples, where there is one input."""
    if not parts.is_curve(next(iter(results.values())).dataset):
        return []
    panels = []
    for result in results.values():
        predicted = result.predict(result.dataset.test_x, **drawn_trial(result).params)
        panels.append(parts.fit_panel(points_text(result), result.dataset, predicted))
    title = Text("Fit of each network to its training samples", "各网络对其训练样本的拟合")
    return [parts.panels("fits", title, FITS_CAPTION, panels)]


def _fluctuations(last: pd.DataFrame, sampled: Losses) -> ReportFigure:
    """Draw the fluctuation of the losses, and their variation over random samples."""
    lines = [
        line(last.epoch, 1000 * last[loss], label=loss, color=color, lw=lw)
        for loss, color, lw in (("batch_loss", SKY, 1.0), ("validation_loss", INK, 1.6))
    ]
    top = 1.02 * max(np.quantile(losses, 0.995) for losses in sampled.values())
    bins = np.linspace(0.98 * min(losses.min() for losses in sampled.values()), top, 40)
    label = Text("on {n} random samples", "在 {n} 个随机样本上")
    styles = ({"color": SKY, "hatch": "/////"}, {"color": GREY})
    look = {"bins": 1000 * bins, "density": True, "alpha": 0.75}
    bars = [
        mark("hist", 1000 * losses.clip(max=top), label=label.fill(n=n), **look, **style)
        for (n, losses), style in zip(sampled.items(), styles, strict=False)
    ]
    loss = Text("loss / 0.001", "损失 / 0.001")
    run = Text("the last evaluations of the run", "训练的最后若干次评估")
    final = Text("the final network on random samples", "最终网络在随机样本上")
    frequency = {"ylabel": Text("frequency", "频率"), "yticks": []}
    panels = [
        Panel(run, lines, {"xlabel": "epoch", "ylabel": loss}),
        Panel(final, bars, {"xlabel": loss, **frequency}),
    ]
    title = Text("Why the loss of a mini-batch fluctuates", "小批损失为什么波动")
    return parts.panels("jumps", title, JUMPS_CAPTION, panels, shared=False)


def losses_table(results: Results, ends: Ends) -> pd.DataFrame:
    """Return the losses at the end, by the number of training samples."""
    rows = [in_words(result, ends[name]) for name, result in results.items()]
    return pd.DataFrame(rows)[list(COLUMNS)].rename(columns=lambda name: say(COLUMNS[name]))


def loss_text(value: float) -> str:
    """Write a loss."""
    return f"{value:.5f}" if value < 10 else f"{value:.3g}"


def gaps(results: Results, ends: Ends) -> Iterator[Text]:
    """State the final losses, and compare the gaps between training and test loss."""
    ratios = {}
    for name, result in results.items():
        end = ends[name]
        if np.isfinite([end.train, end.validation, end.test]).all():
            ratios[name] = end.test / end.train
            yield FINAL_LOSSES.fill(**in_words(result, end))
    if len(ratios) == 2 and ratios["few-points"] > max(1.2, 1.5 * ratios["all-points"]):
        few, many = (f"{ratios[name]:.2f}" for name in ("few-points", "all-points"))
        yield GAP.fill(few=few, many=many)


def noise(results: Results, ends: Ends) -> Iterator[Text]:
    """Compare the training loss with that of the true curve, where this is known."""
    known = {name: result for name, result in results.items() if result.dataset.name in CURVES}
    if "few-points" in known:
        data, end = known["few-points"].dataset, ends["few-points"]
        floor = half_mse(CURVES[data.name](data.train_x), data.train_y)
        if end.train < floor:
            yield OVERFITS.fill(floor=loss_text(floor), **in_words(known["few-points"], end))
    if "all-points" in known and ends["all-points"].test < ends["all-points"].train:
        yield NO_NOISE


def lowest(results: Results, ends: Ends) -> Iterator[Text]:
    """State where the validation loss was lowest, if it clearly rose again."""
    for name, result in results.items():
        end = ends[name]
        if np.isfinite(end.validation) and end.validation > RISEN * end.lowest:
            yield ROSE_AGAIN.fill(**in_words(result, end))


def fluctuations(last: pd.DataFrame, sampled: Losses) -> Iterator[Text]:
    """Compare the fluctuations of the mini-batch and validation losses, and explain them."""
    if len(sampled) < 2 or len(last) < 2:
        return
    batch, validation = (
        100 * float((last[name].diff().abs() / last[name]).median())
        for name in ("batch_loss", "validation_loss")
    )
    if batch > 1.5 * validation:
        m, n = sampled
        middle = np.ravel([np.quantile(losses, (0.05, 0.95)) for losses in sampled.values()])
        yield FLUCTUATES.fill(
            batch=f"{batch:.1f}",
            val=f"{validation:.1f}",
            m=m,
            n=n,
            **dict(zip("abcd", map(loss_text, middle), strict=True)),
        )


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
