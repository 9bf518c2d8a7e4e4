"""The power-law fit of batch size and learning rate, in sentences."""

from reports.statistics import power_law
from reports.words import Text

LAW = Text(
    "Power-law fit: epochs ≈ {constant} · η^{rate} · (batch size)^{size}, from all {n} trials, {k} "
    "of which reached the target; the others count as needing more epochs than they had. 95 % "
    "intervals: constant {constant_low} to {constant_high}, exponent of η {rate_low} to "
    "{rate_high}, of the batch size {size_low} to {size_high}{how}.",
    "幂律拟合：轮数 ≈ {constant} · η^{rate} · (批大小)^{size}，由全部 {n} 次训练拟合，"
    "其中 {k} 次达到目标，其余按“需要更多轮数”计入。95 % 区间：常数 {constant_low} 至 "
    "{constant_high}，η 的指数 {rate_low} 至 {rate_high}，"
    "批大小的指数 {size_low} 至 {size_high}{how}。",
)
TOO_NARROW = Text(
    " (too narrow, because trials of one repeat are alike; five repeats or more show by how much)",
    "（偏窄：同一次重复中的训练彼此相似，五次以上重复才能看出差异）",
)
TOGETHER = Text(
    "So doubling the batch size multiplies the epochs by {more}, and doubling the learning rate by "
    "{less}: raise both together. (If only the sum of all steps counted, the exponents would be 1 "
    "and -1; the intervals {allow} that.)",
    "因此批大小加倍，轮数变为 {more} 倍；学习率加倍，轮数变为 {less} 倍：两者应同向变化。"
    "（若只有步长之和起作用，指数应为 1 和 -1；区间{allow}这一点。）",
)
ALLOW = {True: Text("allow", "不排除"), False: Text("exclude", "排除")}


def law_in_words(law: power_law.PowerLawFit, n: int, k: int) -> list[Text]:
    """Describe the fit to n trials, k of which converged, and what follows from it."""
    numbers = {}
    digits_of_constant = ".0f" if law.constant.high >= 100 else ".3g"
    for name, estimate, digits in (
        ("constant", law.constant, digits_of_constant),
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
