"""The floors: an import goes down, never up or sideways."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "network": {"network"},
    "sweep": {"sweep"},
    "reports": {"reports", "sweep"},
    "studies": {"studies", "reports", "sweep", "network"},
}


def imported(path):
    """Return the top-level packages that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module.split(".")[0]


@pytest.mark.parametrize("floor", MAY_IMPORT)
def test_imports_go_down(floor):
    files = list((ROOT / floor).rglob("*.py"))
    assert files
    for path in files:
        forbidden = set(imported(path)) & (set(MAY_IMPORT) - MAY_IMPORT[floor])
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}"


def test_only_the_objective_trains():
    trainers = {"train", "train_pack"}
    for path in (ROOT / "studies").rglob("*.py"):
        names = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module.startswith("network")
            for alias in node.names
        }
        assert path.parent.name == "objectives" or not names & {*trainers, "compiled"}, path


@pytest.mark.parametrize("floor", ["network", "sweep"])
def test_a_lower_floor_can_be_used_alone(floor):
    """Import all of a floor where the others can't be found."""
    paths = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / floor).rglob("*.py")]
    modules = [".".join(path.parts) for path in paths if path.stem != "__init__"]
    code = (
        "import sys\n"
        f"for other in {sorted(set(MAY_IMPORT) - {floor})!r}: sys.modules[other] = None\n"
        f"import {', '.join(modules)}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from studies.cli import main\n"
        "assert main.run(['--help']) == 0\n"
        "assert main.run(['assignment', '--help']) == 0\n"
        "heavy = {'numpy', 'numba', 'pandas', 'matplotlib', 'joblib', 'optuna', 'plotly'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_numba_is_not_imported_before_something_is_trained():
    code = (
        "import sys\n"
        "import network.training.loop, studies.objectives.two_layer\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_nothing_but_the_command_line_imports_the_command_line():
    for path in (ROOT / "studies").rglob("*.py"):
        assert path.parent.name == "cli" or "studies.cli" not in path.read_text(), path
