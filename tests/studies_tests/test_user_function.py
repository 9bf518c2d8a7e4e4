"""A function that a student wrote, in place of our network: real files, real processes."""

import json

import numpy as np
import pandas as pd
import psutil
import pytest
from cases import each_of

from studies.cli import main

pytestmark = pytest.mark.usefixtures("no_figures")

NETWORK = """
import numpy as np
from helper import sigmoid

def train(learning_rate, batch_size, data, initial, orders, max_epochs):
    W1, B1, W2, B2 = (initial[name] for name in ("W1", "B1", "W2", "B2"))
    X, Y = data.train_x, data.train_y
    output = lambda x: sigmoid(x @ W1 + B1) @ W2 + B2
    for epoch in range(1, max_epochs + 1):
        order = orders(epoch)
        for start in range(0, len(X), batch_size):
            x, y = X[order[start:start + batch_size]], Y[order[start:start + batch_size]]
            A1 = sigmoid(x @ W1 + B1)
            dZ2 = (A1 @ W2 + B2 - y) / len(x)
            dZ1 = dZ2 @ W2.T * A1 * (1 - A1)
            W2 -= learning_rate * A1.T @ dZ2
            B2 -= learning_rate * dZ2.sum(axis=0, keepdims=True)
            W1 -= learning_rate * x.T @ dZ1
            B1 -= learning_rate * dZ1.sum(axis=0, keepdims=True)
        if epoch % 10 == 0:
            loss = 0.5 * np.mean((output(data.validation_x) - data.validation_y) ** 2)
            rest = np.sum((output(data.test_x) - data.test_y) ** 2)
            r2 = 1 - rest / np.sum((data.test_y - data.test_y.mean()) ** 2)
            yield epoch, {"validation_loss": loss, "test_r2": r2}
"""
HELPER = "import numpy as np\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"

KINDS = """
import os

def train(kind, b, data, seed, max_epochs, size=3):
    if kind == "dict":
        return {"validation_loss": 0.5, "size": size}
    if kind == "crash":
        return [1, 2][b + 5]
    if kind == "dies":
        os._exit(9)
    if kind == "hangs":
        while True:
            pass
    if kind == "data":
        data.train_x[0] = 0
    if kind == "seed":
        return 1 / seed
    if kind == "thread":
        from threading import Event, Thread
        Thread(target=Event().wait).start()
        return 0.001
    return {"number": 0.001, "text": "much", "bad": float("nan"), "other": {"loss": 1}}[kind]

def stream(kind, a, max_epochs):
    for epoch in (2, 4, 3) if kind == "backwards" else range(5, 10**9, 5):
        if kind == "nothing":
            return
        yield (epoch, 1 / epoch) if kind != "no pair" else epoch
"""
FLAGS = ["--learning-rate", "0.3,0.7", "--batch-size", "10,15"]
STOP = ["--max-epochs", "60", "--target-loss", "0.011"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in {"mine": NETWORK, "helper": HELPER, "kinds": KINDS}.items():
        (tmp_path / f"{name}.py").write_text(content)
    return tmp_path


def trials_of(out):
    return pd.read_csv(out / "trials.csv")


def test_the_courses_loop_has_the_table_of_the_reference(folder, capsys):
    ours = ["assignment", *FLAGS, *STOP, "--eval-every", "10", "--out", "ours", "--quiet"]
    assert main.run(ours) == 0
    theirs = ["assignment", "--objective", "mine.py:train", *FLAGS, *STOP, "--quiet"]
    assert main.run([*theirs, "--out", "theirs"]) == 0
    tables = [(folder / out / "table.csv").read_bytes() for out in ("ours", "theirs")]
    assert tables[0] == tables[1]
    reference, mine = trials_of(folder / "ours"), trials_of(folder / "theirs")
    assert set(mine.state) == {"converged", "exhausted"}
    for name in ("validation_loss", "test_r2"):
        np.testing.assert_allclose(mine[name], reference[name], rtol=1e-8)
    assert main.run(["compare", "ours", "theirs", "--out", "both"]) == 0
    assert "mine.py:train" in (folder / "both" / "report.md").read_text()

    (folder / "mine.py").unlink()  # a report needs the run directory only
    page = (folder / "theirs" / "report.html").read_bytes()
    assert main.run(["report", "theirs"]) == 0
    assert (folder / "theirs" / "report.html").read_bytes() == page
    assert main.run(["verify", "theirs"]) == 2
    assert "no code that a run directory names is run" in capsys.readouterr().err


def test_each_trial_has_its_own_outcome_and_the_others_go_on(folder):
    kinds = "number,dict,crash,dies,hangs,data,seed,text,bad,other,thread"
    command = ["run", "kinds.py:train", "--axis", f"kind={kinds}", "--axis", "b=1", "--quiet"]
    command += ["--timeout", "3"]
    before = set(psutil.Process().children(recursive=True))
    assert main.run([*command, "--repeats", "2", "--out", "run"]) == 1
    busy = set(psutil.Process().children(recursive=True)) - before
    assert not [process for process in busy if "LokyProcess" in " ".join(process.cmdline())]
    trials = trials_of(folder / "run").set_index("kind")
    states = trials.state.groupby("kind").first().to_dict()
    failed = dict.fromkeys(["crash", "dies", "hangs", "data", "text", "other"], "failed")
    assert states == failed | {
        "number": "converged",
        "dict": "exhausted",
        "seed": "converged",
        "thread": "converged",
        "bad": "diverged",
    }
    assert trials.validation_loss["seed"].nunique() == 2
    assert set(trials["size"]["dict"]) == {3}
    report = (folder / "run" / "report.md").read_text().replace("\\", "")
    for reason in (
        "IndexError: list index out of range (kinds.py, line 8: return [1, 2][b + 5])",
        "its worker died 2 times",
        "it took longer than 3 s",
        "assignment destination is read-only (kinds.py, line 15",
        "validation_loss is 'much', and no number",
        "it gave loss, but no validation_loss",
    ):
        assert reason in report


def test_a_file_imports_what_is_beside_it_and_is_told_its_own_lines(folder):
    """Though the package `network` is ours, and libraries are in a folder below."""
    library = folder / "env" / "library.py"
    library.parent.mkdir()
    library.write_text("def fail():\n    raise OSError\n")
    (folder / "network.py").write_text("def value(a):\n    return 1 / (a - 3)\n")
    (folder / "own.py").write_text(
        "import sys\nfrom network import value\n"
        f"sys.path.append({str(library.parent)!r})\nimport library\n"
        "def train(a):\n    if a == 2:\n        library.fail()\n    return value(a)\n"
    )
    assert main.run(["run", "own.py:train", "--axis", "a=1,2,3", "--out", "run", "--quiet"]) == 1
    report = (folder / "run" / "report.md").read_text()
    assert "(own.py, line 7: library.fail())" in report
    assert "(network.py, line 2: return 1 / (a - 3))" in report
    assert trials_of(folder / "run").validation_loss[0] == -0.5


def test_a_generator_is_stopped_by_the_tool_and_checked(folder):
    command = ["run", "kinds.py:stream", "--axis", "kind=good,backwards,nothing,no pair"]
    command += ["--axis", "a=1,2.5", "--max-epochs", "22", "--target-loss", "0.06", "--quiet"]
    assert main.run([*command, "--out", "run"]) == 1
    trials = trials_of(folder / "run").set_index(["kind", "a"])
    assert tuple(trials.loc[("good", 1)][["state", "epochs"]]) == ("converged", 20)
    report = (folder / "run" / "report.md").read_text()
    assert "it yielded the epoch 3 after 4" in report
    assert "yielded nothing" in report
    assert "it yielded 5, and not (epoch, metrics)" in report
    assert len(pd.read_csv(folder / "run" / "history.csv")) == 8


def test_what_is_kept_belongs_to_a_version_of_the_file_and_of_what_it_imports(folder):
    command = ["run", "mine.py:train", "--axis", "learning_rate=0.3,0.7", "--axis", "batch_size=30"]
    command += ["--max-epochs", "10", "--jobs", "1", "--quiet", "--out", "run"]
    keys = []
    for change in (None, None, "helper.py", "mine.py"):
        if change:
            (folder / change).write_text((folder / change).read_text() + "# changed\n")
        assert main.run(command) == 0
        keys.append(tuple(trials_of(folder / "run").key))
        record = json.loads((folder / "run" / "run.json").read_text())
        assert record["parts"]["own"]["function"]["given"] == "mine.py:train"
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@each_of(
    ("arguments", "said"),
    [
        (["gone.py:f", "--axis", "a=1,2"], "gone.py can't be read: No such file or directory"),
        (["mine.py:f", "--axis", "a=1,2"], "has no function 'f' at its top level; give mine.py:"),
        (["mine.py", "--axis", "a=1,2"], "give mine.py:NAME with one of its functions (def)"),
        (
            ["kinds.py:stream", "--axis", "kind=x,y", "--axis", "a=1", "--target", "nan"],
            "target must",
        ),
        (["mine.py:train"], "mine.py:train needs values of learning_rate"),
        (["mine.py:train", "--axis", "momentum=1"], "has no parameter 'momentum' to vary; it has"),
        (["mine.py:train", "--axis", "learning_rate"], "--axis takes NAME=VALUE,VALUE,…"),
        (["kinds.py:stream", "--axis", "kind=x", "--axis", "a=1"], "has one cell only"),
        (["broken.py:f", "--axis", "a=1,2"], "broken.py, line 1: "),
        (
            [
                "mine.py:train",
                "--axis",
                "learning_rate=1,2",
                "--axis",
                "batch_size=30",
                "--timeout",
                "0",
            ],
            "timeout must be a finite number > 0, got 0.0",
        ),
        (["study.toml", "--axis", "a=1,2"], "a TOML file says all of its study"),
    ],
)
def test_what_can_not_be_run_gets_a_sentence(folder, capsys, arguments, said):
    (folder / "broken.py").write_text("def f(:\n")
    assert main.run(["run", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "runs").exists()
