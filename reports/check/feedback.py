"""A first version of what a teacher writes to a student: what was read, and what to look at."""

import numpy as np

from reports.check.document import Check
from reports.check.plausibility import JudgedCell, Verdict
from reports.documents.markdown import escaped
from reports.findings.finding import named
from reports.statistics.power_law import AXES
from reports.words import Text, apart


def feedback(name: str, check: Check | None) -> str:
    """Return a letter in Markdown, in the language of the context.

    It says what the table says, and asks; it accuses nobody, and names no other hand-in.
    """
    parts = [f"# {_TITLE.fill(name=escaped(name))}", str(_THANKS)]
    parts += [str(_NO_TABLE)] if check is None else _on_table(check)
    return "\n\n".join([*parts, str(_END)]) + "\n"


def _on_table(check: Check) -> list[str]:
    n_typical = check.n_typical
    parts = [str(_READ), check.board()]
    if n_typical == len(check.judged):
        parts.append(str(_ALL_TYPICAL.fill(n=n_typical)))
    elif n_typical:
        parts.append(str(_TYPICAL.fill(n=n_typical, all=len(check.judged))))
    asked = [_question(each) for each in check.judged if each.verdict is not Verdict.TYPICAL]
    if check.whole.is_implausible:
        asked.append(_WHOLE)
    if check.whole.is_uneven:
        asked.append(_UNEVEN)
    if check.seed_from and check.seed_from.differing:
        asked.append(_SEED.fill(number=check.seed_from.number))
    if asked:
        parts += [str(_PLEASE), "\n".join(f"- {words}" for words in asked)]
    return parts


def _question(judged: JudgedCell) -> Text:
    """Ask about a cell, with the range that it would be expected in."""
    low, middle, high = judged.reference.range
    if judged.odd_epochs:
        words = _EXPECTED if np.isfinite(high) else _MAY_NOT if np.isfinite(low) else _NEVER
        why = words.fill(low=f"{low:.0f}", middle=f"{middle:.0f}", high=f"{high:.0f}")
    else:
        why = apart(judged.reasons)
    text = escaped(judged.entry.text)
    return _QUESTIONS[judged.verdict].fill(cell=named(judged.cell, AXES), text=text, why=why)


_TITLE = Text("Feedback for {name}", "给{name}的反馈")
_THANKS = Text(
    "Thank you for your table. It was read by a program and compared with many repetitions of the "
    "same experiment; what follows are hints, not a mark.",
    "谢谢你提交的结果表。程序读取了它，并与同一实验的多次重复作了比较；下面是提示，不是评分。",
)
_NO_TABLE = Text(
    "The program found no table in your files. Please check that the table of epochs by batch size "
    "and learning rate is there as a table with text, not as a picture, and hand it in again.",
    "程序在你的文件中没有找到结果表。请确认其中有按批大小和学习率列出轮数的表格（是文字表格，"
    "而不是图片），并重新提交。",
)
_READ = Text("This is how your table was read:", "从你的作业中读到的结果表：")
_ALL_TYPICAL = Text(
    "All {n} cells are as the experiment usually gives them. Well done.",
    "全部 {n} 格都与实验通常的结果相符，做得好。",
)
_TYPICAL = Text(
    "{n} of {all} cells are as the experiment usually gives them.",
    "{all} 格中有 {n} 格与实验通常的结果相符。",
)
_PLEASE = Text("Please look at these once more:", "请再看一下：")
_QUESTIONS = {
    Verdict.IMPLAUSIBLE: Text(
        "{cell}: you have “{text}”; {why}. Can you tell how this came about? Is it a slip in "
        "copying, another setting, or another way to count?",
        "{cell}：你填的是“{text}”；{why}。能说明这是怎么来的吗？是抄写有误、设置不同，还是计数方式不同？",
    ),
    Verdict.NO_ACCURACY: Text(
        "{cell}: the target was not reached; please add the accuracy after the last epoch.",
        "{cell}：没有达到目标，请补上最后一轮之后的准确率。",
    ),
    Verdict.MISSING: Text("{cell}: nothing is entered yet.", "{cell}：尚未填写。"),
    Verdict.UNREADABLE: Text(
        "{cell}: “{text}” could not be understood; please write the number of epochs.",
        "{cell}：无法识别“{text}”，请写出轮数。",
    ),
}
_EXPECTED = Text(
    "the experiment takes {low} to {high} epochs, {middle} in the middle",
    "实验需要 {low} 到 {high} 轮，中位数为 {middle}",
)
_MAY_NOT = Text(
    "the experiment takes {low} epochs or more, or does not reach the target",
    "实验需要 {low} 轮以上，或达不到目标",
)
_NEVER = Text(
    "the experiment does not reach the target in the epochs allowed",
    "实验在允许的轮数内达不到目标",
)
_WHOLE = Text(
    "As a whole the table is faster or slower than the experiment. Which loss did you compare with "
    "the target (half the mean squared error of the validation set), and on which data?",
    "整个表比实验快或慢。与目标比较的是哪个损失（验证集上均方误差的一半）？用的是哪份数据？",
)
_UNEVEN = Text(
    "The cells vary independently of each other. Did each cell start from initial weights of its "
    "own? Starting all cells from the same weights makes them easier to compare.",
    "各格的变化相互独立。每格是否各自抽取了初始权重？从同样的权重出发，各格更便于比较。",
)
_SEED = Text(
    "The table is not the one of `sweep assignment --seed-from {number}`. Which command did you "
    "use?",
    "此表与 `sweep assignment --seed-from {number}` 的结果不同。你用的是什么命令？",
)
_END = Text(
    "*Room for your teacher's own words.*",
    "*（教师补充）*",
)
