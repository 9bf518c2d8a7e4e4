"""Ordinary texts, code, logs and tables of other subjects are no table of the homework."""

from random import Random
from time import process_time

from cases import each_of

from reports.check.table_layouts import ExpectedTable
from reports.check.table_reader import read_table
from reports.check.text_grids import blocks_of
from sweep.errors import SweepError

ASKED = ExpectedTable((2, 5, 10, 15), (0.1, 0.3, 0.5, 0.7))
WORDS = [
    *(
        "the",
        "of",
        "with",
        "and",
        "model",
        "batch",
        "rate",
        "epoch",
        "accuracy",
        "loss",
        "learning",
    ),
    *("数据", "训练", "网络", "轮", "批", "学习率", "准确率"),
]
MOST_READ = 0.01
"""The share of other texts that may be taken for a table."""


def sentence(r):
    some = [r.choice([*WORDS, whole(r), rate(r)]) for _ in range(r.randint(5, 20))]
    return f"{' '.join(map(str, some)).capitalize()}."


def whole(r):
    return r.choice([2, 5, 10, 15, 50, 100, 3500, 10000, r.randint(1, 20000)])


def rate(r):
    return r.choice([0.1, 0.3, 0.5, 0.7, 0.97, 0.001, round(r.random(), 3)])


def table(r, corner, columns, rows, cell, between="|"):
    head = [corner, *r.sample(columns, min(len(columns), r.randint(2, 5)))]
    lines = [
        head,
        *([row, *(cell(r) for _ in head[1:])] for row in r.sample(rows, min(len(rows), 4))),
    ]
    if between == "|":
        lines.insert(1, ["---"] * len(head))
    return "\n".join(between.join(map(str, line)) for line in lines)


def listing(r, names, cells, between=","):
    rows = [between.join(str(cell(r)) for cell in cells) for _ in range(r.randint(3, 12))]
    return "\n".join([between.join(names), *rows])


RATES, SIZES = [0.1, 0.3, 0.5, 0.7, 0.9], [2, 5, 10, 15, 20]
KINDS = {
    "prose": lambda r: "\n".join(sentence(r) for _ in range(6)),
    "bullets": lambda r: "\n".join(f"- {sentence(r)}" for _ in range(5)),
    "numbered steps": lambda r: "\n".join(f"{i}. {sentence(r)}" for i in (2, 5, 10, 15)),
    "changelog": lambda r: "\n".join(
        f"## 0.{r.choice(SIZES)}.{whole(r)}\n- {sentence(r)}" for _ in "abc"
    ),
    "Python": lambda r: (
        f"for eta in {RATES}:\n    for batch in {SIZES}:\n        fit(batch, eta, {whole(r)})"
    ),
    "a call": lambda r: (
        f"hp = P(n_hidden=4,\n  eta={rate(r)}, max_epoch=10000,\n  batch_size={whole(r)})"
    ),
    "C": lambda r: f"double a[] = {{{rate(r)}, {rate(r)}}};\nint b[] = {{{whole(r)}, {whole(r)}}};",
    "a command": lambda r: (
        f"$ sweep assignment --eta {rate(r)} --batch-size {whole(r)} --max-epochs 10000"
    ),
    "JSON": lambda r: (
        f'{{"batch_size": {whole(r)}, "learning_rate": {rate(r)}, "epochs": {whole(r)}}}'
    ),
    "YAML": lambda r: f"batch_size: {whole(r)}\nlearning_rate: {rate(r)}\nepochs: {whole(r)}",
    "TOML": lambda r: (
        f"[axes]\nbatch_size = {SIZES}\nlearning_rate = {RATES}\n[settings]\nmax_epochs = 10000"
    ),
    "a training log": lambda r: "\n".join(
        f"batch=2 eta={r.choice(RATES)} epoch={50 * i} loss={rate(r)}"
        for _ in "ab"
        for i in range(30)
    ),
    "a web log": lambda r: "\n".join(
        f"10.0.0.{whole(r)} - [28/Nov] GET /{rate(r)} 200 {whole(r)}" for _ in "abcd"
    ),
    "a history": lambda r: listing(r, ["epoch", "batch_size", "train_loss"], [whole, whole, rate]),
    "prices": lambda r: table(r, "item", [2, 5, 10], RATES, lambda r: f"{whole(r)} €"),
    "quantiles": lambda r: table(r, "n", RATES, SIZES, whole, between=r.choice("|,;\t")),
    "dropout": lambda r: table(r, "dropout", RATES, SIZES, rate),
    "hidden units": lambda r: table(r, "hidden \\ η", RATES, SIZES, whole),
    "losses": lambda r: table(r, "batch \\ η", RATES, SIZES, lambda r: f"{r.random() / 100:.5f}"),
    "seconds": lambda r: table(r, "batch \\ η", RATES, SIZES, lambda r: f"{whole(r)} s"),
    "shares": lambda r: table(r, "", RATES, SIZES, lambda r: f"{r.randint(0, 100)}%"),
    "times by caption": lambda r: "## 用时（秒）\n\n" + table(r, "bs", RATES, SIZES, whole),
    "benchmarks": lambda r: table(r, "GPU", SIZES, ["A100", "V100", "T4"], rate),
    "measurements": lambda r: listing(r, ["x", "y", "z"], [rate, rate, whole], r.choice(",;\t")),
    "bare numbers": lambda r: listing(r, map(str, RATES), [rate] * 5, r.choice([",", " ", "\t"])),
    "a matrix": lambda r: listing(r, map(str, SIZES), [whole] * 5, r.choice([",", "  "])),
    "papers": lambda r: listing(
        r, ["Model", "LR", "Batch", "Top-1"], [lambda r: "Net", rate, whole, rate], "|"
    ),
    "HTML": lambda r: (
        f"<tr><td>batch</td><td>{rate(r)}</td></tr>\n<tr><td>2</td><td>{whole(r)}</td></tr>"
    ),
    "LaTeX": lambda r: f"batch & 0.1 & 0.3 \\\\\n2 & {whole(r)} & {whole(r)} \\\\",
    "a diff": lambda r: f"-batch, eta = {whole(r)}, {rate(r)}\n+batch, eta = {whole(r)}, {rate(r)}",
}


def is_read(text):
    try:
        read_table(blocks_of(text), ASKED, "a file")
    except SweepError:
        return False
    return True


def test_of_a_hundred_other_texts_at_most_one_is_taken_for_a_table():
    random = Random(0)  # noqa: S311 - no secrets
    texts = [(kind, make(random)) for kind, make in KINDS.items() for _ in range(10)]
    read = [(kind, text) for kind, text in texts if is_read(text)]
    assert len(read) <= MOST_READ * len(texts), read


@each_of("piece", [" ", "1 ", "1", "<a", "| ", "a/", "1,", ";", "- 2: ", "\n", '"', "$"])
def test_a_long_line_is_refused_at_once(piece):
    begin = process_time()
    assert not is_read(piece * (490_000 // len(piece)))
    assert process_time() - begin < 3
