"""The page trains as the tool does: with its weights and orders, to its losses and epoch counts."""

from itertools import product

import numpy as np
import pytest
from browser import chromium
from cases import each_of

from network.activations import ACTIVATIONS, TRAINABLE
from network.data.datasets import ARRAYS, Dataset, snake
from network.engine import compiled
from network.initializers import INITIALIZERS
from network.training.loop import Lane, accuracy_on_test_set
from network.training.orders import SHUFFLES, EpochOrders
from network.training.randomness import Stream, generator
from network.training.schedules import SCHEDULES
from network.training.settings import TrainingSettings
from network.two_layer import initial_parameters
from reports.page import scripts

SEEDS = [0, 1, 2**32 - 1, 2**32, 2**53 - 1, 2**63, 10**60]
KINKED = ("relu", "leaky_relu")  # where rounding may decide on which side of the kink a unit is

TRAINED = """([runs, arrays]) => runs.map(({ settings, data, calls }) => {
  const sets = Object.entries(arrays[data]).map(([name, x]) => [name, Float64Array.from(x)]);
  const run = new Training(settings, Object.fromEntries(sets));
  let count = 0;
  if (calls === "slices") while (!run.ending) { run.advance(run.epoch + 7, 0); count++; }
  else run.advance(Infinity);
  const { epoch, updates, ending, loss } = run;
  const record = Object.entries(run.recording())
    .map(([name, x]) => [name, x.length && x.map ? [...x] : x]);
  const accuracy = run.accuracy();
  return { epoch, updates, ending, loss, count, accuracy, ...Object.fromEntries(record) };
})"""


@pytest.fixture(scope="module")
def page():
    with chromium() as browser:
        opened = browser.new_page()
        opened.add_script_tag(content=scripts.bundle("training/training.js"))
        for module in ("mathematics", "randomness", "orders", "initial", "schedules", "training"):
            opened.evaluate(f"Object.assign(globalThis, module_{module})")
        yield opened


def in_page(page, runs, *datasets, calls="once"):
    """Train with each (settings, number of the data, seed, repeat)."""
    arrays = [{name: getattr(data, name).ravel().tolist() for name in ARRAYS} for data in datasets]
    asked = [
        {"settings": {**vars(s), "seed": str(seed), "repeat": r}, "data": d, "calls": calls}
        for s, d, seed, r in runs
    ]
    return page.evaluate(TRAINED, [asked, arrays])


def in_tool(settings, data, seed, repeat):
    ((_, result),) = compiled.train_pack([Lane.of(settings, data, seed, repeat)], data)
    return result


def assert_same(ours, theirs, settings, data):
    """Compare all that a run tells; returns the largest relative difference of its losses."""
    history, losses = theirs.history, np.array(ours["losses"], float)
    assert ours["ending"] == theirs.ending
    assert ours["epochs"] == history["epoch"].tolist()
    assert (ours["epoch"], ours["updates"]) == history[-1][["epoch", "updates"]].item()
    assert ours["path_epochs"] == [0, *ours["epochs"]]
    expected = history["validation_loss"]
    np.testing.assert_allclose(losses, expected, rtol=1e-9, atol=1e-20)
    path = np.reshape(ours["path"], (len(losses) + 1, -1))
    np.testing.assert_allclose(path[1:], theirs.path, rtol=1e-7, atol=1e-9)
    accuracy = accuracy_on_test_set(theirs.parameters, settings, data)
    np.testing.assert_allclose(ours["accuracy"], accuracy, rtol=1e-8, atol=1e-8)
    finite = np.isfinite(losses) & (expected > 0)
    return np.max(np.abs(losses / expected - 1)[finite], initial=0.0)


def test_random_numbers_are_numpys(page):
    drawn = page.evaluate(
        """(seeds) => seeds.map((seed) => {
          const [raw, rest] = [generator(seed, 3, 1, 7), generator(seed, 2 ** 33, 0)];
          return [Array.from({ length: 50 }, () => (raw.next(), [...raw.bits].map((b) => b >>> 0))),
            Array.from({ length: 50 }, () => rest.uniform(-0.3, 1)),
            Array.from({ length: 9000 }, () => rest.normal())];
        })""",
        [str(seed) for seed in SEEDS],
    )
    tails = 0
    for seed, (raw, uniform, normal) in zip(SEEDS, drawn, strict=True):
        bits = generator(seed, 3, 1, 7).bit_generator.random_raw(50).tolist()
        assert [low + (high << 32) for low, high in raw] == bits
        rng = generator(seed, 2**33, 0)
        assert uniform == rng.uniform(-0.3, 1, 50).tolist()
        expected, ours = rng.standard_normal(9000), np.array(normal)
        tail = np.abs(expected) > 3.654
        np.testing.assert_array_equal(ours[~tail], expected[~tail])
        np.testing.assert_allclose(ours[tail], expected[tail], rtol=3e-16)
        tails += tail.sum()
    assert tails > 0


def test_initial_weights_are_the_tools(page):
    cases = list(product(SEEDS, (0, 9), INITIALIZERS, range(1, 33)))
    drawn = page.evaluate(
        """(cases) => cases.map(([seed, repeat, init, n]) =>
          [...initialParameters(generator(seed, repeat, WEIGHTS), init, n)])""",
        [[str(seed), *rest] for seed, *rest in cases],
    )
    for (seed, repeat, init, n), ours in zip(cases, drawn, strict=True):
        rng = generator(seed, repeat, Stream.WEIGHTS)
        expected = initial_parameters(rng, INITIALIZERS[init], 1, n, 1).flat()
        assert ours == expected.tolist(), (seed, repeat, init, n)


def test_orders_are_the_tools(page):
    cases = [
        (SEEDS[k % len(SEEDS)], k, n, shuffle, [0, 1, size - 1, size, 3 * size + 2, 3 * size + 1])
        for k, n in enumerate((1, 2, 3, 7, 256, 900, 20_000))
        for size in [max(1, 90_000 // n) if n > 7 else 12]
        for shuffle in SHUFFLES
    ]
    cases += [(5, 0, 900, "fresh", [99, 100, 10_000]), (5, 1, 2, "fresh", [44_999, 45_000])]
    drawn = page.evaluate(
        """(cases) => cases.map(([seed, repeat, n, shuffle, epochs]) => {
          const orders = sampleOrders(seed, repeat, n, shuffle);
          return epochs.map((epoch) => [...orders.of(epoch)]);
        })""",
        [[str(seed), *rest] for seed, *rest in cases],
    )
    for (seed, repeat, n, shuffle, epochs), ours in zip(cases, drawn, strict=True):
        orders = EpochOrders(seed, repeat, n, shuffle)
        expected = [orders.epochs(e, e + 1)[0].tolist() for e in epochs]
        assert ours == expected, (seed, repeat, n, shuffle)


def test_the_homework_stops_where_the_tool_stops(page):
    data = snake()
    grid = [TrainingSettings(r, m) for m, r in product((2, 5, 10, 15), (0.1, 0.3, 0.5, 0.7))]
    lanes = [Lane.of(settings, data, 0, 0) for settings in grid]
    theirs = dict(compiled.train_pack(lanes, data))
    ours = in_page(page, [(settings, 0, 0, 0) for settings in grid], data)
    largest = [assert_same(o, theirs[k], grid[k], data) for k, o in enumerate(ours)]
    assert max(largest) < 1e-9
    assert {run["ending"] for run in ours} == {"converged", "exhausted"}


def random_runs():
    rng = np.random.default_rng(17)
    datasets, runs = [], []
    for number in range(120):
        n_train, slope = int(rng.integers(1, 60)), rng.normal()
        arrays = []
        for n in (n_train, 9, 5):
            x = rng.normal(size=(n, 1))
            arrays += [x, np.sin(3 * slope * x) + rng.normal(0, 0.1, (n, 1))]
        datasets.append(Dataset("random", *arrays))
        settings = TrainingSettings(
            *(float(rng.uniform(0.001, 0.4)), rng.choice([None, *range(1, n_train + 1)])),
            n_hidden=int(rng.integers(1, 12)),
            activation=TRAINABLE[number % len(TRAINABLE)],
            init=str(rng.choice(["xavier", "normal", "he", "zero"])),
            decay=list(SCHEDULES)[number % len(SCHEDULES)],
            shuffle=str(rng.choice(list(SHUFFLES))),
            max_epochs=int(rng.integers(1, 60)),
            eval_every=int(rng.integers(1, 9)),
            target_loss=float(rng.choice([0.02, 0.1, 1e-9])),
        )
        runs.append((settings, number, SEEDS[number % len(SEEDS)], number))
    return runs, datasets


def test_random_settings_give_the_tools_results(page):
    runs, datasets = random_runs()
    endings, largest = set(), 0.0
    for (settings, d, seed, repeat), ours in zip(runs, in_page(page, runs, *datasets), strict=True):
        theirs = in_tool(settings, datasets[d], seed, repeat)
        if settings.activation in KINKED:
            first = theirs.history["validation_loss"][0]
            np.testing.assert_allclose(ours["losses"][0], first, rtol=1e-9)
            continue
        largest = max(largest, assert_same(ours, theirs, settings, datasets[d]))
        endings.add(ours["ending"])
    assert largest < 1e-9
    assert endings >= {"converged", "exhausted"}


@each_of("activation, rate", [("relu", 1e8), ("sigmoid", 1e300), ("softplus", 1e9), ("elu", 1e5)])
def test_a_run_that_diverges_says_so(page, activation, rate):
    settings = TrainingSettings(rate, 5, activation=activation, max_epochs=200)
    (ours,) = in_page(page, [(settings, 0, 0, 0)], snake())
    theirs = in_tool(settings, snake(), 0, 0)
    assert (ours["ending"], ours["epochs"]) == (theirs.ending, theirs.history["epoch"].tolist())
    assert ours["ending"] == "diverged"


def test_training_in_slices_is_training_at_once(page):
    rng = np.random.default_rng(0)
    large = Dataset("large", *(rng.normal(size=(n, 1)) for n in (5000, 5000, 10, 10, 10, 10)))
    chosen = [
        (TrainingSettings(0.3, 10, max_epochs=120, eval_every=25, decay="cosine"), 0, 0, 0),
        (TrainingSettings(0.1, 64, 32, max_epochs=3, eval_every=2), 1, 0, 0),
    ]
    at_once = in_page(page, chosen, snake(), large)
    sliced = in_page(page, chosen, snake(), large, calls="slices")
    assert sliced[0].pop("count") == 120
    assert sliced[1].pop("count") > 3  # stopped within an epoch, too
    assert [{**run, "count": 0} for run in sliced] == at_once


def test_accuracy_of_constant_labels_is_undefined(page):
    constant = Dataset("constant", *np.ones((6, 4, 1)))
    ((run),) = in_page(page, [(TrainingSettings(0.1, 2, max_epochs=1), 0, 0, 0)], constant)
    assert np.isnan(run["accuracy"])


@each_of("name", TRAINABLE)
def test_activations_and_slopes_are_accurate(page, name):
    Z = np.concatenate([s * np.geomspace(1e-12, 700, 500) for s in (-1, 1)] + [[0.0]])
    f, A, D = page.evaluate(
        """([name, Z]) => {
          const { f, activate, slopes } = ACTIVATIONS[name];
          const [A, D] = [Float64Array.from(Z), new Float64Array(Z.length)];
          activate(A, A.length);
          slopes(A, D, A.length);
          return [Z.map(f), [...A], [...D]];
        }""",
        [name, Z.tolist()],
    )
    assert f == A
    expected = np.tanh(Z) if name == "tanh" else ACTIVATIONS[name].function(Z)
    np.testing.assert_allclose(A, expected, rtol=1.5e-15)
    np.testing.assert_allclose(D, ACTIVATIONS[name].derivative(np.array(A)), rtol=1e-15)


@each_of("name", TRAINABLE)
def test_a_step_of_rate_1_is_the_gradient(page, name):
    X, Y = np.linspace(-1.9, 2, 12), np.cos(np.linspace(0, 3, 12))
    settings = {**vars(TrainingSettings(1.0, None, 3, name, max_epochs=1)), "seed": 4, "repeat": 0}
    gradient, differences = page.evaluate(
        """([settings, x, y]) => {
          const [X, Y] = [Float64Array.from(x), Float64Array.from(y)];
          const sets = ["train", "validation", "test"];
          const data = Object.fromEntries(sets.flatMap((n) => [[`${n}_x`, X], [`${n}_y`, Y]]));
          const run = new Training(settings, data);
          const before = run.parameters.slice();
          run.advance(1);
          const gradient = before.map((p, i) => p - run.parameters[i]);
          const loss = (i, h) => {
            run.parameters.set(before);
            run.parameters[i] += h;
            return run.measure(X, Y);
          };
          const slope = (_, i) => (loss(i, 1e-6) - loss(i, -1e-6)) / 2e-6;
          return [[...gradient], Array.from(before, slope)];
        }""",
        [settings, X.tolist(), Y.tolist()],
    )
    assert np.abs(gradient).min() > 1e-4
    np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-8)


def test_modules_are_joined_each_before_what_needs_it(page, tmp_path, monkeypatch):
    monkeypatch.setattr(scripts, "SCRIPTS", tmp_path)
    (tmp_path / "low.js").write_text("export const one = 1;\nconst hidden = 5;\n")
    (tmp_path / "part").mkdir()
    (tmp_path / "part/middle.js").write_text(
        'import { one } from "../low.js";\nexport function two() { return one + one; }\n'
    )
    (tmp_path / "top.js").write_text(
        'import { two } from "./part/middle.js";\nimport { one } from "./low.js";\n'
        "export class Sum { value() { return one + two(); } }\n"
    )
    joined = scripts.bundle.__wrapped__("top.js")
    assert joined.count("const one = 1") == 1
    result = "[new module_top.Sum().value(), typeof hidden, Object.keys(module_low)]"
    assert page.evaluate(f"(() => {{ {joined} return {result}; }})()") == [3, "undefined", ["one"]]


@each_of(
    "text, why",
    [
        ('import { top } from "./top.js";\n', "imports itself"),
        ('import * as all from "./low.js";\n', "does not know"),
        ("export default 1;\n", "does not know"),
        ("export let count = 0;\n", "does not know"),
        ("const a = 1;\nexport { a };\n", "does not know"),
    ],
)
def test_modules_that_cannot_be_joined_are_refused(tmp_path, monkeypatch, text, why):
    monkeypatch.setattr(scripts, "SCRIPTS", tmp_path)
    (tmp_path / "low.js").write_text(text)
    (tmp_path / "top.js").write_text('import { low } from "./low.js";\n')
    with pytest.raises(ValueError, match=why):
        scripts.bundle.__wrapped__("top.js")
