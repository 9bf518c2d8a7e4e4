"""Whether networks that students wrote are right: right ones, and one for each mistake."""

from functools import partial

import numpy as np
import pytest
from browser import axe_finds_nothing, choose_switch, opened
from counts import count

from network.training.loop import train
from network.training.mistakes import Loop, Measure
from network.training.settings import TrainingSettings
from studies.checking.grade import report
from studies.checking.grade.calls import (
    AGAIN,
    GRID,
    MAX_EPOCHS,
    START,
    Answer,
    GradedFunction,
    check_function,
    order,
)
from studies.checking.grade.grade import GRADIENT_TOLERANCE, Grade, compared, judged
from studies.checking.grade.gradients import GradientCheck
from studies.checking.grade.matching import EXPLODED, Matcher
from studies.checking.grade.mistakes import KEEPS_WEIGHTS, MISTAKES, Candidate
from studies.cli import main
from studies.objectives.functions.source import find

MATRICES = """
import numpy as np

def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))

def train(learning_rate, batch_size, data, initial, orders, max_epochs):
    W1, B1, W2, B2 = (initial[name].copy() for name in ("W1", "B1", "W2", "B2"))
    X, Y = data.train_x, data.train_y
    n = len(X)
    for epoch in range(1, max_epochs + 1):
        order = orders(epoch)
        for start in range(0, n, batch_size):
            batch = order[start:start + batch_size]
            x, y = X[batch], Y[batch]
            m = len(x)
            Z1 = x @ W1 + B1
            A1 = sigmoid(Z1)
            dZ2 = A1 @ W2 + B2 - y
            dW2 = A1.T @ dZ2 / m
            dB2 = dZ2.sum(axis=0, keepdims=True) / m
            dZ1 = dZ2 @ W2.T * (A1 * (1 - A1))
            dW1 = x.T @ dZ1 / m
            dB1 = dZ1.sum(axis=0, keepdims=True) / m
            W2 = W2 - learning_rate * dW2
            B2 = B2 - learning_rate * dB2
            W1 = W1 - learning_rate * dW1
            B1 = B1 - learning_rate * dB1
        if epoch % 10 == 0:
            A2 = sigmoid(data.validation_x @ W1 + B1) @ W2 + B2
            loss = np.mean((A2 - data.validation_y) ** 2) / 2
            yield epoch, {"validation_loss": loss}
"""
LOOPS = """
from math import exp

def predict(x, W1, B1, W2, B2):
    A1 = [1 / (1 + exp(-(x * w + b))) for w, b in zip(W1, B1)]
    return A1, sum(a * w for a, w in zip(A1, W2)) + B2

def train(learning_rate, batch_size, data, initial, orders, max_epochs):
    W1, B1, W2 = (list(map(float, initial[name].ravel())) for name in ("W1", "B1", "W2"))
    B2 = float(initial["B2"][0, 0])
    H = range(len(W1))
    points = list(zip(data.train_x.ravel().tolist(), data.train_y.ravel().tolist()))
    for epoch in range(1, max_epochs + 1):
        order = list(orders(epoch))
        while order:
            batch, order = order[:batch_size], order[batch_size:]
            dW1, dB1, dW2, dB2 = [0.0] * len(W1), [0.0] * len(W1), [0.0] * len(W1), 0.0
            for i in batch:
                x, y = points[i]
                A1, a = predict(x, W1, B1, W2, B2)
                error = (a - y) / len(batch)
                dB2 += error
                for h in H:
                    dW2[h] += error * A1[h]
                    slope = error * W2[h] * A1[h] * (1 - A1[h])
                    dB1[h] += slope
                    dW1[h] += slope * x
            for h in H:
                W1[h] -= learning_rate * dW1[h]
                B1[h] -= learning_rate * dB1[h]
                W2[h] -= learning_rate * dW2[h]
            B2 -= learning_rate * dB2
    rest = [predict(x, W1, B1, W2, B2)[1] - y
            for x, y in zip(data.validation_x.ravel(), data.validation_y.ravel())]
    return sum(r * r for r in rest) / len(rest) / 2
"""
CLASSES = """
import numpy as np

class Layer:
    def __init__(self, W, B):
        self.W, self.B = W, B
    def forward(self, x):
        self.x = x
        return x.dot(self.W) + self.B
    def backward(self, d):
        self.dW, self.dB = np.einsum("mi,mo->io", self.x, d), d.sum(0)
        return d.dot(self.W.T)
    def step(self, eta):
        self.W -= eta * self.dW
        self.B -= eta * self.dB

class Sigmoid:
    def forward(self, z):
        self.a = 0.5 * (1 + np.tanh(z / 2))
        return self.a
    def backward(self, d):
        return d * (self.a - self.a ** 2)

class Network:
    def __init__(self, P):
        self.layers = [Layer(P["W1"], P["B1"]), Sigmoid(), Layer(P["W2"], P["B2"])]
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def learn(self, x, y, eta):
        d = (self.forward(x) - y) / len(x)
        for layer in reversed(self.layers):
            d = layer.backward(d)
        for layer in self.layers[::2]:
            layer.step(eta)

def train(data, initial, orders, learning_rate, batch_size):
    network, epoch = Network(initial), 0
    while True:
        epoch += 1
        order = orders(epoch)
        for part in np.split(order, range(batch_size, len(order), batch_size)):
            network.learn(data.train_x[part], data.train_y[part], learning_rate)
        if epoch % 50 == 0:
            loss = 0.5 * ((network.forward(data.validation_x) - data.validation_y) ** 2).mean()
            yield epoch, loss
"""
STYLES = {"matrices": MATRICES, "loops": LOOPS, "classes": CLASSES}

_LATE_W2 = "            W2 = W2 - learning_rate * dW2\n"
_EARLY_W2 = {
    _LATE_W2: "",
    "            dZ1 =": f"{_LATE_W2}            dZ1 =",
}
_BOTH_SETS = {
    "= data.train_x, data.train_y": "= (np.concatenate([getattr(data, f'{part}_{name}') "
    "for part in ('train', 'validation')]) for name in 'xy')"
}
WRONG = {
    "divisor: nothing": {"m = len(x)": "m = 1"},
    "undivided: B1 B2": {"keepdims=True) / m": "keepdims=True)"},
    "undivided: W1": {"x.T @ dZ1 / m": "x.T @ dZ1"},
    "divisor: batch_size": {"m = len(x)": "m = batch_size"},
    "factor: 2.0": {"B2 - y": "B2 - y; dZ2 = 2 * dZ2"},
    "factor: 0.5": {"B2 - y": "B2 - y; dZ2 = dZ2 / 2"},
    "factor: -1.0": {"B2 - y": "B2 - y; dZ2 = -dZ2"},
    "constant: B1": {"B1 = B1 - learning_rate * dB1": "pass"},
    "constant: B2": {"B2 = B2 - learning_rate * dB2": "pass"},
    "constant: B1 B2": {"B = B - ": "", "learning_rate * dB": "0 * dB"},
    "W2_first: True": _EARLY_W2,
    "derivative: of Z": {"(A1 * (1 - A1))": "(Z1 * (1 - Z1))"},
    "derivative: sigmoid of A": {"(A1 * (1 - A1))": "(sigmoid(A1) * (1 - sigmoid(A1)))"},
    "derivative: missing": {" * (A1 * (1 - A1))": ""},
    "order: none": {"orders(epoch)": "np.arange(n)"},
    "order: first": {"orders(epoch)": "orders(1)"},
    "labels_shuffled: False": {"Y[batch]": "Y[start:start + batch_size]"},
    "batches: whole ones": {"range(0, n, batch_size)": "range(0, n - batch_size + 1, batch_size)"},
    "batches: single samples": {
        "range(0, n, batch_size)": "range(n)",
        "start + batch_size": "start + 1",
    },
    "samples: training, then validation": {
        **_BOTH_SETS,
        "orders(epoch)": "[*orders(epoch), *range(n - len(data.validation_x), n)]",
    },
    "precision: weights": {
        "initial[name].copy()": "initial[name].astype('f')",
        "W2 = W2 - ": "W2 -= ",
        "B2 = B2 - ": "B2 -= ",
        "W1 = W1 - ": "W1 -= ",
        "B1 = B1 - ": "B1 -= ",
    },
    "loss: mean": {" ** 2) / 2": " ** 2)"},
    "of: train": {"data.validation_": "data.train_"},
    "early: 1": {
        "        order =": "        early = sigmoid(data.validation_x @ W1 + B1) @ W2 + B2\n"
        "        order =",
        "np.mean((A2 -": "np.mean((early -",
    },
    "keeps: True": {
        "def train": "kept = {}\n\ndef train",
        "initial[name].copy()": "kept.setdefault(name, initial[name])",
        "W2 = W2 - ": "W2 -= ",
        "B2 = B2 - ": "B2 -= ",
        "W1 = W1 - ": "W1 -= ",
        "B1 = B1 - ": "B1 -= ",
    },
}
"""What is replaced in the right network, by the name of the mistake that it makes."""

(TANH,) = (m.what for m in MISTAKES if str(m) == "hidden: tanh")
TOLD = {
    "own order": (
        {"orders(epoch)": "np.random.default_rng(epoch).permutation(n)"},
        (report._WRONG_ORDER, report._NEVER_ASKED),
    ),
    "own order, unseeded": (
        {"orders(epoch)": "np.random.permutation(n)"},
        (report._WRONG_ORDER, report._NEVER_ASKED, report._RANDOM),
    ),
    "with replacement": (
        {"orders(epoch)": "np.random.default_rng(epoch).integers(0, n, n)"},
        (report._WRONG_SAMPLES, report._NEVER_ASKED),
    ),
    "own weights": (
        {"initial[name].copy()": "initial[name] * 0 + 0.1"},
        (report._OWN_START, report._WRONG_START),
    ),
    "another activation with the sigmoid's derivative": (
        {"1 / (1 + np.exp(-Z))": "np.tanh(Z)"},
        (report._WRONG_START, report._AT_START.fill(what=TANH, agreement="1e-15")),
    ),
    "something else": ({"dW1 = x.T": "dW1 = 1.1 * x.T"}, (report._WRONG_GRADIENT,)),
    "skips a batch": (
        {"range(0, n, batch_size)": "range(0, n, batch_size)[-2:]"},
        (report._WRONG_STEPS,),
    ),
    "loss rounded": ({": loss}": ": round(loss, 6)}"}, (report._ROUNDED.fill(n=6),)),
    "no number": (
        {"** 2) / 2": "** 2) * np.nan"},
        (report._WRONG_START, report._EXPLODES.fill(most=EXPLODED)),
    ),
    "always the same": (
        {"** 2) / 2": "** 2) * 0 + 0.1"},
        (report._OWN_START, report._WRONG_START),
    ),
    "learns the validation set": (
        {
            **_BOTH_SETS,
            "orders(epoch)": "np.random.default_rng(epoch).permutation(n)",
        },
        (report._WRONG_GRADIENT, report._LEARNS_VALIDATION),
    ),
}
"""What no known mistake explains: replacements, and some of the sentences about it."""


def replaced(source, changes):
    for old, new in changes.items():
        assert old in source or old == "B = B - ", old
        source = source.replace(old, new)
    return source


@pytest.fixture
def grade_of(tmp_path):
    """Return what grades a source, in this process."""

    def grade_of(source, name="mine"):
        (tmp_path / f"{name}.py").write_text(source)
        function = find(f"{tmp_path}/{name}.py:train")
        check_function(function)
        graded = GradedFunction(function, 0, GradientCheck.of(function))
        results = [result for _, result in graded(graded.trials, lambda *_: None)]
        assert [result.reason for result in results if result.reason] == []
        return judged(graded, results)

    return grade_of


def names(matches):
    return [[str(mistake) for mistake in match.mistakes] for match in matches]


@pytest.mark.parametrize("call", GRID, ids=str)
def test_the_loop_without_a_mistake_is_the_engines(call):
    loop, lane, data = Loop(), call.lane(0), call.dataset()
    settings = TrainingSettings(call.learning_rate, call.batch_size, max_epochs=20, eval_every=1)
    history = train(type(lane)(settings, lane.initial, lane.orders), data).history
    P = loop.start(lane.initial)
    orders = partial(order, lane.orders)
    epochs = loop.epochs(data, P, orders, call.learning_rate, call.batch_size)
    losses = [Measure()(loop, data, P) for _, epoch in zip(range(20), epochs, strict=False)]
    np.testing.assert_allclose(losses, history["validation_loss"], rtol=1e-12)


@pytest.mark.parametrize("mistake", [*MISTAKES, KEEPS_WEIGHTS], ids=str)
def test_each_mistake_has_losses_of_its_own(mistake):
    """What trains with one mistake is diagnosed with this one alone."""
    keeps = mistake is KEEPS_WEIGHTS
    candidate, P = Candidate.of(*([] if keeps else [mistake])), None
    nothing = Answer(dict.fromkeys(range(1, MAX_EPOCHS + 1 if keeps else 6), 0.0), [])
    calls = [START, *GRID, AGAIN]
    trained, answers = Matcher(0, dict.fromkeys(calls, nothing)), {}
    for call in calls:
        if keeps and P is None:
            P = candidate.loop.start(call.lane(0).initial)
        losses = {epoch: loss for epoch, _, loss in trained.differences(candidate, call, P)}
        answers[call] = Answer(losses, [])
    assert names(Matcher(0, answers).match()) == [[str(mistake)]]


@pytest.mark.parametrize("style", STYLES)
def test_a_right_network_in_any_style_passes(grade_of, style):
    grade = grade_of(STYLES[style])
    assert grade.is_right
    assert all(part.is_right for part in grade.parts)
    assert max(cell.worst for cell in grade.cells) < 1e-12


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_network_is_told_its_mistake(grade_of, name):
    grade = grade_of(replaced(MATRICES, WRONG[name]))
    assert not grade.is_right
    assert names(grade.matches) == [[name]]
    assert grade.matches[0].worst < 1e-9


@pytest.mark.parametrize(
    "pair", [("undivided: B1 B2", "loss: mean"), ("W2_first: True", "order: none")]
)
def test_two_mistakes_at_once_are_both_told(grade_of, pair):
    grade = grade_of(replaced(MATRICES, WRONG[pair[0]] | WRONG[pair[1]]))
    assert [sorted(found) for found in names(grade.matches)] == [sorted(pair)]


def test_numbers_of_float32_are_told(grade_of):
    changes = {
        "initial[name].copy()": "initial[name].astype('f')",
        "data.train_x, data.train_y": "data.train_x.astype('f'), data.train_y.astype('f')",
        "data.validation_x @": "data.validation_x.astype('f') @",
        "- data.validation_y": "- data.validation_y.astype('f')",
    }
    grade = grade_of(replaced(MATRICES, changes))
    assert not grade.is_right
    assert "float32" in str(report.sentences(grade)[0])
    wrong = grade_of(replaced(MATRICES, changes | WRONG["constant: B1"]), "wrong")
    assert names(wrong.matches) == [["constant: B1"]]
    assert report._FLOAT32_TOO in report.sentences(wrong)


@pytest.mark.parametrize("name", TOLD)
def test_what_is_unknown_is_told_by_its_place(grade_of, name):
    changes, expected = TOLD[name]
    grade = grade_of(replaced(MATRICES, changes))
    said = report.sentences(grade)
    assert said[0] == report._UNEXPLAINED
    assert set(expected) <= set(said)
    assert not {report._FLOAT32_TOO, report._LEARNS_VALIDATION} - set(expected) & set(said)


def test_a_training_that_heeds_the_validation_set_is_told_though_its_losses_are_right(grade_of):
    """With its labels as they are it never does what it would do with others."""
    changes = {"W2 = W2 -": "W2 = W2 * (np.abs(data.validation_y).max() < 0.5) -"}
    grade = grade_of(replaced(MATRICES, changes))
    assert grade.has_right_losses
    assert not grade.is_right
    assert report.sentences(grade)[1] == report._LEARNS_VALIDATION


FORWARD = """
def forward(parameters, x):
    A1 = sigmoid(x @ parameters["W1"] + parameters["B1"])
    return A1, A1 @ parameters["W2"] + parameters["B2"]
"""
BACKWARD = """
def backward(parameters, x, y):
    A1, A2 = forward(parameters, x)
    dZ2 = (A2 - y) / len(x)
    dZ1 = dZ2 @ parameters["W2"].T * A1 * (1 - A1)
    dW2, dB2 = A1.T @ dZ2, dZ2.sum(0, keepdims=True)
    return {"dW1": x.T @ dZ1, "dB1": dZ1.sum(0, keepdims=True), "dW2": dW2, "dB2": dB2}
"""
CACHED = """
def forward(W1, b1, W2, b2, X):
    A = sigmoid(X @ W1 + b1)
    return {"A1": A, "A2": A @ W2 + b2}

def backward(W2, X, Y, cache):
    d = (cache["A2"] - Y) / len(X)
    e = d @ W2.T * cache["A1"] * (1 - cache["A1"])
    return X.T @ e, e.sum(0), cache["A1"].T @ d, d.sum(0)
"""
GRADIENTS = {
    "as documented": (FORWARD + BACKWARD, [], "agree with central differences"),
    "by names": (CACHED, [], "agree with central differences"),
    "not divided": (
        FORWARD + BACKWARD.replace(" / len(x)", ""),
        ["W1", "B1", "W2", "B2"],
        "dB2 (7 times as large: the number of samples in the batch)",
    ),
    "no bias": (
        FORWARD + BACKWARD.replace('"dB1": dZ1.sum(0, keepdims=True)', '"dB1": 0 * dZ1[:1]'),
        ["B1"],
        "in dB1 (it is 0); the others are right",
    ),
    "no derivative": (FORWARD + BACKWARD.replace(" * A1 * (1 - A1)", ""), ["W1", "B1"], "dW1"),
    "unknown parameter": (
        FORWARD + BACKWARD.replace("x, y)", "x, y, knob)"),
        None,
        "backward takes knob, which is not known; expected are forward(parameters, x)",
    ),
    "no gradients": (
        FORWARD + "\ndef backward(parameters, x, y):\n    return 1\n",
        None,
        "backward returns no gradients by the names W1, B1, W2, B2",
    ),
    "raises": (
        FORWARD + "\ndef backward(parameters, x, y):\n    return 1 / 0\n",
        None,
        "division by zero (mine.py, line",
    ),
}


@pytest.mark.parametrize("kind", GRADIENTS)
def test_gradients_are_held_against_central_differences(tmp_path, kind):
    source, wrong, said = GRADIENTS[kind]
    (tmp_path / "mine.py").write_text(MATRICES + source)
    checked = GradientCheck.of(find(f"{tmp_path}/mine.py:train")).run(0)
    grade = Grade(None, gradients=compared(checked.arrays), gradient_note=checked.reason)
    if wrong is not None:
        assert [g.name for g in grade.gradients if g.error > GRADIENT_TOLERANCE] == wrong
    (sentence,) = report._of_gradients(grade)
    assert said in sentence.en


# ---- the command, in real processes --------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.py").write_text(MATRICES + FORWARD + BACKWARD)
    (tmp_path / "wrong.py").write_text(replaced(MATRICES, WRONG["W2_first: True"]))
    return tmp_path


def test_the_command_writes_a_page_and_markdown_in_both_languages(folder, browser, capsys):
    assert main.run(["grade", "right.py:train"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("- Well done: in all 6 cells your losses are the reference's")
    assert "runs/grade/grade.html" in said
    assert main.run(["grade", "wrong.py:train", "--out", "wrong", "--lang", "zh"]) == 1
    said = capsys.readouterr().out
    assert "其 W2 在计算 dZ1 之前就已更新（各格一致到 1e-1" in said
    document = (folder / "wrong" / "grade.md").read_text()
    assert "sweep grade wrong.py:train --out wrong --lang zh" in document
    assert sorted(path.name for path in (folder / "wrong").iterdir()) == ["grade.html", "grade.md"]
    with opened(browser, folder / "wrong" / "grade.html") as page:
        shown = page.locator("#findings li").all_inner_texts()
        assert [f"- {text.strip()}" for text in shown] == said.strip().split("\n")[: len(shown)]
        choose_switch(page, "language", "en")
        headline = page.locator("#headline").inner_text()
        assert "whose W2 is updated before dZ1 is computed" in headline
        assert page.locator(".sheet").count() == 2
        for variant in VARIANTS[: count("AXE_VARIANTS", 1)]:
            axe_finds_nothing(page, *variant)


VARIANTS = [("en", "light", 1280), ("zh", "dark", 390), ("zh", "light", 1280), ("en", "dark", 390)]

LIMIT = {"hangs": ["--timeout", "4"]}
FAILS = {
    "raises": ({"dW1 = ": "dW1 = missing + "}, "name 'missing' is not defined (mine.py, line 23"),
    "hangs": ({"W1, B1, W2, B2 =": "while True: pass\n    W1, B1, W2, B2 ="}, "longer than 4 s"),
    "ends its process": ({"import numpy as np": "import os; os._exit(3)"}, "exit code 3"),
    "yields seldom": ({"epoch % 10": "epoch % 1000"}, "let it yield at least every 50 epochs"),
}


@pytest.mark.parametrize("kind", FAILS)
def test_a_function_that_fails_gets_a_report_with_the_reason(folder, capsys, kind):
    changes, reason = FAILS[kind]
    (folder / "mine.py").write_text(replaced(MATRICES, changes))
    assert main.run(["grade", "mine.py:train", "--out", "out", *LIMIT.get(kind, [])]) == 1
    assert reason in capsys.readouterr().out
    assert reason.split("'")[0] in (folder / "out" / "grade.md").read_text().replace("\\", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.py:train"], "gone.py can't be read: No such file or directory"),
        (["right.py:learn"], "has no function 'learn' at its top level"),
        (["right.py:sigmoid"], "does not take data, initial, orders, learning_rate, batch_size"),
        (["momentum.py:train"], "momentum.py:train needs values of momentum"),
        (["returns.py:train"], "takes no max_epochs, so nobody knows after how many epochs"),
        (["right.py:train", "--timeout", "0"], "timeout must be a finite number > 0, got 0.0"),
        (["right.py:train", "--seed", "-1"], "seed must be a whole number ≥ 0, got -1"),
        (["right.py:train", "--out", "."], "--out . has other files in it"),
        (["right.py:train", "--out", "linked"], "grade.md is a link"),
    ],
)
def test_what_can_not_be_graded_gets_a_sentence(folder, capsys, arguments, said):
    source = MATRICES.replace("max_epochs)", "max_epochs, momentum)")
    (folder / "momentum.py").write_text(source)
    (folder / "returns.py").write_text(LOOPS.replace(", max_epochs)", ", last=9)"))
    (folder / "linked").mkdir()
    (folder / "linked" / "grade.md").symlink_to(folder / "right.py")
    before = sorted(folder.rglob("*"))
    assert main.run(["grade", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert sorted(folder.rglob("*")) == before


def test_a_signal_ends_a_grade_and_nothing_is_written(folder, start):
    slow = MATRICES.replace("    n = len(X)\n", "    import time; print('begun'); time.sleep(60)\n")
    (folder / "slow.py").write_text(slow)
    process = start("grade", "slow.py:train", "--out", "out", "--timeout", "90", cwd=folder)
    while "begun" not in process.stderr.readline():
        pass
    process.terminate()
    assert process.wait(20) == 143
    assert "interrupted" in process.stderr.read()
    assert not (folder / "out").exists()
