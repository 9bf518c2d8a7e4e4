"""How fast this machine trains: our engines, the textbook's loop and other libraries.

All do the same work: networks with 4 hidden units on the homework's 900 samples, at each of its
four batch sizes. For our engines, sample orders, evaluations and histories are included. The unit
is nanoseconds per sample, for one network.
"""

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from network.data.datasets import Dataset, snake
from network.training.loop import Array, no_watch
from studies.objectives.two_layer import TwoLayerObjective
from sweep.grid import grid

BATCH_SIZES, RATES, EPOCHS = (2, 5, 10, 15), (0.1, 0.3, 0.5, 0.7), 10_000
REPETITIONS = 5  # per measurement, of which the median is taken


class Contestant(NamedTuple):
    """An implementation that trains networks, some at once, evenly over the batch sizes."""

    name: str
    lanes: int  # networks at once
    networks: int  # per call of `train`
    epochs: int  # per measurement; more for faster implementations
    train: Callable[[Dataset, int, int], object]  # (data, epochs, seed)


def measure(report: Callable[[str], None]) -> pd.DataFrame:
    """Measure every contestant that is installed, on one core; `report` is told its name before.

    Returns
    -------
    DataFrame
        One row per contestant, with the columns ``engine``, ``lanes``, ``ns_per_sample``,
        ``times_textbook`` (speed relative to the textbook's loop) and ``homework_seconds`` (time
        of the homework's grid without early stopping).
    """
    data, rows = snake(), []
    for contestant in contestants():
        report(f"{contestant.name}, {contestant.lanes} at once")
        nanoseconds = nanoseconds_per_sample(contestant, data)
        rows.append((contestant.name, contestant.lanes, nanoseconds))
    frame = pd.DataFrame(rows, columns=["engine", "lanes", "ns_per_sample"])
    frame["times_textbook"] = frame.ns_per_sample[0] / frame.ns_per_sample
    samples = len(data.train_x) * EPOCHS * len(BATCH_SIZES) * len(RATES)
    frame["homework_seconds"] = frame.ns_per_sample * samples / 1e9
    return frame


def nanoseconds_per_sample(contestant: Contestant, data: Dataset) -> float:
    """Return the median of several measurements, after one that compiles and allocates."""
    seconds = []
    for seed in range(1 + REPETITIONS):
        begun = time.perf_counter()
        contestant.train(data, contestant.epochs, seed)
        seconds.append(time.perf_counter() - begun)
    samples = len(data.train_x) * contestant.epochs * contestant.networks
    return 1e9 * median(seconds[1:]) / samples


def as_markdown(table: pd.DataFrame) -> str:
    """Return the table of `measure` as Markdown."""
    names = {
        "engine": "engine",
        "lanes": "at once",
        "ns_per_sample": "ns per sample",
        "times_textbook": "× textbook",
        "homework_seconds": "homework, s",
    }
    shown = table.rename(columns=names)
    return str(shown.to_markdown(index=False, floatfmt=("", "", ",.0f", ".2f", ",.1f")))


def as_json(table: pd.DataFrame) -> str:
    """Return the table of `measure` as JSON, with a description of the machine."""
    content = {
        "measured": table.to_dict("records"),
        "machine": f"{platform.system()} {platform.machine()} {platform.processor()}".strip(),
        "cores": os.cpu_count(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    return json.dumps(content, indent=2, default=float) + "\n"


def contestants() -> Iterator[Contestant]:
    """Yield the textbook's loop, then our engines, then the libraries that are installed."""
    sizes = len(BATCH_SIZES)
    yield Contestant("textbook", 1, sizes, 12, _one_by_one(_textbook))
    yield Contestant("numpy", 1, sizes, 12, _ours("numpy", lanes=1))
    yield Contestant("compiled", 1, sizes, 1000, _ours("compiled", lanes=1))
    yield Contestant("compiled", 4, 4 * sizes, 1000, _ours("compiled", lanes=4))
    yield Contestant("compiled", 16, 16, 1000, _ours("compiled", lanes=16))
    yield Contestant("compiled", 64, 64, 500, _ours("compiled", lanes=64))
    if find_spec("sklearn"):
        yield Contestant("scikit-learn", 1, sizes, 1, _one_by_one(_scikit_learn))
    if find_spec("torch"):
        yield Contestant("PyTorch", 1, sizes, 1, _one_by_one(_pytorch))
    if find_spec("jax"):
        yield Contestant("JAX", 16, 16 * sizes, 50, _one_by_one(_jax))


def _one_by_one(train: Callable[[Dataset, int, int, int], object]) -> Callable[..., None]:
    """Return a function that trains with one batch size after the other."""

    def train_all(data: Dataset, epochs: int, seed: int) -> None:
        for m in BATCH_SIZES:
            train(data, m, epochs, seed)

    return train_all


def _textbook(data: Dataset, m: int, epochs: int, seed: int) -> tuple[Array, ...]:
    """Train one network by the textbook's loop, and nothing else."""
    rng = np.random.default_rng(seed)
    X, Y, eta = data.train_x, data.train_y, 0.3
    W1, B1 = rng.uniform(-1, 1, (1, 4)), np.zeros((1, 4))
    W2, B2 = rng.uniform(-1, 1, (4, 1)), np.zeros((1, 1))
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), m):
            x, y = X[order[start : start + m]], Y[order[start : start + m]]
            A1 = 1 / (1 + np.exp(-(x @ W1 + B1)))
            dZ2 = A1 @ W2 + B2 - y
            dZ1 = dZ2 @ W2.T * (A1 * (1 - A1))
            W2 = W2 - eta * (A1.T @ dZ2 / m)
            B2 = B2 - eta * dZ2.mean(axis=0, keepdims=True)
            W1 = W1 - eta * (x.T @ dZ1 / m)
            B1 = B1 - eta * dZ1.mean(axis=0, keepdims=True)
    return W1, B1, W2, B2


def _ours(engine: str, *, lanes: int) -> Callable[[Dataset, int, int], object]:
    """Return a function that trains with one of our engines, as sweeps do.

    One lane is one trial at a time, four are the learning rates of one batch size, sixteen are the
    homework's grid, and more are repeats of it. Each call has another seed, hence new orders.
    """

    def train(data: Dataset, epochs: int, seed: int) -> object:
        fixed = {"max_epochs": epochs, "target_loss": 1e-300}
        objective = TwoLayerObjective(data, seed, engine, fixed)
        rates = RATES[: min(lanes, len(RATES))]
        axes = {"learning_rate": rates, "batch_size": BATCH_SIZES}
        trials = grid(axes, max(1, lanes // 16), objective.identity())
        packs = [trials[start : start + lanes] for start in range(0, len(trials), lanes)]
        return [list(objective(pack, no_watch)) for pack in packs]

    return train


def _scikit_learn(data: Dataset, m: int, epochs: int, seed: int) -> None:
    from sklearn.neural_network import MLPRegressor

    network = MLPRegressor(
        hidden_layer_sizes=(4,),
        activation="logistic",
        solver="sgd",
        alpha=0.0,
        momentum=0.0,
        batch_size=m,
        learning_rate_init=0.3,
        random_state=seed,
    )
    for _ in range(epochs):
        network.partial_fit(data.train_x, data.train_y.ravel())


def _pytorch(data: Dataset, m: int, epochs: int, seed: int) -> None:
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    X, Y = (torch.tensor(array.copy()) for array in (data.train_x, data.train_y))
    layers = (torch.nn.Linear(1, 4), torch.nn.Sigmoid(), torch.nn.Linear(4, 1))
    network = torch.nn.Sequential(*layers).double()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.3)
    for _ in range(epochs):
        for batch in torch.randperm(len(X)).split(m):
            optimizer.zero_grad()
            (0.5 * torch.nn.functional.mse_loss(network(X[batch]), Y[batch])).backward()
            optimizer.step()


def _jax(data: Dataset, m: int, epochs: int, seed: int) -> None:
    run, start = _jax_program(16)
    rng = np.random.default_rng(seed)
    n = len(data.train_x)
    orders = np.stack([rng.permutation(n).reshape(-1, m) for _ in range(epochs)])
    run(start, orders.reshape(-1, m), data.train_x, data.train_y)[0].block_until_ready()


@cache
def _jax_program(lanes: int) -> tuple[Any, Any]:
    """Return a program that trains all lanes by `vmap` inside `lax.scan`, and initial weights."""
    os.environ.setdefault(
        "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    )
    import jax

    jax.config.update("jax_enable_x64", True)

    def loss(P: Any, x: Any, y: Any) -> Any:
        W1, B1, W2, B2 = P
        return 0.5 * ((jax.nn.sigmoid(x @ W1 + B1) @ W2 + B2 - y) ** 2).mean()

    def run(P: Any, batches: Any, X: Any, Y: Any) -> Any:
        def step(P: Any, batch: Any) -> Any:
            dP = jax.vmap(jax.grad(loss), in_axes=(0, None, None))(P, X[batch], Y[batch])
            return jax.tree.map(lambda p, dp: p - 0.3 * dp, P, dP), None

        return jax.lax.scan(step, P, batches)[0]

    rng = np.random.default_rng(0)
    shapes = ((lanes, 1, 4), (lanes, 1, 4), (lanes, 4, 1), (lanes, 1, 1))
    return jax.jit(run), tuple(rng.uniform(-1, 1, shape) for shape in shapes)
