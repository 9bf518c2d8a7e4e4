"""What is said of the law of batch size and learning rate."""

import numpy as np
import pandas as pd

from reports import laws
from reports.words import Text, joined, number, say, word

LAW_CAPTION = Text(
    "Each cell of the grid, its median against what the law says. Grey: within a factor of "
    "{factor} of the law. Open triangles had not reached the target when their epochs were used "
    "up: they need more than that, nobody knows how many, and the fit counts them as such.",
    "网格中每一格：横轴为规律给出的轮数，纵轴为实测中位数。灰色：与规律相差不超过 {factor} 倍。"
    "空心三角表示用尽轮数仍未达到目标：它们需要更多轮数，但多少未知，拟合时按此处理。",
).fill(factor=laws.FACTOR)
CELLS_CAPTION = Text(
    "The cells that depart from the law, and those that did not converge, with what the law says.",
    "偏离规律的格子与未收敛的格子，以及规律给出的轮数。",
)
LAW = Text(
    "Epochs ≈ {constant} · η^{rate} · (batch size)^{size}, fitted to all {n} trainings, {k} of "
    "which reached the target; the others count as needing more epochs than they had. 95 % "
    "intervals: constant {constant_low} to {constant_high}, exponent of η {rate_low} to "
    "{rate_high}, of the batch size {size_low} to {size_high}{how}.",
    "轮数 ≈ {constant} · η^{rate} · (批大小)^{size}，由全部 {n} 次训练拟合，其中 {k} 次达到目标，"
    "其余按“需要更多轮数”计入。95% 区间：常数 {constant_low} 至 {constant_high}，η 的指数 "
    "{rate_low} 至 {rate_high}，批大小的指数 {size_low} 至 {size_high}{how}。",
)
TOO_NARROW = Text(
    " (too narrow, for trainings of one repeat are alike: five repeats or more show how much)",
    "（偏窄：同一次重复中的训练彼此相似，五次以上重复才能看出差异）",
)
TOGETHER = Text(
    "So twice the batch size takes {more} times the epochs, and twice the learning rate {less} "
    "times: the two go together. (If nothing but the sum of all steps counted, the exponents would "
    "be 1 and -1; the intervals {allow} that.)",
    "因此批大小加倍，轮数变为 {more} 倍；学习率加倍，轮数变为 {less} 倍：两者应同向变化。"
    "（若只有步长之和起作用，指数应为 1 和 -1；区间{allow}这一点。）",
)
ALLOW = {True: Text("allow", "不排除"), False: Text("exclude", "排除")}
DEPARTING = {
    laws.SLOWER: Text(
        "Slower than the law by more than a factor of {factor}: {list}.",
        "比规律慢 {factor} 倍以上：{list}。",
    ),
    laws.FASTER: Text(
        "Faster than the law by more than a factor of {factor}: {list}.",
        "比规律快 {factor} 倍以上：{list}。",
    ),
    laws.CONTRADICTS: Text(
        "Not reached in {max} epochs, though the law says far fewer: {list}.",
        "{max} 轮内未达到，而规律给出的轮数少得多：{list}。",
    ),
    laws.AGREES: Text(
        "{n} combinations were not done after {max} epochs, as the law says: {list}.",
        "{n} 个组合在 {max} 轮后仍未达到，与规律相符：{list}。",
    ),
    laws.OPEN: Text(
        "Not reached in {max} epochs, and the law says a little less, so they decide nothing: "
        "{list}.",
        "{max} 轮内未达到，而规律给出的略少，不足以判断：{list}。",
    ),
    laws.DIVERGED: Text("Diverged: {list}.", "发散：{list}。"),
}
VERDICTS = {
    "": Text("no law", "无规律"),
    laws.SLOWER: Text("slower", "更慢"),
    laws.FASTER: Text("faster", "更快"),
    laws.AGREES: Text("not reached: agrees", "未达到：相符"),
    laws.OPEN: Text("not reached: open", "未达到：无法判断"),
    laws.CONTRADICTS: Text("not reached: contradicts", "未达到：矛盾"),
    laws.DIVERGED: Text("diverged", "发散"),
}


def findings(law: laws.Law | None, cells: pd.DataFrame, max_epochs: int) -> list[Text]:
    """Say what the law is, what follows, and which cells depart from it."""
    if law is None:
        return [
            Text(
                "Only {k} of {n} combinations reach the target: too few for a law.",
                "{n} 个组合中只有 {k} 个达到目标，不足以得出规律。",
            ).fill(k=int(np.isfinite(cells.epochs).sum()), n=len(cells))
        ]
    said = law_in_words(law, int(cells.n.sum()), int(cells.converged.sum()))
    for verdict, sentence in DEPARTING.items():
        named = cells[cells.verdict == verdict]
        if len(named):
            each = joined([_named(cell) for _, cell in named.iterrows()])
            said.append(sentence.fill(n=len(named), list=each, max=max_epochs, factor=laws.FACTOR))
    return said


def law_in_words(law: laws.Law, n: int, k: int) -> list[Text]:
    """Say the law of n trainings, k of which converged, and what follows from it."""
    numbers = {}
    for name, estimate, digits in (
        ("constant", law.constant, ".3g"),
        ("rate", law.rate_exponent, ".2f"),
        ("size", law.batch_exponent, ".2f"),
    ):
        numbers[name] = f"{estimate.value:{digits}}"
        numbers |= {f"{name}_low": f"{estimate.low:{digits}}"}
        numbers |= {f"{name}_high": f"{estimate.high:{digits}}"}
    how = Text("", "") if law.by_repeats else TOO_NARROW
    said = [LAW.fill(n=n, k=k, how=how, **numbers)]
    if law.batch_exponent.low > 0 and law.rate_exponent.high < 0:
        more, less = 2**law.batch_exponent.value, 2**law.rate_exponent.value
        allow = ALLOW[law.is_ratio]
        said.append(TOGETHER.fill(more=f"{more:.2f}", less=f"{less:.2f}", allow=allow))
    return said


def _named(cell: "pd.Series[float]") -> Text:
    return Text("batch {size} at η {rate}", "批 {size}、η {rate}").fill(
        size=number(cell.batch_size), rate=float(cell.learning_rate)
    )


def _epochs(cell: "pd.Series[float]") -> str:
    if str(cell.verdict) == laws.DIVERGED:
        return word("diverged")
    return number(float(cell.epochs)) if np.isfinite(cell.epochs) else f">{cell.cap:.0f}"


def sheet(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that are not on the law, in words."""
    shown = cells[cells.verdict != laws.ON]
    return pd.DataFrame(
        {
            word("batch_size"): shown.batch_size.map(number),
            word("learning_rate"): shown.learning_rate.map(number),
            word("epochs"): [_epochs(cell) for _, cell in shown.iterrows()],
            say(Text("by the law", "规律")): shown.predicted.map("{:.0f}".format),
            say(Text("verdict", "判断")): shown.verdict.map(lambda name: say(VERDICTS[name])),
        }
    )
