"""What is said of learning rates that fall."""

from reports.words import Text

PANELS_CAPTION = Text(
    "Each by itself, at the rate {rate}: how the jumps become smaller, or don't.",
    "逐一来看，学习率 {rate}：跳动如何变小，或不变小。",
)


SCHEDULES_CAPTION = Text(
    "The learning rate over the epochs, once evenly and once in powers of ten. Step halves it ten "
    "times, exponential takes it to a hundredth, inverse is 1/(1 + 10 t) with t from 0 to 1, and "
    "cosine follows half a wave down to 0. All reach their end at the last epoch allowed.",
    "学习率随轮数的变化，左为线性坐标，右为对数坐标。step 分十段、每段减半，exponential 降到"
    "百分之一，inverse 为 1/(1 + 10 t)（t 从 0 到 1），cosine 沿半个余弦波降到 0。"
    "都在允许的最后一轮到达终点。",
)


FALLING = Text("From {rate} on, with {list}.", "从 {rate} 开始：{list}。")


STEADY = Text(
    "Constant at {rate}: {k} of {n} trainings reach the target {target}, median: {epochs}.",
    "学习率恒为 {rate}：{n} 次训练中 {k} 次达到目标 {target}，中位数：{epochs}。",
)
UNREST = Text(
    "In the second half of the trainings at the constant rate {rate} the loss goes up in {rises} % "
    "of the steps, and usually changes by {jump} % from one evaluation to the next.",
    "学习率恒为 {rate} 时，后半程中 {rises}% 的步在上升，相邻两次评估的损失通常相差 {jump}%。",
)


RESCUED = Text(
    "The same rate, falling, gets there: {list}.", "同样的学习率逐渐衰减，则能到达：{list}。"
)


SOONER = Text(
    "Falling from this rate it gets there in fewer epochs: {list}.",
    "从该值开始衰减，所需轮数更少：{list}。",
)


LATER = Text(
    "Falling does not help here: {list}.",
    "在此衰减没有帮助：{list}。",
)


LOST = Text(
    "Not by the median, even falling: {list}.",
    "即使衰减，按中位数也未到达：{list}。",
)
