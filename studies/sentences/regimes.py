"""What is said of learning rates that are too low, good, too high, or diverge."""

from reports.words import Text

CAPTION = Text(
    "One training of each kind. A curve that leaves the picture ends in a marker at its upper "
    "edge. The left picture is evaluated every few epochs, the right one after each.",
    "每种情况各取一次训练。超出图幅的曲线在上边缘以标记结束。左图每隔若干轮评估一次，右图每轮评估。",
)
MAP_CAPTION = Text(
    "The loss at which training stopped, or else the median of the last fifth of the losses; as a "
    "bar the range of that fifth; at the upper edge: even higher, or infinite.",
    "达到目标时的损失，否则为最后五分之一损失的中位数；竖条为这五分之一的范围；上边缘表示更高或无穷大。",
)
RULES = Text(
    "The rules. **Diverging**: a loss is infinite, or the last fifth lies over ten times what a "
    "constant guess has. **Good**: the target is reached (if no rate does that: it does not jump, "
    "and the last fifth is within a quarter of the lowest). **Too high**: it jumps, that is, in "
    "the second half the loss rises in a third of the steps or more and changes by over 10 % in a "
    "usual step, or a rate is not good though a lower one is. **Too low**: the rest, which does "
    "not jump but has not arrived.",
    "判定规则。**发散**：损失为无穷大，或最后五分之一超过恒定猜测损失的十倍。**合适**：达到目标"
    "（若无一达到：不跳动，且最后五分之一不超过最低者的 1.25 倍）。**过大**：跳动，即后半程至少"
    "三分之一的步在上升，且一步通常变化超过 10%；或更小的学习率合适而它不合适。"
    "**过小**：其余，不跳动但尚未到达。",
)
SAID = {
    "too low": Text(
        "Too low, {where}: step by step, but not there yet. At {rate} the loss is still {last} "
        "after {epochs} epochs.",
        "过小，{where}：一步步下降，但未到达。学习率 {rate} 时，{epochs} 轮后损失仍为 {last}。",
    ),
    "good": Text(
        "Good, {where}: the target {target} is reached, at {rate} in the fewest epochs, {epochs}.",
        "合适，{where}：达到目标 {target}；其中 {rate} 所需轮数最少：{epochs} 轮。",
    ),
    "nearest": Text(
        "No rate reaches the target {target}. The best, {where}, end nearly as low as any: at "
        "{rate} at {level}.",
        "没有学习率达到目标 {target}。最好的是 {where}，最终损失接近最低：{rate} 时为 {level}。",
    ),
    "too high": Text(
        "Too high, {where}: it jumps around the minimum. At {rate} the loss changes by {jump} % "
        "from one evaluation to the next, goes up in {rises} % of them, and in the end lies "
        "between {lower} and {upper}.",
        "过大，{where}：在最低点附近来回跳。{rate} 时相邻两次评估的损失相差 {jump}%，其中 "
        "{rises}% 在上升，最后在 {lower} 到 {upper} 之间。",
    ),
    "stuck": Text(
        "Too high, {where}: at {rate} the loss stays at {level}, where lower rates do better.",
        "过大，{where}：{rate} 时损失停在 {level}，较小的学习率反而更好。",
    ),
    "diverging": Text(
        "Diverging, {where}: at {rate} the loss is over ten times a constant guess's ({guess}) "
        "after epoch {first} already, and does not come back.",
        "发散，{where}：{rate} 时第 {first} 轮后损失就超过恒定猜测（{guess}）的十倍，再也回不来。",
    ),
    "drifting": Text(
        "Diverging, {where}: at {rate} the loss ends at {level}, over ten times a constant "
        "guess's ({guess}).",
        "发散，{where}：{rate} 时损失最终为 {level}，超过恒定猜测（{guess}）的十倍。",
    ),
}
NONE = {
    name: Text(
        f"None of the rates from {{low}} to {{high}} is {en}.",
        f"从 {{low}} 到 {{high}} 的学习率中没有{zh}的。",
    )
    for name, en, zh in (
        ("too low", "too low", "过小"),
        ("good", "good", "合适"),
        ("too high", "too high without diverging", "过大而不发散"),
        ("diverging", "so high that it diverges", "大到发散"),
    )
}
