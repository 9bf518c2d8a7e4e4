"""What a fuzz gives to the tool: command lines that nobody should type, files that nobody meant.

A kind of input is an entry in `KINDS`: a strategy that draws a `Case`.
"""

import atexit
import io
import json
import math
import re
import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from unittest.mock import patch
from zipfile import ZIP_STORED, ZipFile

import numpy as np
from hostile import archive, forge, header, liars
from hypothesis import strategies as st
from studies_tests.hand_ins import (
    LEFT,
    write_docx,
    write_html,
    write_latex,
    write_notebook,
    write_pdf,
    write_xlsx,
)

from studies.cli import main


class Case:
    """What is given to the tool: a command line, and the files that it may read."""

    def __init__(self, arguments, files):
        self.arguments, self.files = arguments, files

    def __repr__(self):
        """Show the files that are special to it, not those that all have."""
        common = {**GOOD, **(good_run() if "run/run.json" in self.files else {})}
        own = {n: c[:3000] for n, c in self.files.items() if common.get(n) != c}
        gone = [name for name in common if name not in self.files]
        return f"Case({self.arguments}, {own}, without={gone})"


# ---- what people and programs write ------------------------------------------------------------


def mostly(good, *others):
    """Draw from a strategy three times as often as from each of the others."""
    return st.one_of(good, good, good, *others)


WORDS = st.sampled_from(
    [
        *("", " ", "-", "--", "0", "-1", "-0.0", "1e400", "1e308", "1e-320", "nan", "inf", "full"),
        *("9" * 30, "9" * 5000, "1_0", "0x10", "٣", "１", "1.", ".5", "1e3", "None", "True", "[]"),
        *(",", "0.1,,0.3", "0.1，0.3", "1:2", "1:2:log", "2:1", ":", "0:1:log", "1e308:1e309"),
        *("a b", "a\nb", "a\0b", "\x1b[31m", "\udcff", "🙂", "数据", "$x^$", "=1+1", "{0}", "%s"),
        *(
            "..",
            ".",
            "../x",
            "a/b",
            "x" * 300,
            "CON",
            "nul.toml",
            "~",
            "-x",
            "--learning-rate",
            "good.csv",
        ),
        *("snake", "sine", "tanh", "relu", "he", "zero", "cosine", "none", "numpy", "halving"),
    ]
)
ANY_TEXT = st.one_of(WORDS, st.text(max_size=8)).filter(lambda text: not text.startswith("/"))
SMALL = st.sampled_from(["1", "2", "3"])
RATES = st.sampled_from(["0.1", "0.1,0.5", "1e300", "5e-324", "1e-3", "0.05:1:log", "0.1:0.2"])
SIZES = st.sampled_from(["10", "2,full", "full", "40", "900", "1", "2:9"])

FLAGS = {
    "--learning-rate": RATES,
    "--batch-size": SIZES,
    "--n-hidden": st.sampled_from(["4", "1", "2,3", "1:3"]),
    "--repeats": SMALL,
    "--seed": st.sampled_from(["0", "7", "9" * 40]),
    "--data-seed": st.sampled_from(["0", "7", "9" * 40]),
    "--target-loss": st.sampled_from(["0.1", "1e-300", "1e300"]),
    "--activation": st.sampled_from(["sigmoid", "tanh", "relu", "step"]),
    "--init": st.sampled_from(["xavier", "zero", "normal"]),
    "--decay": st.sampled_from(["constant", "cosine", "inverse"]),
    "--shuffle": st.sampled_from(["fresh", "none"]),
    "--data": st.sampled_from(["snake", "good.csv", "good.npz", "hills", "missing.csv", "."]),
    "--test-data": st.sampled_from(["good.csv", "good.npz", "missing.npz"]),
    "--jobs": st.sampled_from(["1", "2"]),
    "--out": st.sampled_from(["runs/x", "new", ".", "good.csv", "good.csv/x"]),
    "--runner": st.sampled_from(["local", "cloud"]),
    "--storage": st.sampled_from(["no/folder/x", "ftp://x", "sqlite://", "postgresql://u:p@h:x/d"]),
    "--scheduler": st.sampled_from(["here", "tcp://", "tcp://here:1", "unix:///x:1"]),
    "--sampler": st.sampled_from(["random", "luck"]),
    "--trials": SMALL,
    "--prune": st.sampled_from(["median", "hard"]),
    "--lang": st.sampled_from(["en", "zh", "fr"]),
}
ONCE = ["--max-epochs", "2", "--eval-every", "1", "--jobs", "1"]
REFUSED_ALONE = {  # flags whose other values may train for years, or measure for minutes
    "--max-epochs": ["0", "-1", "1e4", "", "9" * 30, "x"],
    "--eval-every": ["0", "-5", "1.5", "9" * 5000, "x"],
}
HOMEWORK = [*FLAGS]
STUDY = [*HOMEWORK[:13], "--jobs", "--out"]
STARTS = [
    *[(["assignment", *ONCE], HOMEWORK)] * 6,
    *[(["study", "learning-rate", *ONCE], STUDY)] * 2,
    (
        ["study", "polynomial", *ONCE],
        ["--batch-size", "--learning-rate", "--repeats", "--seed", "--data"],
    ),
    (["run", "good.toml", "--jobs", "1"], ["--out", "--lang"]),
    (["worker", "--study", "x", "--wait", "0"], ["--storage", "--jobs"]),
    (["collect", "--study", "x", "--storage", "no/x"], ["--storage", "--out"]),
    (["estimate", "--learning-rate", "x"], HOMEWORK),
    (["bench", "--cells", "0"], ["--storage"]),
    ([], ["--help", "--version"]),
]
"""Commands, and the flags that they have."""

GOOD_CSV = "x,y\n" + "".join(f"{i / 40},{math.sin(i / 7)}\n" for i in range(40))
GOOD_TOML = """
title = "Wider networks"
question = "What do more units do?"
data = "good.csv"
repeats = 1
figures = []

[axes]
n_hidden = [1, 2]

[settings]
learning_rate = 0.5
batch_size = 5
max_epochs = 2
eval_every = 1
"""


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


X = np.linspace(0, 1, 40).reshape(-1, 1)
GOOD_NPZ = npz(data=X, label=X**2)
GOOD = {
    "good.csv": GOOD_CSV.encode(),
    "good.npz": GOOD_NPZ,
    "good.toml": GOOD_TOML.encode(),
}


@st.composite
def command_lines(draw):
    """Draw a command with flags, most of them good, and seldom a word that nobody expects."""
    start, flags = draw(st.sampled_from(STARTS))
    arguments = [*start]
    for known in draw(st.lists(st.sampled_from(flags), max_size=4, unique=True)):
        flag = draw(mostly(st.just(known), st.just(known), st.sampled_from(HOMEWORK)))
        good = FLAGS.get(flag, ANY_TEXT)
        arguments += [flag, draw(mostly(good, good, ANY_TEXT))]
    strange = draw(st.integers(0, 9))
    if strange == 0:
        flag = draw(st.sampled_from([*REFUSED_ALONE]))
        arguments += [flag, draw(st.sampled_from(REFUSED_ALONE[flag]))]
    elif strange == 1:
        arguments.insert(draw(st.integers(0, len(arguments))), draw(ANY_TEXT))
    return Case(arguments, GOOD)


# ---- files --------------------------------------------------------------------------------------


PIECES = [b",", b"\n", b"\0", b'"', b"-", b"e999", b"nan", b"[", b"=", b"\xff"]


@st.composite
def mutated(draw, content):
    """Cut, double, overwrite and flip: what a disk, an editor and a friend do to a file."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from([1, 1, 2, 10, 100]))
        own = bytes(content[start : start + length])
        piece = draw(st.one_of(st.binary(max_size=4), st.just(own), st.sampled_from(PIECES)))
        content[start : start + draw(st.sampled_from([0, length]))] = piece
    return bytes(content)


PLAIN = st.one_of(st.floats(-2, 2).map(repr), st.integers(-5, 5).map(str))
HUGE = st.sampled_from(["1e300", "-1e308", "5e-324", "9" * 300, "1e154"])
ODD = st.sampled_from(["nan", "inf", "", "x", "1 000", "1,5", "=1+1", '"', "１"])


@st.composite
def csv_texts(draw):
    """Draw a table: mostly of numbers, some huge or all the same, seldom with odd cells."""
    cell = draw(
        st.sampled_from([st.just("0.5"), PLAIN, PLAIN, mostly(PLAIN, HUGE), mostly(PLAIN, ODD)])
    )
    n_columns = draw(st.sampled_from([1, 2, 2, 2, 3, 4]))
    row = st.lists(cell, min_size=n_columns, max_size=n_columns)
    rows = draw(st.lists(row, min_size=draw(st.sampled_from([0, 3, 3, 3])), max_size=12))
    between = draw(st.sampled_from([",", ",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return end.join(between.join(row) for row in rows).encode()


@st.composite
def data_csvs(draw):
    """Draw a command that reads a CSV."""
    changed = mutated(GOOD["good.csv"])
    return draw(using("d.csv", draw(mostly(csv_texts(), changed, st.binary(max_size=60)))))


SHAPES = [*[(40, 1)] * 4, (40, 2), (40,), (3, 1), (2, 1), (1, 1), (0, 1), ()]
LYING_SHAPES = [(10**12, 1), (-1, 1), (2**63,), (80, 1)]
PLAIN_KINDS = ["<f8", ">f8", "<f4", "<f2", "<i8", "|i1", "|b1"]
ODD_KINDS = ["<c16", "<U3", "|V4", "<M8[s]"]
LIES = [*liars(("data", "label")).values()]


@st.composite
def npy(draw, usual):
    """Draw an array: often of numbers, sometimes extreme, sometimes of another shape than said."""
    shape = draw(mostly(st.just(usual), st.just(usual), st.sampled_from(SHAPES)))
    kind = draw(mostly(st.sampled_from(PLAIN_KINDS), st.sampled_from(ODD_KINDS)))
    chance = np.random.default_rng(draw(st.integers(0, 9)))
    numbers = chance.bytes(np.dtype(kind).itemsize * 80)
    if draw(st.integers(0, 3)):
        kind, most = "<f8", draw(st.sampled_from([0, 1, 0.5, 1e300, -1e308, 5e-324]))
        numbers = np.linspace(0, most, 80).tobytes()
    said = draw(st.sampled_from([*[shape] * 40, *LYING_SHAPES]))
    content = header(said, kind) + numbers[: math.prod(shape) * np.dtype(kind).itemsize]
    return draw(mutated(content)) if draw(st.integers(0, 9)) == 0 else content


@st.composite
def data_npzs(draw):
    """Draw a command that reads an .npz."""
    usual = draw(st.sampled_from(SHAPES))
    members = [(f"{name}.npy", draw(npy(usual))) for name in ("data", "label")]
    whole = archive([(name, content, len(content)) for name, content in members], ZIP_STORED)
    content = draw(mostly(st.just(whole), mutated(GOOD["good.npz"]), st.sampled_from(LIES)))
    return draw(using("d.npz", content))


@st.composite
def using(draw, name, content):
    """Draw a command that reads a data file."""
    files = {**GOOD, name: content}
    if draw(st.integers(0, 3)) == 0:
        flags = [
            "--data",
            name,
            "--batch-size",
            "full",
            "--n-hidden",
            "2",
            "--learning-rate",
            "0.5",
        ]
        return Case(["assignment", *ONCE, *flags], files)
    text = GOOD_TOML.replace("good.csv", name).replace("batch_size = 5", 'batch_size = "full"')
    if draw(st.integers(0, 2)) == 0:
        text = f'model = "polynomial"\n{text}'.replace("n_hidden", "degree")
    return Case(["run", "mine.toml", "--jobs", "1"], {**files, "mine.toml": text.encode()})


GOOD_VALUES = {
    "title": ["=1+1", "**x** [y](z) <b>", "数据", "x" * 3000],
    "question": ["# one\\ntwo", "", "| a |"],
    "data": ["good.csv", "good.npz", "snake", "hills", "missing.csv", "xor"],
    "repeats": [1, 2, 0, 10**9],
    "figures": [[], ["losses"], ["x"], [[]], "losses"],
    "n_hidden": [[1], [1, 2], [0], [10**5], [], 3, [1.5]],
    "learning_rate": [0.5, 1e300, 1, -0.0, math.inf, math.nan, 10**400, True],
    "batch_size": [1, "full", 32, 10**9, "x"],
    "max_epochs": [1, 2, 0],
    "eval_every": [1, 2, 10**30],
}
MORE_LINES = [
    *('activation = "tanh"', 'init = "zero"', 'task = "binary"', 'decay = "cosine"', "degree = 3"),
    *("training_points = 2", "seed = 5", 'engine = "numpy"', "é = 1", "a.b.c = {}", "[[axes]]"),
    *('target_loss = "0.1"', "x = " + "[" * 5000, "y = " + "9" * 5000, "[axes]", "[settings"),
]


def toml(value):
    """Write a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return repr(value) if isinstance(value, float | int) else f'"{value}"'


@st.composite
def tomls(draw):
    """Draw a study: a good one with some other values, seldom with other lines or bytes."""
    text = GOOD_TOML
    for key in draw(st.lists(st.sampled_from([*GOOD_VALUES]), max_size=3)):
        value = draw(st.sampled_from(GOOD_VALUES[key]))
        text = re.sub(f"(?m)^{key} = .*$", lambda _, k=key, v=value: f"{k} = {toml(v)}", text)
    if draw(st.integers(0, 3)) == 0:
        text = text.rstrip() + f"\n{draw(st.sampled_from(MORE_LINES))}\n"
    content = draw(mostly(st.just(text.encode()), mutated(text.encode())))
    name = draw(st.sampled_from(["mine.toml", "...toml", "..toml", "CON.toml", "=x.toml"]))
    return Case(["run", name, "--jobs", "1"], {**GOOD, name: content})


@lru_cache
def good_run():
    """Return the files of a run directory, but for its pictures."""
    with TemporaryDirectory() as top:
        out = Path(top) / "run"
        flags = ["--learning-rate", "0.1,0.5", "--batch-size", "100", "--quiet", "--out", str(out)]
        with patch("reports.figures.writer.FigureWriter.write"):
            assert main.run(["assignment", *ONCE, *flags]) == 0
        files = [path for path in out.rglob("*") if path.is_file() and path.suffix != ".html"]
        return {path.relative_to(top).as_posix(): path.read_bytes() for path in files}


ODD_VALUES = [
    *(
        None,
        True,
        -1,
        0,
        10**30,
        1e300,
        math.nan,
        "",
        "x",
        "../x",
        "=1+1",
        "<b>",
        [],
        {},
        [[]],
        ["x"],
    ),
    *(
        "sweep run ../x.toml",
        "sweep study decay",
        "sweep study decay --learning-rate x",
        [0.1, 0.5],
        [0.3],
    ),
]


COLUMNS = ["state", "engine", "epochs", "seconds", "value", "metrics", "arrays"]
ODD_CELLS = ["x", b"", "", -1, 0, 7, 1e300, "[]", "{}", '{"updates": 1}', "converged", b"x" * 99]


def tables_in(value):
    """Return all tables of a record that have something in them."""
    if isinstance(value, list):
        return [table for each in value for table in tables_in(each)]
    if not isinstance(value, dict) or not value:
        return []
    return [value, *(table for each in value.values() for table in tables_in(each))]


@st.composite
def run_directories(draw):
    """Draw a command for a run directory that somebody has changed; its store is another test's."""
    files = {**GOOD, **good_run()}
    name = draw(st.sampled_from(["run/run.json"] * 4 + [*good_run()]))
    changes = ["values", "values", "bytes", "nothing", "gone", "none", "row", "link"]
    change = draw(st.sampled_from(changes))
    if change == "values":
        record = json.loads(files["run/run.json"])
        for _ in range(draw(st.integers(1, 2))):
            part = draw(st.sampled_from(tables_in(record)))
            part[draw(st.sampled_from([*part]))] = draw(st.sampled_from(ODD_VALUES))
        files["run/run.json"] = json.dumps(record).encode()
    elif change == "row":
        column, value = draw(st.sampled_from(COLUMNS)), draw(st.sampled_from(ODD_CELLS))
        with TemporaryDirectory() as top:
            store = Path(top) / "trials.sqlite"
            store.write_bytes(files["run/trials.sqlite"])
            forge(store, column, value)
            files["run/trials.sqlite"] = store.read_bytes()
    elif change == "link":
        files[name] = draw(
            st.sampled_from(["..", "../good.csv", "nowhere", "/dev/zero", "trials.csv"])
        )
    elif change == "gone":
        del files[name]
    elif change != "none" and not name.startswith("run/trials.sqlite"):
        files[name] = draw(mutated(files[name])) if change == "bytes" else b""
    return Case(draw(st.sampled_from(REPORTS)), files)


REPORTS = [
    *[["report", "run"], ["report", "run", "--lang", "zh", "--quiet"]] * 2,
    *(["report", "run", "--cost", "updates"], ["report", "run", "--max-epochs", "1"]),
    *(["report", "run", "--target-loss", "x"], ["compare", "run", "run"], ["compare", "run", "x"]),
    [
        "assignment",
        *ONCE,
        "--learning-rate",
        "0.1",
        "--batch-size",
        "100",
        "--out",
        "run",
        "--quiet",
    ],
]


TABLES = [
    "| 批大小 \\ η | 0.1 | 0.3 |\n|---|---|---|\n| 2 | 5400 / 0.969 | >10 |\n| 5 | １0 | |\n",
    "batch size,eta=0.1,eta=0.3\nbs:2,10,5/0.9\nbs:5,,10000\n",
    "eta\\bs;2;5\n0.1;10;3\n0.3;7 / 0.5;diverged\n",
    "No.,hidden,batch,lr,epochs,loss\n1,4,2,0.1,5±1,0.1\n2,8,2,0.1,7,0.2\n",
    "- batch 2, eta 0.1: 5 epochs¹, accuracy 0.9\n- batch 5, eta 0.3: #DIV/0!\n",
    f"bs,0.1,0.3\n2,{' ' * 9000}5,{'1 ' * 9000}\n{'<a' * 9000}\n",
]
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
SMALL_TABLE = [
    "--learning-rate",
    "0.1,0.3",
    "--batch-size",
    "2,5",
    "--repeats",
    "20",
    "--jobs",
    "1",
]


@st.composite
def tables(draw):
    """Draw a command that checks a table: a good one, or one with changed bytes or cells."""
    table = draw(st.sampled_from(TABLES)).encode(draw(ENCODINGS))
    content = draw(mostly(mutated(table), st.just(table), csv_texts(), st.binary(max_size=60)))
    name = draw(st.sampled_from(["t.md", "t.csv"]))
    return checking(name, {**GOOD, name: content})


FORMATS = {
    "t.xlsx": write_xlsx,
    "t.docx": write_docx,
    "t.html": write_html,
    "t.ipynb": write_notebook,
    "t.tex": write_latex,
    "t.pdf": write_pdf,
}
HAND_IN = ["# Results", [["batch \\ η", "0.1", "0.3"], ["2", "10", "5 / 0.9"], ["5", ">10", LEFT]]]
ODD_PARTS = [
    *(b"", b"<", b"<x/>", b"\xff\xfe<", b"9" * 5000, b"<a>" * 5000, b"</w:tc>", b"<w:tbl><w:tr>"),
    *(b'r="A1048576"', b'ref="A1:XFD1048576"', b'w:val="9999"', b"<td colspan=999 rowspan=9999>"),
    *(b"\\input{/etc/passwd}", b"\\multicolumn{999}{c}{", b"\\def\\a{\\a\\a}\\a", b"{", b"^{"),
    *(b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", b"&a;", b"<script>1/0</script>"),
    *(b'"outputs": [{}],', b"[" * 2000, b"null", b"/Kids [3 0 R 1 0 R]", b"/Length 99999999"),
]


@lru_cache
def written(name):
    """Return a hand-in of some format, as the library for it writes it."""
    with TemporaryDirectory() as top:
        FORMATS[name](Path(top) / name, HAND_IN)
        return (Path(top) / name).read_bytes()


@st.composite
def changed_inside(draw, content):
    """Change a file of an archive, or what stands in a text, at some places."""
    if not content.startswith(b"PK"):
        return _with_odd_parts(draw, content)
    parts = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(parts, "w") as new:
        changed = draw(st.sampled_from(old.namelist()))
        for name in old.namelist():
            own = old.read(name)
            new.writestr(name, _with_odd_parts(draw, own) if name == changed else own)
    return parts.getvalue()


def _with_odd_parts(draw, content):
    for _ in range(draw(st.integers(1, 3))):
        ends = [match.end() for match in re.finditer(rb"[>}\n,\s]", content)] or [0]
        place = draw(st.sampled_from(ends))
        odd = draw(mostly(st.sampled_from(ODD_PARTS), mutated(content[place : place + 50])))
        content = content[:place] + odd + content[place + draw(st.sampled_from([0, 0, 30])) :]
    return content


@st.composite
def hand_ins(draw):
    """Draw a command that checks a file of some format, alone or in a class; few are whole."""
    name = draw(st.sampled_from([*FORMATS]))
    whole = written(name)
    content = draw(mostly(changed_inside(whole), mutated(whole), st.just(whole)))
    content = content[: draw(st.sampled_from([None, None, None, len(content) // 2]))]
    file = draw(st.sampled_from([name] * 4 + [f"c/{name}", "c.zip", "t.zip.docx"]))
    if file == "c.zip":
        content = archive([(f"a/{name}", content, len(content))], ZIP_STORED)
        content = draw(mostly(st.just(content), mutated(content)))
    return checking(file.partition("/")[0], {file: content})


def checking(name, files):
    """Return the command that checks what has a name."""
    flags = ["--max-epochs", "2", "--eval-every", "1", "--cache", kept_repeats()]
    return Case(["check", name, *SMALL_TABLE, *flags], files)


@lru_cache
def kept_repeats():
    """Return a folder outside of all cases, where the repeats of tables are kept."""
    folder = mkdtemp(prefix="sweep-repeats-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


KINDS = {
    "command line": command_lines(),
    "TOML": tomls(),
    "CSV": data_csvs(),
    "npz": data_npzs(),
    "run directory": run_directories(),
    "table": tables(),
    "hand-in": hand_ins(),
}
