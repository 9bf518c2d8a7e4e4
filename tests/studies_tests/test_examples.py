"""The examples, with the libraries that they need where these are installed."""

import importlib.util
from pathlib import Path

import pytest

from studies.cli import main
from studies.objectives.functions.source import find

EXAMPLES = Path(__file__).parents[2] / "examples"


NAMES = ["numpy_network.py"]
if importlib.util.find_spec("torch"):  # several gigabytes, so not among the tests' requirements
    NAMES.append("torch_network.py")


def test_the_examples_have_a_function_that_takes_what_is_given():
    function = find(f"{EXAMPLES / 'torch_network.py'}:train")
    assert function.required == ["learning_rate"]
    assert function.yields


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("no_figures")
def test_an_example_has_the_table_of_the_reference(name, tmp_path):
    flags = ["assignment", "--eta", "0.3,0.7", "--batch-size", "10,30", "--max-epochs", "100"]
    flags += ["--target-loss", "0.01", "--quiet"]
    theirs = ["--objective", str(EXAMPLES / f"{name}:train"), "--out"]
    assert main.run([*flags, *theirs, str(tmp_path / "theirs")]) == 0
    assert main.run([*flags, "--out", str(tmp_path / "ours")]) == 0
    tables = [(tmp_path / out / "table.csv").read_bytes() for out in ("theirs", "ours")]
    assert tables[0] == tables[1]
