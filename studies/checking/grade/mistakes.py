"""The mistakes that are recognised: switches of the reference's loop, and what to say of them.

The sentence of each begins "Your losses are those of a network"; the hint says what is right.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import combinations

from network.training.mistakes import Loop, Measure
from reports.words import Text

Value = str | float | bool

_DIVIDE = Text(
    "Divide the sums dW and dB by m, the number of samples in this mini-batch.",
    "dW 和 dB 的和要除以 m，即这个小批量的样本数。",
)
_NETWORK = Text(
    "The course's network is A1 = σ(X W1 + B1), A2 = A1 W2 + B2.",
    "课程的网络是 A1 = σ(X W1 + B1)，A2 = A1 W2 + B2。",
)
_ORDER = Text(
    "In epoch e take the samples in the order orders(e), inputs and labels alike.",
    "第 e 轮按 orders(e) 的顺序取样本，输入与标签一致。",
)
_LOSS = Text(
    "The loss is Σ (a - y)² / (2m) over the m validation points, after the epoch's updates.",
    "损失是 m 个验证样本上的 Σ (a - y)² / (2m)，在该轮更新之后计算。",
)

_TABLE: Mapping[str, tuple[Text, Mapping[Value, Text]]] = {
    "divisor": (
        _DIVIDE,
        {
            "nothing": Text(
                "whose gradient is summed over the mini-batch and not divided by its size; a "
                "learning rate that is taken as the step for each sample gives the same numbers",
                "其梯度在小批量上求和而没有除以样本数；把学习率当作每个样本的步长，结果也相同",
            ),
            "batch_size": Text(
                "that divides by batch_size where the last mini-batch has fewer samples",
                "其最后一个不足的小批量也除以 batch_size",
            ),
            "training samples": Text(
                "whose gradient is divided by the size of the training set",
                "其梯度除以了整个训练集的样本数",
            ),
            "twice": Text(
                "whose gradient is divided by the batch size twice", "其梯度除以了两次批大小"
            ),
        },
    ),
    "undivided": (
        _DIVIDE,
        {
            names: Text(
                f"whose {words.en} (and no other gradient) is not divided by the batch size",
                f"只有{words.zh}没有除以批大小",
            )
            for names, words in {
                "W1 W2": Text("dW of both layers", "两层的 dW"),
                "B1 B2": Text("dB of both layers", "两层的 dB"),
                **{name: Text(f"d{name}", f" d{name} ") for name in ("W1", "B1", "W2", "B2")},
            }.items()
        },
    ),
    "factor": (
        Text(
            "The gradient of half the mean squared error is (A2 - Y) / m, with no other factor, "
            "and it is subtracted.",
            "均方误差一半的梯度是 (A2 - Y) / m，没有其他因子，更新时减去它。",
        ),
        {
            2.0: Text(
                "whose gradient is twice the right one, as that of a loss without the factor ½",
                "其梯度是正确值的两倍，如同损失少了因子 ½",
            ),
            0.5: Text(
                "whose gradient is half the right one, as with the factor ½ twice",
                "其梯度是正确值的一半，如同因子 ½ 用了两次",
            ),
            -1.0: Text(
                "that goes up the gradient: its sign is the opposite",
                "其沿梯度上升：梯度的符号相反",
            ),
        },
    ),
    "constant": (
        Text("All four parameters are learned: P ← P - η dP.", "四个参数都要更新：P ← P - η dP。"),
        {
            names: Text(f"whose {words.en} never change", f"其{words.zh}从不更新")
            for names, words in {
                "B1": Text("biases B1", "偏置 B1 "),
                "B2": Text("biases B2", "偏置 B2 "),
                "B1 B2": Text("biases B1 and B2", "偏置 B1 和 B2 "),
                "W1 B1": Text("hidden weights W1 and biases B1", "隐层权重 W1 和偏置 B1 "),
                "W1": Text("hidden weights W1", "隐层权重 W1 "),
                "W2": Text("output weights W2", "输出层权重 W2 "),
            }.items()
        },
    ),
    "W2_first": (
        Text(
            "Compute all gradients with the old weights, and then update.",
            "先用旧权重算出所有梯度，再更新。",
        ),
        {True: Text("whose W2 is updated before dZ1 is computed", "其 W2 在计算 dZ1 之前就已更新")},
    ),
    "derivative": (
        Text(
            "The sigmoid's derivative is A1 (1 - A1), with the activation A1 = σ(Z1).",
            "sigmoid 的导数是 A1 (1 - A1)，其中 A1 = σ(Z1)。",
        ),
        {
            "of Z": Text(
                "whose derivative of the activation is taken at Z1, as Z1 (1 - Z1)",
                "其激活函数的导数用 Z1 计算，即 Z1 (1 - Z1)",
            ),
            "sigmoid of A": Text(
                "whose derivative of the activation is σ'(A1): the sigmoid was applied twice",
                "其激活函数的导数为 σ'(A1)，即 sigmoid 用了两次",
            ),
            "missing": Text(
                "whose dZ1 lacks the derivative of the activation", "其 dZ1 缺少激活函数的导数"
            ),
            "of tanh": Text(
                "whose derivative of the sigmoid is that of the tanh, 1 - A1²",
                "其 sigmoid 的导数用了 tanh 的导数 1 - A1²",
            ),
        },
    ),
    "hidden": (
        _NETWORK,
        {
            "tanh": Text("whose activation is the tanh", "其激活函数是 tanh"),
            "relu": Text("whose activation is the ReLU", "其激活函数是 ReLU"),
            "identity": Text("without an activation", "其没有激活函数"),
        },
    ),
    "output": (
        _NETWORK,
        {"sigmoid": Text("whose output goes through a sigmoid", "其输出经过了 sigmoid")},
    ),
    "order": (
        _ORDER,
        {
            "none": Text(
                "that takes the samples in the order of the data, unshuffled",
                "其按数据原有的顺序取样本，没有打乱",
            ),
            "first": Text(
                "that takes the order of epoch 1 in every epoch", "其每一轮都用第 1 轮的样本顺序"
            ),
            "next": Text(
                "that is one epoch ahead in the orders: orders(2) in epoch 1",
                "其样本顺序提前了一轮：第 1 轮用了 orders(2)",
            ),
        },
    ),
    "labels_shuffled": (
        _ORDER,
        {
            False: Text(
                "whose inputs are shuffled and whose labels are not", "其输入打乱了顺序而标签没有"
            )
        },
    ),
    "batches": (
        Text(
            "An epoch takes each sample once: order[0:m], order[m:2m], … and what is left at the "
            "end.",
            "每轮每个样本恰用一次：order[0:m]、order[m:2m]……以及末尾剩下的样本。",
        ),
        {
            "whole ones": Text(
                "that drops the last mini-batch where it is short", "其丢弃了最后一个不足的小批量"
            ),
            "first": Text(
                "that learns from the first mini-batch of an epoch alone",
                "其每轮只用第一个小批量训练",
            ),
            "last": Text(
                "that learns from the last mini-batch of an epoch alone",
                "其每轮只用最后一个小批量训练",
            ),
            "single samples": Text(
                "that updates after each sample, whatever the batch size",
                "其每个样本更新一次，与批大小无关",
            ),
            "one": Text(
                "that updates once an epoch, with all samples, whatever the batch size",
                "其每轮用全部样本更新一次，与批大小无关",
            ),
        },
    ),
    "samples": (
        Text(
            "Learn from train_x and train_y alone; the validation set only says when to stop.",
            "只用 train_x 和 train_y 训练；验证集只用来决定何时停止。",
        ),
        {
            "validation": Text(
                "that learns from the validation points instead of the training points",
                "其用验证样本代替训练样本来训练",
            ),
            "validation and training": Text(
                "that learns from the validation points too, which come before the training points",
                "其也用验证样本训练，排在训练样本之前",
            ),
            "training, then validation": Text(
                "that learns from the validation points too, after the training points",
                "其也用验证样本训练，排在训练样本之后",
            ),
        },
    ),
    "precision": (
        Text(
            "Numbers of float32 have 7 digits; leave data and weights in float64.",
            "float32 只有 7 位有效数字；数据和权重请保持 float64。",
        ),
        {
            "weights": Text("whose weights are float32", "其权重是 float32"),
            "initial": Text(
                "whose initial weights went through float32", "其初始权重经过了 float32"
            ),
            "data": Text("whose data are float32", "其数据是 float32"),
        },
    ),
    "loss": (
        _LOSS,
        {
            "mean": Text("whose loss lacks the factor ½", "其损失缺少因子 ½"),
            "half sum": Text(
                "whose loss is not divided by the number of validation points",
                "其损失没有除以验证样本数",
            ),
            "sum": Text(
                "whose loss is the sum of squared errors, neither halved nor divided by the number "
                "of validation points",
                "其损失是误差平方和，既没有乘以 ½ 也没有除以验证样本数",
            ),
            "quarter": Text("whose loss has the factor ½ twice", "其损失用了两次因子 ½"),
            "root": Text(
                "whose loss is the root of the mean squared error", "其损失是均方误差的平方根"
            ),
            "absolute": Text("whose loss is the mean absolute error", "其损失是平均绝对误差"),
            "all pairs": Text(
                "whose loss compares each output with each label, as if the shapes (m, 1) and (m,) "
                "were subtracted",
                "其损失把每个输出与每个标签相比，如同形状 (m, 1) 与 (m,) 相减",
            ),
        },
    ),
    "of": (
        _LOSS,
        {
            "train": Text(
                "whose validation loss is evaluated on the training set", "其验证损失在训练集上计算"
            ),
            "test": Text(
                "whose validation loss is evaluated on the test set", "其验证损失在测试集上计算"
            ),
        },
    ),
    "early": (
        _LOSS,
        {
            1: Text(
                "whose loss is evaluated one epoch too early, before the epoch's updates",
                "其损失提前了一轮，在该轮更新之前计算",
            )
        },
    ),
}
"""For each switch what is right, and its wrong values."""

_ALONE = ("precision", "hidden", "output", "batches", "early")
"""Switches that are not looked for together with another mistake of training."""


@dataclass(frozen=True)
class Mistake:
    """A switch with a wrong value, what that is, and what is right."""

    switch: str
    value: Value
    what: Text
    hint: Text

    def __str__(self) -> str:
        return f"{self.switch}: {self.value}"

    @property
    def is_of_loss(self) -> bool:
        """Whether the training is right and only the loss is evaluated wrongly."""
        return self.switch in {field.name for field in fields(Measure)}


MISTAKES = [
    Mistake(switch, value, what, hint)
    for switch, (hint, whats) in _TABLE.items()
    for value, what in whats.items()
]
"""All that are recognised, each alone and many in pairs."""

KEEPS_WEIGHTS = Mistake(
    "keeps",
    True,
    Text(
        "that begins each call with the weights with which the call before it ended",
        "其每次调用都从上一次调用结束时的权重开始",
    ),
    Text(
        "Begin each call with initial, and keep nothing outside of the function.",
        "每次调用都从 initial 开始，不要在函数外保存任何东西。",
    ),
)


@dataclass(frozen=True)
class Candidate:
    """The reference with some mistakes, or none."""

    loop: Loop
    measure: Measure
    mistakes: tuple[Mistake, ...]

    @classmethod
    def of(cls, *mistakes: Mistake) -> "Candidate":
        """Return the reference with these mistakes."""
        loop, measure = (
            {m.switch: m.value for m in mistakes if m.is_of_loss is of_loss}
            for of_loss in (False, True)
        )
        return cls(Loop(**loop), Measure(**measure), mistakes)  # type: ignore[arg-type]


def candidates(n_of_loop: int) -> Iterator[Candidate]:
    """Give the reference with so many mistakes of training, and at most one of the loss."""
    some = [m for m in MISTAKES if n_of_loop < 2 or m.switch not in _ALONE]
    of_loss = [(), *((mistake,) for mistake in some if mistake.is_of_loss)]
    for together in combinations([m for m in some if not m.is_of_loss], n_of_loop):
        if len({mistake.switch for mistake in together}) == n_of_loop:
            for of_this in of_loss:
                yield Candidate.of(*together, *of_this)
