"""The power-law fit of batch size and learning rate, in sentences."""

import pandas as pd

from reports.findings.finding import Cell, listed
from reports.statistics import power_law
from reports.words import Text

LAW = Text(
    "Power-law fit: epochs ≈ {constant} · η^{rate} · (batch size)^{size}, fitted to the medians of "
    "the cells. Those that did not reach the target count as needing more epochs than they had; "
    "those that differ from the fit by more than a factor of {factor} are left out of it.",
    "幂律拟合：轮数 ≈ {constant} · η^{rate} · (批大小)^{size}，按各格的中位数拟合；"
    "未达到目标的格按“需要更多轮数”计入，与拟合相差超过 {factor} 倍的格不参与拟合。",
)
NO_LAW = Text(
    "No power law in η and the batch size describes these epochs. The best fit would be {constant} "
    "· η^{rate} · (batch size)^{size}.",
    "这些轮数不符合 η 与批大小的幂律。最好的拟合为 {constant} · η^{rate} · (批大小)^{size}。",
)
HOW_WELL = Text(
    " {within} of the {reached} cells that reached the target lie within a factor of {factor} of "
    "it{contradicted}; R² of the logarithms: {r2}. 95 % intervals of the exponents: {rate_low} to "
    "{rate_high} for η, {size_low} to {size_high} for the batch size.",
    "达到目标的 {reached} 格中，有 {within} 格与拟合相差不超过 {factor} 倍{contradicted}；"
    "对数的 R² 为 {r2}。指数的 95 % 区间：η 为 {rate_low} 至 {rate_high}，"
    "批大小为 {size_low} 至 {size_high}。",
)
CONTRADICTED = Text(
    ", and {k} did not reach it although the fit predicts far fewer epochs than they had",
    "，另有 {k} 格未达到目标，而拟合给出的轮数远少于所训练的轮数",
)
TOGETHER = Text(
    "So doubling the batch size multiplies the epochs by {more}, and doubling the learning rate by "
    "{less}: raise both together. (If only the sum of all steps counted, the exponents would be 1 "
    "and -1; the intervals {allow} that.)",
    "因此批大小加倍，轮数变为 {more} 倍；学习率加倍，轮数变为 {less} 倍：两者应同向变化。"
    "（若只有步长之和起作用，指数应为 1 和 -1；区间{allow}这一点。）",
)
DEPARTS = Text(
    "Cells that differ from the power-law fit by more than a factor of {factor}: {list}.",
    "与幂律拟合相差超过 {factor} 倍的格：{list}。",
)
ALLOW = {True: Text("allow", "不排除"), False: Text("exclude", "排除")}


def departing(cells: pd.DataFrame) -> tuple[Text, list[Cell]] | None:
    """Name the cells that depart from the fit, as of `power_law.judge`; None if there are none."""
    off = cells[cells.verdict.isin(power_law.DEPARTS)]
    places = list(off[list(power_law.AXES)].itertuples(index=False, name=None))
    if not places:
        return None
    list_ = listed(places, power_law.AXES)
    return DEPARTS.fill(factor=power_law.FACTOR, list=list_), places


def rounded(constant: float) -> str:
    """Write the constant with three digits."""
    return f"{float(f'{constant:.3g}'):g}"


def law_in_words(law: power_law.PowerLawFit) -> list[Text]:
    """Describe the fit and how well it fits, and what follows from it if it holds."""
    numbers = {"constant": rounded(law.constant), "r2": f"{law.r2:.2f}"}
    numbers |= {"factor": f"{power_law.FACTOR:g}"}
    for name, estimate in (("rate", law.rate_exponent), ("size", law.batch_exponent)):
        ends = zip(("", "_low", "_high"), estimate, strict=True)
        numbers |= {name + end: f"{value:.2f}" for end, value in ends}
    contradicted = CONTRADICTED.fill(k=law.contradicted) if law.contradicted else ""
    counts = {"reached": law.reached, "within": law.within}
    fit = (LAW if law.holds else NO_LAW).fill(**numbers)
    how_well = HOW_WELL.fill(contradicted=contradicted, **counts, **numbers)
    said = [Text(fit.en + how_well.en, fit.zh + how_well.zh)]
    if law.holds and law.batch_exponent.low > 0 and law.rate_exponent.high < 0:
        more, less = 2**law.batch_exponent.value, 2**law.rate_exponent.value
        allow = ALLOW[law.is_ratio]
        said.append(TOGETHER.fill(more=f"{more:.2f}", less=f"{less:.2f}", allow=allow))
    return said
