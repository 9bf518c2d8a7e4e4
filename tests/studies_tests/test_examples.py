"""The examples, with the libraries that they need where these are installed."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from studies.cli import main
from studies.objectives.functions.source import find

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_examples_have_a_function_that_takes_what_is_given():
    function = find(f"{EXAMPLES / 'torch_network.py'}:train")
    assert function.required == ["learning_rate"]
    assert function.yields


if importlib.util.find_spec("torch"):  # several gigabytes, so not among the tests' requirements

    @pytest.mark.usefixtures("no_figures")
    def test_a_pytorch_module_has_the_table_of_the_reference(tmp_path):
        flags = ["assignment", "--eta", "0.3,0.7", "--batch-size", "10,30", "--max-epochs", "100"]
        flags += ["--target-loss", "0.01", "--quiet"]
        theirs = ["--objective", str(EXAMPLES / "torch_network.py:train"), "--out"]
        assert main.run([*flags, *theirs, str(tmp_path / "torch")]) == 0
        assert main.run([*flags, "--out", str(tmp_path / "ours")]) == 0
        tables = [pd.read_csv(tmp_path / out / "table.csv") for out in ("torch", "ours")]
        pd.testing.assert_frame_equal(*tables)
