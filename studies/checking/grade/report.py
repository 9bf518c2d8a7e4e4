"""The report of a grade: sentences, ``grade.md`` and ``grade.html``."""

import math
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from reports.documents.documents import Part, report_document
from reports.documents.markdown import escaped
from reports.files import refuse_links, write_text
from reports.page import content
from reports.words import (
    LANGUAGES,
    Text,
    axis_value,
    current_language,
    in_language,
    joined,
    language,
    value_text,
    word,
)
from studies.checking.grade.calls import FULL, N_TRAIN
from studies.checking.grade.grade import (
    GRADIENT_TOLERANCE,
    LEVELS,
    VALIDATION_PART,
    CellComparison,
    Grade,
    GradientComparison,
)
from studies.checking.grade.gradients import N_SAMPLES
from studies.checking.grade.matching import EXPLODED, Match
from sweep.errors import SweepError

MARKDOWN, PAGE = "grade.md", "grade.html"

TITLE = Text("Is {name} right?", "{name} 对吗？")
QUESTION = Text(
    "The function was called on {n} training samples with a few learning rates and batch sizes, "
    "from the same initial weights and with the same sample orders as the reference. Losses that "
    "differ by less than 1e-9, relative to the larger one, differ by rounding alone.",
    "函数在 {n} 个训练样本上以几种学习率和批大小运行，初始权重和样本顺序与参考实现相同。"
    "损失的相对差异小于 1e-9 者，只是舍入不同。",
)


def sentences(grade: Grade) -> list[Text]:
    """Return what there is to say, the verdict first."""
    if grade.failure:
        return [_FAILED.fill(reason=grade.failure.rstrip("."))]
    said = [*_of_losses(grade), *_of_gradients(grade)]
    if not grade.is_right and (right := [p.what for p in grade.parts if p.is_right]):
        said.append(_ALREADY.fill(parts=_listed(right)))
    return said


def _of_losses(grade: Grade) -> Iterator[Text]:
    known = grade.known
    if grade.has_right_losses:
        worst = max(cell.worst for cell in grade.cells)
        yield _RIGHT.fill(n=len(grade.cells), agreement=_agreement(worst))
        others = [part.what for part in grade.wrong_parts if part.what is not VALIDATION_PART]
        if others:
            yield _BUT.fill(parts=_listed(others))
    elif grade.matches:
        yield from _diagnoses(grade.matches, _DIAGNOSIS, is_float32=known.is_float32)
    else:
        yield _UNEXPLAINED
        yield from _localised(grade)
    if grade.explodes:
        yield _EXPLODES.fill(most=EXPLODED)
    if first := _first_difference(grade.cells):
        yield first
    if any(part.what is VALIDATION_PART for part in grade.wrong_parts):
        yield _LEARNS_VALIDATION


def _diagnoses(matches: Sequence[Match], words: Text, *, is_float32: bool) -> Iterator[Text]:
    """Say what explains the losses; several that do so equally well are all named."""
    for match in matches:
        if not match.mistakes:
            yield _FLOAT32.fill(agreement=_agreement(match.worst))
            continue
        whats = [mistake.what for mistake in match.mistakes]
        what = Text(" and ".join(w.en for w in whats), "；并且".join(w.zh for w in whats))
        agreement = _agreement(match.worst)
        yield words.fill(what=what, agreement=agreement)
    if is_float32 and matches[0].mistakes:
        yield _FLOAT32_TOO
    if len(matches) > 1:
        yield _SEVERAL
    hints = dict.fromkeys(mistake.hint for match in matches for mistake in match.mistakes)
    if hints:
        yield _HINT.fill(hints=Text(" ".join(h.en for h in hints), "".join(h.zh for h in hints)))


def _localised(grade: Grade) -> Iterator[Text]:
    """Say where to look if no known mistake explains the losses."""
    start, gradient, samples, steps, batches, *_ = (part.is_right for part in grade.parts)
    if not grade.is_repeatable:
        yield _RANDOM
    if not grade.uses_initial:
        yield _OWN_START
    if grade.known.decimals is not None:
        yield _ROUNDED.fill(n=grade.known.decimals)
        return
    if not start:
        yield _WRONG_START
        if grade.matches_at_start:
            yield from _diagnoses(grade.matches_at_start, _AT_START, is_float32=False)
    if grade.known.is_float32:
        yield _FLOAT32_TOO
    if grade.base is None:
        return
    if not gradient:
        yield _WRONG_GRADIENT
        yield from _of_one_batch(grade)
    elif not samples:
        yield _WRONG_SAMPLES
    elif not steps:
        yield _WRONG_STEPS
    elif not batches:
        yield _WRONG_ORDER
    if not grade.asked:
        yield _NEVER_ASKED
    elif len(set(grade.asked)) == 1 and len(grade.asked) > 1:
        yield _ASKED_ONE.fill(epoch=grade.asked[0])


def _of_one_batch(grade: Grade) -> Iterator[Text]:
    """Say what explains the losses where order and slices don't matter."""
    if grade.matches_with_one_batch:
        yield from _diagnoses(grade.matches_with_one_batch, _ONE_BATCH, is_float32=False)
    elif grade.matches_with_twins:
        yield from _diagnoses(grade.matches_with_twins, _TWINS, is_float32=False)
    elif grade.gradients is None and not grade.gradient_note:
        yield _OFFER


def _of_gradients(grade: Grade) -> Iterator[Text]:
    if grade.gradient_note:
        yield _NO_GRADIENTS.fill(reason=grade.gradient_note.rstrip("."))
    if not grade.gradients:
        return
    if wrong := [each for each in grade.gradients if each.error > GRADIENT_TOLERANCE]:
        yield _WRONG_GRADIENTS.fill(names=joined([_of_one(each) for each in wrong]))
    else:
        yield _RIGHT_GRADIENTS


def _of_one(gradient: GradientComparison) -> Text:
    ratio = gradient.ratio
    if ratio is None or math.isclose(ratio, 1):
        return Text(f"d{gradient.name}", f"d{gradient.name}")
    if abs(ratio) < GRADIENT_TOLERANCE:
        return Text(f"d{gradient.name} (it is 0)", f"d{gradient.name}（为 0）")
    times = f"{ratio:.6g}"
    if math.isclose(ratio, N_SAMPLES):
        return _TIMES_SAMPLES.fill(name=gradient.name, times=times)
    return _TIMES.fill(name=gradient.name, times=times)


def _first_difference(cells: Sequence[CellComparison]) -> Text | None:
    unlike = [cell for cell in cells if cell.first[0] is not None]
    if not unlike:
        return None
    cell = min(unlike, key=lambda each: each.at_first[0])
    size, (epoch, mine, theirs) = cell.call.batch_size, cell.at_first
    return _FIRST.fill(
        rate=cell.call.learning_rate,
        size=axis_value("batch_size", "full" if size == FULL else str(size)),
        epoch=epoch,
        mine=_loss(mine),
        theirs=_loss(theirs),
    )


def _listed(texts: Sequence[Text]) -> Text:
    return Text("; ".join(t.en for t in texts), "；".join(t.zh for t in texts))


def _agreement(worst: float) -> str:
    """Write a difference as the power of ten above it."""
    return f"1e{max(-15, math.ceil(math.log10(worst)))}" if worst > 0 else "1e-15"


def _loss(loss: float) -> str:
    return f"{loss:.12g}"


def _size(cell: CellComparison) -> Text:
    size = cell.call.batch_size
    return value_text("batch_size", "full" if size == FULL else size)


# ---- tables -------------------------------------------------------------------------------------

CELLS_CAPTION = Text(
    "Each cell beside the reference: the largest relative difference of the validation losses, and "
    "the first evaluated epoch at which it exceeds 1e-9, 1e-6 and 1e-3.",
    "各格与参考实现的比较：验证损失的最大相对差异，以及差异首次超过 1e-9、1e-6、1e-3 的评估轮数。",
)
PARTS_CAPTION = Text(
    "The parts of the function, each looked at alone.", "函数的各部分，逐一单独检查。"
)
GRADIENTS_CAPTION = Text(
    "Gradients of `backward` beside central differences of `forward`: the largest error, relative "
    "to the largest number of the gradient.",
    "`backward` 的梯度与 `forward` 的中心差分的比较：相对于梯度中最大的数的最大误差。",
)
_MARKS = {
    True: Text("✓ right", "✓ 正确"),
    False: Text("✗ differs", "✗ 不同"),
    None: Text("– can't be told", "– 无法判断"),
}


def _tables(grade: Grade) -> list[tuple[str, Text, pd.DataFrame]]:
    """Return the tables in the language of the context: a name, a caption, and words."""
    if grade.failure:
        return []
    columns = [word("learning_rate"), word("batch_size"), str(_WORST)]
    columns += [f"> {level:.0e}".replace("e-0", "e-") for level in LEVELS]
    rows = [
        [f"{cell.call.learning_rate:g}", str(_size(cell)), f"{cell.worst:.1e}"]
        + ["–" if epoch is None else str(epoch) for epoch in cell.first]
        for cell in grade.cells
    ]
    parts = [[str(part.what), str(_MARKS[part.is_right])] for part in grade.parts]
    found = [
        ("parts", PARTS_CAPTION, pd.DataFrame(parts, columns=[str(_PART), word("state")])),
        ("cells", CELLS_CAPTION, pd.DataFrame(rows, columns=columns)),
    ]
    if grade.gradients:
        lines = [
            [f"d{g.name}", f"{g.error:.1e}", str(_MARKS[g.error <= GRADIENT_TOLERANCE])]
            for g in grade.gradients
        ]
        names = [str(_GRADIENT), str(_WORST), word("state")]
        found.append(("gradients", GRADIENTS_CAPTION, pd.DataFrame(lines, columns=names)))
    return found


def document(grade: Grade, command: str) -> str:
    """Return ``grade.md`` in the language of the context."""
    lines = "\n".join(f"- {escaped(str(sentence))}" for sentence in sentences(grade))
    chapters = [(word("findings"), f"{lines}\n\n{_PAGE}")]
    return report_document(
        str(TITLE.fill(name=grade.function.name)),
        str(QUESTION.fill(n=N_TRAIN)),
        chapters,
        [Part(str(caption), "", frame) for _, caption, frame in _tables(grade)],
        settings=[],
        failures={},
        command=command,
        has_page=False,
    )


def page(grade: Grade, command: str) -> str:
    """Return ``grade.html``, which opens in the language of the context."""
    tables = []
    for name in LANGUAGES:
        with language(name):
            tables.append(_tables(grade))
    parts = [
        content.Table(
            Text(both[0][1].en.replace("`", ""), both[0][1].zh.replace("`", "")),
            [[list(t[2].columns), *t[2].to_numpy().tolist()] for t in both],
        )
        for both in zip(*tables, strict=True)
    ]
    return content.make(
        TITLE.fill(name=grade.function.name),
        [],
        about=[],
        command=command,
        question=QUESTION.fill(n=N_TRAIN),
        findings=sentences(grade),
        parts=parts,
        language=current_language(),
    )


def check_out(out: Path) -> None:
    """Refuse a folder in which something else lies, lest it be overwritten."""
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if names - {MARKDOWN, PAGE} or (out.exists() and not out.is_dir()):
        raise SweepError(
            f"--out {out} has other files in it than those of a grade; give an empty or new folder."
        )
    if names:
        refuse_links(out)


def write(grade: Grade, out: Path, seed: int = 0) -> None:
    """Write both files."""
    words = ["sweep", "grade", grade.function.given, "--out", str(out)]
    command = in_language(shlex.join([*words, *(["--seed", str(seed)] if seed else [])]))
    write_text(out / MARKDOWN, document(grade, command))
    write_text(out / PAGE, page(grade, command))


# ---- words --------------------------------------------------------------------------------------

_PAGE = Text("[The same as a page](grade.html).", "[网页形式](grade.html)。")
_WORST = Text("largest difference", "最大差异")
_PART = Text("part", "部分")
_GRADIENT = Text("gradient", "梯度")

_FAILED = Text(
    "Nothing could be compared yet: {reason}.",
    "尚无法比较：{reason}。",
)
_RIGHT = Text(
    "Well done: in all {n} cells your losses are the reference's (they agree to {agreement}).",
    "做得好：全部 {n} 格的损失都与参考实现相同（一致到 {agreement}）。",
)
_BUT = Text(
    "But in special calls, which tell single parts apart, it differs: {parts}.",
    "但在单独检查各部分的特殊调用中有不同：{parts}。",
)
_DIAGNOSIS = Text(
    "Your losses are those of a network {what} (they agree to {agreement} in all cells).",
    "你的损失与这样的网络相同：{what}（各格一致到 {agreement}）。",
)
_OFFER = Text(
    "If the file had forward(parameters, x) and backward(parameters, x, y), each gradient would be "
    "checked alone.",
    "如果文件中有 forward(parameters, x) 和 backward(parameters, x, y)，就能逐一检查每个梯度。",
)
_AT_START = Text(
    "Before the first update your loss is that of a network {what} (they agree to {agreement}).",
    "更新之前，你的损失与这样的网络相同：{what}（一致到 {agreement}）。",
)
_TWINS = Text(
    "With equal samples in one batch, your losses are those of a network {what} (they agree to "
    "{agreement}).",
    "样本全部相同、只有一批时，你的损失与这样的网络相同：{what}（一致到 {agreement}）。",
)
_ONE_BATCH = Text(
    "With the whole training set as one batch, your losses are those of a network {what} (they "
    "agree to {agreement}).",
    "整个训练集为一批时，你的损失与这样的网络相同：{what}（一致到 {agreement}）。",
)
_SEVERAL = Text(
    "On this data each of these explains your losses equally well.",
    "在这些数据上，以上每一种都同样能解释你的损失。",
)
_HINT = Text("What would be right: {hints}", "正确的做法：{hints}")
_FLOAT32 = Text(
    "Your losses have the seven digits of float32 and otherwise agree with the reference (to "
    "{agreement}): somewhere you compute in float32. Leave data, weights and loss in float64.",
    "你的损失只有 float32 的 7 位有效数字，除此之外与参考实现一致（到 {agreement}）："
    "某处用了 float32 计算。数据、权重和损失请保持 float64。",
)
_ROUNDED = Text(
    "All your losses have at most {n} decimals, too few to compare; give them without rounding.",
    "你的损失都只有至多 {n} 位小数，不足以比较；请不要对损失取整。",
)
_FLOAT32_TOO = Text(
    "Besides, your losses have the seven digits of float32, so they can't agree better.",
    "此外，你的损失只有 float32 的 7 位有效数字，因此不可能更一致。",
)
_UNEXPLAINED = Text(
    "Your losses differ from the reference's, and no known mistake explains them in all cells.",
    "你的损失与参考实现不同，没有一种已知的错误能解释所有格。",
)
_OWN_START = Text(
    "Other initial weights do not change your first loss; let the function begin with those in "
    "initial.",
    "换初始权重后你的第一个损失不变；请从 initial 中的权重开始。",
)
_WRONG_START = Text(
    "The difference is there before the first update: look at the forward pass, at the loss and at "
    "the initial weights first.",
    "更新之前就已不同：请先看前向计算、损失和初始权重。",
)
_WRONG_GRADIENT = Text(
    "The difference is there already after updates with equal samples in one batch, where order "
    "and slices don't matter: look at the gradients and at the update.",
    "样本全部相同、只有一批时（顺序和切分都无关）更新后就已不同：请看梯度和更新。",
)
_WRONG_SAMPLES = Text(
    "Gradient and update are right. But with the whole training set as one batch, where the order "
    "doesn't matter, the losses differ: an epoch does not take each training sample exactly once. "
    "Perhaps samples are drawn with replacement, left out, or others are added.",
    "梯度和更新正确。但整个训练集为一批时（顺序无关）损失不同：每轮并非每个训练样本恰用一次。"
    "可能是有放回地抽样、漏掉了样本，或加入了其他样本。",
)
_WRONG_STEPS = Text(
    "Gradient and update are right with one batch. With several, even of equal samples, they are "
    "not: look at how many mini-batches an epoch has, and at the last, short one.",
    "只有一批时梯度和更新正确。分成几批后，即使样本全部相同也不对：请看每轮有几个小批量，"
    "以及最后一个不足的小批量。",
)
_WRONG_ORDER = Text(
    "All is right where the order of the samples doesn't matter: with one batch, and with equal "
    "samples. So look at the order: perhaps the mini-batches hold other samples than the "
    "reference's.",
    "凡与样本顺序无关时都正确（只有一批，或样本全部相同）。因此请看样本顺序：小批量中的样本可能与"
    "参考实现不同。",
)
_NEVER_ASKED = Text(
    "The function never calls orders, so the samples come in an order of its own; take them in the "
    "order orders(epoch).",
    "函数从未调用 orders，样本顺序是自己的；请按 orders(epoch) 的顺序取样本。",
)
_ASKED_ONE = Text(
    "The function asks for the order of epoch {epoch} again and again; take orders(epoch) in each.",
    "函数反复只取第 {epoch} 轮的顺序；每轮请用 orders(epoch)。",
)
_RANDOM = Text(
    "The same call gave other numbers the second time: the function draws random numbers of its "
    "own, or keeps something from one call to the next.",
    "同一调用第二次的结果不同：函数自己抽取了随机数，或在两次调用之间保留了什么。",
)
_LEARNS_VALIDATION = Text(
    "With other labels in the validation set the losses change by more than these labels: perhaps "
    "it takes part in the training, or in the choice of the loss that is given. It should only say "
    "when to stop; give the loss after each epoch's updates.",
    "换验证集的标签后，损失的变化不只来自这些标签：验证集可能参与了训练，或影响了给出哪个损失。"
    "它只应用来决定何时停止；请给出每轮更新之后的损失。",
)
_EXPLODES = Text(
    "In some cells your losses are above {most}, or not a number; these are not compared.",
    "有些格的损失超过 {most} 或不是数；这些不作比较。",
)
_FIRST = Text(
    "The first difference is at learning rate {rate} and {size}, at epoch {epoch}: your loss is "
    "{mine}, the reference's {theirs}.",
    "第一处差异在学习率 {rate}、{size}的第 {epoch} 轮：你的损失为 {mine}，参考实现为 {theirs}。",
)
_ALREADY = Text("What is right already: {parts}.", "已经正确的部分：{parts}。")
_NO_GRADIENTS = Text(
    "The gradients of backward were not checked: {reason}.", "未检查 backward 的梯度：{reason}。"
)
_RIGHT_GRADIENTS = Text(
    "The gradients of backward agree with central differences of forward, for all four parameters.",
    "backward 的四个梯度都与 forward 的中心差分一致。",
)
_WRONG_GRADIENTS = Text(
    "backward differs from central differences of forward in {names}; the others are right.",
    "backward 与 forward 的中心差分不同之处：{names}；其余正确。",
)
_TIMES = Text("d{name} ({times} times as large)", "d{name}（为其 {times} 倍）")
_TIMES_SAMPLES = Text(
    "d{name} ({times} times as large: the number of samples in the batch)",
    "d{name}（为其 {times} 倍，即批中的样本数）",
)
