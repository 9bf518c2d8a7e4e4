"""The page trains as the tool does: with its weights and orders, to its losses and epoch counts."""

from itertools import product

import numpy as np
import pytest
from browser import chromium
from cases import each_of
from counts import count

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

IN_PAGE = """
const floats = (sets) =>
  Object.fromEntries(Object.entries(sets).map(([name, x]) => [name, Float64Array.from(x)]));
const trained = (settings, sets, sliced) => {
  const run = new Training(settings, floats(sets));
  let slices = 0;
  for (; !run.ending; slices++) sliced ? run.advance(run.epoch + 7, 0) : run.advance(Infinity);
  const { epoch, updates, ending } = run;
  const record = Object.entries(run.recording()).map(([name, x]) => [name, [...x]]);
  const accuracy = run.accuracy();
  return { epoch, updates, ending, slices, accuracy, ...Object.fromEntries(record) };
};
// A step of rate 1, and central differences of the loss.
const gradients = (settings, sets) => {
  const run = new Training(settings, floats(sets));
  const before = run.parameters.slice();
  run.advance(1);
  const gradient = [...before].map((p, i) => p - run.parameters[i]);
  const loss = (i, h) => {
    run.parameters.set(before);
    run.parameters[i] += h;
    return run.measure(run.data.train_x, run.data.train_y);
  };
  return [gradient, gradient.map((_, i) => (loss(i, 1e-6) - loss(i, -1e-6)) / 2e-6)];
};
"""


@pytest.fixture(scope="module")
def page():
    with chromium() as browser:
        opened = browser.new_page()
        opened.add_script_tag(content=scripts.bundle("training/training.js"))
        for module in ("mathematics", "randomness", "orders", "initial", "training"):
            opened.evaluate(f"Object.assign(globalThis, module_{module})")
        opened.add_script_tag(content=IN_PAGE)
        yield opened


def arrays_of(data):
    return {name: getattr(data, name).ravel().tolist() for name in ARRAYS}


def for_page(settings, seed, repeat):
    return {**vars(settings), "seed": str(seed), "repeat": repeat}


def in_page(page, runs, datasets, *, sliced=False):
    """Train with each (settings, seed, repeat) on its data."""
    return page.evaluate(
        "([runs, sets, sliced]) => runs.map((run, i) => trained(run, sets[i], sliced))",
        [[for_page(*run) for run in runs], [arrays_of(data) for data in datasets], sliced],
    )


def in_tool(run, data):
    ((_, result),) = compiled.train_pack([Lane.of(run[0], data, *run[1:])], data)
    return result


def difference(ours, theirs, settings, data):
    """Compare all that a run tells; returns the largest relative difference of its losses."""
    history, losses = theirs.history, np.array(ours["losses"])
    assert ours["ending"] == theirs.ending
    assert ours["epochs"] == history["epoch"].tolist()
    assert ours["path_epochs"] == [0, *ours["epochs"]]
    assert (ours["epoch"], ours["updates"]) == history[-1][["epoch", "updates"]].item()
    path = np.reshape(ours["path"], (len(losses) + 1, -1))
    np.testing.assert_allclose(path[1:], theirs.path, rtol=1e-7, atol=1e-9)
    accuracy = accuracy_on_test_set(theirs.parameters, settings, data)
    np.testing.assert_allclose(ours["accuracy"], accuracy, rtol=1e-8, atol=1e-8)
    return np.max(np.abs(losses / history["validation_loss"] - 1))


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
        (SEEDS[k], k, n, shuffle, [0, 1, last, last + 1, 3 * last, 3 * last - 1])
        for k, (n, last) in enumerate([(1, 9), (2, 44_999), (3, 8), (900, 99), (5000, 17)])
        for shuffle in SHUFFLES
    ]
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
    """The losses differ by 2e-12 relative at most."""
    data = snake()
    most = count("LAB_EPOCHS", 2000)
    grid = [(m, r) for m in (2, 5, 10, 15) for r in (0.1, 0.3, 0.5, 0.7)]
    runs = [(TrainingSettings(r, m, max_epochs=most), 0, 0) for m, r in grid]
    theirs = dict(compiled.train_pack([Lane.of(run[0], data, *run[1:]) for run in runs], data))
    ours = in_page(page, runs, [data] * len(runs))
    for number, (settings, *_) in enumerate(runs):
        assert difference(ours[number], theirs[number], settings, data) < 1e-10
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
        if number == 0:
            arrays[-1][:] = 1  # whose accuracy is undefined
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
        runs.append((settings, SEEDS[number % len(SEEDS)], number))
    return runs, datasets


def test_random_settings_give_the_tools_results(page):
    runs, datasets = random_runs()
    endings = set()
    for run, data, ours in zip(runs, datasets, in_page(page, runs, datasets), strict=True):
        theirs = in_tool(run, data)
        if run[0].activation in KINKED:
            first = theirs.history["validation_loss"][0]
            np.testing.assert_allclose(ours["losses"][0], first, rtol=1e-9)
        else:
            assert difference(ours, theirs, run[0], data) < 1e-9, run
            endings.add(ours["ending"])
    assert endings == {"converged", "exhausted"}


@each_of("activation, rate", [("relu", 1e8), ("sigmoid", 1e300), ("softplus", 1e9), ("elu", 1e5)])
def test_a_run_that_diverges_says_so(page, activation, rate):
    run = TrainingSettings(rate, 5, activation=activation, max_epochs=200), 0, 0
    ((ours,), theirs) = in_page(page, [run], [snake()]), in_tool(run, snake())
    assert (ours["ending"], ours["epochs"]) == (theirs.ending, theirs.history["epoch"].tolist())
    assert ours["ending"] == "diverged"


def test_training_in_slices_is_training_at_once(page):
    rng = np.random.default_rng(0)
    large = Dataset("large", *(rng.normal(size=(n, 1)) for n in (5000, 5000, 10, 10, 10, 10)))
    runs = [
        (TrainingSettings(0.3, 10, max_epochs=100, eval_every=25, decay="cosine"), 0, 0),
        (TrainingSettings(0.1, 64, 32, max_epochs=3, eval_every=2), 0, 0),
    ]
    at_once, sliced = (in_page(page, runs, [snake(), large], sliced=s) for s in (False, True))
    assert sliced[0].pop("slices") > 100 // 7
    assert sliced[1].pop("slices") > 3  # stopped within epochs, too
    assert [{**run, "slices": 1} for run in sliced] == at_once


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
    X = np.linspace(-1.9, 2, 12)[:, np.newaxis]
    data = Dataset("waves", *(X, np.cos(2 * X)) * 3)
    settings = for_page(TrainingSettings(1.0, None, 3, name, max_epochs=1), 4, 0)
    gradient, differences = page.evaluate(
        "([settings, sets]) => gradients(settings, sets)", [settings, arrays_of(data)]
    )
    assert np.abs(gradient).min() > 1e-4
    np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-8)
