"""The benchmark measures real work and reports what it measured; no test asks for a speed."""

import json

import numpy as np
import pytest

from network.data.datasets import snake
from network.training.loop import Lane, train
from network.training.orders import EpochOrders
from network.training.settings import TrainingSettings
from network.two_layer import Parameters
from studies.bench import benchmark
from studies.cli import main


@pytest.fixture
def quick(monkeypatch):
    """Leave out the other libraries, which are slow, and measure once."""
    ours = [c for c in benchmark.contestants() if c.name in ("textbook", "numpy", "compiled")]
    monkeypatch.setattr(benchmark, "contestants", lambda: (c._replace(epochs=1) for c in ours))
    monkeypatch.setattr(benchmark, "REPETITIONS", 1)


@pytest.mark.usefixtures("quick")
def test_the_table_compares_every_engine_with_the_textbook():
    seen = []
    table = benchmark.measure(seen.append)
    assert seen[0] == "textbook, 1 at once"
    assert table.engine.tolist() == ["textbook", "numpy", *["compiled"] * 4]
    assert table.lanes.tolist() == [1, 1, 1, 4, 16, 64]
    np.testing.assert_allclose(table.times_textbook, table.ns_per_sample[0] / table.ns_per_sample)
    np.testing.assert_allclose(
        table.homework_seconds, table.ns_per_sample * 900 * 10_000 * 16 / 1e9
    )


@pytest.mark.usefixtures("quick")
def test_the_command_prints_the_table_and_writes_it_as_json(tmp_path, capsys):
    assert main.run(["bench", "--json", str(tmp_path / "bench.json")]) == 0
    assert capsys.readouterr().out.count("| compiled") == 4
    content = json.loads((tmp_path / "bench.json").read_text())
    assert [row["lanes"] for row in content["measured"]] == [1, 1, 1, 4, 16, 64]
    assert content["cores"] >= 1
    assert main.run(["bench", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["cores"] == content["cores"]


def test_each_contestant_trains_as_many_networks_as_it_says():
    trained = []
    for contestant in benchmark.contestants():
        if contestant.name in ("numpy", "compiled"):
            packs = contestant.train(snake(), 1, 0)
            trained.append(sum(len(pack) for pack in packs))
            assert trained[-1] == contestant.networks
            assert {len(pack) for pack in packs} == {contestant.lanes}
    assert trained == [4, 4, 16, 16, 64]


def test_the_textbooks_loop_does_the_same_as_our_engine():
    """One full batch from the same weights: then the order of the samples doesn't matter."""
    data = snake()
    W1, B1, W2, B2 = benchmark._textbook(data, 900, 3, 0)
    rng = np.random.default_rng(0)
    initial = Parameters(
        rng.uniform(-1, 1, (1, 4)), np.zeros((1, 4)), rng.uniform(-1, 1, (4, 1)), np.zeros((1, 1))
    )
    settings = TrainingSettings(0.3, None, max_epochs=3, target_loss=1e-300)
    result = train(Lane(settings, initial, EpochOrders(0, 0, 900)), data)
    for ours, textbooks in zip(result.parameters, (W1, B1, W2, B2), strict=True):
        np.testing.assert_allclose(ours, textbooks, rtol=1e-12)


@pytest.mark.torture
def test_overheads_are_measured_for_every_runner(capsys):
    assert main.run(["bench", "--overheads", "--cells", "3"]) == 0
    rows = [line.split("|")[1:4] for line in capsys.readouterr().out.splitlines()[2:]]
    names = [(name.strip(), int(cells)) for name, cells, _ in rows]
    assert names == [(name, n) for name in ("threads", "processes", "Dask") for n in (3,)]
    assert all(float(milliseconds.replace(",", "")) > 0 for *_, milliseconds in rows)
